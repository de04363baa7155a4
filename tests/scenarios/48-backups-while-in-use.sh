#!/bin/bash
# Backups are taken while reports are recorded: each is the register as it stood at one moment. Two restored copies and the
# original go on, and headquarters has every report once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

say() { device "$1" add kind=stock place=C5996 observed_on=2018-06-22 "individuals=$2"; }
listed() { device "$1" list --format csv | grep -c C5996; }

make_project
serve
join nasib
needs say nasib 1
needs device nasib sync --relay "$URL"

# One by one, and as one file, while backups are taken.
cat > "$W/writer.sh" << 'SH'
for ((i = 2; i <= 16; i++)); do
	sijil --home "$1" --passphrase-fd 3 add kind=stock place=C5996 observed_on=2018-06-22 "individuals=$i" 3<<< "$2" > /dev/null || exit 1
done
sijil --home "$1" --passphrase-fd 3 add --from "$3" 3<<< "$2" || exit 1
SH
{
	echo kind,place,observed_on,individuals
	for ((i = 17; i <= 316; i++)); do echo "stock,C5996,2018-06-22,$i"; done
} > "$W/many.csv"
start writer bash "$W/writer.sh" "$W/nasib" "$PASSPHRASE" "$W/many.csv"
taken=0 failed=
while kill -0 "$PID" 2> /dev/null; do
	# A backup waits for a writer as any command does, and says so when that takes too long.
	if device nasib backup -o "$W/$taken.backup" > "$OUT" 2> "$ERR"; then
		taken=$((taken + 1))
	elif ! grep -q 'in use\|busy\|locked\|another' "$ERR"; then
		failed="$failed $(cat "$ERR")"
	fi
done
wait "$PID"
check_same "reports are recorded while backups are taken" 0 "$?"
unset "started[writer]"
check_same "  no backup failed but for a writer it waited for" "" "$failed"
check "  and several were taken ($taken)" [ "$taken" -ge 3 ]
check_same "the device has all" 316 "$(listed nasib)"
check "the last backup is taken" device nasib backup -o "$W/last.backup"
before=0
for name in 0 $((taken / 2)) $((taken - 1)) last; do
	check "backup $name comes back" device "copy$name" restore "$W/$name.backup"
	found=$(listed "copy$name")
	check "  whole, with what was saved by then ($found)" [ "$found" -ge "$before" ]
	check "  a file of many is in it as a whole or not at all" [ "$found" -le 16 -o "$found" -eq 316 ]
	check_same "  with no number missing" "$((found + 1))" "$(device "copy$name" list --all --json | "$PYTHON" -c '
import json, sys
print(len({e["number"] for e in json.load(sys.stdin)}))')"
	before=$found
done

# The original and two copies of one moment go on, each with what it had not sent.
needs say nasib 1000
needs say copylast 2000
check "a second copy of one backup" device again restore "$W/last.backup"
check_has "  says what it keeps" "restored, with 315 reports and corrections that no relay has receipted" "$OUT"
check_has "  and that it goes on under a new key" "under a new key" "$OUT"
needs say again 3000
check_exit 1 "what was recorded before the backup cannot be withheld in a copy" device again withhold 5
for name in copylast again nasib copylast; do
	check "$name syncs" device "$name" sync --relay "$URL"
done
check "headquarters pulls" hq pull --relay "$URL"
check_has "  each report once" "319 new reports and corrections" "$OUT"
check_same "headquarters lists each once" "319 319" "$(hq export --record-level 2> /dev/null | "$PYTHON" -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
print(len(rows), len({r["individuals"] for r in rows}))')"
check "headquarters verifies" hq verify
check_same "  and no chain is forked" 0 "$(grep -c FORKED "$OUT")"
check_has "  nothing is forged" "0 forged; 0 set aside" "$OUT"
check "no gap" hq gaps

# The code of that time opens a restored copy; a copy that makes a new one leaves the others theirs.
name_of() { device "$1" device show --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["label"])'; }
code_of() { hq recover "$1" --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[0]["code"])'; }
check_same "headquarters has one code for the copies of one register" "$(code_of "Team nasib")" "$(code_of "$(name_of again)")"
check "a copy makes a new code" device again recover --renew
check "  and sends it" device again sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
[ "$(code_of "Team nasib")" != "$(code_of "$(name_of again)")" ]
check_same "  which is that copy's alone" 0 "$?"
printf '%s\n' "$(code_of "$(name_of again)")" "dorin-kasip-momuz-tefar-zobil" > "$W/lines"
check "  and opens it" sijil --home "$W/again" --passphrase-fd 3 recover 3< "$W/lines"
printf '%s\n' "$(code_of "$(name_of copylast)")" "dorin-kasip-momuz-tefar-zobil" > "$W/lines"
check "the older one opens the other copy" sijil --home "$W/copylast" --passphrase-fd 3 recover 3< "$W/lines"
done_here
