#!/usr/bin/python3
"""Who had an old key file and its passphrase: what does that open on a disk now?

    old_key.py KEYFILE PASSPHRASE PATH...

Finds the data key as FORMAT.md, section 8, draws it, and tries it on each file below the paths: every block of a vault,
from every byte of the first 64 KiB that could begin one, and the private part of every key file. Prints "opened N of M files"; each
file that opened before that.
"""

import hashlib
import os
import struct
import sys

from nacl import bindings, exceptions, pwhash

SLOT = 4140


def decrypt(sealed, label, nonce, key):
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, label, nonce, key)
    except exceptions.CryptoError:
        return None


def subkey(data_key, number, context):
    return hashlib.blake2b(b"", digest_size=32, key=data_key, salt=struct.pack("<QQ", number, 0),
                           person=context + bytes(8)).digest()


def data_key_of(image, passphrase):
    passes, memory = struct.unpack_from("<IQ", image, 12)
    slot_key = pwhash.argon2id.kdf(32, passphrase, image[48:64], opslimit=passes, memlimit=memory)
    for i in range(8):
        slot = image[128 + 128 * i:256 + 128 * i]
        content = decrypt(slot[24:], b"sijil/1 slot\0" + bytes([i]) + image[32:48], slot[:24], slot_key)
        if content is not None:
            return content[:32]
    return None


def open_block(data, at, number, kind, key, epoch=b""):
    """Its plain bytes, or None."""
    length = struct.unpack_from("<I", data, at)[0] if at + 44 <= len(data) else 0
    if not 1 <= length <= 4096 or at + 44 + length > len(data):
        return None
    nonce, sealed = data[at + 4:at + 28], data[at + 44:at + 44 + length] + data[at + 28:at + 44]
    return decrypt(sealed, struct.pack("<14sBIQ", b"sijil/1 vault\0", kind, length, number) + epoch, nonce, key)


def opens_vault(data, keys):
    blocks = 0
    for kind, key in keys.items():
        first = open_block(data, 0, 0, kind, key) or b""
        epoch = first[12:16].ljust(4, b"\0") if kind == 2 else b""
        blocks += first != b""
        blocks += sum(open_block(data, at, at // SLOT, kind, key, epoch) is not None for at in range(SLOT, len(data), SLOT))
    return blocks


def opens(data, keys, private_key):
    blocks = opens_vault(data, keys)
    blocks += sum(any(open_block(data, at, 0, kind, key) is not None for kind, key in keys.items())
                  for at in range(1, min(len(data), 65536)) if data[at + 2:at + 4] == b"\0\0")
    for at in range(0, max(len(data) - 4095, 0), 512):
        if decrypt(data[at + 3864:at + 4096], data[at:at + 3840], data[at + 3840:at + 3864], private_key) is not None:
            blocks += 1
    return blocks


def main():
    image, passphrase = open(sys.argv[1], "rb").read(), sys.argv[2].encode()
    data_key = data_key_of(image, passphrase)
    if data_key is None:
        sys.exit("that passphrase does not open that key file")
    keys = {kind: subkey(data_key, kind, b"sijilvlt") for kind in (1, 2, 3)}
    private_key = subkey(data_key, 1, b"sijilkey")
    files = opened = 0
    for path in sys.argv[3:]:
        names = [os.path.join(folder, name) for folder, _, inside in os.walk(path) for name in inside]
        for name in names if os.path.isdir(path) else [path]:
            blocks = opens(open(name, "rb").read(), keys, private_key)
            files += 1
            opened += blocks > 0
            if blocks:
                print(f"{name}: {blocks}")
    print(f"opened {opened} of {files} files")


if __name__ == "__main__":
    main()
