#!/usr/bin/python3
"""Makes tests/vectors/inbox.txt again, as crypto/FORMAT.md, section 8, draws the
records of the inbox, with python3-nacl and hashlib, and compares.

    check_inbox_vectors.py           prints an ok or not ok line
    check_inbox_vectors.py --write   writes the file instead

VERDICT LABEL HEX, as in check_vectors.py. What has the length of a plain record (5,072 bytes) is one,
to be sealed before it is opened; all else is a sealed record as it stands in the file. The recipient's
seed is 32 times 0x1b, the ephemeral secret key 32 times 0xe7.
"""

import hashlib
import struct
import sys

from nacl import bindings

sys.dont_write_bytecode = True
from check_vectors import VECTORS, tokens

RECORD, PLAIN, EPHEMERAL = 5120, 5072, bytes([0xe7]) * 32
PUBLIC, SECRET = bindings.crypto_box_seed_keypair(bytes([0x1b]) * 32)
ROOM = PLAIN - 32


def plain(content=b"note", word=b"sijil/1 inbox\0", serial=bytes([0x5e]) * 16, length=None, padding=b""):
    head = word + serial + struct.pack("<H", len(content) if length is None else length)
    return (head + content + padding).ljust(PLAIN, b"\0")


def seal(text, recipient=PUBLIC):
    """crypto_box_seal with a known ephemeral key."""
    public = bindings.crypto_scalarmult_base(EPHEMERAL)
    nonce = hashlib.blake2b(public + recipient, digest_size=24).digest()
    return public + bindings.crypto_box(text, nonce, recipient, EPHEMERAL)


def vectors():
    sealed = seal(plain())
    return [
        ("good", "sealed", sealed),
        ("good", "plain", plain()),
        ("good", "longest", plain(b"note" + bytes([7]) * (ROOM - 4))),
        ("fail_inbox_length", "empty", b""),
        ("fail_inbox_length", "cut", sealed[:100]),
        ("fail_inbox_box", "zeros", bytes(RECORD)),
        ("fail_inbox_domain", "other-word", plain(word=b"sijil/1 outbx\0")),
        ("fail_inbox_domain", "newer-word", plain(word=b"sijil/2 inbox\0")),
        ("fail_inbox_content", "longer-than-fits", plain(length=ROOM + 1)),
        ("fail_inbox_content", "longest-number", plain(length=65535)),
        ("fail_inbox_padding", "byte-behind-content", plain(padding=b"\1")),
        ("fail_inbox_padding", "last-byte", plain(padding=bytes(ROOM - 5) + b"\1")),
    ]


def main():
    assert bindings.crypto_box_seal_open(seal(plain()), PUBLIC, SECRET) == plain()
    lines = [f"{verdict} {label} {tokens(data)}".rstrip() for verdict, label, data in vectors()]
    path = VECTORS / "inbox.txt"
    text = "\n".join(["# Made by tests/crypto/check_inbox_vectors.py, which explains it."] + lines) + "\n"
    if sys.argv[1:] == ["--write"]:
        path.write_text(text)
        return 0
    same = path.read_text() == text
    print(f"{'ok' if same else 'not ok'} {len(lines)} records of the inbox are as python3-nacl makes them")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
