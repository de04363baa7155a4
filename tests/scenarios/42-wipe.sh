#!/bin/bash
# wipe: without the passphrase, at once, and nothing opens what is left of the register; not held up by anybody, nor undone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
make_project
join nasib
add_reports nasib 2
cp -r "$W/nasib" "$W/image"
afresh() { rm -rf "$W/nasib" && cp -r "$W/image" "$W/nasib"; }
wipe() { setsid sijil --home "$W/nasib" wipe "$@" < /dev/null; }

check_exit 1 "with nobody to ask nothing is wiped" wipe
check_has "  and it says how to" "wipe --yes" "$ERR"
check "  the register is as it was" device nasib list
echo "my own notes" > "$W/nasib/notes.txt"
echo "my own notes" > "$W/nasib/register.csv"
: > "$W/nasib/.0123456789abcdef.tmp"
check "without the passphrase it is wiped" wipe --yes
check_has "  which says what storage may still hold" "old blocks" "$OUT"
check_has "  and what it did not reach" "Copies and backups elsewhere" "$OUT"
check_same "  files of others stay, and no other" "notes.txt register.csv" "$(ls -A "$W/nasib" | sort | paste -sd' ')"
check_exit 1 "there is no register any more" device nasib status
check_has "  says it" "there is no register" "$ERR"
check_exit 1 "nor is there anything to wipe" wipe --yes

# What is on disk when the key file was overwritten and the power fails.
if strace -qq -o /dev/null true 2> /dev/null; then
	for call in fsync:1 unlink:1 unlink:2; do
		afresh
		{ strace -f -qq -o /dev/null -e trace="${call%:*}" -e inject="${call%:*}:signal=KILL:when=${call#*:}" \
			sijil --home "$W/nasib" wipe --yes < /dev/null > /dev/null 2>&1; } 2> /dev/null
		rm -rf "$W/taken" && cp -r "$W/nasib" "$W/taken"
		check "cut short at $call, the database is still there" test -s "$W/taken/register.db"
		opened=
		device taken status > "$OUT" 2>&1 && opened=yes
		check_same "  but the passphrase opens it no more" "" "$opened"
		check_exit 1 "  nor is it set up anew by accident" device taken restore "$W/taken"
		check "  and it can be wiped to the end" wipe --yes
		check_same "  with nothing left" "" "$(ls -A "$W/nasib")"
	done
	afresh
	: > "$W/trace"
	check "the key file is overwritten where it stands" strace -f -qq -o "$W/trace" -e trace=openat,open,write,fsync,unlink \
		sijil --home "$W/nasib" wipe --yes
	sed -n 's/.*\(open\)at\?(.*register.key", O_RDWR.*/\1/p; s/.* \(write\)([0-9]*, "\\0.*, 4096) = 4096$/\1/p; s/.* \(fsync\)(.*= 0$/\1/p; s/.* \(unlink\)(".*register.key").*/\1/p' \
		"$W/trace" > "$W/steps"
	check_same "  and that is on the storage before it is removed" "open write fsync unlink" "$(head -4 "$W/steps" | paste -sd' ')"
else
	skip "a wipe cut short" "no strace here, or it may not trace"
fi

afresh
mkfifo "$W/rows"
start writer bash -c 'exec sijil --home "$1/nasib" --passphrase-fd 3 add --from "$1/rows" 3<<< "$2"' - "$W" "$PASSPHRASE"
exec 5> "$W/rows"
check "nobody who has the register open holds it up" wipe --yes
reports 2 100 >&5
exec 5>&-
wait "$PID"
check_exit 1 "  nor brings it back" device nasib status
check_same "  not a key" "" "$(cd "$W/nasib" && ls -A | grep key)"

