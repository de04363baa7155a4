#!/bin/bash
# Runs what is built and counts it: Criterion tests, corpus replays, layer checks
# and scenario checks end in one line, "N passed, N failed, N skipped".
#
#   tests/run-tests.sh BUILD [PART [TEST]]...
#     BUILD   build/<kind>
#     PART    unit | corpus | layers | scenarios | long | valgrind
#     TEST    with unit: tests/crypto/test_cbor, only that one
#   S=03      only the scenarios whose name starts so
#   JOBS=2    how many run at once;  SLOWER=4  multiplies each time limit
#
# Every job has a hard limit; when it ends, or is ended, its children go too.
set -u
cd "$(dirname "$0")/.." || exit 1

build=$1
shift
jobs=${JOBS:-2}
slower=${SLOWER:-1}
logs=$build/logs
passed=0 failed=0 skipped=0
mkdir -p "$logs" && rm -rf "${logs:?}"/* "$build/summary"

export SIJIL_ROOT=$PWD SIJIL_BUILD=$PWD/$build
export PATH=$SIJIL_BUILD/bin:$PATH
chmod 1777 "$logs"
export LC_ALL=C.UTF-8
unset CI MAKEFLAGS MFLAGS MAKELEVEL

# Ends what a job left behind: its process group, whatever left the group but
# still carries the job's mark in its environment, and its temporary folder.
end_leftovers() {
	local group=$1 mark=$2 file pid
	kill -KILL -- "-$group" 2>/dev/null
	for file in $(grep -lsaF "SIJIL_TEST_RUN=$mark" /proc/[0-9]*/environ 2>/dev/null); do
		pid=${file#/proc/}
		pid=${pid%/environ}
		[ "$pid" = "$$" ] || kill -KILL "$pid" 2>/dev/null
	done
	chmod -R u+rwX "$mark" 2>/dev/null
	rm -rf "$mark"
}

# limited SECONDS LOG COMMAND...: exit status of the command, 124 or 137 when the
# limit ended it. Sanitizers write to files of their own: a leak is told when a
# worker ends, too late for Criterion, and a scenario may throw stderr away.
limited() {
	local seconds=$(($1 * slower)) log=$2 mark pid status
	shift 2
	mark=$(mktemp -d /tmp/sijil-test.XXXXXX) || return 1
	chmod 755 "$mark"
	SIJIL_TEST_RUN=$mark TMPDIR=$mark \
		ASAN_OPTIONS=abort_on_error=1:handle_segv=0:detect_leaks=1:log_path="$PWD/$log.sanitizer" \
		UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:log_path="$PWD/$log.sanitizer" \
		TSAN_OPTIONS=second_deadlock_stack=1:log_path="$PWD/$log.sanitizer" \
		timeout --kill-after=5 "$seconds" "$@" > "$log" 2>&1 < /dev/null &
	pid=$!
	trap 'end_leftovers $pid $mark; exit 143' TERM INT
	wait "$pid"
	status=$?
	trap - TERM INT
	end_leftovers "$pid" "$mark"
	return "$status"
}

count() {
	grep -c "$1" "$2" 2>/dev/null
}

# report NAME PASSED FAILED SKIPPED STARTED_MS NOTE
report() {
	local took=$(($(date +%s%3N) - $5))
	printf '%s %s %s\n' "$2" "$3" "$4" > "$logs/$1.result"
	printf '  %-44s %4d passed' "$1" "$2"
	[ "$3" -eq 0 ] || printf ', %d FAILED' "$3"
	[ "$4" -eq 0 ] || printf ', %d skipped' "$4"
	printf '  %d.%03d s%s\n' $((took / 1000)) $((took % 1000)) "${6:+  ($6)}"
}

sanitizer_found() { compgen -G "$logs/$1.log.sanitizer*" > /dev/null; }

show_skips() { grep -h '^SKIP ' "$logs/$1.log" | sed 's/^/      /'; }
show_log() {
	{
		tail -80 "$logs/$1.log"
		! sanitizer_found "$1" || head -qn 40 "$logs/$1".log.sanitizer* | head -120
	} | sed 's/^/      /'
}

why_ended() {
	case $1 in
	124 | 137) echo "ended by its time limit" ;;
	*) echo "exit status $1" ;;
	esac
}

