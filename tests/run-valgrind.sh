#!/bin/bash
# One unit test program under valgrind, each test followed into its own process.
#   tests/run-valgrind.sh BINARY
set -u
log=$(mktemp -d) || exit 1
trap 'rm -rf "$log"' EXIT

valgrind --quiet --trace-children=yes --leak-check=full --errors-for-leak-kinds=definite \
	--error-exitcode=99 --log-file="$log/%p.txt" "$1" --jobs 1 > "$log/out" 2>&1
status=$?
name=${1##*/}
if [ "$status" -eq 0 ] && ! cat "$log"/*.txt | grep -q . && grep -q 'Synthesis: Tested: [1-9]' "$log/out"; then
	echo "ok $name is clean under valgrind"
else
	echo "not ok $name is clean under valgrind (exit status $status)"
	cat "$log/out" "$log"/*.txt | head -150
fi
