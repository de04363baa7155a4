#!/usr/bin/python3
"""Makes the vectors of tests/vectors/ again, from seeds, with other people's CBOR
and other people's signing code (python3-cbor2, python3-nacl), and compares.

    check_vectors.py           prints ok and not ok lines
    check_vectors.py --write   writes the files instead

names.txt    NAME VALUE          seeds, ids, a proof, a commitment, tree roots
keys.txt     VERDICT LABEL HEX   public keys
object.txt   VERDICT LABEL HEX   wire objects
cbor.txt is kept by hand; here it is only compared with cbor2.
A verdict is "good" or "fail_" and a rule of crypto/FORMAT.md. HEX is a row of
tokens; "ab*9" stands for nine times the byte ab.
"""

import hashlib
import pathlib
import struct
import sys

import cbor2
from nacl import bindings

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


def sha256(data):
    return hashlib.sha256(data).digest()


def domain_hash(word, *parts):
    return sha256(b"sijil/1 " + word + b"\0" + b"".join(parts))


class Key:
    """An Ed25519 key from a seed of 32 equal bytes."""

    def __init__(self, byte):
        self.seed = bytes([byte]) * 32
        self.public, self.secret = bindings.crypto_sign_seed_keypair(self.seed)

    def sign(self, message):
        return bindings.crypto_sign(message, self.secret)[:64]


ROOT, DEVICE, RECEIPT, INVITE, OTHER_DEVICE, OTHER_INVITE, STRANGER, APPOINTED = (
    Key(n) for n in (1, 2, 3, 4, 5, 6, 7, 8))
SEALING_SEED, EPHEMERAL_SEED, SALT = (bytes([n]) * 32 for n in (16, 17, 18))
SEALING_PUBLIC, SEALING_SECRET = bindings.crypto_box_seed_keypair(SEALING_SEED)
PROJECT = domain_hash(b"project", ROOT.public)[:16]
LOG = domain_hash(b"log", PROJECT, RECEIPT.public)[:16]


def sealed_box(plain):
    """crypto_box_seal with a known ephemeral key."""
    public, secret = bindings.crypto_box_seed_keypair(EPHEMERAL_SEED)
    nonce = hashlib.blake2b(public + SEALING_PUBLIC, digest_size=24).digest()
    return public + bindings.crypto_box(plain, nonce, SEALING_PUBLIC, secret)


def pad(plain):
    return plain + b"\x80" + bytes(-(len(plain) + 1) % 64)


def seal(body):
    return sealed_box(pad(SALT + body))


def commitment(signer, number, body, project=PROJECT):
    return domain_hash(b"commitment", project, signer, struct.pack(">Q", number), SALT, body)


def proof(key, introducer):
    return key.sign(b"sijil/1 proof\0" + PROJECT + introducer + key.public)


def header(signer, algorithm=-8):
    return cbor2.dumps({1: algorithm, 4: signer})


def signature(kind, protected, payload, key, project=PROJECT):
    aad = b"sijil/1 object\0" + bytes([kind]) + project
    return key.sign(cbor2.dumps(["Signature1", protected, aad, payload]))


def cose(kind, protected, payload, key):
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature(kind, protected, payload, key)]))


def wire(kind, signed, attachment=None):
    head = b"\x82" if attachment is None else b"\x83"
    return head + cbor2.dumps(kind) + signed + (b"" if attachment is None else cbor2.dumps(attachment))


def make(kind, signer, content, key, attachment=None):
    return wire(kind, cose(kind, header(signer), cbor2.dumps(content), key), attachment)


def object_id(signed):
    return sha256(signed)


class Enrolled:
    """A device with its invite and enrolment."""

    def __init__(self, key, invite_key, label):
        invite_payload = cbor2.dumps({1: invite_key.public, 2: 2000000000})
        self.invite = cose(33, header(PROJECT), invite_payload, ROOT)
        self.invite_id = object_id(self.invite)
        body = cbor2.dumps({1: label, 2: "Linux"})
        attachment = seal(body)
        payload = cbor2.dumps({
            1: self.invite, 2: key.public, 3: proof(key, self.invite_id), 4: 1,
            5: commitment(self.invite_id[:16], 0, body), 6: sha256(attachment)})
        self.enrolment = cose(16, header(self.invite_id[:16]), payload, invite_key)
        self.enrolment_wire = wire(16, self.enrolment, attachment)
        self.link = object_id(self.enrolment)
        self.id = self.link[:16]
        self.key = key

    def event(self, body, number=1, previous=None, **other):
        """(payload, attachment) of an event; what is in `other` is put in its place."""
        attachment = other.get("attachment", seal(body))
        fields = [number, previous or self.link, 1, other.get("commitment", commitment(self.id, number, body)),
                  sha256(attachment)]
        return cbor2.dumps(fields + other.get("more", [])), attachment


