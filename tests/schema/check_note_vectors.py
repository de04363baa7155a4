#!/usr/bin/python3
"""Makes tests/vectors/note.txt again, as schema/REPORT.md, section 8, has notes,
with python3-cbor2, and compares.

    check_note_vectors.py           prints an ok or not ok line
    check_note_vectors.py --write   writes the file instead

VERDICT LABEL HEX. good_ ones decode, and encode to the same bytes.
"""

import pathlib
import sys

import cbor2

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "note.txt"
CREATED = 1529854200
TAG, OTHER = bytes.fromhex("8091a2b3c4d5e6f7"), bytes.fromhex("1f2e3d4c5b6a7988")
NICKNAME = "أبو عمر"


def body(sources=(), **changes):
    found = {1: CREATED, 6: 1, 8: 2, 9: {1: "C5999"}, 13: 17706, 14: {1: 300}}
    if sources:
        found[19] = [{1: 6, 3: tag} for tag in sources]
    found.update({int(key[1:]): value for key, value in changes.items()})
    return cbor2.dumps({key: found[key] for key in sorted(found) if found[key] is not None})


def note(content=None, nicknames=(), version=1):
    return cbor2.dumps([version, body() if content is None else content, list(nicknames)])


def vectors():
    two = body([TAG, OTHER])
    return [
        ("good", "least", note()),
        ("good", "nickname", note(body([TAG]), [[TAG, NICKNAME]])),
        ("good", "two-nicknames", note(two, [[TAG, NICKNAME], [OTHER, "driver"]])),
        ("good", "one-tag-is-no-nickname", note(two, [[OTHER, "driver"]])),
        ("good", "clock-unset", note(body(k2=4))),
        ("fail_newer_version", "version-2", note(version=2)),
        ("fail_newer_version", "version-2-longer", cbor2.dumps([2, body(), [], b""])),
        ("fail_out_of_range", "version-0", note(version=0)),
        ("fail_note_unmarked", "as-if-typed-unlocked", note(body(k6=None))),
        ("fail_missing_field", "no-nicknames-at-all", cbor2.dumps([1, body()])),
        ("fail_unknown_field", "more-items", cbor2.dumps([1, body(), [], 0])),
        ("fail_wrong_type", "a-map", cbor2.dumps({1: body()})),
        ("fail_wrong_type", "body-not-in-bytes", cbor2.dumps([1, {1: CREATED}, []])),
        ("fail_required_field", "no-place", note(body(k9=None))),
        ("fail_unknown_field", "an-amendments-key", note(body(k3=bytes(32)))),
        ("fail_list_length", "six-nicknames", note(two, [[TAG, NICKNAME]] * 6)),
        ("fail_named_twice", "tag", note(two, [[TAG, NICKNAME], [TAG, "driver"]])),
        ("fail_named_twice", "name", note(two, [[TAG, NICKNAME], [OTHER, NICKNAME]])),
        ("fail_nickname_unused", "of-no-source", note(body([TAG]), [[OTHER, NICKNAME]])),
        ("fail_empty_value", "no-name", note(two, [[TAG, ""]])),
        ("fail_text_not_normal", "two-blanks", note(two, [[TAG, "abu  omar"]])),
        ("fail_text_not_normal", "81-characters", note(two, [[TAG, "x" * 81]])),
        ("fail_text_not_normal", "override", note(two, [[TAG, "abu\u202eomar"]])),
        ("fail_trailing_bytes", "one", note() + b"\0"),
    ]


def main():
    lines = [f"{verdict} {label} {data.hex()}" for verdict, label, data in vectors()]
    text = "\n".join(["# Made by tests/schema/check_note_vectors.py, which explains it."] + lines) + "\n"
    if sys.argv[1:] == ["--write"]:
        VECTORS.write_text(text)
        return 0
    good = VECTORS.read_text() == text
    print(f"{'ok' if good else 'not ok'} note.txt: {len(lines)} notes are the same made by cbor2")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
