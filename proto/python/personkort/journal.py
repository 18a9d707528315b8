# SPDX-License-Identifier: Apache-2.0
"""Following a service: its journal records in order, none lost, none twice. common/store/journal.h draws them."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Any

from personkort import bus
from personkort.reply import Unreachable

PAGE = 1000
WAIT_MS = 5000

_FRONT = struct.Struct(">IBBH32s16s")  # crc32c, layout, flags, length of header, digest, salt
_HEADER = struct.Struct(">qQq16s")  # time, person, expires, command digest
_LAYOUT = 1
_ERASED = 1
_NO_DIGEST = bytes(32)


class Diverged(Exception):
    """The journal is not the one that was followed: restored from a backup, or another store. Nothing was given."""


@dataclass(frozen=True)
class Record:
    """What happened. `store`, `epoch`, `seq` and `digest` are where to go on from: keep them with its effect."""

    store: bytes
    epoch: int
    seq: int
    digest: bytes
    time_ms: int
    person: int | None  # whom it concerns
    type: str
    subject: str
    actor: str
    sender: str
    id: str  # of the command, with `sender`
    trace: str
    body: Any  # None once erased
    erased: bool


def follow(client, service, after=0):
    """Yields records for ever; waits for new ones, and for a service that is away.

    `after` is a position, or a Record got before: then it is also checked that this is still the same history. Raises
    Diverged when it is not, and Refused when the caller may not read journals.
    """
    last = after if isinstance(after, Record) else None
    seq = last.seq if last else after
    while True:
        body = {"after": seq, "limit": PAGE, "wait_ms": WAIT_MS}
        if last:
            body.update(store=last.store, epoch=last.epoch, after_digest=last.digest)
        try:
            page = client.query("journal.read", body, service=service, timeout_s=WAIT_MS / 1000 + 10)
        except Unreachable:
            continue
        if page["diverged"]:
            raise Diverged(f"the journal of {service} is not the one followed up to {seq}")
        for entry in page.get("records") or ():
            record = decode(entry["seq"], entry["record"], page["store"], page["epoch"])
            _check_chain(record, entry["record"], last, seq)
            yield record
            last, seq = record, record.seq


def decode(seq, raw, store, epoch):
    """A record from its bytes. ValueError: it is none."""
    try:
        _, layout, flags, header_len, digest, _ = _FRONT.unpack_from(raw)
        header = raw[_FRONT.size : _FRONT.size + header_len]
        time_ms, person, _, _ = _HEADER.unpack_from(header)
        texts, at = [], _HEADER.size
        for _ in range(6):
            end = at + 1 + header[at]
            texts.append(header[at + 1 : end].decode())
            at = end
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"record {seq} is damaged") from error
    if layout != _LAYOUT or len(header) != header_len:
        raise ValueError(f"record {seq} has layout {layout}; this client reads {_LAYOUT}")
    erased = bool(flags & _ERASED)
    content = raw[_FRONT.size + header_len :]
    body = None if erased else (bus.unpack(content) if content else {})
    return Record(store, epoch, seq, digest, time_ms, person or None, *texts, body, erased)


def _check_chain(record, raw, last, seq):
    """ValueError unless the record follows the one before it, by position and digest."""
    if record.seq != seq + 1:
        raise ValueError(f"record {record.seq} came after {seq}")
    if last is None and seq != 0:
        return  # started in the middle: the digest before is not known
    _, _, _, header_len, digest, salt = _FRONT.unpack_from(raw)
    header, content = raw[_FRONT.size : _FRONT.size + header_len], raw[_FRONT.size + header_len :]
    body_digest = content if record.erased else _digest(salt, content)
    before = last.digest if last else _NO_DIGEST
    if _digest(before, struct.pack(">Q", record.seq), header, body_digest) != digest:
        raise ValueError(f"record {record.seq} does not follow from the one before; its digest is another")


def _digest(*parts):
    return hashlib.blake2b(b"".join(parts), digest_size=32).digest()
