#!/usr/bin/python3
"""Makes tests/vectors/objects/ again with other people's CBOR and signing code, and
compares: admission.txt has objects of every type, and one for each rule by which the
gate of the set (schema/admission.h) refuses; evidence.txt has evidence files. VERDICT LABEL HEX, as tests/crypto/check_vectors.py
explains; the good ones come in the order in which they introduce each other.

    check_object_vectors.py            prints ok and not ok lines
    check_object_vectors.py --write    writes the files and the corpora of the fuzz targets
"""

import base64
import pathlib
import sys

import cbor2

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "crypto"))

from check_vectors import (  # noqa: E402
    APPOINTED, DEVICE, INVITE, LOG, OTHER, PROJECT, RECEIPT, REPORT, ROOT, SALT, SEALING_PUBLIC, STRANGER, VECTORS,
    WORKER, Key, commitment, compare, cose, domain_hash, header, make, object_id, proof, seal, sha256, signature,
    tokens, wire)

SUCCESSOR, WEAK, LATE = Key(9), Key(10), Key(11)
NOON = 1529841600
SMALL_ORDER = (1).to_bytes(32, "little")
PART = b"one part of a gazetteer"
CHECKPOINT = [LOG, 7, sha256(b"root")]
RELAY = {1: ["https://relay.example:8443", "https://192.0.2.7:8443"], 2: RECEIPT.public, 3: bytes.fromhex("300100"),
         4: sha256(b"spki")}


def by_root(kind, content, attachment=None):
    return make(kind, PROJECT, content, ROOT, attachment)


def without(content, key):
    return {k: v for k, v in content.items() if k != key}


def named(made):
    """The object id of a wire object."""
    tag = cbor2.loads(made)[1]
    return sha256(cbor2.dumps(tag))


DESCRIPTOR = {1: 1, 3: ROOT.public, 4: SEALING_PUBLIC, 5: NOON, 6: "Dar'a 2018", 7: [RELAY], 8: {},
              9: [["syria-cod-pplp", "2018-06"]], 10: 1}
SECOND = dict(sorted({**DESCRIPTOR, 1: 2, 2: named(by_root(32, DESCRIPTOR)), 8: {1: 2, 2: 5000, 3: 1, 4: 1}}.items()))
APPOINTMENT = {1: APPOINTED.public, 2: 15, 3: 1900000000, 4: "Amman"}
WEAK_APPOINTMENT = {1: WEAK.public, 2: 1, 3: 1900000000}
APPOINTEE = named(by_root(35, APPOINTMENT))[:16]
WEAK_APPOINTEE = named(by_root(35, WEAK_APPOINTMENT))[:16]
SUCCESSION = {1: SUCCESSOR.public, 2: proof(SUCCESSOR, object_id(REPORT)), 3: 1, 4: object_id(REPORT), 5: 1}
SUCCEEDED = make(17, WORKER.id, SUCCESSION, DEVICE)
HEAD = {1: 1, 2: object_id(REPORT)}
WITHHOLDING = {1: 1, 2: REPORT}
CONFIRMATION = {1: WORKER.link, 2: NOON}
REVOCATION = {1: 1, 2: WORKER.id, 3: NOON, 4: [1, object_id(REPORT)], 5: CHECKPOINT, 6: 2}
MESSAGE = {1: NOON, 2: "Sync before Friday. زامنوا قبل الجمعة.", 3: [WORKER.id, OTHER.id]}
PACKAGE = {1: "syria-cod-pplp", 2: "2018-06", 3: 1, 4: 1, 5: 2, 6: sha256(PART), 7: sha256(b"whole"), 8: 40}
RECEIPT_OF = {1: WORKER.id, 2: 1, 3: object_id(REPORT), 4: [3, 3, 7, 9], 5: CHECKPOINT, 6: NOON}
ACKNOWLEDGEMENT = {1: WORKER.id, 2: 1, 3: object_id(REPORT), 4: NOON}
REVIEW_BODY = cbor2.dumps({1: 1})
REVIEW = {1: 1, 2: commitment(APPOINTEE, NOON, REVIEW_BODY), 3: sha256(seal(REVIEW_BODY)), 4: NOON}
INVITE_ALONE = {1: INVITE.public, 2: 2000000000}
PULL = {1: LOG, 2: 0, 3: NOON}


