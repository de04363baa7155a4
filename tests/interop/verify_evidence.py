#!/usr/bin/python3
"""Checks an evidence file by crypto/FORMAT.md, sections 2 to 5 and 7, with other people's
CBOR and other people's Ed25519 (python3-cbor2, python3-nacl): no line of sijil is used.

    verify_evidence.py FILE FINGERPRINT

Exit status 0 and what is proven, or 1 and why not.
"""

import datetime
import hashlib
import struct
import sys

import cbor2
from nacl import bindings
from nacl.exceptions import BadSignatureError

CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"
SUCCESSION, ENROLMENT = 17, 16
EVENT_NAMES = {1: "report", 2: "amend", 3: "retract", 4: "corroborate", 5: "recovery", 6: "intake"}


class Refused(Exception):
    pass


def demand(holds, why):
    if not holds:
        raise Refused(why)


def sha256(data):
    return hashlib.sha256(data).digest()


def domain_hash(word, *parts):
    return sha256(b"sijil/1 " + word + b"\0" + b"".join(parts))


def proquints(data):
    words = []
    for (word,) in struct.iter_unpack(">H", data):
        words.append(CONSONANTS[word >> 12] + VOWELS[word >> 10 & 3] + CONSONANTS[word >> 6 & 15]
                     + VOWELS[word >> 4 & 3] + CONSONANTS[word & 15])
    return "-".join(words)


def is_point(key):
    return isinstance(key, bytes) and len(key) == 32 and bindings.crypto_core_ed25519_is_valid_point(key)


def verifies(key, message, signature):
    try:
        bindings.crypto_sign_open(signature + message, key)
        return True
    except BadSignatureError:
        return False


def decode(data, what):
    """One item, in the one encoding that the subset allows."""
    try:
        value = cbor2.loads(data)
    except Exception as fault:
        raise Refused(f"{what}: no CBOR ({fault})")
    demand(cbor2.dumps(value) == data, f"{what}: not the one encoding of its value")
    return value


class Object:
    """A COSE_Sign1 of a known type, taken apart."""

    def __init__(self, kind, tag, attachment=None):
        demand(isinstance(tag, cbor2.CBORTag) and tag.tag == 18, "no COSE_Sign1")
        demand(isinstance(tag.value, list) and len(tag.value) == 4, "a COSE_Sign1 has four parts")
        self.kind, self.attachment = kind, attachment
        self.protected, unprotected, self.payload, self.signature = tag.value
        demand(unprotected == {}, "the unprotected header is not empty")
        header = decode(self.protected, "header")
        demand(list(header) == [1, 4] and header[1] in (-8, -19), "another header than algorithm and signer")
        self.signer = header[4]
        demand(len(self.signer) == 16 and len(self.signature) == 64, "signer or signature of another length")
        self.content = decode(self.payload, "payload")
        self.id = sha256(cbor2.dumps(tag))

    def check(self, key, project):
        aad = b"sijil/1 object\0" + bytes([self.kind]) + project
        signed = cbor2.dumps(["Signature1", self.protected, aad, self.payload])
        demand(verifies(key, signed, self.signature), f"the signature of an object of type {self.kind} does not fit")

    def check_attachment(self, named):
        if named is None:
            demand(self.attachment is None, "an attachment where there must be none")
        else:
            demand(self.attachment is not None and sha256(self.attachment) == named, "another attachment was signed")


def from_wire(wire):
    demand(isinstance(wire, list) and len(wire) in (2, 3), "a wire object has two or three parts")
    return Object(wire[0], wire[1], wire[2] if len(wire) == 3 else None)


