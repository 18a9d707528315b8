#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The access log: who saw, changed or exported what is told within a second, outlives kill -9, and cannot be altered unnoticed."""

import json
import shutil
import time
import unittest

from harness import System, wait_until
from harness.pk import Pk
from personkort import Refused


class AccessLog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System("person", "activity", "notification", "stats"))
        cls.pk = Pk(cls.system.bus_path)

    def accesses(self, person, *words, at_least=1):
        """What `pk access list` tells of a person, newest first, when that is so many."""

        def listed():
            found = self.pk.json("access", "list", "--person", person, *words)["accesses"]
            return found if len(found) >= at_least else None

        return wait_until(listed, what="what was shown or done being logged")

    def create(self, name="Åsa"):
        return self.system.client().person.create(given_name=name)["person"]

    def test_who_did_what(self):
        person = self.create()
        activity = self.pk.value("activity", "activity", "create", person, 1, "Ringde")
        self.pk.expect(0, "person", "get", person, "--actor", "anna")
        self.pk.expect(0, "person", "update", person, "--notes", "Ringer helst.", "--actor", "bo")
        self.pk.expect(0, "activity", "get", activity, "--actor", "cecilia")
        self.pk.expect(0, "activity", "finish", activity, "--actor", "david")
        self.pk.expect(0, "person", "dossier", person, "--actor", "eva")
        found = self.accesses(person, at_least=7)
        told = {(access["kind"], access["actor"], access["type"], access["service"]) for access in found}
        self.assertEqual(
            told,
            {
                ("saw", "anna", "person.get", "person"),
                ("changed", "bo", "person.update", "person"),
                ("saw", "cecilia", "activity.get", "activity"),
                ("changed", "david", "activity.finish", "activity"),
                ("exported", "eva", "person.dossier", "person"),
                ("exported", "eva", "activity.dossier", "activity"),
                ("exported", "eva", "recipient.dossier", "notification"),
            },
        )
        times = [access["time_ms"] for access in found]
        self.assertEqual(times, sorted(times, reverse=True))
        self.assertTrue(all(abs(time.time() * 1000 - ms) < 60_000 for ms in times))
        self.assertEqual([access["actor"] for access in self.accesses(person, "--kind", "changed", at_least=2)], ["david", "bo"])
        self.assertEqual(len(self.accesses(person, "--service", "activity", at_least=3)), 3)
        self.assertEqual([access["type"] for access in self.accesses(person, "--by", "anna")], ["person.get"])
        done = self.pk.expect(0, "access", "list", "--person", person, "--limit", 3)
        self.assertEqual(len(done.stdout.splitlines()), 4)
        until = done.stderr.split("--until ")[1].split(",")[0]
        older = self.pk.json("access", "list", "--person", person, "--until", until)["accesses"]
        self.assertEqual(older[-1], found[-1])

    def test_pairs_show_both(self):
        twins = [[self.create(f"Tvilling {letter}") for _ in range(2)] for letter in "ABCDE"]
        for number, pair in enumerate(twins):
            for person in pair:
                self.pk.expect(0, "person", "update", person, "--email", f"tvilling{number}@example.test")
        self.pk.expect(0, "person", "duplicates", "--actor", "parfinnare")
        for person in sum(twins, []):
            self.assertEqual([access["type"] for access in self.accesses(person, "--by", "parfinnare")], ["person.duplicates"])

    def test_who_looked_at_a_merged_card_looked_at_the_person(self):
        kept, first, second = (self.create(f"Sammanslagen {letter}") for letter in "ABC")
        for person, actor in ((kept, "anna"), (first, "bo"), (second, "cecilia")):
            self.pk.expect(0, "person", "get", person, "--actor", actor)
        self.pk.expect(0, "person", "merge", first, second, "--actor", "david")
        self.pk.expect(0, "person", "merge", kept, first, "--actor", "eva")
        self.assertEqual(self.system.client().person.merged_cards(person=kept, limit=10)["merged"], [first, second])
        told = {(access["person"], access["actor"]) for access in self.accesses(kept, at_least=7)}
        self.assertEqual(
            told, {(kept, "anna"), (first, "bo"), (second, "cecilia"), (first, "david"), (second, "david"), (kept, "eva"), (first, "eva")}
        )
        self.assertEqual({access["person"] for access in self.accesses(second)}, {second})

    def test_who_takes_an_import_back_is_told(self):
        file = self.system.folder / "persons.csv"
        file.write_text("given_name,customer_number\nImporterad,T1\nOckså importerad,T2\n")
        self.pk.expect(0, "person", "import", file, "--actor", "anna")
        persons = [self.pk.json("person", "get", "--customer-number", number)["card"]["person"] for number in ("T1", "T2")]
        self.pk.expect(0, "import", "undo", self.pk.json("import", "list")["imports"][-1]["import"], "--actor", "bo")
        for person in persons:
            (access,) = self.accesses(person, "--kind", "erased")
            self.assertEqual((access["type"], access["actor"]), ("person.removed", "bo"))
        self.pk.expect(0, "access", "verify")

    def test_a_list_shows_whoever_is_on_it(self):
        before, *persons = (self.create("Lisa") for _ in range(4))
        self.pk.expect(0, "person", "list", "--after", before, "--limit", 2, "--actor", "lister")
        for person in persons[:2]:
            (access,) = self.accesses(person, "--by", "lister")
            self.assertEqual((access["type"], access["actor"]), ("person.list", "lister"))
        self.assertEqual(self.pk.json("access", "list", "--person", persons[2])["accesses"], [])

    def test_who_may_not_look(self):
        with self.assertRaises(Refused) as refused:
            self.system.client().access.list("person", limit=0)
        self.assertEqual(refused.exception.field, "limit")
        done = self.pk.run("access", "list", "--after", "1.0")
        self.assertEqual(done.returncode, 2, done.stderr)

    def test_nothing_is_lost_a_second_later(self):
        client, person = self.system.client(actor="frida"), self.create()
        client.person.get(person=person)
        time.sleep(1)
        self.system.kill("person")
        self.system.start("person")
        self.assertEqual([access["actor"] for access in self.accesses(person)], ["frida"])
        client.person.get(person=person)  # and a clean stop loses nothing at all
        self.system.stop("person")
        self.system.start("person")
        found = client.access.list("person", person=person, limit=10)["accesses"]
        self.assertEqual(len(found), 2)

    def test_verify(self):
        self.system.client().person.get(person=self.create())
        time.sleep(1)
        lines = {tuple(line[:3]): line[-1] for line in self.pk.table("access", "verify", "--no-headers")}
        self.assertEqual(lines, {("access", "log", service): "ok" for service in ("person", "activity", "notification", "stats")})
        checks = self.pk.json("verify")["checks"]
        self.assertIn(("access log", "person", 0), [(check["check"], check["of"], check["difference_count"]) for check in checks])


