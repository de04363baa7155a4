#!/bin/bash
# Devices push, one of them by two programs at once, while headquarters pulls and the relay's log is read: nothing is
# lost, nothing is twice, and each receipt holds. The same runs under ThreadSanitizer (make check-tsan).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

DEVICES=5 ROUNDS=3 EACH=20

make_project
for i in $(seq $DEVICES); do
	join "d$i"
done
serve

# pushing NAME FIRST: each round records, then syncs; the last program to fail is told.
pushing() {
	local name=$1 round status=0
	for round in $(seq 0 $((ROUNDS - 1))); do
		reports $EACH $(($2 + round * EACH)) > "$W/$name.csv"
		device "$name" add --from "$W/$name.csv" || status=$?
		device "$name" sync --relay "$URL" || status=$?
	done
	return $status
}
syncing() {
	local round status=0
	for round in $(seq $ROUNDS); do
		device "$1" sync --relay "$URL" || status=$?
	done
	return $status
}
pulling() {
	local status=0
	until [ -e "$W/stop" ]; do
		hq pull --relay "$URL" && relay status || status=$?
	done
	return $status
}

# at_once NAME COMMAND...: runs beside the others, with what it says in NAME.log.
declare -A running=()
at_once() {
	local name=$1
	shift
	"$@" > "$W/$name.log" 2>&1 &
	running[$name]=$!
}
ended_well() {
	local status
	wait "${running[$1]}"
	status=$?
	[ "$status" -eq 0 ] || sed 's/^/#   /' "$W/$1.log"
	check_same "$2" 0 "$status"
}

at_once pull pulling
for i in $(seq $DEVICES); do
	at_once "d$i" pushing "d$i" $(((i - 1) * ROUNDS * EACH + 1))
done
at_once again syncing d1
for i in $(seq $DEVICES); do
	ended_well "d$i" "device $i pushes while others do"
done
ended_well again "a second program syncs the same register"
touch "$W/stop"
ended_well pull "headquarters pulls all the while"

all=$((DEVICES * ROUNDS * EACH))
for i in $(seq $DEVICES); do
	check_same "the relay has given device $i a receipt for all" "$((ROUNDS * EACH)) $((ROUNDS * EACH))" \
		"$(status_of "d$i" | cut -d' ' -f1,2)"
done
check "headquarters pulls what is left" hq pull --relay "$URL"
check "headquarters verifies" hq verify --json
check_has "  each report is good and there once" "\"good\":$all" "$OUT"
hq export --record-level --format csv -o "$W/all.csv" 2> "$ERR"
check_same "  each figure once" "$(seq $all | sha256sum)" "$("$PYTHON" -c '
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
print("\n".join(sorted((row["individuals"] for row in rows), key=int)))' "$W/all.csv" | sha256sum)"
check "there is no gap" hq gaps
check "headquarters verifies in words" hq verify
check_has "  the relay's signed log" "all pulled, root as the relay signed it" "$OUT"
stop relay
check_same "the relay ends when told to" 0 "$STATUS"
done_here