# A Criterion program. Its TAP file is the witness: a plan without its results is
# a crash, and a program without tests is a failure.
job_unit() {
	local binary=$1 name started status planned p f s note=
	name=${binary#"$build"/tests/}
	name=unit-${name//\//-}
	started=$(date +%s%3N)
	limited 120 "$logs/$name.log" "$binary" --jobs "${CRITERION_JOBS:-1}" --tap="$logs/$name.tap"
	status=$?
	touch "$logs/$name.tap"
	planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$logs/$name.tap" | head -1)
	s=$(count '^ok - .*# SKIP' "$logs/$name.tap")
	p=$(($(count '^ok - ' "$logs/$name.tap") - s))
	f=$(count '^not ok - ' "$logs/$name.tap")
	if [ $((p + f + s)) -eq 0 ] || [ $((p + f + s)) -lt "${planned:-1}" ] || { [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; }; then
		f=$((f + 1))
		note=$(why_ended "$status")
	fi
	if sanitizer_found "$name"; then
		[ "$f" -gt 0 ] || f=1
		note="a sanitizer's finding"
	fi
	s=$((s + $(count '^SKIP ' "$logs/$name.log")))
	report "$name" "$p" "$f" "$s" "$started" "$note"
	show_skips "$name"
	[ "$f" -eq 0 ] || show_log "$name"
}

# A program that prints `ok ...`, `not ok ...` and `SKIP ...` lines itself.
job_lines() {
	local name=$1 limit=$2 started status p f s note=
	shift 2
	started=$(date +%s%3N)
	limited "$limit" "$logs/$name.log" "$@"
	status=$?
	p=$(count '^ok ' "$logs/$name.log")
	f=$(count '^not ok ' "$logs/$name.log")
	s=$(count '^SKIP ' "$logs/$name.log")
	if [ $((p + f + s)) -eq 0 ] || { [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; }; then
		f=$((f + 1))
		note=$(why_ended "$status")
	fi
	if sanitizer_found "$name"; then
		[ "$f" -gt 0 ] || f=1
		note="a sanitizer's finding"
	fi
	report "$name" "$p" "$f" "$s" "$started" "$note"
	show_skips "$name"
	[ "$f" -eq 0 ] || show_log "$name"
}

job_corpus() {
	local name=${1#tests/fuzz/fuzz_}
	name=${name%.c}
	job_lines "corpus-$name" 60 "$build/tests/fuzz/fuzz_$name" "tests/fuzz/corpus/$name"
}

job_script() {
	local name=${1#tests/}
	name=${name%.sh}
	job_lines "${name//\//-}" "$2" bash "$1"
}

job_valgrind() {
	local binary=$1 name started
	name=valgrind-${binary##*/}
	job_lines "$name" 120 bash tests/run-valgrind.sh "$binary"
}

# together JOB LIST: runs `JOB item` for each word of LIST, $jobs at a time. Each
# writes to a file of its own first, so that reports do not interleave.
together() {
	local job=$1 item
	shift
	for item in "$@"; do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
			wait -n
		done
		{
			output=$($job $item)
			printf '%s\n' "$output"
		} &
	done
	wait
}

unit_programs() { find tests -name 'test_*.c' | sort | sed "s|^|$build/|; s|\.c$||"; }
part_unit() {
	if [ $# -gt 0 ]; then
		CRITERION_JOBS=2 together job_unit "${@/#/$build/}"
	else
		together job_unit $(unit_programs)
	fi
}
part_corpus() { together job_corpus $(ls tests/fuzz/fuzz_*.c 2>/dev/null); }
job_layers() { job_script "$1" 240; }
part_layers() { together job_layers tests/layers/*.sh; }
job_scenario() { job_script "$1" "${SCENARIO_LIMIT:-120}"; }
part_scenarios() { together job_scenario $(ls tests/scenarios/"${S:-}"[0-9]*.sh tests/scenarios/"${S:-[0-9]}"*.sh 2>/dev/null | sort -u); }
job_long() { job_script "$1" 600; }
part_long() { together job_long $(ls tests/long/*.sh 2>/dev/null); }
part_valgrind() { together job_valgrind $(unit_programs | grep -vxFf <(sed "/^#/d; s|^\([^ ]*\).*|$build/\1|" tests/valgrind.skip)); }

finish() {
	local result p f s
	for result in "$logs"/*.result; do
		[ -e "$result" ] || continue
		read -r p f s < "$result"
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	done
	echo "$passed passed, $failed failed, $skipped skipped" | tee "$build/summary"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

trap 'trap "" TERM; kill -TERM $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM

part=
only=()
run_part() {
	local started
	[ -n "$part" ] || return 0
	started=$(date +%s)
	echo "== $part"
	"part_$part" "${only[@]+"${only[@]}"}"
	echo "== $part took $(($(date +%s) - started)) s"
}
for word in "$@"; do
	case $word in
	tests/*) only+=("$word") ;;
	*)
		run_part
		part=$word only=()
		;;
	esac
done
run_part
finish
