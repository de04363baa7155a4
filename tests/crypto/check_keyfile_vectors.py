#!/usr/bin/python3
"""Makes tests/vectors/keyfile.txt again, as crypto/FORMAT.md, section 8, draws the
key file, with python3-nacl and hashlib, and compares.

    check_keyfile_vectors.py           prints an ok or not ok line
    check_keyfile_vectors.py --write   writes the file instead

VERDICT LABEL HEX, as in check_vectors.py; what is random in a real file is a run
of one byte here. Slot 0 opens with the passphrase below; the data key is 32 times
0xda, the floor event 41 with an id of 32 times 0xf1. What a label says "and a file"
of opens with the passphrase and the content below, and not without it. In what a
label calls another database's, the passphrase opens that one's data key, 32 times 0xdb.
"""

import hashlib
import struct
import sys

from nacl import bindings, public, pwhash

sys.dont_write_bytecode = True
from check_vectors import VECTORS, tokens

PASSPHRASE = b"lusab-babad-gutih-tugad"
DATA_KEY, NAME, SALT, FLOOR_ID = bytes([0xda]) * 32, bytes([0xaa]) * 16, bytes([0x5a]) * 16, bytes([0xf1]) * 32
KEY_FILE = b"a picture of a harbour\n"
INBOX_SEED = bytes([0x3b]) * 32
OTHER_KEY = bytes([0xdb]) * 32
MIB = 1 << 20


def subkey(number, length):
    """crypto_kdf_derive_from_key."""
    return hashlib.blake2b(b"", digest_size=length, key=DATA_KEY, salt=struct.pack("<QQ", number, 0),
                           person=b"sijilkey" + bytes(8)).digest()


SLOT_KEY = pwhash.argon2id.kdf(32, PASSPHRASE, SALT, opslimit=3, memlimit=64 * MIB)
FILE_SLOT_KEY = hashlib.blake2b(KEY_FILE, digest_size=32, key=SLOT_KEY, person=b"sijil/1 key file").digest()
INBOX = bytes(public.PrivateKey.from_seed(INBOX_SEED).public_key)
encrypt = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt


def slot(number, kind=1, later=bytes(55), key=SLOT_KEY, data_key=DATA_KEY):
    nonce = bytes([0x10 + number]) * 24
    label = b"sijil/1 slot\0" + bytes([number]) + NAME
    return nonce + encrypt(data_key + bytes([kind]) + later, label, nonce, key)


def keyfile(passes=3, memory=64 * MIB, generation=1, version=1, slots=None, kinds=b"\1", inbox=bytes(32),
            later=bytes(16), private_later=bytes(168)):
    slots = slots or {0: slot(0)}
    public = b"sijilkey" + struct.pack("<IIQQ", version, passes, memory, generation) + NAME + SALT + subkey(2, 16)
    public += inbox + later
    public += b"".join(slots.get(i, bytes([0xe0 + i]) * 128) for i in range(8)) + bytes([0x0f]) * 2688
    nonce = bytes([0x77]) * 24
    private = struct.pack("<Q", 41) + FLOOR_ID + kinds.ljust(8, b"\0") + private_later
    return public + nonce + encrypt(private, public, nonce, subkey(1, 32))


def changed(at, whole=None):
    whole = bytearray(whole or keyfile())
    whole[at] ^= 1
    return bytes(whole)


