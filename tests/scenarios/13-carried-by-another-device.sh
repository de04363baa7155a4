#!/bin/bash
# A device's reports go by file through another device and through its sync; the courier can read nothing, and need not be trusted.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join tafas
join tiba
add_reports tafas 5
add_reports tiba 2
printf '%s\n' 'المدرسة مكتظة' C5999 C6116 C6105 'Team tafas' > "$W/words"
check "a file is handed over" device tafas bundle export -o "$W/carried.bundle"
check_has "  and its bearer is told what it shows" "can read none of them" "$ERR"
check_same "  in a file that only its owner can open" 600 "$(stat -c %a "$W/carried.bundle")"
check "  nothing of a report can be read in it" scan "$W/carried.bundle"
check "the courier's device takes it" device tiba bundle import "$W/carried.bundle"
check "the courier's device" device tiba list
check_lacks "  shows none of it" "<=5" "$OUT"
check_same "  lists its own only" 3 "$(wc -l < "$OUT")"
check "  counts what it carries" device tiba status
check_has "    six events and no more" "carrying 6 sealed events of others, unreadable here" "$OUT"
check "  keeps nothing readable" scan "$W/tiba"

serve
check "the courier syncs" device tiba sync --relay "$URL"
check_has "  its own count stays its own" "saved 2, relay holds 2" "$OUT"
check "headquarters pulls" hq pull --relay "$URL"
check_has "  both devices' reports" "7 new reports and corrections" "$OUT"
check "headquarters verifies" hq verify
check_has "  the carried chain" "chain of Team tafas: 6 of 6, whole up to 6, 6 opened" "$OUT"
check_has "  all is good" "7 good, 0 unlinked, 0 contested, 0 forged; 0 set aside" "$OUT"

check "the courier syncs again" device tiba sync --relay "$URL"
check "  and brings the answers back by file" device tiba bundle export --all -o "$W/back.bundle"
check "the first device takes them" device tafas bundle import "$W/back.bundle"
read -r _ held opened <<< "$(status_of tafas)"
check_same "  and knows what the relay holds and headquarters opened" "5 5" "$held $opened"

check "what came by file and by the relay" hq bundle import "$W/carried.bundle"
check_has "  is taken once" "0 new reports and corrections" "$OUT"
join hrak
add_reports hrak 1
check "a file goes through two devices" device hrak bundle export -o "$W/first.bundle"
needs device tafas bundle import "$W/first.bundle"
needs device tafas bundle export -o "$W/second.bundle"
check "  to headquarters" hq bundle import "$W/second.bundle"
check "  which verifies it" hq verify
check_has "  as the first one's" "chain of Team hrak: 2 of 2" "$OUT"
done_here
