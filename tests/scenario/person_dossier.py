#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`pk person dossier`: everything that is held on one person, from all services, as JSON and as a document; whole, or not at all."""

import json
import stat
import time
import unittest

from harness import System, wait_until
from harness.pk import Pk

ACTIVITIES = 130  # more than a page


class Dossier(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System("person", "activity", "notification", "stats"))
        cls.pk = pk = Pk(cls.system.bus_path)
        client = cls.system.client()
        cls.group = pk.value("entry", "entry", "create", "group", "Vegan")
        cls.organisation = pk.value("organisation", "organisation", "create", "Norrlands Kraft AB")
        cls.person = client.person.create(
            given_name="Åsa", family_name="Öberg", email="asa.oberg@example.test", mobile="070-174 06 05", personal_number="811218-9876",
            organisation=int(cls.organisation), groups=[int(cls.group)], notes="Ringer helst.",
        )["person"]  # fmt: skip
        cls.other = client.person.create(given_name="Bo", email="bo@example.test")["person"]
        client.person.update(person=cls.person, family_name="Ek")
        batch = client.batch()
        for number in range(ACTIVITIES):
            batch.activity.create(person=cls.person, type=1, subject=f"Samtal {number}", body=f"Sade:\n  text {number}.", status="in_progress")
        batch.activity.create(person=cls.other, type=1, subject="En annans samtal", body="En annans text.")
        batch.send()
        client.email.send(person=cls.person, subject="Välkommen, Åsa!", text="Hej Åsa,\nvälkommen.", html="<p>Hej</p>")
        client.sms.send(person=cls.person, text="Passet börjar kl 18.")
        client.email.send(person=cls.other, subject="Hej Bo", text="En annans brev.")

    def test_as_json(self):
        began = time.monotonic()
        whole = self.pk.json("person", "dossier", self.person)
        self.assertLess(time.monotonic() - began, 20)  # seconds, on a busy machine with sanitizers, too
        self.assertEqual(whole["card"], self.pk.json("person", "get", self.person)["card"])
        self.assertEqual(whole["card"]["personal_number"], "198112189876")
        self.assertEqual([str(entry["entry"]) for entry in whole["entries"]], [self.group])
        self.assertEqual(whole["organisation"]["name"], "Norrlands Kraft AB")
        self.assertEqual([version["revision"] for version in whole["changes"]], [2, 1])
        self.assertEqual(whole["changes"][0]["changes"], [{"field": "family_name", "from": "Öberg", "to": "Ek"}])
        bodies = {activity.get("body") for activity in whole["activities"] if activity["origin"] == "manual"}
        self.assertEqual(bodies, {f"Sade:\n  text {number}." for number in range(ACTIVITIES)})
        mail, sms = whole["messages"]
        self.assertEqual(mail["send"]["text"], "Hej Åsa,\nvälkommen.")
        self.assertEqual(mail["send"]["html"], "<p>Hej</p>")
        self.assertEqual(mail["recipient"]["address"], "asa.oberg@example.test")
        self.assertEqual(sms["send"]["text"], "Passet börjar kl 18.")
        self.assertEqual(whole["figures_by_type"]["total"]["activities"], len(whole["activities"]))
        self.assertEqual(sum(cell["activities"] for cell in whole["figures_by_day"]["cells"]), len(whole["activities"]))
        self.assertNotIn("annan", json.dumps(whole))

    def test_it_tells_who_saw_him_and_is_noted_itself(self):
        person = self.system.client().person.create(given_name="Disa")["person"]
        self.pk.expect(0, "person", "get", person, "--actor", "nyfiken")
        wait_until(lambda: self.pk.json("access", "list", "--person", person)["accesses"])
        (access,) = self.pk.json("person", "dossier", person)["accesses"]
        self.assertEqual((access["kind"], access["actor"], access["service"]), ("saw", "nyfiken", "person"))
        exported = ("access", "list", "--person", person, "--kind", "exported")
        wait_until(lambda: len(self.pk.json(*exported)["accesses"]) == 3)

    def test_as_a_document(self):
        path = self.system.folder / "asa.txt"
        done = self.pk.expect(0, "person", "dossier", self.person, "--out", path)
        self.assertEqual(done.stdout, "")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        text = path.read_text()
        self.assertTrue(text.startswith("EVERYTHING HELD ON Åsa Ek\n"), text[:200])
        parts = ("CHANGES OF THE CARD (2)", f"ACTIVITIES ({text.count('(activity ')})", "E-MAIL AND SMS (2)", "FIGURES BY TYPE", "WHO SAW")
        places = [text.index(f"\n\n{heading}") for heading in ("\nTHE CARD", *parts)]
        self.assertEqual(places, sorted(places))
        self.assertIn("198112189876", text)
        self.assertIn(f"Vegan ({self.group})", text)
        self.assertIn("    family_name: Öberg became Ek\n", text)
        for number in range(ACTIVITIES):
            self.assertIn(f"    Samtal {number}\n\n    Sade:\n      text {number}.\n", text)
        self.assertIn("    Välkommen, Åsa!\n", text)
        self.assertIn("    Hej Åsa,\n    välkommen.\n", text)
        self.assertNotIn("annan", text)
        done = self.pk.expect(1, "person", "dossier", self.person, "--out", path)  # nothing is written over
        self.assertIn("cannot be made", done.stderr)
        self.assertEqual(path.read_text(), text)

    def test_whole_or_not_at_all(self):
        path = self.system.folder / "half.txt"
        self.pk.expect(3, "person", "dossier", 4711, "--out", path)
        self.assertFalse(path.exists())
        self.system.stop("stats")
        try:
            done = self.pk.expect(6, "person", "dossier", self.person, "--out", path, "--timeout", 1)
        finally:
            self.system.start("stats")
        self.assertEqual(done.stdout, "")
        self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main()
