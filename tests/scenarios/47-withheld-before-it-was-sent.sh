#!/bin/bash
# A report that must not travel is withheld before it was sent: neither its words nor its sealed body are anywhere on the
# device, the chain stays whole without it, and relay and headquarters know that its author withheld it. Once it may have left
# it cannot be withheld any more.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

say() { device "$1" add kind=stock place=C5996 observed_on=2018-06-22 "individuals=$2" "note=$3"; }
# sealed_bytes NUMBER: 48 bytes out of the sealed body, as the register has it now
sealed_bytes() {
	bare nasib > /dev/null || return 1
	sqlite3 "$W/bare/register.db" "SELECT 'hex:' || hex(substr(wire, -100, 48)) FROM object WHERE number = $1 AND type < 16"
}

make_project
serve
join nasib
join tiba
needs say nasib 10 "the first one"
needs device nasib sync --relay "$URL"
needs say nasib 11 "secret meeting place"
needs say nasib 12 "another matter"
needs device nasib amend 3 note="secret meeting place by the mill" individuals=13
printf '%s\n' "secret meeting" "by the mill" > "$W/words"
id=$(device nasib show 3 --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])')
if command -v sqlite3 > /dev/null; then
	sealed_bytes 3 >> "$W/words"
	sealed_bytes 5 >> "$W/words"
fi
bare nasib > "$OUT"
check_exit 1 "somebody with the key finds the words and the sealed bodies" scan "$W/bare"
check_same "  each of them" "$(wc -l < "$W/words")" "$(grep -c 'register.db' "$OUT")"

check_exit 3 "a sync without a relay" device nasib sync --relay https://127.0.0.1:1
check_exit 1 "what was sent cannot be withheld" device nasib withhold 2
check_has "  and the device says what can be done" "sijil retract ID" "$ERR"
check_exit 1 "nor can the recovery code" device nasib withhold 1
check_exit 1 "nor an amendment alone" device nasib withhold 5
check_exit 2 "nor for a reason that is none" device nasib withhold 3 --reason boredom
check_exit 1 "nor what is not there" device nasib withhold 77
check "a report that did not leave is withheld, although a sync was tried" device nasib withhold 3 --reason unsafe
check_has "  and the device says what stays known" "number 3" "$OUT"
bare nasib > "$OUT"
check_has "every block of its files opens" ", 0 did not" "$OUT"
check "  and holds neither words nor sealed bodies" scan "$W/bare"
check "the device shows it" device nasib show 3
check_has "  as withheld" "withheld" "$OUT"
check_has "  without content" "dropped before it was sent" "$OUT"
check "the device lists it" device nasib list
check_has "  as withheld" "withheld" "$OUT"
check_exit 1 "it is withheld once" device nasib withhold 3
check_exit 1 "it cannot be amended" device nasib amend 3 individuals=9
check "what was made after it stands" device nasib show 4
check_has "  as it was" "another matter" "$OUT"
needs say nasib 14 "after that"
check "the device sends" device nasib sync --relay "$URL"
check_same "  and the relay holds the whole chain" "6 6 0" "$(status_of nasib)"
check "headquarters pulls" hq pull --relay "$URL"
check_same "  and lists what was not withheld" "10 12 14" "$(hq export --record-level 2> /dev/null | "$PYTHON" -c '
import csv, sys
print(*sorted(int(r["individuals"]) for r in csv.DictReader(sys.stdin)))')"
check "headquarters verifies" hq verify
check_has "  the chain is whole" "chain of Team nasib: 7 of 7, whole up to 7, " "$OUT"
check_has "  the withheld one is named" "Team nasib/3 report: withheld by its author before it was sent" "$OUT"
check_has "  and its amendment" "Team nasib/5 amend: withheld" "$OUT"
check_has "  nothing is forged" "0 forged; 0 set aside" "$OUT"
check "there is no gap" hq gaps
check "headquarters shows it" hq show "Team nasib/3"
check_has "  as withheld" "WITHHELD" "$OUT"
check_has "  with its author's reason" "$(device nasib show 6 | sed -n 's/^  reason  *//p')" "$OUT"
check "  also by its id" hq show "${id:0:12}"
check "  also for programs" hq show "Team nasib/3" --json
check_same "    as JSON" withheld "$("$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["verdict"])' "$OUT")"
check_exit 1 "there is no evidence to hand out" hq evidence "Team nasib/3" -o "$W/none"
check "the device syncs" device nasib sync --relay "$URL"
check_same "  and everything is acknowledged" "6 6 6" "$(status_of nasib)"
check "of a report before the withheld ones there is evidence" hq evidence "Team nasib/2" -o "$W/before.evidence"
check "  which a stranger verifies" sijil verify "$W/before.evidence" --project "$(hq fingerprint)"
check_has "    as opened by headquarters" "signed that it had opened the report" "$OUT"
check "  and holds nothing of them" scan "$W/before.evidence"
check "nothing of it at the relay or at headquarters" scan "$W/relay" "$W/hq"

