#!/bin/bash
# Duress: where the project allows it, a passphrase that leaves nothing of what the others opened, and opens a practice
# register; whether one is set nothing tells; cut short anywhere, one of the two registers opens and never half of one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
DURESS='zipat-lomud-fahir-kobul-nasim' THIRD='mosuk-bisal-dakun-fuvip-hotad'
# lines NAME LINE... -- COMMAND: each line is a passphrase
lines() {
	local name=$1 given=
	shift
	while [ "$1" != -- ]; do
		given+=$1$'\n'
		shift
	done
	shift
	sijil --home "$W/$name" --passphrase-fd 3 "$@" 3<<< "${given%$'\n'}"
}
duress() { lines "$1" "$DURESS" -- "${@:2}"; }
afresh() { rm -rf "$W/nasib" && cp -rp "$W/image" "$W/nasib"; }
files() { (cd "$W/$1" && ls -A | paste -sd' '); }
# What the key file shows to who has nothing, but for what is random.
outline() { head -c 32 "$W/$1/register.key" | od -An -tx1; }

make_project
join nasib
add_reports nasib 3

check_exit 1 "a project that does not allow it" lines nasib "$PASSPHRASE" "$DURESS" -- slots duress
check_has "  refuses" "lets no device have a duress passphrase; nothing was changed" "$ERR"
check_exit 5 "  nothing was set" duress nasib status
check "there is another database beside the register all the same" test -s "$W/nasib/register.db.other"
cp -rp "$W/nasib" "$W/without"
check_exit 2 "headquarters knows no other word for it" hq project policy duress=yes
check "headquarters allows it" hq project policy duress=allowed
check_has "  and is told what that means" "to" "$ERR"
check_has "  and where to read" "sijil-custody(7)" "$ERR"
check "  it is in the settings" hq project show --json
check_has "  of the project" '"duress":true' <(tr -d ' \n' < "$OUT")
needs hq bundle export -o "$W/allowed.bundle"
needs device nasib bundle import "$W/allowed.bundle"
needs hq bundle export -o "$W/again.bundle"
hq invite "Team Tiba" -o "$W/tiba.invite" > "$OUT" 2>&1
needs device tiba init --invite "$W/tiba.invite" --unlock-cost minimum
check "a device that joins now may have one at once" lines tiba "$PASSPHRASE" "$DURESS" -- slots duress

check_exit 1 "it cannot be the passphrase" lines nasib "$PASSPHRASE" "$PASSPHRASE" -- slots duress
check_has "  which would decide" "opens the register already; nothing was changed" "$ERR"
check_exit 1 "nor is it easier to guess than one" lines nasib "$PASSPHRASE" 123456789012 -- slots duress
check "a second passphrase" lines nasib "$PASSPHRASE" "$THIRD" -- slots add
check_exit 1 "  is none either" lines nasib "$PASSPHRASE" "$THIRD" -- slots duress
head -c 64 /dev/urandom > "$W/file"
with_file() { lines nasib "$DURESS" "${@:2}" -- --key-file "$W/file" "$1" duress; }
check "a third passphrase goes with a file" lines nasib "$PASSPHRASE" "$DURESS" -- slots add --key-file "$W/file"
check_exit 1 "  which would be forgotten once" with_file slots "$DURESS"
check_has "  and that is said" "without --key-file it would destroy" "$ERR"
check "  it opens nothing any more" lines nasib "$PASSPHRASE" -- slots remove 3
slots_before=$(device nasib slots list) other_before=$(sha256sum < "$W/nasib/register.db.other") outline_before=$(outline nasib)
check "one of its own is set" lines nasib "$PASSPHRASE" "$DURESS" -- slots duress
check_has "  and told what it does" "typed where the passphrase is asked for, it destroys this register" "$OUT"
check_same "nothing tells that it is: not the list of slots" "$slots_before" "$(device nasib slots list)"
check_same "  nor the other database" "$other_before" "$(sha256sum < "$W/nasib/register.db.other")"
check_same "  nor what the key file shows" "$outline_before" "$(outline nasib)"
check_same "  nor which files there are" "$(files without)" "$(files nasib)"
check_same "  nor how large they are" "$(cd "$W/without" && stat -c '%n %s' register.key register.db.other)" \
	"$(cd "$W/nasib" && stat -c '%n %s' register.key register.db.other)"
