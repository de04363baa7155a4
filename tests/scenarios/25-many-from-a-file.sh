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

# ---- a note is the one place where a person can slip in ----
telling='kind=stock place=C5999 observed_on=2018-06-21 individuals=7'
check_exit 1 "a note with a name is questioned" device nasib add $telling 'note=ask Abu Khaled'
check_has "  with what it is" "a person's name: 'Abu Khaled'" "$ERR"
check_has "  and the way past" "--as-it-is" "$ERR"
printf 'kind,place,observed_on,individuals,note\nstock,C5999,2018-06-21,7,0933 123 456\n' > "$W/telling.csv"
check_exit 1 "in a file it makes a bad row" device nasib add --from "$W/telling.csv"
check_has "  with its line and what it is" "line 2: the note seems to hold a phone number: '0933 123 456'" "$ERR"
check_same "nothing was saved" "3 0 0" "$(status_of nasib)"
check "it may be meant so" device nasib add --from "$W/telling.csv" --as-it-is
check "  also in words" device nasib add --as-it-is $telling 'note=ask Abu Khaled'
check_same "both are saved" "5 0 0" "$(status_of nasib)"

reports 3000 > "$W/many.csv"
check "from standard input, three thousand" device nasib add --from - < "$W/many.csv"
check_same "  all of them" "3005 0 0" "$(status_of nasib)"
check "what was listed is read again" device nasib list --format csv
cut -d, -f6- "$OUT" > "$W/again.csv"
check "  field by field" device nasib add --from "$W/again.csv" --as-it-is
check_same "  all of it" "6010 0 0" "$(status_of nasib)"
done_here