# By file, through a courier; then it is too late.
needs say nasib 20 "secret meeting the second"
check "withheld before it goes into a file" device nasib withhold 8 --json
check "a file for a courier" device nasib bundle export --all -o "$W/carried.bundle"
check "  takes nothing of it" scan "$W/carried.bundle"
check "the courier takes it" device tiba bundle import "$W/carried.bundle"
check "  and syncs" device tiba sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check "  and has a whole chain" hq gaps
check "headquarters' own bundle" hq verify
check_has "  names it" "Team nasib/8 report: withheld" "$OUT"
needs say nasib 21 "in a file"
needs device nasib bundle export -o "$W/late.bundle"
check_exit 1 "what is in a carried file cannot be withheld" device nasib withhold 10
check_has "  as the device says" "may have left this device" "$ERR"
check_exit 1 "  not after the file was lost either" device nasib withhold 10
check "  it can be retracted" device nasib retract 10 --reason unsafe
needs say nasib 22 "retracted first"
needs device nasib retract 12 --reason mistake
check "a report that was retracted, and not sent, can be withheld still" device nasib withhold 12
check "its register is sound" device nasib sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check "  and has a whole chain" hq gaps

# A repair of a damaged register keeps what is withheld withheld, and takes everything for sent.
needs say nasib 60 "not sent yet"
cp -r "$W/nasib" "$W/bad"
blocks=$(($(stat -c %s "$W/bad/register.db") / 4140))
for ((block = 4; block < blocks; block++)); do
	cp "$W/nasib/register.db" "$W/bad/register.db" && flip "$W/bad/register.db" $((4140 * block + 600))
	device bad doctor > "$OUT" 2>&1
	grep -q 'whose signatures count' "$OUT" && break
done
check "a register with a damaged block is repaired" device bad doctor --repair
check "  it shows what was withheld" device bad show 3
check_has "    as withheld" "dropped before it was sent" "$OUT"
check_exit 1 "  and withholds nothing of which it does not know whether it left" device bad withhold 14
check_has "    so" "may have left this device" "$ERR"

# A backup from before brings it back: then it was sent, and both are kept.
join tafas
needs say tafas 40 "restored"
needs device tafas backup -o "$W/tafas.backup"
needs device tafas withhold 2
needs device tafas sync --relay "$URL"
needs hq pull --relay "$URL"
check "headquarters knows it as withheld" hq show "Team tafas/2"
check_has "  withheld" "WITHHELD" "$OUT"
needs device again restore "$W/tafas.backup"
check "an older copy of the register sends it" device again sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check "  and has its content" hq show "Team tafas/2"
check_has "    taken back" "retracted by" "$OUT"
check "headquarters verifies" hq verify
check_same "  and no chain is forked by it" 0 "$(grep -c FORKED "$OUT")"
check "the device meets its own event again" device tafas sync --relay "$URL"
needs device again bundle export --all -o "$W/again.bundle"
check "  also by file" device tafas bundle import "$W/again.bundle"
check "  and its content stays away" device tafas show 2
check_has "    withheld" "dropped before it was sent" "$OUT"
# Somebody on the way cuts off a body: that is no withholding.
if "$PYTHON" -c 'import cbor2' 2> /dev/null; then
	join hrak
	needs say hrak 30 "whole"
	needs device hrak bundle export -o "$W/whole.bundle"
	"$PYTHON" - "$W/whole.bundle" "$W/cut.bundle" << 'PYTHON'
import io, sys, cbor2
data, out = io.BytesIO(open(sys.argv[1], "rb").read()), b""
while data.tell() < len(data.getvalue()):
    item = cbor2.load(data)
    out += cbor2.dumps(item[:2] if item[0] == 1 else item)
open(sys.argv[2], "wb").write(out)
PYTHON
	check_exit 4 "a body cut off on its way: headquarters refuses what is left" hq bundle import "$W/cut.bundle"
	check_has "  by name" "(attachment_hash)" "$ERR"
	check "the relay answers" "$PYTHON" "$ROOT/tests/tools/push_raw.py" "$URL" "$(hq fingerprint)" "$W/cut.bundle"
	check_has "  and refuses it too" "refused 1" "$OUT"
else
	skip cut_bodies "python3-cbor2 is missing"
fi
done_here
