#!/bin/bash
# The vectors of tests/vectors/ made again by python3-cbor2 and python3-nacl.
. "$(dirname "$0")/lib.sh"

if "$PYTHON" -c 'import cbor2, nacl' 2> /dev/null; then
	"$PYTHON" "$ROOT/tests/crypto/check_vectors.py" || failures=$((failures + 1))
	cp -r "$ROOT/tests/vectors" "$ROOT/tests/crypto" "$W/"
	mkdir "$W/tests" && mv "$W/vectors" "$W/crypto" "$W/tests/"
	sed -i 's/^report-id ../report-id 00/' "$W/tests/vectors/names.txt"
	check_exit 1 "the comparison fails when a vector is changed" "$PYTHON" "$W/tests/crypto/check_vectors.py"
else
	skip vectors "python3-cbor2 or python3-nacl is missing"
fi
done_here
