#!/bin/bash
# With --json every reading command answers one JSON value; wrong calls exit with 2; an error is never taken for an empty answer.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

is_json() { "$PYTHON" -c 'import json, sys; json.load(sys.stdin)' < "$OUT" 2> /dev/null; }
json() {
	check "$1 answers" "${@:2}" --json
	if is_json; then ok "  in JSON"; else fail "  in JSON"; fi
}

check_exit 1 "a pull without a register fails" sijil-hq --home "$W/none" pull
check_has "  and says why" "there is no register" "$ERR"
make_project
join nasib
add_reports nasib 3
serve
needs device nasib sync --relay "$URL"
needs device nasib bundle export --all -o "$W/week"

json "sijil list" device nasib list
json "sijil show" device nasib show 2
json "sijil status" device nasib status
json "sijil device show" device nasib device show
json "sijil sync" device nasib sync --relay "$URL"
json "sijil add" device nasib add kind=stock place=C5999 observed_on=2018-06-25 individuals=9
json "sijil add --from" device nasib add --from "$ROOT/tests/demo/tiba.csv"
json "sijil bundle import" device nasib bundle import "$W/week"
json "sijil-hq pull" hq pull --relay "$URL"
json "sijil-hq bundle import" hq bundle import "$W/week"
json "sijil-hq list" hq list
json "sijil-hq show" hq show "Team nasib/2"
json "sijil-hq verify" hq verify
json "sijil-hq gaps" hq gaps
json "sijil-hq device list" hq device list
json "sijil-hq device show" hq device show "Team nasib"
json "sijil-hq project show" hq project show
json "sijil-hq fingerprint" hq fingerprint
json "sijil-hq relay list" hq relay list
json "sijild status" sijild --home "$W/relay" status

sijil-hq --home "$W/hq" --passphrase-fd 3 pull 3<<< "not the passphrase" > "$OUT" 2> "$ERR"
check_same "a pull with a wrong passphrase fails" 5 $?
check_same "  and counts nothing" "" "$(cat "$OUT")"
check_exit 2 "a wrong value of an option is a wrong call" hq invite X -o "$W/x" --expires soon
check_exit 2 "  of a filter too" hq list --since someday
check_has "  named with its option" "--since" "$ERR"
check_exit 2 "fields beside --from are not dropped unseen" device nasib add --from "$W/week" kind=stock
check_exit 1 "a full disk behind the output is an error" bash -c 'sijil help > /dev/full'

check_exit 1 "a card is never written over a file" sijild --home "$W/second" init --address https://relay.invalid:1 -o "$W/week"
check "  and the relay can still be made" sijild --home "$W/second" init --address https://relay.invalid:1 -o "$W/second.card"
check_exit 1 "  once" sijild --home "$W/second" init --address https://relay.invalid:1 -o "$W/third.card"
check_exit 2 "an address is needed" sijild --home "$W/third" init --address "" -o "$W/third.card"
check_exit 1 "a relay without a project says what to do" sijild --home "$W/second" status
check_has "  grant" "sijild grant" "$ERR"
done_here