def event(kind, number, device=WORKER, key=None, signer=None, **other):
    payload, attachment = device.event(cbor2.dumps({1: 2}), number, **other)
    protected = header(signer or device.id)
    return wire(kind, cose(kind, protected, payload, key or device.key), attachment)


def signed_event(kind, number, device=WORKER, key=None, payload=None):
    """The COSE_Sign1 of an event alone."""
    return cose(kind, header(device.id), payload or device.event(cbor2.dumps({1: 2}), number)[0], key or device.key)


def good():
    successor = sha256(cbor2.dumps(cbor2.loads(SUCCEEDED)[1]))[:16]
    return [
        ("descriptor", by_root(32, DESCRIPTOR)),
        ("second-descriptor", by_root(32, SECOND)),
        ("invite", wire(33, WORKER.invite)),
        ("enrolment", WORKER.enrolment_wire),
        ("other-enrolment", OTHER.enrolment_wire),
        ("appointment", by_root(35, APPOINTMENT)),
        ("appointment-without-label", by_root(35, WEAK_APPOINTMENT)),
        ("report", event(1, 1)), ("amend", event(2, 2)), ("retract", event(3, 3)), ("corroborate", event(4, 4)),
        ("recovery", event(5, 5)), ("intake", event(6, 6)),
        ("report-with-checkpoint", event(1, 4294967295, more=[CHECKPOINT])),
        ("event-of-a-type-to-come", event(9, 7)), ("event-of-the-last-type", event(15, 8)),
        ("succession", SUCCEEDED),
        ("head-of-the-successor", make(18, successor, {1: 0, 2: named(SUCCEEDED)}, SUCCESSOR)),
        ("head", make(18, WORKER.id, HEAD, DEVICE)),
        ("withholding", make(19, WORKER.id, WITHHOLDING, DEVICE)),
        ("withholding-of-what-is-to-come", make(19, WORKER.id, {1: 9, 2: signed_event(9, 7)}, DEVICE)),
        ("confirmation", by_root(34, CONFIRMATION)),
        ("revocation-of-a-device", by_root(36, REVOCATION)),
        ("revocation-of-an-invite", by_root(36, {1: 3, 2: WORKER.invite_id[:16], 3: NOON})),
        ("message", by_root(37, MESSAGE)), ("message-to-all", by_root(37, without(MESSAGE, 3))),
        ("package", by_root(38, PACKAGE, PART)),
        ("receipt", make(48, LOG, RECEIPT_OF, RECEIPT)), ("receipt-of-a-hub", make(48, LOG, {**RECEIPT_OF, 7: 1}, RECEIPT)),
        ("acknowledgement", make(64, APPOINTEE, ACKNOWLEDGEMENT, APPOINTED)),
        ("review", make(65, APPOINTEE, REVIEW, APPOINTED, seal(REVIEW_BODY))),
        ("device-type-to-come", make(25, WORKER.id, {1: "new"}, DEVICE)),
        ("root-type-to-come", by_root(45, {1: "new"}, b"with an attachment")),
        ("relay-type-to-come", make(55, LOG, {1: "new"}, RECEIPT)),
        ("appointed-type-to-come", make(70, APPOINTEE, {1: "new"}, APPOINTED)),
    ]


# Every map of the format: type, its maker, a sample with all fields, which may be left out.
def from_device(kind):
    return lambda content: make(kind, WORKER.id, content, DEVICE)


def from_root(kind, attachment=None):
    return lambda content: by_root(kind, content, attachment)


def enrolled(content):
    return wire(16, cose(16, header(WORKER.invite_id[:16]), cbor2.dumps(content), INVITE), ENROLMENT_ATTACHMENT)


