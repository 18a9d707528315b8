#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`pk watch`: every event once and in order, whatever happens to the service meanwhile; and the live figures."""

import json
import select
import signal
import subprocess
import unittest

from harness import FakeService, System, wait_until
from harness.pk import Pk

COUNT = 300


class Events(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("person"))
        self.pk = Pk(self.system.bus_path)
        self.client = self.system.client()

    def watch(self, *words):
        process = self.pk.start("watch", *words)
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        return process

    def test_from_the_beginning(self):
        self.client.entry.create(list="region", names={"sv": "Norr"})
        for i in range(3):
            self.client.person.create(given_name=f"Åsa {i}")
        words = ["watch", "events", "--service", "person", "--after", 0, "--count", 4]
        events = [json.loads(line) for line in self.pk.expect(0, *words, "--json").stdout.splitlines()]
        self.assertEqual([event["seq"] for event in events], [1, 2, 3, 4])
        self.assertEqual([event["type"] for event in events], ["entry.created"] + ["person.created"] * 3)
        self.assertEqual([event["body"]["card"]["given_name"] for event in events[1:]], ["Åsa 0", "Åsa 1", "Åsa 2"])
        self.assertEqual((events[1]["service"], events[1]["subject"], events[1]["actor"]), ("person", "person/1", "tester"))
        journal = self.system.journal("person")
        self.assertEqual([event["time_ms"] for event in events], [record.time_ms for record in journal])
        lines = self.pk.expect(0, *words).stdout.splitlines()
        self.assertEqual(len(lines), 4)
        self.assertRegex(lines[1], r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d person 2 person\.created person/1 by tester \{"card":')
        only = self.pk.expect(0, *words[:-1], 1, "--type", "entry.*", "--json").stdout
        self.assertEqual(json.loads(only)["type"], "entry.created")

    def test_from_now_on_over_a_crash_of_the_service(self):
        self.client.person.create(given_name="Before")
        process = self.watch("--json", "--service", "person", "--timeout", "1")
        first = None
        while first is None:  # until the watcher has begun, which it cannot tell
            self.client.person.create(given_name="Begin")
            if select.select([process.stdout], [], [], 0.2)[0]:
                first = json.loads(process.stdout.readline())
        self.assertGreater(first["seq"], 1)
        for i in range(COUNT):
            self.client.person.create(given_name=f"Number {i}")
            if i == COUNT // 2:
                self.system.kill("person")
                self.assertIn("person does not answer", process.stderr.readline())
                self.system.start("person")
        last = self.system.health("person")["seq"]
        seqs = [first["seq"]]
        while seqs[-1] < last:
            seqs.append(json.loads(process.stdout.readline())["seq"])
        self.assertEqual(seqs, list(range(first["seq"], last + 1)))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 130)

    def test_all_services(self):
        self.system.start("activity")
        person = self.client.person.create(given_name="Åsa")["person"]
        self.client.activity.create(person=person, type=1, subject="Call")
        words = ["watch", "--after", 0, "--type", "person.*", "--type", "activity.*", "--count", 2, "--json", "--timeout", 1]
        done = self.pk.expect(0, *words)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        found = {(event["service"], event["type"]) for event in events}
        self.assertEqual(found, {("person", "person.created"), ("activity", "activity.created")})

    def test_a_journal_that_is_not_whole(self):
        with FakeService(self.system, "stats") as fake:
            for i in range(3):
                fake.append("fact.counted", {"n": i}, subject=f"fact/{i}")
            record = fake.journal.records[2]
            fake.journal.records[2] = record[:-1] + bytes([record[-1] ^ 1])
            done = self.pk.expect(1, "watch", "--service", "stats", "--after", 0, "--json")
        self.assertEqual([json.loads(line)["body"] for line in done.stdout.splitlines()], [{"n": 0}, {"n": 1}])
        self.assertIn("after position 2: a record fails its checksum", done.stderr)

    def test_wrong_words(self):
        self.assertIn("there is no such service", self.pk.expect(3, "watch", "--service", "nobody").stderr)
        self.assertIn("--service", self.pk.expect(2, "watch", "--after", 5).stderr)
        self.assertIn("--count", self.pk.expect(2, "watch", "--count", 0).stderr)


class Figures(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("person", "activity", "stats"))
        self.pk = Pk(self.system.bus_path)
        self.client = self.system.client()

    def test_figures_come_as_they_change(self):
        person = self.client.person.create(given_name="Åsa")["person"]
        process = self.pk.start("watch", "figures", "--json", "--count", 3)
        self.addCleanup(lambda: (process.kill(), process.communicate()))

        def ended():
            self.client.activity.create(person=person, type=1, subject="Call", status="in_progress")
            try:
                return process.wait(0.3) is not None
            except subprocess.TimeoutExpired:
                return False

        wait_until(ended, what="three figures")
        output, errors = process.communicate()
        self.assertEqual(process.returncode, 0, errors)
        figures = [json.loads(line) for line in output.splitlines()]
        topics = {"figures.total", "figures.type/1", f"figures.person/{person}"}
        self.assertLessEqual({figure["topic"] for figure in figures}, topics)
        self.assertTrue(all(figure["cell"]["activities"] >= 1 for figure in figures))

    def test_nobody_there(self):
        self.system.stop("stats")
        done = self.pk.expect(6, "watch", "figures", "--timeout", 1)
        self.assertIn("stats does not answer", done.stderr)


if __name__ == "__main__":
    unittest.main()
