# SPDX-License-Identifier: Apache-2.0
"""A client that loses nothing: it keeps commands in flight and repeats each, unchanged, until it is answered."""

from __future__ import annotations

import time
import uuid

import msgpack
import zmq

RETRY_S = 0.02

class Writer:
    """Writes to one service. `make` gives the next command as (type, body); `seen` goes along with each.

    Bare sockets, not the client library: what is tested is that the protocol's own rule, the same id again, is enough.
    """

    def __init__(self, system, service, chance, make, window=64, source="writer"):
        self.address = system.address(service, "command")
        self.chance, self.make, self.window, self.source = chance, make, window, source
        self.seen = []
        self.unanswered = {}  # id -> (envelope, body)
        self.acknowledged = {}  # id -> (reply's body, its seq)
        self.asked = {}  # id -> body, of what was acknowledged
        self.refused = {}  # id -> error
        self.again = {}  # id -> when to send it again: refused for now
        self.context = zmq.Context.instance()
        self.door = None
        self.connect()

    def connect(self):
        """A new socket, and everything unanswered again through it: a client that hears nothing sends the same."""
        if self.door:
            self.door.close(linger=0)
        self.door = self.context.socket(zmq.DEALER)
        self.door.connect(self.address)
        for envelope, _ in self.unanswered.values():
            self.door.send_multipart([b"", envelope])

    def close(self):
        self.door.close(linger=0)

    def ask(self):
        type, body = self.make()
        command_id = uuid.UUID(int=self.chance.getrandbits(128)).hex
        envelope = {
            "v": 1,
            "id": command_id,
            "type": type,
            "expires_ms": int(time.time() * 1000) + 500_000,
            "source": self.source,
            "body": body,
            "seen": self.seen,
        }
        self.unanswered[command_id] = (msgpack.packb(envelope), body)
        self.door.send_multipart([b"", self.unanswered[command_id][0]])

    def step(self, more=True):
        """Fills the window and takes what has been answered, without waiting."""
        while more and len(self.unanswered) < self.window:
            self.ask()
        for command_id in [id for id, due in self.again.items() if due <= time.monotonic()]:
            del self.again[command_id]
            if command_id in self.unanswered:
                self.door.send_multipart([b"", self.unanswered[command_id][0]])
        while self.door.poll(0):
            self.take(msgpack.unpackb(self.door.recv_multipart()[1]))

    def take(self, reply):
        command_id = reply["id"]
        if reply["status"] != "ok":
            if reply["error"]["retry"]:
                self.again[command_id] = time.monotonic() + RETRY_S
                return
            self.refused[command_id] = reply["error"]
            self.unanswered.pop(command_id, None)
            return
        answer = (reply["body"], reply["seq"])
        known = self.acknowledged.setdefault(command_id, answer)
        assert known == answer, f"a repeat of {command_id} was answered {answer}, at first {known}"
        if command_id in self.unanswered:
            self.asked[command_id] = self.unanswered.pop(command_id)[1]


def work(writers, seconds, more=True):
    """Lets them write for a while; without `more` until everything is answered or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and (more or any(writer.unanswered for writer in writers)):
        for writer in writers:
            writer.step(more)
        time.sleep(0.001)