ENROLMENT_ATTACHMENT = cbor2.loads(WORKER.enrolment_wire)[2]
ENROLMENT = cbor2.loads(cbor2.loads(WORKER.enrolment_wire)[1].value[2])
MAPS = [
    ("enrolment", enrolled, ENROLMENT, []),
    ("succession", from_device(17), SUCCESSION, []),
    ("head", from_device(18), HEAD, []),
    ("withholding", from_device(19), WITHHOLDING, []),
    ("descriptor", from_root(32), SECOND, []),
    ("invite", from_root(33), INVITE_ALONE, []),
    ("confirmation", from_root(34), CONFIRMATION, []),
    ("appointment", from_root(35), APPOINTMENT, [4]),
    ("revocation", from_root(36), REVOCATION, [4, 5, 6]),
    ("message", from_root(37), MESSAGE, [3]),
    ("package", from_root(38, PART), PACKAGE, []),
    ("receipt", lambda content: make(48, LOG, content, RECEIPT), {**RECEIPT_OF, 7: 1}, [7]),
    ("acknowledgement", lambda content: make(64, APPOINTEE, content, APPOINTED), ACKNOWLEDGEMENT, []),
    ("review", lambda content: make(65, APPOINTEE, content, APPOINTED, seal(REVIEW_BODY)), REVIEW, []),
]


def refused_maps():
    rows = []
    for name, maker, sample, optional in MAPS:
        rows.append(("fail_unknown_field", name, maker({**sample, 23: 1})))
        for key in sample:
            rows.append(("fail_wrong_type", f"{name}-{key}", maker({**sample, key: -1})))
            # The descriptor's `previous` has a rule of its own.
            if key not in optional and (name, key) != ("descriptor", 2):
                rows.append(("fail_missing_field", f"{name}-{key}", maker(without(sample, key))))
    return rows


def refused_values():
    def changed(name, key, value):
        for label, maker, sample, _ in MAPS:
            if label == name:
                return maker({**sample, key: value})

    rows = []
    for name, key, values in [
            ("succession", 5, [0, 4]), ("succession", 3, [1 << 32]), ("head", 1, [1 << 32]), ("head", 2, [bytes(31)]),
            ("withholding", 1, [0, 16]),
            ("withholding", 2, [b"", bytes(8193)]), ("descriptor", 1, [0, 1 << 63]), ("descriptor", 5, [253402300800]), ("descriptor", 6, ["", "a" * 81]),
            ("descriptor", 7, [[RELAY] * 5, [{**RELAY, 1: []}], [{**RELAY, 1: ["a b"]}], [{**RELAY, 3: b""}]]),
            ("descriptor", 8, [{1: 1}, {1: 4}, {2: 1000}, {2: 0}, {3: 0}, {4: 0}, {4: 2}]),
            ("descriptor", 9, [[["", "1"]], [["a", "1"]] * 9]),
            ("appointment", 2, [0, 16]), ("appointment", 4, ["", "ا" * 81]), ("revocation", 1, [0, 4]),
            ("revocation", 6, [0, 5]), ("message", 2, ["", "a" * 1001]), ("message", 3, [[], [WORKER.id] * 65, [bytes(15)]]),
            ("package", 3, [0, 3]), ("package", 4, [0, 3]), ("package", 8, [0]), ("receipt", 4, [[3], [3, 3] * 17]),
            ("receipt", 5, [[LOG, 1 << 63, sha256(b"")]]), ("receipt", 7, [0, 2]), ("confirmation", 2, [1 << 63])]:
        rows += [("fail_out_of_range", f"{name}-{key}-{n}", changed(name, key, value)) for n, value in enumerate(values)]
    for name, key, values in [
            ("appointment", 4, ["a\nb", "e\u0301", "a\u202eb", " a"]), ("message", 2, ["\u001b[2J"]),
            ("descriptor", 6, ["\u0007"]), ("package", 1, ["a\u0000b"])]:
        rows += [("fail_text_not_normal", f"{name}-{key}-{n}", changed(name, key, value)) for n, value in enumerate(values)]
    for n, gaps in enumerate([[1, 3], [3, 2], [3, 5, 5, 7]]):
        rows.append(("fail_gaps_not_ascending", f"receipt-{n}", changed("receipt", 4, gaps)))
    return rows + [
        ("fail_previous", "absent-in-the-second", by_root(32, without(SECOND, 2))),
        ("fail_previous", "present-in-the-first", by_root(32, {**SECOND, 1: 1})),
        ("fail_out_of_range", "event-0", event(1, 0)),
        ("fail_out_of_range", "event-beyond-32-bits", event(1, 1 << 32)),
        ("fail_missing_field", "event-of-four", make(1, WORKER.id, [1, WORKER.link, 1, WORKER.link], DEVICE, b"\0")),
        ("fail_unknown_field", "event-of-seven", event(1, 1, more=[CHECKPOINT, 1])),
        ("fail_wrong_type", "event-is-a-map", make(1, WORKER.id, {1: 1}, DEVICE, b"\0")),
        ("fail_wrong_type", "event-to-come-is-a-map", make(9, WORKER.id, {1: 1}, DEVICE, b"\0")),
    ]


