#!/bin/bash
# Headquarters' machine burns: from a backup of the first day everything comes back, the reports from the relay and the devices.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
check "a backup on the first day" hq backup -o "$W/hq.backup"
check_same "  readable by its owner only" 600 "$(stat -c %a "$W/hq.backup")"
check_exit 1 "  never over another file" hq backup -o "$W/hq.backup"
printf '%s\n' "$PASSPHRASE" 'Dara 2018' > "$W/words"
check "  nothing in it is readable" scan "$W/hq.backup"
fingerprint=$(hq fingerprint)
check_exit 1 "headquarters is not created over another" hq init --unlock-cost minimum Another
join nasib
join tiba
add_reports nasib 5
serve
needs device nasib sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
needs device nasib sync --relay "$URL"
listed=$(hq list --format csv | sort | sha256sum)

rm -rf "$W/hq"
check_exit 1 "the machine is lost" hq list
check_has "  and headquarters is told what to do" "sijil-hq restore FILE" "$ERR"
check_exit 5 "a backup without its passphrase is worth nothing" sijil-hq --home "$W/hq" --passphrase-fd 3 restore "$W/hq.backup" 3<<< "not the passphrase"
check "it is restored" hq restore "$W/hq.backup"
check_same "  as the same project" "$fingerprint" "$(hq fingerprint)"
check_exit 1 "  and not over a register" hq restore "$W/hq.backup"
check_has "    which is left" "left as it is" "$ERR"
check_exit 1 "it signs no settings before it knows what was signed since" hq project policy retention=never
check_has "  and says what to do" "sijil-hq pull" "$ERR"
check_same "  nor is anything changed" 0 "$(hq project show | grep -c retention=never)"
check "it pulls" hq pull --relay "$URL"
check_has "  all again" "5 new reports and corrections" "$OUT"
check_same "the same reports are there" "$listed" "$(hq list --format csv | sort | sha256sum)"
check "headquarters verifies" hq verify
check_has "  all good" "5 reports and corrections: 5 good" "$OUT"

# The invites of the lost days are still good, and new reports of old devices as well.
needs device tiba add kind=stock place=C5996 observed_on=2018-06-22 individuals=7
needs device nasib add kind=stock place=C5996 observed_on=2018-06-22 individuals=8
needs device tiba sync --relay "$URL"
needs device nasib sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check_has "  from a device that was invited after the backup, too" "2 new reports and corrections" "$OUT"
check "headquarters signs on" hq project policy retention=until_receipt
check "  tells the relay" hq pull --relay "$URL"
check "  and the devices follow" device nasib sync --relay "$URL"
check_has "    the new settings" "headquarters changed the project's settings" "$OUT"
needs hq invite "Team Tafas" -o "$W/tafas.invite"
check "it invites on" device tafas init --invite "$W/tafas.invite" --unlock-cost minimum
check_same "  into the same project" "$fingerprint" "$(sed -n 's/^  project  //p' "$OUT")"
check "a second backup" hq backup -o "$W/second.backup"

rm -rf "$W/hq" && needs hq restore "$W/second.backup"
needs hq pull --relay "$URL"
check "restored from the second, after a pull it signs on" hq project policy retention=keep
needs hq pull --relay "$URL"
check "  and the devices follow" device nasib sync --relay "$URL"
check_has "    again" "headquarters changed the project's settings" "$OUT"
as_is() { sijil-hq --home "$W/as-is" --passphrase-fd 3 "$@" 3<<< "$PASSPHRASE"; }
check "a backup that is known to be the newest" as_is restore --as-is "$W/second.backup"
check "  signs at once" as_is project policy retention=never

elsewhere() { sijil-hq --home "$W/elsewhere" --passphrase-fd 3 restore "$1" 3<<< "$PASSPHRASE"; }
cp "$W/hq.backup" "$W/broken.backup" && flip "$W/broken.backup" 2000
check_exit 4 "a damaged backup is named" elsewhere "$W/broken.backup"
head -c 3000 "$W/hq.backup" > "$W/short.backup"
check_exit 1 "half a backup is none" elsewhere "$W/short.backup"
check_exit 1 "nor is another file" elsewhere "$W/project.bundle"
check_has "  and it says so" "no backup" "$ERR"

# The relay is lost as well: the devices' own copies by file.
stop relay
rm -rf "$W/hq" "$W/relay"
check "headquarters from the first backup, and no relay" hq restore "$W/hq.backup"
needs device tiba bundle export --all -o "$W/tiba.bundle"
check "it takes what a device still has" hq bundle import "$W/tiba.bundle"
check_has "  by file" "1 new reports and corrections" "$OUT"
done_here
