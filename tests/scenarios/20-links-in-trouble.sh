#!/bin/bash
# Relays that are down, false or refuse; clocks that are wrong; devices that were revoked or never known; invites that are
# late or used: what happened, that nothing was lost, what to do next, and the exit code.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

told() { check_has "  and what to do next" "  next: " "$ERR"; }

make_project
join nasib
join tiba
add_reports nasib 3
needs device tiba add kind=stock place=C5996 observed_on=2018-06-22 individuals=5

check_exit 3 "the relay is down" device nasib sync --relay https://127.0.0.1:1
check_has "  nothing is lost" "nothing is lost" "$ERR" && told
check_exit 1 "an address that is no https" device nasib sync --relay http://127.0.0.1:1
check_exit 3 "a proxy that is down" device nasib sync --proxy socks5h://127.0.0.1:1

needs sijild --home "$W/false" init --address https://relay.invalid:8443 -o "$W/false.card"
serve false
check_exit 4 "another relay under its address" device nasib sync --relay "$URL"
check_has "  nothing is sent to it" "nothing was sent" "$ERR" && told
check_exit 4 "headquarters sees it too" hq pull --relay "$URL"
check_has "  nothing is sent to it" "nothing was sent" "$ERR" && told
check_exit 1 "that relay serves no project whose descriptor does not name it" sijild --home "$W/false" grant "$W/project.bundle"
check_has "  and says who must" "sijil-hq relay add" "$ERR"
stop false
needs sijild --home "$W/ungranted" init --address https://relay.invalid:8443 -o "$W/ungranted.card"
cp "$W"/relay/*.{key,crt} "$W/ungranted/"
serve ungranted
check_exit 1 "a relay that does not serve the project" device nasib sync --relay "$URL"
check_has "  nothing is lost" "nothing is lost" "$ERR" && told
stop ungranted

fake() { FAKETIME_DONT_FAKE_MONOTONIC=1 ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 faketime "$@"; }
can_fake=$(command -v faketime)
[ -n "$can_fake" ] || skip wrong_clock "faketime is missing"

needs hq invite Late -o "$W/late.invite" --expires 1s
needs hq invite Used -o "$W/used.invite"
needs device first init --invite "$W/used.invite" --unlock-cost minimum
needs device second init --invite "$W/used.invite" --unlock-cost minimum
sleep 2.1
check_exit 1 "an invite that has expired" device late init --invite "$W/late.invite" --unlock-cost minimum
check_has "  is called so" "has expired" "$ERR" && told
check_exit 1 "an invite that is none" device none init --invite "$W/project.bundle" --unlock-cost minimum
check_exit 1 "an invite that is not there" device none init --invite "$W/nowhere" --unlock-cost minimum
check_exit 2 "no invite at all" device none init
check_exit 1 "digits alone to join with" sijil --home "$W/none" --passphrase-fd 3 init --invite "$W/used.invite" 3<<< 123456789012345
check_has "  are refused with the reason" "digits alone are refused" "$ERR"
check_exit 1 "a passphrase too short to join with" sijil --home "$W/none" --passphrase-fd 3 init --invite "$W/used.invite" 3<<< short
check_same "  and nothing is left behind" 0 "$(find "$W/none" -type f 2> /dev/null | wc -l)"
serve
late=
[ -z "$can_fake" ] || late=late
[ -z "$can_fake" ] || check "a device whose clock is dead joins with it all the same" fake '2001-01-01 00:00:00' \
	sijil --home "$W/late" --passphrase-fd 3 init --invite "$W/late.invite" --unlock-cost minimum 3<<< "$PASSPHRASE"
for name in first second $late; do
	needs device "$name" add kind=stock place=C5996 observed_on=2018-06-22 individuals=5
	check "the $name device syncs" device "$name" sync --relay "$URL"
done
check "headquarters pulls" hq pull --relay "$URL"
check "headquarters lists devices" hq device list
check_has "  one with a used invite" "DOUBLE: unconfirmed" "$OUT"
check "what it reports is kept, shown" hq list
check_same "  and contested" "${late:+Late }Used " "$(sed -n 's|^\([A-Z][a-z]*\)/.* contested .*|\1|p' "$OUT" | sort | tr '\n' ' ')"
if [ -n "$late" ]; then
	check "one that came late" hq device list
	check_has "  is marked" "LATE: unconfirmed" "$OUT"
	check "until headquarters confirms" hq device confirm Late
	check "  the late one" hq list --device Late
	check_has "    and it counts" " good " "$OUT"
fi

check "a device syncs" device tiba sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check "it revokes the device" hq device revoke "Team tiba" --reason seized
check "  and tells the relay" hq pull --relay "$URL"
check "the revoked device still records" device tiba add kind=stock place=C5996 observed_on=2018-06-22 individuals=6
check "  and syncs" device tiba sync --relay "$URL"
check "  and knows" device tiba status
check_has "    in large letters" "THIS DEVICE WAS REVOKED" "$OUT"
check "headquarters pulls" hq pull --relay "$URL"
check "headquarters lists" hq list --device "Team tiba"
check_same "  what it held is good" 1 "$(grep -c ' good ' "$OUT")"
check_same "  what came after is contested" 1 "$(grep -c ' contested ' "$OUT")"
check_exit 2 "a revocation for no known reason" hq device revoke "Team tiba" --reason whim

stop relay
cp -r "$W/relay/store" "$W/lost" && rm -rf "$W/relay/store"
needs relay grant "$W/project.bundle"
serve
needs device tiba add kind=stock place=C5996 observed_on=2018-06-22 individuals=7
check "a relay that lost its store gets everything of a device again" device tiba sync --relay "$URL"
check_same "  from the enrolment on" "3 3 1" "$(status_of tiba)"
stop relay && rm -rf "$W/relay/store" && mv "$W/lost" "$W/relay/store"
sleep 1.1 # a receipt of the same second is not a later one

serve
check "a relay whose older store is put back" device tiba sync --relay "$URL"
check "  is given what it lost when there is something new" device tiba add kind=stock place=C5996 observed_on=2018-06-22 individuals=8
check "  with the next sync" device tiba sync --relay "$URL"
check_same "  wholly" "4 4 2" "$(status_of tiba)"
if [ -n "$can_fake" ]; then
	dead() { fake '2001-01-01 00:00:00' sijil --home "$W/nasib" --passphrase-fd 3 "$@" 3<<< "$PASSPHRASE"; }
	check "a dead clock: a device records" dead add kind=stock place=C5996 observed_on=2018-06-22 individuals=8
	check "  and says that the clock was not set" device nasib show 5
	check_has "    so" "the clock was not set" "$OUT"
	check "  and syncs" dead sync --relay "$URL"
	check "headquarters' clock is years behind: it asks the relay's" fake '2001-01-01 00:00:00' sijil-hq --home "$W/hq" --passphrase-fd 3 pull --relay "$URL" 3<<< "$PASSPHRASE"
	check_has "  and gets all" "6 new reports and corrections" "$OUT"
	check "headquarters' clock is years ahead" fake '2040-01-01 00:00:00' sijil-hq --home "$W/hq" --passphrase-fd 3 pull --relay "$URL" 3<<< "$PASSPHRASE"
	check "a device's clock is years ahead" fake '2040-01-01 00:00:00' sijil --home "$W/nasib" --passphrase-fd 3 add kind=stock place=C5996 observed_on=2018-06-22 individuals=9 3<<< "$PASSPHRASE"
	check "  syncs" device nasib sync --relay "$URL"
	check "headquarters pulls" hq pull --relay "$URL"
	check "  and says that the time does not fit" hq verify -v
	check_has "    so" "does NOT fit what the relay saw" "$OUT"
fi
stop relay

# The relay's own disk fails: the operator is told, the device too, and nothing of it lasts.
# failing HOW...: serves with a store whose first write fails
failing() {
	LD_PRELOAD=$BUILD/tests/tools/fault.so FAULT_UNDER=$W/relay/store FAULT_CALLS=w FAULT_AT=1 \
		ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 serve
}
lines() { grep -c 'told to try later' "$W/relay.log"; }
needs device tiba add kind=stock place=C5996 observed_on=2018-06-22 individuals=9
FAULT_DOES=ENOSPC FAULT_LASTS=1 failing
check_exit 3 "a relay whose disk is full takes nothing" device tiba sync --relay "$URL"
check_has "  and says to try later" "503" "$ERR" && told
check_exit 3 "  nor the next time" device tiba sync --relay "$URL"
check_same "  its operator is told, once" 1 "$(lines)"
check_has "    why" "the disk is full" "$W/relay.log"
check_lacks "    and not by whom" 127.0.0.1 "$W/relay.log"
stop relay
FAULT_DOES=EIO failing
check "a relay whose disk fails once goes on" device tiba sync --relay "$URL"
check_same "  its operator is told" 1 "$(lines)"
check_same "  and it holds all that the device had" "$(status_of tiba | cut -d' ' -f1)" "$(status_of tiba | cut -d' ' -f2)"
stop relay
sqlite3 "$(find "$W/relay/store" -name '*.db' | head -1)" 'PRAGMA user_version = 99' > "$W/void"
check_exit 1 "a relay's store of a newer sijil" relay status
check_has "  is called so" "newer sijil" "$ERR" && told
done_here
