#!/bin/bash
# SQLite's own test-suite over our encrypted files, compared with a kept list of
# expected differences (expected.list, which says what each reason means).
#   tests/sqlite-suite/run.sh [BUILD]          all, into build/sqlite-suite
#   S=wal tests/sqlite-suite/run.sh            only test files whose name has "wal"
#   JOBS=4 SUITE_LIMIT=3600 ...                files at a time; seconds for one file
#
# 1. Fetches Debian's SQLite source with apt-get, through a source list of its own
#    made from this machine's; /etc/apt and /var/lib/apt are not written to.
# 2. In that copy, three answers of the suite's harness change: the two to "is this
#    an encrypted build" (`sqlite3 -has-codec`, `sqlite_options(has_codec)`), and
#    the one to "are bytes reserved on each page", which other encrypted builds do
#    and this one does not, so that more of the suite runs. For the same reason its
#    failing system calls are put below the vault: into "unix", not the default VFS.
# 3. Builds its testfixture twice, as it comes, and with a vault as the default VFS
#    by SQLITE_EXTRA_INIT (suite_init.c; blocks of 1024 bytes, the suite's page); the
#    command-line program likewise with a vault; and a program that holds the entry
#    point to its promise (entry_point.c).
# 4. Runs every test file in a folder and a process of its own, as a normal user.
# 5. A check that fails and is not listed is a failure: it is run again without the
#    vault, to see what plain SQLite does here. Exit 0 only without any.
set -u
shopt -s lastpipe
cd "$(dirname "$0")/../.." || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL SQLITE_TMPDIR
export LC_ALL=C.UTF-8

root=$PWD
suite=$root/tests/sqlite-suite
out=$root/${1:-build/sqlite-suite}
cc=${CC:-cc}
jobs=${JOBS:-2}
mkdir -p "$out" || exit 1

die() {
	printf 'sqlite-suite: %s\n' "$1" >&2
	exit 1
}

# What root made, whoever owns the sources can remove and build anew.
# shellcheck disable=SC2317 # the trap calls it
give_back() {
	[ "$(id -u)" -ne 0 ] || chown -R --reference="$root/Makefile" "$out"
}

# ---- 1. fetch ----

debian_sources() {
	local from
	rm -rf "$out/apt"
	mkdir -p "$out/apt/parts" "$out/apt/lists/partial" "$out/apt/cache/archives/partial"
	for from in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -r "$from" ] || sed -nE '/[/]debian(-security)?\/? /s/^deb(-src)?[ \t]/deb-src /p' "$from" | sort -u
	done > "$out/apt/parts/suite.list"
	for from in /etc/apt/sources.list.d/*.sources; do
		[ ! -r "$from" ] || awk 'BEGIN { RS = ""; ORS = "\n\n" }
			/URIs:[^\n]*\/debian(-security)?\/?(\n|$)/ { sub(/Types:[^\n]*/, "Types: deb-src"); print }' "$from"
	done > "$out/apt/parts/suite.sources"
}

apt() {
	apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$out/apt/parts" \
		-o Dir::State::lists="$out/apt/lists" -o Dir::Cache="$out/apt/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}

fetch() {
	[ ! -e "$out/source/VERSION" ] || return 0
	echo "fetching Debian's SQLite source"
	debian_sources
	rm -rf "$out/fetched" "$out/source"
	mkdir -p "$out/fetched"
	{ apt update && cd "$out/fetched" && apt --only-source source sqlite3; } > "$out/fetch.log" 2>&1 ||
		die "the source cannot be fetched; $out/fetch.log says why"
	cd "$root" || exit 1
	rm -f "$out/fetched"/*.tar.*
	change_harness "$(echo "$out"/fetched/sqlite3-*/)"
	basename "$out"/fetched/*.dsc .dsc > "$out/version"
	mv "$out"/fetched/sqlite3-*/ "$out/source"
}

# change FILE SED LINES: so many lines change, or the suite is not the one we know.
change() {
	local -r before=$(mktemp)
	cp "$1" "$before"
	sed -i -E "$2" "$1"
	[ "$(diff "$before" "$1" | grep -c '^>')" = "$3" ] || die "$1 is not what the change \"$2\" was written for"
	rm -f "$before"
}

