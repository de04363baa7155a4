#!/usr/bin/python3
"""What somebody on the way could do to a bundle: takes it apart by python3-cbor2 and puts it together otherwise.

    edit_bundle.py IN OUT reverse                 the objects in the reverse order
    edit_bundle.py IN OUT repeat                  each object twice
    edit_bundle.py IN OUT cut BYTES               without the last BYTES
    edit_bundle.py IN OUT drop N                  without event N (1 is the first)
    edit_bundle.py IN OUT only TYPE               only the objects of that type
    edit_bundle.py IN OUT flip N PART             one bit in event N's header, payload, signature or attachment
    edit_bundle.py IN OUT retype N TYPE           event N under another type
    edit_bundle.py IN OUT exchange N M            the attachments of two events
"""

import io
import sys

import cbor2


def read(path):
    """The objects as (wire, type, parts), parts by name."""
    data = open(path, "rb").read()
    stream, objects = io.BytesIO(data), []
    while stream.tell() < len(data):
        start = stream.tell()
        item = cbor2.load(stream)
        header, _, payload, signature = item[1].value
        parts = {"header": header, "payload": payload, "signature": signature, "attachment": item[2] if len(item) > 2 else b""}
        objects.append((data[start:stream.tell()], item[0], parts))
    return objects


def flip(entry, name):
    wire, kind, parts = entry
    at = wire.index(parts[name]) + len(parts[name]) // 2
    return wire[:at] + bytes([wire[at] ^ 1]) + wire[at + 1:], kind, parts


def attach(entry, attachment):
    wire, kind, parts = entry
    assert len(parts["attachment"]) == len(attachment)
    return wire.replace(parts["attachment"], attachment), kind, parts


def edit(objects, words):
    events = [i for i, entry in enumerate(objects) if entry[1] <= 15]
    mode = words[0]
    if mode == "reverse":
        return objects[::-1]
    if mode == "repeat":
        return [entry for entry in objects for _ in range(2)]
    if mode == "only":
        return [entry for entry in objects if entry[1] == int(words[1])]
    at = events[int(words[1]) - 1]
    if mode == "drop":
        del objects[at]
    elif mode == "flip":
        objects[at] = flip(objects[at], words[2])
    elif mode == "retype":
        wire, _, parts = objects[at]
        objects[at] = wire[:1] + bytes([int(words[2])]) + wire[2:], int(words[2]), parts
    elif mode == "exchange":
        other = events[int(words[2]) - 1]
        first, second = objects[at], objects[other]
        objects[at] = attach(first, second[2]["attachment"])
        objects[other] = attach(second, first[2]["attachment"])
    else:
        sys.exit("edit_bundle.py: no such edit: " + mode)
    return objects


def main():
    source, target, *words = sys.argv[1:]
    if words[0] == "cut":
        out = open(source, "rb").read()[:-int(words[1])]
    else:
        out = b"".join(entry[0] for entry in edit(read(source), words))
    open(target, "wb").write(out)


main()
