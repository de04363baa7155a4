#!/bin/bash
# init, restore and backup, killed at each write, sync and rename: afterwards there is a whole register or none, and the same
# command works again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

# A traced process cannot look for its leaks.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
if ! strace -qq -o /dev/null true 2>/dev/null; then
	skip "registers cut short" "no strace here, or it may not trace"
	done_here
	exit
fi
make_project
join nasib
add_reports nasib 3
needs device nasib backup -o "$W/nasib.backup"

calls=fsync,fdatasync,pwrite64,write,rename,renameat,renameat2,unlink,ftruncate
# cut N COMMAND...: as `device cut COMMAND`, killed at its N-th such call
cut() {
	local n=$1
	shift
	strace -f -qq -o /dev/null -e trace=$calls -e inject=$calls:signal=KILL:when="$n" \
		sijil --home "$W/cut" --passphrase-fd 3 "$@" 3<<< "$PASSPHRASE" > /dev/null 2>&1
}
# cut_everywhere STEP COMMAND...: how many cuts were survived, and which was not
cut_everywhere() {
	local step=$1 n bad=
	shift
	for ((n = 1; n < 400; n += step)); do
		rm -rf "$W/cut"
		cut "$n" "$@" && break
		device cut status > "$OUT" 2> "$ERR" && continue
		grep -q "there is no register" "$ERR" && device cut "$@" > "$OUT" 2> "$ERR" && device cut status > "$OUT" 2> "$ERR" &&
			continue
		bad="$bad $n"
	done
	[ -z "$bad" ] && [ "$n" -gt 12 ] && [ "$n" -lt 400 ] || echo "cut at$bad of $n"
}
needs hq invite "Team Cut" -o "$W/cut.invite"
check_same "init leaves a register or none" "" "$({ cut_everywhere 7 init --invite "$W/cut.invite" --unlock-cost minimum; } 2> /dev/null)"
check_same "restore leaves a register or none" "" "$({ cut_everywhere 7 restore "$W/nasib.backup"; } 2> /dev/null)"

rm -rf "$W/cut"
check_exit 5 "a wrong passphrase restores nothing" sijil --home "$W/cut" --passphrase-fd 3 restore "$W/nasib.backup" 3<<< "another passphrase"
check_same "  and leaves nothing behind" "" "$(ls -A "$W/cut")"
check "  so that the right one still can" device cut restore "$W/nasib.backup"
check_exit 1 "a register is never restored over" device cut restore "$W/nasib.backup"
for n in 4 7 10; do
	rm -f "$W/cut.backup"
	cut $n backup -o "$W/cut.backup" 2> /dev/null
done
rm -f "$W/cut.backup"
check "a backup cut short leaves nothing that the next does not remove" device cut backup -o "$W/cut.backup"
check_same "  no copies pile up" "register.db register.db-journal register.db.other register.key" "$(cd "$W/cut" && echo *)"
rm "$W/cut/register.key"
check_exit 1 "a database that lost its key file is not set up anew" device cut restore "$W/nasib.backup"
check "  and stays" test -s "$W/cut/register.db"
done_here
