#!/bin/bash
# A disk goes bad under headquarters' register: what is damaged is named, sealed reports can always be exported, a sound one is
# made of the rest, and the relay brings what was lost; without the project's keys a backup and the export are all there was.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

SLOT=4140
at() { local name=$1; shift; sijil-hq --home "$W/$name" --passphrase-fd 3 "$@" 3<<< "$PASSPHRASE"; }
of() { "$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$OUT" "$1"; }
# A copy of headquarters with one block changed: spoil NAME BLOCK
spoil() { rm -rf "${W:?}/$1" && cp -r "$W/hq" "$W/$1" && flip "$W/$1/register.db" $(($2 * SLOT + 1000)); }
count_of() { at "$1" list --format csv 2> /dev/null | tail -n +2 | sort -u | wc -l; }
# held_by NAME TABLE: its damaged blocks on which that table stands
held_by() { at "$1" doctor --json 2> /dev/null | "$PYTHON" -c '
import json, sys
print(*[d["block"] for d in json.load(sys.stdin)["damaged_blocks"] if d["table"] == sys.argv[1]])' "$2"; }

make_project
join nasib
add_reports nasib 40
needs hq backup -o "$W/hq.backup"
serve
needs device nasib sync --relay "$URL"
needs hq pull --relay "$URL"
# Saves an Argon2id a command where the kernel keeps keys.
if hq unlock --for 1h > "$OUT" 2> "$ERR"; then
	at() { sijil-hq --home "$W/$1" "${@:2}"; }
	hq() { at hq "$@"; }
fi
check "doctor looks at a sound register" hq doctor
check_has "  and says so" "Nothing is damaged." "$OUT"
check "  as JSON too" hq doctor --json
check_same "  that says the same" "False 0 True" "$(of damaged) $(of objects_lost) $(of signing_key)"
whole=$(of objects)
check "  and a repair of it is nothing" hq doctor --repair

# ---- which block holds what: all damaged but those that name the tables ----
blocks=$(($(stat -c %s "$W/hq/register.db") / SLOT))
rm -rf "$W/probe" && cp -r "$W/hq" "$W/probe"
for ((i = 2; i < blocks; i++)); do flip "$W/probe/register.db" $((i * SLOT + 1000)); done
for i in $(held_by probe sqlite_schema); do
	flip "$W/probe/register.db" $((i * SLOT + 1000))
done
read -r -a sealed <<< "$(held_by probe object)"
read -r keys <<< "$(held_by probe secret)"
check "several blocks hold sealed reports" [ "${#sealed[@]}" -gt 4 ]

# ---- reports ----
spoil a "${sealed[-2]}"
damaged=$(sha256sum < "$W/a/register.db")
check_exit 4 "a block with reports is damaged: other commands refuse" at a verify
check_has "  and point at doctor" "doctor tells" "$ERR"
check_exit 4 "doctor tells" at a doctor --json --export "$W/a.bundle"
check_same "  which block, and what can be read" "True $whole" "$(of damaged) $(($(of objects) + $(of objects_lost)))"
check_same "  all of which is exported" "$(of objects)" "$(of exported)"
check_has "  what to do" "sijil-hq doctor --repair" "$ERR"
check_same "  and writes nothing" "$damaged" "$(sha256sum < "$W/a/register.db")"
check "repair makes a new register" at a doctor --repair
check_has "  says what comes next" "sijil-hq pull" "$OUT"
check_same "  and keeps the old one" "$damaged" "$(sha256sum < "$W/a/register.db.damaged-1")"
check_exit 1 "before a pull it signs no settings" at a project policy point_metres=5000
check "it pulls" at a pull --relay "$URL"
check_same "  and has all reports" 40 "$(count_of a)"
check "  each of them good" at a verify
check "  as doctor finds" at a doctor
check "  and signs settings" at a project policy point_metres=5000

# ---- the project's keys ----
spoil b "$keys"
check_exit 4 "the block with the project's keys is damaged" at b doctor --export "$W/b.bundle"
check_has "  which is told" "project's keys" "$OUT"
check_has "  with what to do" "restore BACKUP" "$ERR"
check_exit 1 "without them there is no repair" at b doctor --repair
check_has "  which is said" "project's keys are among what is lost" "$ERR"
check "a backup brings them" bash -c 'sijil-hq --home "$0" --passphrase-fd 3 restore "$2" 3<<< "$1"' "$W/c" "$PASSPHRASE" "$W/hq.backup"
check "  and the export the reports" at c bundle import "$W/b.bundle"
check_same "  all of them" 40 "$(count_of c)"
check_same "nothing is left lying about" "" "$(ls "$W"/*/ | grep -E 'copy|repaired|unfinished' || true)"
done_here
