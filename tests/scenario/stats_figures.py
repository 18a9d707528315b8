#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The stats service against a model of its own: a seeded history of activities, kills on the way, and every figure compared.

STATS_SEED=N runs a history again. The model works out days with Python's zoneinfo, so it shares nothing with the service.
"""

import collections
import datetime
import os
import random
import sys
import time
import unittest
import zoneinfo

from harness import FakeService, System, wait_until
from harness.pk import Pk
from personkort import Refused

DEFAULT_ZONE = "Europe/Stockholm"
ZONES = (None, "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "UTC")
GROUPINGS = ([], ["type"], ["person"], ["day"], ["type", "day"], ["day", "person"], ["person", "type"])
PERIODS = (
    (None, None),
    ("2026-03-29", "2026-03-29"),
    ("2026-10-25", "2026-10-26"),
    (None, "2026-06-30"),
    ("2010-11-07", "2026-03-28"),
)
# Midnights, as UTC, of days that are odd somewhere.
MIDNIGHTS = (
    "2026-03-28T23:00", "2026-03-29T22:00", "2026-10-24T22:00", "2026-10-25T23:00",  # Stockholm: 23 and 25 hours
    "2010-11-07T02:30", "2010-11-07T03:30",  # St. John's, where midnight came twice
    "2011-12-30T10:00",  # Apia, which left a day out
    "2026-05-01T18:15",  # Kathmandu
)  # fmt: skip


def millis(text):
    return int(datetime.datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


def day_of(start_ms, zone):
    moment = datetime.datetime.fromtimestamp(start_ms // 1000, datetime.timezone.utc)
    return moment.astimezone(zoneinfo.ZoneInfo(zone or DEFAULT_ZONE)).date().isoformat()


class Model:
    """What there is: id → (person, type, start, whether it is a contact)."""

    def __init__(self):
        self.activities = {}

    def figures(self, group_by, person=None, type=None, first=None, last=None, zone=None):
        """The cells, by their group, and the total: each [activities, contacts]."""
        cells, total = collections.defaultdict(lambda: [0, 0]), [0, 0]
        for owner, kind, start_ms, contact in self.activities.values():
            day = day_of(start_ms, zone)
            if (person or owner) != owner or (type or kind) != kind or not (first or day) <= day <= (last or day):
                continue
            group = {"person": owner, "type": kind, "day": day}
            for cell in (total, cells[tuple(group[dimension] for dimension in group_by)]):
                cell[0] += 1
                cell[1] += contact
        return ({} if not group_by else dict(cells)), total


def measures(cell):
    return [cell["activities"], cell["contacts"]]


class Case(unittest.TestCase):
    def ask(self, client, **question):
        return client.stats.figures(limit=10000, **{key: value for key, value in question.items() if value})

    def compare(self, client, model, group_by, person=None, type=None, period=(None, None), zone=None):
        first, last = period
        reply = self.ask(client, group_by=group_by, person=person, type=type, from_=first, to=last, zone=zone)
        cells, total = model.figures(group_by, person, type, first, last, zone)
        asked = (group_by, person, type, period, zone)
        self.assertEqual(measures(reply["total"]), total, asked)
        found = {tuple(cell[d] for d in group_by): measures(cell) for cell in reply.get("cells") or ()}
        self.assertEqual(found, cells, asked)
        self.assertEqual(len(found), len(reply.get("cells") or ()), asked)
        self.assertEqual(list(found), sorted(found), asked)
        return reply

    def compare_all(self, client, model, chance):
        """Every grouping, period and zone, each with and without filters."""
        persons = sorted({owner for owner, *_ in model.activities.values()})
        for group_by in GROUPINGS:
            for period in PERIODS:
                for zone in ZONES:
                    self.compare(client, model, group_by, period=period, zone=zone)
                    self.compare(client, model, group_by, person=chance.choice(persons), period=period, zone=zone)
                    self.compare(client, model, group_by, type=chance.randint(1, 11), period=period, zone=zone)

    def check_sums(self, client, model):
        """Σ types = Σ persons = Σ days = total = what a recount from the facts and one from activity's rows say."""
        total = [len(model.activities), sum(contact for *_, contact in model.activities.values())]
        for group_by in GROUPINGS:
            reply = self.ask(client, group_by=group_by)
            self.assertEqual(measures(reply["total"]), total)
            if group_by:
                sums = [sum(cell[measure] for cell in reply["cells"]) for measure in ("activities", "contacts")]
                self.assertEqual(sums, total, group_by)
        recount = client.stats.recount()
        self.assertEqual(recount.get("differences") or [], [])
        self.assertEqual(recount["facts"], total[0])


