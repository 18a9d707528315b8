#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two cards of one person become one, through all services: by `pk`, and while the services that follow are killed again and again."""

import collections
import random
import time
import unittest

from harness import System, wait_until
from harness.pk import Pk
from personkort import Refused

MANY = 8_000  # activities of the merged person
BATCH = 500
KILLED_AFTER = (200, 1_500, 3_000)  # moved activities


class Merge(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("person", "activity", "notification", "stats"))
        self.pk = Pk(self.system.bus_path)
        self.client = self.system.client()

    def activities(self, person):
        return self.client.activity.list(person=person, limit=500)

    def figures(self, person):
        return self.client.stats.figures(person=person)["total"]["activities"]

    def followed(self):
        """Everybody has heard of everything, and activities have gone over."""
        self.client.seen |= {service: self.system.health(service)["seq"] for service in ("person", "notification")}
        for service in ("activity", "notification", "stats"):
            self.system.wait_followed(service, "person", self.client.seen["person"])
        self.system.wait_followed("activity", "notification", self.client.seen["notification"])
        seqs = []

        def stands():
            seqs.append(self.system.health("activity")["seq"])
            time.sleep(0.1)
            return len(seqs) > 3 and len(set(seqs[-3:])) == 1

        wait_until(stands, 120, "rest")
        self.system.wait_followed("stats", "activity", seqs[-1])
        self.client.seen["activity"] = seqs[-1]

    def verify(self):
        self.pk.expect(0, "verify")

    def test_by_pk(self):
        pk = self.pk
        canary = self.system.canary("Sammanslagsson")
        group = pk.value("entry", "entry", "create", "group", "Vegan")
        keep = pk.value("person", "person", "create", "--given-name", "Åsa", "--email", "asa@example.test", "--consent", "email=granted")
        drop = pk.value(
            "person", "person", "create", "--given-name", "Åsa", "--family-name", canary, "--mobile", "070-174 06 05", "--groups", group,
            "--email", "ny@example.test", "--consent", "email=withdrawn,source=phone", "--customer-number", "K23",
        )  # fmt: skip
        pk.expect(0, "activity", "create", drop, 1, "Ringde", "--status", "in_progress")
        sent = pk.json("email", "send", drop, "--subject", "Hej", "--text", "Hej.", "--wait")
        self.followed()
        shown = pk.json("person", "merge", keep, drop, "--dry-run", "--take", "email")
        self.assertEqual(shown["activities"], 2)
        self.assertEqual(shown["changed"], ["family_name", "email", "mobile", "groups", "consents"])
        screen = pk.expect(0, "person", "merge", keep, drop, "--dry-run").stdout
        self.assertIn("changed: family_name, mobile, groups, consents\n", screen)
        self.assertEqual(pk.json("person", "get", keep)["card"]["revision"], 1)
        done = pk.run("person", "merge", keep, drop, "--keep-revision", 7)
        self.assertTrue(done.stderr.startswith("pk: --keep-revision"), done.stderr)
        revisions = ("--keep-revision", shown["keep_revision"], "--drop-revision", shown["drop_revision"])
        pk.expect(0, "person", "merge", keep, drop, "--take", "email", *revisions, "--actor", "maria")

        card = pk.json("person", "get", keep)["card"]
        self.assertEqual({name: value for name, value in card.items() if name != "changed_ms"}, {
            name: value for name, value in shown["card"].items() if name != "changed_ms"
        })  # fmt: skip
        self.assertEqual((card["email"], card["family_name"], card["groups"]), ("ny@example.test", canary, [int(group)]))
        self.assertEqual((card["consents"][0]["granted"], card["consents"][0]["source"]), (False, "phone"))
        # Whoever comes with the other id or its number is led.
        for words in ((drop,), ("--customer-number", "K23")):
            done = pk.expect(0, "person", "get", *words)
            self.assertEqual(done.stderr, f"pk: person {drop} was merged into this one\n")
            self.assertEqual(done.stdout.split()[:2], ["person", keep])
        found = pk.expect(0, "person", "search", "number:K23", "--columns", "person", "--no-headers").stdout
        self.assertEqual(found.split(), [keep])
        history = pk.json("person", "history", drop)
        self.assertEqual((history["merged_from"], history["versions"][0]["merged"], history["versions"][0]["actor"]), (int(drop), int(drop), "maria"))
        self.assertEqual(len(pk.json("person", "history", drop, "--before-merge")["versions"]), 1)
        done = pk.run("person", "update", drop, "--family-name", "Ek")
        self.assertIn("wrong_state", done.stderr)
        self.assertIn(f"merged into that of person {keep}", done.stderr)
        done = pk.run("person", "merge", keep, drop)
        self.assertTrue(done.stderr.startswith("pk: DROP"), done.stderr)

        # What comes later for the other id is the kept person's, too: an activity, a send, a late outcome.
        pk.expect(0, "activity", "create", drop, 1, "Ringde igen")
        again = pk.json("email", "send", drop, "--subject", "Hej", "--text", "Hej.", "--wait")
        self.assertEqual((again["person"], again["state"]), (int(keep), "accepted"))
        pk.expect(0, "recipient", "resolve", sent["recipient"], "bounced")
        self.followed()
        listed = self.activities(int(keep))["activities"]
        self.assertEqual({activity["person"] for activity in listed}, {int(keep)})
        self.assertEqual(sorted(activity.get("outcome", "") for activity in listed), ["", "", "accepted", "bounced"])
        self.assertEqual(self.activities(int(drop))["activities"], listed)
        self.assertEqual((self.figures(int(keep)), self.figures(int(drop))), (4, 4))
        self.assertEqual(pk.expect(0, "person", "card", drop).stderr, f"pk: person {drop} was merged into this one\n")
        self.verify()

    def test_duplicates(self):
        pk = self.pk
        evas = [pk.value("person", "person", "create", "--given-name", name, "--family-name", "Ek", "--mobile", "070-174 06 05") for name in ("Eva", "EVA", "Bo")]
        likely, family = pk.json("person", "duplicates", evas[0])["duplicates"]
        self.assertEqual((likely["other"], likely["shared"], likely["likely"]), (int(evas[1]), ["name", "phone"], True))
        self.assertEqual((family["other_name"], family["shared"], family["likely"]), ("Bo Ek", ["phone"], False))
        self.assertEqual([line[0] for line in pk.table("person", "duplicates", "--no-headers")], [evas[0]])
        done = pk.expect(0, "person", "duplicates", "--weak", "--limit", "1")
        self.assertIn(f"--after {evas[0]}", done.stderr)
        self.assertEqual(len(pk.json("person", "duplicates", "--weak", "--after", evas[0])["duplicates"]), 1)
        pk.expect(0, "person", "merge", evas[0], evas[1])
        self.assertEqual(pk.json("person", "duplicates")["duplicates"], [])

    def write_many(self, person):
        for _ in range(MANY // BATCH):
            batch = self.client.batch()
            for number in range(BATCH):
                batch.activity.create(person=person, type=1 + number % 5, subject="Ringde", start_ms=1_795_000_000_000 + number * 60_000)
            for outcome in batch.send():
                self.assertNotIsInstance(outcome, Exception)

    def test_many_activities_through_kills(self):
        client, chance = self.client, random.Random(20261126)
        keep, drop = (client.person.create(given_name="Åsa")["person"] for _ in range(2))
        client.activity.create(person=keep, type=1, subject="Hennes egen")
        self.write_many(drop)
        before = self.system.health("activity")["seq"]
        client.person.merge(keep=keep, drop=drop)
        late, waits, middles = [], [], 0
        for moved in (*KILLED_AFTER, None):
            while moved is not None and self.system.health("activity")["seq"] < before + moved:
                begun = time.monotonic()
                late.append(client.activity.create(person=chance.choice((keep, drop)), type=1, subject="Under tiden")["activity"])
                waits.append(time.monotonic() - begun)
            if moved is not None:
                self.system.kill("activity")
                other = chance.choice(("stats", "person", "notification"))
                self.system.kill(other)
                self.system.start(other)
                self.system.start("activity")
                middles += self.system.health("activity")["seq"] < before + MANY
        self.assertGreaterEqual(middles, 2)  # it was killed in the middle of it
        self.assertLess(sorted(waits)[len(waits) // 2], 0.5)  # those who come meanwhile are not held up
        self.followed()
        records = self.system.journal("activity")
        moves = collections.Counter(record.body["activity"]["activity"] for record in records if record.type == "activity.moved")
        self.assertEqual((len(moves), set(moves.values())), (MANY, {1}))
        for record in records:
            if record.type == "activity.moved":
                self.assertEqual((record.person, record.body["activity"]["person"], record.body["from"]), (keep, keep, drop))
        self.assertFalse(moves.keys() & set(late))
        self.assertEqual(self.figures(keep), MANY + 1 + len(late))
        self.assertEqual(client.stats.figures()["total"]["activities"], MANY + 1 + len(late))
        self.verify()

    def test_chains_and_customers(self):
        client = self.client
        people = [client.person.create(given_name=name)["person"] for name in "ABC"]
        client.employee.register(person=people[0], employee_number="A1", started_on="2024-08-01")
        customers = [client.person.create(given_name="Kund", account_manager=people[0])["person"] for _ in range(20)]
        client.activity.create(person=people[0], type=1, subject="Ringde")
        self.assertEqual(client.person.merge(keep=people[1], drop=people[0])["customers"], 20)
        client.person.merge(keep=people[2], drop=people[1])
        with self.assertRaises(Refused) as refused:
            client.person.merge(keep=people[2], drop=people[0])
        self.assertEqual((refused.exception.code, refused.exception.field), ("wrong_state", "drop"))
        self.system.kill("person")
        self.system.start("person")

        def managers():
            return {client.person.get(person=customer)["card"]["account_manager"] for customer in customers}

        wait_until(lambda: managers() == {people[2]}, what="moving the customers")
        self.followed()
        for person in people:
            self.assertEqual(client.person.get(person=person)["card"]["person"], people[2])
            self.assertEqual([activity["person"] for activity in self.activities(person)["activities"]], [people[2]])
        self.verify()


if __name__ == "__main__":
    unittest.main()
