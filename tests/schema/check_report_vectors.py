#!/usr/bin/python3
"""Makes the vectors of tests/vectors/report/ again, with other people's CBOR
(python3-cbor2), and compares.

    check_report_vectors.py           prints ok and not ok lines
    check_report_vectors.py --write   writes the files instead

good_NAME.txt        a body that is accepted
fail_RULE.txt        a body that MUST be rejected under that rule of schema/REPORT.md;
fail_RULE-MORE.txt   another way to break it
A file holds lines: "# why", "type NUMBER", "hex BYTES" ("ab*9" stands for nine times
the byte ab), and in good ones "FIELD=TEXT" as the decoder must print it.
"""

import datetime
import pathlib
import sys

import cbor2

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "report"
REPORT, AMEND, RETRACT, CORROBORATE, RECOVERY, INTAKE = range(1, 7)
CREATED = 1529854200  # 2018-06-24T15:30:00Z
PARENT = bytes(range(32))


def day(text):
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days


def least(**changes):
    """The least report; a key named kN replaces or adds key N, None takes it out."""
    body = {1: CREATED, 8: 2, 9: {1: "C5999"}, 13: day("2018-06-24"), 14: {1: 300}}
    return changed(body, changes)


def amend(**changes):
    return changed({1: CREATED, 3: PARENT, 14: {1: 300}}, changes)


def changed(body, changes):
    for name, value in changes.items():
        body[int(name[1:])] = value
    return {key: body[key] for key in sorted(body) if body[key] is not None}


REFERENCE = {
    1: CREATED,
    8: 2,
    9: {1: "C5999"},
    10: [{1: "C6116", 5: 60}, {1: "C6105", 5: 40}],
    11: day("2018-06-21"),
    12: day("2018-06-23"),
    13: day("2018-06-24"),
    14: {1: 300, 2: 250, 3: 400},
    15: {1: 1650, 2: 1300, 3: 2200},
    17: 7,
    18: [1, 2],
    19: [{1: 2, 2: 2, 3: bytes.fromhex("1f2e3d4c5b6a7988")}, {1: 6, 2: 3, 3: bytes.fromhex("8091a2b3c4d5e6f7")}],
    20: 2,
    21: [1, 4, 6],
}

EVERYTHING = {
    **REFERENCE,
    2: 4,
    6: 1,
    9: {1: "C5999", 2: 1, 3: "نصيب", 4: "SY1200"},
    16: {1: 3, 2: 55},
    22: 7,
    23: "وصلوا ليلا",
    24: {3: "Farm east of Nasib", 4: "SY1200"},
    25: [3255100, 3618700, 1000],
    26: 2,
    27: {1: 12, 10: 3, 11: 2},
    28: {4: 4, 5: 2},
    29: 9,
    30: 11,
    31: {1: 2, 2: [3, 1]},
    32: 1,
    33: [PARENT],
    34: [bytes(32), PARENT],
    35: 4,
}

