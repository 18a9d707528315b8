#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`pk` with real services: what it does, what it prints for people and for programs, and how it ends."""

import datetime
import signal
import time
import unittest

import msgpack
from harness import FakeService, System, wait_until
from harness.pk import Pk


def plain(value):
    """A reply of the Python client as JSON has it: bytes as digits."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def without_empty(value):
    """JSON output has [] for the lists that a reply leaves out."""
    if isinstance(value, dict):
        return {key: without_empty(item) for key, item in value.items() if item != []}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


class Card(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System("person", "activity", "notification", "stats"))
        cls.pk = Pk(cls.system.bus_path)
        cls.client = cls.system.client()

    def refused(self, code, label, *words, **how):
        done = self.pk.expect(code, *words, **how)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith(f"pk: {label}"), done.stderr)
        return done.stderr

    def person(self, **fields):
        words = [f"--{name.replace('_', '-')}={value}" for name, value in ({"given_name": "Åsa"} | fields).items()]
        return self.pk.value("person", "person", "create", *words)

    def same(self, words, message, **body):
        """The JSON of a command is the reply of its message, field by field."""
        printed = self.pk.json(*words)
        reply = plain(getattr(getattr(self.client, message.split(".")[0]), message.split(".")[1])(**body))
        self.assertEqual(without_empty(printed), without_empty(dict(reply)), words)
        return printed

    def test_a_card_from_its_making_to_its_change(self):
        region = self.pk.value("entry", "entry", "create", "region", "Övre Norrland", "--names-en", "Upper North")
        groups = [self.pk.value("entry", "entry", "create", "group", name) for name in ("Vegan", "Träning")]
        person = self.pk.value(
            "person", "person", "create", "--given-name", "Åsa", "--family-name", "Öberg", "--mobile", "070-123 45 67",
            "--email", "asa@example.test", "--language", "sv", "--terms-accepted-on", "2026-01-15", "--region", region,
            "--groups", ",".join(groups), "--consent", "email=granted,source=form", "--consent", "sms=withdrawn",
        )  # fmt: skip
        card = self.same(["person", "get", person], "person.get", person=int(person))["card"]
        self.assertEqual(card["mobile"], "+46701234567")
        self.assertEqual(card["terms_accepted_on"], "2026-01-15")
        self.assertEqual(card["groups"], [int(group) for group in groups])
        consents = [(c["channel"], c["granted"], c.get("source"), c["changed_by"]) for c in card["consents"]]
        self.assertEqual(consents, [("email", True, "form", "tester"), ("sms", False, None, "tester")])
        self.pk.expect(0, "person", "update", person, "--clear-email", "--groups-remove", groups[0], "--family-name", "Ek")
        card = self.pk.json("person", "get", "--customer-number", card["customer_number"])["card"]
        self.assertEqual((card["family_name"], card["groups"], card["revision"]), ("Ek", [int(groups[1])], 2))
        self.assertNotIn("email", card)
        lines = dict(line.split(None, 1) for line in self.pk.expect(0, "person", "get", person).stdout.splitlines())
        self.assertEqual((lines["given_name"], lines["family_name"], lines["revision"]), ("Åsa", "Ek", "2"))
        self.assertNotIn("email", lines)

    def test_json_is_the_reply(self):
        person = int(self.person())
        self.same(["person", "list", "--limit", 2], "person.list", limit=2)
        self.same(["entry", "list"], "entry.list")
        self.same(["entry", "list", "group"], "entry.list", list="group")
        self.same(["type", "list"], "type.list")
        activity = int(self.pk.value("activity", "activity", "create", person, 1, "Call", "--body", "Text"))
        self.same(["activity", "get", activity], "activity.get", activity=activity)
        self.same(["activity", "list", person], "activity.list", person=person, limit=50)
        self.same(["recipient", "list"], "recipient.list", limit=50)
        for service in ("person", "stats"):
            for verb in ("info", "health", "schema"):
                printed = self.pk.json("service", verb, service)
                reply = plain(dict(self.client.query(f"service.{verb}", {}, service=service)))
                printed.pop("now_ms", None), reply.pop("now_ms", None)
                self.assertEqual(without_empty(printed), without_empty(reply))
        names = [counter["name"] for counter in self.pk.json("service", "counters", "person")["counters"]]
        self.assertIn("commands_done", names)
        ping = self.pk.json("service", "ping", "person", "--count", 20)
        self.assertEqual((ping["service"], ping["count"]), ("person", 20))
        self.assertTrue(0 < ping["min_ms"] <= ping["median_ms"] <= ping["p99_ms"] <= ping["max_ms"])

    def test_tables_are_for_people(self):
        self.person(given_name="Zoë", family_name="Ångström", email="zoe@example.test")
        lines = self.pk.table("person", "list", "--limit", 500)
        self.assertEqual(lines[0], ["PERSON", "CUSTOMER_NUMBER", "GIVEN_NAME", "FAMILY_NAME", "EMAIL", "MOBILE"])
        self.assertIn(["Zoë", "Ångström", "zoe@example.test"], [line[2:] for line in lines])
        lines = self.pk.table("person", "list", "--limit", 500, "--columns", "email,person", "--no-headers")
        self.assertIn("zoe@example.test", [line[0] for line in lines])
        self.assertIn("REVISION", self.pk.table("person", "list", "--wide")[0])
        done = self.pk.expect(0, "person", "list", "--limit", 1)
        self.assertEqual(len(done.stdout.splitlines()), 2)
        self.assertIn("there are more", done.stderr)
        self.assertIn("NAMES.SV", self.pk.table("type", "list")[0])
        names = self.pk.expect(0, "type", "list", "--columns", "names.sv", "--no-headers").stdout
        self.assertIn("Utgående samtal", names)

    def test_control_characters_do_not_reach_the_terminal(self):
        person = self.person()
        self.pk.expect(0, "activity", "create", person, 1, "Call", "--body", "one\n\x1b]0;title\x07two")
        activity = self.pk.json("activity", "list", person)["activities"][0]["activity"]
        shown = self.pk.expect(0, "activity", "get", activity).stdout
        self.assertIn("one\n", shown)
        self.assertFalse({"\x1b", "\x07"} & set(shown))

    def test_output_is_utf8_in_any_locale(self):
        for locale in ("C", "POSIX", "C.UTF-8", "sv_SE.UTF-8"):
            shown = Pk(self.system.bus_path, LC_ALL=locale).expect(0, "type", "list").stdout
            self.assertIn("Utgående besök", shown)

    def test_texts_from_standard_input_and_files(self):
        person, text = self.person(), "Hej Åsa!\n\nVi ses.\n"
        piped = self.pk.value("activity", "activity", "create", person, 1, "Piped", "--body", "-", input=text)
        path = self.system.folder / "text.txt"
        path.write_text(text)
        filed = self.pk.value("activity", "activity", "create", person, 1, "Filed", "--body-file", path)
        for activity in (piped, filed):
            self.assertEqual(self.pk.json("activity", "get", activity)["activity"]["body"], text)

    def test_times_are_local_unless_they_say_otherwise(self):
        person = self.person()
        for typed, utc in (
            ("2026-07-01 14:00", "2026-07-01T12:00:00"),
            ("2026-12-01T14:00:30", "2026-12-01T13:00:30"),
            ("2026-12-01T14:00Z", "2026-12-01T14:00:00"),
            ("2026-12-01 14:00+05:30", "2026-12-01T08:30:00"),
            ("2026-12-01", "2026-11-30T23:00:00"),
            ("1780315200000", "2026-06-01T12:00:00"),
        ):
            activity = self.pk.value("activity", "activity", "create", person, 1, "Call", "--start", typed)
            start_ms = self.pk.json("activity", "get", activity)["activity"]["start_ms"]
            shown = datetime.datetime.fromtimestamp(start_ms / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self.assertEqual(shown, utc, typed)
        activity = self.pk.value("activity", "activity", "create", person, 1, "Call", "--start", "2026-07-01 14:00")
        self.assertEqual(self.pk.value("start_ms", "activity", "get", activity), "2026-07-01 14:00:00")

    def test_an_activity_from_its_making_to_its_end(self):
        person = self.person()
        activity = self.pk.value("activity", "activity", "create", person, 2, "Rang", "--status", "in_progress")
        self.pk.expect(0, "activity", "finish", activity)
        self.assertEqual(self.pk.json("activity", "get", activity)["activity"]["status"], "done")
        self.refused(4, "ACTIVITY: ", "activity", "finish", activity)
        self.pk.expect(0, "activity", "delete", activity, "--revision", 2)
        self.refused(3, "ACTIVITY: ", "activity", "get", activity)
        self.refused(3, "PERSON: ", "activity", "create", 999999, 1, "Call")
        fair = self.pk.value("type", "type", "create", "Mässa", "--direction", "out", "--channel", "visit")
        self.pk.expect(0, "type", "update", fair, "--names-sv", "Stor mässa", "--names-en", "Fair", "--no-active")
        self.refused(5, "TYPE: ", "activity", "create", person, fair, "Fair")

    def test_what_the_last_pk_made_the_next_one_finds(self):
        for _ in range(20):
            activity = self.pk.value("activity", "activity", "create", self.person(), 1, "Call")
            self.pk.expect(0, "activity", "get", activity)

    def test_the_same_id_is_done_once(self):
        first = self.pk.expect(0, "person", "create", "--given-name", "Once", "--id", "once-1").stdout
        self.assertEqual(self.pk.expect(0, "person", "create", "--given-name", "Once", "--id", "once-1").stdout, first)
        self.refused(4, "--id: ", "person", "create", "--given-name", "Twice", "--id", "once-1")

    def test_refusals_name_what_was_typed(self):
        secret = self.system.canary("hemlig@@example.test")
        self.person(customer_number="K-1")
        said = self.refused(5, "--email: ", "person", "create", "--given-name", "A", "--email", secret)
        said += self.refused(5, "--region: ", "person", "create", "--given-name", "A", "--region", 4711)
        said += self.refused(5, "--given-name: ", "person", "create", "--given-name", "x" * 101)
        said += self.refused(5, "--given-name: ", "person", "create", "--given-name", "a\tb")
        said += self.refused(4, "--customer-number: ", "person", "create", "--given-name", "A", "--customer-number", "K-1")
        said += self.refused(4, "--revision: ", "person", "update", self.person(), "--revision", 9, "--email", "a@example.test")
        said += self.refused(3, "PERSON: ", "person", "update", 999999, "--given-name", "A")
        said += self.refused(5, "--colour: ", "entry", "create", "region", "Söder", "--colour", "red")
        said += self.refused(5, "--zone: ", "stats", "--zone", "Stockholm")
        self.refused(3, "there is no such service in the bus file", "service", "info", "nobody")
        self.refused(2, "--columns has a name", "person", "create", "--given-name", "Nobody", "--columns", "nmae")
        self.refused(2, "this command's table", "stats", "--columns", "type")
        self.assertNotIn("hemlig", said)
        self.assertNotIn("Nobody", self.pk.expect(0, "person", "list", "--limit", 500).stdout)

    def test_figures(self):
        person = self.person()
        for start, type in (("2026-05-01 10:00", 1), ("2026-05-01 23:30", 1), ("2026-05-02 00:30", 2)):
            self.pk.expect(0, "activity", "create", person, type, "Call", "--start", start, "--end", start)
        self.pk.expect(0, "activity", "create", person, 3, "Planned", "--start", "2026-05-02 08:00")
        seq = self.client.type.list().seq
        self.system.wait_followed("stats", "activity", seq)
        lines = self.pk.table("stats", "--by", "type", "--person", person)
        self.assertEqual(lines[0], ["TYPE", "ACTIVITIES", "CONTACTS"])
        self.assertEqual(lines[1:], [["1", "2", "2"], ["2", "1", "1"], ["3", "1", "0"], ["total", "4", "3"]])
        lines = self.pk.table("stats", "figures", "--by", "day", "--person", person, "--no-headers")
        self.assertEqual(lines, [["2026-05-01", "2", "2"], ["2026-05-02", "2", "1"]])
        lines = self.pk.table("stats", "--by", "day", "--by", "type", "--person", person, "--to", "2026-05-01")
        self.assertEqual(lines[1:], [["2026-05-01", "1", "2", "2"], ["total", "2", "2"]])
        words = ["stats", "--by", "day", "--person", person, "--zone", "Asia/Tokyo", "--no-headers"]
        self.assertEqual(self.pk.table(*words), [["2026-05-01", "1", "1"], ["2026-05-02", "3", "2"]])
        self.assertEqual(self.pk.table("stats", "--person", person)[1], ["4", "3"])
        self.same(["stats", "--by", "type", "--person", person], "stats.figures", group_by=["type"], person=int(person))
        self.assertEqual(self.pk.json("stats", "recount")["differences"], [])
        self.pk.expect(0, "stats", "recount")

    def test_sends(self):
        person = self.person(email="asa@example.test", mobile="0701234567")
        path = self.system.folder / "bild.png"
        path.write_bytes(bytes(range(256)) * 2000)
        words = ["email", "send", person, "--subject", "Välkommen", "--text", "-", "--attach", path, "--attach", __file__]
        row = self.pk.json(*words, "--wait", "--id", "mail-1", input="Hej!\n")
        self.assertEqual((row["state"], row["person"], row["channel"]), ("accepted", int(person), "email"))
        again = self.pk.json(*words, "--wait", "--id", "mail-1", input="Hej!\n")
        self.assertEqual(again["recipient"], row["recipient"])
        self.refused(4, "--id: ", *words, "--id", "mail-1", input="Hej då!\n")
        send = self.same(["send", "get", row["send"]], "send.get", send=row["send"])["send"]
        self.assertEqual((send["subject"], send["text"], send["created_by"]), ("Välkommen", "Hej!\n", "tester"))
        files = [(f["name"], f["content_type"]) for f in send["attachments"]]
        self.assertEqual(files, [("bild.png", "image/png"), ("pk_commands.py", "application/octet-stream")])
        self.assertEqual(self.pk.value("state", "sms", "send", person, "Hej!", "--wait"), "accepted")
        self.assertEqual(self.pk.value("segments", "sms", "send", person, "Hej!"), "1")
        self.refused(3, "PERSON: ", "email", "send", 999999, "--subject", "A", "--text", "B")
        self.refused(4, "RECIPIENT: ", "recipient", "cancel", row["recipient"])
        self.refused(3, "SEND: ", "send", "get", 999999)
        empty = self.system.folder / "empty.txt"
        empty.touch()
        self.refused(1, f"{empty}: is empty", "email", "send", person, "--subject", "A", "--text", "B", "--attach", empty)
        done = self.pk.expect(1, "email", "send", self.person(), "--subject", "A", "--text", "B", "--wait")
        self.assertIn("suppressed", done.stdout)
        self.pk.expect(0, "recipient", "resolve", row["recipient"], "delivered")
        self.assertEqual(self.pk.json("send", "get", row["send"])["recipients"][0]["state"], "delivered")

    def test_standard_input_is_read_once(self):
        words = ["email", "send", 1, "--subject", "A", "--text", "-", "--html", "-"]
        self.refused(2, "--html reads standard input", *words, input="Hej!")


class SlowPerson(FakeService):
    """A register whose journal shows nothing until it is told to."""

    shows = False

    def _page(self, body):
        page = super()._page(body)
        return page if self.shows else page | {"records": [], "last_seq": body["after"]}

    def _answer(self, door, peer, message, until):
        if message["type"] != "service.info":
            return super()._answer(door, peer, message, until)
        body = {"service": "person", "version": "0", "protocol": 1, "store": self.journal.store, "epoch": 1}
        body |= {"seq": len(self.journal.records), "started_ms": 1, "now_ms": 1}
        door.send_multipart([peer, b"", msgpack.packb({"v": 1, "id": message["id"], "status": "ok", "seq": 1, "body": body})])
        return True


class Lag(unittest.TestCase):
    def make(self, source, person):
        card = {"person": person, "revision": 1, "customer_number": str(person), "given_name": "Åsa"}
        card |= {"created_ms": 1, "changed_ms": 1}
        source.append("person.created", {"card": card}, person=person, subject=f"person/{person}")

    def test_what_was_made_is_found_though_its_follower_lags(self):
        system = self.enterContext(System("activity"))
        pk = Pk(system.bus_path)
        with SlowPerson(system, "person") as person:
            wait_until(lambda: system.followed("activity", "person")["state"] == "following")
            for number, words in enumerate([[], ["--id", "call-18"]]):
                person.shows = False
                self.make(person, 17 + number)
                process = pk.start("activity", "create", 17 + number, 1, "Call", "--timeout", 30, *words)
                time.sleep(1)
                self.assertIsNone(process.poll())
                person.shows = True
                _, errors = process.communicate(timeout=30)
                self.assertEqual(process.returncode, 0, errors)
            # Nobody has this one.
            pk.expect(3, "activity", "create", 99, 1, "Call")
            pk.expect(3, "activity", "create", 99, 1, "Call", "--id", "call-99")


class Down(unittest.TestCase):
    """Services that do not answer, one after the other."""

    def setUp(self):
        self.system = self.enterContext(System("person"))
        self.pk = Pk(self.system.bus_path)

    def test_status(self):
        done = self.pk.expect(6, "status", "--timeout", 1)
        lines = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}
        self.assertEqual(lines, {"SERVICE": "STATE", "person": "up", "activity": "down", "notification": "down", "stats": "down"})
        services = self.pk.json("status", "--timeout", 1, code=6)["services"]
        self.assertEqual([service["up"] for service in services], [True, False, False, False])
        self.assertEqual(services[0]["health"]["reasons"], ["a followed service does not answer: activity"])
        began = time.monotonic()
        self.pk.expect(6, "status", "--wait", 1)
        self.assertLess(time.monotonic() - began, 20)
        waiting = self.pk.start("status", "--wait", 60)
        for service in ("notification", "activity", "stats"):
            self.system.start(service)
        output, errors = waiting.communicate(timeout=60)
        self.assertNotIn("down", output)
        self.assertIn(waiting.returncode, (0, 1), errors)  # 1: it is up, and has not reached one that it follows yet
        wait_until(lambda: self.pk.run("service", "health", "person").returncode == 0)

    def test_degraded(self):
        self.system.start("stats")  # follows activity, which is not there
        deadline = time.monotonic() + 30
        while self.pk.run("service", "health", "stats").returncode != 1:
            self.assertLess(time.monotonic(), deadline)
        self.assertIn("does not answer", self.pk.expect(1, "service", "health", "stats").stdout)

    def test_a_command_that_gets_no_answer(self):
        done = self.pk.expect(6, "activity", "create", 1, 1, "Call", "--timeout", "0.5", "--id", "call-17")
        self.assertEqual(done.stdout, "")
        self.assertIn("activity does not answer", done.stderr)
        self.assertIn("--id call-17", done.stderr)
        done = self.pk.expect(6, "activity", "list", 1, "--timeout", "0.5")
        self.assertNotIn("--id", done.stderr)

    def test_an_interrupted_command_tells_its_id(self):
        process = self.pk.start("activity", "create", 1, 1, "Call", "--id", "call-18")
        time.sleep(3)  # until it is on its way
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        self.assertEqual((process.returncode, output), (130, ""))
        self.assertIn("--id call-18", errors)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            process = self.pk.start("person", "list", "--json", stdout=full)
            _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1)
        self.assertIn("the output cannot be written", errors)


if __name__ == "__main__":
    unittest.main()
