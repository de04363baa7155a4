#!/bin/bash
# Many programs on one register at once, unlocked and with the passphrase: they wait for one another; who waits in vain says
# so; every acknowledged report is there once and the numbers have no gap.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

ADDING=6 EACH=5

make_project
join nasib
serve
add_reports nasib 2
unlocked=
device nasib unlock --for 20m > "$OUT" 2> "$ERR" && unlocked=yes
[ -n "$unlocked" ] || skip "while unlocked" "this kernel gives no keyring"
# Every other program by the keyring, where there is one.
opened() {
	local n=$1
	shift
	if [ -n "$unlocked" ] && [ $((n % 2)) -eq 0 ]; then
		sijil --home "$W/nasib" "$@" < /dev/null
	else
		device nasib "$@"
	fi
}
# Each answer of a program on a line of its own: the figure and the exit code.
adding() {
	local n=$1 i figure
	for i in $(seq $EACH); do
		figure=$((n * 1000 + i))
		opened "$n" add kind=stock place=C5996 observed_on=2018-06-22 individuals=$figure > "$W/said.$figure" 2>&1
		echo "$figure $?" >> "$W/added.$n"
	done
}
importing() {
	reports 30 "$1" > "$W/import.$1.csv"
	opened 0 add --from "$W/import.$1.csv" > "$W/imported.$1" 2>&1
	echo "$?" >> "$W/imported.$1"
}
# reading NAME COMMAND...: again and again until all is added; what goes wrong is kept
reading() {
	local name=$1
	shift
	until [ -e "$W/all-added" ]; do
		"$@" > "$W/reading.$name" 2>&1 || { echo "exit $?"; cat "$W/reading.$name"; } >> "$W/wrong.$name"
	done
}
backing_up() { rm -f "$W/busy.backup" && opened 1 backup -o "$W/busy.backup"; }

pids=()
for n in $(seq $ADDING); do
	adding "$n" &
	pids+=($!)
done
importing 20000 &
pids+=($!)
reading list opened 0 list &
others=($!)
reading status opened 1 status &
others+=($!)
reading sync opened 0 sync --relay "$URL" &
others+=($!)
reading backup backing_up &
others+=($!)
reading export opened 1 bundle export --all -o - &
others+=($!)
wait "${pids[@]}"
touch "$W/all-added"
wait "${others[@]}"

sort "$W"/added.* > "$W/added"
check_same "each program has an answer to each report" $((ADDING * EACH)) "$(wc -l < "$W/added")"
busy=$(grep -vc ' 0$' "$W/added")
echo "# $busy reports were refused as busy"
for figure in $(sed -n 's/ [^0].*//p' "$W/added"); do
	check_has "a report that could not wait is told so" "in use by another program" "$W/said.$figure"
done
cat "$W"/wrong.* > "$W/wrong" 2> /dev/null
check_same "who reads meanwhile has no other trouble than waiting" "" "$(grep '^sijil: ' "$W/wrong" | grep -v 'in use by another program\|sets up or backs up')"
device nasib list --all --json > "$W/all.json"
"$PYTHON" - "$W/all.json" > "$W/found" <<'PY'
import json, sys
events = json.load(open(sys.argv[1]))
print("numbers", [event["number"] for event in events] == list(range(1, len(events) + 1)))
for event in events:
    print(event.get("individuals"))
PY
check_has "the numbers have no gap" "numbers True" "$W/found"
check_same "every acknowledged report is there once, and no other" "$(sed -n 's/ 0$//p' "$W/added" | sort)" \
	"$(grep -E '^[1-9][0-9]{3}$' "$W/found" | sort)"
case $(tail -1 "$W/imported.20000") in
0) check_same "the file of many is there whole" 30 "$(grep -cE '^200[0-9]{2}$' "$W/found")" ;;
*) check_same "the file of many is not there" 0 "$(grep -cE '^200[0-9]{2}$' "$W/found")" ;;
esac
check "the register syncs" device nasib sync --relay "$URL"
saved=$(status_of nasib | cut -d' ' -f1)
check "headquarters pulls" hq pull --relay "$URL"
check "  verifies" hq verify --json
check_has "  all of it" "\"good\":$saved" "$OUT"
check "  without a gap" hq gaps
[ -e "$W/busy.backup" ] || needs device nasib backup -o "$W/busy.backup"
check "a backup taken meanwhile is a whole register" device restored restore "$W/busy.backup"
check "  that can be read" device restored list
done_here