GOOD = {
    "reference": ("the reference report", REPORT, REFERENCE, [
        "kind=arrival", "place=C5999", "origin=C6116:60; C6105:40", "from=2018-06-21", "to=2018-06-23",
        "observed_on=2018-06-24", "households=300 (250-400)", "individuals=1650 (1300-2200)",
        "count_method=key_informant_estimate", "reason=airstrike_shelling; ground_fighting",
        "sources=community_leader B #=1f2e3d4c5b6a7988; driver C #=8091a2b3c4d5e6f7", "credibility=2",
        "needs=shelter; water; health", "group=idp", "date_precision=day", "sensitivity=high"]),
    "least": ("the least a report must say", REPORT, least(), ["kind=arrival", "place=C5999", "households=300"]),
    "everything": ("every field", REPORT, EVERYTHING, [
        "place=C5999@1 نصيب (near SY1200)", "household_link=hh_from_ind 5.5", "group=mixed", "note=وصلوا ليلا",
        "destination=Farm east of Nasib (near SY1200)", "point=32.55100, 36.18700 1000m", "date_precision=week",
        "sadd=f0-4=12; m60+=3; scope=sample", "vulnerable=disability=4; older_alone=2", "times_displaced=unknown",
        "site_type=unknown", "access=partial: roadblock, fighting", "mode=in_person",
        "same_people_as=" + PARENT.hex(), "moved_from=" + bytes(32).hex() + "; " + PARENT.hex(), "sensitivity=severe"]),
    "absent": ("absent is not zero: reasons", REPORT, least(k36={15: 1, 18: 2, 22: 1, 23: 3, 25: 4}), [
        "individuals=unknown", "reason=not_asked", "group=unknown", "note=refused", "point=unsafe"]),
    "intake": ("what somebody told at an intake desk", INTAKE, least(), ["kind=arrival"]),
    "amend": ("two fields replaced, two cleared", AMEND, amend(k4=[22, 23], k15={2: 1000}), [
        "households=300", "individuals=>=1000"]),
    "amend_clear": ("one field cleared and nothing else", AMEND, amend(k4=[10], k14=None), []),
    "retract": ("taken back, with a note", RETRACT, {1: CREATED, 3: PARENT, 5: 2, 23: "twice"}, ["note=twice"]),
    "corroborate": ("another's report confirmed, with own figures", CORROBORATE, amend(), ["households=300"]),
    "corroborate_bare": ("confirmed and nothing more", CORROBORATE, amend(k14=None), []),
    "recovery": ("a recovery code", RECOVERY, {1: CREATED, 7: bytes(range(16))}, []),
    "captured_locked": ("a note that was taken in", REPORT, least(k6=1), ["kind=arrival", "place=C5999"]),
    "clock_unset": ("a dead clock: dates are not judged by it", REPORT, least(k1=0, k2=4), ["observed_on=2018-06-24"]),
}

