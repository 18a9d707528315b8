#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the corpora of common/store, common/bus and services: what these write, and what they must refuse.

Usage: /usr/bin/python3 tests/fuzz/store_seeds.py

Writes tests/fuzz/corpus/<target>/seed_*; what fuzzing found lies beside them under other names.
"""

import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"

PUT, DELETE, ADD = 1, 2, 3


def u8(number):
    return struct.pack(">B", number)


def u16(number):
    return struct.pack(">H", number)


def u32(number):
    return struct.pack(">I", number)


def u64(number):
    return struct.pack(">Q", number)


def leb128(number):
    out = b""
    while number >= 0x80:
        out += u8(number & 0x7F | 0x80)
        number >>= 7
    return out + u8(number)


def zigzag(amount):
    return leb128(2 * amount if amount >= 0 else -2 * amount - 1)


# Rows of the log of deferred indexes: common/store/index_log.h.

MAP, COUNTER, DIRECT = 16, 17, 18


def log_put(key, value, shared=0, slot=MAP):
    return bytes([PUT, slot, shared]) + u16(len(key)) + key + u16(len(value)) + value


def log_delete(key, shared=0, slot=MAP):
    return bytes([DELETE, slot, shared]) + u16(len(key)) + key


def log_add(key, amount, shared=0, slot=COUNTER):
    return bytes([ADD, slot, shared]) + u16(len(key)) + key + zigzag(amount)


INDEX_LOG = {
    "entries": log_put(b"abcd", b"v1") + log_delete(b"x", 3) + log_add(b"c", -65) + log_add(b"d", 1, 1),
    "amounts": b"".join(log_add(u8(i), n) for i, n in enumerate([0, 1, -1, 63, 64, -64, 2**62, 2**63 - 1, -(2**63)])),
    "longest": log_put(b"k" * 511, b"v" * 512) + log_put(b"x" * 256, b"", 255),
    "too_long_together": log_put(b"k" * 511, b"") + log_delete(b"x" * 257, 255),
    "value_too_long": log_put(b"k", b"v" * 513),
    "empty_key": log_delete(b""),
    "shares_with_nothing": log_delete(b"k", 1),
    "whole_key_shared": log_put(b"k", b"") + log_delete(b"", 1),
    "amount_without_end": log_add(b"k", 0)[:-1] + b"\x80" * 11,
    "amount_overlong": log_add(b"k", 0)[:-1] + b"\x81" * 9 + b"\x7f",
    "kind_0": b"\x00" + log_delete(b"k")[1:],
    "kind_4": b"\x04" + log_delete(b"k")[1:],
    "not_deferred": log_put(b"k", b"v", slot=DIRECT),
    "put_into_counter": log_put(b"k", b"v", slot=COUNTER),
    "slot_255": log_delete(b"k", slot=255),
    "many": b"".join(log_put(u16(i)[1 if i else 0 :], b"", 1 if i else 0) for i in range(120)),
    "two_rows": b"".join(log_put(b"%03d" % i + b"k" * 200, b"v" * 40) for i in range(12)),
    "cut": log_put(b"abcd", b"v1")[:-1],
    "nothing": b"",
}

# Programs of segment_fuzz.c.

SLOT, ROW = 4, 8
LENGTHS = [0, 1, 2, 7, 8, 9, 15, 16, 17, 127, 253, 254, 255, 256, 300, 506]
END = b"\x00"


def entry(what, length, end=b"", fill=1, shape=0, flags=0, more=None, amount=b""):
    head = what | flags | (ROW if more is not None else 0) | shape << 4
    key = LENGTHS.index(length) | fill << 4 | len(end) << 6
    return bytes([head, key]) + end + (b"" if more is None else u8(more)) + amount


def program(*segments, entries=10, begins=40, ends=200):
    return bytes([entries, begins, ends]) + END.join(segments)


def few(number):
    """A small segment, other than its neighbours."""
    return (
        entry(PUT, 7, u8(number), shape=number % 8, more=3)
        + entry(ADD, 9, u8(number % 3), shape=number % 15, more=2)
        + entry(DELETE, 7, u8(number // 2), more=1)
    )


SEGMENT = {
    "one": program(entry(PUT, 0, b"a", shape=3)),
    "kinds": program(entry(PUT, 2, b"a", shape=2) + entry(DELETE, 2, b"b") + entry(ADD, 2, b"c", shape=4)),
    "newer_wins": program(
        entry(PUT, 8, b"a", shape=2) + entry(PUT, 8, b"b", shape=1), entry(DELETE, 8, b"a"), entry(PUT, 8, b"a", shape=3)
    ),
    "sums": program(*[entry(ADD, 16, b"s", shape=n) for n in (0, 1, 4, 6, 10, 11, 12)]),
    "sum_0": program(entry(ADD, 1, shape=0), entry(ADD, 1, shape=1), entry(PUT, 1)),
    "own_amount": program(entry(ADD, 1, shape=15, amount=u64(2**63 + 5)), entry(ADD, 1, shape=15, amount=u64(2**35))),
    "blocks": program(entry(PUT, 15, shape=1, more=199)),
    "blocks_of_both": program(entry(PUT, 9, more=80), entry(ADD, 9, more=90, flags=SLOT), entry(DELETE, 9, more=40)),
    "long_keys": program(
        b"".join(entry(PUT, length, b"\x01", shape=1) for length in LENGTHS),
        b"".join(entry(DELETE, length, b"\x01\xff", fill=1) for length in LENGTHS),
    ),
    "longest_keys": program(entry(PUT, 506, b"abc", shape=7, more=30), entry(PUT, 506, b"abc", fill=3, shape=6, more=30)),
    "beginnings": program(*[b"".join(entry(PUT, n, fill=f) for n in LENGTHS[:9]) for f in range(4)]),
    "zeros_at_end": program(entry(PUT, 7, fill=0) + entry(PUT, 8, fill=0) + entry(PUT, 9, fill=0), entry(PUT, 15, fill=0, shape=1)),
    "values": program(b"".join(entry(PUT, 1, u8(n), shape=n) for n in range(8))),
    "indexes": program(entry(PUT, 2, more=20) + entry(PUT, 2, flags=SLOT, more=20) + entry(ADD, 2, more=20)),
    "levels": program(*[few(n) for n in range(9)]),
    "many_segments": program(*[entry(PUT, 1, u8(n % 50), shape=1) for n in range(64)], entries=3),
    "empty_segments": program(*[b""] * 70, entry(PUT, 1), b"", entry(ADD, 1), entries=1),
    "nothing": b"",
}

# Archives: options, set after which is read, first set of the second file, length of the first, place and change of a damage;
# archive.h draws the files.

MENDED, NUMBERED, CHECKED, APART, DAMAGED, UNCHAINED = 1, 2, 4, 8, 16, 32
HEADER = bytes(44) + u32(3) + u64(1)


def frame(data, number=1):
    return bytes(8) + u64(number) + u64(1700000000000) + u64(1) + u64(2) + u32(len(data)) + bytes(4) + data


def archive(first, second=b"", options=MENDED | NUMBERED | CHECKED, after=0, begins=0, place=0, change=0):
    return bytes([options, after, begins]) + u16(len(first)) + bytes([place, change]) + first + second


SETS = HEADER + frame(b"set 1") + frame(b"") + frame(b"set 3" * 9)
ARCHIVE = {
    "sets": archive(SETS),
    "after_2": archive(SETS, after=2),
    "after_all": archive(SETS, after=3),
    "after_more": archive(SETS, after=4),
    "two_files": archive(SETS, HEADER + frame(b"set 4") + frame(b"set 5"), begins=2),
    "two_files_after_3": archive(SETS, HEADER + frame(b"set 4") + frame(b"set 5"), begins=2, after=3),
    "two_files_apart": archive(SETS, HEADER + frame(b"set", 9), options=MENDED | CHECKED, begins=9),
    "frame_is_cut": archive(SETS + frame(b"")[:20]),
    "set_is_cut": archive(SETS + frame(b"set 4")[:-1]),
    "number_is_wrong": archive(HEADER + frame(b"set 1") + frame(b"set 3", 3), options=MENDED | CHECKED),
    "too_long": archive(HEADER + frame(b"")[:40] + u32(2**29 + 1) + bytes(4), options=MENDED),
    "checksum_is_wrong": archive(SETS, options=CHECKED),
    "header_is_damaged": archive(SETS, options=MENDED | NUMBERED | DAMAGED, place=20, change=2),
    "set_is_damaged": archive(SETS, options=MENDED | NUMBERED | DAMAGED, place=240, change=4),
    "second_file_is_damaged": archive(SETS, SETS, options=MENDED | NUMBERED | DAMAGED, begins=2, place=100, change=1),
    "unchained": archive(SETS, options=MENDED | NUMBERED | UNCHAINED),
}  # fmt: skip

# Journal records: options, place and change of a damage; journal.h draws them. The targets mend digests and checksums.

RECORD_CHECKSUM, RECORD_DIGEST, RECORD_VERSION = 1, 2, 4
RECORD_MENDED = RECORD_CHECKSUM | RECORD_DIGEST | RECORD_VERSION


def header(kind=b"person.created", subject=b"person/17", sender=b"loader", identity=b"c-1", reply=b"\x81\xa2id\x11", digest=bytes(16)):
    texts = [kind, subject, b"anna", sender, identity, b"00-abc"]
    numbers = u64(2**64 - 5) + u64(17) + u64(1700000000000)
    return numbers + digest + b"".join(u8(len(text)) + text for text in texts) + u16(len(reply)) + reply


def record(body=b"a body with a name in it", head=None, erased=0, salt=bytes(range(16))):
    head = header() if head is None else head
    return bytes(4) + u8(1) + u8(erased) + u16(len(head)) + bytes(32) + salt + head + body


def damaged(raw, options=RECORD_MENDED, place=128, change=1):
    return bytes([options, place, change]) + raw


JOURNAL_RECORD = {
    "record": damaged(record()),
    "digest": damaged(record(head=header(digest=b"0123456789abcdef"))),
    "longest_texts": damaged(record(head=header(kind=b"t" * 255, subject=b"s" * 255, identity=b"i" * 255))),
    "reply_too_long": damaged(record(head=header(reply=b"r" * 4097))),
    "no_body": damaged(record(body=b"")),
    "erased": damaged(record(body=bytes(32), erased=1, salt=bytes(16))),
    "erased_salt_changes": damaged(record(body=bytes(32), erased=1), place=90),
    "erased_with_body": damaged(record(body=bytes(33), erased=1)),
    "header_cut": damaged(record(head=header()[:-1])),
    "header_longer": damaged(record(head=header() + b"x")),
    "digest_is_wrong": damaged(record(), options=RECORD_CHECKSUM),
    "checksum_is_wrong": damaged(record(), options=RECORD_DIGEST),
    "salt_changes": damaged(record(), place=60, change=0x80),
    "prefix_alone": damaged(record(head=b"", body=b"")),
    "cut": damaged(record()[:55]),
}

# Write sets: replog.h draws them; tables as in write_set_fuzz.c, whose store has two records.

JOURNAL, OFFSETS, META, SET_ASIDE, SUBJECTS, LOG, IDS = range(7)
ROWS, NAMES, SUMS, LATE_NAMES, LATE_SUMS = 16, 18, 19, 20, 21


def put(slot, key, value):
    return bytes([PUT, slot]) + u16(len(key)) + key + u32(len(value)) + value


def delete(slot, key):
    return bytes([DELETE, slot]) + u16(len(key)) + key


def write_set(*operations, mended=1, first=3, last=2):
    return u8(mended) + u8(1) + u64(first) + u64(last) + b"".join(operations)


LATE = log_put(b"abcd", b"v1", slot=LATE_NAMES) + log_delete(b"x", 3, slot=LATE_NAMES) + log_add(b"c", -65, slot=LATE_SUMS)
EVENT = b"activity\0" + u64(9)

WRITE_SET = {
    "rows": write_set(put(ROWS, b"a", b"1"), put(ROWS, b"a", b"2"), delete(ROWS, b"b"), put(ROWS, b"k" * 511, b"v" * 600)),
    "records": write_set(put(JOURNAL, u64(3), record()), put(JOURNAL, u64(4), record(b""))),
    "record_is_unchained": write_set(put(JOURNAL, u64(3), record()), mended=3),
    "record_is_another": write_set(put(JOURNAL, u64(3), record()), mended=0, last=3),
    "record_is_erased": write_set(put(JOURNAL, u64(3), record(bytes(32), erased=1))),
    "record_is_old": write_set(put(JOURNAL, u64(1), record())),
    "record_is_none": write_set(put(JOURNAL, u64(3), b"x" * 60)),
    "record_is_deleted": write_set(delete(JOURNAL, u64(2))),
    "index_log": write_set(put(LOG, u64(3), LATE)),
    "index_log_cut": write_set(put(LOG, u64(3), LATE[:-1])),
    "index_log_is_deleted": write_set(delete(LOG, u64(1))),
    "indexes": write_set(put(NAMES, b"n", b"7"), put(SUMS, b"sum", b"\x7f"), put(LATE_SUMS, b"sum", b"\xff\x00")),
    "sum_is_none": write_set(put(SUMS, b"sum", b"123456789")),
    "sequence": write_set(put(META, b"next/person", u64(17))),
    "sequence_is_none": write_set(put(META, b"next/person", b"17")),
    "identity": write_set(put(META, b"epoch", u64(9))),
    "follower": write_set(put(OFFSETS, b"activity", bytes(64)), put(SET_ASIDE, EVENT, b"\x07unknown" + record())),
    "follower_is_none": write_set(put(OFFSETS, b"activity", bytes(63)), put(SET_ASIDE, EVENT, b"\x07un")),
    "subject": write_set(put(SUBJECTS, b"activity\0person/17\0" + u64(9), b"")),
    "ids": write_set(put(IDS, u64(3), bytes(26))),
    "empty_key": write_set(put(ROWS, b"", b"1")),
    "key_too_long": write_set(put(ROWS, b"k" * 512, b"1")),
    "no_such_table": write_set(put(30, b"a", b"1"), put(200, b"a", b"1")),
    "no_such_kind": write_set(b"\x03" + delete(ROWS, b"a")[1:]),
    "value_of_4g": write_set(put(ROWS, b"a", b"1")[:-5] + b"\xff\xff\xff\xff1"),
    "nothing": write_set(),
    "begins_later": write_set(put(ROWS, b"a", b"1"), mended=0, first=4, last=3),
    "cut": write_set(put(ROWS, b"a", b"1"))[:-1],
}

# Numbers in keys: key.h.

KEY = {
    "small": u64(1) + u64(2**64 - 1) + b"\x81\x01\x80\x7e\xfe\x7f",
    "far": u64(2**63 - 1) + u64(2**63) + b"\x88\x7f" + b"\xff" * 7 + b"\x77\x80" + bytes(7),
    "apart": u64(255) + u64(256) + b"\x82\x01\x00\x81\xff",
    "not_short": u64(0) + u64(0) + b"\x82\x00\x01",
    "other_sign": u64(0) + u64(0) + b"\x88\xff" + bytes(7),
    "too_long": u64(0) + u64(0) + b"\x89" + bytes(9),
}

# What operators write.

SERVICE = """person
    command = "ipc:///run/personkort/person.command"
    query = ipc:///run/personkort/person.query   # unquoted
    events = 'ipc:///run/personkort/person.events'