def refused_signers():
    stranger = event(1, 1, key=STRANGER, signer=bytes(16))
    return [
        ("fail_unknown_signer", "stranger", stranger),
        ("fail_unknown_signer", "root-of-another-project", make(37, bytes(16), MESSAGE, STRANGER)),
        ("fail_unknown_signer", "relay-of-no-descriptor", make(48, bytes(16), RECEIPT_OF, STRANGER)),
        ("fail_unknown_signer", "nobody-appointed", make(64, bytes(16), ACKNOWLEDGEMENT, STRANGER)),
        ("fail_unknown_signer", "enrolment-under-another-invite", wire(16, cose(
            16, header(OTHER.invite_id[:16]), cbor2.dumps(ENROLMENT), INVITE), ENROLMENT_ATTACHMENT)),
        ("fail_unknown_signer", "invite-of-another-project", enrolled({**ENROLMENT, 1: cose(
            33, header(bytes(16)), cbor2.dumps(INVITE_ALONE), ROOT)})),
        ("fail_signer_kind", "event-by-the-relay", make(1, LOG, [1, WORKER.link, 1, WORKER.link, sha256(b"a")], RECEIPT, b"a")),
        ("fail_signer_kind", "receipt-by-a-device", make(48, WORKER.id, RECEIPT_OF, DEVICE)),
        ("fail_signer_kind", "acknowledgement-by-a-device", make(64, WORKER.id, ACKNOWLEDGEMENT, DEVICE)),
        ("fail_signer_kind", "head-by-an-appointee", make(18, APPOINTEE, HEAD, APPOINTED)),
        ("fail_role", "acknowledgement", make(64, WEAK_APPOINTEE, ACKNOWLEDGEMENT, WEAK)),
        ("fail_role", "review", make(65, WEAK_APPOINTEE, REVIEW, WEAK, seal(REVIEW_BODY))),
        ("fail_withheld_signer", "what-another-signed", make(19, WORKER.id, {1: 1, 2: signed_event(1, 1, OTHER)}, DEVICE)),
        ("fail_withheld_signer", "by-another", make(19, OTHER.id, WITHHOLDING, OTHER.key)),
        ("fail_signer_kind", "withholding-by-an-appointee", make(19, APPOINTEE, WITHHOLDING, APPOINTED)),
        ("fail_root", "descriptor-of-another", by_root(32, {**DESCRIPTOR, 3: STRANGER.public})),
        ("fail_key_twice", "succession-to-itself", make(17, WORKER.id, {
            **SUCCESSION, 1: DEVICE.public, 2: proof(DEVICE, object_id(REPORT))}, DEVICE)),
        ("fail_key_twice", "succession-to-another-device", make(17, WORKER.id, {
            **SUCCESSION, 1: OTHER.key.public, 2: proof(OTHER.key, object_id(REPORT))}, DEVICE)),
        ("fail_key_twice", "enrolled-again", enrolled({**ENROLMENT, 4: 2})),
        ("fail_never_kept", "pull-request", make(66, APPOINTEE, PULL, APPOINTED)),
        ("fail_never_kept", "clock", make(49, LOG, {1: NOON}, RECEIPT)),
        ("fail_unknown_range", "80", make(80, WORKER.id, {1: 1}, DEVICE)),
        ("fail_unknown_range", "127", make(127, WORKER.id, {1: 1}, DEVICE)),
    ]


