#!/bin/bash
# What `make deps` does where nothing may be installed: nothing where all is
# present, and otherwise one line to run. Never run as root here.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
W=$(mktemp -d) || exit 1
trap 'rm -rf "$W"' EXIT
chmod 755 "$W"
cp "$root/.ci/deps" "$root/.ci/install-packages" "$W/"
mkdir "$W/bin"
for tool in sh id grep dirname pkg-config dpkg-query; do
	found=$(command -v "$tool") && ln -s "$found" "$W/bin/$tool"
done
printf '#!/bin/sh\necho "apt-get was called: $*"\n' > "$W/bin/apt-get"
chmod 755 "$W/bin/apt-get"
failures=0

as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups env PATH="$W/bin" "$@"
	else
		env PATH="$W/bin" "$@"
	fi
}

# expect STATUS OUTPUT TEXT ARGUMENT...
expect() {
	local status=$1 output=$2 text=$3 got
	shift 3
	got=$(as_user sh "$W/deps" "$@" 2>&1 < /dev/null)
	if [ $? -eq "$status" ] && [ "$got" = "$output" ]; then
		echo "ok $text"
	else
		echo "not ok $text"
		printf '%s\n' "$got" | sed 's/^/#   /'
		failures=$((failures + 1))
	fi
}

line() { printf 'Run this as root, then again what you ran:\n  apt-get install -y --no-install-recommends %s' "$1"; }

expect 0 "" "nothing is done where all is present" shell=cmd:sh root=file:/
expect 2 "$(line 'absent-one absent-two')" "one line names what is missing, once" \
	shell=cmd:sh absent-one=cmd:no-such-command absent-two=file:/no/such/file absent-one=file:/no/such/file
expect 2 "$(line absent-three)" "a library is asked for by its pkg-config name" absent-three=pc:no-such-library
expect 2 "$(line absent-four)" "a package without a probe is asked of dpkg" absent-four
rm "$W/bin/apt-get"
expect 2 "These Debian packages, or what your system calls them, are needed: absent-one" \
	"a system without apt-get is told the names" absent-one=cmd:no-such-command
[ "$failures" -eq 0 ]