class Altered(unittest.TestCase):
    """Somebody who can write the files."""

    def setUp(self):
        self.system = self.enterContext(System("person"))
        self.pk = Pk(self.system.bus_path)
        self.client = self.system.client(actor="intruder")
        self.person = self.system.client().person.create(given_name="Åsa")["person"]
        self.store = self.system.data_path / "person"

    def look(self, times=1):
        """Each of them a row of its own."""
        for _ in range(times):
            before = self.head()["row"]
            self.client.person.get(person=self.person)
            wait_until(lambda before=before: self.head()["row"] > before)

    def head(self):
        return self.client.access.head("person")

    def verify(self, *words, code=0):
        """What is said to be wrong."""
        (check,) = self.pk.json("access", "verify", "--service", "person", *words, code=code)["checks"]
        return check["differences"]

    def test_a_name_is_noticed_that_was_written_over(self):
        self.look(3)
        self.assertEqual(self.verify(), [])
        self.system.stop("person")
        data = (self.store / "data.mdb").read_bytes()
        self.assertIn(b"intruder", data)
        (self.store / "data.mdb").write_bytes(data.replace(b"intruder", b"somebody"))
        self.system.start("person")
        self.assertEqual(self.client.access.list("person", person=self.person, limit=10)["accesses"][0]["actor"], "somebody")
        (said,) = self.verify(code=1)
        self.assertEqual(said, "person access log after row 0: row does not follow the one before it: it was altered, or that one was")

    def test_rows_that_were_cut_off_are_noticed_by_who_kept_the_head(self):
        self.look()
        self.system.stop("person")
        earlier = self.system.folder / "earlier"
        shutil.copytree(self.store, earlier)
        self.system.start("person")
        self.look(2)
        kept = self.system.folder / "head.json"
        kept.write_text(self.pk.expect(0, "access", "head", "--service", "person", "--json").stdout)
        self.assertEqual(json.loads(kept.read_text())["heads"][0]["row"], 3)
        self.look()
        self.assertEqual(self.verify("--head", kept), [])
        self.system.stop("person")
        shutil.rmtree(self.store)
        shutil.copytree(earlier, self.store)
        self.system.start("person")
        self.client.seen.clear()
        self.assertEqual(self.verify(), [])  # the chain itself is whole
        (said,) = self.verify("--head", kept, code=1)
        self.assertEqual(said, "person access log after row 1: rows are missing that were there when the head was kept")
        self.look(3)  # others in their place
        (said,) = self.verify("--head", kept, code=1)
        self.assertEqual(said, "person access log after row 2: not the row that was kept: it was written anew")

    def test_a_head_that_is_none(self):
        kept = self.system.folder / "head.json"
        kept.write_text('{"heads": [{"service": "person", "row": 1, "store": "00", "digest": ""}]}')
        done = self.pk.expect(2, "access", "verify", "--head", kept)
        self.assertIn("is not what pk access head --json prints", done.stderr)
        self.pk.expect(2, "access", "verify", "--head", self.system.folder / "absent")


if __name__ == "__main__":
    unittest.main()
