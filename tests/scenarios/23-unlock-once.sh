#!/bin/bash
# The data key stays in the kernel's keyring between commands, for a while.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
add_reports nasib 2
locked() { sijil --home "$W/nasib" "$@" < /dev/null; }

check_exit 5 "without a passphrase nothing opens" setsid sijil --home "$W/nasib" list
check_has "  and it says how to give one" "--passphrase-fd" "$ERR"
if ! device nasib unlock --for 1m > "$OUT" 2> "$ERR"; then
	check_has "where there is no keyring it says so" "keyring" "$ERR"
	skip "unlock" "this kernel gives no keyring"
	done_here
	exit
fi
check "unlocked, commands ask nothing" locked list
check_has "  and read" "C5999" "$OUT"
check "  and write" locked add kind=stock place=C5999 observed_on=2018-06-21 individuals=5
check "lock ends it" locked lock
check_exit 5 "  at once" setsid sijil --home "$W/nasib" list
check "locking twice is harmless" locked lock

check "unlocked for two seconds" device nasib unlock --for 2s
check "  it is open" locked status
check "  and closes by itself" wait_for 10 eval '! setsid sijil --home "$W/nasib" status > /dev/null 2>&1'
check_exit 2 "more than a day is refused" device nasib unlock --for 25h
check_exit 2 "a time that is none is named" device nasib unlock --for soon
check_has "  soon" "'soon'" "$ERR"
check_exit 5 "a wrong passphrase unlocks nothing" sijil --home "$W/nasib" --passphrase-fd 3 unlock 3<<< "not the passphrase"
check_exit 5 "  nothing" setsid sijil --home "$W/nasib" list

check "another project's keyring entry does not open this one" hq unlock --for 1m
check_exit 5 "  it does not" setsid sijil --home "$W/nasib" list
check "headquarters locks too" sijil-hq --home "$W/hq" lock
done_here
