#!/bin/bash
# Runs each fuzz target that is built for FUZZ_TIME seconds, two at a time. What
# it discovers stays in the build; a finding is kept there and named.
#   tests/run-fuzz.sh BUILD      F=cbor for one target
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
seconds=${FUZZ_TIME:-60}
export ASAN_OPTIONS=abort_on_error=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

fuzz_one() {
	local name=$1 found=$build/corpus/$1 findings=$build/findings/$1 log=$build/fuzz-$1.log
	mkdir -p "$found" "$findings"
	if timeout --kill-after=10 $((seconds + 120)) "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" \
		-rss_limit_mb=1024 -timeout=10 -print_final_stats=1 -artifact_prefix="$findings/" \
		"$found" $([ ! -d "tests/fuzz/corpus/$name" ] || echo "tests/fuzz/corpus/$name") > "$log" 2>&1 < /dev/null; then
		echo "ok $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, no finding"
	else
		echo "not ok $name: see $log, inputs in $findings"
		tail -40 "$log"
	fi
}

ran=0
results=$(mktemp) || exit 1
trap 'rm -f "$results"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM
for source in tests/fuzz/fuzz_"${F:-}"*.c; do
	[ -e "$source" ] || continue
	name=${source#tests/fuzz/fuzz_}
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
		wait -n
	done
	fuzz_one "${name%.c}" | tee -a "$results" &
	ran=$((ran + 1))
done
wait
[ "$ran" -gt 0 ] || { echo "no fuzz target was run"; exit 1; }
! grep -q '^not ok' "$results"
