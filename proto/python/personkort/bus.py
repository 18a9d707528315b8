# SPDX-License-Identifier: Apache-2.0
"""The bus: addresses from bus.zpl, and the sockets to one service."""

from __future__ import annotations

import datetime
import os
import time
from typing import NamedTuple

import msgpack
import zmq

DEFAULT_PATH = "/etc/personkort/bus.zpl"


class Addresses(NamedTuple):
    command: str
    query: str
    events: str


def load(path=None):
    """Service name → Addresses. ValueError names file and line of a mistake."""
    path = path or os.environ.get("PERSONKORT_BUS") or DEFAULT_PATH
    sections, section = {}, None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            text = line.rstrip()
            content = text.lstrip(" ")
            if not content or content.startswith("#"):
                continue
            depth = len(text) - len(content)
            if depth == 0:
                section = sections.setdefault(content, {})
            elif depth == 4 and section is not None and "=" in content:
                key, _, value = content.partition("=")
                if key.strip() not in Addresses._fields:
                    raise ValueError(f"{path}:{number}: unknown key; use {', '.join(Addresses._fields)}")
                section[key.strip()] = _unquoted(value.strip())
            else:
                raise ValueError(f'{path}:{number}: neither `service` nor, 4 spaces in, `key = "address"`')
    return {service: _addresses(path, service, keys) for service, keys in sections.items()}


def _unquoted(value):
    """A value in quotes, or a bare one up to a comment."""
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0]
    return value.partition("#")[0].strip()


def _addresses(path, service, keys):
    for key in Addresses._fields:
        if key not in keys:
            raise ValueError(f"{path}: {service} has no `{key}`; add its address")
        if keys[key].startswith("tcp:"):
            raise ValueError(f"{path}: {service} is on tcp, which needs keys; this client speaks ipc only")
    return Addresses(**keys)


def pack(value):
    """msgpack of a message. Days and moments of datetime become what the wire has for them."""
    return msgpack.packb(value, use_bin_type=True, default=_plain)


def _plain(value):
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise TypeError("a moment without a time zone; give it one")
        return round(value.timestamp() * 1000)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be sent")


def unpack(data):
    """The map in a frame, or None when there is none."""
    try:
        value = msgpack.unpackb(data, raw=False, strict_map_key=True)
    except (ValueError, msgpack.UnpackException):
        return None
    return value if isinstance(value, dict) else None


class Door:
    """A DEALER to a service's commands or queries, with one message under way at a time."""

    def __init__(self, context, address):
        self._socket = context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.connect(address)

    def send(self, envelope):
        try:
            self._socket.send_multipart([b"", pack(envelope)], zmq.NOBLOCK)
        except zmq.Again:
            pass  # the queue to a dead service is full of the same message already

    def receive(self, id, timeout_s):
        """The reply to `id`, or None after the time. Late replies to other messages are dropped."""
        until = time.monotonic() + timeout_s
        while True:
            left_ms = max(0, round((until - time.monotonic()) * 1000))
            if not self._socket.poll(left_ms):
                return None
            frames = self._socket.recv_multipart()
            reply = unpack(frames[1]) if len(frames) == 2 else None
            # An id that the service could not read comes back empty; only ours is under way.
            if reply and reply.get("id") in (id, ""):
                return reply

    def close(self):
        self._socket.close()


class Subscription:
    """(topic, map) of what is published from now on: iterate over it, or `receive` with a time-out."""

    def __init__(self, context, address, topics):
        self._socket = context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        for topic in topics:
            self._socket.setsockopt(zmq.SUBSCRIBE, topic.encode())
        self._socket.connect(address)

    def __iter__(self):
        return self

    def __next__(self):
        """Waits for ever."""
        while (received := self.receive(3600)) is None:
            pass
        return received

    def receive(self, timeout_s):
        """The next one; None when nothing came in time."""
        until = time.monotonic() + timeout_s
        while self._socket.poll(max(0, until - time.monotonic()) * 1000):
            frames = self._socket.recv_multipart()
            message = unpack(frames[1]) if len(frames) == 2 else None
            if message is not None:
                return frames[0].decode("utf-8", "replace"), message
        return None

    def close(self):
        self._socket.close()