afresh
if device nasib unlock --for 1m > "$OUT" 2> "$ERR"; then
	check "what unlock left is wiped" wipe --yes
	cp -r "$W/image/." "$W/nasib/"
	check_exit 5 "  and opens no copy that is put back" setsid sijil --home "$W/nasib" status
	afresh
	needs device nasib unlock --for 1m
	flip "$W/nasib/register.key" 3
	check "so it is where the key file is damaged" wipe --yes
	cp -r "$W/image/." "$W/nasib/"
	check_exit 5 "  and no copy opens" setsid sijil --home "$W/nasib" status
	afresh
	needs device nasib unlock --for 1m
	flip "$W/nasib/register.key" 40
	check "where it is under a name that nobody knows any more" wipe --yes
	check_has "  it is said what stays, and until when" "most 24 hours" "$ERR"
	cp -r "$W/image/." "$W/nasib/"
	check "  (it does stay)" setsid sijil --home "$W/nasib" lock
else
	skip "what unlock left" "this kernel gives no keyring"
fi
rm -rf "$W/away" && mkdir "$W/away" && afresh
mv "$W/nasib/register.key" "$W/away/keys" && ln -s "$W/away/keys" "$W/nasib/register.key"
check "a key file that lies elsewhere" wipe --yes
check_same "  is overwritten there" "0" "$(tr -d '\0' < "$W/away/keys" | wc -c)"
echo precious > "$W/away/precious" && afresh && rm "$W/nasib/register.key" && ln -s "$W/away/precious" "$W/nasib/register.key"
check "what a link leads to and is no key file" wipe --yes
check_same "  is left alone" precious "$(cat "$W/away/precious")"
afresh && rm "$W/nasib/register.key" && mkfifo "$W/nasib/register.key"
check_exit 4 "a pipe in place of the key file makes nobody wait" timeout 20 sijil --home "$W/nasib" status
check "  nor a wipe" timeout 20 sijil --home "$W/nasib" wipe --yes
check_same "  which leaves nothing" "" "$(ls -A "$W/nasib")"

# What somebody put in the place of the other files: nobody waits at it, and a wipe goes on past it.
with() { timeout 20 sijil --home "$W/nasib" --passphrase-fd 3 "$@" 3<<< "$PASSPHRASE"; }
for name in register.db-journal register.db .lock; do
	for kind in pipe folder; do
		afresh && rm -f "$W/nasib/$name"
		if [ $kind = pipe ]; then mkfifo "$W/nasib/$name"; else mkdir "$W/nasib/$name"; fi
		check_exit 1 "a $kind in place of $name makes nobody wait who reads" with list
		check_has "  it is named" "$name' is not a plain file" "$ERR"
		check_has "  with what to do" "  next: " "$ERR"
		check_exit 1 "  nor who repairs" with doctor
		check_exit 1 "  nor who makes a backup" with backup -o "$W/never.backup"
		check "  nor a wipe" timeout 20 sijil --home "$W/nasib" wipe --yes
		check_same "    which leaves nothing" "" "$(ls -A "$W/nasib")"
	done
done
afresh && rm -f "$W/nasib/.lock" "$W/nasib/register.db-journal" && mkdir -p "$W/nasib/.lock/full" "$W/nasib/register.db-journal/full"
check_exit 1 "a wipe that cannot remove everything" wipe --yes
check_has "  destroys the keys" "wiped: no passphrase" "$OUT"
check_has "  and says what is left" "2 files could not be removed" "$ERR"
check_same "  which is no more than that" ".lock register.db-journal" "$(ls -A "$W/nasib" | sort | paste -sd' ')"
rm -rf "$W/nasib"
check "headquarters can be wiped too" sijil-hq --home "$W/hq" wipe --yes
check_exit 1 "  and is gone" hq fingerprint

if "$PYTHON" -c 'import pty; pty.openpty()' 2> /dev/null; then
	cat > "$W/answer.py" <<'PY'
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
said = b""
try:
    while b"do it: " not in said:
        said += os.read(terminal, 4096)
    os.write(terminal, sys.argv[1].encode() + b"\n")
    while True:
        said += os.read(terminal, 4096)
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PY
	afresh
	check_exit 1 "at a terminal it asks for a word, and any other is no" timeout 20 "$PYTHON" "$W/answer.py" yes sijil --home "$W/nasib" wipe
	check "  then all is there" device nasib status
	check "the word itself is enough" timeout 20 "$PYTHON" "$W/answer.py" wipe sijil --home "$W/nasib" wipe
	check_exit 1 "  then nothing is" device nasib status
else
	skip "the question" "this system has no pseudo-terminals"
fi
done_here