check_exit 1 "the passphrase cannot become it either" lines nasib "$PASSPHRASE" "$DURESS" -- passphrase
check_has "  and stays" "set for something else already; nothing was changed" "$ERR"
check_same "the register is as it was" "3 0 0" "$(status_of nasib)"

# Everything that could open it, taken down before.
needs device nasib bundle export -o "$W/nasib.bundle"
needs hq bundle import "$W/nasib.bundle"
code=$(hq recover "Team nasib" --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[0]["code"])')
check_same "headquarters holds the recovery code" 8 "$(tr '-' '\n' <<< "$code" | wc -l)"
needs device nasib add kind=stock place=C5996 observed_on=2018-06-22 individuals=300
needs sijil --home "$W/nasib" note kind=arrival place=C5999 households=3 observed_on=today
needs device nasib backup -o "$W/nasib.backup"
echo "my own notes" > "$W/nasib/notes.txt"
cp -rp "$W/nasib" "$W/image"
keyring=
if device nasib unlock --for 5m > "$OUT" 2> "$ERR"; then
	keyring=yes
	check "unlocked, nobody is asked, and the register opens" sijil --home "$W/nasib" status
fi

check "typed in place of the passphrase" duress nasib status
cp "$OUT" "$W/after.status"
check_same "  nothing is said of it" 0 "$(cat "$OUT" "$ERR" | grep -ci -e duress -e destroy)"
check_has "  a practice register opens" "TRAINING Practice" "$OUT"
check_has "  which is sent to nobody" "belongs to no project" "$OUT"
check_exit 5 "the passphrase opens nothing" device nasib status
cp "$ERR" "$W/wrong"
check_exit 5 "  nor does the second" lines nasib "$THIRD" -- status
check_exit 5 "  nor the recovery code that headquarters reads out" lines nasib "$code" "$THIRD" -- recover
if [ -n "$keyring" ]; then
	check_exit 5 "  nor what unlock left" setsid sijil --home "$W/nasib" status
	cp -rp "$W/image" "$W/back"
	check_exit 5 "  not even where the old files are put back" setsid sijil --home "$W/back" status
else
	skip "what unlock left" "this kernel gives no keyring"
fi
if "$PYTHON" -c 'import nacl' 2> /dev/null; then
	check "the old key and passphrase, by other code" "$PYTHON" "$ROOT/tests/tools/old_key.py" "$W/image/register.key" "$PASSPHRASE" "$W/image"
	check_has "  open what was copied before" "opened 2 of" "$OUT"
	"$PYTHON" "$ROOT/tests/tools/old_key.py" "$W/image/register.key" "$PASSPHRASE" "$W/nasib" > "$OUT" 2> "$ERR"
	check_has "  and nothing that is there now" "opened 0 of" "$OUT"
else
	skip "by other code" "python3-nacl is missing"
fi
check "the notes that waited are gone" duress nasib notes
check_has "  without a word" "no notes wait" "$OUT"
check_same "what is no part of the register stays" "my own notes" "$(cat "$W/nasib/notes.txt")" && rm "$W/nasib/notes.txt"

# Like one that was made for practice.
check_exit 2 "a practice register needs no invite" sijil --home "$W/practice" init --practice --invite "$W/x"
check "a practice register is made" device practice init --practice --unlock-cost minimum
needs device practice status
check_same "the same files" "$(files practice)" "$(files nasib)"
check_same "  as large" "$(cd "$W/practice" && stat -c '%n %s %a' register.*[!l])" "$(cd "$W/nasib" && stat -c '%n %s %a' register.*[!l])"
check_same "  the same status" "$(device practice status)" "$(cat "$W/after.status")"
for command in "slots list --json" "sync" "bundle export -o $W/none.bundle" "slots duress"; do
	device practice $command > "$W/one" 2> "$W/one.err"
	status=$?
	duress nasib $command > "$W/two" 2> "$W/two.err"
	check_same "  exit status of ${command%% -*}" "$status" $?
	check_same "  and answer" "$(cat "$W/one" "$W/one.err")" "$(cat "$W/two" "$W/two.err")"
done
check_has "  which has no passphrase of this kind" "lets no device" "$W/two.err"
check "reports can be recorded in it" duress nasib add kind=stock place=C5999 observed_on=2018-06-21 individuals=5
check "  and shown" duress nasib show 1
check "it is in order" duress nasib doctor
check "it can have a new key" lines nasib "$DURESS" -- rekey --unlock-cost minimum
check "  with which it opens" duress nasib list
check_has "  with what was recorded" C5999 "$OUT"

