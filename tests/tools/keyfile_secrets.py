#!/usr/bin/python3
"""What a key file guards, by crypto/FORMAT.md, section 8, and not by sijil's code.

    keyfile_secrets.py FILE < PASSPHRASE                   prints the data key and the seed of the inbox key
    keyfile_secrets.py FILE --without-inbox < PASSPHRASE   takes the inbox key out of it, as a file made before had none
    keyfile_secrets.py FILE --swap-inbox                   puts another inbox key in, as a thief might
"""

import hashlib
import struct
import sys

from nacl import bindings, pwhash

ENCRYPT = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt
DECRYPT = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt


def data_key(image, passphrase):
    passes, memory = struct.unpack("<IQ", image[12:24])
    slot_key = pwhash.argon2id.kdf(32, passphrase, image[48:64], opslimit=passes, memlimit=memory)
    for i in range(8):
        slot = image[128 + 128 * i:256 + 128 * i]
        try:
            return DECRYPT(slot[24:], b"sijil/1 slot\0" + bytes([i]) + image[32:48], slot[:24], slot_key)[:32]
        except Exception:
            continue
    sys.exit("no slot opens")


def main():
    image = bytearray(open(sys.argv[1], "rb").read())
    if "--swap-inbox" in sys.argv:
        image[80:112] = bindings.crypto_box_seed_keypair(bytes(32))[0]
        open(sys.argv[1], "wb").write(image)
        return
    key = data_key(bytes(image), sys.stdin.buffer.read().rstrip(b"\n"))
    subkey = hashlib.blake2b(b"", digest_size=32, key=key, salt=struct.pack("<QQ", 1, 0),
                             person=b"sijilkey" + bytes(8)).digest()
    private = bytearray(DECRYPT(bytes(image[3864:]), bytes(image[:3840]), bytes(image[3840:3864]), subkey))
    if "--without-inbox" not in sys.argv:
        print(f"{key.hex()} {private[48:80].hex()}")
        return
    image[80:112], private[48:80] = bytes(32), bytes(32)
    image[3864:] = ENCRYPT(bytes(private), bytes(image[:3840]), bytes(image[3840:3864]), subkey)
    open(sys.argv[1], "wb").write(image)


main()
