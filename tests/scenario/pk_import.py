#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Files by `pk`: imported, refused with their lines, broken off by kill -9 and gone on with, taken back, exported, and imported again as they were."""

import csv
import io
import json
import pathlib
import tempfile
import time
import unittest

from harness import System, wait_until
from harness.pk import Pk

HEADER = "given_name,family_name,email,mobile,region,groups,consent.email,notes"


class Import(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System("person", "activity", "notification", "stats"))
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.pk = pk = Pk(cls.system.bus_path)
        for list_name, *names in (("region", "Norr", "Söder"), ("group", "Vegan", "Bad, bastu", "Träning"), ("category", "=Guld"), ("job_title", "Chef")):
            for name in names:
                pk.expect(0, "entry", "create", list_name, name)
        cls.organisation = pk.value("organisation", "organisation", "create", "Norrlands Kraft AB")
        pk.expect(0, "entry", "create", "department", "Ekonomi", "--organisation", cls.organisation)
        pk.expect(0, "field", "create", "shoe_size", "number", "Skostorlek")
        pk.expect(0, "field", "create", "locker", "text", "Skåp")
        manager = pk.value("person", "person", "create", "--given-name", "Anna", "--customer-number", "CHEF")
        pk.expect(0, "employee", "register", manager, "A17", "2024-08-01")

    def write(self, content, encoding="utf-8"):
        path = self.folder / f"{time.monotonic_ns()}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def found(self, where):
        return int(self.pk.json("person", "search", where, "--count", "--limit", 0)["total"])

    def imported(self, path, *words):
        return self.pk.json("person", "import", path, *words)["import"]

    def undo(self, made):
        return self.pk.json("import", "undo", made["import"])

    def test_encodings_and_delimiters(self):
        text = "Förnamn;Efternamn;Postort;Samtycke e-post\r\nÅsa;Öberg;Umeå;ja\r\n\"Bo \"\"Bosse\"\"\nEk\";;;nej\r\n"
        tries = {
            ("utf-8", ";"): "UTF-8 with semicolons",
            ("utf-8-sig", ","): "UTF-8 with commas",
            ("cp1252", "\t"): "Windows-1252 with tabs",
        }
        for (encoding, delimiter), said in tries.items():
            path = self.write(text.replace(";", delimiter).replace('\nEk"', '"'), encoding)
            done = self.pk.expect(0, "person", "import", path, "--json")
            self.assertIn(f"is read as {said}", done.stderr)
            made = json.loads(done.stdout)["import"]
            self.assertEqual((made["persons"], made["state"]), (2, "finished"))
            cards = self.pk.json("person", "search", f"import:#{made['import']}", "--sort", "oldest")["cards"]
            self.assertEqual([card["given_name"] for card in cards], ["Åsa", 'Bo "Bosse"'])
            self.assertEqual((cards[0]["family_name"], cards[0]["address"]["city"]), ("Öberg", "Umeå"))
            self.assertEqual([card["consents"][0]["granted"] for card in cards], [True, False])
            self.undo(made)
        done = self.pk.run("person", "import", "-", input="given_name,note\nÅsa,x\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 1: column note is no field of a person", done.stderr)
        done = self.pk.expect(0, "person", "import", "-", "--map", "Namn=given_name", "--ignore", "note", "--json", input="Namn,note\nÅsa,x\n")
        self.undo(json.loads(done.stdout)["import"])

    def test_a_dry_run_tells_everything_and_changes_nothing(self):
        self.pk.expect(0, "person", "create", "--given-name", "Finns", "--email", "finns@example.test", "--customer-number", "F1")
        path = self.write(
            "Kundnummer,Förnamn,E-post,Region,Personnummer,Födelsedatum\n"
            "N1,Åsa,asa@example.test,Norr,811218-9876,\n"
            "N2,,nonsense,Öst,811218-9870,\n"
            '"N3","Bo\n","Finns@Example.test",,,1980-01-01\n'
            "N1,Eva,asa@example.test,,19811218-9876,\n"
            "F1,Ulf,,,,1/2/1980\n"
            "N4,Ida\n"
        )
        before = self.pk.json("service", "info", "person")["seq"]
        done = self.pk.expect(5, "person", "import", path, "--dry-run")
        said = done.stdout.splitlines()
        for line in (
            "line 3, Förnamn: is missing",
            "line 3, E-post: is not an e-mail address",
            "line 3, Region: is no entry of the pick-list",
            "line 3, Personnummer: ",
            "line 4, E-post: warning: somebody has this e-mail address already",
            "line 6, Kundnummer: line 2 has this customer number, too",
            "line 6, E-post: warning: line 2 has this e-mail address, too",
            "line 6, Personnummer: line 2 has this personal number, too",
            "line 7, Kundnummer: another person has this customer number",
            "line 7, Födelsedatum: is not a day",
            "line 8: has fewer cells",
        ):
            self.assertTrue(any(one.startswith(line) for one in said), f"{line}\n{done.stdout}")
        self.assertIn("6 lines, 9 errors, 2 warnings; nothing was changed", done.stderr)
        self.assertEqual(self.pk.json("service", "info", "person")["seq"], before)
        problems = self.pk.json("person", "import", path, "--dry-run", code=5)["problems"]
        self.assertEqual(len(problems), 11)
        self.assertEqual(problems[0]["column"], "Region")
        # All or nothing: one error keeps the good lines out, too.
        self.pk.expect(5, "person", "import", path)
        self.assertEqual(self.pk.json("service", "info", "person")["seq"], before)

    def test_errors_are_skipped_when_asked(self):
        path = self.write("Namn;Mejl\nÅsa;asa2@example.test\nBo;nonsense\nEva;\n;x@example.test\nUlf;y;z\n", "cp1252")
        words = ("--map", "Namn=given_name", "--map", "Mejl=email")
        made = self.imported(path, *words, "--skip-errors")
        self.assertEqual((made["persons"], made["refused"]), (2, 3))
        refused = path.with_name(path.name + ".refused.csv")
        lines = list(csv.reader(io.StringIO(refused.read_text()), delimiter=";"))
        self.assertEqual(lines[0], ["line", "reason", "Namn", "Mejl"])
        self.assertEqual([(line[0], line[2:]) for line in lines[1:]], [("3", ["Bo", "nonsense"]), ("5", ["", "x@example.test"]), ("6", ["Ulf", "y", "z"])])
        self.assertTrue(lines[1][1].startswith("email: is not an e-mail address"))
        self.assertEqual([line[0] for line in self.pk.table("import", "refused", made["import"], "--columns", "line", "--no-headers")], ["3", "5", "6"])
        again = self.pk.expect(0, "person", "import", path, *words, "--skip-errors")
        self.assertIn("this file is in already", again.stderr)
        refused.write_text(refused.read_text().replace("nonsense", "bo2@example.test").replace(";;x@", ";Ida;x@").replace("y;z", ""))
        mended = self.imported(refused, *words, "--ignore", "line,reason")
        self.assertEqual(mended["persons"], 3)

    def test_broken_files(self):
        good = f"{HEADER}\nÅsa,,,,,,,\n".encode()
        cases = {
            b"": "is empty",
            HEADER.encode() + b"\n": "has a header, and no line after it",
            good + "B\xe5,,,,,,,\n".encode("latin-1") + b"\x81,,,,,,,\n": "line 3: is neither UTF-8 nor Windows-1252",
            good + b"B\0,,,,,,,\n": "line 3: holds a NUL byte",
            good.decode().encode("utf-16"): "line 1: is written in UTF-16",
            b"given_name,email,Email\na,b,c\n": "line 1: two columns are called Email",
            b"given_name,email,e-post\na,b,c\n": "line 1: column e-post stands for the same field",
            b"given_name,,email\na,b,c\n": "line 1: column 2 has no name",
        }
        before = self.pk.json("service", "info", "person")["seq"]
        for content, problem in cases.items():
            done = self.pk.run("person", "import", self.write(content))
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(problem, done.stderr)
        lines = {
            good + b'Bo,"Ek,,,,,,\nEva,,,,,,,\n': "line 3: opens a quotation mark that is never closed",
            good + b"Bo," + 10_000_000 * b"x" + b",,,,,,\nEva,nonsense,nonsense,,,,,\n": "line 3: is longer than 1 MiB",
            good + b'Bo,"' + 10_000_000 * b"x" + b',,,,,,\nEva,,nonsense,,,,,\n': "line 3: is longer than 1 MiB",
            good + b"Bo,,,,Finns inte,,,\n": "line 3, region: is no entry of the pick-list",
            good + b"Bo,,\n": "line 3: has fewer cells",
            good + b"Bo,,,,,,,,\n": "line 3: has more cells",
            good + b"Bo," + 20_000 * b"x" + b",,,,,,\n": "line 3: has a cell of more than 16,384 bytes",
        }
        for content, problem in lines.items():
            done = self.pk.run("person", "import", self.write(content))
            self.assertEqual(done.returncode, 5, done.stderr)
            self.assertIn(problem, done.stdout)
        done = self.pk.run("person", "import", self.write(good + b"B\xe5,,,,,,,\n"), "--encoding", "utf-8")
        self.assertIn("line 3: is not UTF-8", done.stderr)
        self.assertEqual(self.pk.json("service", "info", "person")["seq"], before)

    def many(self, count):
        tag = time.monotonic_ns()
        lines = [f"Person{i},Många,m{tag}{i}@example.test,,{('Norr', 'Söder')[i % 2]},Vegan|Träning,yes," for i in range(count)]
        return self.write("\n".join([HEADER, *lines, ""]))

    def line_of(self, import_id):
        imports = [one for one in self.pk.json("import", "list", "--limit", 500)["imports"] if one["import"] > import_id]
        return imports[-1]["line"] if imports else 0

    def is_quiet(self, import_id):
        line = self.line_of(import_id)
        time.sleep(0.3)
        return self.line_of(import_id) == line

    def last_import(self):
        imports = self.pk.json("import", "list", "--limit", 500)["imports"]
        return imports[-1]["import"] if imports else 0

    def test_killed_in_the_middle_it_goes_on_or_is_taken_back(self):
        count = 20000
        path = self.many(count)
        last = self.last_import()
        process = self.pk.start("person", "import", path)
        wait_until(lambda: self.line_of(last) > 1000)
        process.kill()
        process.communicate()
        made = self.last_import()
        wait_until(lambda: self.is_quiet(last), what="an end of the pages that were under way")
        line = self.line_of(last)
        self.assertLess(line, count, "it was too fast to be killed")
        self.assertEqual(self.found(f"import:#{made}"), self.pk.json("import", "get", made)["import"]["persons"])
        # The service dies under the one that goes on, which waits for its next start.
        process = self.pk.start("person", "import", path, "--resume", made)
        wait_until(lambda: self.line_of(last) > line)
        self.system.kill("person")
        self.system.start("person")
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn(f"going on with import {made} behind line", errors)
        whole = self.pk.json("import", "get", made)["import"]
        self.assertEqual((whole["state"], whole["persons"], whole["line"]), ("finished", count, count + 1))
        self.assertEqual(self.found(f"import:#{made}"), count)
        self.assertEqual(self.found(f"import:#{made} region:norr group:träning"), count // 2)
        self.assertIn("--resume: that import is of another file", self.pk.expect(3, "person", "import", self.many(1), "--resume", made).stderr)

        # Taken back but for who was changed; the service dies in the middle of it.
        kept = self.pk.json("person", "search", f"import:#{made} person77")["cards"][0]["person"]
        self.pk.expect(0, "person", "update", kept, "--family-name", "Kvar")
        called = self.pk.json("person", "search", f"import:#{made} person78")["cards"][0]["person"]
        self.pk.expect(0, "activity", "create", called, 1, "Ringde", "--status", "in_progress")
        wait_until(lambda: self.found(f"import:#{made} has:activity") == 1)
        process = self.pk.start("import", "undo", made)
        wait_until(lambda: self.pk.json("import", "get", made)["import"]["removed"] > 0)
        self.system.kill("person")
        self.system.start("person")
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("2 persons were changed after the import, or have activities, and stay", errors)
        whole = self.pk.json("import", "get", made)["import"]
        self.assertEqual((whole["state"], whole["removed"], whole["kept"]), ("taken_back", count - 2, 2))
        self.assertEqual(self.found(f"import:#{made}"), 2)
        # Followers have forgotten those who were removed, and know the one who was kept.
        for service in ("activity", "notification"):
            self.system.wait_followed(service, "person", self.system.health("person")["seq"])
        self.pk.expect(0, "activity", "create", kept, 1, "Ringde")
        gone = next(person for person in range(kept + 1, kept + 3) if person != called)
        self.pk.expect(3, "activity", "create", gone, 1, "Ringde")
        self.pk.expect(3, "email", "send", gone, "--subject", "a", "--text", "b")

    def test_what_is_exported_comes_in_again(self):
        fields = "customer_number,given_name,family_name,personal_number,gender,mobile,work_phone,email,address.care_of,address.street," \
            "address.postal_code,address.city,address.country,language,organisation,department,job_title,category,region,groups," \
            "account_manager,terms_accepted_on,consent.letter,consent.sms,notes,own.shoe_size,own.locker".split(",")  # fmt: skip
        rows = [
            ["X1", "Åsa", "=SUM(A1)", "121212-1212", "kvinna", "070-174 06 05", "090-785 60 00", "x1@example.test", "Lind", "Storgatan 3", "90326", "Umeå", "",
             "svenska", "norrlands kraft ab", "ekonomi", "chef", "=Guld", "NORR", "Bad, bastu", "A17", "20240517", "ja", "nej", 'Två\nrader; "citat", och \\', "38.5", "=1"],
            ["X2", "'=x", "Ek", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "Vegan|Träning|Bad, bastu", "", "", "", "", "-1", "", "B 12"],
            ["X3", "Bo", *[""] * 25],
        ]  # fmt: skip
        content = io.StringIO()
        csv.writer(content).writerows([fields, *rows])
        made = self.imported(self.write(content.getvalue()))
        where = f"import:#{made['import']}"
        out = self.folder / "ut.csv"
        self.pk.expect(0, "person", "export", where, "--out", out, "--bom", "--delimiter", "semicolon")
        exported = out.read_bytes()
        self.assertTrue(exported.startswith(b"\xef\xbb\xbfgiven_name;"))
        lines = list(csv.DictReader(io.StringIO(exported.decode("utf-8-sig")), delimiter=";"))
        self.assertEqual([line["customer_number"] for line in lines], ["X1", "X2", "X3"])
        self.assertEqual((lines[0]["family_name"], lines[0]["mobile"], lines[0]["category"]), ("'=SUM(A1)", "+46701740605", "'=Guld"))
        self.assertEqual((lines[0]["organisation"], lines[0]["department"], lines[0]["account_manager"]), ("Norrlands Kraft AB", "Ekonomi", "A17"))
        self.assertEqual((lines[1]["groups"], lines[1]["notes"]), ("Vegan|Bad, bastu|Träning", "'-1"))

        def cards(where):
            found = self.pk.json("person", "search", where, "--sort", "oldest")["cards"]
            for card in found:
                for name in ("person", "import", "created_ms", "changed_ms"):
                    del card[name]
                for consent in card["consents"]:
                    del consent["changed_ms"]
            return found

        before = cards(where)
        self.assertEqual(before[0]["notes"], 'Två\nrader; "citat", och \\')
        vcards = self.pk.expect(0, "person", "export", where, "--format", "vcard").stdout
        some = self.pk.expect(0, "person", "export", where, "--fields", "person,given_name,consent.sms").stdout.splitlines()
        self.assertEqual((some[0], some[1].split(",")[1:]), ("person,given_name,consent.sms", ["Åsa", "no"]))
        self.undo(made)
        self.assertEqual(self.found(where), 0)
        again = self.imported(out)
        self.assertEqual(cards(f"import:#{again['import']}"), before)
        self.assertEqual(sum(1 for _ in vcards.split("BEGIN:VCARD")) - 1, 3)
        for line in (
            "VERSION:4.0", "FN:Åsa =SUM(A1)", "N:=SUM(A1);Åsa;;;", 'TEL;VALUE=uri;TYPE="cell,voice,text":tel:+46701740605', "BDAY:20121212", "GENDER:F",
            "ADR:;Lind;Storgatan 3;Umeå;;903 26;", "ORG:Norrlands Kraft AB;Ekonomi", "TITLE:Chef", "LANG:sv", "CATEGORIES:Bad\\, bastu",
            'NOTE:Två\\nrader\\; "citat"\\, och \\\\',
        ):  # fmt: skip
            self.assertIn(line, vcards.splitlines())


if __name__ == "__main__":
    unittest.main()
