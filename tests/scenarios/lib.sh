# Sourced by each scenario, first thing. Gives a temporary folder that vanishes,
# background programs that end with the scenario, and counted checks.
#
#   $W                 the scenario's own folder; HOME and the XDG folders are in it
#   $ROOT $BUILD       the project's folder; the build that is tested (programs in PATH)
#   $SAMPLES           the shared data folder, or empty
#   ok TEXT | fail TEXT | skip NAME WHY
#   check TEXT COMMAND...          passes when the command exits 0
#   check_exit CODE TEXT COMMAND...  passes when it exits with CODE
#   check_has TEXT NEEDLE FILE     passes when FILE contains NEEDLE (fixed text)
#   check_lacks TEXT NEEDLE FILE
#   check_same TEXT EXPECTED ACTUAL
#   $OUT $ERR          what the last checked command wrote
#   start NAME COMMAND...          in the background; output in $W/NAME.log, pid in $PID
#   stop NAME [SIGNAL]             waits for its end, status in $STATUS
#   wait_for SECONDS COMMAND...    repeats until it succeeds
#   free_port                      prints a loopback port the kernel chose
#   as_user COMMAND...             as an unprivileged user when run as root
#
# A scenario that ends early by itself counts as failed: it must call `done_here`.
set -uo pipefail
export LC_ALL=C.UTF-8

ROOT=${SIJIL_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
BUILD=${SIJIL_BUILD:-$ROOT/build/release}
SAMPLES=$ROOT/../shared/data
[ -d "$SAMPLES" ] || SAMPLES=
case :$PATH: in *:"$BUILD/bin":*) ;; *) PATH=$BUILD/bin:$PATH ;; esac
PYTHON=/usr/bin/python3

W=$(mktemp -d "${TMPDIR:-/tmp}/sijil-scenario.XXXXXX") || exit 1
export HOME=$W/home XDG_RUNTIME_DIR=$W/run TMPDIR=$W/tmp
export XDG_DATA_HOME=$HOME/.local/share XDG_CONFIG_HOME=$HOME/.config
mkdir -p "$HOME" "$TMPDIR" && mkdir -m 700 "$XDG_RUNTIME_DIR"
unset SIJIL_HOME http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

OUT=$W/out ERR=$W/err
STATUS=0 PID=
failures=0 complete=
declare -A started=()

end_scenario() {
	local status=$? name
	trap '' TERM INT
	for name in "${!started[@]}"; do
		kill -KILL "${started[$name]}" 2>/dev/null
	done
	wait 2>/dev/null
	if [ -z "$complete" ]; then
		echo "not ok the scenario runs to its end (it stopped early, status $status)"
		failures=$((failures + 1))
	fi
	cd / && chmod -R u+rwX "$W" 2>/dev/null
	[ -n "${KEEP:-}" ] && echo "# kept: $W" || rm -rf "$W"
	[ "$failures" -eq 0 ] || exit 1
	exit 0
}
trap end_scenario EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

done_here() { complete=yes; }
ok() { echo "ok $*"; }
fail() {
	echo "not ok $*"
	failures=$((failures + 1))
}
skip() { echo "SKIP $1: $2"; }

show_output() {
	{ echo "stdout:"; head -c 4000 "$OUT"; echo; echo "stderr:"; head -c 4000 "$ERR"; echo; } | sed 's/^/#   /'
}

check() {
	local text=$1
	shift
	check_exit 0 "$text" "$@"
}

check_exit() {
	local code=$1 text=$2
	shift 2
	"$@" > "$OUT" 2> "$ERR"
	STATUS=$?
	if [ "$STATUS" -eq "$code" ]; then
		ok "$text"
		return 0
	fi
	fail "$text"
	echo "#   exit status $STATUS instead of $code: $*"
	show_output
	return 1
}

check_has() {
	if grep -qaF -- "$2" "$3"; then
		ok "$1"
		return 0
	fi
	fail "$1"
	echo "#   '$2' is not in:"
	head -c 4000 "$3" | sed 's/^/#   /'
	return 1
}

check_lacks() {
	if [ -r "$3" ] && ! grep -qaF -- "$2" "$3"; then
		ok "$1"
		return 0
	fi
	fail "$1"
	echo "#   '$2' is in $3, or it cannot be read"
	return 1
}

check_same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
		return 0
	fi
	fail "$1"
	printf '#   expected: %s\n#   actual:   %s\n' "$2" "$3"
	return 1
}

start() {
	local name=$1
	shift
	# A shell function would run in a shell between us and the program, and be killed in its place.
	if [ "$(type -t "$1")" != file ]; then
		fail "'$1' is a program that can be started"
		exit 1
	fi
	"$@" > "$W/$name.log" 2>&1 < /dev/null &
	PID=$!
	started[$name]=$PID
}

stop() {
	local pid=${started[$1]}
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	STATUS=$?
	unset "started[$1]"
}

wait_for() {
	local until=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ "$SECONDS" -lt "$until" ] || return 1
		sleep 0.05
	done
}

free_port() {
	"$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}
