#!/bin/bash
# A disk goes bad under a register: what is damaged is named, what can be read is saved, nothing is doubled, what is lost is named.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

SLOT=4140
# A copy of a register with one block changed: spoil NAME FROM BLOCK
spoil() { rm -rf "${W:?}/$1" && cp -r "$W/$2" "$W/$1" && flip "$W/$1/register.db" $(($3 * SLOT + 1000)); }
blocks_of() { echo $(($(stat -c %s "$W/$1/register.db") / SLOT)); }
sum_of() { sha256sum < "$W/$1/register.db"; }
# of JSON KEY: a value of the last answer
of() { "$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$OUT" "$1"; }
# flip_all NAME FROM SKIP...: each block from 2 on but those
flip_all() {
	local i skip=" ${*:3} "
	rm -rf "${W:?}/$1" && cp -r "$W/$2" "$W/$1"
	for ((i = 2; i < $(blocks_of "$2"); i++)); do
		[[ $skip == *" $i "* ]] || flip "$W/$1/register.db" $((i * SLOT + 1000))
	done
}
held_by() { device "$1" doctor --json 2> /dev/null | "$PYTHON" -c '
import json, sys
print(*[d["block"] for d in json.load(sys.stdin)["damaged_blocks"] if d["table"] == sys.argv[1]])' "$2"; }
# The blocks on which a table stands, as doctor says once all of them are damaged: blocks_with NAME TABLE. The first
# pass finds those that name the tables.
blocks_with() {
	flip_all probe "$1"
	flip_all probe "$1" $(held_by probe sqlite_schema)
	held_by probe "$2"
}
# What headquarters counts: how often each number of individuals was reported.
counted() { hq list --format csv 2> /dev/null | "$PYTHON" -c '
import collections, csv, sys
n = collections.Counter(row["individuals"] for row in csv.DictReader(sys.stdin))
print(len(n), max(n.values()))'; }

make_project
join nasib
add_reports nasib 40

# ---- a sound one ----
check "doctor looks at a sound register" device nasib doctor
check_has "  and says so" "Nothing is damaged." "$OUT"
check_has "  with the disk it stands on" "MiB free" "$OUT"
before=$(sum_of nasib)
check "  as JSON too" device nasib doctor --json
check_same "  that says the same" "False 0 41" "$(of damaged) $(of objects_lost) $(of own)"
check "  a repair of it is nothing" device nasib doctor --repair
check_same "  and nothing is written" "$before" "$(sum_of nasib)"
check_exit 5 "a wrong passphrase is no damage" sijil --home "$W/nasib" --passphrase-fd 3 doctor 3<<< "wrong"
chmod 755 "$W/nasib"
device nasib doctor > "$OUT" 2> "$ERR"
check_has "a folder that others may look into is told" "chmod 700" "$OUT"
chmod 700 "$W/nasib"

# ---- some blocks; tests/schema/test_salvage.c has them all ----
wrong=0 lost=0
blocks=$(blocks_of nasib)
for i in 0 1 $((blocks - 3)) $((blocks - 2)) $((blocks - 1)); do
	spoil x nasib "$i"
	device x doctor --json --export "$W/x.bundle" > "$OUT" 2> "$ERR"
	[ $? -eq 4 ] && [ "$(of exported)" -eq "$(of objects)" ] && [ "$(of damaged)" = True ] &&
		[ $(($(of objects) + $(of objects_lost))) -ge 42 ] && [ -s "$W/x.bundle" ] || { wrong=$((wrong + 1)); echo "# block $i"; }
	[ "$(of objects_lost)" -eq 0 ] || lost=$((lost + 1))
	rm -f "$W/x.bundle"
done
check_same "whichever block is damaged, it is named, and the sealed objects on the others are exported" 0 "$wrong"
check "  some blocks cost some" [ "$lost" -gt 0 ] && check "  and some none" [ "$lost" -lt 5 ]

# ---- sync, damage, repair, sync ----
serve
check "reports are synced" device nasib sync --relay "$URL"
reports 80 41 > "$W/reports.csv" && needs device nasib add --from "$W/reports.csv"
spoil whole nasib 0 && cp "$W/nasib/register.db" "$W/whole/register.db"
read -r -a sealed <<< "$(blocks_with nasib object)"
check "several blocks hold sealed reports" [ "${#sealed[@]}" -gt 12 ]
unsent=${sealed[-3]} sent=${sealed[3]}

spoil a nasib "$unsent"
damaged=$(sum_of a)
check_exit 4 "a block with reports that were not sent is damaged: other commands refuse" device a list
check_has "  and point at doctor" "doctor tells" "$ERR"
check_exit 4 "doctor tells" device a doctor
cp "$OUT" "$W/told"
check_has "  which block" "block $unsent " "$W/told"
check_has "  which reports" "Team nasib/1" "$W/told"
check_has "  that their readable copies are left" "records it again" "$W/told"
check_has "  and what to do" "doctor --repair" "$ERR"
check_same "  and writes nothing" "$damaged" "$(sum_of a)"
check_exit 1 "nothing is repaired while another program has the register open" flock -s "$W/a/.lock" \
	sijil --home "$W/a" --passphrase-fd 3 doctor --repair 3<<< "$PASSPHRASE"
check_exit 0 "repair makes a new register" device a doctor --repair
check_has "  says where the old one is" "register.db.damaged-1" "$OUT"
check_has "  and that a new key goes on" "new key" "$OUT"
check_same "  which is untouched" "$damaged" "$(sha256sum < "$W/a/register.db.damaged-1")"
check_same "  for its owner alone" 600 "$(stat -c %a "$W/a/register.db")"
check "  and the register opens" device a doctor
check_same "  with every report" "120 40 0" "$(status_of a)"
check "it syncs" device a sync --relay "$URL"
check "  and once more" device a sync --relay "$URL"
check_same "  all of it" "120 120 0" "$(status_of a)"
check "  after which nothing is sent again" device a sync --relay "$URL" --json
sent_bytes=$(of sent_bytes)
check "  which shows" [ "$sent_bytes" -lt 3000 ]
check "headquarters pulls" hq pull --relay "$URL"
check_same "  each report once, none lost" "120 1" "$(counted)"
check_exit 6 "  and sees which numbers of the old chain are missing" hq gaps
check_has "  by name" "Team nasib: " "$OUT"

spoil b whole "$sent"
check_exit 4 "a block with reports that the relay has is damaged" device b doctor
check_has "  which is told" "receipted by a relay" "$OUT"
check_exit 0 "repair of it" device b doctor --repair
check "  is sound" device b doctor
check "  takes new reports" device b add kind=stock place=C5996 observed_on=2018-06-22 individuals=5
check "  and syncs" device b sync --relay "$URL"

# ---- without what cannot be made again ----
read -r identity <<< "$(blocks_with nasib identity)"
spoil c nasib "$identity"
check_exit 1 "without the signing key there is no repair" device c doctor --repair
check_has "  which is said" "signing key" "$ERR"
check_has "  with the next step" "--export" "$ERR"
check_exit 4 "  and everything sealed can be exported" device c doctor --export "$W/c.bundle"
check "  for headquarters to take" hq bundle import "$W/c.bundle"
check_exit 4 "  never over a file" bash -c 'sijil --home "$0" --passphrase-fd 3 doctor --export "$2" 3<<< "$1" || exit 4' "$W/c" "$PASSPHRASE" "$W/c.bundle"
for block in "${sealed[@]}"; do
	spoil d nasib "$block"
	device d doctor --json > "$OUT" 2> "$ERR"
	[ "$(of descriptor)" = True ] || break
done
check_exit 1 "without the project's descriptor there is none either" device d doctor --repair
check_has "  but it can be brought" "--from FILE" "$ERR"
device d doctor --repair --from "$W/project.bundle" > "$OUT" 2> "$ERR"
check_has "  and then goes on" "repaired" "$OUT"
check "  and syncs" device d sync --relay "$URL"

# ---- blocks that hold nothing; a command cut short ----
cp -r "$W/nasib" "$W/e" && head -c 9000 /dev/urandom >> "$W/e/register.db"
check_exit 4 "blocks behind the end are damaged" device e doctor
check_has "  which costs nothing" "nothing is lost" "$ERR"
check "  they are cleared" device e doctor --repair
check_same "  and the file is as before" "$(sum_of nasib)" "$(sum_of e)"
cp -r "$W/nasib" "$W/f"
reports 1500 > "$W/many.csv"
start import bash -c 'exec sijil --home "$0" --passphrase-fd 3 add --from "$2" 3<<< "$1"' "$W/f" "$PASSPHRASE" "$W/many.csv"
until [ -s "$W/f/register.db-journal" ] || ! kill -0 "$PID"; do :; done 2> /dev/null
stop import KILL
if [ -s "$W/f/register.db-journal" ]; then
	journal=$(sha256sum < "$W/f/register.db-journal") was=$(sum_of f)
	check "a command was cut short" device f doctor
	check_has "  which is told" "cut short" "$OUT"
	check_same "  and left for the next to undo" "$journal $was" "$(sha256sum < "$W/f/register.db-journal") $(sum_of f)"
	check "  or repair" device f doctor --repair
	check_same "  with nothing lost" "120 40 0" "$(status_of f)"
else
	skip cut_short "the command was faster"
fi
check_same "nothing is left lying about" "" "$(ls "$W"/*/ | grep -E 'copy|repaired' || true)"
done_here
