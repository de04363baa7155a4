#!/bin/bash
# Each thing that goes wrong has a sentence, loses nothing, says what to do, and has its exit code.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
add_reports nasib 5
cp -a "$W/nasib" "$W/kept"
again() { rm -rf "$W/nasib" && cp -a "$W/kept" "$W/nasib"; }

check_exit 5 "a wrong passphrase" sijil --home "$W/nasib" --passphrase-fd 3 list 3<<< "not the passphrase"
check_has "  is said to be wrong" "wrong passphrase" "$ERR"
check_exit 5 "an empty passphrase" sijil --home "$W/nasib" --passphrase-fd 3 list 3< /dev/null
check_exit 1 "digits alone" sijil-hq --home "$W/pin" --passphrase-fd 3 init --unlock-cost minimum X 3<<< 123456789012345
check_has "  are refused with the reason" "digits alone are refused" "$ERR"

flip "$W/nasib/register.key" 3000
check_exit 4 "a damaged key file" device nasib list
check_has "  is named" "the key file was altered" "$ERR"
again
flip "$W/nasib/register.db" 9000
check_exit 4 "a damaged database" device nasib list
check_has "  is named" "damaged" "$ERR"
again
truncate -s 5000 "$W/nasib/register.db"
check_exit 4 "half a database" device nasib list
again
rm "$W/nasib/register.db"
device nasib list > "$OUT" 2> "$ERR"
check_same "a database that is gone is an error" 1 "$(($? != 0))"
again
printf '\x63' | dd of="$W/nasib/register.key" bs=1 seek=8 conv=notrunc status=none
check_exit 1 "a key file of a newer format" device nasib list
check_has "  asks for a newer sijil" "newer" "$ERR"
again

check_exit 1 "no relay in the project" sijil --home "$W/nasib" --passphrase-fd 3 bundle import /nonexistent 3<<< "$PASSPHRASE"
needs hq bundle export -o "$W/answers"
needs device nasib bundle import "$W/answers"
port=$(free_port)
check_exit 3 "a relay that is down" device nasib sync --relay "https://127.0.0.1:$port"
check_has "  is said to be out of reach" "cannot be reached" "$ERR"
check_has "  and that nothing is lost" "nothing is lost" "$ERR"
check_exit 3 "  headquarters too" hq pull --relay "https://127.0.0.1:$port"
check_same "nothing was" "5 0 0" "$(status_of nasib)"

needs sijild --home "$W/impostor" init --address https://relay.invalid:8443 -o "$W/impostor.card"
serve impostor
check_exit 4 "an impostor at the relay's address" device nasib sync --relay "$URL"
check_has "  is named, and got nothing" "not the project's relay" "$ERR"
check_same "  and nothing counts as received" "5 0 0" "$(status_of nasib)"
stop impostor
check_exit 1 "an address without TLS is refused" device nasib sync --relay "http://127.0.0.1:$port"

serve
head -c 100000 /dev/urandom > "$W/noise"
check_exit 1 "a bundle of noise" device nasib bundle import "$W/noise"
check_exit 1 "  at headquarters" hq bundle import "$W/noise"
check "the relay goes on" device nasib sync --relay "$URL"
check_same "  and holds all" "5 5 0" "$(status_of nasib)"

needs hq invite late -o "$W/late.invite" --expires 1s
sleep 2
check_exit 1 "an invite that has expired" device late init --invite "$W/late.invite" --unlock-cost minimum
check_has "  says so" "expired" "$ERR"
check_same "  and leaves no register" 0 "$(find "$W/late" -type f 2> /dev/null | wc -l)"
echo nonsense > "$W/bad.invite"
check_exit 1 "what is no invite" device late init --invite "$W/bad.invite" --unlock-cost minimum
check_exit 2 "no invite at all" device late init --unlock-cost minimum

needs hq pull --relay "$URL"
needs hq device revoke "Team nasib" --reason lost
needs hq pull --relay "$URL"
check "a revoked device still syncs" device nasib sync --relay "$URL"
check "  and knows" device nasib status
check_has "  that it was revoked" "REVOKED" "$OUT"
check "  and still records" device nasib add kind=stock place=C5999 observed_on=2018-06-25 individuals=9
needs device nasib sync --relay "$URL"
needs hq pull --relay "$URL"
check "headquarters shows it" hq show "Team nasib/6"
check_has "  contested, whatever its clock says" "CONTESTED" "$OUT"
check "  and what was held before is good" hq show "Team nasib/5"
check_has "  within what stays good" "within what stays good" "$OUT"

if [ "$(id -u)" -eq 0 ] && mkdir "$W/small" && mount -t tmpfs -o size=1m tmpfs "$W/small" 2> /dev/null; then
	cp -a "$W/nasib" "$W/small/nasib"
	before=$(sijil --home "$W/small/nasib" --passphrase-fd 3 list --all 3<<< "$PASSPHRASE" | md5sum)
	reports 2000 > "$W/reports.csv"
	sijil --home "$W/small/nasib" --passphrase-fd 3 add --from "$W/reports.csv" 3<<< "$PASSPHRASE" > "$OUT" 2> "$ERR"
	check_same "a full disk is an error" 1 $?
	check_has "  with a sentence" "full" "$ERR"
	check_same "  and nothing is lost or half saved" "$before" \
		"$(sijil --home "$W/small/nasib" --passphrase-fd 3 list --all 3<<< "$PASSPHRASE" | md5sum)"
	umount "$W/small"
else
	skip "full disk" "no small file system can be mounted here"
fi
done_here
