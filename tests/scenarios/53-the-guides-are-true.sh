#!/bin/bash
# Each command that a guide names is one that the programs have, with the options that it names.
. "$(dirname "$0")/lib.sh"

# knows WORDS: whether a program has that command. Capitals stand for what somebody puts there.
knows() {
	local program=$1 command option
	shift
	if [ "${1:-}" = --home ]; then
		shift 2
	fi
	command=$1
	"$program" help "$command" > "$OUT" 2> "$ERR" || { command="$1 ${2:-}" && "$program" help $command > "$OUT" 2> "$ERR"; } || return 1
	for option in "$@"; do
		case $option in
		--*) grep -q -- " $option\( \|$\)" "$OUT" || return 1 ;;
		-?) grep -q -- " $option," "$OUT" || return 1 ;;
		esac
	done
}

for page in "$ROOT"/app/man/*.7; do
	name=$(basename "$page")
	sed -n 's/^\.\(Pq \)\?Ic \(sijil[a-z-]* .*\)/\2/p' "$page" | sed 's/ [.,:)]$//' > "$W/commands"
	check "$name names commands" [ "$(wc -l < "$W/commands")" -ge 10 ]
	unknown=
	while read -r words; do
		knows $words || unknown="$unknown '$words'"
	done < "$W/commands"
	check_same "  that there are" "" "$unknown"
	missing=
	for other in $(sed -n 's/^\.Xr \([a-z-]*\) \([17]\).*/\1.\2/p' "$page"); do
		[ -e "$ROOT/app/man/$other" ] || missing="$missing $other"
	done
	check_same "  and pages that there are" "" "$missing"
	grep -q "^\.Xr ${name%.7} 7" "$ROOT"/app/man/*.1 && ok "  and is named by another" || fail "  and is named by another"
	if command -v mandoc > "$OUT"; then
		check "  the page is sound" mandoc -Tlint -W warning "$page"
	fi
done
check_exit 1 "a command that there is not is found" knows sijil-hq device teleport LABEL
check_exit 1 "  and an option" knows sijil-hq verify --frobnicate
check "they are installed" make -s -C "$ROOT" -n install
check_has "  with the manual" "share/man/man7" "$OUT"
done_here
