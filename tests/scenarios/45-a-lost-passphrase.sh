#!/bin/bash
# The passphrase is lost: headquarters reads out the device's recovery code, the device takes it with a new passphrase, the
# code that was used opens nothing any more, and the next one is at headquarters after the next sync.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

# with PASSPHRASE... -- NAME ARGS: a device, given those lines
with() {
	local lines=()
	while [ "$1" != -- ]; do
		lines+=("$1")
		shift
	done
	local name=$2
	shift 2
	printf '%s\n' "${lines[@]}" > "$W/lines"
	sijil --home "$W/$name" --passphrase-fd 3 "$@" 3< "$W/lines"
	local status=$?
	rm "$W/lines"
	return $status
}
code_of() { hq recover "$@" --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[0]["code"])'; }
told() { device "$1" status --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["recovery_code"])'; }

make_project
serve
check "headquarters makes an invite" hq invite "Team Nasib" -o "$W/nasib.invite"
check "a device joins" device nasib init --invite "$W/nasib.invite" --unlock-cost minimum
check_has "  and is told what number 1 is" "Number 1 of this device is its recovery code" "$OUT"
check "its status warns that nobody could help yet" device nasib status
check_has "  in a sentence" "until the next sync nobody can help with a lost passphrase" "$OUT"
check_has "  while it counts no report" "saved 0, relay holds 0, HQ has opened 0" "$OUT"
check "it records offline" device nasib add kind=stock place=C5996 observed_on=2018-06-22 individuals=300
check_same "  and counts reports only" "1 0 0" "$(status_of nasib)"
check "the list shows the report" device nasib list
check_same "  as number 2" 1 "$(grep -c '^ *2 .*300' "$OUT")"
check_lacks "  and no code" recovery "$OUT"
check_exit 1 "the code is no report that can be amended" device nasib amend 1 individuals=5
check_has "  and the device says so" "recovery code, not a report" "$ERR"
check "number 1 is shown" device nasib show 1
check_has "  without what it holds" "sealed to headquarters; this device keeps no readable copy" "$OUT"
check_exit 1 "before anything arrived, headquarters has no device to help" hq recover "Team Nasib"

check "the device syncs" device nasib sync --relay "$URL"
check_same "the relay's receipt ends the warning" held "$(told nasib)"
check "headquarters pulls" hq pull --relay "$URL"
check_has "  and counts the report, not the code" "1 new reports and corrections" "$OUT"
check "headquarters reads the code out" hq recover "Team Nasib"
check_has "  whose it is" "Team Nasib/1" "$OUT"
check_has "  when it was made" "$(date -u +%Y-)" "$OUT"
check_has "  and that there is no newer one" "the newest that reached headquarters" "$OUT"
check_has "  what it is worth" "signature is the device's" "$OUT"
check_has "  and to be careful with it" "be sure whom you read it out to" "$ERR"
first=$(code_of "Team Nasib")
check_same "it is eight words" 8 "$(tr '-' '\n' <<< "$first" | grep -cxE '[bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]')"

# Nowhere else.
id=$(device nasib show 1 --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])')
"$PYTHON" - "$first" > "$W/words" << 'PYTHON'
import sys
consonants, vowels = "bdfghjklmnprstvz", "aiou"
code = b""
for word in sys.argv[1].split("-"):
    bits = 0
    for i, letter in enumerate(word):
        bits = bits << 4 | consonants.index(letter) if i % 2 == 0 else bits << 2 | vowels.index(letter)
    code += bits.to_bytes(2, "big")
print(sys.argv[1])
print("hex:" + code.hex())
print(code.hex())
PYTHON
{
	hq list --format json
	hq list --format csv
	hq list
	hq show "Team Nasib/1"
	hq show "Team Nasib/1" --json
	hq verify -v
	hq verify --json
	hq device show "Team Nasib"
	hq gaps
	hq export --record-level
	device nasib list --all --format json
	device nasib show 1 --json
	device nasib status
} > "$W/said" 2>&1
check "no other command says it" scan "$W/said"
check_has "  though they ran" "$id" "$W/said"
hq list > "$W/listed"
check_lacks "headquarters lists no recovery" "Team Nasib/1" "$W/listed"
check_same "  and exports one row" 1 "$(hq export --record-level 2> /dev/null | grep -c 'Team Nasib')"
check_has "  and verifies one report" "1 reports and corrections: 1 good" "$W/said"
check_exit 1 "an evidence file of it is refused" hq evidence "$id" -o "$W/code.evidence"
check_has "  as nobody else's" "nobody else is to have it" "$ERR"
check "no file on either machine shows it" scan "$W/nasib" "$W/hq" "$W/relay"

