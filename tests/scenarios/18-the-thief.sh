#!/bin/bash
# Whoever takes the disk, the relay's or a carried file finds no word of a report in any file, in any form, also in the
# middle of a write; and no passphrase or key of the device in any process.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
join tiba
cat > "$W/words" <<- WORDS
	C5999
	C6116
	C6105
	SY1200
	المدرسة مكتظة
	مزرعة شرق طفس
	abu_omar
	local_council
	airstrike_shelling
	Team nasib
	hex:a1016543353939
	hex:a201654336313136
	$PASSPHRASE
WORDS

report=(kind=arrival 'place=مزرعة شرق طفس (near SY1200)' 'origin=C6116:60; C6105:40' observed_on=2018-06-21 individuals=250-400
	reason=airstrike_shelling 'sources=local_council B #abu_omar' note='المدرسة مكتظة')
mkdir "$W/control"
sqlite3 "$W/control/plain.db" "CREATE TABLE report (fields); INSERT INTO report VALUES ('${report[*]} C5999')"
check_exit 1 "the thief finds every word in a plain database" scan "$W/control"
check_same "  nine words" 9 "$(grep -c 'plain.db' "$OUT")"
"$PYTHON" -c 'import sys, unicodedata
text = "المدرسة مكتظة"
open(sys.argv[1] + "/16le", "wb").write(text.encode("utf-16-le"))
open(sys.argv[1] + "/16be", "wb").write(text.encode("utf-16-be"))
open(sys.argv[1] + "/cbor", "wb").write(bytes.fromhex("a201654336313136"))' "$W/control"
check_exit 1 "  and in other forms" scan "$W/control"
for form in 'UTF-16LE' 'UTF-16BE' 'CBOR'; do
	check_has "    $form" "($form)" "$OUT"
done

needs device nasib add "${report[@]}"
needs device nasib amend 2 individuals=300
add_reports nasib 20
needs device nasib backup -o "$W/nasib.backup"
needs device nasib bundle export -o "$W/carried.bundle"
needs device tiba bundle import "$W/carried.bundle"
serve
needs device nasib sync --relay "$URL"
needs hq pull --relay "$URL"
needs hq verify
needs hq list
needs hq backup -o "$W/hq.backup"
needs device nasib sync --relay "$URL"
check "he finds none on devices, at headquarters, in backups, on the way, at the relay, in the temporary folder" \
	scan "$W"/{nasib,tiba,hq,relay,tmp,run,home} "$W"/{nasib.backup,hq.backup,carried.bundle,project.bundle,relay.card,relay.log}
check_has "  in many files" "0 found" "$OUT"

# Stopped in the middle of a write, with the journal on the disk.
reports 4000 > "$W/many.csv"
stopped_in_a_write() {
	local name=$1 journal=$2 pid=$PID
	until [ -s "$journal" ] || ! kill -0 "$pid" 2> /dev/null; do :; done
	kill -STOP "$pid"
	check "$name is stopped in the middle of a write" [ -s "$journal" ]
	check "  no word in the register or its journal" scan "$(dirname "$journal")" "$W/tmp"
	tr '\0' '\n' < "/proc/$pid/cmdline" > "$W/process"
	{ tr '\0' '\n' < "/proc/$pid/environ" >> "$W/process"; } 2> /dev/null
	check_lacks "  no passphrase in its arguments and environment" "$PASSPHRASE" "$W/process"
	check_same "  it may leave no core" 0 "$(awk '/Max core file size/ { print $5 + $6 }' "/proc/$pid/limits")"
	# Root may look into anything; what others may is told by whom /proc gives its files to.
	[ "$(id -u)" -eq 0 ] || check_same "  its own user may not look into it" root "$(stat -c %U "/proc/$pid/mem")"
	kill -CONT "$pid"
	wait "$pid"
	check_same "  it goes on and ends well" 0 "$?"
	unset "started[$name]"
}
start import bash -c 'exec sijil --home "$0" --passphrase-fd 3 add --from "$2" 3<<< "$1"' "$W/nasib" "$PASSPHRASE" "$W/many.csv"
stopped_in_a_write import "$W/nasib/register.db-journal"
needs device nasib bundle export -o "$W/large.bundle"
start take bash -c 'exec sijil-hq --home "$0" --passphrase-fd 3 bundle import "$2" 3<<< "$1"' "$W/hq" "$PASSPHRASE" "$W/large.bundle"
stopped_in_a_write take "$W/hq/register.db-journal"
check "afterwards nothing is readable either" scan "$W"/{nasib,hq,tmp,large.bundle}
check_exit 26 "the register is no database for others" sqlite3 "$W/nasib/register.db" 'SELECT * FROM sqlite_master'

# Ended by a signal that would dump core.
start dump bash -c 'ulimit -c unlimited 2> /dev/null; cd "$3" && exec sijil --home "$0" --passphrase-fd 3 add --from "$2" 3<<< "$1"' "$W/tiba" "$PASSPHRASE" "$W/many.csv" "$W/run"
wait_for 20 test -s "$W/tiba/register.db-journal"
stop dump SEGV
check_same "a crash leaves no core" "" "$(find "$W/run" -name 'core*')"
check "  and no word" scan "$W/tiba" "$W/run" "$W/tmp"

# A project that keeps no readable copies.
needs hq project policy retention=never
needs hq bundle export -o "$W/news.bundle"
needs device tiba bundle import "$W/news.bundle"
needs device tiba add "${report[@]}"
check "where the project keeps no readable copies, the device shows none" device tiba show 2
check_lacks "  not with the passphrase either" "SY1200" "$OUT"
check_has "  and says so" "no readable copy" "$OUT"
done_here
