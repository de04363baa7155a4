#!/bin/bash
# `make demo` shows what it promises.
. "$(dirname "$0")/lib.sh"

check "the demo plays to its end" "$ROOT/tests/demo/demo.sh" "$BUILD"
check_has "  the thief's control finds what stands in plain SQLite" "المدرسة مكتظة (UTF-8)" "$OUT"
check_has "  and in the registers nothing" "0 found" "$OUT"
check_same "    wherever it looks, and in the middle of a write too" "3 0 found" \
	"$(grep 'searched' "$OUT" | grep -v 'plain SQLite' | sed 's/.*: //' | sort | uniq -c | xargs)"
check_has "    with a journal on the disk" "stopped in the middle of a write, its journal on disk: searched" "$OUT"
check_has "  the relay gives receipts" "saved 5, relay holds 5" "$OUT"
check_has "  headquarters verifies all" "13 reports and corrections: 13 good" "$OUT"
check_has "  three figures stand for one day" "<=25000" "$OUT"
check_has "  evidence is genuine" "VERDICT: genuine." "$OUT"
check_has "  acknowledgements flow back" "HQ has opened 5" "$OUT"
check_has "  the tampered object is named" "forged or altered" "$ERR"
check_same "  and nothing is left behind" 0 "$(find "$TMPDIR" -maxdepth 1 -name 'sijil-demo.*' | wc -l)"
done_here
