#!/bin/bash
# Notes on a locked device, when things go wrong: killed at any moment, torn, full, two at once, damaged, or written by somebody
# else. No note that was said to be kept is lost, none counts twice, and what is wrong is said.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
inbox=$W/nasib/register.inbox
note() { setsid sijil --home "$W/nasib" note kind=arrival "place=${1:-C5999}" observed_on=2018-06-21 individuals=300 < /dev/null; }
waiting() { device nasib status --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["notes"])'; }
fresh() { rm -rf "$W/nasib" && cp -a "$W/kept" "$W/nasib"; }
cp -a "$W/nasib" "$W/kept"
# A device may begin its chain with an event of its own.
read -r base _ <<< "$(status_of nasib)"

# --- killed ---
# A traced process cannot look for its leaks.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
# cut CALL N COMMAND...: killed at its N-th such call (strace counts each call by itself)
cut() {
	local call=$1 n=$2
	shift 2
	strace -f -qq -o "$W/trace" -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
		sijil --home "$W/nasib" "$@" 3<<< "$PASSPHRASE" > "$OUT" 2>&1 < /dev/null
}
if strace -qq -o /dev/null true 2> "$ERR"; then
	bad= kept=1
	needs note
	for at in "pwrite64 1" "fsync 1" "fsync 2" "write 1"; do
		cut $at note kind=stock place=C1 observed_on=2018-06-21 individuals=1 2> "$ERR" && bad="$bad $at:uncut"
		note > "$OUT" 2> "$ERR" && kept=$((kept + 1)) || bad="$bad $at"
	done 2> "$ERR"
	check_same "killed at each write and sync of a note, the next one is taken" "" "$bad"
	whole=$(waiting)
	check "  those that were said to be kept are there" [ "$whole" -ge "$kept" ]
	check "  and open" device nasib notes --json
	check_same "  all of them" "$whole" "$(grep -o '"created"' "$OUT" | wc -l)"

	# Before the commit of the report, between it and the end of its record, and after.
	bad= known=0
	fresh
	note C1 > "$OUT" && note C2 > "$OUT" && cp -a "$W/nasib" "$W/two"
	for at in "pwrite64 15" "ftruncate 1" "write 1" "renameat 1" "fsync 2"; do
		rm -rf "$W/nasib" && cp -a "$W/two" "$W/nasib"
		cut $at --passphrase-fd 3 notes accept 1 2> "$ERR" && bad="$bad $at:uncut"
		device nasib notes > "$W/after" 2> "$W/said"
		left=$(grep -c '^note ' "$W/after")
		read -r saved _ <<< "$(status_of nasib)"
		saved=$((saved - base))
		[ "$((left + saved))" -eq 2 ] || bad="$bad $at($left waiting, $saved saved)"
		grep -q "taken in or dropped before" "$W/said" && known=$((known + 1))
	done 2> "$ERR"
	check_same "killed at writes and syncs of accept, a note is waiting or saved, and never both" "" "$bad"
	check "  at $known of them it was saved with its record still there" [ "$known" -gt 0 ]
else
	skip "killed at each write" "no strace here, or it may not trace"
fi

# --- torn, full, two at once ---
fresh
needs note C1
needs note C2
truncate -s +700 "$inbox"
check "behind a torn record the next note is taken" note C3
check_has "  and it says so" "an earlier note was cut short" "$ERR"
check_same "  nothing earlier is lost" 3 "$(waiting)"
device nasib notes > "$OUT"
check_same "  in its order" "C1 C2 C3" "$(sed -n 's/^  place *//p' "$OUT" | tr '\n' ' ' | sed 's/ $//')"
fresh
for i in 1 2 3 4 5 6; do
	note "C$i" > "$W/note.$i" 2>&1 &
	pids[i]=$!
done
for i in 1 2 3 4 5 6; do
	wait "${pids[i]}"
