#!/bin/bash
# The vault beside Debian's SQLCipher, same rows and settings: within 5 % of it or ahead, line by line; then, only to
# be seen, the write-ahead log and a plain table of 300-byte rows.
set -u
peers=$SIJIL_BUILD/tests/bench/peers
rows=20000
[ -z "${BENCH_LONG:-}" ] || rows=100000
work=$(mktemp -d "$SIJIL_BUILD/peers-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT

compare() { # MODE TABLES OPTION...
	echo "-- $2 tables, journal mode $1, $rows rows"
	"$SIJIL_ROOT/tests/bench/ratio.py" --rounds 5 "${@:3}" \
		"sqlcipher=$peers/store_load_sqlcipher '$work' sqlcipher $1 $2 $rows" \
		"vault=$peers/store_load '$work' vault $1 $2 $rows" \
		"plain=$peers/store_load '$work' plain $1 $2 $rows"
}

bars=()
for line in bulk_row cold_scan_row warm_point_read one_durable_row file_size; do
	bars+=(--most "vault:$line:1.05")
done
compare truncate register "${bars[@]}"
compare wal register
compare truncate flat
# A bar that is missed is shown and fails nothing.
exit 0
