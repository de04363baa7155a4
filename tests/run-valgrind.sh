#!/bin/bash
# One unit test program under valgrind, each test followed into its own process.
# A test whose process is meant to die is no finding; an error or a definite leak is.
#   tests/run-valgrind.sh BINARY
set -u
W=$(mktemp -d) || exit 1
trap 'rm -rf "$W"' EXIT

valgrind --trace-children=yes --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
	--log-file="$W/%p.txt" "$1" --jobs 1 > "$W/out" 2>&1
status=$?
name=${1##*/}
mapfile -t findings < <(grep -LE 'ERROR SUMMARY: 0 errors' "$W"/*.txt)
if [ "$status" -eq 0 ] && [ ${#findings[@]} -eq 0 ] && grep -q 'Synthesis: Tested: [1-9]' "$W/out"; then
	echo "ok $name is clean under valgrind"
else
	echo "not ok $name is clean under valgrind (exit status $status)"
	tail -20 "$W/out"
	[ ${#findings[@]} -eq 0 ] || cat "${findings[@]}" | head -120
fi
