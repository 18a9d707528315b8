#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bulk changes by `pk` and by another system, with kill -9 in the middle: every card of the selection is changed once, and no other."""

import random
import time
import unittest

from harness import System
from harness.pk import Pk

PERSONS = 4000
KILLS = 4
OTHERS = 8  # changes of everybody that wait behind the first one


class BulkChanges(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System("person", "activity", "notification", "stats"))
        cls.pk = Pk(cls.system.bus_path)
        cls.client = cls.system.client(source="shop")
        cls.norr, cls.soder, cls.vast = (
            cls.client.entry.create(list="region", names={"sv": name})["entry"] for name in ("Norr", "Söder", "Väst")
        )
        cls.vegan = cls.client.entry.create(list="group", names={"sv": "Vegan"})["entry"]
        for first in range(0, PERSONS, 500):
            batch = cls.client.batch()
            for i in range(first, first + 500):
                batch.person.create(given_name=f"Nr{i}", region=cls.norr if i % 2 else cls.vast)
            for outcome in batch.send():
                assert outcome["revision"] == 1

    def bulk(self, bulk):
        return self.client.bulk.get(bulk=bulk)["bulk"]

    def cards(self):
        after, cards = {}, []
        while True:
            page = self.client.person.list(limit=500, **after)
            cards += page["cards"]
            if not page["more"]:
                return cards
            after = {"after": cards[-1]["person"]}

    def test_1_killed_in_the_middle(self):
        bulk = int(self.pk.value("bulk", "bulk", "start", "region:norr", "--set-region", self.soder, "--set-groups-add", self.vegan))
        others = [self.client.bulk.start(where="", set={"language": ("en", "sv")[i % 2]})["bulk"] for i in range(OTHERS)]
        chance, in_the_middle = random.Random(KILLS), 0
        while self.bulk(others[-1])["state"] in ("choosing", "running"):
            time.sleep(chance.uniform(0.02, 0.2))
            if in_the_middle < KILLS:
                self.system.kill("person")
                self.system.start("person")
                states = [self.bulk(one) for one in (bulk, *others)]
                in_the_middle += any(0 < one["looked_at"] < one.get("total", 0) for one in states)
        self.assertGreater(in_the_middle, 0)
        for one in others:
            self.assertEqual((self.bulk(one)["state"], self.bulk(one)["changed"]), ("done", PERSONS))
        shown = dict(line.split(None, 1) for line in self.pk.expect(0, "bulk", "watch", bulk, "--timeout", 60).stdout.splitlines())
        self.assertEqual((shown["state"], shown["total"], shown["looked_at"], shown["changed"]), ("done", *["2000"] * 3))
        cards = self.cards()
        self.assertEqual(len(cards), PERSONS)
        for card in cards:
            chosen = int(card["given_name"][2:]) % 2 == 1
            self.assertEqual((card["region"], card["revision"]), (self.soder, 2 + OTHERS) if chosen else (self.vast, 1 + OTHERS))
            self.assertEqual(card.get("groups", []), [self.vegan] if chosen else [])
        self.assertEqual(self.client.person.history(person=cards[1]["person"], limit=20)["versions"][-2]["actor"], "tester")

    def test_2_a_merged_entry(self):
        done = self.pk.expect(0, "entry", "merge", self.vast, self.soder)
        self.assertIn("BULK", done.stdout)
        self.pk.expect(0, "bulk", "watch", self.pk.json("bulk", "list", "--limit", 1)["bulks"][0]["bulk"], "--timeout", 60)
        usage = {line[0]: line[-1] for line in self.pk.table("entry", "usage", "region", "--no-headers")}
        self.assertEqual((usage[str(self.vast)], usage[str(self.soder)]), ("0", str(PERSONS)))

    def test_3_the_number_that_was_shown(self):
        done = self.pk.run("bulk", "start", "region:söder", "--set-region", self.norr, "--expect", 3, "--wait", "--timeout", 30)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("failed", done.stdout)
        done = self.pk.run("bulk", "start", "region:nowhere", "--set-region", self.norr)
        self.assertTrue(done.stderr.startswith("pk: WHERE: "), done.stderr)
        done = self.pk.run("bulk", "start", "region:söder", "--set-region", 4711)
        self.assertTrue(done.stderr.startswith("pk: --set-region: "), done.stderr)
        self.assertTrue(all(card["region"] == self.soder for card in self.cards()))

    def test_4_others_are_served_meanwhile(self):
        bulk = self.client.bulk.start(where="", set={"terms_accepted_on": "2026-01-01"})["bulk"]
        slowest = 0
        while self.bulk(bulk)["state"] in ("choosing", "running"):
            began = time.monotonic()
            self.client.person.update(person=1, given_name=f"T{began}")
            slowest = max(slowest, time.monotonic() - began)
        self.assertLess(slowest, 5)
        self.assertEqual(self.bulk(bulk)["changed"], PERSONS)
        self.pk.expect(0, "verify")


if __name__ == "__main__":
    unittest.main()