class Checker:
    def __init__(self, data, fingerprint):
        self.file = decode(data, "file")
        demand(list(self.file) == [1, 2, 3, 4, 5, 6, 7, 8], "an evidence file has the keys 1 to 8")
        demand(self.file[1] == "sijil-evidence" and self.file[2] == 1, "no evidence file of version 1")
        self.root = self.file[3]
        demand(is_point(self.root), "the root key is no sound point")
        self.project = domain_hash(b"project", self.root)[:16]
        demand(proquints(self.project) == fingerprint, f"evidence of the project {proquints(self.project)}")
        self.devices, self.appointees, self.logs, self.before, self.revocations = {}, {}, {}, {}, []
        self.path, self.said, self.contested, self.ended = [], [], False, {}

    def add_device(self, made, key, proof, introducer):
        demand(is_point(key), "a device's key is no sound point")
        message = b"sijil/1 proof\0" + self.project + introducer + key
        demand(verifies(key, message, proof), "no proof that the new key is held by who brings it")
        demand(key not in self.devices.values() or self.devices.get(made.id[:16]) == key, "one key joins twice")
        self.devices[made.id[:16]] = key
        self.before[made.id[:16]] = made.signer

    def add_enrolment(self, made):
        invite = Object(33, decode(made.content[1], "invite"))
        demand(invite.signer == self.project, "an invite of another project")
        invite.check(self.root, self.project)
        demand(is_point(invite.content[1]), "an invite's key is no sound point")
        demand(made.signer == invite.id[:16], "an enrolment by another invite than its own")
        made.check(invite.content[1], self.project)
        made.check_attachment(made.content[6])
        self.add_device(made, made.content[2], made.content[3], invite.id)

    def add_succession(self, made):
        demand(made.signer in self.devices, "a succession to nobody known")
        made.check(self.devices[made.signer], self.project)
        made.check_attachment(None)
        self.add_device(made, made.content[1], made.content[2], made.content[4])

    def walk_path(self):
        demand(self.file[5], "no path from the root")
        for wire in self.file[5]:
            made = from_wire(wire)
            if not self.path:
                demand(made.kind == ENROLMENT, "the path does not begin with an enrolment")
                self.add_enrolment(made)
                self.enrolment = made
            else:
                demand(made.kind == SUCCESSION and made.signer == self.path[-1], "the path is broken")
                self.add_succession(made)
            self.path.append(made.id[:16])

    def open_event(self, opened):
        demand(isinstance(opened, list) and len(opened) == 4, "an opened event has four parts")
        kind, tag, salt, body = opened
        demand(kind in EVENT_NAMES, f"no event type that is known: {kind}")
        event = Object(kind, tag)
        demand(event.signer in self.devices, "an event of a device that is not shown to be one")
        event.check(self.devices[event.signer], self.project)
        event.number = event.content[0]
        committed = domain_hash(b"commitment", self.project, event.signer, struct.pack(">Q", event.number), salt, body)
        demand(len(salt) == 32 and committed == event.content[3], "the body is not the one that was signed")
        event.body = decode(body, "body")
        return event

    def walk_chain(self):
        """The report and what follows it, by number."""
        self.chain = {self.report.number: self.report.id}
        last = self.report
        for link in self.file[8]:
            demand(isinstance(link, list) and len(link) == 2 and link[0] in range(1, 16), "no link of a chain")
            event = Object(link[0], link[1])
            demand(event.signer == self.report.signer, "a link of another device's chain")
            event.check(self.devices[event.signer], self.project)
            event.number = event.content[0]
            demand(event.number == last.number + 1 and event.content[1] == last.id, "a link that does not follow")
            self.chain[event.number] = event.id
            last = event

    def takes_in(self, event, device, number, last):
        if device != event.signer or number < event.number:
            return False
        if number == event.number:
            return last == event.id
        return (device == self.report.signer and self.chain.get(event.number) == event.id
                and self.chain.get(number) == last)

    def takes_in_report(self, device, number, last):
        return self.takes_in(self.report, device, number, last)

    def goes_on(self, device, first):
        while device in self.devices and device != first:
            device = self.before[device]
        return device == first

    def is_contested(self, event):
        return any(self.goes_on(event.signer, content[2])
                   and not (4 in content and self.takes_in(event, content[2], content[4][0], content[4][1]))
                   for content in self.revocations if content[1] == 1)

    def hear_root(self, made):
        content = made.content
        if made.kind == 32:
            demand(content[3] == self.root, "a descriptor of another root")
            for relay in content[7]:
                demand(is_point(relay[2]), "a relay's key is no sound point")
                self.logs[domain_hash(b"log", self.project, relay[2])[:16]] = relay[2]
        elif made.kind == 34 and content[1] == self.enrolment.id:
            self.said.append(f"headquarters confirmed the device at {moment(content[2])}")
        elif made.kind == 35:
            demand(is_point(content[1]), "an appointee's key is no sound point")
            self.appointees[made.id[:16]] = content
        elif made.kind == 36:
            self.hear_revocation(content)

    def hear_revocation(self, content):
        self.revocations.append(content)
        kind, who = content[1], content[2]
        if kind == 2:
            self.ended[who] = min(content[3] - 1, self.ended.get(who, content[3]))
        if kind == 1 and who in self.path:
            good = content.get(4)
            is_good = good is not None and self.takes_in_report(who, good[0], good[1])
            self.contested = self.contested or not is_good
            self.said.append(f"the device {proquints(who)} was revoked at {moment(content[3])}; "
                             + ("the report is within what is still good" if is_good else "the report is contested"))

    def hear(self, made):
        kind = made.kind
        if kind == ENROLMENT:
            self.add_enrolment(made)
        elif kind == SUCCESSION:
            self.add_succession(made)
        elif 32 <= kind < 48:
            demand(made.signer == self.project, "a statement of another project's root")
            made.check(self.root, self.project)
            made.check_attachment(made.content[6] if kind == 38 else None)
            self.hear_root(made)
        elif 48 <= kind < 64:
            demand(made.signer in self.logs, "a receipt of an unknown relay")
            made.check(self.logs[made.signer], self.project)
        elif 64 <= kind < 80:
            demand(made.signer in self.appointees, "a statement of somebody not appointed")
            made.check(self.appointees[made.signer][1], self.project)
            demand(kind != 64 or self.appointees[made.signer][2] & 4, "an acknowledgement by somebody not appointed for it")
        else:
            demand(made.signer in self.devices, "a statement of an unknown device")
            made.check(self.devices[made.signer], self.project)

    def weigh(self, made):
        content = made.content
        if made.kind == 48 and self.takes_in_report(content[1], content[2], content[3]):
            self.said.append(f"the relay {proquints(made.signer)} held the report at {moment(content[6])}")
        if made.kind == 64 and self.takes_in_report(content[1], content[2], content[3]):
            until = min(self.appointees[made.signer][3], self.ended.get(made.signer, 1 << 62))
            if content[4] <= until:
                self.said.append(f"headquarters opened the report by {moment(content[4])}")

    def run(self):
        self.walk_path()
        self.report = self.open_event(self.file[4])
        demand(self.report.signer == self.path[-1], "the path leads to another device")
        self.walk_chain()
        statements = [from_wire(wire) for wire in self.file[7]]
        for made in statements:
            self.hear(made)
        for made in statements:
            self.weigh(made)
        self.later, known = [], {self.report.id}
        for opened in self.file[6]:
            event = self.open_event(opened)
            demand(event.body.get(3) in known, "a later event that does not speak of this report")
            known.add(event.id)
            self.later.append(event)
        return self


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def tell(checker):
    report = checker.report
    print(f"proven: {EVENT_NAMES[report.kind]} {report.id.hex()}")
    print(f"proven: signed by the device {proquints(report.signer)} as its number {report.number}")
    print(f"proven: the device was enrolled in the project {proquints(checker.project)}"
          + (f", by {len(checker.path) - 1} successions" if len(checker.path) > 1 else ""))
    print(f"proven: its body is {cbor2.dumps(report.body).hex()}")
    for event in checker.later:
        contested = "contested" if checker.is_contested(event) else "proven"
        print(f"{contested}: later, {EVENT_NAMES[event.kind]} {event.id.hex()} by {proquints(event.signer)}")
    for line in checker.said:
        print(f"proven: {line}")
    if checker.contested:
        print("contested: the device was revoked")
    for words, what in (("headquarters confirmed", "that the device is the one headquarters meant"),
                        ("the relay", "when a relay held the report"),
                        ("headquarters opened", "that headquarters opened the report")):
        if not any(line.startswith(words) for line in checker.said):
            print(f"not proven: {what}")
    print("not proven: that the device's clock was right, and that nothing else exists")


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(sys.argv[1], "rb") as file:
            tell(Checker(file.read(), sys.argv[2].lower().replace(" ", "-")).run())
        return 0
    except Refused as why:
        print(f"refused: {why}")
    except (KeyError, TypeError, IndexError, ValueError) as fault:
        print(f"refused: not of the form of an evidence file ({type(fault).__name__}: {fault})")
    return 1


if __name__ == "__main__":
    sys.exit(main())
