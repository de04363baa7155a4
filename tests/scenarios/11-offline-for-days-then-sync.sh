#!/bin/bash
# A device records for days, then a link appears: receipts, acknowledgements, the project's new settings; and nothing is sent twice.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
add_reports nasib 44
check_exit 3 "with no relay, sync says that it is offline" device nasib sync --relay https://127.0.0.1:1
check_has "  and that nothing is lost" "nothing is lost" "$ERR"
check_same "all is still here" "44 0 0" "$(status_of nasib)"

serve
check "a link appears" device nasib sync --relay "$URL"
check_has "  the relay holds all" "saved 44, relay holds 44, HQ has opened 0" "$OUT"
check "the relay counts them" relay status
check "a second sync" device nasib sync --relay "$URL" --json
sent=$("$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["sent_bytes"])' "$OUT")
check "  sends no object ($sent bytes)" [ "$sent" -lt 100 ]
check "one more report" device nasib add kind=stock place=C5996 observed_on=2018-06-22 individuals=5
check "  is sent alone" device nasib sync --relay "$URL" --json
sent=$("$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["sent_bytes"])' "$OUT")
check "  ($sent bytes)" [ "$sent" -lt 1200 ]

check "headquarters pulls" hq pull --relay "$URL"
check "a second pull" hq pull --relay "$URL"
check_has "  has nothing new" "0 new reports and corrections, 0 other new objects" "$OUT"
check "headquarters verifies" hq verify
check_has "  the chain" "chain of Team nasib: 46 of 46, whole up to 46, 46 opened" "$OUT"
check_has "  the relay's signed log" "all pulled, root as the relay signed it" "$OUT"
check "there is no gap" hq gaps
check "the device syncs" device nasib sync --relay "$URL"
check_same "  and knows that headquarters opened all" "45 45 45" "$(status_of nasib)"

check "headquarters changes a policy" hq project policy retention=until_receipt point_metres=5000
check "  and tells the relay" hq pull --relay "$URL"
check "the device syncs" device nasib sync --relay "$URL"
check_has "  and is told" "headquarters changed the project's settings" "$OUT"
check "the device's status" device nasib status
check_has "  says what a thief could read now" "your own reports that HQ has not opened yet" "$OUT"
check "readable copies of what headquarters opened are gone" device nasib show 2
check_has "  and the device says so" "keeps no readable copy" "$OUT"
check "an amendment needs no readable copy" device nasib amend 2 individuals=2
check "a report under the new settings" device nasib add kind=stock place=C5996 observed_on=2018-06-22 individuals=6 'point=32.55133, 36.18689 10m'
check "  is sent" device nasib sync --relay "$URL"
check "  and opened" hq pull --relay "$URL"
check "headquarters shows it" hq show "Team nasib/48"
check_has "  its position rounded as the new policy says" "5000m" "$OUT"
check "headquarters shows the amended one" hq list --format csv
check_has "  amended" "C6116:60; C6105:40" "$OUT"
stop relay
check_same "the relay ends when told to" 0 "$STATUS"
check_exit 3 "without the relay, headquarters is offline" hq pull --relay "$URL"
check_has "  and what arrived is kept" "what arrived is kept" "$ERR"
done_here