change_harness() {
	change "$1/src/tclsqlite.c" '/"-has-codec"/,/return TCL_OK/s/"0"/SUITE_HAS_CODEC/' 1
	change "$1/src/test_config.c" 's/("has_codec", )"0"/\1SUITE_HAS_CODEC/' 1
	change "$1/test/tester.tcl" '/^proc nonzero_reserved_bytes/,/^}/s/return .*/return 0/' 1
	change "$1/src/test_syscall.c" 's/sqlite3_vfs_find\(0\)/sqlite3_vfs_find("unix")/' 8
}

# ---- 2. build ----

# Whether what was made of these words and files was made of just these.
is_fresh() {
	local -r name=$1 words=$2
	shift 2
	{ echo "$words $(cat "$out/version")"; cat "$@"; } | sha256sum > "$out/$name.now"
	cmp -s "$out/$name.now" "$out/$name.made"
}
made() {
	mv "$out/$1.now" "$out/$1.made"
}

configure() {
	local tcl
	[ ! -e "$out/obj/Makefile" ] || return 0
	tcl=$(dirname "$(find /usr/lib -name tclConfig.sh -print -quit)")
	mkdir -p "$out/obj"
	cd "$out/obj" || exit 1
	../source/configure CC="$cc" CFLAGS='-O2 -w' --with-tcl="$tcl" --disable-readline --enable-all > configure.log 2>&1 ||
		die "$out/obj/configure.log says why SQLite cannot be configured"
	cd "$root" || exit 1
}

in_obj() {
	make -s -C "$out/obj" "$@" >> "$out/build.log" 2>&1 || die "$out/build.log says why SQLite does not build"
}

vault_sources=(crypto/vault*.c crypto/secret.c crypto/bytes.c crypto/status.c)

