#!/bin/bash
# Passphrases are changed, added and taken away; a slot may want a file too. The data stays as it is.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

SECOND='zipat-lomud-fahir-kobul-nasim' THIRD='mosuk bisal-dakun-fuvip-hotad'
# lines PROGRAM NAME LINE... -- COMMAND: each line is a passphrase
lines() {
	local program=$1 name=$2 given=
	shift 2
	while [ "$1" != -- ]; do
		given+=$1$'\n'
		shift
	done
	shift
	"$program" --home "$W/$name" --passphrase-fd 3 "$@" 3<<< "${given%$'\n'}"
}
opens() { lines sijil nasib "$1" -- status; }

make_project
join nasib
add_reports nasib 3
data() { sha256sum < "$W/nasib/register.db"; }
before=$(data)

check_exit 5 "the passphrase is changed by who knows it" lines sijil nasib "$SECOND" "$SECOND" -- passphrase
check "  who does" lines sijil nasib "$PASSPHRASE" "$SECOND" -- passphrase
check_has "  and is told what it does not do" "rekey" "$OUT"
check_exit 5 "the old one opens nothing" opens "$PASSPHRASE"
check "the new one does" opens "$SECOND"
check_exit 1 "digits alone are refused" lines sijil nasib "$SECOND" 123456789012 -- passphrase
check_has "  with the reason" "nothing counts his tries" "$ERR"
check_exit 1 "what is guessed soon is refused" lines sijil nasib "$SECOND" aaaaaaaaaaaaaaaaaaa -- passphrase
check_has "  with how soon" "too easy to guess: whoever copies the disk needs" "$ERR"

check "a second passphrase" lines sijil nasib "$SECOND" "$PASSPHRASE" -- slots add
check "  opens too" opens "$PASSPHRASE"
check "a passphrase with a file that is there" lines sijil nasib "$SECOND" "$THIRD" -- slots add --key-file "$ROOT/LICENSE"
check_exit 5 "  opens nothing without it" opens "$THIRD"
check_has "  and it says that a file may be missing" "--key-file" "$ERR"
check "  and opens with it" lines sijil nasib "$THIRD" -- --key-file "$ROOT/LICENSE" list
check_has "  all there is" "C5999" "$OUT"
check_exit 1 "  not with one that is not there" lines sijil nasib "$THIRD" -- --key-file "$W/absent" list
check "where there is no file it is made" lines sijil nasib "$SECOND" "$THIRD" -- slots add --key-file "$W/made.key"
check_same "  for its owner alone" "600 64" "$(stat -c '%a %s' "$W/made.key")"
check "  and opens" lines sijil nasib "$THIRD" -- --key-file "$W/made.key" slots list --json
made=$("$PYTHON" -c 'import json, sys
print(*(s["slot"] for s in json.load(sys.stdin) if s["kind"] == "passphrase and file" and s["opened"]))' < "$OUT")
check_same "  which the list shows" 4 "$made"
check "changing its passphrase keeps its file" lines sijil nasib "$THIRD" "$THIRD-x" -- --key-file "$W/made.key" passphrase
check "  with the new passphrase" lines sijil nasib "$THIRD-x" -- --key-file "$W/made.key" status

check "a slot is taken away" lines sijil nasib "$SECOND" -- slots remove "$made"
check_exit 5 "  and opens no more" lines sijil nasib "$THIRD-x" -- --key-file "$W/made.key" status
check_exit 2 "nor is a ninth" lines sijil nasib "$SECOND" -- slots remove 8
for _ in 1 2; do
	needs lines sijil nasib "$SECOND" "$PASSPHRASE" -- slots add
done
check_exit 1 "there is an end to slots" lines sijil nasib "$SECOND" "$PASSPHRASE" -- slots add
check_has "  and one stays free" "one stays free" "$ERR"

check_same "all this time the data stood as it was" "$before" "$(data)"
check "and it is in order" lines sijil nasib "$SECOND" -- list
check_same "  whole" 3 "$(grep -c C5999 "$OUT")"

check_exit 2 "a register is not made with a file" sijil-hq --home "$W/none" --key-file "$ROOT/LICENSE" init None
join tiba
check_exit 1 "the last passphrase stays" lines sijil tiba "$PASSPHRASE" -- slots remove 0
check_has "  and it says so" "it stays" "$ERR"
check "headquarters has the same commands: passphrase" lines sijil-hq hq "$PASSPHRASE" "$SECOND" -- passphrase
check "  slots add" lines sijil-hq hq "$SECOND" "$PASSPHRASE" -- slots add
check "  slots list" lines sijil-hq hq "$PASSPHRASE" -- slots list
check_same "  both" 2 "$(grep -c passphrase "$OUT")"
check "  slots remove" lines sijil-hq hq "$PASSPHRASE" -- slots remove 0
check_exit 5 "  it is gone" lines sijil-hq hq "$SECOND" -- fingerprint
check "  the other is not" hq fingerprint

if device tiba unlock --for 1m > "$OUT" 2> "$ERR"; then
	check "what unlock left opens" sijil --home "$W/tiba" status
	check_exit 5 "  but sets no passphrase" setsid sijil --home "$W/tiba" passphrase
	check "a change of slots" lines sijil tiba "$PASSPHRASE" "$SECOND" -- passphrase
	check_exit 5 "  ends what unlock left" setsid sijil --home "$W/tiba" status
else
	skip "what unlock left" "this kernel gives no keyring"
fi
if strace -qq -o /dev/null true 2> /dev/null; then
	# Leaks cannot be looked for in what is traced.
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	check_exit 1 "without a keyring, unlock" strace -f -qq -o /dev/null -e trace=add_key,keyctl -e inject=add_key:error=ENOSYS \
		-e inject=keyctl:error=ENOSYS sijil --home "$W/tiba" --passphrase-fd 3 unlock 3<<< "$SECOND"
	check_has "  says so" "no keyring" "$ERR"
	check_has "  and what follows" "Each command will ask" "$ERR"
	check "  and commands work with the passphrase" strace -f -qq -o /dev/null -e trace=add_key,keyctl \
		-e inject=add_key:error=ENOSYS -e inject=keyctl:error=ENOSYS sijil --home "$W/tiba" --passphrase-fd 3 status 3<<< "$SECOND"
	check "  and so does lock" strace -f -qq -o /dev/null -e trace=add_key,keyctl -e inject=add_key:error=ENOSYS \
		-e inject=keyctl:error=ENOSYS sijil --home "$W/tiba" lock
else
	skip "a system without keyring" "no strace here, or it may not trace"
fi
done_here
