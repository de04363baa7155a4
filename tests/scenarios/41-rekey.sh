#!/bin/bash
# rekey: everything again under a new key. Nothing is lost whenever it is killed, nobody writes into the generation that ends, and
# the old key, which somebody may have, opens nothing that is left.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

SECOND='zipat-lomud-fahir-kobul-nasim'
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
make_project
join nasib
add_reports nasib 3
needs device nasib amend 2 individuals=7
needs sijil --home "$W/nasib" --passphrase-fd 3 slots add 3<<< "$PASSPHRASE"$'\n'"$SECOND"
cp -r "$W/nasib" "$W/image"
# A rekey adds a recovery code, and nothing else.
register() {
	device "$1" list --all --json | "$PYTHON" -c 'import json, sys; print([e for e in json.load(sys.stdin) if e["type"] != "recovery"])' |
		sha256sum
}
before=$(register nasib)

check_exit 5 "rekey wants a passphrase, whatever unlock left" setsid sijil --home "$W/nasib" rekey
check_exit 5 "a second passphrase that is wrong" sijil --home "$W/nasib" --passphrase-fd 3 rekey --unlock-cost minimum \
	3<<< "$PASSPHRASE"$'\n'"no such passphrase"
check_same "  changes nothing" "register.db register.db-journal register.db.other register.key" "$(cd "$W/nasib" && echo *)"
check_exit 1 "one that is longer than any can be" sijil --home "$W/nasib" --passphrase-fd 3 rekey --unlock-cost minimum \
	3<<< "$PASSPHRASE"$'\n'"$(printf '%01025d' 7)"
check_has "  is not taken for none" "longer than 1024 bytes" "$ERR"
check_same "  and changes nothing" "register.db register.db-journal register.db.other register.key" "$(cd "$W/nasib" && echo *)"
echo damaged > "$W/nasib/register.db.damaged-1"
check_exit 1 "a damaged register that was set aside" device nasib rekey --unlock-cost minimum
check_has "  is not destroyed unasked" "would be lost: nothing was changed" "$ERR"
check "  but stays" rm "$W/nasib/register.db.damaged-1"
check "rekey" device nasib rekey --unlock-cost minimum
check_has "  says which generation this is" "generation 2" "$OUT"
check_has "  what was kept" "slot 0  passphrase           kept" "$OUT"
check_has "  and what was not" "slot 2  passphrase           opens nothing any more" "$OUT"
check_has "  the recovery code was not either" "slot 1  recovery code        opens nothing any more" "$OUT"
check_has "  but made anew" "A new recovery code was made" "$OUT"
check_same "the old files are gone" "register-2.db register.key" "$(cd "$W/nasib" && echo *)"
check_same "the register is as it was" "$before" "$(register nasib)"
check_exit 5 "a passphrase that was not entered opens nothing" sijil --home "$W/nasib" --passphrase-fd 3 status 3<<< "$SECOND"
check "it goes on" device nasib add kind=stock place=C5999 observed_on=2018-06-21 individuals=5
check "  signed with the same key" device nasib bundle export -o "$W/nasib.bundle"
check "  to headquarters" hq bundle import "$W/nasib.bundle"
check "  which finds nothing wrong" hq verify

if "$PYTHON" -c 'import nacl' 2> /dev/null; then
	old_key() { "$PYTHON" "$ROOT/tests/tools/old_key.py" "$W/image/register.key" "$PASSPHRASE" "$@"; }
	check_same "whoever copied the disk before reads that copy" "opened 2 of 5 files" "$(old_key "$W/image" | tail -1)"
	check_same "  and nothing that is there now" "opened 0 of 5 files" "$(old_key "$W/nasib")"
else
	skip "what the old key opens" "python3-nacl is missing"
fi

check "headquarters, too" hq rekey --unlock-cost minimum
check "  with all of its keys" hq verify
check "  opens what comes" hq list
check_same "  and what came" 4 "$(grep -c C5999 "$OUT")"
check "  and can still sign" hq invite "Team New" -o "$W/new.invite"
check "a backup of a later generation" device nasib backup -o "$W/nasib.backup"
check "  comes back" device restored restore "$W/nasib.backup"
check "  as that generation" test -s "$W/restored/register-2.db"
check_exit 1 "a database of a newer generation beside an older key file" bash -c 'cp "$1"/image/* "$1/nasib/" && exec sijil \
	--home "$1/nasib" --passphrase-fd 3 rekey --unlock-cost minimum 3<<< "$2"' - "$W" "$PASSPHRASE"
