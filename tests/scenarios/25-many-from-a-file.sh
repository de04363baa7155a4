#!/bin/bash
# add --from: bad rows are named and nothing is half saved.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
cat > "$W/mixed.csv" <<'CSV'
kind,place,observed_on,households,individuals,note
arrival,C5999,2018-06-21,300,,
arrival,C5999,2018-06-31,300,,
arrival,C5996,2018-06-21,400-250,,
flight,C5996,2018-06-21,250,,
stock,C5992,2018-06-22,,١٢٠٠,"two
lines"
CSV
check_exit 1 "a file with bad rows is refused" device nasib add --from "$W/mixed.csv"
check_has "  with line and column of a date" "line 3, column observed_on" "$ERR"
check_has "  and its value" "2018-06-31" "$ERR"
check_has "  of a figure" "line 4, column households" "$ERR"
check_has "  of a code, with what it may be" "flight" "$ERR"
check_has "  and that nothing was saved" "3 of 5 rows cannot be taken; nothing was saved" "$ERR"
check_has "  and what to do" "--keep-good" "$ERR"
check_same "nothing was" "0 0 0" "$(status_of nasib)"
check "the good ones when asked" device nasib add --from "$W/mixed.csv" --keep-good
check_same "are two" "2 0 0" "$(status_of nasib)"
check "they are listed as CSV" device nasib list --format csv
check_has "  Arabic digits are a number" ",1200," "$OUT"

printf 'kind,place,colour\nstock,C5999,red\n' > "$W/column.csv"
check_exit 1 "an unknown column is refused" device nasib add --from "$W/column.csv"
check_has "  by name" "'colour'" "$ERR"
: > "$W/empty.csv"
check_exit 1 "an empty file is refused" device nasib add --from "$W/empty.csv"
printf '\xef\xbb\xbfkind;place;observed_on;individuals\r\nstock;C5999;2018-06-21;"1,200"\r\n' > "$W/excel.csv"
check "a spreadsheet's file, with mark, semicolons and CRLF, is taken" device nasib add --from "$W/excel.csv"
check_same "  whole" "3 0 0" "$(status_of nasib)"
check_exit 1 "a file that is not there is named" device nasib add --from "$W/nowhere.csv"
check_has "  nowhere.csv" "nowhere.csv" "$ERR"

reports 3000 > "$W/many.csv"
check "from standard input, three thousand" device nasib add --from - < "$W/many.csv"
check_same "  all of them" "3003 0 0" "$(status_of nasib)"
check "what was listed is read again" device nasib list --format csv
cut -d, -f6- "$OUT" > "$W/again.csv"
check "  field by field" device nasib add --from "$W/again.csv"
check_same "  all of it" "6006 0 0" "$(status_of nasib)"
done_here
