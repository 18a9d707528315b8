#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `pk` tells of itself, by itself: help, manual page, completion, and the words for a wrong command line."""

import json
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import tomllib
import unittest

from harness.pk import Pk

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
SERVICES = ("person", "activity", "notification", "stats", "service")


def read(name):
    return tomllib.loads((PROTO / f"{name}.toml").read_text())


SCHEMAS = {name: read(name) for name in SERVICES}
MESSAGES = {type: body for file in SCHEMAS.values() for type, body in (file.get("command", {}) | file.get("query", {})).items()}
STRUCTS = {name: struct for file in SCHEMAS.values() for name, struct in file.get("struct", {}).items()}
ENUMS = {name: enum for file in SCHEMAS.values() for name, enum in file.get("enum", {}).items()}
HIDDEN = {"email.send": ["attachments"], "person.dossier": ["before", "limit"], "access.list": ["after"]}  # what pk fills in itself


def fields_of(message):
    """Path → type of every field that can be typed."""
    found = {}
    for name, field in message.get("fields", {}).items():
        type = field["type"]
        if type.startswith("struct."):
            inner = STRUCTS[type.removeprefix("struct.")]["fields"]
            found |= {f"{name}.{sub}": field["type"] for sub, field in inner.items()}
        elif type != "bin":
            found[name] = type
    return found