class Historian:
    """Writes a random history through the services, and into the model."""

    def __init__(self, client, model, chance):
        self.client, self.model, self.chance = client, model, chance
        batch = client.batch()
        for number in range(25):
            batch.person.create(given_name=f"P{number}")
        self.persons = [reply["person"] for reply in batch.send()]
        self.types = [type["type"] for type in client.type.list()["types"]]

    def start_ms(self):
        if self.chance.random() < 0.5:
            return millis(self.chance.choice(MIDNIGHTS)) + self.chance.choice((-60_000, -1, 0, 1, 59_999, 600_000))
        return self.chance.randrange(millis("2026-01-01T00:00"), millis("2027-01-01T00:00"))

    def write(self, count):
        """Creates `count`, then finishes some and deletes some."""
        batch, made = self.client.batch(), []
        for _ in range(count):
            person, type, start_ms = self.chance.choice(self.persons), self.chance.choice(self.types), self.start_ms()
            status = self.chance.choice(("not_started", "in_progress", "done"))
            batch.activity.create(
                person=person, type=type, subject="s", status=status, start_ms=start_ms,
                **({"end_ms": start_ms + 60_000} if status == "done" else {}),
            )  # fmt: skip
            made.append((person, type, start_ms, status != "not_started"))
        for fact, reply in zip(made, batch.send()):
            self.model.activities[reply["activity"]] = fact
        self.change(count // 3)

    def change(self, count):
        batch, model = self.client.batch(), self.model.activities
        for activity in self.chance.sample(sorted(model), min(count, len(model))):
            if self.chance.random() < 0.5:
                batch.activity.delete(activity=activity)
                del model[activity]
            else:
                batch.activity.finish(activity=activity)
                model[activity] = (*model[activity][:3], True)
        for outcome in batch.send():  # finishing what is done already is refused, and changes nothing
            assert not isinstance(outcome, Exception) or getattr(outcome, "code", "") == "wrong_state", outcome


class History(Case):
    def test_a_random_history_with_a_late_start_and_kills(self):
        seed = int(os.environ.get("STATS_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"STATS_SEED={seed}", file=sys.stderr, flush=True)
        chance, model = random.Random(seed), Model()
        with System("person", "activity") as system:
            client = system.client()
            historian = Historian(client, model, chance)
            historian.write(1200)
            system.start("stats")  # empty: it catches up
            self.check_sums(client, model)
            for _ in range(6):
                historian.write(250)
                if chance.random() < 0.5:
                    wait_until(lambda: system.followed("stats", "activity")["seq"] > 0)
                system.kill("stats")
                historian.write(50)
                system.start("stats")
            self.check_sums(client, model)
            self.compare_all(client, model, chance)
            system.stop("stats")
            historian.write(20)
            system.start("stats")
            self.check_sums(client, model)
            self.assertEqual(system.followed("stats", "activity")["set_aside"], 0)
            kept = self.compare(client, model, ["day"], period=("2026-03-01", "2026-03-31"))
            self.assertEqual(kept["source"], "kept")
            self.assertLessEqual(kept["read"], 31 * 11 + 1)  # types and days
            counted = self.compare(client, model, ["day"], period=("2026-03-01", "2026-03-31"), zone="UTC")
            self.assertEqual(counted["source"], "scan")


class Rebuild(Case):
    def test_counting_anew_beside_writes_and_kills(self):
        """Figures are given and true all the while, and the service dies at any moment of it."""
        chance, model = random.Random(4711), Model()
        with System("person", "activity", "stats") as system:
            client = system.client()
            historian = Historian(client, model, chance)
            for _ in range(8):
                historian.write(1200)
            self.check_sums(client, model)
            kills = 0
            for _ in range(6):
                client.stats.rebuild()
                with self.assertRaises(Refused) as refused:
                    client.stats.rebuild()
                    client.stats.rebuild()  # the one before may be done already
                self.assertEqual(refused.exception.code, "wrong_state")
                time.sleep(chance.random() * 0.1)
                kills += client.stats.state()["rebuilding"]
                system.kill("stats")
                historian.write(60)
                system.start("stats")
                self.check_sums(client, model)  # while the counting goes on
                wait_until(lambda: not client.stats.state()["rebuilding"])
                self.check_sums(client, model)
                self.assertEqual(client.stats.recount().get("differences") or [], [])
            self.assertGreater(kills, 0)
            self.assertTrue(client.stats.state()["figures"])
            lines = Pk(system.bus_path).expect(0, "stats", "state").stdout.splitlines()
            shown = dict(line.split(maxsplit=1) for line in lines if line)
            self.assertEqual((shown["figures"], shown["compared.differing"]), ("yes", "0"))


def activity(id, person=17, type=4, start="2026-11-23T12:00", **more):
    start_ms = start if isinstance(start, int) else millis(start)
    body = {"activity": id, "revision": 1, "person": person, "type": type, "subject": "s", "status": "done"}
    body.update(start_ms=start_ms, end_ms=start_ms, origin="manual", created_ms=start_ms)
    body.update(more)
    return {"activity": body}


class Measures(Case):
    """Each measure's definition, told by a source that only looks like the activity service."""

    def expect(self, client, activities, contacts):
        self.assertEqual(measures(self.ask(client)["total"]), [activities, contacts])

    def test_what_is_a_contact(self):
        with System("person", "stats") as system, FakeService(system, "activity") as source:
            client = system.client()

            def tell(type, body):
                client.saw("activity", source.append(type, body, person=17, subject="activity/1"))

            steps = [
                # status, outcome, whether it is a contact
                ("not_started", None, 0),
                ("in_progress", None, 1),
                ("done", None, 1),
                ("done", "accepted", 1),
                ("done", "unknown", 1),
                ("done", "delivered", 1),
                ("done", "bounced", 0),
                ("done", "failed", 0),
                ("not_started", "delivered", 0),
                ("in_progress", "failed", 0),
            ]
            for number, (status, outcome, contact) in enumerate(steps):
                more = {"outcome": outcome} if outcome else {}
                tell("activity.updated" if number else "activity.created", activity(1, status=status, **more))
                self.expect(client, 1, contact)
            tell("activity.updated", activity(1, person=18, type=5, start="2026-11-24T12:00"))
            self.expect(client, 1, 1)
            cells = self.ask(client, group_by=["person", "day"])["cells"]
            self.assertEqual(cells, [{"person": 18, "day": "2026-11-24", "activities": 1, "contacts": 1}])
            tell("activity.deleted", {"activity": 1, "person": 18})
            self.expect(client, 0, 0)
            self.assertEqual(self.ask(client, group_by=["type"]).get("cells") or [], [])
            self.assertEqual(client.stats.recount()["cells"], 0)

    def test_times_outside_all_years_still_count(self):
        with System("person", "stats") as system, FakeService(system, "activity") as source:
            client = system.client()
            for id, start in enumerate((-(2**63), 2**63 - 1, millis("2026-11-23T12:00")), start=1):
                client.saw("activity", source.append("activity.created", activity(id, start=start)))
            self.expect(client, 3, 3)
            for zone in ZONES:
                whole = self.ask(client, group_by=["day"], from_="1900-01-01", to="2199-12-31", zone=zone)
                self.assertEqual(len(whole["cells"]), 3)
            self.assertEqual(client.stats.recount().get("differences") or [], [])


class BadInput(Case):
    def test_what_makes_no_sense_is_refused_with_its_field(self):
        # what is asked, code, field
        table = [
            ({"zone": "Europe/Nowhere"}, "invalid_field", "zone"),
            ({"zone": "europe/stockholm"}, "invalid_field", "zone"),
            ({"zone": "../../etc/passwd"}, "invalid_field", "zone"),
            ({"zone": "/etc/localtime"}, "invalid_field", "zone"),
            ({"zone": "+01:00"}, "invalid_field", "zone"),
            ({"zone": ""}, "invalid_field", "zone"),
            ({"zone": "E" * 65}, "invalid_field", "zone"),
            ({"from": "2026-02-01", "to": "2026-01-31"}, "invalid_field", "from"),
            ({"from": "1899-12-31"}, "invalid_field", "from"),
            ({"to": "2200-01-01"}, "invalid_field", "to"),
            ({"to": "9999-12-31"}, "invalid_field", "to"),
            ({"from": "2026-02-30"}, "invalid_field", "from"),
            ({"group_by": ["day", "day"]}, "invalid_field", "group_by"),
            ({"group_by": ["weekday"]}, "invalid_field", "group_by[0]"),
            ({"group_by": ["type", "person", "day"]}, "invalid_field", "group_by"),
            ({"limit": 0}, "invalid_field", "limit"),
            ({"limit": 10001}, "invalid_field", "limit"),
            ({"person": 0}, "invalid_field", "person"),
            ({"colour": "red"}, "unknown_field", "colour"),
            ({"group_by": ["person"], "limit": 2}, "too_large", "limit"),
        ]
        with System("person", "stats") as system, FakeService(system, "activity") as source:
            client = system.client()
            for person in (1, 2, 3):
                client.saw("activity", source.append("activity.created", activity(person, person=person)))
            for question, code, field in table:
                with self.subTest(question), self.assertRaises(Refused) as refused:
                    client.query("stats.figures", question)
                self.assertEqual((refused.exception.code, refused.exception.field), (code, field), question)
            client.query("stats.figures", {"group_by": ["person"], "limit": 3})
            self.assertEqual(measures(self.ask(client, person=999)["total"]), [0, 0])


if __name__ == "__main__":
    unittest.main()
