#!/bin/bash
# The relay is killed while thousands of reports arrive, the device while it sends and while it imports:
# what was acknowledged is there, nothing twice, and both registers are sound.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
reports 4000 > "$W/many.csv"

# killed_when NAME SECONDS CONDITION...: kills the started program as soon as the condition holds.
killed_when() {
	local name=$1
	shift
	wait_for "$@" || echo "# never: $*"
	stop "$name" KILL
}
device_behind() {
	start "$1" bash -c 'exec sijil --home "$0" --passphrase-fd 3 "${@:2}" 3<<< "$1"' "$W/nasib" "$PASSPHRASE" "${@:2}"
}

device_behind import add --from "$W/many.csv"
killed_when import 20 test -s "$W/nasib/register.db-journal"
check_same "the device is killed while it imports" 137 "$STATUS"
check "  its register is sound" device nasib status --json
check_same "  and holds nothing of the file" "0 0 0" "$(status_of nasib)"
size=$(stat -c %s "$W/nasib/register.db")
device_behind import add --from "$W/many.csv"
until [ "$(stat -c %s "$W/nasib/register.db")" -gt "$size" ] || ! kill -0 "$PID"; do :; done 2> /dev/null
stop import KILL
check "killed while it writes the database, or just after, its register is sound" device nasib status
saved=$(status_of nasib | cut -d' ' -f1)
check "  and holds the file whole or not at all ($saved reports)" [ "$saved" -eq 0 -o "$saved" -eq 4000 ]
[ "$saved" -eq 4000 ] || check "the file is imported" device nasib add --from "$W/many.csv"
check_same "all is saved" "4000 0 0" "$(status_of nasib)"

serve
relay_has_objects() { [ "$(relay status | awk 'NR == 2 { print $2 }')" -gt "$1" ]; }
device_behind sync sync --relay "$URL"
killed_when relay 20 relay_has_objects 300
check_same "the relay is killed while reports arrive" 137 "$STATUS"
stop_device() { wait "${started[sync]}"; STATUS=$?; unset "started[sync]"; }
stop_device
check_same "  the device says that it is offline" 3 "$STATUS"
check_has "  and that nothing is lost" "nothing is lost" "$W/sync.log"
read -r saved held _ <<< "$(status_of nasib)"
check_same "  all is still on the device" 4000 "$saved"
serve
count=$(relay status | awk 'NR == 2 { print $2 }')
check "the relay has what it gave receipts for ($held) and may have more ($count)" [ "$count" -ge "$held" ]

device_behind sync sync --relay "$URL"
killed_when sync 20 relay_has_objects $((count + 300))
check_same "the device is killed while it sends" 137 "$STATUS"
check "  its register is sound" device nasib status
check "it goes on where it was" device nasib sync --relay "$URL"
check_same "  and the relay holds all" "4000 4000 0" "$(status_of nasib)"
check "a relay that was killed starts" relay status
# Reports, recovery code, enrolment, descriptors, appointment: each object once.
check_same "  with each object once" 4005 "$(awk 'NR == 2 { print $2 }' "$OUT")"
check "headquarters pulls" hq pull --relay "$URL"
check "headquarters verifies" hq verify --json
check_has "  all of them" '"good":4000' "$OUT"
hq export --record-level --format csv -o "$W/all.csv" 2> "$ERR"
check_same "  each figure once" "$(seq 4000 | sha256sum)" "$("$PYTHON" -c '
import csv, sys
for row in sorted(int(r["individuals"]) for r in csv.DictReader(open(sys.argv[1]))):
    print(row)' "$W/all.csv" | sha256sum)"
done_here