class Help(unittest.TestCase):
    def setUp(self):
        self.pk = Pk()
        self.table = json.loads(self.pk.expect(0, "help", "--json").stdout)
        self.commands = self.table["commands"]

    def words(self, command):
        return [word for word in (command["noun"], command["verb"]) if word]

    def help_of(self, command):
        return self.pk.expect(0, *self.words(command), "--help").stdout

    def test_every_field_of_every_message_is_an_option(self):
        self.assertGreater(len(self.commands), 30)
        sends = [command for command in self.commands if command["message"]]
        for command in sends:
            fields = fields_of(MESSAGES[command["message"]])
            for hidden in HIDDEN.get(command["message"], ()):
                del fields[hidden]
            text = self.help_of(command)
            options = {option["field"]: option for option in reversed(command["options"]) if "field" in option}
            self.assertEqual(set(options), set(fields), command["message"])
            for path, type in fields.items():
                self.assertIn(f"--{options[path]['name']}", text)
                enum = type.strip("[]").removeprefix("enum.")
                if enum in ENUMS:
                    self.assertEqual(options[path]["values"], list(ENUMS[enum]["values"]))
                    self.assertTrue(all(value in text for value in ENUMS[enum]["values"]))

    def test_options_follow_the_kind_of_their_field(self):
        update = next(command for command in self.commands if command["message"] == "person.update")
        names = {option["name"] for option in update["options"]}
        self.assertLessEqual({"given-name", "clear-email", "clear-region", "groups-add", "consent"}, names)
        self.assertNotIn("clear-given-name", names)
        create = next(command for command in self.commands if command["message"] == "activity.create")
        self.assertLessEqual({"start", "end", "body", "body-file"}, {option["name"] for option in create["options"]})
        entry = next(command for command in self.commands if command["message"] == "entry.update")
        self.assertLessEqual({"active", "no-active", "names-sv"}, {option["name"] for option in entry["options"]})

    def test_every_table_is_of_the_answer(self):
        """What a command shows of its answer is there: it looks for a column, which is in none, before it asks anybody."""
        for command in self.commands:
            for example in command["examples"]:
                words = shlex.split(re.split(r" \| | && |  #", example)[0])[1:]
                if "--columns" not in words and "--json" not in words and "--csv" not in words:
                    done = self.pk.run(*words, "--columns", "no_such_field")
                    is_missing = done.returncode == 1 and "No such file" in done.stderr
                    self.assertTrue(done.returncode == 2 or is_missing, (example, done))

    def test_help_is_complete(self):
        overview = self.pk.expect(0, "--help").stdout
        self.assertEqual(overview, self.pk.expect(0, "help").stdout)
        for command in self.commands:
            text = self.help_of(command)
            self.assertEqual(text, self.pk.expect(0, "help", *self.words(command)).stdout)
            self.assertIn(command["summary"].split()[0], overview)
            self.assertTrue(text.startswith("Usage: pk " + " ".join(self.words(command))))
            self.assertGreaterEqual(len(command["examples"]), 2, command)
            for example in command["examples"]:
                self.assertIn(f"  {example}\n", text)
                self.assertIn("pk " + " ".join(self.words(command)[:1]), example)
            names = [option["name"] for option in command["options"] + self.table["options"]]
            self.assertEqual(len(names), len(set(names)), command)
            self.assertTrue(all(f"--{name}" in text for name in names))
        for noun in {command["noun"] for command in self.commands if command["verb"]}:
            text = self.pk.expect(0, noun, "--help").stdout
            self.assertTrue(all(c["summary"].split()[0] in text for c in self.commands if c["noun"] == noun))

    def test_exit_codes_are_documented(self):
        codes = {entry["code"] for entry in self.table["exit_codes"]}
        self.assertEqual(codes, {0, 1, 2, 3, 4, 5, 6, 7, 130})
        errors = tomllib.loads((PROTO / "errors.toml").read_text())["error"]
        self.assertLessEqual({error["exit"] for error in errors.values()}, codes)
        self.assertIn("\n  130 ", self.pk.expect(0, "help").stdout)

    def test_version(self):
        self.assertRegex(self.pk.expect(0, "--version").stdout, r"^pk \d+\.\d+\.\d+\n$")

    def test_manual_page(self):
        page = self.pk.expect(0, "man").stdout
        for command in self.commands:
            self.assertIn('.SS "pk ' + " ".join(self.words(command)), page)
            for option in command["options"]:
                self.assertIn("\\fB\\-\\-" + option["name"].replace("-", "\\-") + "\\fR", page)
        self.assertTrue(all(f"\\fB{entry['code']}\\fR" in page for entry in self.table["exit_codes"]))
        if not shutil.which("man"):
            self.skipTest("man is not installed, so the page is not linted")
        with tempfile.NamedTemporaryFile("w", suffix=".1") as file:
            file.write(page)
            file.flush()
            lint = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", file.name]
            done = subprocess.run(lint, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Completion(unittest.TestCase):
    def setUp(self):
        self.pk = Pk()

    def offered(self, *words):
        return self.pk.expect(0, "__complete", *words).stdout.split()

    def test_commands_options_and_values(self):
        self.assertLessEqual({"person", "activity", "watch", "verify"}, set(self.offered("")))
        self.assertEqual(self.offered("pers"), ["person"])
        verbs = "create get card update list search history duplicates merge mark unmark erase needles import export dossier"
        self.assertEqual(self.offered("person", ""), verbs.split())
        self.assertEqual(self.offered("person", "up"), ["update"])
        self.assertEqual(self.offered("person", "update", "--clear-em"), ["--clear-email"])
        self.assertIn("--json", self.offered("person", "update", "--"))
        self.assertEqual(self.offered("person", "create", "--language", ""), ["sv", "en"])
        self.assertEqual(self.offered("entry", "create", "r"), ["region"])
        self.assertEqual(self.offered("stats", ""), ["figures", "activities", "recount", "rebuild", "state", "watch"])
        self.assertEqual(self.offered("stats", "--by", "t"), ["type"])
        self.assertEqual(self.offered("completion", ""), ["bash", "zsh"])
        self.assertEqual(self.offered("--bus", ""), [":files"])
        self.assertEqual(self.offered("email", "send", "1", "--text-file", ""), [":files"])
        self.assertIn("email", self.offered("person", "list", "--columns", ""))

    def test_scripts(self):
        for shell in ("bash", "zsh"):
            script = self.pk.expect(0, "completion", shell).stdout
            self.assertIn("__complete", script)
        done = subprocess.run(["bash", "-n"], input=self.pk.expect(0, "completion", "bash").stdout, text=True)
        self.assertEqual(done.returncode, 0)
        self.pk.expect(2, "completion", "fish")

    def test_bash_completes_with_it(self):
        program = self.pk._program
        script = self.pk.expect(0, "completion", "bash").stdout + f"""
pk() {{ {program} "$@"; }}
COMP_WORDS=(pk person up) COMP_CWORD=2
_pk
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        done = subprocess.run(["bash"], input=script, capture_output=True, text=True)
        self.assertEqual((done.stdout, done.stderr), ("update\n", ""))


class Usage(unittest.TestCase):
    """Wrong command lines: exit code 2, nothing on stdout, and what to do on stderr."""

    def setUp(self):
        self.pk = Pk()

    def wrong(self, expected, *words, code=2):
        done = self.pk.expect(code, *words)
        self.assertEqual(done.stdout, "")
        self.assertIn(expected, done.stderr)
        self.assertTrue(all(line.startswith("pk: ") for line in done.stderr.splitlines()), done.stderr)
        return done.stderr

    def test_no_command_tells_the_usage(self):
        done = self.pk.expect(2)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith("Usage: pk "))
        self.assertIn("person create", self.pk.expect(0, "person").stdout)

    def test_near_names(self):
        self.wrong("did you mean person?", "perso", "list")
        self.wrong("did you mean create?", "person", "creat")
        self.wrong("did you mean --given-name?", "person", "create", "--given-nam", "Åsa")
        self.wrong("did you mean --given-name?", "person", "create", "--given-nam=Åsa")
        self.wrong("did you mean email?", "person", "list", "--columns", "person,emial")
        self.wrong("see pk --help", "xyzzy")
        self.wrong("see pk person update --help", "person", "update", "1", "--xyzzy", "1")

    def test_what_is_missing_or_too_much(self):
        self.wrong("--given-name TEXT is needed", "person", "create")
        self.wrong("PERSON is needed", "person", "update", "--email", "a@example.test")
        self.wrong("SUBJECT is needed", "activity", "create", "1", "1")
        self.wrong("SERVICE is needed", "service", "info")
        self.wrong("--names-sv TEXT is needed", "entry", "update", "4", "--names-en", "North")
        self.wrong("--after needs a value", "person", "list", "--after")
        self.wrong("--json takes no value", "person", "list", "--json=yes")
        self.wrong("one argument too many", "person", "get", "1", "2")
        self.wrong("given twice", "person", "create", "--given-name", "A", "--given-name", "B")
        self.wrong("cannot both be given", "person", "update", "1", "--email", "a@example.test", "--clear-email")
        self.wrong("cannot both be given", "entry", "update", "1", "--active", "--no-active")
        self.wrong("two dashes", "person", "list", "-x")

    def test_values_that_are_none(self):
        self.wrong("PERSON must be", "person", "get", "seventeen")
        self.wrong("PERSON must be an id", "person", "get", "0")
        self.wrong("--limit must be a whole number", "person", "list", "--limit", "1e3")
        self.wrong("LIST must be one of category, region, group", "entry", "list", "regions")
        self.wrong("--by must be one of type, person, day", "stats", "--by", "type,colour")
        self.wrong("must be a day that exists", "stats", "--from", "2026-02-30")
        self.wrong("yes or no", "person", "create", "--given-name", "A", "--consent", "email=perhaps")
        self.wrong("is needed", "person", "create", "--given-name", "A", "--consent", "channel=email")
        self.wrong("one of letter, email, sms", "person", "create", "--given-name", "A", "--consent", "fax=granted")
        self.wrong("none of the fields", "person", "create", "--given-name", "A", "--consent", "email=granted,x=1")
        self.wrong("KEY=VALUE", "person", "create", "--given-name", "A", "--consent", "email")
        for time in ("2026-02-30", "2026-11-23 25:00", "2026-03-29 02:30", "2026", "yesterday", "2026-11-23T10:00+25:00"):
            self.wrong("must be a time that exists", "activity", "create", "1", "1", "Call", "--start", time)
        self.wrong("--timeout must be a number of seconds", "person", "list", "--timeout", "0")
        self.wrong("--timeout must be a number of seconds", "person", "list", "--timeout", "nan")
        self.wrong("--id must be 1 to 64 bytes", "person", "create", "--given-name", "A", "--id", "x" * 65)

    def test_a_wrong_bus_file(self):
        self.wrong("/nonexistent/bus.zpl: No such file", "status")
        self.wrong("give --bus FILE", "person", "list", "--bus", "/nonexistent/other.zpl")

    def test_files_that_cannot_be_read(self):
        self.wrong("No such file", "activity", "create", "1", "1", "Call", "--body-file", "/nonexistent/file", code=1)
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * 100001)
            file.flush()
            self.wrong("larger than", "activity", "create", "1", "1", "Call", "--body-file", file.name, code=1)

    def test_no_personal_data_in_errors(self):
        said = self.wrong("quotes", "person", "create", "--given-name", "Åsa", "Hemlig-Öberg")
        said += self.wrong("no such option", "person", "create", "--gvn=Hemlig-Öberg", "--given-name", "Åsa")
        said += self.wrong("no such command", "Hemlig-Öberg")
        said += self.wrong("must be", "person", "update", "Hemlig-Öberg")
        said += self.wrong("must be", "person", "create", "--given-name", "Hemlig-Öberg", "--groups", "Hemlig-Öberg")
        self.assertNotIn("Hemlig", said)


if __name__ == "__main__":
    unittest.main()
