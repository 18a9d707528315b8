#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two services that cannot reach each other, doorbells that are lost, subscribers that do not read: everybody goes on, finds it out,
and has everything when it is over. Source: faults.md F11, F12, F16, F17.

60 s of being cut off and 5 min of not reading show no more than the seconds here: nothing is counted by time, and what could
pile up is given in numbers (EVENTS). --long: the times of faults.md.
"""

import os
import pathlib
import time
import unittest

import zmq

from faults import LONG, RECOVERY_S
from faults.asking import Asker, batch, envelope
from faults.relay import Relay
from harness import System, wait_until

CUT_S = 60 if LONG else 1  # beyond the time in which it is found out
FOUND_OUT_S = 8
DOORBELL_S = 2
EVENTS = 200_000 if LONG else 16_000
GROWTH_BYTES = 8_000_000
MANY = 400


class CutOffTest(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("person"))
        self.client = self.system.client()
        self.asker = Asker(self.system)

    def person(self):
        reply = self.asker.ask("person", envelope("person.create", {"given_name": "Åsa"}))
        self.assertEqual(reply["status"], "ok", reply)
        return reply["body"]["person"]

    def activity(self, person):
        body = {"person": person, "type": 1, "subject": "S", "status": "in_progress"}
        return self.asker.ask("activity", envelope("activity.create", body))

    def start_activity(self, **places):
        """With another bus file: where the doors of the service person are for it."""
        text = self.system.bus_path.read_text()
        for door, path in places.items():
            text = text.replace(self.system.address("person", door), f"ipc://{path}")
        other = self.system.folder / "other.zpl"
        other.write_text(text)
        self.system.start("activity", "--bus", other)


class Followers(CutOffTest):
    """F11, F16, F17."""

    def setUp(self):
        super().setUp()
        run = self.system.folder / "run"
        self.relay = self.enterContext(Relay(run / "relay", run / "person.query"))

    def test_cut_off(self):
        self.go_on_without(self.relay.cut)

    def test_half_open(self):
        self.go_on_without(self.relay.swallow)

    def go_on_without(self, part):
        self.start_activity(query=self.relay.path)
        known = self.person()
        self.system.wait_followed("activity", "person", self.system.health("person")["seq"])
        part()
        wait_until(lambda: self.state() == "unreachable", FOUND_OUT_S, "that it is found out")
        self.assertEqual(self.system.health("activity")["health"], "degraded")
        until = time.monotonic() + CUT_S
        while time.monotonic() < until:
            new = self.person()
            self.assertEqual(self.activity(known)["status"], "ok")
        refused = self.activity(new)
        self.assertEqual(refused["status"], "error")
        self.relay.pass_on()
        self.system.wait_followed("activity", "person", self.system.health("person")["seq"], RECOVERY_S)
        self.assertEqual(self.activity(new)["status"], "ok")
        wait_until(lambda: self.system.health("activity")["followed"][0]["state"] == "following", 5, "following")
        self.assertEqual(self.state(), "following")

    def state(self):
        return self.system.followed("activity", "person")["state"]

    def test_doorbells_that_never_arrive(self):
        self.start_activity(events=self.system.folder / "run" / "nobody")
        for _ in range(5):
            person = self.person()
            self.system.wait_followed("activity", "person", self.system.health("person")["seq"], DOORBELL_S)
            self.assertEqual(self.activity(person)["status"], "ok")


class Subscribers(CutOffTest):
    """F12."""

    def setUp(self):
        # Freed memory goes back at once under AddressSanitizer too, so that growth is growth.
        kept = os.environ["ASAN_OPTIONS"]
        self.addCleanup(os.environ.__setitem__, "ASAN_OPTIONS", kept)
        os.environ["ASAN_OPTIONS"] = f"{kept}:quarantine_size_mb=1:thread_local_quarantine_size_kb=16"
        super().setUp()

    def anonymous_bytes(self):
        for line in pathlib.Path(f"/proc/{self.system.pid('person')}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no RssAnon")

    def make_events(self):
        for _ in range(0, EVENTS, MANY):
            commands = [envelope("person.create", {"given_name": "Åsa"}) for _ in range(MANY)]
            self.asker.ask("person", batch(commands))

    def growth(self):
        """What so many events cost in memory: ids of commands, and what waits for subscribers."""
        before = self.anonymous_bytes()
        self.make_events()
        return self.anonymous_bytes() - before

    def test_one_that_stopped_reading(self):
        self.make_events()
        usual = self.growth()
        with zmq.Context() as context, context.socket(zmq.SUB) as stopped:
            stopped.setsockopt(zmq.LINGER, 0)
            stopped.setsockopt(zmq.RCVHWM, 1)
            stopped.setsockopt(zmq.SUBSCRIBE, b"person.created")
            stopped.connect(self.system.address("person", "events"))
            wait_until(lambda: self.person() and stopped.poll(10), what="a first doorbell")
            self.make_events()  # more than wait for one subscriber at most
            self.assertLess(self.growth(), usual + GROWTH_BYTES)
        seqs = [record.seq for record in self.system.journal("person")]
        self.assertEqual(seqs, list(range(1, self.system.health("person")["seq"] + 1)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
