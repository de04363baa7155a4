#!/bin/bash
# Runs the benchmarks, one after the other; each prints ratios measured in one
# interleaved run. BENCH=figures for one.
#   tests/run-bench.sh BUILD
set -u
cd "$(dirname "$0")/.." || exit 1
export SIJIL_ROOT=$PWD SIJIL_BUILD=$PWD/$1 LC_ALL=C.UTF-8
export PATH=$SIJIL_BUILD/bin:$PATH
unset MAKEFLAGS MFLAGS MAKELEVEL

echo "$(uname -m), $(nproc) processors, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1 /proc/loadavg)"
ran=0 failed=0
for script in tests/bench/"${BENCH:-}"*.sh; do
	[ -e "$script" ] || continue
	echo "== ${script##*/}"
	timeout --kill-after=5 1800 bash "$script" < /dev/null || failed=$((failed + 1))
	ran=$((ran + 1))
done
echo "$ran benchmarks ran, $failed failed"
[ "$ran" -gt 0 ] && [ "$failed" -eq 0 ]
