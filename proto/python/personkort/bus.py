# SPDX-License-Identifier: Apache-2.0
"""The bus: addresses and keys from bus.zpl, and the sockets to one service."""

from __future__ import annotations

import datetime
import os
import re
import stat
import time
from typing import NamedTuple

import msgpack
import zmq

DEFAULT_PATH = "/etc/personkort/bus.zpl"


class Addresses(NamedTuple):
    command: str
    query: str
    events: str


class Keys(NamedTuple):
    """What tcp needs: one's own pair, and the public key of the services."""

    public: bytes
    secret: bytes
    server: bytes

    def prepare(self, socket):
        """Makes a socket prove who it is, and that the services are who they should be."""
        socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = self
        socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
        socket.setsockopt(zmq.TCP_KEEPALIVE_IDLE, 3)
        socket.setsockopt(zmq.TCP_KEEPALIVE_INTVL, 1)
        socket.setsockopt(zmq.TCP_KEEPALIVE_CNT, 4)
        socket.setsockopt(zmq.RECONNECT_IVL_MAX, 2000)


class Bus(NamedTuple):
    """The bus file: service name → Addresses, and the Keys to come in with, if any."""

    services: dict
    keys: Keys | None


_KEYS_OF_SERVICE = Addresses._fields + tuple(f"{door}.tcp" for door in Addresses._fields)
_KEYS_OF_CURVE = ("server_public", "server_key", "allow", "key")


def load(path=None, key=None):
    """The Bus. `key` is the file of one's own key pair; then tcp is used where the file has it. ValueError names what is wrong."""
    path = path or os.environ.get("PERSONKORT_BUS") or DEFAULT_PATH
    key = key or os.environ.get("PERSONKORT_KEY")
    sections = _sections(path)
    curve = sections.pop("curve", {})
    keys = _keys(path, key or curve.get("key"), curve.get("server_public")) if key or "key" in curve else None
    return Bus({name: _addresses(path, name, section, key, keys) for name, section in sections.items()}, keys)


def _sections(path):
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
                known = _KEYS_OF_CURVE if section is sections.get("curve") else _KEYS_OF_SERVICE
                if key.strip() not in known:
                    raise ValueError(f"{path}:{number}: unknown key; use {', '.join(known)}")
                section[key.strip()] = _unquoted(value.strip())
            else:
                raise ValueError(f'{path}:{number}: neither `service` nor, 4 spaces in, `key = "address"`')
    return sections


def _keys(path, key_path, server):
    if not server:
        raise ValueError(f"{path}: the section curve has no `server_public`; add the services' public key")
    if os.stat(key_path).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError(f"{key_path}: others than its owner have access; make a new key, or set its mode to 0600")
    with open(key_path, encoding="ascii") as file:
        found = dict(re.findall(r"""^\s+(public-key|secret-key)\s*=\s*["'](.{40})["']\s*$""", file.read(), re.MULTILINE))
    if len(found) != 2:
        raise ValueError(f"{key_path}: no key pair; pk key generate makes one")
    return Keys(found["public-key"].encode(), found["secret-key"].encode(), server.encode())


def _unquoted(value):
    """A value in quotes, or a bare one up to a comment."""
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0]
    return value.partition("#")[0].strip()


def _addresses(path, service, section, prefers_tcp, keys):
    found = []
    for door in Addresses._fields:
        if door not in section:
            raise ValueError(f"{path}: {service} has no `{door}`; add its address")
        address = section.get(f"{door}.tcp", section[door]) if prefers_tcp else section[door]
        if address.startswith("tcp:") and not keys:
            raise ValueError(f"{path}: {service} is on tcp, which needs a key; give its file as `key`")
        found.append(address)
    return Addresses(*found)


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

    def __init__(self, context, address, keys=None):
        self._socket = context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        if address.startswith("tcp:"):
            keys.prepare(self._socket)
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

    def __init__(self, context, address, topics, keys=None):
        self._socket = context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        if address.startswith("tcp:"):
            keys.prepare(self._socket)
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
