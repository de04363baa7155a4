#!/bin/bash
# A relay whose store is lost, or put back from an older copy, tells headquarters another log than before: that is said,
# and what comes through it still arrives.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
add_reports nasib 3
serve
needs device nasib sync --relay "$URL"
needs hq pull --relay "$URL"
cp -r "$W/relay/store" "$W/older"
add_reports nasib 1
needs device nasib sync --relay "$URL"
needs hq pull --relay "$URL"
check_same "headquarters has opened all" "4 4 3" "$(status_of nasib)"

stop relay && rm -rf "$W/relay/store"
needs relay grant "$W/project.bundle"
serve
join tiba
needs device tiba sync --relay "$URL"
add_reports nasib 2
check "a device gives a relay that lost everything all of it again" device nasib sync --relay "$URL"
check_exit 4 "headquarters says that the log is another" hq pull --relay "$URL"
check_has "  in words" "the relay's signed log does not match what it sent" "$ERR"
check_has "  and has what came through it all the same" "2 new reports and corrections" "$OUT"
check "  which it tells the device" device nasib sync --relay "$URL"
check_same "  " "6 6 6" "$(status_of nasib)"

stop relay && rm -rf "$W/relay/store" && mv "$W/older" "$W/relay/store"
sleep 1.1 # a receipt of the same second is not a later one
serve
join tafas
add_reports tafas 9
needs device tafas sync --relay "$URL"
add_reports nasib 1
needs device nasib sync --relay "$URL"
check_exit 4 "the same with an older store that was put back, and has grown since" hq pull --relay "$URL"
check_has "  from whoever brought it" "10 new reports and corrections" "$OUT"
check_exit 4 "once more" hq pull --relay "$URL"
check_has "  brings nothing twice" "0 new reports and corrections" "$OUT"
known() { hq pull --relay "$URL" --json 2> "$ERR" | sed -n 's/.*"known":\([0-9]*\).*/\1/p'; }
all=$(relay status --json | sed -n 's/.*"objects":\([0-9]*\).*/\1/p')
again=$(known)
check "  nor takes all of the other log again" [ "$again" -lt "$all" ]
add_reports nasib 1
needs device nasib sync --relay "$URL"
check_exit 4 "what is new in it" hq pull --relay "$URL"
check_has "  comes" "1 new reports and corrections" "$OUT"
stop relay && rm -rf "$W/relay/store"
needs relay grant "$W/project.bundle"
serve
needs device tafas sync --relay "$URL"
needs device nasib sync --relay "$URL"
add_reports tafas 2
needs device tafas sync --relay "$URL"
check_exit 4 "a third log, below what was taken of the second" hq pull --relay "$URL"
check_has "  is taken from its beginning" "2 new reports and corrections" "$OUT"
check_same "  and the devices know what arrived" "11 11 11" "$(needs device tafas sync --relay "$URL"; status_of tafas)"
done_here
