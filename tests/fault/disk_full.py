#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A disk or a quota that is full: commands get `storage_full` (retry), queries are answered, health is degraded, followers stop and
nothing of theirs is lost; when there is room again everything goes on by itself. Source: faults.md F08, F09.

Full is what falls below the floor of free space (64 MiB), and what has no byte left: somebody else was faster.
"""

import pathlib
import random
import tempfile
import time
import unittest

from faults import RECOVERY_S, disks
from faults.asking import Asker, batch, envelope
from harness import System, wait_until
from harness.pk import Pk
from harness.writer import Writer, work
from mail import write_settings

ALL = ("person", "activity", "notification", "stats")
DISK_MIB = 160
BELOW_FLOOR_MIB = 32
REASON = "full"
QUOTA_BYTES = 300_000


class FullTest(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System())
        self.client = self.system.client()
        self.asker = Asker(self.system)
        self.made = 0

    def ask(self, service, type, body, seen=()):
        return self.asker.ask(service, envelope(type, body, seen))

    def person(self):
        self.made += 1
        body = {"given_name": self.system.canary("Kanariefågel"), "mobile": f"0701{self.made:06}"}
        return self.asker.ask("person", envelope("person.create", body))

    def people(self, count):
        replies = [self.person() for _ in range(count)]
        return [reply["body"]["person"] for reply in replies]

    def assert_full(self, reply):
        self.assertEqual(reply["status"], "error", reply)
        self.assertEqual((reply["error"]["code"], reply["error"]["retry"]), ("storage_full", True))

    def is_degraded(self, service):
        health = self.system.health(service)
        return health["health"] == "degraded" and any(REASON in reason for reason in health.get("reasons", ()))

    def is_well(self, service):
        return self.system.health(service)["health"] == "ok"


@unittest.skipIf(disks.missing(), disks.missing())
class Disk(FullTest):
    def setUp(self):
        super().setUp()
        self.enterContext(disks.small_disk(self.system.data_path, DISK_MIB))
        self.addCleanup(self.stop_all)
        settings = write_settings(self.system, retry_first_ms=200)  # of what could not be put into the outbox
        for service in ALL:
            self.system.start(service, *(settings if service == "notification" else ()))

    def stop_all(self):
        """Before the disk goes."""
        for service in ALL:
            self.system.stop(service)

    def commands(self, person):
        return [
            ("person", "person.create", {"given_name": "Bo"}),
            ("activity", "activity.create", {"person": person, "type": 1, "subject": "S", "status": "in_progress"}),
            ("notification", "sms.send", {"person": person, "text": "Hej"}),
        ]

    def test_below_the_floor_of_free_space(self):
        person = self.people(1)[0]
        seen = [("person", self.system.health("person")["seq"])]
        for command in self.commands(person):
            self.assertEqual(self.ask(*command, seen)["status"], "ok")
        before = {service: self.system.health(service)["seq"] for service in ALL}
        ballast = disks.fill(self.system.data_path, BELOW_FLOOR_MIB)
        time.sleep(0.2)  # free space is looked at ten times a second
        for _ in range(3):
            for command in self.commands(person):
                self.assert_full(self.ask(*command, seen))
        for service in ALL:
            self.assertTrue(self.is_degraded(service), service)
        self.assertEqual(self.client.person.get(person=person)["card"]["person"], person)
        self.assertEqual(self.client.stats.figures()["total"]["activities"], 2)
        ballast.unlink()
        waiting = [self.client.command(type, body, service=service) for service, type, body in self.commands(person)]
        self.assertEqual(len(waiting), 3)
        wait_until(lambda: all(self.is_well(service) for service in ALL), RECOVERY_S, "health")
        wait_until(lambda: self.client.stats.figures()["total"]["activities"] == 4, RECOVERY_S, "the figures of two more")
        self.assertEqual(self.system.health("person")["seq"], before["person"] + 1)

    def test_not_a_byte_left(self):
        """While all four write: what was acknowledged stays, and everybody goes on when there is room."""
        chance, people = random.Random(8), self.people(5)
        writers = [self.writer(chance, *command) for command in self.commands(people[0])]
        seen = [{"store": "person", "seq": self.system.health("person")["seq"]}]
        for writer in writers:
            writer.seen = seen
            self.addCleanup(writer.close)
        work(writers, 0.5)
        for _ in range(3):
            ballast = disks.fill(self.system.data_path, 0)
            work(writers, 1)
            for service in ALL:
                self.assertTrue(self.system.answers(service), f"{service} does not answer")
            self.assertTrue(self.is_degraded("person"))
            ballast.unlink()
            work(writers, 0.5)
        work(writers, 30, more=False)
        for writer in writers:
            self.assertFalse(writer.unanswered)
            self.assertFalse(writer.refused)
        self.check(writers)

    def writer(self, chance, service, type, body):
        return Writer(self.system, service, chance, lambda: (type, body), window=8)

    def check(self, writers):
        wait_until(lambda: all(self.is_well(service) for service in ALL), RECOVERY_S, "health")
        sends = len(writers[2].acknowledged)
        expected = len(writers[1].acknowledged) + sends
        wait_until(lambda: self.client.stats.figures()["total"]["activities"] == expected, 60, f"figures of {expected}")
        self.assertFalse(self.client.stats.recount().get("differences"))
        accepted = len(list(self.system.data_path.glob("notification/outbox/sms/[0-9]*.txt")))
        self.assertEqual(accepted, sends)
        self.assertEqual(self.system.health("person")["seq"], 5 + len(writers[0].acknowledged))
        for service in ALL:
            self.system.journal(service)


class Quota(FullTest):
    """A quota does not grow by itself: an operator raises it, and the service that is started with it goes on where it was."""

    def setUp(self):
        super().setUp()
        for service in ALL:
            self.system.start(service, "--quota", str(QUOTA_BYTES))

    def write_until_full(self, service, make):
        """What was acknowledged before: (message of many commands, its reply)."""
        done = []
        while True:
            command = make()
            reply = self.asker.ask(service, command)
            refused = [one for one in reply["body"]["replies"] if one["status"] != "ok"]
            if refused:
                self.assertEqual(len(refused), len(reply["body"]["replies"]))
                self.assert_full(refused[0])
                return done
            done.append((command, reply))
            self.assertLess(len(done), 5000)

    def quiet(self):
        """How far stats has followed, once it does not go on."""
        before = self.system.followed("stats", "activity")["seq"]
        time.sleep(0.5)
        return before if self.system.followed("stats", "activity")["seq"] == before else None

    def raise_quota(self, *services):
        for service in services:
            self.system.stop(service)
            self.system.start(service, "--quota", str(100 * QUOTA_BYTES))

    def check_full(self, service, done):
        self.assertTrue(self.is_degraded(service))
        self.assertGreater(len(done), 2)
        for command, reply in (done[0], done[-1]):  # what was done is told, though nothing new can be
            self.assertEqual(self.asker.ask(service, command)["body"], reply["body"])
        self.assertLess(self.system.health(service)["store_bytes"], 2 * QUOTA_BYTES)

    def test_commands(self):
        body = {"given_name": "Bo", "family_name": "N" * 80, "mobile": "0701234567"}
        persons = self.write_until_full("person", lambda: batch([envelope("person.create", body) for _ in range(50)]))
        self.check_full("person", persons)
        person = persons[0][1]["body"]["replies"][0]["body"]["person"]
        self.assertEqual(self.client.person.get(person=person)["card"]["given_name"], "Bo")
        seen = [("person", 1)]
        sends = self.write_until_full(
            "notification",
            lambda: batch([envelope("sms.send", {"person": person, "text": "Hej " * 50}, seen) for _ in range(10)]),
        )
        self.check_full("notification", sends)
        self.raise_quota("person", "activity", "notification", "stats")
        wait_until(lambda: all(self.is_well(service) for service in ALL), RECOVERY_S, "health")
        sent = 10 * len(sends)
        wait_until(lambda: self.client.stats.figures()["total"]["activities"] == sent, RECOVERY_S, f"figures of {sent}")
        self.assertEqual(self.person()["status"], "ok")

    def test_an_import_by_pk(self):
        """What is in stays, and the same command goes on where there is room again: a full disk is no reason to take it back."""
        count = 5000
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        path = folder / "kunder.csv"
        path.write_text("given_name,family_name\n" + "".join(f"Bo{i},{'N' * 80}\n" for i in range(count)))
        pk = Pk(self.system.bus_path)
        done = pk.expect(6, "person", "import", path, "--timeout", 2)
        self.assertIn("storage_full", done.stderr)
        self.assertIn("was broken off; the same command goes on with it", done.stderr)
        made = pk.json("import", "list")["imports"]
        self.assertEqual([one["state"] for one in made], ["open"])
        self.assertTrue(0 < made[0]["persons"] < count, made)
        self.raise_quota("person")
        self.assertIn("going on with import 1", pk.expect(0, "person", "import", path).stderr)
        whole = pk.json("import", "get", 1)["import"]
        self.assertEqual((whole["state"], whole["persons"]), ("finished", count))
        self.assertEqual(self.client.person.search(limit=0, count=True)["total"], count)

    def test_followers(self):
        """They stop at their own quota while whom they follow goes on; nothing is lost on the way."""
        person = self.people(1)[0]
        seen = [("person", self.system.health("person")["seq"])]
        body = {"person": person, "type": 1, "subject": "S" * 200, "status": "in_progress"}
        self.raise_quota("activity")
        count = 0
        while not self.is_degraded("stats"):
            # Each of another day: what lies together stats keeps in few bytes.
            bodies = [{**body, "start_ms": 1_000_000_000_000 + (count + number) * 90_000_000} for number in range(100)]
            replies = self.asker.ask("activity", batch([envelope("activity.create", one, seen) for one in bodies]))
            count += [reply["status"] for reply in replies["body"]["replies"]].count("ok")
            self.assertLess(count, 50_000)
        self.assertEqual(self.ask("activity", "activity.create", body, seen)["status"], "ok")
        behind = wait_until(self.quiet, what="an end of following")
        self.assertLess(behind, self.system.health("activity")["seq"])
        figures = self.system.ask("stats", "stats.figures")
        self.assertEqual(figures["total"]["activities"], behind - 11)  # the usual types
        self.raise_quota("stats")
        wait_until(lambda: self.client.stats.figures()["total"]["activities"] == count + 1, RECOVERY_S, "the figures")
        self.assertFalse(self.client.stats.recount().get("differences"))
        self.assertTrue(self.is_well("stats"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