WORKER = Enrolled(DEVICE, INVITE, "Team Nasib")
OTHER = Enrolled(OTHER_DEVICE, OTHER_INVITE, "Team Tafas")
BODY = cbor2.dumps({1: 2, 3: "C5999", 7: [250, 300, 400], 20: "نصيب"})
PAYLOAD, ATTACHMENT = WORKER.event(BODY)
PROTECTED = header(WORKER.id)
REPORT = cose(1, PROTECTED, PAYLOAD, DEVICE)
SIGNATURE = signature(1, PROTECTED, PAYLOAD, DEVICE)


def proquints(data):
    words = []
    for (word,) in struct.iter_unpack(">H", data):
        c, v = "bdfghjklmnprstvz", "aiou"
        words.append(c[word >> 12] + v[word >> 10 & 3] + c[word >> 6 & 15] + v[word >> 4 & 3] + c[word & 15])
    return "-".join(words)


def tree_root(leaves):
    """MTH of RFC 9162, 2.1.1."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + tree_root(leaves[:split]) + tree_root(leaves[split:]))


def names():
    leaves = [sha256(struct.pack(">I", n)) for n in range(1000)]
    rows = [
        ("root-seed", ROOT.seed.hex()), ("root-public-key", ROOT.public.hex()),
        ("project-id", PROJECT.hex()), ("project-fingerprint", proquints(PROJECT)),
        ("receipt-seed", RECEIPT.seed.hex()), ("receipt-public-key", RECEIPT.public.hex()), ("log-id", LOG.hex()),
        ("invite-seed", INVITE.seed.hex()), ("invite-id", WORKER.invite_id[:16].hex()),
        ("other-invite-seed", OTHER_INVITE.seed.hex()), ("other-invite-id", OTHER.invite_id[:16].hex()),
        ("device-seed", DEVICE.seed.hex()), ("device-public-key", DEVICE.public.hex()),
        ("device-id", WORKER.id.hex()), ("device-fingerprint", proquints(WORKER.id)),
        ("other-device-seed", OTHER_DEVICE.seed.hex()), ("other-device-id", OTHER.id.hex()),
        ("introducer", WORKER.invite_id.hex()), ("proof", proof(DEVICE, WORKER.invite_id).hex()),
        ("sealing-seed", SEALING_SEED.hex()), ("sealing-public-key", SEALING_PUBLIC.hex()),
        ("salt", SALT.hex()), ("body", BODY.hex()), ("sealed", ATTACHMENT.hex()),
        ("commitment", commitment(WORKER.id, 1, BODY).hex()),
        ("report-payload", PAYLOAD.hex()), ("report-wire", wire(1, REPORT, ATTACHMENT).hex()),
        ("report-id", object_id(REPORT).hex()),
    ]
    rows += [(f"tree-root-{n}", tree_root(leaves[:n]).hex()) for n in (0, 1, 2, 3, 4, 5, 7, 8, 100, 1000)]
    return [" ".join(row) for row in rows]


def keys():
    p = 2**255 - 19
    rows = [
        ("good", "device", DEVICE.public),
        ("fail_public_key", "neutral-point", (1).to_bytes(32, "little")),
        ("fail_public_key", "order-2", (p - 1).to_bytes(32, "little")),
        ("fail_public_key", "order-4", bytes(32)),
        ("fail_public_key", "order-8", bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")),
        ("fail_public_key", "mixed-order", bytes.fromhex("cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d")),
        ("fail_public_key", "not-canonical", (p + 1).to_bytes(32, "little")),
        ("fail_public_key", "not-on-the-curve", (2).to_bytes(32, "little")),
    ]
    return [f"{verdict} {label} {key.hex()}" for verdict, label, key in rows]


def raw_cose(items):
    return b"\xd2" + bytes([0x80 + len(items)]) + b"".join(items)


def items(protected=None, unprotected=b"\xa0", payload=None, sig=None, key=DEVICE):
    """The four encoded items of a report's COSE_Sign1, truly signed whatever is odd."""
    protected = PROTECTED if protected is None else protected
    payload = PAYLOAD if payload is None else payload
    sig = signature(1, protected, payload, key) if sig is None else sig
    return [cbor2.dumps(protected), unprotected, cbor2.dumps(payload), cbor2.dumps(sig)]


