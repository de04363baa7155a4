#!/bin/bash
# A register of a later generation, with notes, a recovery code and a withheld report, loses one block after another: each
# is named and what is on the others saved, withheld stays withheld, nothing is doubled. A seeded sample; with SIJIL_LONG all.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

SLOT=4140
DB=register-2.db
SEED=${SEED:-1}
of() { "$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$OUT" "$1"; }
spoil() { rm -rf "${W:?}/x" && cp -r "$W/nasib" "$W/x" && flip "$W/x/$DB" $(($1 * SLOT + 1000)); }

make_project
join nasib
add_reports nasib 30
check "a note is taken while locked" sijil --home "$W/nasib" note kind=stock place=C5996 observed_on=2018-06-22 individuals=901
check "  and becomes a report" device nasib notes accept all
check "a report is withheld" device nasib withhold 20
check "the register gets a new key" device nasib rekey --unlock-cost minimum
check "  and is of a later generation" [ -s "$W/nasib/$DB" ]
# Saves an Argon2id a command where the kernel keeps keys.
if device nasib unlock --for 1h > "$OUT" 2> "$ERR"; then
	device() { sijil --home "$W/$1" "${@:2}"; }
fi
check "doctor finds nothing wrong with it" device nasib doctor --json
check_same "  one report is a header alone" "False 0 1" "$(of damaged) $(of objects_lost) $(of withheld)"
events=$(of own)

# judge BLOCK: what is wrong with what doctor does about it; nothing is right
judge() {
	local block=$1 code lost=0
	spoil "$block"
	rm -f "$W/x.bundle"
	device x doctor --json --export "$W/x.bundle" > "$OUT" 2> "$ERR" && { echo "not told"; return; }
	[ "$(of damaged)" = True ] && [ "$("$PYTHON" -c '
import json, sys
print(json.load(open(sys.argv[1]))["damaged_blocks"][0]["block"])' "$OUT")" = "$block" ] || { echo "not named"; return; }
	[ "$(of exported)" -eq $(($(of objects) - $(of withheld))) ] || { echo "exported $(of exported) of $(of objects)"; return; }
	device x doctor --repair --from "$W/project.bundle" > "$OUT" 2> "$ERR"
	code=$?
	if grep -q "signing key is among what is lost" "$ERR"; then
		[ $code -eq 1 ] || echo "no key, exit $code"
		return
	fi
	[ $code -eq 0 ] || [ $code -eq 6 ] || { echo "repair exits $code: $(cat "$ERR")"; return; }
	device x doctor --json > "$OUT" 2> "$ERR"
	[ "$(of damaged)" = False ] && [ "$(of objects_lost)" -eq 0 ] || { echo "not sound after it"; return; }
	[ "$(of own)" -ge $((events - 12)) ] && [ "$(of own)" -le "$events" ] || echo "$(of own) events of $events"
	[ "$(device x list --all --json 2> /dev/null | grep -c '"individuals": *"901"')" -le 1 ] || echo "a note counts twice"
	[ -s "$W/x/$DB.damaged-1" ] || echo "the damaged one is not kept"
	[ "$(ls "$W/x" | grep -cE 'copy|repaired|unfinished')" -eq 0 ] || echo "scraps stay"
}

blocks=$(($(stat -c %s "$W/nasib/$DB") / SLOT))
RANDOM=$SEED
chosen=()
if [ -n "${SIJIL_LONG:-}" ]; then
	chosen=($(seq 0 $((blocks - 1))))
else
	for i in 1 2; do chosen+=($((RANDOM % blocks))); done
fi
wrong=0
for block in "${chosen[@]}"; do
	why=$(judge "$block")
	[ -z "$why" ] || { wrong=$((wrong + 1)); echo "# seed $SEED, block $block of $blocks: $why"; }
done
check_same "whichever block is damaged, it is named and the rest is saved" 0 "$wrong"
done_here