def refused_proofs():
    somebody_elses = {**ENROLMENT, 2: STRANGER.public}
    unproven_invite = cose(33, header(PROJECT), cbor2.dumps({1: INVITE.public, 2: 2000000001}), STRANGER)
    under_it = wire(16, cose(16, header(object_id(unproven_invite)[:16]), cbor2.dumps({**ENROLMENT, 1: unproven_invite}),
                             INVITE), ENROLMENT_ATTACHMENT)
    elsewhere = STRANGER.sign(b"sijil/1 proof\0" + bytes(16) + WORKER.invite_id + STRANGER.public)
    return [
        ("fail_proof", "enrolment-of-somebody-elses-key", enrolled(somebody_elses)),
        ("fail_proof", "enrolment-proof-of-another-project", enrolled({**somebody_elses, 3: elsewhere})),
        ("fail_proof", "succession-to-somebody-elses-key", make(17, WORKER.id, {**SUCCESSION, 1: STRANGER.public}, DEVICE)),
        ("fail_proof", "succession-from-another-link", make(17, WORKER.id, {**SUCCESSION, 4: WORKER.link}, DEVICE)),
        ("fail_signature", "invite-not-by-the-root", under_it),
        ("fail_signature", "enrolment-not-by-the-invite", wire(16, cose(
            16, header(WORKER.invite_id[:16]), cbor2.dumps(ENROLMENT), STRANGER), ENROLMENT_ATTACHMENT)),
        ("fail_signature", "withheld-and-never-signed", make(19, WORKER.id, {1: 1, 2: signed_event(1, 1, key=STRANGER)}, DEVICE)),
        ("fail_signature", "withheld-as-amend", make(19, WORKER.id, {1: 2, 2: REPORT}, DEVICE)),
        ("fail_signature", "withholding-not-by-the-device", make(19, WORKER.id, WITHHOLDING, STRANGER)),
        ("fail_wrong_type", "withheld-and-no-event", make(19, WORKER.id, {1: 1, 2: signed_event(
            1, 1, payload=cbor2.dumps({1: 1}))}, DEVICE)),
        ("fail_out_of_range", "withheld-number-0", make(19, WORKER.id, {1: 1, 2: signed_event(1, 0)}, DEVICE)),
        ("fail_cose_tag", "withheld-and-unsigned", make(19, WORKER.id, {1: 1, 2: b"\x01"}, DEVICE)),
        ("fail_attachment_hash", "event-without-its-body", wire(1, REPORT)),
        ("fail_signature", "report-as-amend", b"\x83\x02" + event(1, 1)[2:]),
        ("fail_signature", "decoded-only-after", make(18, WORKER.id, "nonsense", STRANGER)),
        ("fail_public_key", "enrolment", enrolled({**ENROLMENT, 2: SMALL_ORDER})),
        ("fail_public_key", "succession", make(17, WORKER.id, {**SUCCESSION, 1: SMALL_ORDER}, DEVICE)),
        ("fail_public_key", "appointment", by_root(35, {**APPOINTMENT, 1: SMALL_ORDER})),
        ("fail_public_key", "invite", by_root(33, {**INVITE_ALONE, 1: SMALL_ORDER})),
        ("fail_public_key", "relay", by_root(32, {**DESCRIPTOR, 7: [{**RELAY, 2: SMALL_ORDER}]})),
        ("fail_attachment_hash", "event", wire(1, REPORT, b"other")),
        ("fail_attachment_hash", "event-to-come", wire(9, cose(9, header(WORKER.id), WORKER.event(b"\xa0")[0], DEVICE), b"other")),
        ("fail_attachment_hash", "enrolment", wire(16, WORKER.enrolment, b"other")),
        ("fail_attachment_hash", "enrolment-without", wire(16, WORKER.enrolment)),
        ("fail_attachment_hash", "package", by_root(38, PACKAGE, b"other")),
        ("fail_attachment_hash", "review", make(65, APPOINTEE, REVIEW, APPOINTED)),
    ] + [("fail_attachment_hash", f"unasked-{kind}", made) for kind, made in (
        (17, make(17, WORKER.id, SUCCESSION, DEVICE, b"a")), (18, make(18, WORKER.id, HEAD, DEVICE, b"a")),
        (19, make(19, WORKER.id, WITHHOLDING, DEVICE, b"a")),
        (32, by_root(32, DESCRIPTOR, b"a")), (33, by_root(33, INVITE_ALONE, b"a")), (34, by_root(34, CONFIRMATION, b"a")),
        (35, by_root(35, APPOINTMENT, b"a")), (36, by_root(36, REVOCATION, b"a")), (37, by_root(37, MESSAGE, b"a")),
        (48, make(48, LOG, RECEIPT_OF, RECEIPT, b"a")), (64, make(64, APPOINTEE, ACKNOWLEDGEMENT, APPOINTED, b"a")))]


