#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whom nobody has met since, and questions saved by name: by `pk` and another system, over the services that follow each other, and over kill -9."""

import datetime
import time
import unittest

from harness import System, wait_until
from harness.pk import Pk

DAY_MS = 24 * 3600 * 1000


def day(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC).date().isoformat()


class Selections(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System("person", "activity"))
        cls.pk = Pk(cls.system.bus_path)
        cls.client = cls.system.client(source="shop")
        cls.norr, cls.soder = (cls.client.entry.create(list="region", names={"sv": name})["entry"] for name in ("Norr", "Söder"))
        cls.vegan, cls.regular = (cls.client.entry.create(list="group", names={"sv": name})["entry"] for name in ("Vegan", "Ny medlem"))
        people = [
            {"given_name": "Åsa", "family_name": "Larson", "region": cls.norr, "groups": [cls.vegan]},
            {"given_name": "Bo", "family_name": "Larson", "region": cls.soder, "groups": [cls.vegan, cls.regular]},
            {"given_name": "Cia", "family_name": "Ek", "region": cls.soder, "groups": [cls.vegan]},
            {"given_name": "Dan", "family_name": "Larsson", "region": cls.norr, "groups": [cls.vegan], "mobile": "0701740605"},
            {"given_name": "Eva", "family_name": "Larsson"},
        ]
        cls.people = [cls.client.person.create(**fields)["person"] for fields in people]
        cls.now_ms = int(time.time() * 1000)

    def find(self, *words):
        cards = self.pk.json("person", "search", *words).get("cards", [])
        return sorted(self.people.index(card["person"]) for card in cards)

    def search(self, where):
        """By the client, which sees what it has written."""
        cards = self.client.person.search(where=where, limit=100).get("cards", [])
        return sorted(self.people.index(card["person"]) for card in cards)

    def create(self, person, start_ms):
        return self.client.activity.create(person=self.people[person], type=1, subject="Ringde", start_ms=start_ms)["activity"]

    def test_1_who_was_met(self):
        old = self.create(0, self.now_ms - 100 * DAY_MS)
        self.assertEqual(self.search("has:activity"), [0])  # at once: its own write
        recent = self.create(0, self.now_ms - 10 * DAY_MS)
        self.create(1, self.now_ms - 50 * DAY_MS)
        self.create(2, self.now_ms + 50 * DAY_MS)  # planned
        since = day(self.now_ms - 60 * DAY_MS)
        self.assertEqual(self.search(f"activity:{since}.."), [0, 1])
        self.assertEqual(self.search(f"-activity:{since}.."), [2, 3, 4])
        self.assertEqual(self.search("activity:none"), [2, 3, 4])
        self.assertEqual(self.search(f"activity:{day(self.now_ms - 50 * DAY_MS)}"), [1])
        self.client.activity.delete(activity=recent)
        self.assertEqual(self.search(f"activity:{since}.."), [1])
        self.assertEqual(self.search(f"activity:..{since}"), [0])
        self.client.activity.delete(activity=old)
        self.assertEqual(self.search("has:activity"), [1])

    def test_2_what_is_planned_begins(self):
        self.create(3, int(time.time() * 1000) + 1500)
        self.assertEqual(self.search("has:activity"), [1])
        wait_until(lambda: self.search("has:activity") == [1, 3])

    def test_3_options_are_the_expression(self):
        expression = "(larson) region:norr,söder group:vegan -group:\"Ny medlem\" -selection:none"
        self.pk.expect(0, "selection", "save", "none", "id:#9999")
        options = ["--region", "norr,söder", "--group", "vegan", "--not-group", "Ny medlem", "--not-selection", "none", "larson"]
        self.assertEqual(self.find(expression), [0])
        self.assertEqual(self.find(*options), [0])
        self.assertEqual(self.find("--where", "larson or ek", "--region", "söder"), [1, 2])
        self.assertEqual(self.find("--phone", "070-174 06 05"), [3])
        self.assertEqual(self.find("--group", "vegan", "--group", '"Ny medlem"'), [1])
        self.assertEqual(self.find("--not-has", "region,group"), [4])
        self.assertIn("at character 22", self.pk.expect(5, "person", "search", "larson", "--region", "norr,väst").stderr)

    def test_4_saved_by_name(self):
        self.pk.expect(0, "selection", "save", "Norr utan kontakt", "--region", "norr", "--activity", "none", "--sort", "newest")
        self.client.selection.save(name="Alla norr", where='selection:"norr utan kontakt" or region:norr')
        listed = self.pk.json("selection", "list")["selections"]
        self.assertEqual([row["name"] for row in listed], ["Alla norr", "none", "Norr utan kontakt"])
        self.assertEqual(listed[2]["where"], "region:norr activity:none")
        self.assertEqual(listed[2]["asked"], f"region:#{self.norr} activity:none")
        self.assertEqual(self.find('selection:"Norr utan kontakt"'), [0])
        self.assertEqual(self.find("--selection", "alla norr", "larsson"), [3])
        self.client.entry.update(entry=self.norr, names={"sv": "Norrland"})
        self.assertEqual(self.find("selection:\"Alla norr\""), [0, 3])
        refused = self.pk.expect(4, "selection", "delete", "norr utan kontakt").stderr
        self.assertIn("the selection Alla norr names it", refused)
        self.pk.expect(0, "selection", "delete", "alla norr")
        self.pk.expect(0, "selection", "delete", "norr utan kontakt")
        self.assertIn("at character 6", self.pk.expect(5, "selection", "save", "x", "--born", "nu").stderr)

    def test_5_killed_and_started_again(self):
        self.pk.expect(0, "selection", "save", "Träffade", "has:activity")
        for service in ("person", "activity", "person"):
            self.system.kill(service)
            self.create_while_down(service)
            self.system.start(service)
        self.assertEqual(self.search("selection:träffade"), [0, 1, 3, 4])
        table = self.pk.expect(6, "verify", "--timeout", 20).stdout.splitlines()  # notification and stats are down
        lines = [line.split() for line in table if line.startswith("last activities")]
        self.assertEqual(lines, [["last", "activities", "person", "4", "0", "ok"]])

    def create_while_down(self, service):
        if service == "person":
            for person in (0, 4):
                self.create(person, self.now_ms)


if __name__ == "__main__":
    unittest.main()
