#!/bin/bash
# Shows that each rule of check.sh can fail: a small tree that breaks it is refused.
set -u
here=$(cd "$(dirname "$0")" && pwd)
W=$(mktemp -d) || exit 1
trap 'rm -rf "$W"' EXIT
failures=0

fresh_tree() {
	rm -rf "${W:?}/tree"
	mkdir -p "$W/tree"/{app,sync,schema,crypto,tests,objects/crypto}
	printf '#ifndef A_H\n#define A_H\nint box_open(void);\n#endif\n' > "$W/tree/crypto/box.h"
	printf '#include "crypto/box.h"\n\nint box_open(void)\n{\n\treturn 1;\n}\n' > "$W/tree/crypto/box.c"
	gcc -I"$W/tree" -c -o "$W/tree/objects/crypto/box.o" "$W/tree/crypto/box.c"
}

check_tree() { bash "$here/check.sh" "$W/tree" "$W/tree/objects" > "$W/out" 2>&1; }

# refuses RULE: the tree as it stands now must fail, by that rule.
refuses() {
	if check_tree; then
		echo "not ok a tree is refused: $1"
		failures=$((failures + 1))
	elif grep -qF "not ok $1" "$W/out"; then
		echo "ok refused: $1"
	else
		echo "not ok refused by the rule: $1"
		sed 's/^/#   /' "$W/out"
		failures=$((failures + 1))
	fi
	fresh_tree
}

add() { printf '%b' "$2" >> "$W/tree/$1"; }

fresh_tree
if check_tree; then
	echo "ok a good tree is accepted"
else
	echo "not ok a good tree is accepted"
	sed 's/^/#   /' "$W/out"
	failures=1
fi

add crypto/low.c '#include "schema/report.h"\n'
refuses "includes go from app to sync to schema to crypto only"
add crypto/low.c '#include "box.h"\n'
refuses "includes go from app to sync to schema to crypto only"
add schema/outbox.c '#include <sodium.h>\n'
refuses "each library is included in its home only"
add app/map.c '#include <gdal.h>\n'
refuses "each library is included in its home only"
add app/util.c '\n'
refuses "no file is called util, common, misc or helpers"
add crypto/long.c "$(seq 501 | sed 's|.*|/* & */|')\n"
refuses "no file has more than 500 lines"
add crypto/long.c "int long_run(void)\n{\n$(seq 60 | sed 's|.*|\t;|')\n\treturn 0;\n}\n"
refuses "no function has more than 60 lines"
add crypto/many.c 'int many(int a, int b, int c,\n\tint d, int e, int f)\n{\n\treturn a;\n}\n'
refuses "no function has more than 5 parameters beside the error"
add crypto/copy.c 'void copy_it(char *a)\n{\n\tstrcpy (a, "");\n}\n'
refuses "no unbounded or unchecked string function is called"
add schema/talk.c 'void talk(void)\n{\n\tprintf("hello");\n}\n'
refuses "only app prints, prompts, reads the environment and exits"
add schema/type.h 'typedef struct thing thing_t;\n'
refuses "structs and enums have no typedef"
add schema/todo.c '/* TODO */\n'
refuses "no unfinished work is left in comments"
add crypto/box.c '\n'
printf '#include <stdio.h>\n%s\n' "$(cat "$W/tree/crypto/box.c")" > "$W/tree/crypto/box.c"
refuses "each source includes its own header first"
add schema/size.h 'size_t size_of_it(void);\n'
refuses "each header compiles alone with gcc"
printf 'int elsewhere(void);\nint elsewhere(void) { return 0; }\n' > "$W/other.c"
gcc -c -o "$W/tree/objects/crypto/box.o" "$W/other.c"
refuses "a source exports only names that start with its own"
add crypto/fine.c 'int fine(int a, int b, int c, int d, int e, struct error *err)\n{\n\treturn a;\n}\n'
add crypto/said.c '/* strcpy(a, b) and printf("x") are never called. */\n'
if check_tree; then
	echo "ok a comment about a forbidden call, and an error beside 5 parameters, are allowed"
else
	echo "not ok a comment about a forbidden call, and an error beside 5 parameters, are allowed"
	failures=1
fi
[ "$failures" -eq 0 ]
