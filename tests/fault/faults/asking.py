# SPDX-License-Identifier: Apache-2.0
"""Commands as frames, sent again unchanged: the same id has one effect, and one reply."""

from __future__ import annotations

import time
import uuid

import msgpack
import zmq

AHEAD_MS = 9 * 60 * 1000
TURN_MS = 10


def envelope(type, body, seen=(), source="fault"):
    """A command of a new id, as a map."""
    expires_ms = int(time.time() * 1000) + AHEAD_MS
    command = {"v": 1, "id": uuid.uuid4().hex, "type": type, "expires_ms": expires_ms, "source": source, "body": body}
    return command | ({"seen": [{"store": store, "seq": seq} for store, seq in seen]} if seen else {})


def batch(commands):
    """Many commands in one message."""
    return envelope("batch", {"commands": commands})


class Asker:
    """A socket of its own for each question: what waits in a connection that died is not sent twice."""

    def __init__(self, system):
        self._system = system

    def ask(self, service, command, timeout_s=30, gone=lambda: False):
        """The reply, or None: nobody answered in time, or `gone()` became true."""
        until = time.monotonic() + timeout_s
        with zmq.Context() as context, context.socket(zmq.DEALER) as door:
            door.setsockopt(zmq.LINGER, 0)
            door.connect(self._system.address(service, "command"))
            door.send_multipart([b"", msgpack.packb(command)])
            while time.monotonic() < until and not gone():
                if door.poll(TURN_MS):
                    return msgpack.unpackb(door.recv_multipart()[1])
        return None