FAIL = {
    "wrong_type": ("a text where a code belongs", REPORT, least(k8="arrival")),
    "wrong_type-no_map": ("the body is no map", REPORT, [1, 2]),
    "out_of_range": ("more than 2,000,000", REPORT, least(k14={1: 2000001})),
    "out_of_range-created": ("made after 2199", REPORT, least(k1=1 << 40)),
    "missing_field": ("no time at which it was made", REPORT, least(k1=None)),
    "missing_field-parent": ("an amendment of nothing", AMEND, amend(k3=None)),
    "missing_field-reason": ("a retraction without a reason", RETRACT, {1: CREATED, 3: PARENT}),
    "missing_field-recovery": ("a recovery without a code", RECOVERY, {1: CREATED}),
    "wrong_type-recovery": ("a code as text", RECOVERY, {1: CREATED, 7: "babab"}),
    "out_of_range-recovery": ("a code of fifteen bytes", RECOVERY, {1: CREATED, 7: bytes(range(15))}),
    "unknown_field-recovery": ("a note beside a code", RECOVERY, {1: CREATED, 7: bytes(range(16)), 23: "keep it"}),
    "unknown_field-recovery_locked": ("a code captured while locked", RECOVERY, {1: CREATED, 6: 1, 7: bytes(range(16))}),
    "unknown_field-recovery_parent": ("a code for a code", RECOVERY, {1: CREATED, 3: PARENT, 7: bytes(range(16))}),
    "unknown_field-code": ("a code in a report", REPORT, least(k7=bytes(range(16)))),
    "unknown_field": ("a key no version has", REPORT, least(k40=1)),
    "unknown_field-place": ("a key no place has", REPORT, least(k9={1: "C5999", 5: 10})),
    "unknown_field-type": ("a parent in a report", REPORT, least(k3=PARENT)),
    "unknown_field-retract": ("figures in a retraction", RETRACT, {1: CREATED, 3: PARENT, 5: 2, 14: {1: 3}}),
    "unknown_field-absent": ("a reason for a field there is none", REPORT, least(k36={40: 1})),
    "default_present": ("the usual group", REPORT, least(k22=1)),
    "default_present-version": ("the version that is meant without it", REPORT, least(k0=1)),
    "default_present-clock": ("the usual quality of the clock", REPORT, least(k2=3)),
    "default_present-gazetteer": ("the first gazetteer", REPORT, least(k9={1: "C5999", 2: 0})),
    "out_of_range-locked": ("captured while more than locked", REPORT, least(k6=2)),
    "default_present-locked": ("not captured while locked", REPORT, least(k6=0)),
    "empty_value": ("a list of no reasons", REPORT, least(k18=[])),
    "empty_value-figure": ("a figure that says nothing", REPORT, least(k15={})),
    "empty_value-text": ("an empty note", REPORT, least(k23="")),
    "empty_value-name": ("an empty name", REPORT, least(k9={1: "C5999", 3: ""})),
    "empty_value-place": ("a place of nothing", REPORT, least(k24={})),
    "empty_value-sadd": ("no cells", REPORT, least(k27={})),
    "empty_value-cleared": ("no field is cleared", AMEND, amend(k4=[])),
    "empty_value-absent": ("no reason for anything", REPORT, least(k36={})),
    "list_length": ("six origins", REPORT, least(k10=[{1: "C6116"}] * 6)),
    "list_length-reason": ("four reasons", REPORT, least(k18=[1, 2, 3, 4])),
    "list_length-sources": ("six sources", REPORT, least(k19=[{1: 1}] * 6)),
    "list_length-links": ("nine links", REPORT, least(k33=[bytes([i]) * 32 for i in range(9)])),
    "unknown_code": ("a kind that is none", REPORT, least(k8=7)),
    "unknown_code-zero": ("code 0", REPORT, least(k17=0)),
    "unknown_code-list": ("a need that is none", REPORT, least(k21=[1, 13])),
    "unknown_code-source": ("a source that is none", REPORT, least(k19=[{1: 11}])),
    "unknown_code-vulnerable": ("a group that is none", REPORT, least(k28={9: 1})),
    "unknown_code-access": ("an obstacle that is none", REPORT, least(k31={1: 2, 2: [7]})),
    "unknown_code-clock": ("a clock that is none", REPORT, least(k2=5)),
    "unknown_code-retract": ("a retraction for no known reason", RETRACT, {1: CREATED, 3: PARENT, 5: 6}),
    "named_twice": ("one reason twice", REPORT, least(k18=[1, 1])),
    "named_twice-links": ("one report twice", REPORT, least(k33=[PARENT, PARENT])),
    "text_not_normal": ("a name that is not NFC", REPORT, least(k9={3: "e\u0301"})),
    "text_not_normal-blank": ("a blank at the end", REPORT, least(k23="they left ")),
    "text_not_normal-override": ("a right-to-left override", REPORT, least(k23="a\u202eb")),
    "text_not_normal-zero": ("a zero character", REPORT, least(k23="a\0b")),
    "text_not_normal-long": ("501 characters", REPORT, least(k23="x" * 501)),
    "text_not_normal-name": ("a name of 81 characters", REPORT, least(k9={3: "ن" * 81})),
    "place_shape": ("a P-code in small letters", REPORT, least(k9={1: "c5999"})),
    "place_shape-long": ("a P-code of 17 characters", REPORT, least(k9={1: "C" * 17})),
    "place_shape-near": ("near something, and no place", REPORT, least(k9={4: "SY1200"})),
    "place_shape-gazetteer": ("a gazetteer and no P-code", REPORT, least(k9={2: 1, 3: "Nasib"})),
    "place_shape-origin": ("an origin that is a share alone", REPORT, least(k10=[{5: 50}])),
    "figure_order": ("the least above the best", REPORT, least(k14={1: 300, 2: 301})),
    "number_range": ("credibility 7", REPORT, least(k20=7)),
    "number_range-share": ("a share of 0 percent", REPORT, least(k10=[{1: "C6116", 5: 0}])),
    "number_range-share_high": ("a share of 101 percent", REPORT, least(k10=[{1: "C6116", 5: 101}])),
    "share_sum": ("shares of 101 percent", REPORT, least(k10=[{1: "C6116", 5: 60}, {1: "C6105", 5: 41}])),
    "point_range": ("beyond the pole", REPORT, least(k25=[9000001, 0, 1000])),
    "point_range-precision": ("a precision of 0 metres", REPORT, least(k25=[3255133, 3618689, 0])),
    "point_range-far": ("no such latitude at all", REPORT, least(k25=[-(1 << 40), 0, 1000])),
    "day_range": ("1999", REPORT, least(k11=day("1999-12-31"))),
    "day_order": ("ends before it begins", REPORT, least(k11=day("2018-06-21"), k12=day("2018-06-20"))),
    "day_in_future": ("seen two days after it was recorded", REPORT, least(k13=day("2018-06-26"))),
    "household_factor": ("a factor that was used and not kept", REPORT, least(k16={1: 2})),
    "household_factor-low": ("less than one person a household", REPORT, least(k16={1: 2, 2: 9})),
    "household_factor-alone": ("a factor for nothing", REPORT, least(k16={2: 50})),
    "sadd_sum": ("more cells than people", REPORT, least(k15={3: 400}, k27={1: 200, 6: 201})),
    "sadd_sum-scope": ("a scope of no cells", REPORT, least(k27={11: 1})),
    "access_reasons": ("full access, and what stops it", REPORT, least(k31={1: 1, 2: [3]})),
    "source_empty": ("a source that says nothing", REPORT, least(k19=[{}])),
    "source_empty-reliability": ("reliability G", REPORT, least(k19=[{1: 1, 2: 7}])),
    "absent_reason": ("given, and a reason why not", REPORT, least(k15={1: 3}, k36={15: 1})),
    "absent_reason-code": ("a reason in no list", REPORT, least(k36={15: 5})),
    "absent_reason-own": ("the list has a code for unknown", REPORT, least(k36={30: 1})),
    "usual_missing": ("sensitivity left open", REPORT, least(k36={35: 3})),
    "required_field": ("no kind", REPORT, least(k8=None)),
    "required_field-place": ("no place", REPORT, least(k9=None)),
    "required_field-unsafe": ("a place not said, for a reason", REPORT, least(k9=None, k36={9: 4})),
    "required_field-when": ("neither seen nor begun", REPORT, least(k13=None)),
    "count_missing": ("neither households nor individuals", REPORT, least(k14=None)),
    "amend_empty": ("an amendment that changes nothing", AMEND, amend(k14=None)),
    "cleared_order": ("cleared fields not ascending", AMEND, amend(k4=[23, 22])),
    "cleared_order-twice": ("a field cleared twice", AMEND, amend(k4=[22, 22])),
    "cleared_and_set": ("a field both set and cleared", AMEND, amend(k4=[14])),
    "newer_version": ("version 2", REPORT, {0: 2, 1: CREATED, 99: 1}),
    "body_too_long": ("more than 4096 bytes", REPORT, bytes.fromhex("a1") + b"\x17\x79\x10\x00" + b"x" * 4096),
    "trailing_bytes": ("a byte too many", REPORT, cbor2.dumps(least()) + b"\x00"),
    "keys_not_ascending": ("kind behind place", REPORT, cbor2.dumps({1: CREATED, 9: {1: "C5999"}, 8: 2})),
    "not_shortest": ("a code in two bytes", REPORT, bytes.fromhex("a2011a5b2fb8f8081802")),
}


