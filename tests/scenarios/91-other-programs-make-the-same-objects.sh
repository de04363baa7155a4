#!/bin/bash
# The objects of tests/vectors/objects made again by python3-cbor2 and python3-nacl.
. "$(dirname "$0")/lib.sh"

if "$PYTHON" -c 'import cbor2, nacl' 2> /dev/null; then
	"$PYTHON" "$ROOT/tests/schema/check_object_vectors.py" || failures=$((failures + 1))
	mkdir "$W/tests" && cp -r "$ROOT/tests/vectors" "$ROOT/tests/crypto" "$ROOT/tests/schema" "$W/tests/"
	sed -i 's/^good head .*/good head 00/' "$W/tests/vectors/objects/admission.txt"
	check_exit 1 "the comparison fails when an object is changed" "$PYTHON" "$W/tests/schema/check_object_vectors.py"
else
	skip vectors "python3-cbor2 or python3-nacl is missing"
fi
done_here
