#!/bin/bash
# A report is captured on a locked device: nobody can read it there, nobody can sign it, nothing loses it; when the worker has
# confirmed it, it is a report that says everywhere how it came.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
inbox=$W/nasib/register.inbox
# A device may begin its chain with an event of its own.
read -r base _ <<< "$(status_of nasib)"
saved() { read -r all _ <<< "$(status_of nasib)" && echo "$((all - base))"; }
# The numbers of its reports, in the order they were saved.
numbers() { device nasib list --format csv | sed -n '2,$s/^[^,]*,\([0-9]*\),.*/\1/p'; }
locked() { setsid sijil --home "$W/nasib" "$@" < /dev/null; }
note() { locked note kind=arrival "place=$1" observed_on=2018-06-21 "individuals=${2:-300}" "${@:3}"; }
waiting() { device nasib status --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["notes"])'; }
at_terminal() { TERM=dumb "$PYTHON" "$ROOT/tests/tools/terminal.py" "$@"; }

# --- captured, by whoever holds the device ---
check "a note is taken without a passphrase" note "مزرعة شرق طفس (near SY1200)" 250-400 'sources=driver B #abu_omar' 'note=المدرسة مكتظة'
check_has "  it says that nothing is signed" "NOT SIGNED" "$OUT"
check_same "  nobody but its user may read the file" 600 "$(stat -c %a "$inbox")"
printf 'kind=stock\n\nplace=C6116\r\nindividuals=12\nobserved_on=2018-06-20\n' > "$W/note.txt"
check "another comes as lines of text, from a file" locked note --from "$W/note.txt"
rm "$W/note.txt"
check "  and from standard input" eval 'printf "kind=transit\nplace=C6105\nhouseholds=7\nfrom=2018-06-19" | sijil --home "$W/nasib" note --from -'
check_exit 1 "what add refuses is refused" locked note kind=arrival place=C5999 individuals=300
check_has "  for the same reason" "observed_on is missing" "$ERR"
check_exit 1 "  a field there is none" locked note kin=arrival
check_has "  by name" "'kin'" "$ERR"
check_exit 1 "a text that seems to name somebody is questioned" locked note kind=stock place=C1 observed_on=2018-06-20 individuals=3 'note=ask Abu Khaled'
check_has "  with what it is" "a person's name: 'Abu Khaled'" "$ERR"
check_same "three records of one size stand there" $((3 * 5120)) "$(stat -c %s "$inbox")"
printf '%s\n' طفس abu_omar المدرسة C6116 C6105 SY1200 hex:a1016543363131 > "$W/words"
grep -v ^hex: "$W/words" > "$W/plain"
check_exit 1 "a thief would find the words of a plain file" scan "$W/plain"
check "  and finds none of a note in any file" scan "$W/nasib" "$W/tmp"
check_exit 5 "whoever holds the locked device reads none" locked notes
check_exit 5 "  and signs none" locked notes accept all
check_same "nothing is in the register" 0 "$(saved)"
check_same "  three wait" 3 "$(waiting)"

# --- at a terminal ---
if "$PYTHON" -c 'import pty; pty.openpty()' 2> "$ERR"; then
	check "the dialogue asks as add does" at_terminal sijil --home "$W/nasib" note <<- SCRIPT
		What happened?	departure
		Which place	$(printf 'x%.0s' {1..3000})
		at most 2558 bytes fit	Nasib
		Where to?	
		How many?	40 households
		When did they	2018-06-22
		Why did they	
		How do you know?	driver #abu_omar
		Anything else?	
		Enter saves	
	SCRIPT
	check_has "  and keeps the note" "note 4 of at most 64" "$OUT"
	check "a command that opens the register at a terminal says what waits" at_terminal sijil --home "$W/nasib" list <<- SCRIPT
		Passphrase of	$PASSPHRASE
	SCRIPT
	check_has "  in one line" "4 notes wait: sijil notes" "$OUT"