def vectors():
    return [
        ("good", "one-slot", keyfile()),
        ("good", "last-slot", keyfile(slots={7: slot(7)}, kinds=bytes(7) + b"\1")),
        ("good", "two-slots-and-generation-9", keyfile(slots={0: slot(0), 3: slot(3)}, kinds=b"\1\0\0\1", generation=9)),
        ("good", "later-room-in-use", keyfile(slots={0: slot(0, later=bytes([4]) * 55)}, inbox=bytes([1]) * 32,
                                              later=bytes([2]) * 16, private_later=bytes([3]) * 168)),
        ("good", "recovery-code", keyfile(slots={5: slot(5, 2)}, kinds=bytes(5) + b"\2")),
        ("good", "inbox", keyfile(inbox=INBOX, private_later=INBOX_SEED + bytes(136))),
        ("good", "passphrase-and-a-file", keyfile(slots={1: slot(1, 3, key=FILE_SLOT_KEY)}, kinds=b"\0\3")),
        ("good", "a-recovery-code-beside-passphrase-and-a-file",
         keyfile(slots={1: slot(1, 3, key=FILE_SLOT_KEY), 2: slot(2, 2, key=bytes(32))}, kinds=b"\0\3\2")),
        ("good", "keeps-the-key-of-another", keyfile(private_later=bytes(32) + OTHER_KEY + bytes(104))),
        ("good", "another-database's", keyfile(slots={0: slot(0, key=bytes(32)), 7: slot(7, 4, data_key=OTHER_KEY)},
                                               private_later=bytes(32) + OTHER_KEY + bytes(104))),
        ("fail_keyfile_start", "empty", b""),
        ("fail_keyfile_start", "cut-in-version", keyfile()[:11]),
        ("fail_keyfile_start", "other-word", changed(0)),
        ("fail_keyfile_newer", "version-2", keyfile(version=2)),
        ("fail_keyfile_newer", "version-2-short", keyfile(version=2)[:12]),
        ("fail_keyfile_newer", "version-2-long", keyfile(version=2) + bytes(100)),
        ("fail_keyfile_version", "version-0", keyfile(version=0)),
        ("fail_keyfile_length", "one-short", keyfile()[:-1]),
        ("fail_keyfile_length", "one-long", keyfile() + b"\0"),
        ("fail_keyfile_costs", "two-passes", keyfile(passes=2)),
        ("fail_keyfile_costs", "seventeen-passes", keyfile(passes=17)),
        ("fail_keyfile_costs", "memory-below", keyfile(memory=64 * MIB - 1024)),
        ("fail_keyfile_costs", "memory-above", keyfile(memory=256 * MIB + 1024)),
        ("fail_keyfile_costs", "memory-uneven", keyfile(memory=64 * MIB + 1)),
        ("fail_keyfile_generation", "generation-0", keyfile(generation=0)),
        ("fail_keyfile_locked", "slot-altered", changed(128 + 50)),
        ("fail_keyfile_locked", "name-altered", changed(32)),
        ("fail_keyfile_locked", "salt-altered", changed(48)),
        ("fail_keyfile_locked", "slot-in-another-place", keyfile(slots={1: slot(0)})),
        ("fail_keyfile_kind", "kind-0", keyfile(slots={0: slot(0, 0)})),
        ("fail_keyfile_kind", "kind-3-without-its-file", keyfile(slots={0: slot(0, 3)}, kinds=b"\3")),
        ("fail_keyfile_kind", "kind-4-in-another-slot", keyfile(slots={0: slot(0, 4)}, kinds=b"\4")),
        ("fail_keyfile_kind", "kind-4-in-the-slot-before", keyfile(slots={6: slot(6, 4, data_key=OTHER_KEY)})),
        ("fail_keyfile_kind", "kind-4-with-a-file", keyfile(slots={7: slot(7, 4, key=FILE_SLOT_KEY, data_key=OTHER_KEY)})),
        ("fail_keyfile_kind", "kind-5", keyfile(slots={7: slot(7, 5)})),
        ("fail_keyfile_kind", "kind-1-with-a-file", keyfile(slots={0: slot(0, 1, key=FILE_SLOT_KEY)}, kinds=b"\1")),
        ("fail_keyfile_tag", "generation-altered", changed(24, keyfile(generation=8))),
        ("fail_keyfile_tag", "check-altered", changed(64)),
        ("fail_keyfile_tag", "empty-slot-altered", changed(128 + 5 * 128)),
        ("fail_keyfile_tag", "later-room-altered", changed(2000)),
        ("fail_keyfile_tag", "floor-altered", changed(3840 + 24)),
        ("fail_keyfile_tag", "last-byte-altered", changed(4095)),
    ]


def main():
    lines = [f"{verdict} {label} {tokens(data)}".rstrip() for verdict, label, data in vectors()]
    path = VECTORS / "keyfile.txt"
    if sys.argv[1:] == ["--write"]:
        comment = "# Made by tests/crypto/check_keyfile_vectors.py, which explains it.\n"
        path.write_text(comment + "\n".join(lines) + "\n")
        return 0
    kept = path.read_text().splitlines()[1:]
    good = kept == lines
    print(f"{'ok' if good else 'not ok'} keyfile.txt: {len(kept)} vectors are the same made by hashlib and nacl")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
