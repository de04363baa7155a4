#!/bin/bash
# A worker records at a real terminal, 80x24 and 40x20: few keys, mistakes that cost one key, interruptions of every kind that
# cost at most the answer being typed, corrections by the same questions. Nothing that was typed is on the disk in clear.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

if ! command -v tmux > "$OUT" || ! "$PYTHON" -c 'import pty; pty.openpty()' 2> "$ERR"; then
	skip "the dialogue" "tmux or pseudo-terminals are missing"
	done_here
	exit
fi

make_project
join nasib
keys=0
export PASSPHRASE W

screen() { tmux -u -S "$W/tmux.socket" -f /dev/null "$@"; }
# open SIZE WORDS...: sijil in a terminal of that size; its id in $W/pid
open() {
	local size=$1
	shift
	rm -f "$W/pid" "$W/status"
	screen kill-server 2> "$W/null"
	cat > "$W/in-terminal" <<- 'SCRIPT'
		bash -c 'echo $$ > "$W/pid.new" && mv "$W/pid.new" "$W/pid"
			exec sijil --home "$W/nasib" --passphrase-fd 3 "$@" 3<<< "$PASSPHRASE"' - "$@"
		echo $? > "$W/status.new" && mv "$W/status.new" "$W/status"
		exec sleep 1000
	SCRIPT
	screen new-session -d -s it -x "${size%x*}" -y "${size#*x}" bash "$W/in-terminal" "$@"
	wait_for 30 test -s "$W/pid"
	keys=0
}
# All that was shown, wrapped lines joined; and what is on the screen now.
all() { screen capture-pane -p -J -S - -t it; }
now() { screen capture-pane -p -t it; }
shows() { [ "$(all | grep -cF -- "$1")" -ge "${2:-1}" ]; }
# await TEXT [TIMES]: it has been shown that often
await() {
	wait_for 60 shows "$@" && return 0
	fail "the screen shows '$1'"
	all | sed 's/^/#   /'
	screen kill-server
	exit 1
}
type_in() {
	screen send-keys -t it -l -- "$1"
	keys=$((keys + ${#1}))
}
press() { screen send-keys -t it "$1" && keys=$((keys + 1)); }
# say AWAITED ANSWER [TIMES]
say() {
	await "$1" "${3:-1}"
	[ -z "$2" ] || type_in "$2"
	press Enter
}
# What the command exited with.
exit_of() {
	wait_for 60 test -s "$W/status" || fail "the command ends" >&2
	cat "$W/status"
}
# field ID FIELD...: what the report says, with / between
field() { device nasib show "$1" --json | "$PYTHON" -c 'import json, sys; r = json.load(sys.stdin); print(*[r.get(f, "") for f in sys.argv[1:]], sep="/")' "${@:2}"; }
has_draft() { device nasib status --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["draft"])'; }
check_all() { all > "$W/shown" && check_has "$1" "$2" "$W/shown"; }
check_now() { now > "$W/shown" && check_has "$1" "$2" "$W/shown"; }

# --- a report, from start to save ---
open 80x24 add
say "1 of 8" a
say "2 of 8" C5999
say "3 of 8" "C6116 60; C6105 40"
say "4 of 8" "250-400 f"
check_same "on 80x24 a question and its choices stand on one screen" 1 "$(await '5 of 8' && now | grep -c '5 of 8')"
say "5 of 8" "since Tuesday"
say "6 of 8" "1; 6"
say "7 of 8" "2 B"
say "8 of 8" ""
await "Enter saves"
for text in "Arrival" "C6116 60 %, C6105 40 %" "250 to 400 families" "since Tue " ", told " "Air strikes or shelling, Insecurity" "Community leader B"; do
	check_now "the summary says in full: $text" "$text"
done
say "Enter saves" ""
check_same "it is saved" 0 "$(exit_of)"
check_all "  and says so" "saved "
check "in at most 70 keystrokes ($keys)" test "$keys" -le 70
check_same "it says what was typed" "250-400/C6116:60; C6105:40" "$(field 2 households origin)"
check_same "no draft is left" False "$(has_draft)"

# --- a note that seems to name somebody ---
open 80x24 add kind=stock place=C5999 observed_on=2018-06-21 individuals=7 "note=ask Abu Khaled"
say " of 8" .
await "Enter saves"
check_now "the summary asks whether a name is meant" "Is that a person's name: Abu Khaled?"
say "Enter saves" drop
check_same "it need not be saved" 1 "$(exit_of)"
check_same "  nor kept" False "$(has_draft)"

# --- the next one, where the worker still is: on a narrow screen, with mistakes ---
open 40x20 add
await "1 of 8"
check_now "Enter would take the last kind" "[Arrival]"
type_in "dep"
press Tab
await "> departure"
press C-u
type_in "s"
press Enter
await "2 of 8"
check_now "  and the last place" "[C5999]"
say "2 of 8" "<"
say "1 of 8" "" 2
say "2 of 8" "Farm by the mill" 2
await "as spoken"
say "3 of 8" "?"
await "Up to five places"
say "3 of 8" ""
say "4 of 8" "many"
await "is not a count"
say "4 of 8" "٣٠٠"
say "Families or people?" "f"
await "= 300 families"
say "5 of 8" "20/13"
await "is not understood"
say "5 of 8" "yesterday"
await "6 of 8"
now > "$W/shown"
check_has "on 40x20 the longest question stands on one screen" "6 of 8" "$W/shown"
check_has "  with its last choice" "11 Other reason" "$W/shown"

# --- interrupted ---
printf '%s\n' "Farm by the mill" "Qita by the spring" > "$W/words"
cp "$W/words" "$W/tmp/plain"
check_exit 1 "a thief would find the words of a plain file" scan "$W/tmp"
rm "$W/tmp/plain"
check "while it is typed no file has them" scan "$W/nasib" "$W/tmp" "$W/home" "$W/run"
press C-c
check_same "Ctrl-C ends it" 1 "$(exit_of)"
check_all "  and says that what was said is kept" "kept as"
check "  in no file as clear text" scan "$W/nasib" "$W/tmp" "$W/home" "$W/run"
device nasib status > "$OUT"
check_has "status tells of it" "unfinished report" "$OUT"
check "a report that is all words goes past it" device nasib add kind=transit place=C1 observed_on=today individuals=9

open 40x20 add
await "Enter goes on"
check_now "the next start shows what waits" "Farm by the mill"
say "Enter goes on" ""
await "6 of 8"
check "  and goes on behind the last answer" eval '! shows "5 of 8"'
say "6 of 8" "going"
await "= Going home"
await "7 of 8"
kill -KILL "$(cat "$W/pid")"
wait_for 60 test -s "$W/status"
open 40x20 add
say "Enter goes on" ""
await "7 of 8"
check "a kill costs nothing that was answered" eval '! shows "6 of 8"'
type_in "6 C #uncle"
press Enter
await "Driver C (tagged)"
await "8 of 8"
kill -TERM "$(cat "$W/pid")"
check_same "told to end, it ends" 1 "$(exit_of)"
open 40x20 add
say "Enter goes on" ""
await "8 of 8"
type_in "Qita by the spring"
press Enter
await "Please check"
pid=$(cat "$W/pid")
screen kill-server
gone() { ! kill -0 "$pid"; }
check "a terminal that goes ends it" wait_for 60 gone

# --- other fields, and saved ---
open 40x20 add
say "Enter goes on" ""
await "Please check"
check_now "  and the draft is there, with the note that was said last" "Qita by the spring"
say "Enter saves" "more"
say "Which one?" "needs"
say "several:" "water; food"
await "= Water, Food"
say "Which one?" "" 2
await "Please check" 2
say "Enter saves" "4" 2
say "4 of 8" "~310 f, 1500 p"
await "= 310 families, 1500 people"
say "Enter saves" "" 3
check_same "it is saved" 0 "$(exit_of)"
check_same "  with what was mended last, the place as spoken and the other field" "310/1500/Farm by the mill/water; food" \
	"$(field 4 households individuals place needs)"
check_same "the draft is gone" False "$(has_draft)"

# --- corrected by the same questions ---
open 80x24 amend 4
say "1 of 8" ""
say "2 of 8" ""
say "3 of 8" ""
await "4 of 8"
check_now "the old value stands in brackets" "[310 families, 1500 people]"
say "4 of 8" "320 f"
say "5 of 8" .
await "Please check"
check_now "the summary says what was" "was    310 families, 1500 people"
say "Enter saves" ""
check_same "the correction is saved" 0 "$(exit_of)"
check_same "  and nothing but what changed is in it" "['households', 'individuals']" "$(device nasib show 5 | "$PYTHON" -c '
import sys
lines = sys.stdin.read().split("lineage")[0].splitlines()
print(sorted(l.split()[0] for l in lines[1:] if l.split()[0] not in ("id", "known", "recorded", "of", "group", "date_precision", "sensitivity")))')"
check "show tells the lineage" device nasib show 4
check_has "  what amends it" "amend " "$OUT"
check_same "  in order" "report amend" "$(sed -n '/^lineage/,$s/^  \(report\|amend\) .*/\1/p' "$OUT" | xargs)"
open 80x24 retract 4
say "Why is it taken back" dup
say "In a sentence" ""
check_same "a report is taken back by a question" 0 "$(exit_of)"
check_same "  with its reason" 1 "$(device nasib show 6 | grep -c 'Recorded twice')"

# --- like another ---
open 80x24 add --like 2
await "1 of 8"
check_now "another begins with what the first said" "[Arrival]"
say "1 of 8" "."
await "when   -"
check_all "  but for its dates" "Not yet"
say "A number mends it" 5
say "5 of 8" ""
say "Enter saves" ""
check_same "  and is saved" 0 "$(exit_of)"
check_same "  with the other's origins" "C6116:60; C6105:40" "$(field 7 origin)"

# --- another's ---
join tafas
needs device tafas add kind=stock place=C2 observed_on=today individuals=70
theirs=$(device tafas show 2 --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])')
needs device tafas bundle export -o "$W/tafas.bundle"
needs device nasib bundle import "$W/tafas.bundle"
open 40x20 corroborate "${theirs:0:8}"
say "Is it as it says?" n
say "4 of 8" "60-65 p"
say "7 of 8" "1 A"
say "8 of 8" ""
say "Enter saves" ""
check_same "a word stands beside another's report" 0 "$(exit_of)"
check "it agrees by a word too" device nasib corroborate "$theirs" --agree
check_exit 2 "  but not with a figure of its own" device nasib corroborate "$theirs" --agree individuals=9
check_exit 1 "nobody confirms his own" device nasib corroborate 2 --agree
needs device nasib bundle export -o "$W/nasib.bundle"
needs hq bundle import "$W/tafas.bundle"
needs hq bundle import "$W/nasib.bundle"
check "headquarters opens it" hq show "Team nasib/8"
check_has "  and sees whose report it is" "$theirs" "$OUT"
check_has "  and the figure" "60-65" "$OUT"

# --- chosen from the list ---
kinds() { device nasib list --format csv "$@" | "$PYTHON" -c 'import csv, sys; print(*[r["kind"] or r["type"] for r in csv.DictReader(sys.stdin)])'; }
check_same "the list is chosen by kind" "transit" "$(kinds --kind transit)"
check_same "  by area" "arrival arrival" "$(kinds --area C5999)"
check_same "  by time" "" "$(kinds --until 2020-01-01)"
check_same "  with the corrections of what is chosen" "stock amend retract" "$(kinds --kind stock --all)"
check_exit 2 "  and not by what there is not" device nasib list --kind goats

# --- a terminal that can do nothing ---
TERM=dumb "$PYTHON" "$ROOT/tests/tools/terminal.py" sijil --home "$W/nasib" add <<- SCRIPT > "$OUT"
	Passphrase of	$PASSPHRASE
	1 of 8	i
	2 of 8	C5999
	3 of 8	C7
	4 of 8	7 f
	5 of 8	2026-01-01
	6 of 8	unknown
	7 of 8	
	8 of 8	.
	Enter saves	
SCRIPT
check_has "a dumb terminal is asked the same" "= Not known" "$OUT"
check_lacks "  and no cursor is moved" $'\033' "$OUT"
check_has "  it is saved" "saved " "$OUT"
check_same "nothing keeps what was typed" "" "$(find "$HOME" -type f)"

# --- a project in which nothing readable may stay ---
open 40x20 add
say "1 of 8" a
await "2 of 8"
press C-c
check_same "a draft waits" "1 True" "$(exit_of) $(has_draft)"
check "a backup holds it" device nasib backup -o "$W/nasib.backup"
check "  and whoever restores it" device again restore "$W/nasib.backup"
check_same "  is offered it" True "$(device again status --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["draft"])')"
needs hq project policy retention=never
needs hq bundle export -o "$W/strict.bundle"
needs device nasib bundle import "$W/strict.bundle"
check_same "the policy takes it away" False "$(has_draft)"
open 40x20 add
await "No draft is kept in this project"
say "1 of 8" a
await "2 of 8"
press C-c
check_same "an interrupted report is lost there, and that was said" "1 False" "$(exit_of) $(has_draft)"
screen kill-server
done_here
