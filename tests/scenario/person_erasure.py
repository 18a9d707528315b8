#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A person with activities, mails and an SMS is erased from all services: proven by a search of every byte of every file.

Figures keep their totals; nothing of anybody else goes; a restore from an older backup erases him again. Source: domain.md 6, design.md 10.6,
faults.md F34, F38.
"""

import quopri
import shutil
import unittest

from harness import System, wait_until
from harness.backups import restore_all
from harness.pk import Pk

SERVICES = ("person", "activity", "notification", "stats")
TEXT = "Hemlig text till Försvinnande, som ingen annan har fått."
SECRETS = (
    "Försvinnande", "Oförglömlig", "unik.adress@example.test", "+46701740605", "198112189876", "Borttagna gatan 7", "Hemliga anteckningar",
    "Ringde om hemligheten", "Vad hen sade", "Ämne som ingen har", TEXT, "SMS som ingen har", "bad om det själv", "Ungmö", "gammal@example.test",
    "Dubbelgångare", "dubbel.adress@example.test", "Ringde dubbelgången", "Till dubbelgången", "Dold bok",
)  # fmt: skip


def forms(secret):
    """A text as it may stand in a file."""
    raw = secret.encode()
    return {raw, raw.lower(), quopri.encodestring(raw).rstrip(), quopri.encodestring(raw, header=True)}


class Erasure(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System(*SERVICES))
        self.pk = Pk(self.system.bus_path)

    def holding(self):
        """Which secrets the files hold: (file, secret)."""
        found = set()
        for path in self.system.data_path.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            found |= {(path.name, secret) for secret in SECRETS if any(form in content for form in forms(secret))}
        return found

    def make(self):
        """One who is to go, with an import, an earlier name and a merge behind him, and one who stays, both with the same kinds of things."""
        file = self.system.folder / "persons.csv"
        file.write_text(
            "given_name,family_name,email,mobile,personal_number,address.street,notes,customer_number\n"
            "Försvinnande,Ungmö,Unik.Adress@example.test,070-174 06 05,811218-9876,Borttagna gatan 7,Hemliga anteckningar.,77\n"
            "Importerad,Blivande,,,,,,78\n"
        )
        self.pk.expect(0, "person", "import", file)
        self.person = str(self.pk.json("person", "get", "--customer-number", "77")["card"]["person"])
        self.pk.expect(0, "person", "update", self.person, "--family-name", "Oförglömlig")
        self.pk.expect(0, "person", "update", self.person, "--email", "gammal@example.test")
        self.pk.expect(0, "person", "update", self.person, "--email", "Unik.Adress@example.test")
        self.double = self.pk.value("person", "person", "create", "--given-name", "Dubbelgångare", "--email", "dubbel.adress@example.test", "--customer-number", "D-77", "--notes", "Dold bok.")
        self.pk.expect(0, "activity", "create", self.double, 1, "Ringde dubbelgången", "--status", "in_progress")
        self.pk.expect(0, "email", "send", self.double, "--subject", "Till dubbelgången", "--text", "Hej.", "--wait")
        self.pk.expect(0, "person", "merge", self.person, self.double)
        self.pk.expect(0, "entry", "create", "group", "Nya")
        self.pk.expect(0, "bulk", "start", "name:försvinnande", "--set-groups-add", 1, "--wait")
        self.pk.expect(0, "selection", "save", "Den vi söker", "unik.adress@example.test")
        self.pk.expect(0, "selection", "save", "Nya", "group:nya -selection:\"Den vi söker\"")
        self.other = self.pk.value("person", "person", "create", "--given-name", "Blivande", "--email", "kvar@example.test")
        self.pk.expect(0, "activity", "create", self.person, 1, "Ringde om hemligheten", "--body", "Vad hen sade.", "--status", "in_progress")
        deleted = self.pk.value("activity", "activity", "create", self.person, 3, "Ringde om hemligheten igen")
        self.pk.expect(0, "activity", "delete", deleted)
        self.pk.expect(0, "activity", "create", self.other, 1, "Ringde den andra", "--status", "in_progress")
        attached = self.system.folder / "attached.txt"
        attached.write_text(TEXT)
        self.pk.expect(0, "email", "send", self.person, "--subject", "Ämne som ingen har", "--text", TEXT, "--attach", attached, "--wait")
        self.pk.expect(0, "sms", "send", self.person, "SMS som ingen har", "--wait")
        self.pk.expect(0, "email", "send", self.other, "--subject", "Till den andra", "--text", "Kvar.", "--wait")
        wait_until(lambda: self.figures()["total"]["activities"] == 7)

    def figures(self, *words):
        return self.pk.json("stats", *words)

    def cells(self, dimension):
        return self.figures("--by", dimension)["cells"]

    def wait_erased(self):
        for service in SERVICES:
            # A service that has not followed so far has not begun.
            wait_until(lambda: not self.system.ask(service, "service.health").get("erasing"), what=f"the erasing by {service}")

    def erase(self):
        self.pk.expect(0, "person", "mark", self.person, "--reason", "bad om det själv", "--actor", "anna")
        self.assertIn("the selection Den vi söker", self.pk.expect(4, "person", "erase", self.person, "--actor", "bo").stderr)
        self.pk.expect(0, "selection", "save", "Nya", "group:nya")
        self.pk.expect(0, "selection", "delete", "Den vi söker")
        self.assertIn("erasure_marked_by", self.pk.expect(0, "person", "card", self.person).stdout)
        done = self.pk.expect(7, "person", "erase", self.person, "--actor", "Anna")
        self.assertIn("somebody else", done.stderr)
        self.pk.expect(0, "person", "erase", self.person, "--actor", "bo")
        seq = self.system.health("person")["seq"]
        for service in ("activity", "notification", "stats"):
            self.system.wait_followed(service, "person", seq)
        self.wait_erased()
        for service, source in (("activity", "notification"), ("stats", "activity")):
            self.system.wait_followed(service, source, self.system.health(source)["seq"])

    def compact(self):
        for service in SERVICES:
            self.assertTrue(self.system.health(service).get("compact_since_ms"))
            self.pk.expect(0, "service", "compact", service, "--timeout", 30)
        for service in SERVICES:
            wait_until(lambda: self.system.answers(service) and not self.system.health(service).get("compact_since_ms"), what=f"compacting {service}")

    def verify(self, needles, code):
        return self.pk.expect(code, "verify", "--erased", self.person, "--needles", needles, "--data", self.system.data_path)

    def test_nothing_is_left(self):
        self.make()
        held = {secret for _, secret in self.holding()}
        self.assertEqual(held, set(SECRETS) - {"bad om det själv"})  # or the search finds nothing at any time
        by_type = self.cells("type")
        needles = self.system.folder / "needles"
        needles.write_text(self.pk.expect(0, "person", "needles", self.person).stdout)
        lines = needles.read_text().splitlines()
        for secret in ("Försvinnande Oförglömlig", "Oförglömlig", "Ungmö", "gammal@example.test", "Dubbelgångare", "dubbel.adress@example.test", "Dold bok.", "Unik.Adress@example.test", "198112189876", "Vad hen sade.", TEXT):
            self.assertIn(secret, lines)
        said = self.verify(needles, 1).stdout
        self.assertIn("nobody has erased him", said)
        places = [line for line in said.splitlines() if " of the needles at byte " in line]
        self.assertEqual(len({line.split(" at byte ")[0] for line in places}), len(places))

        self.erase()
        self.assertEqual(self.cells("type"), by_type)
        self.assertEqual(self.figures("--person", self.person)["total"]["activities"], 0)
        people = {cell.get("person"): cell["activities"] for cell in self.cells("person")}
        self.assertEqual(people, {None: 5, int(self.other): 2})
        self.assertEqual(self.pk.json("activity", "list", self.person)["activities"], [])
        self.assertEqual(self.pk.json("activity", "get", 1)["activity"]["subject"], "erased")
        self.pk.expect(0, "verify")
        said = self.verify(needles, 1).stdout
        self.assertIn("pk service compact person", said)
        self.assertEqual(list(self.system.data_path.glob("notification/outbox/*/[123].*")), [])

        self.compact()
        self.assertEqual(self.holding(), set())
        self.verify(needles, 0)
        self.pk.expect(0, "verify", "--erased", self.person)
        self.pk.expect(0, "verify")
        self.assertEqual(self.pk.json("person", "get", self.other)["card"]["given_name"], "Blivande")
        self.assertEqual(len(self.pk.json("activity", "list", self.other)["activities"]), 2)
        self.assertTrue((self.system.data_path / "notification/outbox/email/4.eml").exists())
        again = self.pk.value("person", "person", "create", "--given-name", "Ny", "--personal-number", "811218-9876", "--customer-number", "77")
        self.assertGreater(int(again), int(self.person))
        for secret in SECRETS:
            self.system.canary(secret)  # no log has it either

    def test_an_import_that_is_taken_back_leaves_nobody(self):
        """Whoever goes with it has no card, and could not be erased afterwards."""
        file = self.system.folder / "persons.csv"
        file.write_text("given_name,family_name,email\nFörsvinnande,Ungmö,unik.adress@example.test\nOförglömlig,Ungmö,gammal@example.test\n")
        self.pk.expect(0, "person", "import", file)
        planned, tested = "1", "2"
        self.pk.expect(0, "activity", "create", planned, 1, "Ringde om hemligheten", "--start", "2199-05-01 10:00", "--body", "Vad hen sade.")
        self.pk.expect(0, "email", "send", tested, "--subject", "Ämne som ingen har", "--text", TEXT, "--test", "--wait")
        wait_until(lambda: self.figures()["total"]["activities"] == 1)
        self.assertNotIn("compact_since_ms", self.system.health("person"))
        self.assertEqual(self.pk.json("import", "undo", 1)["removed"], 2)
        for service in ("activity", "notification", "stats"):
            self.system.wait_followed(service, "person", self.system.health("person")["seq"])
        self.wait_erased()
        self.system.wait_followed("stats", "activity", self.system.health("activity")["seq"])
        self.assertEqual(self.pk.json("activity", "list", planned)["activities"], [])
        self.assertEqual([cell.get("person") for cell in self.cells("person")], [None])
        self.assertNotIn("person", self.pk.json("recipient", "list")["recipients"][0])
        for service in SERVICES:
            self.pk.expect(0, "service", "compact", service, "--timeout", 30)
        for service in SERVICES:
            wait_until(lambda: self.system.answers(service) and not self.system.health(service).get("compact_since_ms"), what=f"compacting {service}")
        self.assertEqual(self.holding(), set())
        for person in (planned, tested):
            self.pk.expect(0, "verify", "--erased", person)
        self.pk.expect(0, "verify")

    def test_a_restore_erases_again(self):
        self.make()
        self.pk.expect(0, "employee", "register", self.person, "E-9", "2020-01-01")
        self.pk.expect(0, "person", "update", self.other, "--account-manager", self.person)
        self.pk.expect(0, "backup", "make", "early", timeout_s=120)
        by_type = self.cells("type")
        self.pk.expect(0, "person", "update", self.other, "--clear-account-manager")
        self.erase()
        for service in SERVICES:
            self.system.stop(service)
        restore_all(self.system, "early")
        for replaced in self.system.data_path.glob("*/replaced-*"):
            shutil.rmtree(replaced)
        settings = self.system.folder / "settings.zpl"
        settings.write_text('erasure\n    compact = "at_once"\n')
        for service in SERVICES:
            self.system.start(service, "--config", settings)
        self.assertIn("was erased", self.pk.run("person", "get", self.person).stderr)
        for person in (self.person, self.double):
            logged = self.pk.json("access", "list", "--person", person, "--kind", "erased")["accesses"]
            self.assertIn(("person.erased", "person"), {(access["type"], access["actor"]) for access in logged})
        self.assertEqual(self.pk.json("activity", "list", self.person)["activities"], [])
        self.pk.expect(0, "person", "card", self.other)
        wait_until(lambda: "account_manager" not in self.pk.json("person", "get", self.other)["card"], what="his customer without him")
        self.assertEqual([selection["name"] for selection in self.pk.json("selection", "list")["selections"]], ["Nya"])
        for service in SERVICES:
            wait_until(lambda: self.system.answers(service) and not self.system.health(service).get("compact_since_ms"), what=f"compacting {service}")
        self.assertEqual(self.holding(), set())
        for service, source in (("activity", "notification"), ("stats", "activity")):
            self.system.wait_followed(service, source, self.system.health(source)["seq"])
        self.assertEqual(self.cells("type"), by_type)
        self.pk.expect(0, "verify", "--erased", self.person)
        self.pk.expect(0, "verify")


if __name__ == "__main__":
    unittest.main()
