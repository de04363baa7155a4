#!/bin/bash
# The architecture as a test: layers, homes of libraries, sizes, names, symbols.
#   tests/layers/check.sh [ROOT [OBJECTS]]
# Prints one `ok` or `not ok` line a rule, with each offender below it.
set -u
shopt -s lastpipe
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
objects=${2:-${SIJIL_BUILD:-$here/../../build/release}}
cd "${1:-$here/../..}" || exit 1

layers="app sync schema crypto"
mapfile -t files < <(find $layers -name '*.[ch]' 2>/dev/null | sort)
mapfile -t headers < <(find $layers -name '*.h' 2>/dev/null | sort)
[ ${#files[@]} -gt 0 ] || { echo "not ok there are sources to check"; exit 1; }

failures=0
verdict() {
	local offenders
	offenders=$(cat)
	if [ -z "$offenders" ]; then
		echo "ok $1"
	else
		echo "not ok $1"
		printf '%s\n' "$offenders" | sed 's/^/#   /'
		failures=$((failures + 1))
	fi
}

# The same tree with comments and the insides of strings gone; each line keeps
# its number.
code=$(mktemp -d) || exit 1
trap 'rm -rf "$code"' EXIT
strip_comments() {
	printf "$code/%s\n" "${files[@]%/*}" | sort -u | xargs mkdir -p
	awk -v code="$code" '
	FNR == 1 { if (target) close(target); target = code "/" FILENAME; comment = 0 }
	/^[^"\047\/\*]*$/ { if (!comment) print > target; else print "" > target; next }
	{
		line = $0; out = ""; string = ""
		for (i = 1; i <= length(line); i++) {
			c = substr(line, i, 1); two = substr(line, i, 2)
			if (comment) { if (two == "*/") { comment = 0; i++ } continue }
			if (string != "") {
				if (c == "\\") { i++; continue }
				if (c == string) { string = ""; out = out c }
				continue
			}
			if (two == "/*") { comment = 1; i++; continue }
			if (two == "//") break
			if (c == "\"" || c == "\047") string = c
			out = out c
		}
		print out > target
	}' "${files[@]}"
}
strip_comments

# Prints "path:line:text" for each line of code that matches an extended expression.
code_matching() {
	local expression=$1
	shift
	(cd "$code" && grep -nE "$expression" "$@" /dev/null)
}

# A process for each file or line would take most of the time: one awk reads all.
check_layers() {
	awk -F '"' '
	BEGIN { rank["app"] = 4; rank["sync"] = 3; rank["schema"] = 2; rank["crypto"] = 1 }
	function rank_of(path) { sub(/\/.*/, "", path); return path in rank ? rank[path] : 9 }
	/^[ \t]*#[ \t]*include[ \t]+"/ && rank_of($2) > rank_of(FILENAME) { print FILENAME ":" FNR " includes \"" $2 "\"" }' "${files[@]}"
}

# One line a header: its name, then the paths that may include it.
homes='sodium.h crypto/*
sqlite3.h crypto/vault* schema/db*
curl/curl.h sync/transport_curl* sync/sijil_https.c
microhttpd.h sync/http_server* app/hq/dashboard*
gnutls/* sync/tls*
libpq-fe.h sync/store_postgres*
utf8proc.h schema/text* app/passphrase*
histedit.h app/*
editline/readline.h app/*
qrencode.h app/*
xlsxwriter.h app/*'

system_headers='(assert|ctype|dirent|endian|errno|fcntl|fenv|float|ftw|getopt|grp|inttypes|langinfo|libgen|limits|locale|math|netdb|poll|pthread|pwd|sched|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|syslog|termios|threads|time|uchar|unistd|wchar|wctype|(sys|linux|arpa|net|netinet|asm)/[a-z0-9_]+)\.h'

check_homes() {
	grep -noE '^[[:space:]]*#[[:space:]]*include[[:space:]]+<[^>]+>' "${files[@]}" /dev/null | while IFS=: read -r file line text; do
		header=${text#*<}
		header=${header%>}
		[[ $header =~ ^$system_headers$ ]] && continue
		home=
		while read -r name places; do
			[[ $header == $name ]] || continue
			home=$places
			for place in $places; do
				[[ $file == $place ]] && continue 3
			done
		done <<< "$homes"
		echo "$file:$line includes <$header>, whose home is ${home:-nowhere}"
	done
}

check_names() {
	find $layers tests -regextype posix-extended -regex '.*/(util|utils|common|misc|helper|helpers)(\..*)?' 2>/dev/null
}

check_file_length() {
	awk '
	function tell() { if (lines > 500) print file " has " lines " lines, at most 500" }
	FNR == 1 { tell(); file = FILENAME }
	{ lines = FNR }
	END { tell() }' "${files[@]}"
}

# A function's body stands between a brace in the first column and its like.
check_function_length() {
	awk '
	FNR == 1 { start = 0 }
	/^\{/ { start = FNR; name = previous }
	/^\}/ && start { if (FNR - start + 1 > 60) print FILENAME ":" start ": " name " has " FNR - start + 1 " lines, at most 60"; start = 0 }
	/[^ \t]/ { previous = $0 }' "${files[@]}"
}

# The error, which every function that can fail takes last, is not counted; the
# functions in many-parameters have a reason there.
check_parameters() {
	(cd "$code" && awk -v list="$here/many-parameters" '
	BEGIN { while ((getline line < list) > 0) { split(line, word); kept[word[1] " " word[2]] = 1 } }
	FNR == 1 { text = "" }
	/^[ \t]*#/ { next }
	/^\{/ {
		depth = 0; commas = 0; open = index(text, "(")
		for (i = open; i > 0 && i <= length(text); i++) {
			c = substr(text, i, 1)
			if (c == "(") depth++
			if (c == ")" && --depth == 0) break
			if (c == "," && depth == 1) commas++
		}
		if (text ~ /struct error \*(const )?err\)/) commas--
		name = substr(text, 1, open - 1); sub(/^.*[ *]/, "", name)
		if (commas > 4 && !((FILENAME " " name) in kept))
			print FILENAME ":" FNR ": " name " has " commas + 1 " parameters, at most 5"
		text = ""; next
	}
	/[;}]/ { text = ""; next }
	{ text = text " " $0 }' "${files[@]}")
}

# A header that stands first in its own source has been compiled alone by the build;
# the others are tried here.
check_headers_alone() {
	local compiler=$1 includes header
	includes=$(pkg-config --cflags sqlite3 libsodium libmicrohttpd gnutls libcurl libedit 2>/dev/null)
	for header in "${headers[@]}"; do
		[ -e "${header%.h}.c" ] || echo "$header"
	done | xargs -P 2 -I {} \
		"$compiler" -std=c17 -D_GNU_SOURCE -I. -I"$objects/gen" $includes -Wall -Wextra -Werror -fsyntax-only -x c {} 2>&1 | head -40
}

check_includes_own_header_first() {
	local file own=()
	for file in "${files[@]}"; do
		[[ $file != *.c || ! -e ${file%.c}.h ]] || own+=("$file")
	done
	[ ${#own[@]} -eq 0 ] || awk '
	function tell() { if (file != "") print file " includes " (first == "" ? "nothing" : first) " first" }
	FNR == 1 { tell(); file = FILENAME; first = ""; header = "\"" file "\""; sub(/\.c"$/, ".h\"", header) }
	first == "" && /^[ \t]*#[ \t]*include/ { first = $0; sub(/^[ \t]*#[ \t]*include[ \t]*/, "", first); if (first == header) file = "" }
	END { tell() }' "${own[@]}"
}

# A source may export its own name and, when a module is split, that of a header
# whose name starts its own: db_open.c of db.h. Other families stand in families.
family_of() {
	local file=$1 stem=${1%.c} pattern words
	echo "${stem##*/}"
	while [[ ${stem##*/} == *_* ]]; do
		stem=${stem%_*}
		[ ! -e "$stem.h" ] || echo "${stem##*/}"
	done
	while read -r pattern words; do
		[[ $file != $pattern && $stem.c != $pattern ]] || echo "$words"
	done < "$here/families"
}

check_symbols() {
	local object symbol file= seen= prefixes= stem
	while read -r object symbol; do
		file=${object#"$objects"/}
		file=${file%.o}.c
		[ -e "$file" ] || continue
		[ "$file" = "$seen" ] || prefixes=$(family_of "$file")
		seen=$file
		for stem in $prefixes; do
			[[ $symbol == "$stem" || $symbol == "${stem}_"* ]] && continue 2
		done
		echo "$file exports $symbol"
	done < <(find $(printf "$objects/%s " $layers) -name '*.o' 2>/dev/null | sort | xargs nm -A -g --defined-only |
		awk '$3 !~ /^(main$|__)/ { sub(/:[^:]*$/, "", $1); print $1, $3 }')
}

objects_present() { [ -n "$(find $(printf "$objects/%s " $layers) -name '*.o' 2>/dev/null | head -1)" ]; }

mapfile -t quiet < <(printf '%s\n' "${files[@]}" | grep -vE '^app/|^sync/sijil_https\.c$')

check_layers | verdict "includes go from app to sync to schema to crypto only"
check_homes | verdict "each library is included in its home only"
check_names | verdict "no file is called util, common, misc or helpers"
check_file_length | verdict "no file has more than 500 lines"
check_function_length | verdict "no function has more than 60 lines"
check_parameters | verdict "no function has more than 5 parameters beside the error"
code_matching '\b(strcpy|stpcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|atof|strtok|strtok_r|alloca|scanf|sscanf|fscanf|system|popen|tmpnam|mktemp)[[:space:]]*\(' "${files[@]}" |
	verdict "no unbounded or unchecked string function is called"
code_matching '\b(printf|vprintf|puts|putchar|perror|exit|getenv|secure_getenv|getpass|isatty)[[:space:]]*\(|\b(stdout|stderr|stdin)\b' "${quiet[@]+"${quiet[@]}"}" |
	verdict "only app prints, prompts, reads the environment and exits"
code_matching '\btypedef[[:space:]]+(struct|enum|union)\b[^(]*$' "${files[@]}" | verdict "structs and enums have no typedef"
grep -nE '\b(TODO|FIXME|XXX)\b' "${files[@]}" /dev/null | verdict "no unfinished work is left in comments"
check_includes_own_header_first | verdict "each source includes its own header first"
for compiler in gcc clang; do
	if command -v "$compiler" > /dev/null; then
		check_headers_alone "$compiler" | verdict "each header compiles alone with $compiler"
	else
		echo "SKIP headers alone with $compiler: not installed"
	fi
done
if objects_present; then
	check_symbols | verdict "a source exports only names that start with its own"
else
	echo "not ok there are objects to read symbols from in $objects"
	failures=$((failures + 1))
fi
[ "$failures" -eq 0 ]