check_has "  is not written over" "register-2.db' is there already" "$ERR"
check "  and stays" test -s "$W/nasib/register-2.db"

# --- two programs at once ---
rm -rf "$W/nasib" && cp -r "$W/image" "$W/nasib"
mkfifo "$W/rows" "$W/words"
start writer bash -c 'exec sijil --home "$1/nasib" --passphrase-fd 3 add --from "$1/rows" 3<<< "$2"' - "$W" "$PASSPHRASE"
exec 5> "$W/rows"
check_exit 1 "while another program writes there is no rekey" device nasib rekey --unlock-cost minimum
check_has "  and it says why" "has the register" "$ERR"
reports 2 100 >&5
exec 5>&-
wait "$PID"
check_same "what the other wrote is saved" 0 $?
check_has "  it says so" "2" "$W/writer.log"
start rekeyer bash -c 'exec sijil --home "$1/nasib" --passphrase-fd 3 rekey --unlock-cost minimum 3< "$1/words"' - "$W"
exec 5> "$W/words"
writes() { device nasib add kind=stock place=C5999 observed_on=2018-06-21 individuals=6; }
busy() { ! writes > "$OUT" 2> "$ERR"; }
check "while it is rekeyed nobody writes" wait_for 20 busy
check_has "  and is told so" "giving the register" "$ERR"
saved=$(("$(grep -c 'saved' "$OUT")" + 0))
printf '%s\n' "$PASSPHRASE" >&5
exec 5>&-
wait "$PID"
check_same "  then it is done" 0 $?
check "  and what was written before is there" device nasib list
check_has "    of the other program" "101" "$OUT"
check "  and writing works again" writes

# --- killed ---
if ! strace -qq -o /dev/null true 2> /dev/null; then
	skip "a rekey cut short" "no strace here, or it may not trace"
	done_here
	exit
fi
# cut CALL N: rekey, killed at the N-th such call
cut() {
	strace -f -qq -o /dev/null -e trace="$1" -e inject="$1":signal=KILL:when="$2" \
		sijil --home "$W/cut" --passphrase-fd 3 rekey --unlock-cost minimum 3<<< "$PASSPHRASE" > /dev/null 2>&1
}
whole() {
	[ "$(register cut)" = "$before" ] || return 1
	case $(cd "$W/cut" && echo *) in
	"register.db register.db-journal register.db.other register.key" | "register-2.db register-2.db.other register.key") ;;
	*) return 1 ;;
	esac
}
bad= old=0 new=0
# cut_once CALL N: false if it came through
cut_once() {
	rm -rf "$W/cut"
	cp -r "$W/image" "$W/cut"
	{ cut "$1" "$2"; } 2> /dev/null && return 1
	whole || bad="$bad $1:$2"
	if [ -e "$W/cut/register.db" ]; then old=$((old + 1)); else new=$((new + 1)); fi
}
if [ -n "${SIJIL_LONG:-}" ]; then
	for call in pwrite64 fdatasync ftruncate fsync write renameat rename unlink; do
		for ((n = 1; n < 400; n++)); do
			cut_once $call $n || break
		done
	done
else
	for call in pwrite64:20 fdatasync:3 fsync:3 renameat:1 fsync:4 write:2 rename:1 write:4 unlink:5; do
		cut_once "${call%:*}" "${call#*:}" || bad="$bad $call came through"
	done
fi
check_same "killed anywhere it leaves the old generation or the new one, whole" "" "$bad"
check "  tried before the change and after it" [ "$old" -ge 3 -a "$new" -ge 3 ]
rm -rf "$W/cut" && cp -r "$W/image" "$W/cut"
failing() {
	strace -f -qq -o /dev/null -e trace="${1%%:*}" -e inject="$1" \
		sijil --home "$W/cut" --passphrase-fd 3 rekey --unlock-cost minimum 3<<< "$PASSPHRASE"
}
check_exit 1 "on a full disk it is refused" failing pwrite64:error=ENOSPC:when=12+
check_same "  and nothing stays of it" "register.db register.db-journal register.db.other register.key" "$(cd "$W/cut" && echo *)"
check_exit 1 "so it is where the key file cannot be put into place" failing renameat:error=EIO
check_same "  and the register is as it was" "$before" "$(register cut)"
check "  alone" whole
{ cut pwrite64 12; } 2> /dev/null
check "after one that was cut short, rekey works" device cut rekey --unlock-cost minimum
check_same "  and nothing is missing" "$before" "$(register cut)"
done_here