def odd(**changes):
    return wire(1, raw_cose(items(**changes)), ATTACHMENT)


def malleable(sig):
    """S + L: the same equation holds, and RFC 8032 refuses it."""
    return sig[:32] + (int.from_bytes(sig[32:], "little") + GROUP_ORDER).to_bytes(32, "little")


def good_objects():
    later_body = cbor2.dumps({1: 2})
    later, later_attachment = WORKER.event(later_body, 2, object_id(REPORT), more=[[LOG, 7, sha256(b"root")]])
    eddsa = header(WORKER.id, -19)
    future, future_attachment = WORKER.event(later_body, 3)
    head = {1: 1, 2: object_id(REPORT)}
    return [
        ("invite", wire(33, WORKER.invite)),
        ("enrolment", WORKER.enrolment_wire),
        ("other-invite", wire(33, OTHER.invite)),
        ("other-enrolment", OTHER.enrolment_wire),
        ("report", wire(1, REPORT, ATTACHMENT)),
        ("report-algorithm-19", wire(1, cose(1, eddsa, PAYLOAD, DEVICE), ATTACHMENT)),
        ("amend-with-checkpoint", wire(2, cose(2, PROTECTED, later, DEVICE), later_attachment)),
        ("event-of-a-type-to-come", wire(7, cose(7, PROTECTED, future, DEVICE), future_attachment)),
        ("head", make(18, WORKER.id, head, DEVICE)),
        ("receipt", make(48, LOG, {1: WORKER.id, 2: 1, 3: object_id(REPORT), 4: [], 5: [LOG, 3, sha256(b"root")], 6: 1800000000}, RECEIPT)),
        ("root-type-to-come", make(45, PROJECT, {1: "not yet known"}, ROOT)),
    ]


def refused_shapes():
    tagged = items()
    sixteen = header(WORKER.id)
    return [
        ("fail_object_too_long", "event", wire(1, REPORT, bytes(8193))),
        ("fail_object_too_long", "attachment", wire(38, REPORT, bytes(61441))),
        ("fail_object_too_long", "whole", wire(38, REPORT, bytes(65500))),
        ("fail_object_shape", "empty", b"\x80"),
        ("fail_object_shape", "no-array", REPORT),
        ("fail_object_shape", "type-alone", b"\x81\x01"),
        ("fail_object_shape", "four-items", b"\x84\x01" + REPORT + b"\x41\x00\x41\x00"),
        ("fail_object_shape", "type-is-text", b"\x82\x61\x31" + REPORT),
        ("fail_object_shape", "three-in-cose", wire(1, raw_cose(tagged[:3]), ATTACHMENT)),
        ("fail_object_shape", "five-in-cose", wire(1, raw_cose(tagged + [b"\x00"]), ATTACHMENT)),
        ("fail_object_shape", "protected-is-map", wire(1, raw_cose([sixteen] + tagged[1:]), ATTACHMENT)),
        ("fail_object_shape", "unprotected-is-bytes", odd(unprotected=b"\x40")),
        ("fail_object_shape", "payload-is-text", wire(1, raw_cose(tagged[:2] + [b"\x61\x61", tagged[3]]), ATTACHMENT)),
        ("fail_object_shape", "signature-is-text", wire(1, raw_cose(tagged[:3] + [b"\x78\x40" + b"a" * 64]), ATTACHMENT)),
        ("fail_object_shape", "attachment-is-text", wire(1, REPORT, "text")),
        ("fail_cose_tag", "none", wire(1, REPORT[1:], ATTACHMENT)),
        ("fail_header_shape", "one-key", odd(protected=cbor2.dumps({1: -8}))),
        ("fail_header_shape", "three-keys", odd(protected=cbor2.dumps({1: -8, 3: 0, 4: WORKER.id}))),
        ("fail_header_shape", "other-key", odd(protected=cbor2.dumps({1: -8, 5: WORKER.id}))),
        ("fail_header_shape", "text-key", odd(protected=cbor2.dumps({1: -8, "4": WORKER.id}))),
        ("fail_header_shape", "not-a-map", odd(protected=cbor2.dumps([1, -8, 4, WORKER.id]))),
        ("fail_header_algorithm", "es256", odd(protected=header(WORKER.id, -7))),
        ("fail_header_algorithm", "plus-8", odd(protected=header(WORKER.id, 8))),
        ("fail_header_algorithm", "text", odd(protected=header(WORKER.id, "EdDSA"))),
        ("fail_header_signer", "15-bytes", odd(protected=header(WORKER.id[:15]))),
        ("fail_header_signer", "17-bytes", odd(protected=header(WORKER.id + b"\0"))),
        ("fail_header_signer", "text", odd(protected=header("abcdefghijklmnop"))),
        ("fail_unprotected_not_empty", "one-key", odd(unprotected=b"\xa1\x04\x40")),
        ("fail_signature_length", "63", odd(sig=SIGNATURE[:63])),
        ("fail_signature_length", "65", odd(sig=SIGNATURE + b"\0")),
        ("fail_type_out_of_range", "0", wire(0, REPORT, ATTACHMENT)),
        ("fail_type_out_of_range", "128", wire(128, REPORT, ATTACHMENT)),
        ("fail_unknown_range", "80", wire(80, REPORT, ATTACHMENT)),
        ("fail_unknown_range", "127", wire(127, REPORT, ATTACHMENT)),
        ("fail_attachment_empty", "report", wire(1, REPORT, b"")),
    ]


