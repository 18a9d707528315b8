#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole register by `pk`: organisations, employees, pick-lists, every field of a card, its history, and the tab as one screen."""

import re
import unittest

from harness import System, wait_until
from harness.pk import Pk


class Register(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System("person", "activity", "notification", "stats"))
        cls.pk = pk = Pk(cls.system.bus_path)

        def entry(list_name, name, *words):
            return pk.value("entry", "entry", "create", list_name, name, *words)

        cls.organisation = pk.value("organisation", "organisation", "create", "Norrlands Kraft AB", "--organisation-number", "5560360793")
        cls.department = entry("department", "Ekonomi", "--organisation", cls.organisation)
        cls.entries = {name: entry(name, f"En {name}") for name in ("job_title", "category", "region", "benefit_status", "sales_status")}
        cls.groups = [entry("group", name) for name in ("Vegan", "Träning")]
        cls.manager = pk.value("person", "person", "create", "--given-name", "Anna", "--family-name", "Lind")
        pk.expect(0, "employee", "register", cls.manager, "A17", "2024-08-01")

    def create(self, personal_number):
        choices = [word for name, entry in self.entries.items() for word in (f"--{name.replace('_', '-')}", entry)]
        return self.pk.value(
            "person", "person", "create", "--given-name", "Åsa", "--family-name", "Öberg", "--personal-number", personal_number,
            "--mobile", "070-174 06 05", "--work-phone", "090-785 60 00", "--address-street", "Storgatan 3", "--address-postal-code",
            "90326", "--address-city", "Umeå", "--gender", "woman", "--notes", "Ringer helst.", "--organisation", self.organisation,
            "--department", self.department, "--account-manager", self.manager, "--groups", ",".join(self.groups), *choices,
            "--consent", "email=granted,source=form",
        )  # fmt: skip

    def test_the_tab_on_one_screen(self):
        person = self.create("811218-9876")
        for activity_type, subject in ((1, "Ringde"), (3, "Besökte"), (1, "Ringde igen")):
            self.pk.expect(0, "activity", "create", person, activity_type, subject, "--status", "in_progress")
        wait_until(lambda: self.pk.json("stats", "--person", person)["total"]["activities"] == 3)
        screen = self.pk.expect(0, "person", "card", person).stdout
        head, fields, activities, figures = screen.rstrip("\n").split("\n\n")
        self.assertEqual(head, "Åsa Öberg")
        card = dict(line.split(None, 1) for line in fields.splitlines())
        self.assertEqual(card["personal_number"], "198112189876")
        self.assertEqual(card["birth_date"], "1981-12-18")
        self.assertEqual(card["organisation"], f"Norrlands Kraft AB ({self.organisation})")
        self.assertEqual(card["department"], f"Ekonomi ({self.department})")
        self.assertEqual(card["account_manager"], f"Anna Lind ({self.manager})")
        self.assertEqual(card["groups"], f"Vegan ({self.groups[0]}), Träning ({self.groups[1]})")
        for name, entry in self.entries.items():
            self.assertEqual(card[name], f"En {name} ({entry})")
        self.assertIn("Umeå", card["address"])
        self.assertIn("granted", card["consents"])
        lines = activities.splitlines()
        self.assertEqual(lines[0].split(), ["START_MS", "TYPE", "STATUS", "OUTCOME", "SUBJECT"])
        self.assertEqual(len(lines), 4)
        self.assertTrue(lines[1].endswith("Ringde igen"))
        self.assertIn("Utgående samtal", lines[1])
        self.assertEqual([line.split()[-2:] for line in figures.splitlines()], [["ACTIVITIES", "CONTACTS"], ["2", "2"], ["1", "1"], ["3", "3"]])
        whole = self.pk.json("person", "card", person)
        self.assertEqual(whole["card"], self.pk.json("person", "get", person)["card"])
        self.assertEqual({str(entry["entry"]) for entry in whole["entries"]}, {self.department, *self.groups, *self.entries.values()})
        self.assertEqual(whole["figures"]["total"]["activities"], 3)

    def test_a_person_who_has_nothing(self):
        person = self.pk.value("person", "person", "create", "--given-name", "Bo")
        screen = self.pk.expect(0, "person", "card", person).stdout
        self.assertTrue(screen.startswith("Bo\n\n"), screen)
        self.assertTrue(screen.rstrip().endswith("0"), screen)

    def test_history_tells_who_when_what(self):
        person = self.create("121212-1212")
        self.pk.expect(0, "person", "update", person, "--clear-notes", "--family-name", "Ek", "--actor", "maria")
        versions = self.pk.json("person", "history", person)["versions"]
        self.assertEqual([(version["revision"], version["actor"]) for version in versions], [(2, "maria"), (1, "tester")])
        self.assertEqual(
            versions[0]["changes"], [{"field": "family_name", "from": "Öberg", "to": "Ek"}, {"field": "notes", "from": "Ringer helst."}]
        )
        made = {change["field"]: change["to"] for change in versions[1]["changes"]}
        self.assertEqual(made["address"], {"street": "Storgatan 3", "postal_code": "903 26", "city": "Umeå"})
        self.assertIn("maria", self.pk.expect(0, "person", "history", person).stdout)

    def found(self, where, *words):
        done = self.pk.expect(0, "person", "search", where, "--columns", "person", "--no-headers", *words)
        return done.stdout.split(), done.stderr

    def test_search(self):
        made = {
            name: self.pk.value("person", "person", "create", "--given-name", name, "--family-name", "Hårsökt", *words)
            for name, words in {
                "Ärla": ("--mobile", "0046 73 111 22 33", "--groups", self.groups[0]),
                "Bo": ("--email", "Bo.Harsokt@example.test", "--groups", ",".join(self.groups)),
                "Zed": ("--region", self.entries["region"]),
            }.items()
        }
        everybody = [made[name] for name in ("Bo", "Zed", "Ärla")]
        self.assertEqual(self.found("harsokt"), (everybody, ""))
        self.assertEqual(self.found("harsokt", "--sort", "newest")[0], sorted(everybody, key=int, reverse=True))
        self.assertEqual(self.found("hårsökt", "--count"), (everybody, "pk: 3 in all\n"))
        self.assertEqual(self.found("name:harsokt group:Vegan -group:träning")[0], [made["Ärla"]])
        self.assertEqual(self.found('harsokt (region:"En region" or has:email)')[0], [made["Bo"], made["Zed"]])
        for phone in ("073-111 22 33", '"073-111 22 33"', "+46731112233", "0731112233 harsokt", 'phone:"+46 (0)73 111 22 33"'):
            self.assertEqual(self.found(phone)[0], [made["Ärla"]], phone)
        self.assertEqual(self.found("bo.harsokt@")[0], [made["Bo"]])
        first, said = self.found("harsokt", "--limit", 2)
        self.assertEqual(first, everybody[:2])
        place = said.rstrip("\n").rpartition(" ")[2]
        self.assertEqual(self.found("harsokt", "--limit", 2, "--after", place)[0], everybody[2:])
        self.pk.expect(0, "person", "update", made["Bo"], "--family-name", "Annan")
        self.assertEqual(self.found("harsokt")[0], everybody[1:])
        self.system.kill("person")
        self.system.start("person")
        self.assertEqual(self.found("harsokt")[0], everybody[1:])
        done = self.pk.run("person", "search", "colour:red")
        self.assertTrue(done.stderr.startswith("pk: WHERE: asks for a field that there is not"), done.stderr)

    def test_own_fields(self):
        pk = self.pk
        pk.expect(0, "field", "create", "shoe_size", "number", "Skostorlek", "--names-en", "Shoe size", "--order", 2)
        pk.expect(0, "field", "create", "level", "choice", "Nivå", "--order", 1, "--choice", "Silver", "--choice", "Guld=Gold")
        pk.expect(0, "field", "create", "locker", "text", "Skåp", "--order", 3)
        pk.expect(0, "field", "create", "until", "date", "Medlem till", "--order", 4)
        pk.expect(0, "field", "create", "vip", "yes_no", "VIP", "--order", 5)
        own = ("shoe_size=38,50", "level=gold", "locker=B 12, = vid Öster", "until=2027-01-31", "vip=yes")
        words = [word for value in own for word in ("--own", value)]
        person = pk.value("person", "person", "create", "--given-name", "Åsa", "--family-name", "Egenfält", *words)
        lines = pk.expect(0, "person", "card", person).stdout.split("\n\n")[1].splitlines()
        shown = [match.groups() for match in map(re.compile(r"(.+) \(own\.(\w+)\) +(.+)").fullmatch, lines) if match]
        self.assertEqual(
            shown,
            [
                ("Nivå", "level", "Guld (2)"),
                ("Skostorlek", "shoe_size", "38.5"),
                ("Skåp", "locker", "B 12, = vid Öster"),
                ("Medlem till", "until", "2027-01-31"),
                ("VIP", "vip", "yes"),
            ],
        )
        whole = pk.json("person", "card", person)
        self.assertEqual([field["name"] for field in whole["own_fields"]], ["level", "shoe_size", "locker", "until", "vip"])
        self.assertEqual(whole["card"]["own"][0], {"field": whole["own_fields"][1]["field"], "name": "shoe_size", "number": "38.5"})
        for where in ("own.shoe_size:38..40", "own.level:guld", 'own.locker:"oster b"', "own.until:2027-01", "own.vip:yes", "has:own.level"):
            self.assertEqual(self.found(f"egenfalt {where}")[0], [person], where)
        self.assertEqual(self.found("egenfalt own.shoe_size:39..")[0], [])
        self.system.client().person.update(person=int(person), own=[{"name": "shoe_size", "value": "39"}, {"name": "locker", "value": ""}])
        self.assertEqual(self.found("egenfalt own.shoe_size:39.. own.locker:none")[0], [person])
        changes = pk.json("person", "history", person)["versions"][0]["changes"]
        self.assertEqual(
            changes, [{"field": "own.shoe_size", "from": "38.5", "to": "39"}, {"field": "own.locker", "from": "B 12, = vid Öster"}]
        )
        for value, said in (
            ("shoe_size=stor", "pk: own.shoe_size: is not a number"),
            ("until=2027-02-30", "pk: own.until: is not a day"),
            ("level=Platina", "pk: own.level: is none of the field's choices"),
            ("colour=red", "pk: --own: there is no own field of this name"),
            ("vip", "pk: --own must be written NAME=VALUE"),
        ):
            done = pk.run("person", "update", person, "--own", value)
            self.assertTrue(done.stderr.startswith(said), done.stderr)
        done = pk.run("person", "update", person, "--revision", 1, "--own", "shoe_size=40", "--own", "vip=no")
        both = {line.split()[0]: line.split()[1:] for line in done.stderr.splitlines() if line.startswith("own.")}
        self.assertEqual(both, {"own.shoe_size": ["38.5", "39", "40"], "own.vip": ["yes", "yes", "no"], "own.locker": "B 12, = vid Öster".split()})
        pk.expect(0, "field", "update", "level", "--choice", "2,active=no", "--choice", "1=Stål,en=Steel", "--add-choice", "Platina")
        pk.expect(0, "person", "update", person, "--own", "level=Guld")
        done = pk.run("person", "create", "--given-name", "Bo", "--own", "level=Guld")
        self.assertIn("own.level: the choice is deactivated", done.stderr)
        choices = pk.json("field", "list")["fields"][0]["choices"]
        self.assertEqual(
            [(choice["names"], choice["active"]) for choice in choices],
            [({"sv": "Stål", "en": "Steel"}, True), ({"sv": "Guld", "en": "Gold"}, False), ({"sv": "Platina"}, True)],
        )
        pk.expect(0, "bulk", "start", "egenfalt own.vip:yes", "--set-own", "vip=no", "--set-own", "shoe_size=41.25", "--wait")
        self.assertEqual(self.found("egenfalt own.vip:no own.shoe_size:41.25")[0], [person])
        usage = {name: persons for _, name, persons in pk.table("field", "usage", "--no-headers")}
        self.assertEqual(usage, {"level": "1", "shoe_size": "1", "locker": "0", "until": "1", "vip": "1"})
        done = pk.run("field", "delete", "level")
        self.assertIn("1 card has it", done.stderr)
        pk.expect(0, "field", "delete", "locker")
        self.system.kill("person")
        self.system.start("person")
        self.assertEqual(self.found("egenfalt own.shoe_size:41..42 own.level:#2")[0], [person])

    def test_two_operators_and_one_card(self):
        person = self.pk.value("person", "person", "create", "--given-name", "Åsa", "--family-name", "Lind")
        self.pk.expect(0, "person", "update", person, "--revision", 1, "--family-name", "Eklund", "--actor", "maria")
        self.pk.expect(0, "person", "update", person, "--family-name", "Ek", "--notes", "Ringer helst.", "--actor", "karl")
        done = self.pk.run("person", "update", person, "--revision", 1, "--family-name", "Öberg", "--gender", "woman")
        self.assertIn("changed_since", done.stderr)
        said = done.stderr.splitlines()
        self.assertTrue(said[1].startswith("pk: revision 3 is of ") and said[1].endswith(", by karl"), done.stderr)
        self.assertTrue(said[2].startswith("pk: revision 2 is of ") and said[2].endswith(", by maria"), done.stderr)
        both = {line.split()[0]: line.split()[1:] for line in said[3:]}
        self.assertEqual(both["family_name"], ["Lind", "Ek", "Öberg"])
        self.assertEqual(both["notes"], ["Ringer", "helst."])
        self.assertEqual(both["gender"], ["woman"])
        self.assertEqual(self.pk.json("person", "get", person)["card"]["family_name"], "Ek")

    def test_employees_and_their_customers(self):
        employee = self.pk.value("person", "person", "create", "--given-name", "Eva")
        self.pk.expect(0, "employee", "register", employee, "B2", "2025-01-01")
        customer = self.pk.value("person", "person", "create", "--given-name", "Kund", "--account-manager", employee)
        card, _, customers = self.pk.expect(0, "employee", "end", employee, "2025-12-31").stdout.partition("\nThey need another account manager:\n")
        self.assertEqual(dict(line.split() for line in card.splitlines())["customers"], "1")
        self.assertEqual([line.split()[0] for line in customers.splitlines()[1:]], [customer])
        self.assertEqual([card["person"] for card in self.pk.json("employee", "end", employee, "2025-12-31")["cards"]], [int(customer)])
        done = self.pk.run("person", "create", "--given-name", "Ny", "--account-manager", employee)
        self.assertTrue(done.stderr.startswith("pk: --account-manager"), done.stderr)
        self.pk.expect(0, "person", "update", customer, "--account-manager", self.manager)
        listed = {line[0]: line for line in self.pk.table("employee", "list", "--no-headers")}
        self.assertEqual(listed["B2"][-2:], ["2025-12-31", "0"])

    def test_what_is_used_is_not_deleted(self):
        entry = self.pk.value("entry", "entry", "create", "region", "Väst")
        person = self.pk.value("person", "person", "create", "--given-name", "Åsa", "--region", entry)
        done = self.pk.run("entry", "delete", entry)
        self.assertIn("1 card has it", done.stderr)
        self.assertIn([entry, "Väst", "1"], self.pk.table("entry", "usage", "region"))
        self.pk.expect(0, "person", "update", person, "--clear-region")
        self.pk.expect(0, "entry", "delete", entry)
        self.assertNotIn(entry, [line[0] for line in self.pk.table("entry", "list", "region", "--columns", "entry", "--no-headers")])
        self.create("811278-9873")
        done = self.pk.run("organisation", "delete", self.organisation)
        self.assertIn("persons belong to it", done.stderr)
        names = [line[1] for line in self.pk.table("organisation", "list", "norr", "--no-headers")]
        self.assertEqual(names, ["Norrlands"])


if __name__ == "__main__":
    unittest.main()
