#!/bin/bash
# A register that cannot be opened or written: what happened, that nothing was lost, what to do next, and the exit code.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

# told TEXT: the last command's error says what to do next, too.
told() {
	check_has "  and what to do next" "  next: " "$ERR"
	check_same "  in few words" 1 "$(($(wc -l < "$ERR") <= 3))"
}
with() { sijil --home "$1" --passphrase-fd 3 "${@:3}" 3<<< "$2"; }

make_project
join nasib
add_reports nasib 3

check_exit 5 "a wrong passphrase" with "$W/nasib" "not the passphrase at all" list
check_has "  is called so" "passphrase" "$ERR" && told
check_exit 5 "an empty passphrase" with "$W/nasib" "" list
check_exit 5 "a passphrase that cannot be read" sijil --home "$W/nasib" --passphrase-fd 77 list
check_exit 5 "no passphrase and no terminal" setsid -w sijil --home "$W/nasib" list
check_has "  is called so" "no terminal" "$ERR" && told
check_exit 1 "no register" with "$W/nobody" "$PASSPHRASE" list
check_has "  is called so" "there is no register" "$ERR" && told

# copy NAME: another register with the same content, to be spoilt
copy() { rm -rf "${W:?}/$1" && cp -r "$W/nasib" "$W/$1"; }
copy flipped && flip "$W/flipped/register.db" 100
check_exit 4 "a damaged database" device flipped list
check_has "  is called so" "register" "$ERR" && told
needs device nasib list
cp "$OUT" "$W/listed"
blocks=$(($(stat -c %s "$W/nasib/register.db") / 4140)) wrong=0
for ((i = 1; i < blocks; i += 3)); do
	copy flipped && flip "$W/flipped/register.db" $((i * 4140 + 1000))
	device flipped list > "$OUT" 2> "$ERR"
	case $? in
	0) cmp -s "$OUT" "$W/listed" || wrong=$((wrong + 1)) ;;
	4) ;;
	*) wrong=$((wrong + 1)) ;;
	esac
done
check_same "  wherever it is damaged, it says so or reads what was written" 0 "$wrong"
copy cut && truncate -s -5000 "$W/cut/register.db"
check_exit 4 "a database cut short" device cut list && told
copy other && head -c 40000 /dev/urandom > "$W/other/register.db"
check_exit 4 "a database that is none" device other list && told
copy keyless && rm "$W/keyless/register.key"
check_exit 1 "a key file that is gone" device keyless list && told
check "  does not let the database be overwritten" [ "$(sha256sum < "$W/keyless/register.db")" = "$(sha256sum < "$W/nasib/register.db")" ]
copy baseless && rm "$W/baseless/register.db"
check_exit 1 "a database that is gone" device baseless list && told
copy newer && printf '\2' | dd of="$W/newer/register.key" bs=1 seek=8 conv=notrunc status=none
check_exit 1 "a register of a newer sijil" device newer list
check_has "  is called so" "newer sijil" "$ERR"
check_has "  left as it is" "Nothing was changed" "$ERR" && told
copy costly && printf '\377' | dd of="$W/costly/register.key" bs=1 seek=13 conv=notrunc status=none
check_exit 4 "a key file that asks for a day's work" timeout 20 sijil --home "$W/costly" --passphrase-fd 3 list 3<<< "$PASSPHRASE"
copy tagged && flip "$W/tagged/register.key" 3900
check_exit 4 "a key file that was altered" device tagged list && told
check "the register itself is none the worse" device nasib list
needs device nasib backup -o "$W/nasib.backup"
cp "$W/nasib.backup" "$W/old.backup" && flip "$W/old.backup" 20000
check_exit 4 "a damaged backup" device second restore "$W/old.backup"
told
check "  leaves nothing in the way" device second restore "$W/nasib.backup"
check_exit 1 "what is no backup" device third restore "$W/project.bundle"

# Another process is in the middle of a write.
reports 4000 > "$W/many.csv"
start import bash -c 'exec sijil --home "$0" --passphrase-fd 3 add --from "$2" 3<<< "$1"' "$W/nasib" "$PASSPHRASE" "$W/many.csv"
until [ -s "$W/nasib/register.db-journal" ] || ! kill -0 "$PID"; do :; done 2> /dev/null
kill -STOP "$PID"
check_exit 1 "a busy register" device nasib add kind=stock place=C5996 observed_on=2018-06-22 individuals=5
check_has "  is called so" "in use by another program" "$ERR" && told
kill -CONT "$PID"
wait "$PID"
check_same "  while the other process ends well" 0 "$?"
unset "started[import]"

# A disk with no room left.
mkdir "$W/small"
if mount -t tmpfs -o size=400k,mode=700 tmpfs "$W/small" 2> /dev/null; then
	cp "$W/second"/register.* "$W/small"
	count() { device small status --json | grep -o '"saved":[0-9]*'; }
	before=$(count)
	check_exit 1 "a full disk" device small add --from "$W/many.csv"
	check_has "  is called so" "full" "$ERR" && told
	check_same "  nothing of the file was kept" "$before" "$(count)"
	check "  one report still fits" device small add kind=stock place=C5996 observed_on=2018-06-22 individuals=5
	dd if=/dev/zero of="$W/small/filler" bs=1k status=none 2> /dev/null
	check_exit 1 "a disk without any room" device small add --from "$W/reports.csv"
	check_has "  is called so" "full" "$ERR"
	check "  what was saved can be read" device small list
	rm "$W/small/filler"
	check "with room again, all is as before" device small add --from "$W/reports.csv"
	umount "$W/small"
else
	skip full_disk "no small file system can be mounted here"
fi
# Whoever is refused is told what to do next.
check_exit 2 "a slot that there cannot be" device nasib slots remove 99 && told
check_exit 2 "a slot that is no number" device nasib slots remove x && told
check_exit 1 "a passphrase that is too short" sijil --home "$W/nasib" --passphrase-fd 3 passphrase 3<<< "$PASSPHRASE"$'\n'short && told
check_exit 1 "a backup where there is one" device nasib backup -o "$W/nasib.backup" && told
check_exit 1 "a second withhold" bash -c '"$@" 3<<< "$0" && "$@" 3<<< "$0"' "$PASSPHRASE" sijil --home "$W/nasib" --passphrase-fd 3 withhold 3 && told
check_exit 1 "no such report" device nasib show 7777777 && told
check_exit 1 "an evidence file that is not there" sijil verify "$W/none" --project "$(hq fingerprint | grep -o -m1 '[a-z]\{5\}\(-[a-z]\{5\}\)\{7\}')"
told
check_exit 1 "a file of reports that is not there" device nasib add --from "$W/none" && told
check_exit 1 "a device that headquarters does not know" hq recover nobody && told
check_exit 1 "a report that headquarters does not have" hq show "Team nasib/2" && told
exec 6< "$W/nasib"
flock 6
check_exit 1 "a register that is being backed up" device nasib backup -o "$W/another.backup"
check_has "  is called so" "another program sets up or backs up" "$ERR" && told
exec 6<&-
check_exit 2 "an unknown command" sijil frobnicate
check_exit 2 "an unknown option" sijil list --frobnicate
check_exit 1 "a reader that goes away" bash -c 'sijil help > /dev/full'
done_here
