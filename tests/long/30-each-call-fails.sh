#!/bin/bash
# As the scenario of this number, with every call of each command; the relay and what needs a passphrase's Argon2id at each
# try by a dense sample.
[ -w /dev/shm ] && TMPDIR=/dev/shm
. "$(dirname "$0")/../scenarios/lib.sh"
. "$(dirname "$0")/../scenarios/project.sh"

export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0:detect_leaks=0
make_project
join nasib
join tiba
add_reports nasib 3
needs hq invite "Team Made" -o "$W/made.invite"
serve
needs device nasib sync --relay "$URL"
export BUILD PASSPHRASE URL
for what in add,1 add-from,1 amend,1 import,1 backup,1 sync,1 pull,1 restore,1 hq-import,1 relay-init,1 init,8 hq-init,8 doctor,6 doctor-cut,6; do
	"$PYTHON" "$ROOT/tests/tools/faults.py" "$W" "${what%,*}" "${what#*,}" "${SEED:-1}" || failures=$((failures + 1))
done
stop relay
"$PYTHON" "$ROOT/tests/tools/faults.py" "$W" relay 3 "${SEED:-1}" || failures=$((failures + 1))
fired=$(awk '{ n += $1 } END { print n + 0 }' "$W/fired")
check "faults fired: $fired" [ "$fired" -gt 50 ]
done_here
