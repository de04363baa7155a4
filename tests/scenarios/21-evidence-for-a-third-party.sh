#!/bin/bash
# One file, one fingerprint: checked by sijil with no register, and by other people's libraries.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
needs device nasib add kind=arrival place=C5999 'origin=C6116:60; C6105:40' observed_on=2018-06-21 'households=250-400' note='المدرسة مكتظة'
add_reports nasib 3
needs device nasib amend 2 individuals=77
needs device nasib retract 3 --reason disproved
serve
needs device nasib sync --relay "$URL"
needs hq pull --relay "$URL"
fingerprint=$(hq fingerprint)
alone() { env -i PATH="$PATH" HOME=/nonexistent "$@"; }
independent() { "$PYTHON" "$ROOT/tests/interop/verify_evidence.py" "$@"; }

check "headquarters hands out a report" hq evidence "Team nasib/1" -o "$W/one.evidence"
check_has "  and says how it is checked" "sijil verify FILE --project" "$ERR"
check_exit 1 "  never over another file" hq evidence "Team nasib/1" -o "$W/one.evidence"
check "a third party checks it, with no register" alone sijil verify "$W/one.evidence" --project "$fingerprint"
check_has "  it reads the report" "المدرسة مكتظة" "$OUT"
check_has "  the chain's number" "number 1 of its chain" "$OUT"
check_has "  when the relay held it" "signed that it held the report at" "$OUT"
check_has "  and what is not proven" "not shown to be complete" "$OUT"
check_has "  genuine" "VERDICT: genuine." "$OUT"
check "other people's libraries agree" independent "$W/one.evidence" "$fingerprint"
check "and as JSON" alone sijil verify "$W/one.evidence" --project "$fingerprint" --json
check_has "  genuine" '"verdict":"genuine"' "$OUT"

hq evidence "Team nasib/2" -o "$W/two.evidence" 2> /dev/null
check "an amended report is checked" alone sijil verify "$W/two.evidence" --project "$fingerprint"
check_has "  and the amendment told" "AMENDED by a later event" "$OUT"
check_has "  with its figure" "77" "$OUT"
check "other people's libraries agree" independent "$W/two.evidence" "$fingerprint"
hq evidence "Team nasib/3" -o "$W/three.evidence" 2> /dev/null
check "a retracted report is checked" alone sijil verify "$W/three.evidence" --project "$fingerprint"
check_has "  and the retraction told" "RETRACTED by a later event" "$OUT"

other=$(sed 's/^\(.\)\(.\)/\1i/; s/^\(..\)./\1b/' <<< "$fingerprint")
[ "$other" != "$fingerprint" ] || other=$(sed 's/^....../babab-/' <<< "$fingerprint")
check_exit 4 "under another project's fingerprint it is refused" alone sijil verify "$W/one.evidence" --project "$other"
check_exit 2 "a fingerprint that is none is refused" alone sijil verify "$W/one.evidence" --project nonsense
check_exit 2 "without a fingerprint nothing is proven" alone sijil verify "$W/one.evidence"

size=$(stat -c %s "$W/one.evidence")
taken=0 agreed=0
for i in $(seq 1 40); do
	cp "$W/one.evidence" "$W/flipped"
	flip "$W/flipped" $((i * (size - 1) / 41))
	alone sijil verify "$W/flipped" --project "$fingerprint" > /dev/null 2>&1 && taken=$((taken + 1))
	[ $((i % 10)) -ne 0 ] || { independent "$W/flipped" "$fingerprint" > /dev/null 2>&1 && agreed=$((agreed + 1)); }
done
check_same "of forty copies with one bit flipped none is genuine" 0 "$taken"
check_same "  nor of four by other people's libraries" 0 "$agreed"
head -c $((size / 2)) "$W/one.evidence" > "$W/half"
check_exit 1 "half a file is no evidence" alone sijil verify "$W/half" --project "$fingerprint"

needs hq device revoke "Team nasib" --after 1 --reason seized
hq evidence "Team nasib/1" -o "$W/good.evidence" 2> /dev/null
check "after a revocation, what stays good is genuine" alone sijil verify "$W/good.evidence" --project "$fingerprint"
hq evidence "Team nasib/4" -o "$W/contested.evidence" 2> /dev/null
check_exit 4 "  and what does not is contested" alone sijil verify "$W/contested.evidence" --project "$fingerprint"
check_has "  in words" "CONTESTED" "$OUT"
done_here
