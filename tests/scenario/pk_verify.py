#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`pk verify`: silent about what is right, also while others write, and exact about what is wrong.

What is wrong is made by sources that only look like services: real ones do not do it on demand.
"""

import random
import threading
import time
import unittest

import msgpack
from harness import FakeService, Journal, System
from harness.pk import Pk
from personkort import Client, Refused

LOAD_S = 15
WRITERS = 4
CHECKS = {"journal chain", "access log", "followed sources", "recipients and activities"}
CHECKS |= {"figures by type", "figures by person", "recount by stats", "last activities"}


class Answers(FakeService):
    """A source that also answers queries: type → reply body, or a function of the query's body."""

    def __init__(self, system, service, answers, journal=None):
        super().__init__(system, service, journal)
        self._answers = {"service.health": {"health": "ok", "seq": 0, "store_bytes": 0, "quota_bytes": 0}} | answers

    def _answer(self, door, peer, message, until):
        answer = self._answers.get(message["type"])
        if answer is None:
            return super()._answer(door, peer, message, until)
        body = answer(message["body"]) if callable(answer) else answer
        reply = {"v": 1, "id": message["id"], "status": "ok", "seq": len(self.journal.records), "body": body}
        door.send_multipart([peer, b"", msgpack.packb(reply)])
        return True


class Verify(unittest.TestCase):
    def start(self, *services):
        self.system = self.enterContext(System(*services))
        self.pk = Pk(self.system.bus_path)
        self.client = self.system.client()

    def verify(self, code, timeout_s=None):
        words = ["verify", *(["--timeout", timeout_s] if timeout_s else [])]
        return {(check["check"], check["of"]): check for check in self.pk.json(*words, code=code)["checks"]}

    def people(self, count):
        fields = {"email": "asa@example.test", "mobile": "0701234567"}
        return [self.client.person.create(given_name="Åsa", **fields)["person"] for _ in range(count)]


class Right(Verify):
    def test_an_empty_system_agrees(self):
        self.start("person", "activity", "notification", "stats")
        checks = self.verify(0)
        self.assertEqual({name for name, _ in checks}, CHECKS)
        self.assertEqual(checks["journal chain", "activity"]["checked"], 11)  # the usual types

    def test_what_was_deleted_or_tested_is_no_difference(self):
        self.start("person", "activity", "notification", "stats")
        person = self.people(1)[0]
        for test in (True, False, False):
            send = self.client.email.send(person=person, subject="A", text="B", test=test)["send"]
            self.wait_sent(send)
        self.client.email.send(person=self.client.person.create(given_name="No address")["person"], subject="A", text="B")
        activities = self.client.activity.list(person=person, limit=10)["activities"]
        self.assertEqual(len(activities), 2)
        self.client.activity.delete(activity=activities[0]["activity"])
        checks = self.verify(0)
        self.assertEqual(checks["recipients and activities", "notification"]["checked"], 4 + 1)
        table = self.pk.expect(0, "verify").stdout.splitlines()
        self.assertTrue(all(line.endswith(" ok") for line in table[1:]), table)

    def wait_sent(self, send):
        while self.client.send.get(send=send)["recipients"][0]["state"] != "accepted":
            time.sleep(0.02)

    def write(self, number, people, until):
        """A busy system: activities made, finished and deleted, mails and messages sent."""
        chance, mine = random.Random(number), []
        with Client(self.system.bus_path, source=f"writer-{number}") as client:
            while time.monotonic() < until:
                kind = chance.random()
                person = chance.choice(people)
                if kind < 0.4:
                    status = chance.choice(["not_started", "in_progress"])
                    body = {"person": person, "type": chance.randint(1, 11), "subject": "S", "status": status}
                    mine.append(client.activity.create(**body)["activity"])
                elif kind < 0.5 and mine:
                    client.activity.finish(activity=mine.pop())
                elif kind < 0.6 and mine:
                    client.activity.delete(activity=mine.pop(0))
                elif kind < 0.7:
                    newest = client.activity.list(person=person, limit=1).get("activities", [])
                    if newest and newest[0]["origin"] != "manual":
                        self.delete(client, newest[0]["activity"])
                elif kind < 0.85:
                    client.email.send(person=person, subject="A", text="B", test=chance.random() < 0.2)
                else:
                    client.sms.send(person=person, text="B")

    @staticmethod
    def delete(client, activity):
        """Another writer may have been faster."""
        try:
            client.activity.delete(activity=activity)
        except Refused as refused:
            if refused.code != "not_found":
                raise

    def test_no_false_alarm_while_others_write(self):
        self.start("person", "activity", "notification", "stats")
        people = self.people(20)
        until = time.monotonic() + LOAD_S
        writers = [threading.Thread(target=self.write, args=(i, people, until)) for i in range(WRITERS)]
        for writer in writers:
            writer.start()
        checked = []
        try:
            while time.monotonic() < until:
                checks = self.verify(0)
                checked.append(checks["recipients and activities", "notification"]["checked"])
        finally:
            for writer in writers:
                writer.join()
        self.assertGreaterEqual(len(checked), 2)
        self.assertGreater(checked[-1], checked[0])
        self.verify(0)


