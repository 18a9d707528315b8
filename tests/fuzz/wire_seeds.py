#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the corpora of common/wire: real messages, and what faults.md F21 lists.

Usage: /usr/bin/python3 tests/fuzz/wire_seeds.py

Writes tests/fuzz/corpus/{frame,codec,envelope}/seed_*; what fuzzing found lies beside them under other names.
"""

import pathlib
import struct

import msgpack

CORPUS = pathlib.Path(__file__).parent / "corpus"

# Indexes of tests/fuzz/descriptors.c.
ALL, CHANGE, CONTACT, POINT, SECRET, ROW, PART, COMMAND = range(8)
BATCH, HEALTH_REPLY, JOURNAL_REPLY = 11, 14, 17

SKIP_UNKNOWN, UNCHECKED = 1, 2


def pack(value):
    return msgpack.packb(value)


def deep(levels):
    return b"\x91" * levels + b"\xc0"


def pairs(*items):
    """A map of encoded keys and values, which may be wrong."""
    return bytes([0x80 + len(items)]) + b"".join(key + value for key, value in items)


NASTY = {
    "empty": b"",
    "forbidden_byte": b"\xc1",
    "ext": b"\xc7\x01\x05\x00",
    "timestamp": b"\xd6\xff\x00\x00\x00\x01",
    "list_of_4g": b"\xdd\xff\xff\xff\xff",
    "list_of_64m": b"\xdd\x03\xff\xff\xff",
    "map_of_4g": b"\xdf\xff\xff\xff\xff\xa1a",
    "text_of_4g": b"\xdb\xff\xff\xff\xffabc",
    "bin_of_4g": b"\xc6\xff\xff\xff\xffabc",
    "deep_16": deep(16),
    "deep_17": deep(17),
    "deep_10000": deep(10000),
    "deep_maps": b"\x81\xa1a" * 17 + b"\xc0",
    "keys_64": pack({f"k{i:02}": i for i in range(64)}),
    "keys_65": pack({f"k{i:02}": i for i in range(65)}),
    "duplicate_key": pairs((b"\xa1a", b"\x01"), (b"\xa1b", b"\x02"), (b"\xa1a", b"\x03")),
    "duplicate_key_other_head": pairs((b"\xa1a", b"\x01"), (b"\xd9\x01a", b"\x02")),
    "duplicate_long_key": pairs((b"\xb0" + b"a" * 16, b"\x01"), (b"\xb0" + b"a" * 16, b"\x02")),
    "keys_with_equal_ends": pairs((b"\xb4" + b"a" * 9 + b"b" + b"a" * 10, b"\x01"), (b"\xb4" + b"a" * 20, b"\x02")),
    "number_key": pairs((b"\x01", b"\x01"), (b"\xcc\xff", b"\x02")),
    "number_key_twice": pairs((b"\x01", b"\x01"), (b"\xcd\x00\x01", b"\x02")),
    "number_key_0": pairs((b"\x00", b"\x01")),
    "number_key_256": pairs((b"\xcd\x01\x00", b"\x01")),
    "signed_number_key": pairs((b"\xd0\x05", b"\x01")),
    "nil_key": pairs((b"\xc0", b"\x01")),
    "map_key": pairs((b"\x80", b"\x01")),
    "real_key": pairs((b"\xca\x7f\xc0\x00\x00", b"\x01")),
    "nan": b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00",
    "infinity_32": b"\xca\xff\x80\x00\x00",
    "overlong_utf8": b"\xa2\xc0\xaf",
    "surrogate_utf8": b"\xa3\xed\xa0\x80",
    "beyond_unicode": b"\xa4\xf4\x90\x80\x80",
    "cut_utf8": b"\xac" + b"abcdefghij\xc3\xa5"[:-1] + b"b",
    "nul_in_text": b"\xa9abcd\x00efgh",
    "trailing": b"\x80\x80",
    "truncated": pack({"a": [1, 2, "three"]})[:-2],
    "every_type": pack([None, True, -1, -33, 200, 2**16, 2**32, 2**64 - 1, -(2**63), 1.5, "å" * 40, b"x" * 300, [], {}]),
    "float_32": b"\xca\x3f\x80\x00\x00",
}

POINTS = [{"x": 1, "y": -2}, {"x": 3, "y": 4, "label": "corner"}]

EVERYTHING = {
    "flag": True, "count": -5, "any_count": -(2**63), "version": 1, "key": 2**63 - 1, "at_ms": 1760000000000,
    "day": "2024-02-29", "note": "rad ett\nrad två", "title": "Åsa", "digest": b"\x00\x01", "colour": "deep_blue",
    "code": "third_code_with_a_name_of_some_length_to_fill_the_message", "point": POINTS[1], "extra": {"a": [1, None]},
    "contacts": [{"name": "Åsa", "channel": "red", "points": POINTS, "home": POINTS[0]}, {"name": "Bo"}],
    "tags": ["a", "b"], "flags": [True, False], "numbers": [0, 9], "keys": [1, 2, 3], "times": [0, -1],
    "days": ["1800-01-01", "9999-12-31"], "digests": [b"", b"12345678"], "colours": ["red", "green"],
    "extras": [None, {}, [1]], "points": POINTS,
}  # fmt: skip

CODEC = {
    "everything": (ALL, 0, pack(EVERYTHING)),
    "nothing": (ALL, 0, pack({})),
    "reals": (ALL, 0, pack({"count": 1.0, "key": 5.0, "at_ms": -0.0})),
    "unknown_field": (ALL, 0, pack({"flagg": True})),
    "unknown_field_hidden": (ALL, 0, pack({"Anna@example.com": True})),
    "unknown_field_skipped": (ALL, SKIP_UNKNOWN, pack({"later": {"x": [1]}, "flag": True})),
    "unknown_colour_skipped": (ALL, SKIP_UNKNOWN, pack({"colour": "pink"})),
    "long_list_of_nothing": (ALL, 0, pack({"points": [{}] * 200})),
    "list_too_long": (ALL, 0, pack({"numbers": [1] * 6})),
    "change": (CHANGE, 0, pack({"id": 1, "revision": 2, "email": "a@example.com", "born": "1970-01-01"})),
    "change_clears": (CHANGE, 0, pack({"id": 1, "revision": 2, "email": None, "born": None, "colour": None, "home": None, "extra": None})),
    "missing": (CHANGE, 0, pack({"id": 1})),
    "contact": (CONTACT, 0, pack(EVERYTHING["contacts"][0])),
    "secret": (SECRET, 0, pack({"id": 1, "first_name": "Åsa", "phones": ["+46701234567"], "whole": POINTS[0]})),
    "row": (ROW, 0, pack({1: 7, 2: "Åsa", 3: 19000, 4: 7, 5: {"a": 1}, 6: {1: 2, 2: 3}, 7: [{1: 0}], 8: POINTS[0], 200: [0, -1]})),
    "row_unknown": (ROW, SKIP_UNKNOWN, pack({1: 7, 2: "Åsa", 99: [1, 2], "name": 1})),
    "batch": (BATCH, 0, pack({"commands": [{"v": 1, "id": "a", "type": "x.y", "expires_ms": 1, "body": {}}]})),
    "health": (HEALTH_REPLY, 0, pack({"health": "degraded", "reasons": ["disk"], "seq": 1, "store_bytes": 2, "quota_bytes": 3})),
    "page": (JOURNAL_REPLY, 0, pack({"store": b"x" * 16, "epoch": 1, "diverged": False, "last_seq": 2, "records": [{"seq": 2, "record": b"r" * 40}]})),
    "unchecked_cut": (ALL, UNCHECKED, pack(EVERYTHING)[:-9]),
    "unchecked_4g": (ALL, UNCHECKED, b"\x81\xa6points\xdd\xff\xff\xff\xff"),
    "unchecked_twice": (ALL, UNCHECKED, pairs((b"\xa5point", pack(POINTS[1])), (b"\xa5point", pack(POINTS[0])))),
    "command": (COMMAND, 0, pack({"v": 1, "id": "a", "type": "x.y", "expires_ms": 1, "body": {"a": 1}, "seen": [{"store": "person", "seq": 9}]})),
}  # fmt: skip

COMMAND_FRAME = {"v": 1, "id": "01HV6Z8B9M", "type": "person.create", "expires_ms": 1760000000000, "body": {"name": "x"}}
QUERY_FRAME = {"v": 1, "id": "q-1", "type": "service.info", "body": {}, "trace": "00-" + "a" * 32}
OK_FRAME = {"v": 1, "id": "q-1", "status": "ok", "body": {"n": 1}, "seq": 12, "later": [1]}
ERROR_FRAME = {"v": 1, "id": "q-1", "status": "error", "error": {"code": "busy", "message": "full", "retry": True}}

ENVELOPE = {
    "command": (0, pack(COMMAND_FRAME | {"source": "shop", "actor": "anna", "seen": [{"store": "person", "seq": 4}]})),
    "command_without_type": (0, pack({"v": 1, "id": "kept", "expires_ms": 1, "body": {}})),
    "command_version_2": (0, pack(COMMAND_FRAME | {"v": 2})),
    "command_body_is_text": (0, pack(COMMAND_FRAME | {"body": "x"})),
    "command_cut": (0, pack(COMMAND_FRAME)[:-3]),
    "command_trailing": (0, pack(COMMAND_FRAME) + b"\xc0"),
    "command_id_twice": (0, pairs((b"\xa2id", b"\xa1a"), (b"\xa2id", b"\xa1b"))),
    "command_id_of_bad_text": (0, pairs((b"\xa2id", b"\xa2\xc3\x28"))),
    "command_id_too_long": (0, pack(COMMAND_FRAME | {"id": "i" * 65})),
    "command_id_of_two_lines": (0, pack(COMMAND_FRAME | {"id": "a\nb"})),
    "command_id_is_number": (0, pack(COMMAND_FRAME | {"id": 7})),
    "command_is_list": (0, pack([1, 2])),
    "query": (1, pack(QUERY_FRAME)),
    "query_unknown_key": (1, pack(QUERY_FRAME | {"expire_ms": 1})),
    "reply_ok": (2, pack(OK_FRAME)),
    "reply_error": (2, pack(ERROR_FRAME)),
    "reply_body_is_list": (2, pack(OK_FRAME | {"body": []})),
}


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed_{name}").write_bytes(data)


def main():
    for name, data in NASTY.items():
        write("frame", name, b"\x00" + data)
        if "key" in name:
            write("frame", f"{name}_in_row", b"\x01" + data)
    write("frame", "command", b"\x00" + pack(COMMAND_FRAME))
    write("frame", "row", b"\x01" + CODEC["row"][2])
    for name, (descriptor, options, data) in CODEC.items():
        write("codec", name, struct.pack("BB", descriptor, options) + data)
    for name, (kind, data) in ENVELOPE.items():
        write("envelope", name, bytes([kind]) + data)


if __name__ == "__main__":
    main()
