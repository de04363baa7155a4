# Sourced after lib.sh by scenarios that need a project: headquarters, a relay and devices, each in a folder of $W.
#
#   hq ARGS... | device NAME ARGS... | relay ARGS...    the three programs, unlocked
#   make_project [NAME]       headquarters and a relay that serves the project
#   join NAME [LABEL]         an invite, and a device that takes it; LABEL is "Team NAME" unless told
#   add_reports NAME COUNT    reports from a CSV file whose individuals are 1 to COUNT
#   serve [HOME]              starts the relay that lives in HOME; its address comes out in $URL
#   status_of NAME            "saved relay hq", three numbers
#   flip FILE OFFSET          another value for one byte
#   bare NAME                 every block of a device's files, decrypted, into $W/bare, by tests/tools/bare.c
#   scan PATH...              what a thief would find, by tests/tools/thief.c, for the words in $W/words
PASSPHRASE='korin-dasip-momuz-tefar-nobil'
URL=

hq() { sijil-hq --home "$W/hq" --passphrase-fd 3 "$@" 3<<< "$PASSPHRASE"; }
device() {
	local name=$1
	shift
	sijil --home "$W/$name" --passphrase-fd 3 "$@" 3<<< "$PASSPHRASE"
}
relay() { sijild --home "$W/relay" "$@"; }

needs() {
	"$@" > "$OUT" 2> "$ERR" && return 0
	echo "# could not be set up: $*"
	show_output
	exit 1
}

make_project() {
	needs hq init --unlock-cost minimum "${1:-Dara 2018}"
	needs relay init --address https://relay.invalid:8443 -o "$W/relay.card"
	needs hq relay add "$W/relay.card"
	needs hq bundle export -o "$W/project.bundle"
	needs relay grant "$W/project.bundle"
}

join() {
	needs hq invite "${2:-Team $1}" -o "$W/$1.invite"
	needs device "$1" init --invite "$W/$1.invite" --unlock-cost minimum
	rm "$W/$1.invite"
}

# reports COUNT [FIRST]: CSV
reports() {
	echo kind,place,origin,observed_on,households,individuals,note
	seq "${2:-1}" $((${2:-1} + $1 - 1)) | sed 's/.*/arrival,C5999,C6116:60; C6105:40,2018-06-21,,&,المدرسة مكتظة/'
}

add_reports() {
	reports "$2" > "$W/reports.csv"
	needs device "$1" add --from "$W/reports.csv"
}

serve() {
	rm -f "$W/ready" && mkfifo "$W/ready"
	# The new process opens the pipe, which blocks until somebody reads.
	start "${1:-relay}" bash -c 'exec sijild --home "$1" serve --listen 127.0.0.1:0 --ready-fd 4 4> "$2"' - "$W/${1:-relay}" "$W/ready"
	local port=
	read -t 20 -r port < "$W/ready" || true
	URL=https://127.0.0.1:$port
	[ -n "$port" ] && return 0
	echo "# the relay did not start:"
	sed 's/^/#   /' "$W/${1:-relay}.log"
	exit 1
}

status_of() { device "$1" status --json | "$PYTHON" -c 'import json, sys; s = json.load(sys.stdin); print(s["saved"], s["relay"], s["hq"])'; }

flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1") || return 1
	printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

scan() { "$BUILD/tests/tools/thief" "$W/words" "$@"; }

# bare NAME: what a device's register holds below SQLite, every block of every file decrypted, is in $W/bare
bare() {
	rm -rf "$W/bare" && mkdir "$W/bare"
	"$BUILD/tests/tools/bare" "$W/$1" "$W/bare" <<< "$PASSPHRASE"
}
