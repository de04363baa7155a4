#!/bin/bash
# A raw copy of a device's folder used beside it, a restored backup, a new key by choice: every report that was signed is kept
# once, a fork is shown, and one key signs one chain wherever that can be had.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
serve

join nasib
add_reports nasib 3
cp -r "$W/nasib" "$W/clone"
reports 1 100 > "$W/hundred.csv"
reports 2 200 > "$W/more.csv"
needs device nasib add --from "$W/hundred.csv"
needs device clone add --from "$W/more.csv"
check "the device syncs" device nasib sync --relay "$URL"
check "its raw copy syncs" device clone sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check_has "  every report of both" "6 new reports and corrections" "$OUT"
check "headquarters verifies" hq verify -v
check_has "  and shows the fork" "FORKED" "$OUT"
check_has "  at the event" "ANOTHER event has the same number" "$OUT"
check_same "  all reports are listed" 6 "$(hq list --format csv | grep -c C5999)"
check "headquarters pulls again" hq pull --relay "$URL"
check_has "  nothing is new" "0 new reports and corrections" "$OUT"
check "the device syncs" device nasib sync --relay "$URL"
check "its raw copy syncs" device clone sync --relay "$URL"
check_same "the device knows its own reports" "4 4" "$(status_of nasib | cut -d' ' -f1,2)"
check_same "the copy knows its own" "5 5" "$(status_of clone | cut -d' ' -f1,2)"

join tiba
add_reports tiba 2
check "a device is backed up" device tiba backup -o "$W/tiba.backup"
check_same "  readable by its owner only" 600 "$(stat -c %a "$W/tiba.backup")"
check_exit 1 "  never over another file" device tiba backup -o "$W/tiba.backup"
needs device tiba add --from "$W/hundred.csv"
check "the device syncs" device tiba sync --relay "$URL"
old=$(device tiba device show --json)
check_exit 5 "a backup opens with its passphrase only" sijil --home "$W/restored" --passphrase-fd 3 restore "$W/tiba.backup" 3<<< "another passphrase"
rm -rf "$W/restored"
check "it is restored on another device" device restored restore "$W/tiba.backup"
check_has "  under a new key" "goes on under a new key" "$OUT"
[ "$old" != "$(device restored device show --json)" ]
check_same "  which is not the old one" 0 "$?"
needs device restored add --from "$W/more.csv"
check "a second copy is restored" device again restore "$W/tiba.backup"
needs device again add kind=stock place=C5996 observed_on=2018-06-22 individuals=300
check "the restored device syncs" device restored sync --relay "$URL"
check "the second one syncs" device again sync --relay "$URL"
needs device tiba add kind=stock place=C5996 observed_on=2018-06-22 individuals=301
check "the lost one turns up and syncs" device tiba sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check_same "  and has the union, each once: 1 2 100 200 201 300 301" "1 2 100 200 201 300 301" \
	"$(hq export --record-level 2> /dev/null | "$PYTHON" -c '
import csv, sys
print(*sorted(int(r["individuals"]) for r in csv.DictReader(sys.stdin) if r["device"].split("+")[0] == "Team tiba"))')"
check "headquarters verifies" hq verify
check_has "  nothing is forged" "0 forged; 0 set aside" "$OUT"
check_same "  no chain of theirs is forked" 0 "$(grep 'chain of Team tiba' "$OUT" | grep -c FORKED)"
check "headquarters shows the devices" hq device list
check_has "  and who was succeeded" "succeeded" "$OUT"

join tafas
add_reports tafas 1
check "a device takes a new key by choice" device tafas device rotate
needs device tafas add --from "$W/hundred.csv"
check "  syncs" device tafas sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check_has "  the reports before and after" "2 new reports and corrections" "$OUT"
check "the device syncs" device tafas sync --relay "$URL"
check_same "  and counts over both keys" "2 2 2" "$(status_of tafas)"
check "headquarters revokes the device by its first key" hq device revoke "$(hq device list --json | "$PYTHON" -c '
import json, sys
print(next(d["id"] for d in json.load(sys.stdin) if d["label"] == "Team tafas" and d["succeeded"]))')" --after 0
check "  tells the relay" hq pull --relay "$URL"
check "  and the reports under the new key are contested too" hq list
check_same "    both" 2 "$(grep -c '^Team tafas.* contested ' "$OUT")"
done_here
