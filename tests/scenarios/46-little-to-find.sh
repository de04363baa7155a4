#!/bin/bash
# The project's policy for readable copies: kept, dropped once headquarters has opened a report, never written. What is
# dropped is gone from every block of every file, also for somebody who has the key.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

# secrets FIRST LAST: CSV whose notes are words of their own, of many lengths
secrets() {
	local i
	echo kind,place,observed_on,individuals,note
	for ((i = $1; i <= $2; i++)); do
		printf 'stock,C5996,2018-06-21,%d,secret%05d %s\n' "$i" "$i" "$(printf 'x%.0s' $(seq 1 $((i * 37 % 190 + 1))))"
	done
}
# found NAME: how many different secrets stand anywhere in its files, decrypted
found() {
	bare "$1" > "$OUT" || fail "the blocks of $1 open"
	grep -q ', 0 did not' "$OUT" || fail "all blocks of $1 open"
	cat "$W/bare"/* | grep -aoE 'secret[0-9]{5}' | sort -u | wc -l
}
policy() {
	needs hq project policy "retention=$1"
	needs hq pull --relay "$URL"
	needs device nasib sync --relay "$URL"
}
# there_and_back: what is on the device is sent, opened, and the acknowledgement comes
there_and_back() {
	needs device nasib sync --relay "$URL"
	needs hq pull --relay "$URL"
	needs device nasib sync --relay "$URL"
}

make_project
serve
join nasib
secrets 1 60 > "$W/first.csv"
secrets 61 100 > "$W/second.csv"
secrets 101 130 > "$W/third.csv"
secrets 131 160 > "$W/fourth.csv"

check "copies are kept: reports are recorded" device nasib add --from "$W/first.csv"
there_and_back
check_same "  and whoever has the key finds all of them, sent or not" 60 "$(found nasib)"
check "the status says so" device nasib status
check_has "  in a sentence" "could read: your own reports" "$OUT"

policy until_receipt
check_same "dropped once headquarters has opened them: those that it has are gone, from every block" 0 "$(found nasib)"
check "the device lists them" device nasib list
check_has "  as sealed" "sealed" "$OUT"
check "reports are recorded" device nasib add --from "$W/second.csv"
check_same "  and are there" 40 "$(found nasib)"
needs device nasib sync --relay "$URL"
check_same "  a receipt of the relay alone drops none" 40 "$(found nasib)"
there_and_back
check_same "  headquarters' acknowledgement drops all" 0 "$(found nasib)"
for ((i = 101; i <= 106; i++)); do
	secrets "$i" "$i" > "$W/one.csv"
	needs device nasib add --from "$W/one.csv"
	[ $((i % 2)) -eq 0 ] && there_and_back
done
check_same "one by one, with syncs between: nothing stays behind" 0 "$(found nasib)"
check "more are recorded" device nasib add --from "$W/third.csv"
check "  one is amended" device nasib amend 120 note=secret99999
there_and_back
check_same "  and nothing stays of what it said before and after" 0 "$(found nasib)"

policy never
check "never written: reports are recorded" device nasib add --from "$W/fourth.csv"
check_same "  and whoever has the key finds none, before any sync" 0 "$(found nasib)"
check_same "  nor in a backup" 0 "$(needs device nasib backup -o "$W/nasib.backup"; tail -c +4112 "$W/nasib.backup" > "$W/copy.db"
	mkdir -p "$W/copy" && cp "$W/nasib/register.key" "$W/copy/" && mv "$W/copy.db" "$W/copy/register.db" && found copy)"
there_and_back
check_same "headquarters has every one" 166 "$(hq export --record-level 2> /dev/null | grep -oE 'secret[0-9]{5}' | wc -l)"

# A stricter policy that comes while unsent reports are readable.
join tiba
secrets 500 520 > "$W/tiba.csv"
needs hq project policy retention=keep
needs hq bundle export -o "$W/keep.bundle"
needs device tiba bundle import "$W/keep.bundle"
needs device tiba add --from "$W/tiba.csv"
check_same "kept again, elsewhere: they are there" 21 "$(found tiba)"
needs hq project policy retention=never
needs hq bundle export -o "$W/never.bundle"
check "the policy becomes never while they are unsent" device tiba bundle import "$W/never.bundle"
check_same "  and their readable copies are gone at once" 0 "$(found tiba)"
check "  while what is sealed is still sent" device tiba sync --relay "$URL"
check "headquarters pulls" hq pull --relay "$URL"
check_has "  all of it" "21 new reports and corrections" "$OUT"
done_here