done
check_same "six at once are six notes" 6 "$(waiting)"
head -c $((58 * 5120)) /dev/zero >> "$inbox"
check_exit 1 "a full inbox takes no more" note C7
check_has "  and says what to do" "sijil notes" "$ERR"
check "  nothing earlier is lost" device nasib notes
check_same "  six are notes" 6 "$(grep -c '^  place ' "$OUT")"
check_same "  what is none is said to be none" 58 "$(grep -c 'cannot be taken' "$OUT")"
check_exit 1 "  and not accepted" device nasib notes accept all
check_same "    while the others are" "$((base + 6)) 0 0" "$(status_of nasib)"
check "  but can be dropped" device nasib notes drop all
check_same "    with the file" "" "$(find "$W/nasib" -name 'register.inbox*')"

# --- a rekey, a backup ---
fresh
head -c 700 /dev/urandom > "$inbox"
check "where the only note was cut short, none waits" device nasib notes
check_has "  and it says so" "cut short" "$ERR"
check_same "  and the rest of it is gone" "" "$(find "$W/nasib" -name 'register.inbox*')"
needs note C1
check_exit 1 "rekey does not leave notes behind that nobody could open" device nasib rekey --unlock-cost minimum
check_has "  and says what to do" "sijil notes" "$ERR"
needs device nasib notes accept all
check "  then it goes on" device nasib rekey --unlock-cost minimum
check "  and the next note is sealed to the new key" note C2
check "    and opens" device nasib notes accept all
needs note C3
check "wipe takes the notes along" device nasib wipe --yes
check_same "  all of them" "" "$(find "$W/nasib" -name 'register.inbox*')"
fresh
needs note C1
check "a backup is made while a note waits" device nasib backup -o "$W/nasib.backup"
check_has "  and says that the note is not in it" "NOT in it" "$ERR"
rm -rf "$W/nasib"
needs device nasib restore "$W/nasib.backup"
check "the restored register takes notes" note C2
check "  that open in it" device nasib notes accept all

# --- somebody else's hand ---
fresh
needs note C1
dd if=/dev/urandom bs=5120 count=1 status=none >> "$inbox"
check "a stranger's bytes in the inbox harm no note" device nasib notes accept 1
check_exit 1 "  and become no report" device nasib notes accept 1
check_has "  they were not sealed here" "was not sealed on this device" "$ERR"
fresh
ln -s "$W/elsewhere" "$inbox"
check_exit 1 "a link in its place is not followed" note C1
check "  nothing is written through it" [ ! -e "$W/elsewhere" ]
if "$PYTHON" -c 'import nacl' 2> "$ERR"; then
	keyfile() { "$PYTHON" "$ROOT/tests/tools/keyfile_secrets.py" "$W/nasib/register.key" "$@" <<< "$PASSPHRASE"; }
	fresh
	keyfile --swap-inbox
	note C1 > "$OUT" 2>&1
	check_exit 4 "a thief's own inbox key in the key file is found when it is unlocked" device nasib notes
	check_has "  and told" "altered" "$ERR"
	check_has "  with what it means" "may read notes taken since" "$ERR"
	check_has "  and what to do" "tell headquarters" "$ERR"
	check_exit 4 "  whatever is to be done with the register" device nasib add kind=stock place=C5999 observed_on=2018-06-21 individuals=5
	fresh
	if device nasib unlock --for 1m > "$OUT" 2> "$ERR"; then
		check "where unlock left the key, a note is taken" note C1
		keyfile --swap-inbox
		check_exit 4 "  but none any more with a thief's own inbox key" note C2
		check_has "    which is told before it is taken" "altered" "$ERR"
		check_same "    and nothing is sealed to it" 5120 "$(stat -c %s "$inbox")"
		needs device nasib lock
	else
		skip "a note while unlocked" "this kernel gives no keyring"
	fi

	# Registers made before had none.
	fresh
	keyfile --without-inbox
	check_exit 1 "a register without an inbox key takes no note" note C1
	check_has "  says what to do" "unlock it once" "$ERR"
	check_same "  and loses nothing" "" "$(find "$W/nasib" -name 'register.inbox*')"
	needs device nasib list
	check "  unlocked once, it does" note C1
	check "    and the note opens" device nasib notes accept 1
else
	skip "an altered key file" "python3-nacl is missing"
fi
check_exit 1 "where there is no register, no note is taken" sijil --home "$W/nowhere" note kind=stock
check_has "  and it says how to get one" "ask headquarters for an invite" "$ERR"
done_here
