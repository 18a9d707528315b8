#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of a service at every write, sync and send of a batch, for every kind of batch. Source: faults.md F01, F02, F03, F29.

strace kills the service instead of letting it do the Nth call of a kind, for N from 1 until a batch needs no more calls. It is
started again, the same commands are sent again, and then: what was acknowledged is there, the rest wholly or not at all; the
same id gets the same reply and has one effect; a follower has its offset and the effect together.
"""

import itertools
import unittest

from faults import LONG, RECOVERY_S
from faults.asking import batch, envelope
from faults.points import MANY, WRITES, PointsTest
from faults.strace import kill_at
from harness import wait_until

HAND_OVERS = ("openat", "fsync", "renameat", "rename")  # of the transport that writes files
SENDS_OF_A_QUESTION = 20  # more than those of a connection and its one reply
SETTLED = ("accepted", "unknown")
TIMES = 6 if LONG else 2  # a run is begun and merged in about four batches
ENTRIES = ("--index-entries", "300")  # so few that a batch of MANY merges a slice of a run, or begins or ends one


class Commands(PointsTest):
    """F01, F02."""

    def test_one_command(self):
        self.start("person", "person")
        names = itertools.count()
        self.end_commands("person", lambda: envelope("person.create", {"given_name": f"n{next(names)}"}))
        self.verify_journal("person")

    def test_many_commands(self):
        self.start("person", "person")
        names = itertools.count()
        self.end_commands(
            "person",
            lambda: batch([envelope("person.create", {"given_name": f"n{next(names)}"}) for _ in range(MANY)]),
            WRITES,
        )
        self.verify_journal("person")

    def test_a_batch_that_merges_a_slice_of_an_index(self):
        self.start("activity", "person", "activity", arguments=ENTRIES, times=TIMES)
        persons, made = self.persons(3), itertools.count()
        seen = [("person", self.system.health("person")["seq"])]

        def make():
            number = next(made)
            return batch([self.activity(persons[(number + i) % 3], seen) for i in range(MANY)])

        self.end_commands("activity", make, WRITES)
        listed = sum(len(self.activities_of(person)) for person in persons)
        self.assertEqual(listed, next(made) * MANY)
        self.verify_journal("activity")

    def test_between_commit_and_reply(self):
        """Killed at a send after the commit: the effect is there, nobody was told; asking by the id and repeating say the same."""
        self.start("person", "person")
        asker, unheard = self.system.client(source="fault"), 0
        for count in range(1, SENDS_OF_A_QUESTION + 1):
            command, before = envelope("person.create", {"given_name": "Åsa"}), self.system.health("person")["seq"]
            with kill_at(self.system.pid("person"), "sendto", count):
                heard = self.asker.ask("person", command, gone=lambda: self.system.ended("person", 0) is not None)
                if heard:
                    break
            self.system.start("person")
            if self.system.health("person")["seq"] > before:
                unheard += 1
                result = asker.query("command.result", {"command_id": command["id"]}, service="person")
                again = self.asker.ask("person", command)
                self.assertEqual((again["body"], again["seq"]), (result["body"], result["seq"]))
                self.assertEqual(self.system.health("person")["seq"], before + 1)
        self.assertGreaterEqual(unheard, 1)

    def activities_of(self, person):
        """By the index: newest first, in pages."""
        rows, page = [], {"more": True}
        while page["more"]:
            before = {"before_start_ms": rows[-1]["start_ms"], "before_activity": rows[-1]["activity"]} if rows else {}
            page = self.client.activity.list(person=person, limit=500, **before)
            rows += page.get("activities", [])
        return {row["activity"] for row in rows}


class Followers(PointsTest):
    """F03."""

    def test_a_page_that_a_follower_takes(self):
        self.start("activity", "person", "activity")
        persons = []

        def write():
            persons[:] = self.persons(20)
            return self.system.health("person")["seq"]

        def check():  # who was followed exists: no `seen` goes along
            replies = self.asker.ask("activity", batch([self.activity(person, ()) for person in persons]))
            self.assert_done(replies)

        self.end_follower("person", write, check)
        self.verify_journal("activity")

    def test_addresses_that_notification_keeps(self):
        self.start("notification", "person", "notification")
        persons = []

        def write():
            persons[:] = self.persons(20)
            return self.system.health("person")["seq"]

        def check():
            sends = [envelope("sms.send", {"person": person, "text": "Hej"}) for person in persons]
            self.assert_done(self.asker.ask("notification", batch(sends)))
            wait_until(lambda: not self.waiting(), RECOVERY_S, "every send's outcome")  # before the next death

        self.end_follower("person", write, check)
        self.verify_journal("notification")
        states = {record.body["recipient"]["state"] for record in self.system.journal("notification") if "recipient" in record.body}
        self.assertEqual(states, {"queued", "claimed", "accepted"})

    def waiting(self):
        waiting = ("queued", "claimed")
        return [s for s in waiting if self.client.recipient.list(limit=1, state=s).get("recipients")]

    def test_figures_and_their_offset(self):
        self.start("stats", "person", "activity", "stats", arguments=ENTRIES, times=TIMES)
        person = self.persons(1)[0]
        seen = [("person", self.system.health("person")["seq"])]
        count = 0

        def write():
            nonlocal count
            count += MANY
            self.assert_done(self.asker.ask("activity", batch([self.activity(person, seen) for _ in range(MANY)])))
            return self.system.health("activity")["seq"]

        def check():
            total = self.system.ask("stats", "stats.figures")["total"]
            self.assertEqual(total["activities"], count)

        self.end_follower("activity", write, check)
        self.assertFalse(self.system.ask("stats", "stats.recount").get("differences"))


class Notification(PointsTest):
    """Its commands, claims, hand-overs and outcomes; and who follows it."""

    def start_all(self, victim):
        self.start(victim, "person", "activity", "notification", "stats")
        self.person = self.persons(1)[0]
        self.seen = [("person", self.system.health("person")["seq"])]
        self.sends = 0

    def send(self):
        self.sends += 1
        return envelope("sms.send", {"person": self.person, "text": f"Hej {self.sends}"}, self.seen)

    def recipients(self):
        rows, page = [], {"more": True}
        while page["more"]:
            after = {"after": rows[-1]["recipient"]} if rows else {}
            page = self.client.recipient.list(limit=1000, **after)
            rows += page.get("recipients", [])
        return rows

    def settled(self):
        rows = self.recipients()
        return rows if all(row["state"] in SETTLED for row in rows) else None

    def check_recipients(self, unknown):
        """Whoever was accepted has one message; whoever is unknown, of whom there are so many at most, one or none."""
        rows = wait_until(self.settled, RECOVERY_S, "every recipient's settling")
        files = {int(path.stem) for path in self.system.folder.glob("data/notification/outbox/sms/[0-9]*")}
        accepted = {row["recipient"] for row in rows if row["state"] == "accepted"}
        self.assertLessEqual(accepted, files)
        self.assertLessEqual(files, {row["recipient"] for row in rows})
        self.assertLessEqual(len(rows) - len(accepted), unknown)
        return rows

    def test_a_send_from_command_to_outcome(self):
        self.start_all("notification")
        command, replies = None, []

        def prepare():
            nonlocal command
            command = self.send()

        def provoke(gone):
            replies[:] = [self.asker.ask("notification", command, gone=gone)]
            if replies[0]:
                name = f"{replies[0]['body']['recipient']}.txt"
                outbox = self.system.data_path / "notification/outbox/sms"
                wait_until(lambda: gone() or (outbox / name).exists(), what="a message in the outbox")

        def settle():
            again = [self.asker.ask("notification", command) for _ in range(2)]
            self.assertEqual(again[0], again[1])
            self.assertIn(replies[0], (None, again[0]))
            rows = self.check_recipients(sum(self.deaths.values()) + 1)
            self.assertEqual(len(rows), self.sends)  # one a command, though each was asked for three times

        self.end_everywhere(WRITES + HAND_OVERS, prepare, provoke, settle)
        self.assertGreaterEqual(self.deaths["fsync"], 2)
        self.assertGreaterEqual(self.deaths["fdatasync"], 2)  # the command with its claim; the outcome
        self.verify()

    def test_an_activity_of_each_send(self):
        self.start_all("activity")

        def write():
            self.assert_done(self.asker.ask("notification", batch([self.send() for _ in range(5)])))
            self.check_recipients(0)
            return self.system.health("notification")["seq"]

        def check():
            made = [row["recipient"] for row in self.client.activity.scan(limit=5000).get("activities", ())]
            self.assertEqual(sorted(made), [row["recipient"] for row in self.recipients()])

        self.end_follower("notification", write, check)
        self.verify()


if __name__ == "__main__":
    unittest.main(verbosity=2)
