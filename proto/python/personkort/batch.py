# SPDX-License-Identifier: Apache-2.0
"""Many commands in one message: each with its own id, check and reply; not atomic."""

from __future__ import annotations

import time

from personkort import bus
from personkort.messages import Messages
from personkort.reply import Refused, Reply, Unreachable
from personkort.sending import FIRST_PAUSE_S, LONGEST_PAUSE_S, service_of

MOST_COMMANDS = 1024
MOST_BYTES = 200 * 1024  # services take frames of 256 KiB from clients


class Batch(Messages):
    """Takes commands as the client does, and sends them with `send`, in order within each service.

    batch = client.batch()
    for row in rows:
        batch.person.create(given_name=row.name)
    for outcome in batch.send():  # one for each command, in the order they were added
        …

    """

    def __init__(self, client):
        self._client = client
        self._commands = []  # (service, envelope, until)

    def command(self, type, body, *, service=None, id=None, expires_in_s=30):
        """Adds a command; returns its place in the list that `send` gives."""
        envelope = self._client.command_envelope(type, body, id, expires_in_s)
        self._commands.append((service_of(type, service), envelope, time.monotonic() + expires_in_s))
        return len(self._commands) - 1

    def query(self, type, body, **_):
        raise TypeError(f"{type} is a query; a batch holds commands")

    def send(self):
        """A Reply, Refused or Unreachable for each command added since the last send. Raises nothing of them."""
        commands, self._commands = self._commands, []
        outcomes = [Unreachable(service, envelope["type"], envelope["id"]) for service, envelope, _ in commands]
        for service in dict.fromkeys(service for service, _, _ in commands):
            waiting = [i for i, command in enumerate(commands) if command[0] == service]
            pause_s = FIRST_PAUSE_S
            while waiting:
                for part in _parts(waiting, commands):
                    self._send_part(service, part, commands, outcomes)
                waiting = [i for i in waiting if _again(outcomes[i]) and commands[i][2] > time.monotonic()]
                if waiting:
                    time.sleep(pause_s)
                    pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        return outcomes

    def _send_part(self, service, part, commands, outcomes):
        left_s = max(commands[i][2] for i in part) - time.monotonic()
        for i in part:
            self._client.tell_seen(commands[i][1])  # a batch's own envelope speaks for none of its commands
        body = {"commands": [commands[i][1] for i in part]}
        try:
            replies = self._client.command("batch", body, service=service, expires_in_s=left_s)["replies"]
        except (Refused, Unreachable) as failure:
            for i in part:
                outcomes[i] = failure if isinstance(failure, Refused) else outcomes[i]
            return
        for i, reply in zip(part, replies):
            if reply.get("status") == "ok":
                self._client.saw(service, reply.get("seq"))
                outcomes[i] = Reply(reply.get("body") or {}, reply.get("seq"))
            else:
                outcomes[i] = Refused.of(reply.get("error") or {})


def _again(outcome):
    return isinstance(outcome, Refused) and outcome.retry


def _parts(places, commands):
    """Cuts into what fits in one message."""
    part, size = [], 0
    for i in places:
        own = len(bus.pack(commands[i][1]))
        if part and (len(part) == MOST_COMMANDS or size + own > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(i)
        size += own
    if part:
        yield part
