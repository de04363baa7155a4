#!/bin/bash
# An enrolled device that lies: another's sealed body in an event of its own, and an enrolment of another's key.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
fingerprint=$(hq fingerprint)
join nasib
join tiba
add_reports nasib 2
needs device nasib bundle export -o "$W/victim"
needs hq bundle import "$W/victim"
needs hq invite Liar -o "$W/liar.invite"
serve

check "a liar copies a sealed body into an event of his own" "$BUILD/tests/tools/malice" copy "$W/liar.invite" "$W/victim" "$W/copied"
check "no device can tell: it carries it, unreadable" device tiba bundle import "$W/copied"
check "nor can the relay" device tiba sync --relay "$URL"
check_exit 4 "headquarters pulls and refuses it" hq pull --relay "$URL"
check_has "  by name" "(commitment)" "$ERR"
check_exit 4 "headquarters verifies" hq verify
check_has "  names it" "(commitment)" "$OUT"
check_has "  counts the victim's reports alone" "2 reports and corrections: 2 good" "$OUT"
check_has "  and knows the liar, with nothing opened" "chain of Liar: 1 of 1, whole up to 1, 0 opened" "$OUT"
check_same "  the report is listed once" 2 "$(hq list --format csv | grep -c C5999)"
check "headquarters revokes the liar" hq device revoke Liar --reason other

needs hq invite Thief -o "$W/thief.invite"
check "a thief enrols a key that is another's" "$BUILD/tests/tools/malice" key "$W/thief.invite" "$W/victim" "$W/stolen"
check_exit 4 "a device refuses it" device tiba bundle import "$W/stolen"
check_has "  by name" "(proof)" "$ERR"
check_exit 4 "headquarters refuses it" hq bundle import "$W/stolen"
check_has "  by name" "(proof)" "$ERR"
if "$PYTHON" -c 'import cbor2' 2> /dev/null; then
	check "the relay answers" "$PYTHON" "$ROOT/tests/tools/push_raw.py" "$URL" "$fingerprint" "$W/stolen"
	check_has "  with a refusal" "accepted 0, had 0, refused 1" "$OUT"
else
	skip stolen_key "python3-cbor2 is missing"
fi
check_same "headquarters knows three devices" 3 "$(hq device list --json | grep -o '"label"' | wc -l)"

# The victim is none the worse for it.
check "the victim syncs" device nasib sync --relay "$URL"
check_same "  all of it" "2 2" "$(status_of nasib | cut -d' ' -f1,2)"
check "the invite that was misused still serves its owner" device late init --invite "$W/thief.invite" --unlock-cost minimum

needs hq invite Twice -o "$W/twice.invite"
for name in first second; do
	needs device "$name" init --invite "$W/twice.invite" --unlock-cost minimum
	needs device "$name" add kind=stock place=C5999 observed_on=2018-06-22 individuals=7
	needs device "$name" bundle export -o "$W/$name.bundle"
	needs hq bundle import "$W/$name.bundle"
done
contested=$(hq list --format json | "$PYTHON" -c 'import json, sys; print(*(r["id"] for r in json.load(sys.stdin) if r["device"] == "Twice" and r["verdict"] == "contested"))')
check "a report of whoever used an invite second can be handed out" hq evidence "$contested" -o "$W/contested.evidence"
check_has "  and headquarters is told what the file does not show" "headquarters contests this report" "$ERR"
done_here