def refused_cbor():
    """CBOR rules reach into the header and the payload."""
    return [
        ("fail_truncated", "wire", wire(1, REPORT, ATTACHMENT)[:-1]),
        ("fail_trailing_bytes", "wire", wire(1, REPORT, ATTACHMENT) + b"\0"),
        ("fail_not_shortest", "type", b"\x83\x18\x01" + REPORT + cbor2.dumps(ATTACHMENT)),
        ("fail_tag", "cose-mac0", wire(1, b"\xd1" + REPORT[1:], ATTACHMENT)),
        ("fail_trailing_bytes", "header", odd(protected=PROTECTED + b"\0")),
        ("fail_keys_not_ascending", "header", odd(protected=b"\xa2\x04" + cbor2.dumps(WORKER.id) + b"\x01\x27")),
        ("fail_not_shortest", "header", odd(protected=b"\xa2\x18\x01\x27\x04" + cbor2.dumps(WORKER.id))),
        ("fail_truncated", "payload", odd(payload=PAYLOAD[:-1])),
        ("fail_truncated", "payload-empty", odd(payload=b"")),
        ("fail_trailing_bytes", "payload", odd(payload=PAYLOAD + b"\0")),
        ("fail_float_or_simple", "payload", odd(payload=b"\x81\xf6")),
    ]


def refused_signatures():
    elsewhere = raw_cose(items(sig=signature(1, PROTECTED, PAYLOAD, DEVICE, project=bytes(16))))
    flipped = bytes([SIGNATURE[0] ^ 1]) + SIGNATURE[1:]
    return [
        ("fail_unknown_signer", "stranger", odd(protected=header(bytes(16)), key=STRANGER)),
        ("fail_signature", "flipped-bit", odd(sig=flipped)),
        ("fail_signature", "stranger-in-the-devices-name", odd(key=STRANGER)),
        ("fail_signature", "other-type", wire(2, REPORT, ATTACHMENT)),
        ("fail_signature", "other-project", wire(1, elsewhere, ATTACHMENT)),
        ("fail_signature", "other-payload", odd(payload=b"\x00", sig=SIGNATURE)),
        ("fail_signature", "s-plus-group-order", odd(sig=malleable(SIGNATURE))),
        ("fail_signature", "all-zero", odd(sig=bytes(64))),
        ("fail_attachment_hash", "other", wire(1, REPORT, seal(b"other body"))),
        ("fail_attachment_hash", "missing", wire(1, REPORT)),
        ("fail_attachment_hash", "unasked", make(18, WORKER.id, {1: 0, 2: WORKER.link}, DEVICE, b"\x00")),
    ]


def sealed_event(device, attachment, committed=None, number=1):
    payload, attachment = device.event(BODY, number, attachment=attachment,
                                       commitment=committed or commitment(device.id, number, BODY))
    return wire(1, cose(1, header(device.id), payload, device.key), attachment)


