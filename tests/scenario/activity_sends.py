#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every send becomes one activity: the activity service follows a notification service that only looks like one, and persons."""

import random
import time
import unittest

import msgpack

from harness import FakeService, System, wait_until
from personkort import Refused

NOW = int(time.time() * 1000)
OUTCOMES = ("accepted", "delivered", "failed", "bounced", "unknown")
NO_OUTCOMES = ("queued", "claimed", "deferred", "suppressed", "cancelled", "expired", "held")


def changed(recipient, state, *, person=1, send=1, test=False, channel="email", text=None, handed_over_ms=None, body=None):
    """Body of a recipient.changed event."""
    row = {"recipient": recipient, "send": send, "person": person, "channel": channel, "state": state}
    row |= {"attempts": 1, "changed_ms": NOW, "address": "asa@example.test"}
    row |= {"outcome_text": text} if text else {}
    row |= {"handed_over_ms": handed_over_ms} if handed_over_ms else {}
    event = {"recipient": row, "subject": "Vårens pass", "test": test, "created_by": "anna"}
    return event | ({"body": body} if body else {})


class Sends(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("activity"))
        self.client = self.system.client()
        self.source = self.enterContext(FakeService(self.system, "notification"))

    def tell(self, recipient, state, **fields):
        event = changed(recipient, state, **fields)
        subject = f"recipient/{recipient}"
        return self.source.append("recipient.changed", event, person=event["recipient"]["person"], subject=subject)

    def wait(self):
        self.system.wait_followed("activity", "notification", len(self.source.journal.records))

    def activities(self):
        rows, page = [], {"more": True}
        while page["more"]:
            page = self.client.activity.scan(limit=1000, after=rows[-1]["activity"] if rows else None)
            rows += page.get("activities", [])
        return rows

    def events(self):
        return [(r.type, r.subject) for r in self.system.journal("activity") if r.type.startswith("activity.")]

    def test_first_outcome_makes_the_activity(self):
        body = self.system.canary("Hej Åsa") + "!" * 150_000  # longer than a command may bring, as long as a send may be
        self.tell(5, "queued", send=3, person=17)
        self.tell(5, "claimed", send=3, person=17)
        self.tell(5, "accepted", send=3, person=17, text="250 ok", handed_over_ms=NOW - 5000, body=body)
        self.wait()
        row = self.client.activity.get(activity=1)["activity"]
        self.assertLess(abs(row.pop("created_ms") - NOW), 3600 * 1000)
        wanted = {"activity": 1, "revision": 1, "person": 17, "type": 7, "subject": "Vårens pass", "body": body}
        wanted |= {"status": "done", "start_ms": NOW - 5000, "end_ms": NOW - 5000, "origin": "email", "send": 3}
        wanted |= {"recipient": 5, "outcome": "accepted", "outcome_text": "250 ok", "created_by": "anna"}
        self.assertEqual(row, wanted)
        self.assertEqual(len(self.client.activity.list(person=17, limit=9)["activities"]), 1)
        record = self.system.journal("activity")[-1]
        self.assertEqual((record.type, record.person), ("activity.created", 17))

    def test_each_first_outcome(self):
        for number, (channel, origin, type) in enumerate((("email", "email", 7), ("sms", "sms", 9))):
            for state in ("accepted", "failed", "unknown"):
                self.tell(100 * number + 1 + OUTCOMES.index(state), state, channel=channel)
            self.wait()
            rows = self.activities()[-3:]
            self.assertEqual([row["outcome"] for row in rows], ["accepted", "failed", "unknown"])
            self.assertEqual({(row["origin"], row["type"], row["start_ms"]) for row in rows}, {(origin, type, NOW)})
            self.assertTrue(all("outcome_text" not in row for row in rows))

    def test_later_outcomes_change_it(self):
        self.tell(1, "accepted", body="text")
        self.tell(1, "accepted")
        self.tell(1, "delivered", text="2.0.0")
        self.tell(1, "bounced", text="5.1.1 no such user")
        self.tell(2, "unknown", text="no answer")
        for state in ("queued", "claimed", "deferred", "accepted"):
            self.tell(2, state)
        self.wait()
        self.assertEqual(
            [(row["recipient"], row["revision"], row["outcome"], row.get("outcome_text")) for row in self.activities()],
            [(1, 3, "bounced", "5.1.1 no such user"), (2, 2, "accepted", None)],
        )
        self.assertEqual(self.client.activity.get(activity=1)["activity"]["body"], "text")
        created, updated = "activity.created", "activity.updated"
        first, second = "activity/1", "activity/2"
        wanted = [(created, first), (updated, first), (updated, first), (created, second), (updated, second)]
        self.assertEqual(self.events(), wanted)
        self.assertNotIn("body", self.system.journal("activity")[-1].body["activity"])

    def test_what_makes_none(self):
        for number, state in enumerate(NO_OUTCOMES, start=1):
            self.tell(number, state)
        for number, state in enumerate(OUTCOMES, start=100):
            self.tell(number, state, test=True)
        self.source.append("send.created", {}, subject="send/1")  # of no interest here
        self.wait()
        self.assertEqual((self.activities(), self.events()), ([], []))

    def test_deleted_stays_deleted(self):
        self.tell(1, "accepted")
        self.wait()
        self.client.activity.delete(activity=1)
        self.tell(1, "delivered")
        self.tell(1, "bounced")
        self.tell(2, "accepted")
        self.wait()
        self.assertEqual([row["recipient"] for row in self.activities()], [2])
        self.assertEqual(self.system.followed("activity", "notification")["set_aside"], 0)

    def test_finished_already(self):
        self.tell(1, "accepted")
        self.wait()
        with self.assertRaises(Refused) as caught:
            self.client.activity.finish(activity=1)
        self.assertEqual(caught.exception.code, "wrong_state")

    def test_persons_may_come_later(self):
        """The person service is silent; the card's history is there all the same, but nobody can write on it yet."""
        self.tell(1, "accepted", person=17)
        self.wait()
        self.assertEqual(len(self.client.activity.list(person=17, limit=9)["activities"]), 1)
        self.assertEqual(self.system.followed("activity", "notification")["set_aside"], 0)
        with self.assertRaises(Refused) as caught:
            self.client.activity.create(person=17, type=1, subject="x")
        self.assertEqual((caught.exception.code, caught.exception.field), ("not_found", "person"))

    def test_sends_before_the_first_start(self):
        """What waits when a new service starts comes after its types."""
        self.system.stop("activity")
        with System() as fresh, FakeService(fresh, "notification", self.source.journal) as source:
            for number in range(1, 51):
                self.tell(number, "accepted")
            fresh.start("activity")
            fresh.wait_followed("activity", "notification", len(source.journal.records))
            types = [record.type for record in fresh.journal("activity")]
            self.assertEqual(types, ["type.created"] * 11 + ["activity.created"] * 50)
        self.system.start("activity")

    def test_an_event_that_makes_no_sense_is_set_aside(self):
        self.tell(1, "accepted")
        self.source.append("recipient.changed", msgpack.packb({"recipient": 7}), subject="recipient/2")
        self.tell(2, "accepted")
        self.tell(3, "accepted")
        self.wait()
        self.assertEqual([row["recipient"] for row in self.activities()], [1, 3])
        self.assertEqual(self.system.followed("activity", "notification")["set_aside"], 2)

    def test_kill_while_following(self):
        """Killed a dozen times in the course: each send is one activity with its last outcome, each change one revision."""
        seeded = random.Random(2026)
        model, starts = {}, []
        for step in range(12_000):
            recipient = seeded.randrange(1, 2001)
            state = seeded.choice(("queued", "claimed", *OUTCOMES))
            self.tell(recipient, state, person=recipient % 50 + 1, body="Hej\n" * seeded.randrange(3))
            if state in OUTCOMES:
                outcome, revision = model.get(recipient, (None, 0))
                model[recipient] = (state, revision + (state != outcome))
            if step % 1000 == 500:
                wanted = seeded.randrange(len(self.source.journal.records))
                wait_until(lambda: self.system.followed("activity", "notification")["seq"] >= wanted // 2)
                self.system.kill("activity")
                self.system.start("activity")
                starts.append(self.system.followed("activity", "notification")["seq"])
        self.wait()
        self.assertGreater(len(set(starts)), 6, "it was killed at different places")
        rows = self.activities()
        self.assertEqual({row["recipient"]: (row["outcome"], row["revision"]) for row in rows}, model)
        self.assertEqual(len(rows), len(model))
        events = [event for event, _ in self.events()]
        self.assertEqual(events.count("activity.created"), len(model))
        self.assertEqual(len(events), sum(revision for _, revision in model.values()))


class Persons(unittest.TestCase):
    def test_kill_while_following(self):
        with System("person", "activity") as system:
            client = system.client()
            persons = []
            for _ in range(6):
                batch = client.batch()
                for number in range(1500):
                    batch.person.create(given_name=f"Nr {number}")
                persons += [reply["person"] for reply in batch.send()]
                system.kill("activity")
                system.start("activity")
            self.assertEqual(len(set(persons)), 9000)
            batch = client.batch()
            for person in persons:
                batch.activity.create(person=person, type=1, subject="x")
            batch.activity.create(person=max(persons) + 1, type=1, subject="x")
            *known, unknown = batch.send()
            self.assertEqual([reply["activity"] for reply in known], list(range(1, 9001)))
            self.assertEqual((unknown.code, unknown.field), ("not_found", "person"))
            self.assertEqual(system.followed("activity", "person")["set_aside"], 0)


if __name__ == "__main__":
    unittest.main()
