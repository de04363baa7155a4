#!/bin/bash
# What a debugger takes out of the memory of a locked sijil holds no key, no passphrase and no word of a report; of an unlocked
# one, keys stand in guarded memory alone, which no core holds, and the passphrase nowhere.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

if ! command -v gdb > "$OUT" || ! "$PYTHON" -c 'import pty; pty.openpty()' 2> "$ERR"; then
	skip "memory" "gdb or pseudo-terminals are missing"
	done_here
	exit
fi
case $BUILD in
*/asan | */tsan)
	skip "memory" "a sanitizer's own memory is too large to be taken"
	done_here
	exit
	;;
esac

make_project
join nasib
note_place="Khirbet Ghazaleh"
report_place="Tell Shihab"
needs device nasib add kind=stock "place=$report_place" observed_on=2018-06-21 individuals=77 "note=unfinished school"
needs sijil --home "$W/nasib" note kind=stock "place=$note_place" observed_on=2018-06-21 individuals=78
"$BUILD/tests/tools/register_secrets" "$W/nasib" <<< "$PASSPHRASE" > "$W/keys" || fail "the keys are known"
printf '%s\n' "$report_place" "unfinished school" "$note_place" > "$W/texts"
echo "$PASSPHRASE" > "$W/passphrase"

# at_prompt NAME PROGRAM... < SCRIPT: the program waits at its prompt; its id in $PID
at_prompt() {
	local name=$1
	shift
	cat > "$W/script"
	start "$name" bash -c 'exec "$@" < "$0"' "$W/script" "$PYTHON" "$ROOT/tests/tools/terminal.py" --pause "$W/$name.pid" "$@"
	wait_for 60 test -s "$W/$name.pid" || fail "$name comes to its prompt"
	PID=$(cat "$W/$name.pid")
}
# dump on|off: all memory of $PID, or what a core would hold of it, in $W/core
dump() {
	rm -f "$W/core"
	gdb -nx -q -batch -iex 'set auto-solib-add off' -iex 'set debuginfod enabled off' -p "$PID" -ex 'set use-coredump-filter off' \
		-ex "set dump-excluded-mappings $1" -ex "gcore $W/core" > "$W/gdb.log" 2>&1
	[ -s "$W/core" ]
}
holds() { "$BUILD/tests/tools/thief" "$1" "$W/core"; }
let_go() {
	kill -KILL "$PID"
	stop "$1" KILL
}

# --- locked, and somebody types a note ---
typed="Qarfa by the mill"
at_prompt note sijil --home "$W/nasib" note <<- SCRIPT
	What happened?	stock
	Where are they?	$typed
	come from?
SCRIPT
if ! dump on; then
	let_go note
	skip "memory" "a debugger may not look into programs here: $(grep -m 1 -i ptrace "$W/gdb.log")"
	done_here
	exit
fi
echo "$typed" > "$W/typed"
check_exit 1 "in the whole memory of a locked sijil note stands what is just typed, so that looking finds" holds "$W/typed"
check "  no key" holds "$W/keys"
check "  no passphrase" holds "$W/passphrase"
check "  no word of a report, nor of an earlier note" holds "$W/texts"
let_go note

# --- locked, and the passphrase is asked for ---
at_prompt asked sijil --home "$W/nasib" list <<< "Passphrase of"
check "a debugger takes the memory of a sijil that asks for the passphrase" dump on
check "  no key" holds "$W/keys"
check "  no word of a report" holds "$W/texts"
let_go asked

# --- unlocked, in the middle of a dialogue ---
at_prompt open sijil --home "$W/nasib" add <<- SCRIPT
	Passphrase of	$PASSPHRASE
	What happened?	stock
	Where are they?
SCRIPT
check "a debugger takes the memory of an unlocked sijil" dump on
check_exit 1 "  its keys are there, in guarded memory" holds "$W/keys"
check_has "    the data key" "$(head -1 "$W/keys")" "$OUT"
check_has "    and the signing seed" "$(sed -n 2p "$W/keys")" "$OUT"
check "  the passphrase is not" holds "$W/passphrase"
check "without guarded memory, as a core would be" dump off
check "  no key is" holds "$W/keys"
check "  no passphrase is" holds "$W/passphrase"
let_go open

# --- the line editor, which keeps what is typed as wide characters ---
edited="Qita by the spring"
"$PYTHON" -c 'import sys; print("hex:" + sys.argv[1].encode("utf-32-le").hex())' "${edited%% spring}" > "$W/wide"
export TERM=xterm
at_prompt editing sijil --home "$W/nasib" add <<- SCRIPT
	Passphrase of	$PASSPHRASE
	goes on, d drops it	d
	What happened?	stock
	Where are they?	$edited
	come from?
SCRIPT
echo "$edited" > "$W/edited"
check "a debugger takes the memory of a sijil whose line was just edited" dump on
check_exit 1 "  what was typed is in the report" holds "$W/edited"
check "  and nowhere in the editor" holds "$W/wide"
let_go editing
export TERM=dumb

# --- unlocked, and nobody takes what it prints ---
add_reports nasib 3000
mkfifo "$W/pipe"
sleep 60 < "$W/pipe" &
reader=$!
start list bash -c 'exec sijil --home "$0" --passphrase-fd 3 list --format csv 3<<< "$1" > "$2"' "$W/nasib" "$PASSPHRASE" "$W/pipe"
writes() { grep -q pipe_write "/proc/$PID/wchan" || grep -q '^1 ' "/proc/$PID/syscall"; }
wait_for 60 writes
check "a debugger takes the memory of a sijil list that waits for its reader" dump off
check "  no key is outside guarded memory" holds "$W/keys"
check "  no passphrase" holds "$W/passphrase"
check "and in none of it" dump on
check "  a passphrase" holds "$W/passphrase"
kill "$reader"
stop list KILL
done_here
