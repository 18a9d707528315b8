#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Planned activities with real person and activity services: changed, given to others, finished and planned anew, listed, and told of when they are due."""

import random
import time
import unittest

from harness import System, wait_until
from harness.pk import Pk
from personkort import Refused

NOW = int(time.time() * 1000)
HOUR = 3600 * 1000
DAY = 24 * HOUR
UNKNOWN = 4_000_000


class Planned(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("person", "activity"))
        self.client = self.system.client()
        self.person = self.client.person.create(given_name="Åsa")["person"]
        self.anna, self.bo = (self.employee(name) for name in ("Anna", "Bo"))

    def employee(self, name, **fields):
        person = self.client.person.create(given_name=name)["person"]
        self.client.employee.register(person=person, employee_number=f"E{person}", started_on="2020-01-01")
        return person

    def refused(self, code, field, call, **fields):
        with self.assertRaises(Refused) as caught:
            call(**fields)
        self.assertEqual((caught.exception.code, caught.exception.field), (code, field), fields)

    def create(self, **fields):
        return self.client.activity.create(**{"person": self.person, "type": 1, "subject": "x", **fields})["activity"]

    def get(self, activity):
        return self.client.activity.get(activity=activity)["activity"]

    def tasks(self, assignee, limit=500, **fields):
        """All of them, page by page."""
        rows, place = [], {}
        while True:
            page = self.client.activity.tasks(assignee=assignee, limit=limit, **fields, **place)
            rows += page.get("activities", [])
            if not page["more"]:
                return [row["activity"] for row in rows]
            place = {"after_activity": page["next_activity"]}
            if "next_due_ms" in page:
                place["after_due_ms"] = page["next_due_ms"]

    def listed(self, limit=500, **fields):
        """All that is listed, page by page."""
        rows, place = [], {}
        while True:
            page = self.client.activity.list(limit=limit, **fields, **place)
            rows += page.get("activities", [])
            if not page["more"]:
                return [row["activity"] for row in rows]
            place = {"before_activity": page["next_activity"]}
            if "next_start_ms" in page:
                place["before_start_ms"] = page["next_start_ms"]

    def events(self, name):
        return [record for record in self.system.journal("activity") if record.type == name]

    def wait_events(self, name, count):
        wait_until(lambda: len(self.events(name)) >= count, what=f"{count} of {name}")
        return self.events(name)

    def test_update_keeps_the_rest(self):
        organisation = self.client.organisation.create(name="Umeå Energi")["organisation"]
        made = self.create(subject="Ring", body="Om kortet", start_ms=NOW, due_ms=NOW + DAY, priority="high", assignee=self.anna)
        row = self.get(made)
        changes = {"subject": "Besök", "type": 3, "body": "Om årskortet", "priority": "low", "organisation": organisation, "result": "Kom inte."}
        reply = self.client.activity.update(activity=made, revision=1, **changes)
        self.assertEqual(reply, {"activity": made, "revision": 2})
        self.assertEqual(self.get(made), {**row, **changes, "revision": 2})
        record = self.events("activity.updated")[-1]
        self.assertEqual(sorted(record.body["changed"]), sorted(changes))
        self.assertEqual(record.body["activity"]["body"], "Om årskortet")
        self.assertEqual(self.client.activity.update(activity=made, subject="Besök")["revision"], 2, "nothing differs")
        self.assertEqual(len(self.events("activity.updated")), 1)
        self.client.activity.update(activity=made, body=None, due_ms=None, priority=None, assignee=None, organisation=None, result=None)
        kept = self.get(made)
        for name in ("body", "due_ms", "priority", "assignee", "organisation", "result"):
            self.assertNotIn(name, kept)
        self.assertEqual(self.listed(organisation=organisation), [])
        self.assertEqual(self.tasks(self.anna), [])

    def test_status_follows_the_end(self):
        made, update = self.create(start_ms=NOW - HOUR), self.client.activity.update
        update(activity=made, status="in_progress")
        self.assertEqual(self.get(made)["status"], "in_progress")
        self.refused("invalid_field", "status", update, activity=made, status="done")
        self.refused("invalid_field", "status", update, activity=made, status="not_started", end_ms=NOW)
        self.refused("invalid_field", "end_ms", update, activity=made, end_ms=NOW - 2 * HOUR)
        update(activity=made, end_ms=NOW)
        self.assertEqual(self.get(made)["status"], "done")
        self.refused("invalid_field", "status", update, activity=made, status="in_progress")
        self.refused("invalid_field", "end_ms", update, activity=made, start_ms=NOW + HOUR)
        update(activity=made, end_ms=None)
        self.assertEqual((self.get(made)["status"], "end_ms" in self.get(made)), ("in_progress", False))
        update(activity=made, end_ms=NOW)
        update(activity=made, end_ms=None, status="not_started")
        self.assertEqual(self.get(made)["status"], "not_started")

    def test_refusals_change_nothing(self):
        made = self.create()
        self.client.type.update(type=11, active=False)
        ended = self.employee("Eva")
        self.client.employee.end(person=ended, ended_on="2024-01-31")
        update = self.client.activity.update
        before = self.get(made)
        for code, field, wrong in (
            ("changed_since", "revision", {"revision": 7}),
            ("unknown_entry", "type", {"type": 99}),
            ("inactive_entry", "type", {"type": 11}),
            ("invalid_field", "subject", {"subject": ""}),
            ("invalid_field", "start_ms", {"start_ms": 2**62}),
            ("invalid_field", "due_ms", {"due_ms": 2**62}),
            ("unknown_entry", "assignee", {"assignee": self.person}),
            ("inactive_entry", "assignee", {"assignee": ended}),
            ("unknown_entry", "assignee", {"assignee": UNKNOWN}),
            ("unknown_entry", "organisation", {"organisation": UNKNOWN}),
            ("invalid_field", "result", {"result": "x" * 1001}),
            ("invalid_field", "priority", {"priority": "urgent"}),
        ):
            self.refused(code, field, update, activity=made, **wrong)
            if "revision" not in wrong:
                self.refused(code, field, self.client.activity.create, **{"person": self.person, "type": 1, "subject": "x", **wrong})
        self.refused("not_found", "activity", update, activity=UNKNOWN, subject="y")
        self.assertEqual(self.get(made), before)
        self.assertEqual(self.listed(), [made])

    def test_finish_and_plan_the_next(self):
        made = self.create(subject="Ring", type=2, assignee=self.anna, priority="high", due_ms=NOW + HOUR)
        finish = self.client.activity.finish
        due_ms = NOW + 7 * DAY
        self.refused("unknown_entry", "next.assignee", finish, activity=made, next={"subject": "y", "assignee": self.person})
        self.refused("unknown_entry", "next.type", finish, activity=made, next={"subject": "y", "type": 99})
        self.refused("invalid_field", "next.due_ms", finish, activity=made, next={"subject": "y", "due_ms": 2**62})
        self.assertEqual(self.get(made)["status"], "not_started")
        reply = finish(activity=made, result="Vill prova", next={"subject": "Provträning", "due_ms": due_ms, "body": "Med Bo"})
        done, planned = self.get(made), self.get(reply["planned"])
        self.assertEqual((done["status"], done["result"]), ("done", "Vill prova"))
        expected = {"person": self.person, "type": 2, "subject": "Provträning", "body": "Med Bo", "status": "not_started", "start_ms": due_ms,
                    "due_ms": due_ms, "priority": "high", "assignee": self.anna, "previous": made}
        self.assertEqual({name: planned.get(name) for name in expected}, expected)
        self.assertEqual(self.tasks(self.anna), [reply["planned"]])
        self.client.employee.end(person=self.anna, ended_on="2024-01-31")
        reply = finish(activity=reply["planned"], next={"subject": "z"})
        self.assertNotIn("assignee", self.get(reply["planned"]))

    def test_the_next_one_keeps_what_still_is(self):
        finish, organisation = self.client.activity.finish, self.client.organisation.create(name="Umeå Energi")["organisation"]
        ended, gone, merged = (self.create(assignee=self.anna, organisation=organisation) for _ in range(3))
        kept = self.client.person.create(given_name="Anna")["person"]
        self.client.person.merge(keep=kept, drop=self.anna)
        self.system.wait_followed("activity", "person", self.client.service.info("person")["seq"])
        reply = self.get(finish(activity=merged, next={"subject": "y"})["planned"])
        self.assertEqual((reply["assignee"], reply["organisation"]), (kept, organisation))
        self.client.organisation.delete(organisation=organisation)
        self.client.employee.end(person=kept, ended_on="2024-01-31")
        self.refused("inactive_entry", "next.assignee", finish, activity=ended, next={"subject": "y", "assignee": kept})
        reply = self.get(finish(activity=gone, next={"subject": "y"})["planned"])
        self.assertEqual(("assignee" in reply, "organisation" in reply), (False, False))

    def test_reopen(self):
        made, reopen = self.create(end_ms=NOW, start_ms=NOW, assignee=self.anna), self.client.activity.reopen
        self.assertEqual(self.tasks(self.anna), [])
        self.refused("changed_since", "revision", reopen, activity=made, revision=7)
        self.refused("invalid_field", "status", reopen, activity=made, status="done")
        self.assertEqual(reopen(activity=made), {"activity": made, "revision": 2})
        self.assertEqual((self.get(made)["status"], "end_ms" in self.get(made)), ("in_progress", False))
        self.assertEqual(self.tasks(self.anna), [made])
        self.refused("wrong_state", "activity", reopen, activity=made)
        self.client.activity.finish(activity=made)
        reopen(activity=made, status="not_started")
        self.assertEqual(self.get(made)["status"], "not_started")

    def test_tasks_come_overdue_first(self):
        dues = [None, NOW + DAY, NOW - DAY, NOW - 2 * DAY, None, NOW - DAY]
        made = [self.create(assignee=self.anna, **({"due_ms": due} if due else {})) for due in dues]
        expected = [made[i] for i in (3, 2, 5, 1, 0, 4)]
        for limit in (1, 2, 500):
            self.assertEqual(self.tasks(self.anna, limit), expected)
        self.assertEqual(self.tasks(self.anna, filter={"overdue": True}), expected[:3])
        self.assertEqual(self.tasks(self.anna, filter={"overdue": False}), expected[3:])
        self.client.activity.finish(activity=made[2])
        self.client.activity.delete(activity=made[4])
        self.client.activity.update(activity=made[0], due_ms=NOW - 3 * DAY)
        self.assertEqual(self.tasks(self.anna), [made[i] for i in (0, 3, 5, 1)])
        self.assertEqual(self.tasks(self.bo), [])

    def test_reassign(self):
        reassign = self.client.activity.reassign
        made = [self.create(assignee=self.anna, due_ms=NOW + i * HOUR) for i in range(7)]
        done = self.create(assignee=self.anna, end_ms=NOW, start_ms=NOW)
        self.refused("invalid_field", "activity", reassign, to=self.bo)
        self.refused("invalid_field", "activity", reassign, activity=made[0], from_=self.anna, to=self.bo)
        self.refused("unknown_entry", "to", reassign, activity=made[0], to=self.person)
        self.refused("invalid_field", "to", reassign, from_=self.anna, to=self.anna)
        self.refused("changed_since", "revision", reassign, activity=made[0], revision=4, to=self.bo)
        self.assertEqual(reassign(activity=made[3], to=self.bo), {"reassigned": 1, "more": False})
        self.assertEqual(self.tasks(self.bo), [made[3]])
        self.assertEqual(reassign(from_=self.anna, to=self.bo, limit=4), {"reassigned": 4, "more": True})
        self.assertEqual(reassign(from_=self.anna, to=self.bo, limit=4), {"reassigned": 2, "more": False})
        self.assertEqual(reassign(from_=self.anna, to=self.bo), {"reassigned": 0, "more": False})
        self.assertEqual(self.tasks(self.bo), made)
        self.assertEqual(self.get(done)["assignee"], self.anna, "what is done stays his who did it")
        self.assertEqual(reassign(from_=self.bo), {"reassigned": 7, "more": False})
        self.assertEqual(self.listed(filter={"unassigned": True, "statuses": ["not_started"]}), made[::-1])

    def test_tasks_of_a_merged_employee_go_over(self):
        done = self.create(assignee=self.anna, start_ms=NOW, end_ms=NOW)
        made = [self.create(assignee=self.anna) for _ in range(250)]
        kept = self.client.person.create(given_name="Anna")["person"]
        self.client.person.merge(keep=kept, drop=self.anna)
        wait_until(lambda: self.client.activity.get(activity=made[-1])["activity"]["assignee"] == kept, what="going over")
        self.assertEqual(self.tasks(kept), made)
        self.assertEqual(self.tasks(self.anna), made, "the old id leads to the kept one")
        self.assertEqual(self.get(done)["assignee"], self.anna, "what he did stays his")
        for assignee in (kept, self.anna):
            self.assertEqual(sorted(self.listed(filter={"assigned_to": assignee})), sorted([*made, done]))
        self.client.activity.reopen(activity=done)
        self.assertEqual((self.get(done)["assignee"], self.tasks(kept)), (kept, sorted([*made, done])))
        reassign = self.client.activity.reassign
        self.refused("invalid_field", "to", reassign, from_=kept, to=self.anna)
        other = self.create(assignee=self.bo)
        self.assertEqual(reassign(from_=self.bo, to=self.anna), {"reassigned": 1, "more": False})
        self.assertEqual(self.get(other)["assignee"], kept)

    def test_what_is_due_is_told_once(self):
        soon = int(time.time() * 1000) + 1500
        overdue, later, done, moved = (self.create(due_ms=due, assignee=self.anna) for due in (NOW - DAY, soon, soon, NOW + DAY))
        self.client.activity.finish(activity=done)
        told = self.wait_events("activity.due", 2)
        self.assertEqual([record.body["activity"] for record in told], [overdue, later])
        self.assertEqual(told[0].body, {"activity": overdue, "person": self.person, "due_ms": NOW - DAY, "assignee": self.anna})
        self.client.activity.update(activity=overdue, subject="y")
        self.system.stop("activity")
        self.system.start("activity")
        self.client.activity.update(activity=moved, due_ms=NOW - 1)
        self.assertEqual([record.body["activity"] for record in self.wait_events("activity.due", 3)], [overdue, later, moved])
        self.client.activity.update(activity=overdue, due_ms=NOW - 2)
        self.assertEqual(self.wait_events("activity.due", 4)[-1].body["due_ms"], NOW - 2)

    def test_lists_and_filters_say_what_a_plain_look_says(self):
        draw = random.Random(5)
        organisations = [self.client.organisation.create(name=f"Org {i}")["organisation"] for i in range(2)]
        persons = [self.person, self.client.person.create(given_name="Carl")["person"]]
        channels = {t["type"]: (t["channel"], t["direction"]) for t in self.client.type.list()["types"]}
        for number in range(300):
            start = NOW - draw.randrange(20) * DAY
            fields = {"person": draw.choice(persons), "type": 1 + draw.randrange(11), "start_ms": start, "subject": draw.choice(["Ring Åsa", "Besök"])}
            for name, value in (("end_ms", start + HOUR), ("due_ms", NOW + draw.randrange(-5, 5) * DAY), ("assignee", draw.choice([self.anna, self.bo])),
                                ("priority", draw.choice(["low", "high"])), ("organisation", draw.choice(organisations)), ("result", "Återkommer")):
                if draw.random() < 0.5:
                    fields[name] = value
            self.create(**fields)
        rows = self.client.activity.scan(limit=5000)["activities"]
        newest = sorted(rows, key=lambda row: (-row["start_ms"], -row["activity"]))
        tests = (
            ({"types": [1, 2]}, lambda row: row["type"] in (1, 2)),
            ({"channels": ["call", "sms"]}, lambda row: channels[row["type"]][0] in ("call", "sms")),
            ({"channels": ["call"], "directions": ["in"]}, lambda row: channels[row["type"]] == ("call", "in")),
            ({"types": [1, 3], "channels": ["visit"]}, lambda row: row["type"] == 3),
            ({"statuses": ["done"]}, lambda row: row["status"] == "done"),
            ({"statuses": ["not_started", "in_progress"]}, lambda row: row["status"] != "done"),
            ({"origins": ["email"]}, lambda row: False),
            ({"outcomes": ["failed"]}, lambda row: False),
            ({"priorities": ["normal"]}, lambda row: "priority" not in row),
            ({"assigned_to": self.anna}, lambda row: row.get("assignee") == self.anna),
            ({"unassigned": True}, lambda row: "assignee" not in row),
            ({"at_organisation": organisations[0]}, lambda row: row.get("organisation") == organisations[0]),
            ({"of_person": persons[1]}, lambda row: row["person"] == persons[1]),
            ({"from_ms": NOW - 9 * DAY, "to_ms": NOW - 3 * DAY}, lambda row: NOW - 9 * DAY <= row["start_ms"] < NOW - 3 * DAY),
            ({"due_from_ms": NOW, "due_to_ms": NOW + 2 * DAY}, lambda row: NOW <= row.get("due_ms", 0) < NOW + 2 * DAY),
            ({"overdue": True}, lambda row: row["status"] != "done" and row.get("due_ms", NOW + DAY) <= NOW),
            ({"created_by": "tester"}, lambda row: True),
            ({"created_by": "nobody"}, lambda row: False),
            ({"text": "ÅSA"}, lambda row: row["subject"] == "Ring Åsa"),
            ({"text": "kommer"}, lambda row: "result" in row),
            ({"statuses": ["done"], "priorities": ["high"], "text": "bes"},
             lambda row: row["status"] == "done" and row.get("priority") == "high" and row["subject"] == "Besök"),
        )
        for filter, is_wanted in tests:
            wanted = [row for row in newest if is_wanted(row)]
            for limit in (7, 500):
                self.assertEqual(self.listed(limit, filter=filter), sorted((row["activity"] for row in wanted), reverse=True), filter)
                self.assertEqual(self.listed(limit, person=persons[0], filter=filter),
                                 [row["activity"] for row in wanted if row["person"] == persons[0]], filter)
                self.assertEqual(self.listed(limit, organisation=organisations[1], filter=filter),
                                 [row["activity"] for row in wanted if row.get("organisation") == organisations[1]], filter)
                self.assertEqual(sorted(self.tasks(self.anna, limit, filter=filter)),
                                 sorted(row["activity"] for row in wanted if row.get("assignee") == self.anna and row["status"] != "done"), filter)
        listing = self.client.activity.list
        self.refused("unknown_entry", "filter.types", listing, limit=5, filter={"types": [99]})
        self.refused("invalid_field", "filter.from_ms", listing, limit=5, filter={"from_ms": NOW, "to_ms": NOW})
        self.refused("invalid_field", "filter.due_from_ms", listing, limit=5, filter={"due_from_ms": NOW, "due_to_ms": NOW - 1})
        self.refused("invalid_field", "filter.unassigned", listing, limit=5, filter={"unassigned": True, "assigned_to": self.anna})
        self.refused("invalid_field", "organisation", listing, limit=5, person=self.person, organisation=1)
        self.refused("invalid_field", "before_start_ms", listing, limit=5, before_start_ms=NOW, before_activity=4)

    def test_another_start_is_another_last_activity(self):
        first, second = self.create(start_ms=NOW - 9 * DAY), self.create(start_ms=NOW - 5 * DAY)
        last = lambda: {row["person"]: row["start_ms"] for row in self.client.person.last_activities(limit=10).get("last_activities", [])}
        follow = lambda: self.system.wait_followed("person", "activity", self.client.service.info("activity")["seq"], 30)
        for activity, start, expected in ((second, NOW - 10 * DAY, NOW - 9 * DAY), (first, NOW - 2 * DAY, NOW - 2 * DAY), (first, NOW + DAY, NOW - 10 * DAY),
                                          (second, NOW - DAY, NOW - DAY), (first, NOW - HOUR, NOW - HOUR)):
            self.client.activity.update(activity=activity, start_ms=start)
            follow()
            self.assertEqual(last().get(self.person), expected)
        self.assertEqual(self.listed(person=self.person), [first, second])

    def test_pk_says_how_to_go_on(self):
        made = [self.create(start_ms=NOW + i, due_ms=NOW + DAY + i, assignee=self.anna) for i in range(3)]
        pk = Pk(self.system.bus_path)
        for words, order in ((["list", self.person], made[::-1]), (["list"], made[::-1]), (["tasks", self.anna], made)):
            found, place = [], []
            while True:
                done = pk.expect(0, "activity", *words, "--limit", "1", "--columns", "activity", "--no-headers", *place)
                found.append(int(done.stdout))
                if "ask for the next page" not in done.stderr:
                    break
                place = done.stderr.split(" with ")[1].split()
            self.assertEqual(found, order, words)
        shown = pk.expect(0, "activity", "finish", made[0], "--next-subject", "y")
        self.assertEqual(shown.stdout.split()[:3], ["ACTIVITY", "REVISION", "PLANNED"])
        self.assertEqual(shown.stderr, "")

    def test_erased_with_the_person(self):
        organisation = self.client.organisation.create(name="Umeå Energi")["organisation"]
        result = self.system.canary("Hemligt resultat")
        made = self.create(assignee=self.anna, due_ms=NOW + DAY, result=result, organisation=organisation, priority="high")
        self.client.person.mark_erasure(person=self.person)
        self.system.client(actor="other").person.complete_erasure(person=self.person)
        wait_until(lambda: "person" not in self.get(made), what="anonymous")
        row = self.get(made)
        for name in ("result", "due_ms", "priority", "organisation"):
            self.assertNotIn(name, row)
        self.assertEqual((self.tasks(self.anna), self.listed(organisation=organisation)), ([], []))
        client = self.client.activity
        for call, fields in ((client.update, {"subject": "Åsa"}), (client.update, {"result": "Åsa"}), (client.finish, {"result": "Åsa"}),
                             (client.finish, {"next": {"subject": "Åsa"}}), (client.reopen, {}), (client.reassign, {"to": self.bo})):
            self.refused("wrong_state", "activity", call, activity=made, **fields)
        self.assertEqual(self.get(made), row, "nothing can be written on it any more")
        client.delete(activity=made)


if __name__ == "__main__":
    unittest.main()
