#!/bin/bash
# The figures that sijil promises, one row each: our code against its bare limit,
# in turns, the ratio of their times and the bar. BENCH_LONG=1 takes the full sizes.
# A bar that is missed is shown and fails nothing.
set -u
# On the disk that the build is on: a durable commit on a tmpfs is none.
work=$(mktemp -d "$SIJIL_BUILD/figures-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT

print_row() {
	printf '%-50s %10s %10s %7s %-17s %7s %-8s %s\n' "$@"
}

# A command that reports the median start time of the program given, for ratio.py.
start_of() {
	echo "hyperfine -N --style none --warmup 5 --runs 40 --export-csv '$work/times.csv' \"$1\" > /dev/null 2>&1 &&
		awk -F, 'NR == 2 { print \"figure start\", \$4 * 1000, \"ms\" }' '$work/times.csv'"
}

# `ratio.py` says "LABEL VALUE UNIT" of the base, and "LABEL VALUE UNIT RATIO times BASE [LOW .. HIGH]".
start_row() {
	"$SIJIL_ROOT/tests/bench/ratio.py" --rounds 15 \
		"sqlite3=$(start_of "sqlite3 :memory: 'select 1'")" \
		"sijil=$(start_of "$SIJIL_BUILD/bin/sijil --version")" > "$work/times" || return 1
	local bare ours ratio low high verdict=MISSED
	bare=$(awk '$1 == "sqlite3" { printf "%.1f ms", $2 }' "$work/times")
	read -r ours ratio low high < <(awk '$1 == "sijil" { printf "%.1f %s %s %s\n", $2, $4, $7, $9 }' "$work/times")
	awk "BEGIN { exit !($ratio <= 1.25) }" && verdict=met
	print_row "sijil --version / sqlite3 :memory: select 1" "$ours ms" "$bare" "$ratio" "$low .. $high" "" "<= 1.25" "$verdict"
}

failed=0
print_row 'figure' 'ours' 'bare' 'ratio' '[middle half]' 'on CPU' 'bar' ''
for name in report verify unlock save start vault; do
	mkdir "$work/$name" || exit 1
	if [ "$name" = start ]; then
		start_row
	else
		"$SIJIL_BUILD/tests/bench/bench_$name" "$work/$name"
	fi > "$work/row" || { echo "$name failed"; failed=1; }
	tee -a "$work/rows" < "$work/row"
	rm -rf "${work:?}/$name"
done
echo "$(grep -c ' met$' "$work/rows") met, $(grep -c ' MISSED$' "$work/rows") missed"
exit "$failed"
