#!/bin/bash
# A disk goes bad under a relay's store: devices lose nothing, and with a new store, as the manual says, they send again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/project.sh"

make_project
join nasib
add_reports nasib 3
serve
needs device nasib sync --relay "$URL"
needs hq pull --relay "$URL"
stop relay
"$PYTHON" -c '
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[8192:] = bytes(byte ^ 0x55 for byte in data[8192:])
open(sys.argv[1], "wb").write(data)' "$(ls "$W"/relay/store/*.db)"
serve
add_reports nasib 1
check_exit 3 "a relay whose store is damaged answers no device" device nasib sync --relay "$URL"
check_has "  which loses nothing" "nothing is lost" "$ERR"
stop relay && mv "$W/relay/store" "$W/damaged-store"
needs relay grant "$W/project.bundle"
serve
check "with a new store, as the manual says, devices send again" device nasib sync --relay "$URL"
read -r saved held _ <<< "$(status_of nasib)"
check_same "  all they have" "$saved" "$held"
check_exit 0 "  and headquarters takes what is new" hq pull --relay "$URL"
check_has "  which is one report" "1 new reports and corrections" "$OUT"
done_here
