#!/bin/bash
# The main job, end to end, on this machine alone: three devices record the displacement of Dar'a in June 2018
# offline, one of them sends its reports through another, a relay that can read nothing keeps them,
# headquarters verifies. Everything happens in a temporary folder that is removed at the end.
set -euo pipefail

build=$(cd "${1:?usage: demo.sh BUILD}" && pwd)
samples=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/sijil-demo.XXXXXX")
relay_pid= stopped_pid=
cleanup() {
	[ -z "$relay_pid" ] || kill "$relay_pid" 2>/dev/null || true
	[ -z "$stopped_pid" ] || kill -KILL "$stopped_pid" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Whatever a program puts into the temporary folder is searched too.
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

say() { printf '\n== %s\n' "$*"; }

# The passphrases live in this shell alone and reach the programs through a pipe.
hq() { "$build/bin/sijil-hq" --home "$work/hq" --passphrase-fd 3 "$@" 3<<<"$hq_passphrase"; }
device() { local name=$1; shift; "$build/bin/sijil" --home "$work/$name" --passphrase-fd 3 "$@" 3<<<"$field_passphrase"; }
relay() { "$build/bin/sijild" --home "$work/relay" "$@"; }
hq_passphrase=$(head -c 18 /dev/urandom | base64)
field_passphrase=$(head -c 18 /dev/urandom | base64)

say "Headquarters creates a project; the relay makes its own keys and a public card"
hq init --quiet --unlock-cost minimum "Dar'a, June 2018"
relay init --quiet --address https://relay.invalid:8443 -o "$work/relay.card"
hq relay add "$work/relay.card" --quiet | tail -1
hq backup -o "$work/hq.backup" | sed "s|$work/||"
hq bundle export --quiet -o "$work/project.bundle"
relay grant "$work/project.bundle"

say "Three invites; three devices join, with no network"
for team in Nasib Tiba Tafas; do
	name=$(tr '[:upper:]' '[:lower:]' <<<"$team")
	hq invite --quiet "Team $team" -o "$work/$name.invite"
	device "$name" init --invite "$work/$name.invite" --unlock-cost minimum | sed -n 1p
	rm "$work/$name.invite"
done

say "They record, offline: families and persons, ranges, three figures for one day"
for name in nasib tiba tafas; do
	device "$name" add --from "$samples/$name.csv"
done
device nasib amend 3 individuals=1250-2000 household_link="ind_from_hh 5.0"
device tafas retract 5 --reason duplicate
device nasib list
device nasib status | sed -n 2p

say "What the disk shows to a thief"
cat >"$work/words" <<'WORDS'
C5999
C5996
C6116
C6105
SY1200
نصيب
المدرسة مكتظة
مزرعة شرق طفس
local_council
Team Nasib
hex:a1016543353939
WORDS
printf '%s\n' "$field_passphrase" "$hq_passphrase" >>"$work/words"
mkdir "$work/control"
sqlite3 "$work/control/plain.db" "CREATE TABLE report (place, note); INSERT INTO report VALUES ('C5999', 'المدرسة مكتظة')"
"$build/tests/tools/thief" "$work/words" "$work/control" | sed "s|^|  plain SQLite, as a control: |; s|$work/control/||" || true
"$build/tests/tools/thief" "$work/words" "$work"/{nasib,tiba,tafas,hq,relay,tmp} "$work"/*.{backup,card,bundle} |
	sed 's/^/  registers, relay, backup, bundle, temporary folder: /'
cp -r "$work/nasib" "$work/stopped"
awk 'NR == 1 || NR == 3; END { for (i = 0; i < 3000; i++) print row } NR == 3 { row = $0 }' "$samples/nasib.csv" >"$work/control/many.csv"
"$build/bin/sijil" --home "$work/stopped" --passphrase-fd 3 add --from "$work/control/many.csv" 3<<<"$field_passphrase" >/dev/null &
stopped_pid=$!
until [ -s "$work/stopped/register.db-journal" ] || ! kill -0 "$stopped_pid" 2>/dev/null; do :; done
kill -STOP "$stopped_pid"
"$build/tests/tools/thief" "$work/words" "$work"/{stopped,tmp} |
	sed 's/^/  a copy, stopped in the middle of a write, its journal on disk: /'
kill -KILL "$stopped_pid"
{ wait "$stopped_pid" || true; } 2>/dev/null
stopped_pid=

say "A link appears: the relay starts, two devices sync, the third goes through another"
mkfifo "$work/ready"
# Not through the function: $! would be a shell around it.
"$build/bin/sijild" --home "$work/relay" serve --quiet --listen 127.0.0.1:0 --ready-fd 4 4>"$work/ready" &
relay_pid=$!
read -r port <"$work/ready"
url=https://127.0.0.1:$port
device nasib sync --relay "$url"
device tafas bundle export --quiet -o "$work/carried.bundle"
echo "Team Tafas hands a file of $(stat -c %s "$work/carried.bundle") bytes to Team Tiba, who cannot read it:"
device tiba bundle import "$work/carried.bundle"
device tiba sync --relay "$url"
echo "a second sync has nothing to send:"
device nasib sync --relay "$url"
"$build/tests/tools/thief" "$work/words" "$work/relay" "$work/carried.bundle" | sed 's/^/  what the relay and the courier hold: /'

say "Headquarters pulls, verifies each signature and chain, opens and lists"
hq pull --relay "$url"
hq verify
echo
hq list
hq device list

say "Acknowledgements flow back"
device nasib sync --relay "$url"
device nasib status | sed -n 2p

say "One report for a third party: one file, one fingerprint, no key"
fingerprint=$(hq fingerprint)
report="Team Nasib/2"
hq evidence --quiet "$report" -o "$work/report.evidence"
"$build/bin/sijil" verify "$work/report.evidence" --project "$fingerprint" | tail -n 18

say "A tampered object is refused and named"
cp "$work/carried.bundle" "$work/tampered.bundle"
middle=$(($(stat -c %s "$work/tampered.bundle") / 2))
byte=$(od -An -tu1 -j "$middle" -N 1 "$work/tampered.bundle")
printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$work/tampered.bundle" bs=1 seek="$middle" conv=notrunc status=none
if hq bundle import "$work/tampered.bundle"; then
	echo "the tampered bundle was taken"; exit 1
fi
if hq verify | grep 'set aside'; then
	echo "verify did not name it"; exit 1
fi

kill "$relay_pid"; wait "$relay_pid" 2>/dev/null || true
relay_pid=
say "Done: recorded offline, sealed, carried, verified"
