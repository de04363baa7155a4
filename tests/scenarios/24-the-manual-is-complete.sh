#!/bin/bash
# Each command and option that `help` shows stands in the manual page, and nothing else does.
. "$(dirname "$0")/lib.sh"

fits_a_screen() { [ "$(wc -l < "$1")" -le 24 ] && ! grep -q '.\{81\}' "$1"; }
# One command a line, with what it does.
listed() { sed -n 's/^  \([a-z]\+\( [a-z]\+\)\?\)  .*/\1/p' "$1"; }
# overview FILE: the commands below the topics, several on a line, one a line.
overview() {
	awk '/^  [a-z]/ { flush() } /^              [a-z]/ { sub(/^ +/, ""); line = line " " $0 } END { flush() }
		function flush() { n = split(line, names, ","); for (i = 1; i <= n; i++) { sub(/^ +/, "", names[i]); print names[i] } line = "" }' "$1"
}

for program in sijil sijild sijil-hq; do
	page=$ROOT/app/man/$program.1
	"$program" help > "$W/help"
	check "$program help fits a screen" fits_a_screen "$W/help"
	if grep -q '^              [a-z]' "$W/help"; then
		listed "$W/help" > "$W/topics"
		: > "$W/commands"
		while read -r topic; do
			check "  help $topic" "$program" help "$topic"
			cp "$OUT" "$W/topic"
			check "    fits a screen" fits_a_screen "$W/topic"
			listed "$W/topic" >> "$W/commands"
		done < "$W/topics"
		check_same "  the topics have what the first screen names" "$(overview "$W/help" | sort)" "$(sort "$W/commands")"
	else
		listed "$W/help" > "$W/commands"
	fi
	check "$program help shows commands" test -s "$W/commands"
	check_same "  each once" "" "$(sort "$W/commands" | uniq -d)"
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