def tokens(data):
    """Hexadecimal, long runs of one byte as "ab*9"."""
    out, at, plain = [], 0, ""
    while at < len(data):
        run = 1
        while at + run < len(data) and data[at + run] == data[at]:
            run += 1
        if run > 64:
            out += [plain] if plain else []
            out.append(f"{data[at]:02x}*{run}")
            plain = ""
        else:
            plain += data[at : at + run].hex()
        at += run
    return " ".join(out + ([plain] if plain else []))


def vector(why, number, body, shown=()):
    data = body if isinstance(body, bytes) else cbor2.dumps(sort(body))
    return "".join(f"{line}\n" for line in [f"# {why}", f"type {number}", f"hex {tokens(data)}", *shown])


def sort(item):
    """Maps in the order of ascending keys."""
    if isinstance(item, dict):
        return {key: sort(item[key]) for key in sorted(item)}
    return [sort(entry) for entry in item] if isinstance(item, list) else item


def main():
    wanted = {f"good_{name}.txt": vector(*parts) for name, parts in GOOD.items()}
    wanted |= {f"fail_{name}.txt": vector(*parts) for name, parts in FAIL.items()}
    if "--write" in sys.argv:
        VECTORS.mkdir(parents=True, exist_ok=True)
        for name, text in wanted.items():
            (VECTORS / name).write_text(text, encoding="utf-8")
        return 0
    kept = {path.name: path.read_text(encoding="utf-8") for path in VECTORS.glob("*.txt")}
    bad = sorted(name for name in wanted.keys() | kept.keys() if wanted.get(name) != kept.get(name))
    for name in sorted(wanted.keys() | kept.keys()):
        print("not ok" if name in bad else "ok", name)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
