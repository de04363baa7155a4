#!/bin/bash
# One report in one file: checked with no register and no key, by sijil and by a program that shares no line with it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

others() { "$PYTHON" "$ROOT/tests/interop/verify_evidence.py" "$@"; }
has_others=
"$PYTHON" -c 'import cbor2, nacl' 2> /dev/null && has_others=yes || skip independent_verifier "python3-cbor2 or python3-nacl is missing"

make_project
join nasib
add_reports nasib 4
needs device nasib amend 3 'individuals=300-350'
needs device nasib retract 4 --reason disproved --note 'عدد خاطئ'
serve
needs device nasib sync --relay "$URL"
needs hq pull --relay "$URL"
fingerprint=$(hq fingerprint)
for n in 1 2 3 4; do
	check "headquarters hands out report $n" hq evidence "Team nasib/$((n + 1))" -o "$W/$n.evidence"
done
check_has "  and says how to check it" "sijil verify FILE --project $fingerprint" "$ERR"
check_same "  to its owner alone" 600 "$(stat -c %a "$W/1.evidence")"
check_exit 1 "  never over another file" hq evidence "Team nasib/2" -o "$W/1.evidence"
check_exit 1 "a report that nobody made" hq evidence "Team nasib/77" -o "$W/77.evidence"

mkdir "$W/court" && cd "$W/court" || exit 1
export HOME=$W/court XDG_DATA_HOME=$W/court/none
check "a court verifies it, with no register" sijil verify "$W/1.evidence" --project "$fingerprint"
check_has "  genuine" "VERDICT: genuine." "$OUT"
check_has "  with its content" "المدرسة مكتظة" "$OUT"
check_has "  what it depends on" "take it from a source you trust" "$OUT"
check_has "  what is not proven" "that what was reported is true" "$OUT"
check_has "  nor that there is nothing else" "not shown to be complete" "$OUT"
check_has "  when the relay had it" "A relay of the project signed that it held the report at" "$OUT"
check_same "  and leaves nothing behind" "" "$(ls -A)"
check "the amended one" sijil verify "$W/2.evidence" --project "$fingerprint"
check_has "  with its amendment" "AMENDED by a later event" "$OUT"
check_has "  and the last line says so" "VERDICT: genuine, and later AMENDED by its author" "$OUT"
check_has "  and what that says" "300-350" "$OUT"
check "the retracted one" sijil verify "$W/3.evidence" --project "$fingerprint"
check_has "  with its retraction" "RETRACTED by a later event" "$OUT"
check_has "  and the last line says so" "VERDICT: genuine, and later RETRACTED by its author" "$OUT"
check_lacks "  no field that it does not say" "date_precision" <(sed '/^PROVEN/,/^DEPENDS/!d' "$OUT")
check_has "  the reason" "Turned out untrue" "$OUT"
check_has "  and the note" "عدد خاطئ" "$OUT"
check "as JSON" sijil verify "$W/1.evidence" --project "$fingerprint" --json
check_same "  which is JSON" genuine "$("$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["verdict"])' < "$OUT")"

other=$(tr 'bdfg' 'dbgf' <<< "$fingerprint")
check_exit 4 "under another project's fingerprint it is refused" sijil verify "$W/1.evidence" --project "$other"
check_exit 2 "a fingerprint that is none" sijil verify "$W/1.evidence" --project "not-a-fingerprint"
check_exit 2 "no fingerprint" sijil verify "$W/1.evidence"
check_exit 1 "what is no evidence" sijil verify "$W/project.bundle" --project "$fingerprint"

size=$(stat -c %s "$W/1.evidence") taken=0
for ((at = 0; at < size; at += size / 40)); do
	cp "$W/1.evidence" "$W/flipped" && flip "$W/flipped" "$at"
	sijil verify "$W/flipped" --project "$fingerprint" > "$OUT" 2> "$ERR" && taken=$((taken + 1))
	if [ -n "$has_others" ] && [ $((at / (size / 40) % 8)) -eq 3 ]; then
		others "$W/flipped" "$fingerprint" > "$OUT" 2>&1 && taken=$((taken + 1))
	fi
done
check_same "one flipped bit, anywhere in the file, is refused" 0 "$taken"
head -c $((size - 1)) "$W/1.evidence" > "$W/short"
check_exit 1 "a file that was cut is refused" sijil verify "$W/short" --project "$fingerprint"

if [ -n "$has_others" ]; then
	for n in 1 2 3; do
		check "other people's CBOR and Ed25519 verify report $n" others "$W/$n.evidence" "$fingerprint"
	done
	check_exit 1 "  but not under another fingerprint" others "$W/1.evidence" "$other"
fi

check "headquarters revokes the device, back to its second report" hq device revoke "Team nasib" --after 3 --reason seized
needs hq evidence "Team nasib/5" -o "$W/4.contested"
needs hq evidence "Team nasib/2" -o "$W/1.kept"
check_exit 4 "what is beyond that is genuine, but" sijil verify "$W/4.contested" --project "$fingerprint"
check_has "  contested" "CONTESTED" "$OUT"
needs hq evidence "Team nasib/3" -o "$W/2.kept"
check "a report stands whose amendment is beyond that" sijil verify "$W/2.kept" --project "$fingerprint"
check_has "  and the amendment is told apart" "VERDICT: genuine, with later events that are CONTESTED" "$OUT"
check_has "  in words" "signed under a key of the author's that was revoked" "$OUT"
if [ -n "$has_others" ]; then
	check "  by other people's code too" others "$W/2.kept" "$fingerprint"
	check_has "  which contests the amendment" "contested: later, amend" "$OUT"
	check_lacks "  and not the report" "contested: the device was revoked" "$OUT"
fi
check "what is within stays as it was" sijil verify "$W/1.kept" --project "$fingerprint"
check_has "  genuine" "VERDICT: genuine." "$OUT"
done_here