# Wherever a passphrase is asked for.
commands=("doctor --repair")
if [ -n "${SIJIL_LONG:-}" ]; then
	commands+=("rekey --unlock-cost minimum" "add kind=stock place=C5999 observed_on=2018-06-21 individuals=5" "notes accept all" "backup -o $W/under.backup"
		"slots remove 2" "slots list" "unlock --for 1s" "recover --renew" "device rotate")
fi
for command in "${commands[@]}"; do
	afresh
	duress nasib $command > "$OUT" 2> "$ERR"
	check_exit 5 "typed for ${command%% *} it does the same: the passphrase opens nothing" device nasib status
	check "  and it opens" duress nasib status
	check_has "  the other" "TRAINING Practice" "$OUT"
done
afresh
check "typed for a new passphrase it does" lines nasib "$DURESS" "$PASSPHRASE" -- passphrase
check "  which then opens the other register" device nasib status
check_has "  alone" "TRAINING Practice" "$OUT"
check_exit 5 "typed as recovery code it is none" lines image "$DURESS" "$THIRD" -- recover
afresh && rm "$W/nasib/register.inbox"
check_same "  and nothing is changed" "4 0 0" "$(status_of nasib)"
check_exit 5 "typed for another slot at a rekey it is a wrong passphrase" lines nasib "$PASSPHRASE" "$DURESS" -- rekey --unlock-cost minimum
check_same "  and nothing is changed" "4 0 0" "$(status_of nasib)"
check "restored by it, a backup" duress restored restore "$W/nasib.backup"
check_exit 5 "  opens with nothing else" device restored status
check "  and is the other register" duress restored status
check_has "  too" "TRAINING Practice" "$OUT"
check "the backup itself still has both" device restored2 restore "$W/nasib.backup"
check_same "  the register" "4 0 0" "$(status_of restored2)"
check "  with another beside it" test -s "$W/restored2/register.db.other"
check "  and the passphrase that destroys it" duress restored2 list
check_exit 5 "    which it does" device restored2 status

# A new key for both.
afresh && rm "$W/nasib/register.inbox"
check "a rekey asks for it" lines nasib "$PASSPHRASE" "$THIRD" "$DURESS" -- rekey --unlock-cost minimum
cp "$OUT" "$W/rekeyed"
check_same "  nothing is lost" "4 0 0" "$(status_of nasib)"
check_same "  another database is beside it" "notes.txt register-2.db register-2.db.other register.key" "$(cd "$W/nasib" && ls | grep -v journal | paste -sd' ')"
check_has "  and is told that it is kept" "duress passphrase is kept" "$W/rekeyed"
check "  and it works as before" duress nasib status
check_exit 5 "    to the end" device nasib status
if [ -n "${SIJIL_LONG:-}" ]; then
	afresh && rm "$W/nasib/register.inbox"
	check_exit 5 "given one that was never set" lines nasib "$PASSPHRASE" "$THIRD" "$THIRD" -- rekey --unlock-cost minimum
	check_has "  it is no slip of the finger that becomes one" "not the duress passphrase of this register; nothing was changed" "$ERR"
	check "given none" lines nasib "$PASSPHRASE" "$THIRD" -- rekey --unlock-cost minimum
	check_exit 5 "  there is none" duress nasib status
	check_same "  the register stays" "4 0 0" "$(status_of nasib)"
fi
afresh
check "it can be taken away" lines nasib "$PASSPHRASE" -- slots duress --remove
check_exit 5 "  then it is a wrong passphrase" duress nasib status
check_same "  like any" "$(cat "$W/wrong")" "$(cat "$ERR")"

# Cut short.
if ! strace -qq -o /dev/null true 2> /dev/null; then
	skip "cut short" "no strace here, or it may not trace"
	done_here
	exit
