#!/bin/bash
# Shows that the test runner cannot be fooled: what crashes, hangs, stops early or
# runs nothing is a failure, and no child outlives its job.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
W=$(mktemp -d) || exit 1
trap 'rm -rf "$W"' EXIT
failures=0

fresh_tree() {
	rm -rf "${W:?}/tree"
	mkdir -p "$W/tree/tests/scenarios" "$W/tree/tests/box" "$W/tree/build/x/tests/box"
	cp "$root/tests/run-tests.sh" "$W/tree/tests/"
	cp "$root/tests/scenarios/lib.sh" "$W/tree/tests/scenarios/"
}

# A stand-in for a Criterion program: says its TAP lines, then runs a command.
unit() {
	touch "$W/tree/tests/box/test_$1.c"
	printf '#!/bin/bash\nfor a; do case $a in --tap=*) printf "%%b" "%s" > "${a#--tap=}" ;; esac; done\n%s\n' "$2" "$3" \
		> "$W/tree/build/x/tests/box/test_$1"
	chmod +x "$W/tree/build/x/tests/box/test_$1"
}

scenario() { printf '. "$(dirname "$0")/lib.sh"\n%b\n' "$2" > "$W/tree/tests/scenarios/$1.sh"; }

# expect LAST_LINE STATUS TEXT [VARIABLE=VALUE...]
expect() {
	local last=$1 status=$2 text=$3 got
	shift 3
	env -u S "$@" bash "$W/tree/tests/run-tests.sh" build/x unit scenarios > "$W/out" 2>&1
	got=$?
	if [ "$(tail -1 "$W/out")" = "$last" ] && [ "$((got != 0))" -eq "$status" ]; then
		echo "ok $text"
	else
		echo "not ok $text"
		sed 's/^/#   /' "$W/out"
		failures=$((failures + 1))
	fi
	fresh_tree
}

fresh_tree
expect "0 passed, 0 failed, 0 skipped" 1 "nothing to run is a failure"

unit good '1..3\nok - a::b\nok - a::c\nok - a::d # SKIP none\n' 'echo "SKIP data: absent"'
scenario 01-good 'check "true" true\nskip data absent\ncheck_exit 3 "three" sh -c "exit 3"\ndone_here'
expect "4 passed, 0 failed, 3 skipped" 0 "tests and checks, passed and skipped, are added up"

unit bad '1..2\nok - a::b\nnot ok - a::c\n' 'exit 1'
scenario 01-bad 'check "false" false\ncheck_has "word" word /dev/null\ndone_here'
expect "1 passed, 3 failed, 0 skipped" 1 "failed tests and checks are counted"

unit short '1..3\nok - a::b\n' ''
expect "1 passed, 1 failed, 0 skipped" 1 "a program that loses tests has failed"

unit none '1..0\n' ''
expect "0 passed, 1 failed, 0 skipped" 1 "a program without tests has failed"

unit late '1..1\nok - a::b\n' 'exit 7'
expect "1 passed, 1 failed, 0 skipped" 1 "an exit status is believed even when all tests passed"

scenario 01-early 'ok "one"\nexit 0'
expect "1 passed, 1 failed, 0 skipped" 1 "a scenario that stops early has failed"

unit good '1..1\nok - a::b\n' ''
scenario 01-hangs "start one setsid sleep 4242\nsetsid sleep 4243 &\nsleep 4244"
expect "1 passed, 1 failed, 0 skipped" 1 "a scenario that hangs is ended and has failed" SCENARIO_LIMIT=1
if grep -lsaE '^sleep.424[234]' /proc/[0-9]*/cmdline > /dev/null; then
	echo "not ok no child outlives its scenario"
	failures=$((failures + 1))
else
	echo "ok no child outlives its scenario"
fi
[ "$failures" -eq 0 ]