def refused_seals():
    to_another = bindings.crypto_box_seed_keypair(bytes([19]) * 32)[0]
    public, secret = bindings.crypto_box_seed_keypair(EPHEMERAL_SEED)
    nonce = hashlib.blake2b(public + to_another, digest_size=24).digest()
    foreign = public + bindings.crypto_box(pad(SALT + BODY), nonce, to_another, secret)
    return [
        ("fail_sealed_length", "no-block", sealed_event(WORKER, sealed_box(b""))),
        ("fail_sealed_length", "half-a-block", sealed_event(WORKER, sealed_box(pad(SALT + BODY)[:32]))),
        ("fail_sealed_length", "65-blocks-and-one", sealed_event(WORKER, sealed_box(pad(SALT + bytes(4160))))),
        ("fail_box", "flipped-bit", sealed_event(WORKER, ATTACHMENT[:-1] + bytes([ATTACHMENT[-1] ^ 1]))),
        ("fail_box", "sealed-to-another-key", sealed_event(WORKER, foreign)),
        ("fail_padding", "no-mark", sealed_event(WORKER, sealed_box(bytes(128)))),
        ("fail_padding", "shorter-than-a-salt", sealed_event(WORKER, sealed_box(pad(SALT[:31])))),
        ("fail_padding", "a-block-too-long", sealed_event(WORKER, sealed_box(pad(SALT + BODY) + bytes(64)))),
        ("fail_commitment", "copied-from-another-device", sealed_event(OTHER, ATTACHMENT, commitment(WORKER.id, 1, BODY))),
        ("fail_commitment", "copied-to-another-number", sealed_event(WORKER, ATTACHMENT, commitment(WORKER.id, 1, BODY), 2)),
        ("fail_commitment", "of-another-project", sealed_event(WORKER, ATTACHMENT, commitment(WORKER.id, 1, BODY, bytes(16)))),
        ("fail_commitment", "of-another-body", sealed_event(WORKER, seal(b"\x00"))),
    ]


def tokens(data):
    """Hex, with long runs of one byte as "ab*9"."""
    out, plain, at = [], b"", 0
    while at < len(data):
        run = 1
        while at + run < len(data) and data[at + run] == data[at]:
            run += 1
        if run < 64:
            plain += data[at:at + run]
        else:
            out += [plain.hex()] * bool(plain) + [f"{data[at]:02x}*{run}"]
            plain = b""
        at += run
    return " ".join(out + [plain.hex()] * bool(plain))


def from_tokens(words):
    data = b""
    for word in words:
        digits, _, times = word.partition("*")
        data += bytes.fromhex(digits) * int(times or 1)
    return data


def objects():
    rows = [("good", label, data) for label, data in good_objects()]
    rows += refused_shapes() + refused_cbor() + refused_signatures() + refused_seals()
    return [f"{verdict} {label} {tokens(data)}" for verdict, label, data in rows]


def compare(name, lines):
    kept = [line for line in (VECTORS / name).read_text().splitlines() if line and not line.startswith("#")]
    for line in kept:
        if line not in lines:
            print(f"not ok {name}: '{line[:60]}' is not what is made here")
            return False
    if len(kept) != len(lines):
        print(f"not ok {name}: {len(lines)} vectors are made here, {len(kept)} are kept")
        return False
    print(f"ok {name}: {len(kept)} vectors are the same made by cbor2 and nacl")
    return True


def compare_cbor():
    """What is good, cbor2 reads and writes back the same."""
    count = 0
    for line in (VECTORS / "cbor.txt").read_text().splitlines():
        if not line.startswith("good "):
            continue
        data = from_tokens(line.split(" ")[2:])
        if cbor2.dumps(cbor2.loads(data)) != data:
            print(f"not ok cbor.txt: cbor2 does not write '{line}' back")
            return False
        count += 1
    print(f"{'ok' if count else 'not ok'} cbor.txt: cbor2 writes {count} good vectors back the same")
    return count > 0


def opens():
    """The stored sealed body opens with the real sealed box."""
    plain = bindings.crypto_box_seal_open(ATTACHMENT, SEALING_PUBLIC, SEALING_SECRET)
    good = plain == pad(SALT + BODY)
    print(f"{'ok' if good else 'not ok'} the sealed body opens with crypto_box_seal_open")
    return good


def main():
    made = {"names.txt": names(), "keys.txt": keys(), "object.txt": objects()}
    if sys.argv[1:] == ["--write"]:
        for name, lines in made.items():
            comment = f"# Made by tests/crypto/check_vectors.py, which explains it.\n"
            (VECTORS / name).write_text(comment + "\n".join(lines) + "\n")
        return 0
    return 0 if all([compare(name, lines) for name, lines in made.items()] + [compare_cbor(), opens()]) else 1


if __name__ == "__main__":
    sys.exit(main())
