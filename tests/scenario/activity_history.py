#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The contact history with real person and activity services: what is written stands, what is wrong is refused."""

import random
import time
import unittest

from harness import System
from personkort import Refused

NOW = int(time.time() * 1000)
HOUR = 3600 * 1000
BODY = "Hon vill börja i vår.\n" * 4000  # in pieces, cut within letters of two bytes
UNKNOWN = 4_000_000
USUAL = ["call_out", "call_in", "visit_out", "visit_in", "letter_out", "letter_in", "email_out", "email_in"]
USUAL += ["sms_out", "sms_in", "other"]


class History(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("person", "activity"))
        self.client = self.system.client()
        self.person = self.client.person.create(given_name="Åsa")["person"]

    def refused(self, code, field, call, **fields):
        with self.assertRaises(Refused) as caught:
            call(**fields)
        self.assertEqual((caught.exception.code, caught.exception.field), (code, field), fields)

    def pages(self, limit, between=lambda: None):
        """All of the person's activities, page by page."""
        rows, place = [], {}
        while True:
            page = self.client.activity.list(person=self.person, limit=limit, **place)
            rows += page.get("activities", [])
            self.assertLessEqual(len(page.get("activities", [])), limit)
            if not page["more"]:
                return rows
            self.assertEqual(len(page["activities"]), limit)
            place = {"before_start_ms": rows[-1]["start_ms"], "before_activity": rows[-1]["activity"]}
            between()

    def test_usual_types_are_there_once(self):
        for _ in range(2):
            types = self.client.type.list()["types"]
            self.assertEqual([(t["type"], t["code"]) for t in types], list(enumerate(USUAL, start=1)))
            self.assertTrue(all(t["active"] and t["names"]["sv"] and t["names"]["en"] for t in types))
            self.assertEqual([r.type for r in self.system.journal("activity")], ["type.created"] * len(USUAL))
            self.system.stop("activity")
            self.system.start("activity")

    def test_what_is_written_stands(self):
        subject = self.system.canary("Ringde om medlemskapet 4711")
        body = self.system.canary("Hemligt") + BODY
        written = {"person": self.person, "type": 2, "subject": subject, "body": body, "start_ms": NOW - HOUR}
        reply = self.client.activity.create(**written, end_ms=NOW)
        self.assertEqual(reply, {"activity": 1, "revision": 1})
        row = self.client.activity.get(activity=1)["activity"]
        self.assertLessEqual(abs(row.pop("created_ms") - NOW), HOUR)
        expected = {**written, "activity": 1, "revision": 1, "status": "done", "end_ms": NOW, "origin": "manual"}
        self.assertEqual(row, {**expected, "created_by": "tester"})
        del row["body"]  # of get and the event only
        row["created_ms"] = self.client.activity.get(activity=1)["activity"]["created_ms"]
        self.assertEqual(self.client.activity.list(person=self.person, limit=1)["activities"], [row])
        self.assertEqual(self.client.activity.scan(limit=1)["activities"], [row])
        record = self.system.journal("activity")[-1]
        self.assertEqual((record.type, record.person, record.subject), ("activity.created", self.person, "activity/1"))
        self.assertEqual(record.body["activity"], {**row, "body": body})

    def test_status_when_not_given(self):
        create = self.client.activity.create
        for fields, status in (
            ({}, "not_started"),
            ({"status": "in_progress"}, "in_progress"),
            ({"start_ms": NOW + HOUR}, "not_started"),
            ({"start_ms": NOW, "end_ms": NOW}, "done"),
            ({"start_ms": NOW, "end_ms": NOW, "status": "done"}, "done"),
            ({"body": ""}, "not_started"),
        ):
            made = create(person=self.person, type=1, subject="x", **fields)["activity"]
            row = self.client.activity.get(activity=made)["activity"]
            self.assertEqual((row["status"], "end_ms" in row, "body" in row), (status, "end_ms" in fields, False))

    def test_refusals_of_create(self):
        create, good = self.client.activity.create, {"person": self.person, "type": 1, "subject": "x"}
        self.client.type.update(type=11, active=False)
        for code, field, wrong in (
            ("not_found", "person", {"person": UNKNOWN}),
            ("not_found", "person", {"person": self.person + 4096}),
            ("invalid_field", "person", {"person": 0}),
            ("unknown_entry", "type", {"type": 99}),
            ("inactive_entry", "type", {"type": 11}),
            ("invalid_field", "subject", {"subject": ""}),
            ("invalid_field", "subject", {"subject": "två\nrader"}),
            ("invalid_field", "subject", {"subject": "x" * 201}),
            ("invalid_field", "body", {"body": "x" * 100_001}),
            ("invalid_field", "status", {"status": "done"}),
            ("invalid_field", "status", {"status": "in_progress", "start_ms": NOW, "end_ms": NOW}),
            ("invalid_field", "status", {"status": "cancelled"}),
            ("invalid_field", "end_ms", {"start_ms": NOW, "end_ms": NOW - 1}),
            ("invalid_field", "end_ms", {"end_ms": NOW - HOUR}),
            ("invalid_field", "end_ms", {"end_ms": 2**62}),
            ("invalid_field", "start_ms", {"start_ms": 2**62}),
            ("invalid_field", "start_ms", {"start_ms": -(2**62)}),
        ):
            self.refused(code, field, create, **{**good, **wrong})
        self.assertEqual(self.client.activity.scan(limit=1)["more"], False)
        self.assertNotIn("activities", self.client.activity.scan(limit=1))

    def test_finish(self):
        finish = self.client.activity.finish
        made = [
            self.client.activity.create(person=self.person, type=1, subject="x", body="y", start_ms=start)["activity"]
            for start in (NOW - HOUR, NOW + HOUR, NOW - HOUR)
        ]
        self.refused("not_found", "activity", finish, activity=UNKNOWN)
        self.refused("changed_since", "revision", finish, activity=made[0], revision=2)
        self.refused("invalid_field", "end_ms", finish, activity=made[0], end_ms=NOW - HOUR - 1)
        self.refused("invalid_field", "end_ms", finish, activity=made[0], end_ms=2**62)
        self.assertEqual(finish(activity=made[0], revision=1), {"activity": made[0], "revision": 2})
        finish(activity=made[1])
        finish(activity=made[2], end_ms=NOW - HOUR)
        rows = [self.client.activity.get(activity=activity)["activity"] for activity in made]
        self.assertEqual([row["status"] for row in rows], ["done"] * 3)
        self.assertEqual([row["body"] for row in rows], ["y"] * 3)
        self.assertGreaterEqual(rows[0]["end_ms"], NOW - HOUR)
        self.assertEqual(rows[1]["end_ms"], NOW + HOUR, "not before its start")
        self.assertEqual(rows[2]["end_ms"], NOW - HOUR)
        self.refused("wrong_state", "activity", finish, activity=made[0])
        self.refused("changed_since", "revision", finish, activity=made[0], revision=1)
        record = self.system.journal("activity")[-1]
        self.assertEqual(record.type, "activity.updated")
        self.assertEqual(record.body["activity"], {k: v for k, v in rows[2].items() if k != "body"})

    def test_delete(self):
        made = [
            self.client.activity.create(person=self.person, type=1, subject="x", body=BODY, start_ms=NOW)["activity"]
            for _ in range(3)
        ]
        self.refused("not_found", "activity", self.client.activity.delete, activity=UNKNOWN)
        self.refused("changed_since", "revision", self.client.activity.delete, activity=made[1], revision=7)
        self.client.activity.delete(activity=made[1], revision=1)
        self.assertEqual([row["activity"] for row in self.pages(10)], [made[2], made[0]])
        self.refused("not_found", "activity", self.client.activity.get, activity=made[1])
        self.refused("not_found", "activity", self.client.activity.delete, activity=made[1])
        self.refused("not_found", "activity", self.client.activity.finish, activity=made[1])
        record = self.system.journal("activity")[-1]
        self.assertEqual((record.type, record.actor), ("activity.deleted", "tester"))
        self.assertEqual({name: record.body[name] for name in ("activity", "person")}, {"activity": made[1], "person": self.person})
        self.assertLessEqual(record.body["before_ms"], record.body["start_ms"])  # of what is left, the latest
        self.assertEqual(self.client.activity.get(activity=made[0])["activity"]["body"], BODY)

    def test_list_is_stable_while_others_write(self):
        seeded = random.Random(17)
        batch = self.client.batch()
        starts = [NOW - HOUR * seeded.randrange(40) for _ in range(1000)]  # 25 a moment
        for number, start in enumerate(starts):
            batch.activity.create(person=self.person, type=1, subject=f"nr {number}", start_ms=start)
        other = self.client.person.create(given_name="Bo")["person"]
        batch.activity.create(person=other, type=1, subject="another card", start_ms=NOW)
        made = [reply["activity"] for reply in batch.send()][:1000]
        model = sorted(zip(starts, made), reverse=True)
        for limit in (1, 7, 100, 500):
            rows = self.pages(limit)
            self.assertEqual([(row["start_ms"], row["activity"]) for row in rows], model, f"{limit} a page")

        def write():
            """Newer ones come, and one that was on the list goes: what follows must not shift."""
            self.client.activity.create(person=self.person, type=1, subject="new", start_ms=NOW + HOUR)
            self.client.activity.delete(activity=model[0][1])
            del model[0]

        whole = list(model)
        self.assertEqual([(row["start_ms"], row["activity"]) for row in self.pages(50, write)], whole)
        self.assertEqual(len(self.pages(500)), 1000)
        self.assertEqual(self.client.activity.list(person=UNKNOWN, limit=5), {"more": False})
        self.refused("invalid_field", "before_activity", self.client.activity.list, person=1, limit=1, before_start_ms=1)
        self.refused("invalid_field", "before_start_ms", self.client.activity.list, person=1, limit=1, before_activity=1)

    def test_scan_gives_all_once(self):
        batch = self.client.batch()
        for number in range(300):
            batch.activity.create(person=self.person, type=1, subject="å" * 100, start_ms=NOW - number)
        made = [reply["activity"] for reply in batch.send()]
        for limit in (1, 7, 300, 5000):
            found, page = [], {"more": True}
            while page["more"]:
                page = self.client.activity.scan(limit=limit, after=found[-1] if found else None)
                found += [row["activity"] for row in page["activities"]]
            self.assertEqual(found, made)

    def test_a_new_person_is_known_at_once(self):
        for _ in range(100):
            person = self.client.person.create(given_name="Ny")["person"]
            self.client.activity.create(person=person, type=1, subject="Välkommen")

    def test_repeated_commands(self):
        create = {"person": self.person, "type": 1, "subject": "x", "start_ms": NOW, "_id": "create-1"}
        first = self.client.activity.create(**create)
        calls = (
            (self.client.activity.create, create, first),
            (self.client.activity.finish, {"activity": 1, "_id": "finish-1"}, {"activity": 1, "revision": 2}),
            (self.client.activity.delete, {"activity": 1, "_id": "delete-1"}, {"activity": 1}),
        )
        for call, fields, reply in calls[1:]:
            self.assertEqual(call(**fields), reply)
        before = self.system.journal("activity")
        for restart in (False, True):
            for call, fields, reply in calls:
                self.assertEqual(call(**fields), reply)
            self.refused("conflict", "id", self.client.activity.create, **{**create, "subject": "y"})
            if not restart:
                self.system.kill("activity")
                self.system.start("activity")
        self.assertEqual(self.system.journal("activity"), before)

    def test_types(self):
        names = {"sv": "Mässa", "en": "Fair"}
        create, update = self.client.type.create, self.client.type.update
        made = create(names=names, direction="out", channel="visit")["type"]
        self.assertEqual(made, len(USUAL) + 1)
        self.refused("not_unique", "names.sv", create, names={"sv": "MÄSSA"}, direction="in", channel="other")
        self.refused("not_unique", "names.sv", update, type=1, names={"sv": "mässa"})
        self.refused("not_found", "type", update, type=99, active=False)
        for needed in (7, 9):
            self.refused("wrong_state", "active", update, type=needed, active=False)
            self.assertEqual(update(type=needed, active=True)["revision"], 1)
        self.assertEqual(update(type=made, names={"sv": "mässa"})["revision"], 2)
        self.assertEqual(update(type=made, names={"sv": "Marknad"}, active=False)["revision"], 3)
        self.assertEqual(create(names=names, direction="in", channel="visit")["type"], made + 1, "the name is free")
        self.refused("inactive_entry", "type", self.client.activity.create, person=1, type=made, subject="x")
        self.assertEqual(update(type=made, active=True)["revision"], 4)
        self.client.activity.create(person=self.person, type=made, subject="x")
        row = self.client.type.list()["types"][made - 1]
        wanted = {"type": made, "names": {"sv": "Marknad"}, "direction": "out", "channel": "visit", "active": True}
        self.assertEqual(row, {**wanted, "revision": 4})
        events = [r.type for r in self.system.journal("activity")][len(USUAL) :]
        kinds = {kind: events.count(kind) for kind in set(events)}
        self.assertEqual(kinds, {"type.created": 2, "type.updated": 3, "activity.created": 1, "command.done": 2})

    def test_no_more_types_than_the_list_shows(self):
        batch = self.client.batch()
        for number in range(1024 - len(USUAL)):
            batch.type.create(names={"sv": f"Slag {number}"}, direction="out", channel="other")
        batch.send()
        self.assertEqual(len(self.client.type.list()["types"]), 1024)
        self.refused("wrong_state", None, self.client.type.create, names={"sv": "x"}, direction="out", channel="other")

    def test_restart_keeps_everything(self):
        for number in range(20):
            self.client.activity.create(person=self.person, type=1, subject=f"nr {number}", body=BODY)
        self.client.activity.finish(activity=3)
        self.client.activity.delete(activity=4)
        before = (self.pages(7), self.client.type.list(), self.client.activity.get(activity=5))
        journal = self.system.journal("activity")
        for end in (self.system.stop, self.system.kill):
            end("activity")
            self.system.start("activity")
            self.assertEqual((self.pages(7), self.client.type.list(), self.client.activity.get(activity=5)), before)
            self.assertEqual(self.system.journal("activity"), journal)
        made = self.client.activity.create(person=self.person, type=1, subject="after")["activity"]
        self.assertEqual(made, 21)


if __name__ == "__main__":
    unittest.main()
