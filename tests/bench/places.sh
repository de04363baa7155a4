#!/bin/bash
# A place found among 50,000, against a limit of 20 ms; and where the shared data is, how many real spellings find the right one.
set -u
try=$SIJIL_BUILD/tests/tools/places_try
tools=$SIJIL_ROOT/tests/tools
data=$SIJIL_ROOT/../shared/data
python=/usr/bin/python3
work=$(mktemp -d "$SIJIL_BUILD/places-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT

"$python" "$SIJIL_ROOT/tests/bench/invented_places.py" 50000 table > "$work/invented.csv"
"$python" "$SIJIL_ROOT/tests/bench/invented_places.py" 50000 spellings > "$work/spellings"
mkdir "$work/db"
"$try" "$work/db" "$work/invented.csv" < "$work/spellings" > "$work/answers" 2> "$work/times" || { cat "$work/times"; exit 1; }
# By the processor's clock, for a machine that does other things too; by the wall clock it is seen.
awk '/^answers/ { printf "a place among 50,000: on the processor median %.1f ms, 99 of 100 within %.1f ms (wall clock %.1f and %.1f), limit 20 ms: %s\n",
	$15 / 1000, $17 / 1000, $4 / 1000, $10 / 1000, $17 <= 20000 ? "met" : "MISSED" }' "$work/times"
printf 'the file of 50,000 places: %d KiB\n' $(($(stat -c %s "$work/db/places.db") / 1024))

# recall TITLE SPELLINGS [FILE...]: thousandths right first and in the first five
recall() {
	local title=$1 spellings=$2
	shift 2
	rm -rf "$work/db" && mkdir "$work/db"
	"$try" "$work/db" "$data/syria-cod-pplp/syr_pplp_adm4_unocha_20210113.csv" "$data/syria-cod-pplp/syr_admbnda_adm3_uncs_unocha_20201217.csv" \
		"$data/syria-xlsform-2016/external_choices.csv" "$@" < "$spellings" > "$work/answers" 2> "$work/times" || { cat "$work/times"; return 1; }
	awk -F '\t' -v title="$title" '{ n++; first += $1 == 1; five += $1 >= 1 && $1 <= 5; sure += $2; wrong += $2 && $1 != 1 }
		END { printf "%-58s %5d spellings, right first %.1f %%, in five %.1f %%, taken for sure %.1f %%, of these wrong %.1f %%\n", title, n, 100 * first / n, 100 * five / n, 100 * sure / n, sure ? 100 * wrong / sure : 0 }' "$work/answers"
}

[ -d "$data/geonames" ] || { echo "no shared data here: real spellings are not measured"; exit 0; }
"$python" "$tools/spellings.py" "$data" some > "$work/geonames-some.txt"
for half in train held; do
	"$python" "$tools/spellings.py" "$data" $half > "$work/$half"
	"$python" "$tools/spellings.py" "$data" $half-others > "$work/others"
	awk -F '\t' '{ print $1 "\t" $2 "\t" }' "$work/$half" > "$work/nowhere"
	recall "$half, COD lists, from a place nearby" "$work/$half"
	recall "$half, COD lists, from nowhere" "$work/nowhere"
	recall "$half, half of GeoNames' names beside, the others asked" "$work/others" "$work/geonames-some.txt"
done
