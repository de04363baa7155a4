#!/bin/bash
# Objects that somebody on the way altered, reordered, repeated or cut, given to a device, to the relay and to headquarters:
# what is sound is taken, what is not is refused and named, and nobody is stopped by it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"
if ! "$PYTHON" -c 'import cbor2' 2> /dev/null; then
	skip altered_bundles "python3-cbor2 is missing"
	done_here
	exit
fi

edit() { "$PYTHON" "$ROOT/tests/tools/edit_bundle.py" "$W/sound" "$@" || fail "bundle edited: $*"; }
push() { "$PYTHON" "$ROOT/tests/tools/push_raw.py" "$URL" "$fingerprint" "$1"; }

make_project
fingerprint=$(hq fingerprint)
join nasib
join tiba
add_reports nasib 5
needs device nasib bundle export -o "$W/sound"
serve

# altered NAME RULE: device, relay and headquarters refuse it and name the rule; each takes the other four reports.
altered() {
	check_exit 4 "$1: a device refuses it" device tiba bundle import "$W/altered"
	check_has "  by name" "($2)" "$ERR"
	check_has "  and says that nothing else was touched" "nothing of yours was touched" "$ERR"
	check_exit 4 "$1: headquarters refuses it" hq bundle import "$W/altered"
	check_has "  by name" "($2)" "$ERR"
	check "$1: the relay answers" push "$W/altered"
	check_has "  with a refusal for a bad signature" "refusal 3 " "$OUT"
	check_has "  and goes on with the others" "refused 1" "$OUT"
}
edit "$W/altered" flip 2 payload && altered "an altered header" signature
edit "$W/altered" flip 2 signature && altered "an altered signature" signature
edit "$W/altered" flip 2 attachment && altered "an altered body" attachment_hash
edit "$W/altered" retype 2 2 && altered "a report that became an amendment" signature
edit "$W/altered" flip 2 header
check_exit 1 "another signer: a device refuses it" device tiba bundle import "$W/altered"
check "  and so does the relay" push "$W/altered"
check_has "  as one whom it does not know" "refusal 2 " "$OUT"
edit "$W/altered" exchange 2 3
check_exit 4 "exchanged bodies: headquarters refuses both" hq bundle import "$W/altered"
check_has "  both" "2 set aside" "$OUT"
edit "$W/altered" exchange 2 3
check "exchanged bodies: the relay refuses both" push "$W/altered"
check_has "  both" "refused 2" "$OUT"

check_exit 4 "headquarters verifies" hq verify
check_has "  names what was set aside" "set aside" "$OUT"
check_has "  by its rule" "(attachment_hash)" "$OUT"
check_has "  and sees the gap" "chain of Team nasib: 5 of 6, whole up to 1, 5 opened, INCOMPLETE" "$OUT"
check_exit 6 "the gap is named" hq gaps
check_has "  event 2" "missing 2" "$OUT"

edit "$W/reversed" reverse
edit "$W/repeated" repeat
join hrak
check "reordered: the relay answers" push "$W/reversed"
check "repeated: the relay answers" push "$W/repeated"
check_has "  takes nothing twice" "accepted 0" "$OUT"
check_exit 0 "reordered: headquarters takes the missing one" hq bundle import "$W/reversed"
check_has "  and only that" "1 new reports and corrections" "$OUT"
check "repeated: headquarters takes nothing twice" hq bundle import "$W/repeated"
check_has "  nothing" "0 new reports and corrections" "$OUT"
check "there is no gap any more" hq gaps
check "repeated: a device takes it" device hrak bundle import "$W/repeated"
check "  and counts each once" device hrak status
check_has "  five, and the recovery code" "carrying 6 sealed events" "$OUT"

edit "$W/cut" cut 200
check_exit 1 "a cut file: headquarters says so" hq bundle import "$W/cut"
check_has "  in a sentence" "ends inside an object" "$ERR"
check_has "  and what to do" "ask for the file again" "$ERR"
check "a cut file: the relay takes what is whole" push "$W/cut"
edit "$W/dropped" drop 3
join tafas
check "a file from which an event was dropped: a device carries it" device tafas bundle import "$W/dropped"
head -c 3000 /dev/urandom > "$W/noise"
check_exit 1 "noise: a device refuses it" device tafas bundle import "$W/noise"
check_exit 1 "noise: headquarters refuses it" hq bundle import "$W/noise"
check "noise: the relay answers" push "$W/noise"
: > "$W/empty"
check "an empty file is no harm" device tafas bundle import "$W/empty"

# Nothing unverified went in anywhere: the relay's log equals what headquarters verifies.
check "the device itself syncs" device nasib sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check_exit 4 "headquarters still names what was set aside" hq verify
check_has "  and what counts is sound" "5 reports and corrections: 5 good, 0 unlinked, 0 contested, 0 forged" "$OUT"
check_has "  the log too" "all pulled, root as the relay signed it" "$OUT"
check_same "the relay kept sound objects only" "$(relay status | awk 'NR == 2 { print $2 }')" \
	"$(sed -n "s/^relay's log: \([0-9]*\) objects.*/\1/p" "$OUT")"
done_here