# Objects of the vault as the suite needs it, and what they are linked with.
vault_objects() {
	local c
	rm -rf "$out/vault"
	mkdir -p "$out/vault"
	for c in "${vault_sources[@]}" tests/sqlite-suite/suite_init.c; do
		$cc -std=c17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -I. -I"$out/obj" -DVAULT_BLOCK_BYTES=1024 \
			-c -o "$out/vault/$(basename "$c" .c).o" "$c" || die "$c does not compile"
	done
}
needs() {
	echo "$out"/vault/*.o "$(pkg-config --libs libsodium) -lpthread -ldl -lm -lz"
}

# fixture NAME OPTIONS LIBS
fixture() {
	rm -f "$out/obj/testfixture"
	in_obj testfixture OPTS="$2" LIBS="$3"
	mv "$out/obj/testfixture" "$out/bin/$1"
}

amalgamation() {
	$cc -w -O1 -I"$out/obj" -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_FTS4 \
		-DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_GEOPOLY -DSQLITE_ENABLE_STMTVTAB \
		-DSQLITE_ENABLE_DBPAGE_VTAB -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_BYTECODE_VTAB \
		-DSQLITE_ENABLE_EXPLAIN_COMMENTS -DSQLITE_ENABLE_UNKNOWN_SQL_FUNCTION -DSQLITE_ENABLE_OFFSET_SQL_FUNC \
		-DSQLITE_ENABLE_SESSION -DSQLITE_ENABLE_PREUPDATE_HOOK -DSQLITE_HAVE_ZLIB "$@" >> "$out/build.log" 2>&1 ||
		die "$out/build.log says why SQLite does not build"
}

build() {
	local libs
	mkdir -p "$out/bin"
	: > "$out/build.log"
	configure
	if ! is_fresh plain "$cc" "$out/obj/Makefile"; then
		echo "building SQLite's testfixture as it comes"
		in_obj sqlite3.c shell.c
		fixture plain '-DSUITE_HAS_CODEC=\"0\"' '-ldl -lpthread'
		made plain
	fi
	is_fresh vault "$cc" "$out/plain.made" "${vault_sources[@]}" crypto/*.h "$suite"/*.c && return
	echo "building it with the vault"
	vault_objects
	libs=$(needs)
	fixture vault '-DSUITE_HAS_CODEC=\"1\" -DSQLITE_EXTRA_INIT=suite_init' "$libs"
	# shellcheck disable=SC2086 # a list of words
	amalgamation -DSQLITE_EXTRA_INIT=suite_init -o "$out/bin/sqlite3" "$out/obj/shell.c" "$out/obj/sqlite3.c" $libs
	# shellcheck disable=SC2086
	amalgamation -O0 -I. -DVAULT_BLOCK_BYTES=1024 -DSQLITE_EXTRA_INIT=vault_default_init -o "$out/bin/entry_point" \
		"$suite/entry_point.c" "$out/obj/sqlite3.c" $libs
	made vault
}

# ---- 3. run ----

# Root runs them as whoever called sudo, else as nobody.
user=$(id -un)
[ "$(id -u)" -ne 0 ] || user=${SUDO_USER:-nobody}

# A place that this user can reach, with all that the tests read.
work=$(mktemp -d "${TMPDIR:-/tmp}/sqlite-suite-XXXXXX") || exit 1
trap 'rm -rf "$work"; give_back' EXIT
trap 'exit 130' INT TERM
lay_out() {
	chmod 755 "$work"
	mkdir -p "$work/run" "$work/log/vault" "$work/log/plain" "$work/source"
	cp -r "$out/source/test" "$out/source/ext" "$work/source/"
	cp -r "$out/bin" "$work/bin"
	chmod -R a+rX "$work"
}

# Drivers that run other files, or all of them under other settings.
drivers='all async extraquick full fts3 mallocAll memleak permutations quick rbu rtree session soak veryquick'

storage='crash|wal|journal|jrnl|pager|backup|vacuum|rollback|savepoint|lock|incrblob|sysfault|syscall|ioerr'
slow='malloc|fault[0-9]*.test|backup_ioerr|walslow|thread00|sort4|speed|bigfile|fuzz'

test_files() {
	cd "$out/source" || exit 1
	find test ext/{expert,fts5/test,lsm1/test,recover,rtree,session} -name '*.test' | sort | while read -r file; do
		case " $drivers " in *" $(basename "$file" .test) "*) continue ;; esac
		[[ $(basename "$file" .test) != *"${S:-}"* ]] || echo "$file"
	done
	cd "$root" || exit 1
}

run_files() {
	SUITE_WORK=$work SUITE_USER=$user xargs -P "$jobs" -I '{}' "$suite/run-one.sh" "$1" '{}'
}

check_entry_point() {
	(cd "$(mktemp -d "$work/run/entry-XXXXXX")" && "$work/bin/entry_point") ||
		die "a program that links the vault as FORMAT.md says is not safe"
}

# ---- 4. compare ----

results() {
	local -r kind=$1
	local log name
	for log in "$work/log/$kind"/*.log; do
		name=$(basename "$log" .log)
		awk -v file="$name" -v rc="$(cat "${log%.log}.rc")" -f "$suite/read-log.awk" "$log"
	done
}

fetch
build
lay_out
check_entry_point
test_files > "$out/files"
[ -s "$out/files" ] || die "no test file has \"${S:-}\" in its name"
echo "running $(wc -l < "$out/files") test files, $jobs at a time, as $user"
# What crashes and recovers first, then what takes minutes: the end waits for none of it.
{
	grep -E "$storage" "$out/files"
	grep -vE "$storage" "$out/files" | grep -E "$slow"
	grep -vE "$storage|$slow" "$out/files"
} |
	run_files vault
results vault > "$out/results"
rm -rf "$out/log"
cp -r "$work/log/vault" "$out/log"

awk -f "$suite/compare.awk" "$suite/expected.list" "$out/results" > "$out/report"
verdict=$?
grep '^UNEXPECTED' "$out/report" | cut -d' ' -f2 | sort -u > "$out/again"
if [ -s "$out/again" ]; then
	echo "running $(wc -l < "$out/again") files again without the vault"
	run_files plain < "$out/again"
	results plain > "$out/results.plain"
	awk 'NR == FNR { plain[$1, $3] = $2 == "failed"; next }
		/^UNEXPECTED/ && plain[$2, $3] { $0 = $0 " (plain SQLite fails likewise here)" } { print }' \
		"$out/results.plain" "$out/report" > "$out/report.told" && mv "$out/report.told" "$out/report"
fi
sed "s/^SQLITE/SQLite $(cut -d_ -f2 "$out/version")/" "$out/report"
exit $verdict