fi
bad= before=0 after=0
one_of_them() {
	if device nasib status > "$OUT" 2> "$ERR"; then
		before=$((before + 1))
		grep -q "saved 4," "$OUT" || return 1
	else
		after=$((after + 1))
	fi
	# A key file of which not a byte was written yet is no key file, and stays.
	duress nasib status > "$OUT" 2> "$ERR" && find "$W/nasib" -name '.*.tmp' -empty -delete && grep -q "TRAINING Practice" "$OUT" &&
		{ [ -z "${SIJIL_LONG:-}" ] || ! device nasib status > "$OUT" 2>&1; } &&
		[ "$(files nasib)" = ".lock notes.txt register.db register.db-journal register.db.other register.key" ]
}
# cut_once CALL N: false if it came through
cut_once() {
	afresh
	{ strace -f -qq -o /dev/null -e trace="$1" -e inject="$1":signal=KILL:when="$2" sijil --home "$W/nasib" --passphrase-fd 3 list \
		3<<< "$DURESS" > /dev/null 2>&1; } 2> /dev/null && return 1
	one_of_them || bad="$bad $1:$2"
}
if [ -n "${SIJIL_LONG:-}" ]; then
	for call in openat write pwrite64 fsync fdatasync ftruncate renameat rename unlink keyctl; do
		for ((n = 1; n < 200; n++)); do
			cut_once $call $n || break
		done
	done
else
	for call in renameat:1 fsync:3 rename:1; do
		cut_once "${call%:*}" "${call#*:}" || bad="$bad $call came through"
	done
fi
check_same "killed anywhere, the register opens as it was, or the other one and nothing else" "" "$bad"
check "  both were tried" [ "$before" -ge 1 -a "$after" -ge 2 ]
afresh
: > "$W/trace"
check "what happens, happens in this order" strace -f -qq -o "$W/trace" -e trace=keyctl,renameat,rename,fsync,unlink \
	sijil --home "$W/nasib" --passphrase-fd 3 list 3<<< "$DURESS"
sed -n 's/.* \(keyctl\)(KEYCTL_SEARCH.*/\1/p; s/.* \(rename\)at(.*register.key") = 0$/\1 key/p; s/.* \(fsync\)(.*= 0$/\1/p; s/.* \(unlink\)(".*inbox").*/\1/p; s/.* \(rename\)(".*other".*register.db") = 0$/\1/p' \
	"$W/trace" | uniq > "$W/steps"
check_same "  first what the kernel keeps, then the key file, whole, then the rest" \
	"keyctl fsync rename key fsync unlink rename fsync rename key fsync" "$(head -9 "$W/steps" | paste -sd' ')"
failing() {
	strace -f -qq -o /dev/null -e trace=renameat,pwrite64 "$@" sijil --home "$W/nasib" --passphrase-fd 3 list 3<<< "$DURESS"
}
afresh
check "where no key file can be put into place it is written over" failing -e inject=renameat:error=ENOSPC:when=1
check_exit 5 "  and the passphrase opens nothing" device nasib status
check "  and the other register opens" duress nasib status
afresh
check_exit 5 "where it cannot be written at all" failing -e inject=renameat:error=EROFS -e inject=pwrite64:error=EROFS
check_same "  it answers as to a wrong passphrase" "$(cat "$W/wrong")" "$(cat "$ERR")"

# Held up between its last look at the key file and the new one.
afresh && rm "$W/nasib/register.inbox"
: > "$W/trace"
strace -f -qq -o "$W/trace" -e trace=openat sijil --home "$W/nasib" --passphrase-fd 3 slots remove 2 3<<< "$PASSPHRASE" > "$OUT" 2> "$ERR"
nth=$(grep -n '\.tmp"' "$W/trace" | head -1 | cut -d: -f1)
check "who changes the key file makes a new one" [ "${nth:-0}" -gt 0 ]
afresh && rm "$W/nasib/register.inbox"
start slow bash -c 'exec strace -f -qq -o /dev/null -e trace=openat -e inject=openat:delay_enter=4000000:when=$3 \
	sijil --home "$1/nasib" --passphrase-fd 3 slots remove 2 3<<< "$2"' - "$W" "$PASSPHRASE" "$nth"
sleep 1.5
check "nobody who saves the old key file late holds it up" duress nasib status
check_has "  for long" "TRAINING Practice" "$OUT"
wait "$PID"
check_exit 5 "  nor brings it back" device nasib status

# Who has the register open meanwhile.
afresh
mkfifo "$W/rows"
start writer bash -c 'exec sijil --home "$1/nasib" --passphrase-fd 3 add --from "$1/rows" 3<<< "$2"' - "$W" "$PASSPHRASE"
exec 5> "$W/rows"
check "nobody who has it open holds it up" duress nasib status
reports 2 100 >&5
exec 5>&-
wait "$PID"
check_exit 5 "  nor brings the register back" device nasib status
check "  and the other stays whole" duress nasib doctor
check "it is wiped like any" sijil --home "$W/nasib" wipe --yes
check_same "  with nothing left" "notes.txt" "$(ls -A "$W/nasib")"
done_here