def vectors():
    rows = [("good", label, data) for label, data in good()]
    rows += refused_maps() + refused_values() + refused_signers() + refused_proofs()
    return [f"{verdict} {label} {tokens(data)}" for verdict, label, data in rows]


# --- evidence files ---

def reference_body():
    """The reference report (schema/REPORT.md)."""
    lines = (VECTORS / "report" / "good_reference.txt").read_text().splitlines()
    return bytes.fromhex(next(line for line in lines if line.startswith("hex "))[4:])


CREATED = cbor2.loads(reference_body())[1]
REFERENCE = (1, reference_body(), 1)
LINKED = cbor2.dumps({1: CREATED, 3: bytes(32), 5: 1})


def opened(kind, body, number, committed=None, device=WORKER, previous=None):
    payload, _ = device.event(body, number, previous, **({"commitment": committed} if committed else {}))
    return [kind, cbor2.loads(cose(kind, header(device.id), payload, device.key)), SALT, body]


def evidence(**changed):
    report = opened(*REFERENCE)
    id = sha256(cbor2.dumps(report[1]))
    retraction = opened(3, cbor2.dumps({1: CREATED, 3: id, 5: 1}), 2, previous=id)
    said = {label: cbor2.loads(made) for label, made in good()}
    parts = {
        "word": "sijil-evidence", "version": 1, "root": ROOT.public, "report": report,
        "authority": [cbor2.loads(WORKER.enrolment_wire)], "later": [retraction],
        "statements": [said[label] for label in ("descriptor", "confirmation", "appointment", "acknowledgement")],
        "chain": [retraction[:2]],
    }
    return cbor2.dumps({n: changed.get(name, part) for n, (name, part) in enumerate(parts.items(), 1)})


def evidences():
    other_report = opened(1, reference_body(), 1, device=OTHER)
    astray = opened(3, cbor2.dumps({1: CREATED, 3: bytes(32), 5: 1}), 2)
    report_id = sha256(cbor2.dumps(opened(*REFERENCE)[1]))
    others = opened(2, LINKED, 2, device=OTHER, previous=report_id)
    copied = opened(1, reference_body(), 1, committed=commitment(OTHER.id, 1, reference_body()))
    rows = [
        ("good", "reference-and-retraction", evidence()),
        ("good", "nothing-else-known", evidence(later=[], statements=[], chain=[])),
        ("fail_chain", "gap", evidence(chain=[opened(2, LINKED, 3, previous=report_id)[:2]])),
        ("fail_chain", "of-another-branch", evidence(chain=[opened(2, LINKED, 2)[:2]])),
        ("fail_chain", "of-another-device", evidence(chain=[others[:2]])),
        ("fail_chain", "no-event", evidence(chain=[cbor2.loads(WORKER.enrolment_wire)[:2]])),
        ("fail_signature", "link-of-another-type", evidence(chain=[[5, opened(2, LINKED, 2, previous=report_id)[1]]])),
        ("fail_attachment_hash", "link-with-a-body", evidence(chain=[opened(2, LINKED, 2, previous=report_id)[:2] + [LINKED]])),
        ("fail_project", "of-another-root", evidence(root=STRANGER.public)),
        ("fail_public_key", "root", evidence(root=SMALL_ORDER)),
        ("fail_authority", "begins-with-an-invite", evidence(authority=[cbor2.loads(wire(33, WORKER.invite))])),
        ("fail_authority", "leads-elsewhere", evidence(authority=[cbor2.loads(WORKER.enrolment_wire), cbor2.loads(SUCCEEDED)])),
        ("fail_authority", "two-enrolments", evidence(authority=[
            cbor2.loads(WORKER.enrolment_wire), cbor2.loads(OTHER.enrolment_wire)])),
        ("fail_unknown_signer", "report-of-another-device", evidence(report=other_report)),
        ("fail_unknown_signer", "acknowledgement-of-nobody", evidence(statements=[
            cbor2.loads(make(64, APPOINTEE, ACKNOWLEDGEMENT, APPOINTED))])),
        ("fail_signature", "amend-as-report", evidence(report=[2] + opened(*REFERENCE)[1:])),
        ("fail_commitment", "copied", evidence(report=copied)),
        ("fail_commitment", "other-salt", evidence(report=opened(*REFERENCE)[:2] + [bytes(32), reference_body()])),
        ("fail_parent", "later-event-of-another-report", evidence(later=[astray])),
        ("fail_never_kept", "clock", evidence(statements=[
            cbor2.loads(by_root(32, DESCRIPTOR)), cbor2.loads(make(49, LOG, {1: NOON}, RECEIPT))])),
        ("fail_wrong_type", "word", evidence(word="sijil-evidenca")),
        ("fail_unknown_field", "version", evidence(version=2)),
        ("fail_out_of_range", "no-authority", evidence(authority=[])),
        ("fail_out_of_range", "type", evidence(report=[16] + opened(*REFERENCE)[1:])),
        ("fail_missing_field", "no-chain", b"\xa7" + evidence(chain=[])[1:-2]),
    ]
    return [f"{verdict} {label} {tokens(data)}" for verdict, label, data in rows]


