#!/bin/bash
# The programs with one system call at a time gone wrong: killed at it, refused by a failing or full disk, done by half.
# Nothing acknowledged is lost, nothing is there twice, every error is a sentence, and the next try works. Here a seeded
# sample; tests/long has every call.
# In memory where that can be had: some thousand syncs of the disk prove nothing here.
[ -w /dev/shm ] && TMPDIR=/dev/shm
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

# The shim stands before a sanitizer's library, and a process that is killed has not looked for its leaks.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0:detect_leaks=0
make_project
join nasib
join tiba
add_reports nasib 3
serve
needs device nasib sync --relay "$URL"
export BUILD PASSPHRASE URL
for what in add,5 add-from,10 amend,15 import,8 backup,10 sync,12 pull,12 restore,12 hq-import,10 relay-init,4; do
	"$PYTHON" "$ROOT/tests/tools/faults.py" "$W" "${what%,*}" "${what#*,}" "${SEED:-1}" 6 || failures=$((failures + 1))
done
for what in doctor,250 doctor-cut,250; do
	"$PYTHON" "$ROOT/tests/tools/faults.py" "$W" "${what%,*}" "${what#*,}" "${SEED:-1}" 3 || failures=$((failures + 1))
done

check_exit 1 "a report whose saving cannot be printed" bash -c 'sijil --home "$0" --passphrase-fd 3 add kind=stock place=C5996 \
	observed_on=2018-06-22 individuals=55555 3<<< "$1" > /dev/full' "$W/nasib" "$PASSPHRASE"
check_has "  is said to be saved" "the report is saved" "$ERR"
check_has "  and not to be added again" "do not do it again" "$ERR"
check_same "  and is there once" 1 "$(device nasib list | grep -c 55555)"
fired=$(awk '{ n += $1 } END { print n + 0 }' "$W/fired")
check "faults fired: $fired" [ "$fired" -gt 50 ]
done_here