"""
TCP = """
    command.tcp = "tcp://192.0.2.7:7101"
    query.tcp = "tcp://[2001:db8::1]:7102"
    events.tcp = "tcp://*:7103"
"""
Z85 = "Zq]1&rHQ@gPk3s0V^uJ8w?xN=yT5(zA)bC{dE}fG"
CURVE = f"""curve
    server_public = "{Z85}"
    server_key = "/etc/personkort/server.key"
    allow = "/etc/personkort/allow"
    key = /home/anna/.config/personkort.key
"""
MAP_FILE, SETTINGS, KEY_PAIR, ADDRESS = range(4)
PAIR = """# of RFC 26
curve
    public-key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
    secret-key = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
"""

ZPL = {
    "map": (MAP_FILE, "# all\n" + SERVICE),
    "map_tcp": (MAP_FILE, SERVICE + TCP + "\n" + CURVE),
    "map_two": (MAP_FILE, SERVICE + SERVICE.replace("person\n", "stats\n").replace("person.", "stats.")),
    "map_twice": (MAP_FILE, SERVICE + SERVICE.replace("person\n", "stats\n")),
    "map_misspelt": (MAP_FILE, SERVICE.replace("query", "qeury")),
    "map_deep": (MAP_FILE, SERVICE + "        deeper = 1\n"),
    "map_tab": (MAP_FILE, SERVICE.replace("    ", "\t")),
    "map_long_line": (MAP_FILE, SERVICE.replace("unquoted", "u" * 1100)),
    "map_long_value": (MAP_FILE, SERVICE.replace("personkort", "p" * 200)),
    "map_open_quote": (MAP_FILE, SERVICE.replace("events'", "events")),
    "map_nothing": (MAP_FILE, ""),
    "settings": (SETTINGS, 'other\n    x = 1\ndemo\n    mail.host = "smtp://a:25"\n    mode = fast\n    size = 1000\n'),
    "settings_size": (SETTINGS, "demo\n    size = 99999999999999999999\n"),
    "settings_mode": (SETTINGS, "demo\n    mode = faster\n"),
    "settings_near": (SETTINGS, "dmeo\n    size = 1\n"),
    "settings_twice": (SETTINGS, "demo\n    size = 1\n    size = 1\n"),
    "settings_lines": (SETTINGS, "demo\n" + "    size = 1\n" * 257),
    "key_pair": (KEY_PAIR, PAIR),
    "key_pair_apart": (KEY_PAIR, PAIR.replace("Yne", "Zne")),
    "key_pair_half": (KEY_PAIR, PAIR[: PAIR.index("    secret")]),
    "address_ipc": (ADDRESS, "ipc:///run/personkort/person.command"),
    "address_tcp": (ADDRESS, "tcp://mail.example.se:7001"),
    "address_any": (ADDRESS, "tcp://*:1"),
    "address_ipv6": (ADDRESS, "tcp://[2001:db8::1]:65535"),
    "address_ipv6_longest": (ADDRESS, "tcp://[" + ":" * 251 + "]:1"),
    "address_port": (ADDRESS, "tcp://a:65536"),
    "address_host": (ADDRESS, "tcp://" + "h" * 253 + ":1"),
    "address_host_too_long": (ADDRESS, "tcp://" + "h" * 254 + ":1"),
}  # fmt: skip

ALLOW_LINE = "webshop  writer   " + Z85 + "\n"
ALLOW_LINES = {
    "line": ALLOW_LINE,
    "lines": "# name role key\n\n" + ALLOW_LINE + "\tanna admin " + Z85[::-1] + "\r\n",
    "no_feed": ALLOW_LINE[:-1],
    "name_twice": ALLOW_LINE + ALLOW_LINE.replace("Zq", "qZ"),
    "key_twice": ALLOW_LINE + ALLOW_LINE.replace("webshop", "other"),
    "role": ALLOW_LINE.replace("writer", "wrighter"),
    "name": ALLOW_LINE.replace("webshop", "-web"),
    "name_too_long": ALLOW_LINE.replace("webshop", "w" * 33),
    "key": ALLOW_LINE.replace("Zq", "Z,"),
    "words": ALLOW_LINE.replace("\n", " more\n"),
    "nul": ALLOW_LINE.replace("Zq", "Z\0"),
    "nothing": "",
}  # fmt: skip

# Dialogues with a mail server, after how libcurl ended.

HELLO = "220 mx ESMTP\r\n>EHLO a\r\n250-mx\r\n250 STARTTLS\r\n"
UP_TO_BODY = HELLO + ">MAIL FROM:<a@b>\r\n250 ok\r\n>RCPT TO:<c@d>\r\n250 ok\r\n>DATA\r\n354 go on\r\n"
SMTP_DIALOGUE = {
    "accepted": (0, UP_TO_BODY + ".\n250 2.0.0 queued as 17\r\n>QUIT\r\n221 bye\r\n"),
    "lost_after_body": (1, UP_TO_BODY + ".\n"),
    "send_failed": (2, UP_TO_BODY + ".\n"),
    "timeout": (3, HELLO),
    "no_tls": (4, HELLO),
    "certificate": (5, HELLO + ">STARTTLS\r\n220 go\r\n"),
    "login": (6, HELLO + ">AUTH PLAIN\r\n535 no\r\n"),
    "broken_off": (7, UP_TO_BODY),
    "refused": (0, HELLO + ">MAIL FROM:<a@b>\r\n250 ok\r\n>RCPT TO:<c@d>\r\n550-5.1.1 nobody\r\n550 here\r\n"),
    "later": (0, HELLO + ">MAIL FROM:<a@b>\r\n451 4.7.1 greylisted\r\n"),
    "login_wanted": (0, HELLO + ">MAIL FROM:<a@b>\r\n530 log in\r\n"),
    "second_answer": (0, UP_TO_BODY + "552 too large\r\n"),
    "long_answer": (0, UP_TO_BODY + ".\n" + "550-" + "x" * 300 + "\r\n550-" + "y\x07\u00e5" * 100 + "\r\n550 end\r\n"),
    "no_answers": (0, "\r\n2\r\n25\r\n250\r\n999 x\r\n000 x\r\nabc\r\n"),
}

# Keys of figures: services/stats/rollups.h.

N17, N3, DAY, BEFORE = b"\x81\x11", b"\x81\x03", b"\x82\x4e\x20", b"\x7e\xf0"
ROLLUP_KEY = {
    "total": b"\x01",
    "type": b"\x02" + N3,
    "person": b"\x03" + N17,
    "type_day": b"\x16" + DAY + N3,
    "type_day_before": b"\x16" + BEFORE + N3,
    "region_type_month": b"\x14" + DAY + N17 + N3,
    "base": b"\x07" + N17 + N3 + b"\x83\x1e\x8c\xf9",
    "base_of_the_second_cube": b"\x87" + N17 + N3 + b"\x83\x1e\x8c\xf9",
    "no_rollup": b"\x7f" + N17 + N3,
    "shorter": b"\x16" + DAY,
    "longer": b"\x02" + N3 + b"\x02",
    "nothing": b"",
}


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed_{name}").write_bytes(data)


def main():
    binary = {
        "index_log": INDEX_LOG,
        "segment": SEGMENT,
        "archive": ARCHIVE,
        "journal_record": JOURNAL_RECORD,
        "write_set": WRITE_SET,
        "key": KEY,
        "zpl": {name: u8(which) + text.encode() for name, (which, text) in ZPL.items()},
        "rollup_key": ROLLUP_KEY,
        "smtp_dialogue": {name: u8(end) + text.encode() for name, (end, text) in SMTP_DIALOGUE.items()},
        "allow_lines": {name: text.encode() for name, text in ALLOW_LINES.items()},
    }
    for target, seeds in binary.items():
        for name, data in seeds.items():
            write(target, name, data)


if __name__ == "__main__":
    main()
