#!/bin/bash
# A real disk with little or no room left, for each command that writes, the relay and headquarters: it says that the disk
# is full, what was saved before can be read, and with room again the same command works.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

DISK=$W/disk
mkdir "$DISK"
if ! mount -t tmpfs -o size=2m,mode=700 tmpfs "$DISK" 2> /dev/null; then
	skip "disks that fill" "no small file system can be mounted here"
	done_here
	exit
fi
trap 'umount -l "$DISK" 2> /dev/null; end_scenario' EXIT

# leave KIB: so much room is left on the disk
leave() {
	rm -f "$DISK/filler"
	local free
	free=$(($(stat -f -c '%a * %S / 1024' "$DISK") - $1))
	[ "$free" -le 0 ] || head -c "${free}K" /dev/zero > "$DISK/filler"
}
# fills NAME PREPARE COMMAND...: with less and less room; PREPARE is called before each try. Where it fails it must say why.
fills() {
	local name=$1 prepare=$2 room status full=0
	shift 2
	for room in 40 4 0; do
		rm -f "$DISK/filler" && $prepare
		leave "$room"
		"$@" > "$OUT" 2> "$ERR"
		status=$?
		rm -f "$DISK/filler"
		[ "$status" -eq 0 ] && continue
		full=$((full + 1))
		if [ "$status" -ne 1 ] || ! grep -q "full\|No space left" "$ERR" || ! grep -q "^  next: " "$ERR"; then
			fail "$name with $room KiB left says that the disk is full (exit status $status)"
			show_output
		fi
		check "$name: with room again it works" "$@"
	done
	check "$name: a disk filled $full times" test "$full" -gt 0
}
fresh() { rm -rf "${DISK:?}/$1" && cp -r "$W/$1" "$DISK/$1"; }
# Without an Argon2id each where the kernel keeps keys: a copy goes by the same.
opened() {
	if [ -n "$unlocked" ]; then
		"$@" < /dev/null
	else
		"$@" --passphrase-fd 3 3<<< "$PASSPHRASE"
	fi
}
on_disk() { opened sijil --home "$DISK/$1" "${@:2}"; }

make_project
join nasib
check "a disk with room says nothing" device nasib list
check_lacks "  of room" "KiB left" "$ERR"
join tiba
add_reports nasib 20
needs device nasib bundle export --all -o "$W/nasib.bundle"
needs device nasib backup -o "$W/nasib.backup"
needs hq invite "Team Late" -o "$W/late.invite"
serve
reports 40 > "$W/forty.csv"
nothing() { :; }
unlocked=yes
for name in nasib tiba; do
	device "$name" unlock --for 20m > "$OUT" 2>&1 || unlocked=
done
hq unlock --for 20m > "$OUT" 2>&1 || unlocked=

fresh tiba
fills "add" nothing on_disk tiba add kind=stock place=C5996 observed_on=2018-06-22 individuals=5
fills "amend" nothing on_disk tiba amend 2 individuals=6
fills "add --from" "fresh tiba" on_disk tiba add --from "$W/forty.csv"
fills "bundle import" "fresh tiba" on_disk tiba bundle import "$W/nasib.bundle"
check "  what is there can be read" on_disk tiba list
check_has "  with a word of what room is left" "note: the disk has only " "$ERR"
rm -r "$DISK/tiba"
fresh nasib
fills "sync" "fresh nasib" on_disk nasib sync --relay "$URL"
fills "backup" "rm -f $DISK/a.backup" on_disk nasib backup -o "$DISK/a.backup"
rm -rf "$DISK"/nasib "$DISK"/a.backup
fills "restore" "rm -rf $DISK/again" on_disk again restore "$W/nasib.backup"
rm -r "$DISK/again"
unlocked='' fills "init" "rm -rf $DISK/late" on_disk late init --invite "$W/late.invite" --unlock-cost minimum
rm -r "$DISK/late"

hq_on_disk() { opened sijil-hq --home "$DISK/hq" "$@"; }
fresh hq
fills "pull" "fresh hq" hq_on_disk pull --relay "$URL"
fills "headquarters' bundle import" "fresh hq" hq_on_disk bundle import "$W/nasib.bundle"
check "  what is there verifies" hq_on_disk verify
rm -r "$DISK/hq"

stop relay
cp -r "$W/relay" "$DISK/relay" && ln -s "$DISK/relay" "$W/small-relay"
serve small-relay
leave 8
needs device nasib add --from "$W/forty.csv"
check_exit 3 "a relay whose disk is full takes nothing" device nasib sync --relay "$URL"
check_has "  the device is told that nothing is lost" "nothing is lost" "$ERR"
read -r saved relay _ <<< "$(status_of nasib)"
check "  and it has no receipt for what the relay does not hold ($relay of $saved)" test "$relay" -lt "$saved"
rm -f "$DISK/filler"
check "with room again the same relay takes all" device nasib sync --relay "$URL"
check_same "  and gives a receipt" "$saved $saved" "$(status_of nasib | cut -d" " -f1,2)"
stop small-relay
check_same "  it ends well" 0 "$STATUS"
done_here