class NotThere(Verify):
    def test_a_service_that_is_down_is_told(self):
        self.start("person")
        self.people(2)
        checks = self.verify(6)
        self.assertNotIn("undone", checks["journal chain", "person"])
        self.assertEqual(checks["journal chain", "person"]["checked"], 2)
        self.assertEqual(checks["journal chain", "stats"]["undone"], "stats is down")
        self.assertEqual(checks["recipients and activities", "notification"]["undone"], "notification is down")
        self.assertEqual(checks["figures by type", "stats"]["undone"], "stats is down")

    def test_a_service_that_is_not_in_the_bus_file_is_told(self):
        self.start("person")
        path = self.system.folder / "person.zpl"
        lines = self.system.bus_path.read_text().splitlines()
        path.write_text("\n".join(lines[: 1 + lines[1:].index("activity")]) + "\n")
        checks = {check["check"]: check for check in self.pk.json("verify", "--bus", path, code=6)["checks"]}
        self.assertNotIn("undone", checks["journal chain"])
        self.assertEqual(checks["figures by type"]["undone"], "stats is not in the bus file")


class Wrong(Verify):
    def differences(self, check, of, timeout_s=3):
        found = self.verify(1, timeout_s)[check, of]
        self.assertEqual(len(found["differences"]), min(found["difference_count"], 20))
        return found["differences"]

    def journal(self, count=5):
        journal = Journal()
        for i in range(count):
            journal.append("thing.made", {"thing": i}, subject=f"thing/{i}")
        return journal

    def test_a_flipped_bit(self):
        self.start()
        journal = self.journal()
        journal.records[2] = journal.records[2][:-1] + bytes([journal.records[2][-1] ^ 1])
        with FakeService(self.system, "person", journal):
            found = self.differences("journal chain", "person")
        self.assertEqual(found, ["person journal after position 2: a record fails its checksum"])

    def test_a_rewritten_record(self):
        self.start()
        journal, other = self.journal(), self.journal()
        journal.records[2] = other.records[2]  # whole in itself, but of another history
        with FakeService(self.system, "person", journal):
            found = self.differences("journal chain", "person")
        what = "a record is missing, or does not chain to the one before it"
        self.assertEqual(found, [f"person journal after position 2: {what}"])

    def test_a_follower_of_another_history(self):
        self.start()
        follower = {"source": "person", "store": b"x" * 16, "epoch": 1, "seq": 3, "state": "following", "set_aside": 0}
        health = {"health": "ok", "seq": 0, "followed": [follower], "store_bytes": 0, "quota_bytes": 0}
        with FakeService(self.system, "person", self.journal()), Answers(self.system, "stats", {"service.health": health}):
            found = self.differences("followed sources", "stats")
            what = "the follower's position is not in the source's journal"
            self.assertEqual(found, [f"stats follows person to position 3: {what}"])
            follower["set_aside"] = 1
            self.assertIn("set aside", self.differences("followed sources", "stats")[0])

    def recipient(self, number, person, state):
        row = {"recipient": number, "send": number, "person": person, "channel": "email", "state": state}
        return row | {"attempts": 1, "changed_ms": 1}

    def test_sends_and_activities_that_disagree(self):
        self.start("person", "activity")
        people = self.people(6)
        rows = {}

        def send_get(body):
            row = rows.get(body["send"])
            send = {"send": body["send"], "channel": "email", "keep": "whole", "at_least_once": False, "created_ms": 1}
            send["test"] = body["send"] == 5
            return {"send": send, "recipients": [row] if row else [], "more": False}

        answers = {"recipient.list": lambda body: {"recipients": list(rows.values()), "more": False}, "send.get": send_get}
        with Answers(self.system, "notification", answers) as fake:
            for i, (told, is_now) in enumerate(
                [
                    ("accepted", "accepted"),  # 1: agrees
                    ("accepted", "bounced"),  # 2: another outcome
                    (None, "failed"),  # 3: no activity
                    ("accepted", None),  # 4: no recipient
                    (None, "accepted"),  # 5: a test
                    (None, "suppressed"),  # 6: needs none
                    ("unknown", "queued"),  # 7: sent again
                ],
                start=1,
            ):
                person = people[(i - 1) % len(people)]
                if told:
                    event = {"recipient": self.recipient(i, person, told), "subject": "A", "test": False}
                    fake.append("recipient.changed", event, person=person, subject=f"recipient/{i}")
                if is_now:
                    rows[i] = self.recipient(i, person, is_now)
            self.system.wait_followed("activity", "notification", len(fake.journal.records))
            found = self.differences("recipients and activities", "notification")
        self.assertEqual(
            sorted(found),
            [
                "recipient 2: the activity has another outcome",
                "recipient 3: it was handed over and has no activity",
                "recipient 4: there is no such recipient of the send that its activity names",
            ],
        )

    def test_figures_that_are_wrong(self):
        self.start("person", "activity")
        person = self.people(1)[0]
        for type in (1, 1, 2):
            seq = self.client.activity.create(person=person, type=type, subject="A", status="in_progress").seq

        def figures(body):
            by = body["group_by"][0]
            cells = {
                "type": [{"type": 1, "activities": 2, "contacts": 1}, {"type": 3, "activities": 1, "contacts": 1}],
                "person": [{"person": person, "activities": 3, "contacts": 3}],
            }[by]
            return {"cells": cells, "total": {"activities": 3, "contacts": 3}, "source": "kept", "read": 1, "activity_seq": seq}

        recount = {"facts": 2, "cells": 3, "differences": [{"cell": "total", "kept": 3, "counted": 2}], "activity_seq": seq}
        with Answers(self.system, "stats", {"stats.figures": figures, "stats.recount": recount}):
            checks = self.verify(1, 3)
        self.assertEqual(
            sorted(checks["figures by type", "stats"]["differences"]),
            [
                "the sum of the groups is not the total",
                "type 1: figures say 2 activities, 1 contacts; counted were 2, 2",
                "type 2: figures say 0 activities, 0 contacts; counted were 1, 1",
                "type 3: figures say 1 activities, 1 contacts; counted were 0, 0",
            ],
        )
        self.assertEqual(checks["figures by person", "stats"]["differences"], [])
        self.assertEqual(
            checks["recount by stats", "stats"]["differences"],
            ["total: kept is 3, counted were 2", "stats has 2 facts, activity has 3 activities"],
        )

    def test_last_activities_that_are_wrong(self):
        self.start("activity")
        kept = {}

        def last_activities(body):
            rows = [{"person": person, "start_ms": start} for person, start in kept.items() if person > body.get("after", 0)]
            return {"last_activities": rows[: body["limit"]], "more": False, "activity_seq": seq, "planned_from_ms": 9000}

        with Answers(self.system, "person", {"person.last_activities": last_activities}) as fake:
            for person in range(1, 5):
                card = {"person": person, "revision": 1, "customer_number": str(person), "given_name": "Åsa"}
                event = {"card": card | {"created_ms": 1, "changed_ms": 1}}
                fake.append("person.created", event, person=person, subject=f"person/{person}")
            self.system.wait_followed("activity", "person", len(fake.journal.records))
            for person, start in ((1, 1000), (1, 2000), (1, 9000), (2, 1000), (3, 1000), (4, 9000)):
                seq = self.client.activity.create(person=person, type=1, subject="A", start_ms=start).seq
            kept |= {1: 1000, 3: 1000, 5: 1000}
            found = self.differences("last activities", "person")
            kept |= {1: 2000, 2: 1000, 4: 9500}
            kept.pop(5)
            self.assertEqual(self.verify(6, 3)["last activities", "person"]["difference_count"], 0)
        self.assertEqual(
            sorted(found),
            [
                "person 1: kept as his last activity is one of 1000; it is 2000",
                "person 2 has activities, and none is kept as his last",
                "person 5 has no activities, and one of 1000 is kept as his last",
            ],
        )

    def test_stats_that_never_catches_up(self):
        self.start("person", "activity")
        self.client.activity.create(person=self.people(1)[0], type=1, subject="A")
        old = {"cells": [], "total": {"activities": 0, "contacts": 0}, "source": "kept", "read": 0, "activity_seq": 0}
        recount = {"facts": 0, "cells": 0, "activity_seq": 0}
        with Answers(self.system, "stats", {"stats.figures": old, "stats.recount": recount}):
            checks = self.verify(6, 3)
        self.assertIn("older figures", checks["figures by type", "stats"]["undone"])


if __name__ == "__main__":
    unittest.main()