# Lost.
new=lorin-kasip-momuz-tefar-zobil
check_exit 5 "another passphrase opens nothing" with "not the passphrase" -- nasib list
check_exit 5 "the code is no passphrase" with "$first" -- nasib list
check_has "  and the device says what it is for" "sijil recover takes it" "$ERR"
cp "$W/nasib/register.key" "$W/key.before"
check_exit 5 "another code does not open it" with "babab-dabab-fabab-gabab-habab-jabab-kabab-labab" "$new" -- nasib recover
check_exit 5 "nor do seven words" with "${first%-*}" "$new" -- nasib recover
check_has "  which are called that" "eight words of five letters" "$ERR"
check_lacks "  without being repeated" "${first%%-*}" "$ERR"
check_exit 5 "nor does the passphrase pass for a code" with "$PASSPHRASE" "$new" -- nasib recover
check_exit 1 "a new passphrase that is a PIN is refused" with "$first" 123456789012 -- nasib recover
check "  and nothing was changed" cmp "$W/key.before" "$W/nasib/register.key"
check "the code, typed as it was heard, opens it" with "  $(tr 'a-z-' 'A-Z ' <<< "$first") " "$new" -- nasib recover
check_has "  and the device says what comes next" "Next: sijil sync" "$OUT"
check_lacks "  without the code" "$first" "$OUT"
check_exit 5 "the lost passphrase opens it no more" device nasib list
PASSPHRASE_BEFORE=$PASSPHRASE
PASSPHRASE=$new
check "the new one does" device nasib list
check_has "  and nothing was lost" 300 "$OUT"
check_exit 5 "the code opens nothing any more" with "$first" "another-new-passphrase" -- nasib recover
check_same "the new code has not arrived" here "$(told nasib)"
check "the device goes on" device nasib add kind=stock place=C5996 observed_on=2018-06-23 individuals=310
check_same "  and counts reports" "2 1 0" "$(status_of nasib)"
check "it syncs" device nasib sync --relay "$URL"
check_same "  and is told" held "$(told nasib)"

PASSPHRASE=$PASSPHRASE_BEFORE
check "headquarters pulls" hq pull --relay "$URL"
second=$(code_of "Team Nasib")
[ "$first" != "$second" ]
check_same "headquarters has the next code" 0 "$?"
check "it can show the older one" hq recover "Team Nasib" --all
check_has "  as superseded" "SUPERSEDED" "$OUT"
check_has "  that one" "$first" "$OUT"
check "the next code opens the device" with "$second" "$PASSPHRASE" -- nasib recover
check "  which opens as before" device nasib status

# Renewed while the passphrase is known; after a new key; refused for a device that was revoked.
check "a code is renewed by choice" device nasib recover --renew
check_exit 5 "  the one before it is dead" with "$second" "$new" -- nasib recover
check "the register is rekeyed" device nasib rekey --unlock-cost minimum
check_same "  with a code that has not arrived" here "$(told nasib)"
check "the device takes a new key" device nasib device rotate
check "it syncs" device nasib sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
successor=$(device nasib device show --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["label"])')
third=$(code_of "$successor")
check "the code of the key before it opens it still" with "$third" "$PASSPHRASE" -- nasib recover
needs hq device revoke "Team Nasib"
check_exit 1 "headquarters reads out no code of a revoked device" hq recover "$successor"
check_has "  and says why" "whoever asks may be who took it" "$ERR"
check "  unless told to" hq recover "$successor" --even-revoked
check_has "  and says what it is worth" "REVOKED" "$OUT"
check_exit 1 "a device that nobody knows is named" hq recover "Team Tiba"
done_here
