# SPDX-License-Identifier: Apache-2.0
"""A source to follow that is not the real service: a journal in memory, and the door that hands it out."""

from __future__ import annotations

import hashlib
import os
import struct
import threading
import time

import msgpack
import zmq

_CRC_POLYNOMIAL = 0x82F63B78  # CRC-32C, reflected
_HEADER = struct.Struct(">qQq16s")  # time, person, expires, command digest
_PAGE_BYTES = 1024 * 1024
_TURN_MS = 10


def _crc_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (_CRC_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


_CRC_TABLE = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _digest(*parts):
    return hashlib.blake2b(b"".join(parts), digest_size=32).digest()


def _short(text):
    encoded = text.encode()
    return bytes([len(encoded)]) + encoded


class Journal:
    """Records as common/store/journal.h draws them."""

    def __init__(self):
        self.store = os.urandom(16)
        self.epoch = 1
        self.records = []  # as stored; the one at seq is records[seq - 1]
        self._digests = [bytes(32)]

    def append(self, type, body, *, person=0, subject="", actor="fake", time_ms=None):
        """Appends a record with the body (a map, or bytes as they are); returns its position."""
        seq = len(self.records) + 1
        content = body if isinstance(body, bytes) else msgpack.packb(body)
        header = _HEADER.pack(time_ms or int(time.time() * 1000), person, 0, bytes(16))
        header += b"".join(_short(text) for text in (type, subject, actor, "fake", "", "")) + bytes(2)
        salt = os.urandom(16)
        digest = _digest(self._digests[-1], struct.pack(">Q", seq), header, _digest(salt, content))
        rest = struct.pack(">BBH", 1, 0, len(header)) + digest + salt + header + content
        self.records.append(struct.pack(">I", crc32c(rest)) + rest)
        self._digests.append(digest)
        return seq

    def knows(self, after, after_digest):
        """Whether a follower that has come to `after` followed this journal."""
        return after <= len(self.records) and after_digest in (None, self._digests[after])


class FakeService:
    """Answers journal.read and service.ping at the query door of a service that is not running.

    with FakeService(system, "notification") as source:
        source.append("recipient.changed", {…}, person=17, subject="recipient/3")
    """

    def __init__(self, system, service, journal=None):
        self.journal = journal or Journal()
        self.pages = 0  # that held records
        self._address = system.address(service, "query")
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def append(self, type, body, **header):
        """As Journal.append, while followers read."""
        with self._lock:
            return self.journal.append(type, body, **header)

    def _serve(self):
        context = zmq.Context()
        door = context.socket(zmq.ROUTER)
        door.setsockopt(zmq.LINGER, 0)
        door.bind(self._address)
        parked = []  # (peer, message, when it is answered at the latest)
        while not self._ended.is_set():
            if door.poll(_TURN_MS):
                peer, _, payload = door.recv_multipart()
                message = msgpack.unpackb(payload)
                parked.append((peer, message, time.monotonic() + message["body"].get("wait_ms", 0) / 1000))
            parked = [item for item in parked if not self._answer(door, *item)]
        context.destroy(linger=0)

    def _answer(self, door, peer, message, until):
        """False: there is nothing to say yet."""
        reply = {"v": 1, "id": message["id"], "status": "ok", "seq": len(self.journal.records)}
        if message["type"] == "journal.read":
            reply["body"] = self._page(message["body"])
            if not reply["body"]["records"] and not reply["body"]["diverged"] and time.monotonic() < until:
                return False
        elif message["type"] == "service.ping":
            reply["body"] = {}
        else:
            error = {"code": "unknown_type", "message": "only looks like a service", "retry": False}
            reply = {"v": 1, "id": message["id"], "status": "error", "error": error}
        door.send_multipart([peer, b"", msgpack.packb(reply)])
        return True

    def _page(self, body):
        with self._lock:
            journal = self.journal
            same = body.get("store") in (None, journal.store) and journal.knows(body["after"], body.get("after_digest"))
            records, size = [], 0
            for seq in range(body["after"] + 1, len(journal.records) + 1 if same else 0):
                if len(records) == body["limit"] or size >= _PAGE_BYTES:
                    break
                records.append({"seq": seq, "record": journal.records[seq - 1]})
                size += len(journal.records[seq - 1])
            self.pages += bool(records)
            return {
                "store": journal.store,
                "epoch": journal.epoch,
                "diverged": not same,
                "last_seq": len(journal.records),
                "records": records,
            }
