#!/bin/bash
# The key files of tests/vectors/ made again by python3-nacl and hashlib.
. "$(dirname "$0")/lib.sh"

if "$PYTHON" -c 'import cbor2, nacl' 2> /dev/null; then
	"$PYTHON" "$ROOT/tests/crypto/check_keyfile_vectors.py" || failures=$((failures + 1))
	mkdir "$W/tests" && cp -r "$ROOT/tests/vectors" "$ROOT/tests/crypto" "$W/tests/"
	sed -i 's/^good one-slot 73/good one-slot 72/' "$W/tests/vectors/keyfile.txt"
	check_exit 1 "the comparison fails when a key file is changed" "$PYTHON" "$W/tests/crypto/check_keyfile_vectors.py"
else
	skip vectors "python3-cbor2 or python3-nacl is missing"
fi
done_here