else
	note Nasib 40 'sources=driver #abu_omar' > "$OUT"
	skip "the dialogue" "this system has no pseudo-terminals"
fi

# --- confirmed, or not ---
check "the open device lists them" device nasib notes
check_has "  as they were typed" "مزرعة شرق طفس (near SY1200)" "$OUT"
check_has "  and warns who could have written them" "Anybody who held this device locked" "$OUT"
cp "$inbox" "$W/inbox.before"
check "one is accepted" device nasib notes accept 1
check "one is dropped" device nasib notes drop 2
check_exit 1 "one that is not there is named" device nasib notes accept 9
check_has "  9" "'9'" "$ERR"
check_exit 2 "what is to be done must be said" device nasib notes take 1
check_same "two wait" 2 "$(waiting)"
check_same "one is a report" 1 "$(saved)"
tags() { device nasib show "$1" | grep -o '#=[0-9a-f]*'; }
check "a report of the same informant, typed on the open device" device nasib add kind=stock place=C1 observed_on=2018-06-21 individuals=1 'sources=driver #abu_omar'
read -r first second <<< "$(numbers | tr '\n' ' ')"
check_same "  has the same tag" "$(tags $first)" "$(tags $second)"

cp "$W/inbox.before" "$inbox"
check "an older inbox file is put back" device nasib notes
check_has "  what was accepted or dropped does not come again" "2 had been taken in or dropped before" "$ERR"
check_same "  only the other two wait" 2 "$(waiting)"
check "all are accepted" device nasib notes accept all
check_same "  each once" 4 "$(saved)"
check_same "  and the inbox is gone" "" "$(find "$W/nasib" -name 'register.inbox*')"
check "where none waits it says so" device nasib notes
check_has "  plainly" "no notes wait" "$OUT"

# --- how it came is said everywhere ---
captured="captured while the device was locked"
check "the device shows it" device nasib show $first
check_has "  $captured" "$captured" "$OUT"
device nasib show $second > "$OUT"
check_lacks "  but not for a report that was typed on the open device" "$captured" "$OUT"
check "a correction leaves it so" device nasib amend $first individuals=310
device nasib show $first > "$OUT"
check_has "  $captured" "$captured" "$OUT"
needs device nasib bundle export -o "$W/week.bundle"
needs hq bundle import "$W/week.bundle"
check "headquarters shows it" hq show "Team nasib/$first"
check_has "  $captured" "$captured" "$OUT"
check "headquarters verifies it" hq verify
check_same "  three times so" 3 "$(grep -c "$captured" "$OUT")"
check "headquarters exports it" hq export --record-level --format csv -o "$W/all.csv"
check_same "  in a column of its own" "no yes yes yes" "$("$PYTHON" -c '
import csv, sys
print(*sorted(row["captured_locked"] for row in csv.DictReader(open(sys.argv[1]))))' "$W/all.csv")"
needs hq evidence "Team nasib/$first" -o "$W/one.evidence"
fingerprint=$(hq fingerprint | grep -o '[a-z]\{5\}\(-[a-z]\{5\}\)\{7\}' | head -1)
check "a third party reads it" sijil verify "$W/one.evidence" --project "$fingerprint"
check_has "  $captured" "$captured" "$OUT"
sijil verify "$W/one.evidence" --project "$fingerprint" --json > "$OUT"
check_has "  and so does his program" '"captured_locked":true' "$OUT"

# --- a time that has not come ---
if command -v faketime > "$OUT"; then
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
	setsid faketime '2031-05-01 10:00' sijil --home "$W/nasib" note kind=stock place=C1 observed_on=2018-06-21 individuals=2 > "$OUT" 2> "$ERR"
	needs device nasib notes accept all
	device nasib show "$(numbers | tail -1)" > "$OUT"
	check_has "a note from the future is taken with a clock that is not set" "(the clock was not set)" "$OUT"
else
	skip "a note from the future" "faketime is missing"
fi
done_here
