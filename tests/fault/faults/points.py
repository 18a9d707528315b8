# SPDX-License-Identifier: Apache-2.0
"""A service that ends at every write, sync and send of a batch, one after the other."""

from __future__ import annotations

import itertools
import os
import subprocess
import unittest

from faults import LONG, RECOVERY_S, strace
from faults.asking import Asker, batch, envelope
from faults.strace import kill_at
from harness import System, wait_until
from personkort import Unreachable

WRITES = ("writev", "pwrite64", "fdatasync")  # all that LMDB does to its file
SENDS = ("write", "sendto")  # waking the thread that sends; sending
MANY = 200 if LONG else 60
START_MS = 1_700_000_000_000
MOST_DEATHS = 500  # of one call: more means that the batch never ends


@unittest.skipIf(strace.missing(), strace.missing())
class PointsTest(unittest.TestCase):
    """`self.victim` ends in the middle of its calls; a test provokes what makes it write, and says what must hold afterwards."""

    tamper = staticmethod(kill_at)  # with (pid, call, count)
    status = -9  # with which it ends of that
    grace_s = 0.1  # for a death after the reply

    def start(self, victim, *services, arguments=(), times=1):
        """Each point is met so many times: for batches that are not all alike."""
        self.system = self.enterContext(System(*services, arguments=arguments))
        self.client = self.system.client()
        self.asker = Asker(self.system)
        self.victim = victim
        self.deaths = {}  # call → how many of them there are in a batch
        self.injected = []  # lines of the trace: calls that failed
        self.times = times

    def end_everywhere(self, calls, prepare, provoke, settle):
        """`provoke(gone)` returns when the work is done, or `gone()`; `settle()` checks what is there after it.

        What `provoke` asks of the victim beside is counted too; `prepare()` comes before.
        """
        for call in calls:
            for count in itertools.count(1):
                self.assertLess(count, MOST_DEATHS)
                if not any([self.end_once(call, count, prepare, provoke, settle) for _ in range(self.times)]):
                    break
                self.deaths[call] = count
        print(f"{self.id().split('.')[-1]}: {self.victim} ended at each of {self.deaths}", flush=True)
        for call in ("pwrite64", "fdatasync"):
            self.assertGreaterEqual(self.deaths.get(call, 0), 1, f"nothing died at {call}")

    def end_once(self, call, count, prepare, provoke, settle):
        """Whether it ended."""
        died = []
        prepare()

        def gone():
            if not died and (status := self.system.ended(self.victim, 0)) is not None:
                died.append(status)
            return bool(died)

        with self.tamper(self.system.pid(self.victim), call, count) as trace:
            provoke(gone)
            if not died and (status := self.system.ended(self.victim, self.grace_s)) is not None:
                died.append(status)
            self.injected += [line for line in trace.lines() if "(INJECTED)" in line]
        if died:
            self.assertEqual(died, [self.status], self.system.log(self.victim)[-2000:])
            self.system.start(self.victim)
        settle()
        return bool(died)

    def verify(self):
        pk = os.path.join(os.environ["PERSONKORT_BIN_DIR"], "pk")
        subprocess.run([pk, "--bus", self.system.bus_path, "verify"], check=True, stdout=subprocess.DEVNULL)

    def end_commands(self, service, make, calls=WRITES + SENDS):
        """`make()` gives the next message; each is whole or absent, and answered the same whenever it comes."""
        size = self.ask_once(service, make())
        command, before, replies = None, 0, []

        def prepare():
            nonlocal command, before
            command, before = make(), self.system.health(service)["seq"]

        def provoke(gone):
            reply = self.asker.ask(service, command, gone=gone)
            replies[:] = [reply if reply and reply["status"] == "ok" else None]

        def settle():
            there = self.system.health(service)["seq"] - before
            self.assertIn(there, (0, size), "half of a batch is there")
            if replies[0]:
                self.assertEqual(there, size, "what was acknowledged is not there")
            again = [self.asker.ask(service, command) for _ in range(2)]
            self.assertEqual(again[0], again[1])
            self.assert_done(again[0])
            self.assertIn(replies[0], (None, again[0]))
            self.assertEqual(self.system.health(service)["seq"], before + size, "an effect twice")

        self.end_everywhere(calls, prepare, provoke, settle)

    def assert_done(self, reply):
        for one in reply.get("body", {}).get("replies", [reply]):
            self.assertEqual(one["status"], "ok", one)

    def ask_once(self, service, command):
        """Records that a message makes."""
        before = self.system.health(service)["seq"]
        self.assert_done(self.asker.ask(service, command))
        return self.system.health(service)["seq"] - before

    def verify_journal(self, service):
        """Dense, and its chain holds; every command has one record."""
        ids = [record.id for record in self.system.journal(service) if record.id]
        self.assertEqual(len(ids), len(set(ids)))

    def persons(self, count):
        commands = [envelope("person.create", {"given_name": "Åsa", "mobile": f"070123{i:04}"}) for i in range(count)]
        return [reply["body"]["person"] for reply in self.asker.ask("person", batch(commands))["body"]["replies"]]

    def activity(self, person, seen):
        body = {"person": person, "type": 1, "subject": "S", "status": "in_progress", "start_ms": START_MS}
        return envelope("activity.create", body, seen)

    def end_follower(self, source, write, check, calls=WRITES):
        """`write()` makes the source grow; the victim follows, dies, follows; `check()` finds the effect once."""
        seq = 0

        def provoke(gone):
            nonlocal seq
            seq = write()
            wait_until(lambda: gone() or self.has_followed(source, seq), what=f"{self.victim} following {source}")

        def settle():
            self.system.wait_followed(self.victim, source, seq, RECOVERY_S)
            check()

        self.end_everywhere(calls, lambda: None, provoke, settle)

    def has_followed(self, source, seq):
        """Asked without patience: it may die any moment."""
        try:
            followed = self.system.ask(self.victim, "service.health", timeout_s=0.2)["followed"]
        except Unreachable:
            return False
        return next(f for f in followed if f["source"] == source)["seq"] >= seq
