#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""proto/asyncapi.yaml against the running services: its examples are sent as they stand, by a client that knows nothing
else, and every reply, doorbell, figure and journal record is what the document says it is."""

import collections
import itertools
import pathlib
import sys
import time
import unittest

import msgpack
import zmq
from harness import System, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "proto/tests"))

from asyncapi_document import DOCUMENT, MESSAGES, from_wire, takes, to_wire  # noqa: E402

SERVICES = ("person", "activity", "notification", "stats")
# What every message may be answered with, but for its form: that of the examples is right.
GENERAL = {
    "invalid_field", "not_allowed", "expired", "conflict", "not_yet", "busy", "storage_full", "unavailable", "too_large",
    "corrupt",
}  # fmt: skip
# Enough persons that the one of the examples is there.
PERSONS = 17


def exchanges():
    """(type, channel's address, allowed errors) of all that can be asked, commands first."""
    found = []
    for name, operation in DOCUMENT["operations"].items():
        channel = DOCUMENT["channels"][operation["channel"]["$ref"].rpartition("/")[2]]
        if operation["action"] == "receive":
            found.append((name, channel["address"], set(operation.get("x-errors", []))))
    return sorted(found, key=lambda exchange: not exchange[1].endswith(".command"))


class Doors:
    """The sockets of a client in another language would be these."""

    def __init__(self, system):
        self.context = zmq.Context()
        self.system = system
        self.asked = {}
        self.numbers = itertools.count()
        self.heard = self.context.socket(zmq.SUB)
        self.heard.setsockopt(zmq.SUBSCRIBE, b"")
        for service in SERVICES:
            self.heard.connect(system.address(service, "events"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.destroy(linger=0)

    def ask(self, type, address):
        """The reply to the example of a message, sent with an id and a time of its own."""
        if address not in self.asked:
            self.asked[address] = self.context.socket(zmq.DEALER)
            self.asked[address].connect(self.system.address(*address.split(".")))
        message = MESSAGES[type]
        envelope = self._renewed(message["examples"][0]["payload"])
        assert takes(message["payload"], envelope), type
        frame = msgpack.packb(to_wire(message["payload"], envelope))
        for _ in range(3):  # what is sent while a service opens its compacted store is lost: as clients do, the same again
            self.asked[address].send_multipart([b"", frame])
            if self.asked[address].poll(10_000):
                break
        else:
            raise AssertionError(f"no answer to {type}")
        empty, frame = self.asked[address].recv_multipart()
        reply = msgpack.unpackb(frame)
        assert (empty, reply["id"]) == (b"", envelope["id"]), type
        return reply

    def _renewed(self, envelope):
        renewed = {**envelope, "id": f"example-{next(self.numbers)}"}
        if "expires_ms" in envelope:
            renewed["expires_ms"] = int(time.time() * 1000) + 30_000
        if envelope["type"] == "batch":
            renewed["body"] = {"commands": [self._renewed(command) for command in envelope["body"]["commands"]]}
        return renewed

    def published(self):
        """What came since, as (topic, map)."""
        while self.heard.poll(300):
            topic, frame = self.heard.recv_multipart()
            yield topic.decode(), msgpack.unpackb(frame)


class Live(unittest.TestCase):
    def test_the_document_is_true(self):
        with System(*SERVICES) as system, Doors(system) as doors:
            for _ in range(PERSONS):
                self.assertEqual(doors.ask("person.create", "person.command")["status"], "ok")
            for follower in ("activity", "notification"):
                system.wait_followed(follower, "person", PERSONS)
            self.check_replies(doors)
            wait_until(lambda: len(system.journal("activity")) > 1, what="an activity")
            self.check_published(doors)
            self.check_journals(system)

    def check_replies(self, doors):
        outcomes = collections.Counter()
        for type, address, errors in exchanges():
            for service in SERVICES if "{service}" in address else (None,):
                reply = from_wire(doors.ask(type, address.replace("{service}", service or "")))
                name = f"{type}.reply" if reply["status"] == "ok" else "refused"
                self.assertTrue(takes(MESSAGES[name]["payload"], reply), f"{name}: {reply}")
                outcomes[reply["status"]] += 1
                if name == "refused":
                    code = reply["error"]["code"]
                    self.assertIn(code, errors | GENERAL, type)
                    self.assertEqual(reply["error"]["retry"], DOCUMENT["x-errors"][code]["retry"])
        print(f"replies: {dict(outcomes)}")
        self.assertGreater(outcomes["ok"], 30)
        self.assertGreater(outcomes["error"], 5)

    def check_published(self, doors):
        heard = collections.Counter()
        for topic, message in doors.published():
            name = topic.partition("/")[0]
            self.assertTrue(takes(MESSAGES[name]["payload"], from_wire(message)), f"{topic}: {message}")
            heard[name] += 1
        print(f"published: {dict(heard)}")
        self.assertLessEqual({"person.created", "activity.created", "recipient.changed", "figures.total"}, set(heard))

    def check_journals(self, system):
        read = collections.Counter()
        for service in SERVICES:
            for record in system.journal(service):
                body = MESSAGES[record.type].get("x-journal-body")
                self.assertTrue(takes(body, from_wire(record.body)), f"{record.type}: {record.body}")
                read[record.type] += 1
        print(f"journals: {dict(read)}")
        self.assertLessEqual({"person.created", "activity.created", "recipient.changed"}, set(read))


if __name__ == "__main__":
    unittest.main()
