#!/bin/bash
# Files flipped, mixed and put back: each is named, or says exactly what was written, within the limits of FORMAT.md. Here the
# programs and a seeded sample; every byte and block is tried in tests/schema/test_tampering.c and tests/long.
[ -w /dev/shm ] && TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
join tiba
add_reports nasib 3
needs hq invite "Team Made" -o "$W/made.invite"
serve
needs device nasib sync --relay "$URL"
# Killed, the store's log beside the database stays.
stop relay KILL
FINGERPRINT=$(hq fingerprint)
export BUILD PASSPHRASE FINGERPRINT
"$PYTHON" "$ROOT/tests/tools/tamper.py" "$W" "${TRIES:-4}" "${SEED:-1}" || failures=$((failures + 1))

# mixed NAME OF: a copy of the register NAME with files of the register OF
mixed() {
	local name=$1 of=$2 file
	rm -rf "$W/mixed" && cp -r "$W/$name" "$W/mixed"
	shift 2
	for file in "$@"; do
		cp "$W/$of/$file" "$W/mixed/$file"
	done
}
listed_as_before() { check_same "$1" "$(cat "$W/listed")" "$(cat "$OUT")"; }
needs device nasib list
cp "$OUT" "$W/listed"
mixed nasib tiba register.key
check_exit 4 "another device's key file beside a database" device mixed list
check_has "  is called so" "register" "$ERR"
mixed nasib tiba register.db
check_exit 4 "another device's database beside a key file" device mixed list
mixed nasib tiba register.key register.db
check "both of another device are that device" device mixed status
check_has "  and say so" "Team tiba" "$OUT"

# A hot journal of each: killed after its database was written to.
cut_short() {
	local at
	# At the last sync that leaves both: the journal goes with the one after it.
	for at in 5 4 3 2; do
		rm -rf "$W/$1-cut" && cp -r "$W/$1" "$W/$1-cut"
		# In a shell of its own, which says that it was killed.
		(LD_PRELOAD=$BUILD/tests/tools/fault.so FAULT_UNDER=$W/$1-cut FAULT_CALLS=s FAULT_AT=$at FAULT_DOES=killed-after \
			ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 \
			sijil --home "$W/$1-cut" --passphrase-fd 3 add kind=stock place=C5996 observed_on=2018-06-22 individuals=77 \
			3<<< "$PASSPHRASE") > "$OUT" 2> "$ERR"
		[ -s "$W/$1-cut/register.db-journal" ] && ! cmp -s "$W/$1/register.db" "$W/$1-cut/register.db" && break
	done
	check "a journal was left by $1" test -s "$W/$1-cut/register.db-journal"
}
cut_short nasib
cut_short tiba
mixed nasib-cut nasib-cut
check "the own journal is played back" device mixed list
listed_as_before "  to what was there before"
mixed nasib tiba-cut register.db-journal
check "another device's journal beside a whole database is no journal" device mixed list
listed_as_before "  and changes nothing"
mixed nasib-cut tiba-cut register.db-journal
device mixed list > "$OUT" 2> "$ERR"
case $? in
0) check_same "another device's journal in place of the own is a power loss: nothing more than what was being saved" "" \
	"$(grep -vxFf "$W/listed" "$OUT" | grep -vw 77)" ;;
*) check_has "another device's journal in place of the own is named" "damaged" "$ERR" ;;
esac

# Older copies.
serve
cp -r "$W/nasib" "$W/old"
needs device nasib add kind=stock place=C5996 observed_on=2018-06-22 individuals=41
needs device nasib sync --relay "$URL"
needs device nasib list
cp "$OUT" "$W/listed"
mixed nasib old register.key
check "an older key file opens with the same passphrase" device mixed list
listed_as_before "  to the same reports"
mixed nasib old register.db
check "an older database beside its key file is seen" device mixed list
check_has "  and called so" "an older copy was put back" "$ERR"
check "  it records under a new key" device mixed add kind=stock place=C5996 observed_on=2018-06-22 individuals=42
check "  and syncs" device mixed sync --relay "$URL"
mixed nasib old register.key register.db
check "all older files together are a whole register" device mixed list
check "  and the next sync" device mixed sync --relay "$URL"
check_has "  shows that another one is ahead" "A COPY of this register is in use elsewhere" "$OUT"
mixed nasib old register.key register.db
check "where it records before it syncs" device mixed add kind=stock place=C5996 observed_on=2018-06-22 individuals=43
check "  and syncs" device mixed sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check "  verifies" hq verify -v
check_has "  and sees two chains under one key" "FORKED" "$OUT"
check_same "  and loses none of them" "41 42 43" "$(hq export --record-level 2> "$ERR" | "$PYTHON" -c '
import csv, sys
print(*sorted(row["individuals"] for row in csv.DictReader(sys.stdin) if row["individuals"] > "4"))')"
done_here
