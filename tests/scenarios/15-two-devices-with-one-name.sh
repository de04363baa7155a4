#!/bin/bash
# Two devices under one label: two chains, two ids, and who names the label alone is asked which.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join first "Team Nasib"
join second "Team Nasib"
add_reports first 3
add_reports second 2
for name in first second; do
	needs device "$name" bundle export -o "$W/$name.bundle"
	check "headquarters takes the $name device's file" hq bundle import "$W/$name.bundle"
done
check "headquarters verifies" hq verify
check_same "  two chains" 2 "$(grep -c '^chain of Team Nasib' "$OUT")"
check_has "  one of four" "chain of Team Nasib: 4 of 4" "$OUT"
check_has "  one of three" "chain of Team Nasib: 3 of 3" "$OUT"
check "headquarters lists" hq list
check_same "  all five" 5 "$(grep -c 'C5999' "$OUT")"
check "headquarters lists devices" hq device list --json
ids=$("$PYTHON" -c 'import json, sys; print(*[d["id"] for d in json.load(open(sys.argv[1]))])' "$OUT")
check_same "  under two ids" 2 "$(tr ' ' '\n' <<< "$ids" | sort -u | wc -l)"
check_exit 1 "the label alone does not say which device" hq device show "Team Nasib"
check_has "  and headquarters is told so" "names more than one device" "$ERR"
check_exit 1 "nor does it say which report" hq show "Team Nasib/1"
check "the id does" hq device show "${ids%% *}"
check "  to confirm it" hq device confirm "${ids%% *}"
check "headquarters lists devices" hq device list
check_same "  one is confirmed" 1 "$(grep -c ' confirmed ' "$OUT")"
check_same "  the other is not" 1 "$(grep -c ' enrolled ' "$OUT")"
done_here
