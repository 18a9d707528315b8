# SPDX-License-Identifier: Apache-2.0
"""Commands and queries: sent until answered, tried again where that can help, never done twice."""

from __future__ import annotations

import time
import uuid

import zmq

from personkort import bus, journal
from personkort.batch import Batch
from personkort.messages import Messages
from personkort.reply import Refused, Reply, Unreachable
from personkort.sending import FIRST_PAUSE_S, LONGEST_PAUSE_S, RESEND_S, service_of


def new_id():
    """A command id: 32 hexadecimal digits, random."""
    return uuid.uuid4().hex


class Client(Messages):
    """`source` names the calling system, `actor` the person who acts; on ipc the services believe both. `key` is the file of a
    key pair (`pk key generate`) to come in with over tcp, where the key's name is both.

    Every message of the services is a method: `client.person.create(…)`. The positions of replies are remembered in
    `seen` and sent along, so that one reads what one wrote, from whichever service.
    """

    def __init__(self, bus_path=None, *, source, actor=None, key=None):
        self._addresses, self._keys = bus.load(bus_path, key)
        self._context = zmq.Context()
        self._doors = {}
        self._names = {"source": source, **({"actor": actor} if actor else {})}
        self.seen = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._context.destroy(linger=0)
        self._doors.clear()

    def command(self, type, body, *, service=None, id=None, expires_in_s=30) -> Reply:
        """Sends a command until it is answered or expires (at most 600 seconds ahead).

        Raises Refused, or Unreachable when nobody answered in time. The same `id` again, with the same body, has no
        second effect: to repeat after Unreachable or a crash of the caller, give the id used before.
        """
        envelope = self.command_envelope(type, body, id, expires_in_s)
        return self._ask(service_of(type, service), "command", envelope, expires_in_s)

    def query(self, type, body, *, service=None, timeout_s=30) -> Reply:
        """Asks until answered or the time is over. Raises as `command` does."""
        envelope = {"v": 1, "id": new_id(), "type": type, "body": body, **self._names}
        return self._ask(service_of(type, service), "query", envelope, timeout_s)

    def batch(self):
        """Commands gathered to be sent together: see Batch."""
        return Batch(self)

    def subscribe(self, service, topics=("",)):
        """A Subscription: (topic, map) of doorbells and figures whose topic begins with one of `topics`, for ever.

        What was published before it reached the service is not in it: ask once after the first. A doorbell may be lost; what it rings for stands in the journal: `follow`.
        """
        return bus.Subscription(self._context, self._of(service).events, topics, self._keys)

    def follow(self, service, after=0):
        """Yields every record of a service's journal after a position, for ever: see journal.follow."""
        return journal.follow(self, service, after)

    def command_envelope(self, type, body, id, expires_in_s):
        """The map that is sent for a command; `seen` is added when it leaves."""
        expires_ms = int((time.time() + expires_in_s) * 1000)
        return {"v": 1, "id": id or new_id(), "type": type, "expires_ms": expires_ms, "body": body, **self._names}

    def saw(self, service, seq):
        """Asks that later answers be not older than this position of a service's journal."""
        if seq is not None:
            self.seen[service] = max(seq, self.seen.get(service, 0))

    def tell_seen(self, envelope):
        """Puts the positions seen so far into an envelope about to leave."""
        if self.seen:
            envelope["seen"] = [{"store": store, "seq": seq} for store, seq in self.seen.items()]

    def _of(self, service):
        if service not in self._addresses:
            raise LookupError(f"the bus file has no service {service}; it has {', '.join(self._addresses)}")
        return self._addresses[service]

    def _door(self, service, kind):
        if (service, kind) not in self._doors:
            self._doors[service, kind] = bus.Door(self._context, getattr(self._of(service), kind), self._keys)
        return self._doors[service, kind]

    def _ask(self, service, kind, envelope, timeout_s):
        """Sends until there is an answer that trying again cannot better."""
        door = self._door(service, kind)
        self.tell_seen(envelope)
        until = time.monotonic() + timeout_s
        pause_s, refusal = FIRST_PAUSE_S, None
        while (left_s := until - time.monotonic()) > 0:
            door.send(envelope)
            reply = door.receive(envelope["id"], min(RESEND_S, left_s))
            if reply is None:
                continue
            if reply.get("status") == "ok":
                self.saw(service, reply.get("seq"))
                return Reply(reply.get("body") or {}, reply.get("seq"))
            refusal = Refused.of(reply.get("error") or {})
            if not refusal.retry:
                raise refusal
            time.sleep(max(0, min(pause_s, until - time.monotonic())))
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        raise Unreachable(service, envelope["type"], envelope["id"]) from refusal
