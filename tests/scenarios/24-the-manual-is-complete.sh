#!/bin/bash
# Each command and option that `help` shows stands in the manual page, and nothing else does.
. "$(dirname "$0")/lib.sh"

for program in sijil sijild sijil-hq; do
	page=$ROOT/app/man/$program.1
	"$program" help > "$W/help"
	sed -n 's/^  \([a-z]\+\( [a-z]\+\)\?\)  .*/\1/p' "$W/help" > "$W/commands"
	check "$program help shows commands" test -s "$W/commands"
	missing=
	: > "$W/options"
	while read -r command; do
		grep -q "^\.It Cm $command\( \|$\)" "$page" || missing="$missing '$command'"
		"$program" help $command > "$W/one" || missing="$missing help:'$command'"
		grep -o -- '--[a-z][a-z-]*' "$W/one" >> "$W/options"
		# The list of a report's fields may follow; what comes before it fits a screen.
		[ "$(sed '/^The fields/,$d' "$W/one" | wc -l)" -le 24 ] || missing="$missing too-long:'$command'"
	done < "$W/commands"
	for option in $(sort -u "$W/options"); do
		grep -q -- "\(Fl \|Fl [a-z] | \)-\?-\?${option#--}\|, -${option#--}\|| -${option#--}" "$page" || missing="$missing $option"
	done
	check_same "the manual of $program names all of them" "" "$missing"
	grep -o '^\.It Cm [a-z]\+\( [a-z]\+\)\?' "$page" | sed 's/^\.It Cm //' | grep -v '^help' | sort -u > "$W/named"
	unknown=
	while read -r command; do
		grep -qx "$command" "$W/commands" || grep -qx "${command%% *}" "$W/commands" || unknown="$unknown '$command'"
	done < "$W/named"
	check_same "  and no other" "" "$unknown"
	check "$program --version" "$program" --version
	check_has "  says which" "$program " "$OUT"
	check_exit 2 "$program refuses an unknown command" "$program" frobnicate
	check_has "  by name" "'frobnicate'" "$ERR"
	check_exit 2 "$program refuses an unknown option" "$program" --frobnicate
	if command -v mandoc > "$OUT"; then
		check "the page is sound" mandoc -Tlint -W warning "$page"
	fi
done
done_here
