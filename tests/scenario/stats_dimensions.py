#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every dimension and filter of the figures against a model that shares no code with the service: a seeded history of activities, cards that change, merges
and erasures; times by Python's zoneinfo. STATS_SEED=N runs a history again."""

import datetime
import os
import random
import sys
import unittest

from harness import System, wait_until
from harness.figures import DEFAULT_ZONE, DIMENSIONS, FILTERS, ODD, OF_PERSON, ZONES, Model, filter_of, measures, millis
from harness.pk import Pk
from personkort import Refused

LISTS = ("region", "category", "group", "sales_status")
NEEDED = (7, 9)  # types of sends


class Dimensions(unittest.TestCase):
    def setUp(self):
        seed = int(os.environ.get("STATS_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"STATS_SEED={seed}", file=sys.stderr, flush=True)
        self.chance = random.Random(seed)
        self.system = self.enterContext(System("person", "activity", "stats"))
        self.client = self.system.client()
        types = {t["type"]: t for t in self.client.type.list()["types"]}
        self.model = Model(types)
        self.choices = {
            name: [self.client.entry.create(list=name, names={"sv": f"{name} {i}"})["entry"] for i in range(3)] for name in LISTS
        }
        self.choices["organisation"] = [self.client.organisation.create(name=f"Org {i}")["organisation"] for i in range(3)]
        self.employees = [self.client.person.create(given_name=f"E{i}")["person"] for i in range(3)]
        for number, person in enumerate(self.employees):
            self.client.employee.register(person=person, employee_number=f"A{number}", started_on="2020-01-01")
        self.choices["account_manager"] = self.employees
        for number in range(15):
            self.model.persons[self.client.person.create(given_name=f"P{number}")["person"]] = {}
        for person in self.model.persons:
            self.change_card(person)

    def change_card(self, person):
        card, changes = self.model.persons[person], {}
        for name in OF_PERSON:
            if name == "group":
                groups = set(self.chance.sample(self.choices[name], self.chance.randrange(3)))
                changes["groups_add"] = sorted(groups - card.get(name, set()))
                changes["groups_remove"] = sorted(card.get(name, set()) - groups)
                card[name] = groups
            else:
                card[name] = self.chance.choice([None, *self.choices[name]])
                changes[name] = card[name]
        self.client.person.update(person=person, **changes)

    def start_ms(self):
        if self.chance.random() < 0.5:
            return millis(self.chance.choice(ODD)) + self.chance.choice((-3_600_000, -60_000, -1, 0, 1, 900_000, 3_600_000))
        return self.chance.randrange(millis("2023-12-01T00:00"), millis("2027-01-31T00:00"))

    def write(self, count):
        batch, made = self.client.batch(), []
        for _ in range(count):
            start_ms, status = self.start_ms(), self.chance.choice(("not_started", "in_progress", "done"))
            fields = {"person": self.chance.choice(sorted(self.model.persons)), "type": self.chance.choice(sorted(self.model.types)), "start_ms": start_ms,
                      "status": status, "assignee": self.chance.choice([None, *self.employees])}
            made.append(fields)
            given = {name: value for name, value in fields.items() if value is not None}
            batch.activity.create(subject="s", **given, **({"end_ms": start_ms} if status == "done" else {}))
        for fields, reply in zip(made, batch.send()):
            self.model.activities[reply["activity"]] = fields

    def change(self, count):
        """Updates, deletions, and cards that change."""
        can_change = sorted(id for id, row in self.model.activities.items() if row["person"] is not None)
        for activity in self.chance.sample(can_change, count):
            row, what = self.model.activities[activity], self.chance.randrange(5)
            if what == 0:
                self.client.activity.delete(activity=activity)
                del self.model.activities[activity]
            elif what == 1:
                row["assignee"] = self.chance.choice([None, *self.employees])
                self.client.activity.update(activity=activity, assignee=row["assignee"])
            elif what == 2:
                row["type"] = self.chance.choice(sorted(self.model.types))
                self.client.activity.update(activity=activity, type=row["type"])
            elif what == 3 and row["status"] != "done":
                row["start_ms"] = self.start_ms()
                self.client.activity.update(activity=activity, start_ms=row["start_ms"])
            elif what == 4 and row["status"] == "done":
                row["status"] = "in_progress"
                self.client.activity.reopen(activity=activity)
        for person in self.chance.sample(sorted(self.model.persons), 3):
            self.change_card(person)

    def settle(self):
        for source in ("person", "activity"):
            self.system.wait_followed("stats", source, self.client.service.info(source)["seq"])

    def compare(self, group_by=(), filters=None, zone=DEFAULT_ZONE, first=None, last=None):
        filters = filters or {}
        question = {name: value for name, value in (("from_", first), ("to", last), ("filter", filter_of(filters))) if value}
        asked = (group_by, filters, zone, first, last)
        reply = self.client.stats.figures(limit=10000, group_by=list(group_by), zone=zone, **question)
        cells, total, behind = self.model.figures(group_by, filters, zone, first, last)
        self.assertEqual(measures(reply["total"]), total, asked)
        found = {tuple(cell.get(name) for name in group_by): measures(cell) for cell in reply.get("cells") or ()}
        self.assertEqual(found, cells, asked)
        self.assertEqual(len(found), len(reply.get("cells") or ()), asked)
        page = self.client.stats.activities(limit=5000, zone=zone, **question)
        self.assertEqual(page.get("activities") or [], behind, asked)
        for type in filters.get("type", ()):  # by whatever name it had
            for old in (old for old, into in self.model.leads.items() if into == type):
                again = self.client.stats.figures(**(question | {"filter": filter_of(filters | {"type": [old]})}), zone=zone)
                of_one, _, _ = self.model.figures(["type"], filters | {"type": [type]}, zone, first, last)
                self.assertEqual(measures(again["total"]), of_one.get((type,), [0, 0]), asked)
        return reply

    def some_filters(self):
        filters = {}
        for name in self.chance.sample(sorted(FILTERS), self.chance.randrange(3)):
            known = {value for activity in self.model.activities.values() for value in self.model.values(activity, DEFAULT_ZONE)[name]}
            may_be_none = name not in ("type", "channel", "direction", "status", "origin")
            values = [value for value in known if value is not None] + ([None] if may_be_none else [])
            filters[name] = self.chance.sample(values, min(len(values), 1 + self.chance.randrange(2)))
        return filters

    def compare_all(self, rounds):
        for name in DIMENSIONS:
            for zone in ZONES:
                self.compare([name], zone=zone)
        for _ in range(rounds):
            first, last = sorted(datetime.date.fromordinal(self.chance.randrange(738_500, 739_700)).isoformat() for _ in range(2))
            period = self.chance.choice([{}, {"first": first}, {"first": first, "last": last}, {"first": "2026-03-29", "last": "2026-03-29"}])
            group_by = self.chance.sample(DIMENSIONS, self.chance.randrange(3))
            self.compare(group_by, self.some_filters(), self.chance.choice(ZONES), **period)
        self.assertEqual(self.client.stats.recount().get("differences") or [], [])
        for group_by in (["status"], ["assignee", "month"], ["type", "assignee"], ["status", "channel"]):
            self.assertEqual(self.compare(group_by, first="2026-01-01", last="2026-12-31")["source"], "kept", group_by)

    def test_a_random_history(self):
        self.write(500)
        self.settle()
        self.compare_all(60)
        for _ in range(3):
            self.change(40)
            self.system.kill("stats")
            self.write(30)
            self.system.start("stats")
        self.settle()
        self.compare_all(60)
        keep, drop = self.chance.sample(sorted(self.model.persons), 2)
        self.merge(keep, drop)
        self.erase(self.chance.choice(sorted(set(self.model.persons) - {keep})))
        self.settle()
        self.compare_all(40)
        self.merge_types()
        self.settle()
        self.compare_all(40)
        self.write(60)
        self.change(40)
        self.client.stats.rebuild()
        self.settle()
        wait_until(lambda: not self.client.stats.state()["rebuilding"], what="counted anew")
        self.assertEqual(self.client.stats.state()["compared"]["differing"], 0)
        self.compare_all(40)
        shown = Pk(self.system.bus_path).expect(6, "verify").stdout  # notification is not there
        self.assertRegex(shown, r"figures by type +stats +[1-9]\d* +0 ok")

    def merge_types(self):
        """The first into the second, and that into the third; another into the third, too."""
        first, second, third, other = self.chance.sample([type for type in sorted(self.model.types) if type not in NEEDED], 4)
        for drop, keep in ((first, second), (second, third), (other, third)):
            self.client.type.merge(type=drop, into=keep)
            self.model.merge_types(drop, keep)

    def merge(self, keep, drop):
        """What the kept card lacks comes from the other; groups are those of both."""
        self.client.person.merge(keep=keep, drop=drop)
        card = self.client.person.get(person=keep)["card"]
        del self.model.persons[drop]
        self.model.persons[keep] = {name: card.get(name) for name in OF_PERSON if name != "group"} | {"group": set(card.get("groups", ()))}
        theirs = [id for id, row in self.model.activities.items() if row["person"] == drop]
        for id in theirs:
            self.model.activities[id]["person"] = keep
        if theirs:
            wait_until(lambda: all(self.client.activity.get(activity=id)["activity"]["person"] == keep for id in theirs), what="going over")

    def erase(self, person):
        self.client.person.mark_erasure(person=person)
        self.system.client(actor="other").person.complete_erasure(person=person)
        theirs = [id for id, row in self.model.activities.items() if row["person"] == person]
        for id in theirs:
            self.model.activities[id]["person"] = None
        del self.model.persons[person]
        wait_until(lambda: all("person" not in self.client.activity.get(activity=id)["activity"] for id in theirs), what="anonymous")

    def test_top_and_the_period_before(self):
        self.write(400)
        self.settle()
        figures = self.client.stats.figures
        cells, total, _ = self.model.figures(["person"], {}, DEFAULT_ZONE)
        for by, measure in (("activities", 0), ("contacts", 1)):
            reply = figures(group_by=["person"], top=4, top_by=by)
            order = sorted(cells.items(), key=lambda item: (-item[1][measure], item[0]))[:4]
            self.assertEqual([(cell["person"],) for cell in reply["cells"]], [key for key, _ in order])
            rest = [total[i] - sum(value[i] for _, value in order) for i in range(2)]
            self.assertEqual(measures(reply["rest"]), rest)
            self.assertEqual(measures(reply["total"]), total)
        self.assertEqual(measures(figures(group_by=["type"], top=100)["rest"]), [0, 0])
        for period, before in (
            (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
            (("2026-01-01", "2026-06-30"), ("2025-07-01", "2025-12-31")),
            (("2025-01-01", "2025-12-31"), ("2024-01-01", "2024-12-31")),
            (("2026-03-02", "2026-03-08"), ("2026-02-23", "2026-03-01")),
            (("2024-02-29", "2024-02-29"), ("2024-02-28", "2024-02-28")),
            (("2024-01-01", "2025-12-31"), ("2022-01-01", "2023-12-31")),
        ):
            for group_by in (["type"], ["region"]):
                reply = figures(group_by=group_by, from_=period[0], to=period[1], previous=True)
                self.assertEqual((reply["previous_from"], reply["previous_to"]), before)
                now, _, _ = self.model.figures(group_by, {}, DEFAULT_ZONE, *period)
                then, then_total, _ = self.model.figures(group_by, {}, DEFAULT_ZONE, *before)
                found = {(cell.get(group_by[0]),): (measures(cell), [cell["previous_activities"], cell["previous_contacts"]]) for cell in reply.get("cells", ())}
                self.assertEqual(found, {key: (now.get(key, [0, 0]), then.get(key, [0, 0])) for key in now.keys() | then.keys()})
                self.assertEqual([reply["total"]["previous_activities"], reply["total"]["previous_contacts"]], then_total)

    def test_pages_of_activities(self):
        self.write(300)
        self.settle()
        found, after = [], {}
        while True:
            page = self.client.stats.activities(limit=7, filter={"channels": ["call"]}, contacts=True, **after)
            found += page.get("activities", [])
            if not page["more"]:
                break
            after = {"after": page["next"]}
        wanted = [id for id, row in sorted(self.model.activities.items())
                  if self.model.types[row["type"]]["channel"] == "call" and row["status"] != "not_started"]
        self.assertEqual(found, wanted)

    def test_pk_prints_tables_and_csv(self):
        self.write(200)
        self.settle()
        pk = Pk(self.system.bus_path)
        cells, total, _ = self.model.figures(["channel", "year"], {"status": ["done"]}, DEFAULT_ZONE)
        lines = pk.expect(0, "stats", "--by", "channel,year", "--statuses", "done", "--csv").stdout.splitlines()
        self.assertEqual(lines[0], "channel,year,activities,contacts")
        self.assertEqual({tuple(line.split(",")[:2]): [int(n) for n in line.split(",")[2:]] for line in lines[1:]}, cells)
        tabbed = pk.expect(0, "stats", "--csv", "--delimiter", "tab", "--no-headers", "--statuses", "done").stdout.splitlines()
        self.assertEqual(tabbed, ["\t".join(map(str, total))])
        shown = pk.expect(0, "stats", "--by", "person", "--top", "3", "--from", "2026-01-01", "--to", "2026-12-31", "--previous")
        self.assertEqual(shown.stderr, "pk: the period before is 2025-01-01 to 2025-12-31\n")
        words = [line.split() for line in shown.stdout.splitlines()]
        self.assertEqual(words[0], ["PERSON", "ACTIVITIES", "CONTACTS", "PREVIOUS_ACTIVITIES", "PREVIOUS_CONTACTS"])
        self.assertEqual([row[0] for row in words[-2:]], ["rest", "total"])
        sums = [sum(int(row[i]) for row in words[1:-1]) for i in range(1, 5)]
        self.assertEqual(sums, [int(number) for number in words[-1][1:]])
        self.assertIn("top", pk.expect(5, "stats", "--top", "3").stderr)

    def test_refusals(self):
        self.settle()
        for code, field, question in (
            ("invalid_field", "group_by", {"group_by": ["type", "type"]}),
            ("invalid_field", "group_by[0]", {"group_by": ["colour"]}),
            ("invalid_field", "top", {"top": 3}),
            ("invalid_field", "top_by", {"group_by": ["type"], "top_by": "contacts"}),
            ("invalid_field", "previous", {"previous": True}),
            ("invalid_field", "previous", {"previous": True, "from_": "2026-01-01"}),
            ("invalid_field", "previous", {"previous": True, "from_": "2026-01-01", "to": "2026-01-31", "group_by": ["week"]}),
            ("invalid_field", "previous", {"previous": True, "from_": "1900-01-01", "to": "1900-01-31"}),
            ("invalid_field", "filter.none", {"filter": {"none": ["status"]}}),
            ("invalid_field", "filter.none", {"filter": {"none": ["region", "region"]}}),
            ("invalid_field", "type", {"type": 3, "filter": {"types": [3]}}),
            ("invalid_field", "person", {"person": 3, "filter": {"none": ["person"]}}),
            ("invalid_field", "zone", {"zone": "Europe/Atlantis"}),
            ("invalid_field", "zone", {"zone": "../etc/passwd"}),
            ("invalid_field", "from", {"from_": "9999-01-01"}),
            ("invalid_field", "from", {"from_": "0000-01-01"}),
            ("invalid_field", "to", {"to": "9999-12-31"}),
            ("invalid_field", "from", {"from_": "2026-02-01", "to": "2026-01-01"}),
        ):
            with self.assertRaises(Refused) as caught:
                self.client.stats.figures(**question)
            self.assertEqual((caught.exception.code, caught.exception.field), (code, field), question)


if __name__ == "__main__":
    unittest.main()