# --- what the fuzz targets begin with (each says what its bytes mean) ---

def armored(prefix, content):
    return prefix + base64.urlsafe_b64encode(content).rstrip(b"=")


def corpora():
    statements = [[1, WORKER.link, 1, sha256(b"a"), sha256(b"b"), CHECKPOINT], HEAD, SECOND, INVITE_ALONE, CONFIRMATION,
                  APPOINTMENT, REVOCATION, MESSAGE, PACKAGE, {**RECEIPT_OF, 7: 1}, {1: NOON, 2: CHECKPOINT},
                  ACKNOWLEDGEMENT, REVIEW, PULL, ENROLMENT, SUCCESSION, WITHHOLDING]
    relay = cbor2.dumps(RELAY)
    said = RECEIPT.sign(b"sijil/1 proof\0" + bytes(16) + domain_hash(b"card", relay) + RECEIPT.public)
    card = cbor2.dumps(["sijil-card", 1, RELAY, said])
    descriptor = cose(32, header(PROJECT), cbor2.dumps(DESCRIPTOR), ROOT)
    invite = cbor2.dumps(["sijil-invite", 1, INVITE.seed, WORKER.invite, descriptor, "Team Nasib"])
    attachments = {9: PART, 12: seal(REVIEW_BODY)}
    kinds = [1, 18, 32, 33, 34, 35, 36, 37, 38, 48, 49, 64, 65, 66, 16, 17]
    insiders = {}
    for n, (kind, content) in enumerate(zip(kinds, statements)):
        payload = cbor2.dumps(content)
        insiders[f"insider-{kind}"] = bytes([kind, min(255, -(-len(payload) // 16))]) + payload + attachments.get(n, b"")
    return {
        "evidence_file": {"file": evidence()},
        "statement": {f"{n:02}": bytes([n]) + cbor2.dumps(content) for n, content in enumerate(statements)},
        "admission": {**{label: data for label, data in good()[:8]}, **insiders},
        "invite": {"text": armored(b"sijil-invite:", invite), "content": invite},
        "card": {"text": armored(b"sijil-card:", card), "content": card},
    }


MADE = {"objects/admission.txt": vectors(), "objects/evidence.txt": evidences()}


def write():
    for name, lines in MADE.items():
        path = VECTORS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("# Made by tests/schema/check_object_vectors.py, which explains it.\n" + "\n".join(lines) + "\n")
    for target, files in corpora().items():
        folder = HERE.parent / "fuzz" / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        sys.exit(write())
    sys.exit(0 if all([compare(name, lines) for name, lines in MADE.items()]) else 1)
