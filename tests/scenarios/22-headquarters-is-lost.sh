#!/bin/bash
# A backup brings headquarters back, with its keys and all that the relay holds.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
check_exit 2 "a backup wants a place" hq backup
check "headquarters is backed up" hq backup -o "$W/hq.backup"
check_same "  for its owner alone" 600 "$(stat -c %a "$W/hq.backup")"
check_exit 1 "  and no backup is overwritten" hq backup -o "$W/hq.backup"
fingerprint=$(hq fingerprint)
add_reports nasib 5
serve
needs device nasib sync --relay "$URL"
needs hq pull --relay "$URL"
hq list > "$W/before"

check_exit 1 "a backup is not laid over a register" hq restore "$W/hq.backup"
check_has "  which was left" "left as it is" "$ERR"
rm -rf "$W/hq"
check_exit 5 "a backup opens with its passphrase alone" \
	sijil-hq --home "$W/hq" --passphrase-fd 3 restore "$W/hq.backup" 3<<< "another passphrase"
check_exit 1 "  and a failed restore leaves no register" hq list
check "headquarters is restored" hq restore "$W/hq.backup"
check_same "it is the same project" "$fingerprint" "$(hq fingerprint)"
check "it pulls what came since" hq pull --relay "$URL"
hq list > "$W/after"
check "and lists the same" cmp "$W/before" "$W/after"
check "and verifies it" hq verify
check "it invites as before" hq invite "Team Tiba" -o "$W/tiba.invite"
check "a device joins" device tiba init --invite "$W/tiba.invite" --unlock-cost minimum
check_same "  the same project" "$fingerprint" "$(sed -n 's/^  project  //p' "$OUT")"

cp "$W/hq.backup" "$W/broken.backup"
flip "$W/broken.backup" 2000
check_exit 4 "a damaged backup is named" sijil-hq --home "$W/hq2" --passphrase-fd 3 restore "$W/broken.backup" 3<<< "$PASSPHRASE"
head -c 3000 "$W/hq.backup" > "$W/short.backup"
check_exit 1 "half a backup is none" sijil-hq --home "$W/hq3" --passphrase-fd 3 restore "$W/short.backup" 3<<< "$PASSPHRASE"
echo "not a backup" > "$W/other"
check_exit 1 "another file is none" sijil-hq --home "$W/hq3" --passphrase-fd 3 restore "$W/other" 3<<< "$PASSPHRASE"
check_has "  and it says so" "no backup" "$ERR"
done_here
