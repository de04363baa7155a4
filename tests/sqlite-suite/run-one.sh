#!/bin/bash
# One file of the suite, in a folder of its own, as a normal user with a time limit.
#   SUITE_WORK=FOLDER SUITE_USER=NAME run-one.sh vault|plain FILE
# Its output and status go to $SUITE_WORK/log/KIND/.
set -u
kind=$1 file=$2
log=$SUITE_WORK/log/$kind/${file//\//+}
folder=$SUITE_WORK/run/$kind-${file//\//+}

# A file of which the list says that it does not end gets two minutes.
limit=${SUITE_LIMIT:-2700}
if awk -v file="$file" '$1 == file && / unfinished:timeout/ { found = 1 } END { exit !found }' \
	"$(dirname "$0")/expected.list"; then
	limit=120
fi

as_user=()
mkdir "$folder" && cd "$folder" || exit 1
if [ "$(id -u)" -eq 0 ]; then
	chown "$SUITE_USER" "$folder"
	as_user=(setpriv --reuid="$(id -u "$SUITE_USER")" --regid="$(id -g "$SUITE_USER")" --clear-groups)
fi
[ "$kind" = plain ] || ln -s "$SUITE_WORK/bin/sqlite3" .
# The suite's own way to leave out what makes files of 16 GiB, which are no holes here: in memory they would take it all.
[ "$(stat -f -c %T .)" != tmpfs ] || touch skip-big-file
ulimit -c 0
env -i PATH="$PATH" HOME="$folder" LC_ALL=C.UTF-8 nice -n 10 "${as_user[@]}" timeout -k 10 "$limit" \
	"$SUITE_WORK/bin/$kind" "$SUITE_WORK/source/$file" --maxerror=1000000 > "$log.log" 2>&1 < /dev/null
echo $? > "$log.rc"
cd / && rm -rf "$folder"
[ ! -t 2 ] || printf '.' >&2
