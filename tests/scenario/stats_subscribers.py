#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who keeps figures current: personkort-web, `pk stats watch` and the example in Python, through a burst, a dead stats service and saved questions."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import types
import unittest
import urllib.error
import urllib.request

from harness import FakeService, System, wait_until
from personkort import Refused

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOON_S = 20
AT_ONCE_S = 5  # what is published, or asked for after a gap
NEVER = 600  # seconds between two askings of all: what comes then was published, or asked for after a gap


class Lines:
    """A program that prints lines of JSON: all it printed so far, and the newest of each key."""

    def __init__(self, case, command, key, **more):
        self.process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
        self._key, self.seen, self.said = key, [], []
        self._threads = [threading.Thread(target=self._read, daemon=True), threading.Thread(target=self._hear, daemon=True)]
        for thread in self._threads:
            thread.start()
        case.addCleanup(self.stop)

    def _read(self):
        for line in self.process.stdout:
            self.seen.append(json.loads(line))

    def _hear(self):
        for line in self.process.stderr:
            self.said.append(line)

    def last(self, *key):
        return next((line for line in reversed(self.seen) if self._key(line) == key), None)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        for thread in self._threads:
            thread.join(10)
        self.process.stdout.close()
        self.process.stderr.close()
        return status


def measures(line):
    return line and (line["activities"], line["contacts"])


class Subscribers(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("person", "activity", "stats"))
        self.client = self.system.client()
        self.person = self.client.person.create(given_name="Bo")["person"]
        self.client.employee.register(person=self.person, employee_number="A1", started_on="2024-01-01")
        self.made = 0

    def create(self, count=1, **fields):
        batch = self.client.batch()
        for _ in range(count):
            batch.activity.create(person=self.person, type=1, subject="x", status="in_progress", **fields)
        for reply in batch.send():
            self.assertFalse(isinstance(reply, Exception), reply)
        self.made += count

    def web(self, *arguments):
        command = [self.system.program("web"), "--bus", self.system.bus_path, "--listen", "127.0.0.1:0", "--lines", *arguments]
        web = Lines(self, command, lambda line: (line["figure"], line.get("id", 0)))
        wait_until(lambda: web.said, what="the start of web")
        web.url = f"http://127.0.0.1:{re.search(r'port=([0-9]+)', web.said[0])[1]}"
        return web

    def metrics(self, web):
        with urllib.request.urlopen(f"{web.url}/metrics", timeout=5) as answer:
            self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
            text = answer.read().decode()
        values = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                self.assertNotIn(name, values)
                values[name] = int(value)
        return values

    def python(self, refresh_s=10):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "proto/python"), "PERSONKORT_BUS": str(self.system.bus_path), "REFRESH_S": str(refresh_s)}
        command = [sys.executable, ROOT / "proto/python/examples/figures.py"]
        return Lines(self, command, lambda line: (line["topic"],), env=environment)

    def wait_all(self, web, python, timeout_s=SOON_S):
        """Both know the truth."""
        truth = (self.made, self.made)
        self.client.saw("activity", self.system.health("activity")["seq"])
        self.assertEqual(measures(self.client.stats.figures()["total"]), truth)
        wait_until(lambda: measures(web.last("total", 0)) == truth, timeout_s, "web's total")
        wait_until(lambda: measures(web.last("type", 1)) == truth, timeout_s, "web's type")
        wait_until(lambda: measures(python.last("figures.total")) == truth, timeout_s, "the example's total")
        wait_until(lambda: measures(python.last("figures.type/1")) == truth, timeout_s, "the example's type")
        wait_until(lambda: self.metrics(web).get("personkort_activities") == self.made, timeout_s, "the metrics")

    def current(self, web):
        return self.metrics(web)["personkort_figures_current"] == 1

    def test_what_is_published_is_enough(self):
        self.create(3)
        web, python = self.web("--refresh", str(NEVER)), self.python(NEVER)
        self.wait_all(web, python)
        wait_until(lambda: self.current(web), SOON_S, "web to be current")
        for _ in range(10):
            self.create(20, assignee=self.person)
            self.wait_all(web, python, AT_ONCE_S)
        self.assertEqual(self.metrics(web)["personkort_figures_gaps_total"], 0)
        self.assertTrue(self.current(web))

    def test_a_gap_is_healed_by_asking(self):
        web, python = self.web("--refresh", str(NEVER)), self.python(NEVER)
        wait_until(lambda: self.current(web), SOON_S, "web to be current")
        for _ in range(3):  # numbers go up
            self.create()
            self.wait_all(web, python, AT_ONCE_S)
        self.system.kill("stats")
        self.create(5)
        self.system.start("stats")
        self.create()  # its numbers begin anew
        wait_until(lambda: self.create() or self.metrics(web)["personkort_figures_gaps_total"] > 0, SOON_S, "web to see the gap")
        wait_until(lambda: self.current(web), AT_ONCE_S, "web to be current again")
        self.wait_all(web, python, AT_ONCE_S)

    def test_a_stats_service_that_began_anew(self):
        """Its own journal is shorter than it was: who has seen more of it is answered, too."""
        self.client.question.save(name="En")
        web, python = self.web(), self.python()
        self.create(3)
        self.wait_all(web, python)
        self.system.stop("stats")
        shutil.rmtree(self.system.data_path / "stats")
        self.system.start("stats")
        self.client = self.system.client()
        self.create(2)
        wait_until(lambda: web.last("question", 1).get("gone"), SOON_S, "the question to go")
        self.wait_all(web, python)
        wait_until(lambda: self.current(web), SOON_S, "web to be current")

    def test_a_reader_who_stalls_holds_nothing_up(self):
        batch = self.client.batch()
        for day in range(900):  # a line of some 60 kB a change: a pipe holds one
            batch.activity.create(person=self.person, type=1, subject="x", start_ms=1_700_046_000_000 + day * 86_400_000)
        batch.send()
        self.client.saw("activity", self.system.health("activity")["seq"])
        question = self.client.question.save(name="Dagar", group_by=["day"])["question"]
        command = [self.system.program("web"), "--bus", self.system.bus_path, "--listen", "127.0.0.1:0", "--lines", "--refresh", str(NEVER)]
        process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        web = types.SimpleNamespace(url=f"http://127.0.0.1:{re.search(r'port=([0-9]+)', process.stderr.readline())[1]}")
        wait_until(lambda: self.metrics(web).get("personkort_activities") == 900, SOON_S, "the metrics")
        for number in range(901, 911):
            self.client.activity.create(person=self.person, type=1, subject="x")
            wait_until(lambda wanted=number: self.metrics(web)["personkort_activities"] == wanted, AT_ONCE_S, "the metrics, with nobody reading lines")
        wait_until(lambda: self.current(web), AT_ONCE_S)
        lines = threading.Thread(target=lambda: setattr(web, "seen", [json.loads(line) for line in process.stdout]))
        lines.start()  # now somebody does
        wait_until(lambda: self.metrics(web)[f'personkort_question_activities{{question="{question}",name="Dagar"}}'] == 910, AT_ONCE_S)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(10), 0)
        lines.join(10)
        process.stdout.close(), process.stderr.close()
        last = [line for line in web.seen if line["figure"] == "question"][-1]
        self.assertEqual((last["activities"], len(last["answer"]["cells"])), (910, 901))

    def test_figures_stay_current_through_a_burst_and_a_death(self):
        self.create(3)  # before anybody subscribed
        web, python = self.web(), self.python()
        self.wait_all(web, python)
        for _ in range(20):
            self.create(50, assignee=self.person)
        self.wait_all(web, python)
        wait_until(lambda: self.metrics(web).get(f'personkort_assignee_contacts{{assignee="{self.person}"}}') == 1000, SOON_S)
        self.system.kill("stats")
        self.create(7)  # nobody publishes it: after the start nothing may change any more
        wait_until(lambda: self.metrics(web)["personkort_figures_current"] == 0, SOON_S, "web to notice")
        self.system.start("stats")
        self.wait_all(web, python)
        wait_until(lambda: self.current(web), AT_ONCE_S, "web to be current")
        self.assertEqual(web.stop(), 0)

    def test_saved_questions_are_published(self):
        client = self.client
        question = client.question.save(name='År "nu"', group_by=["type", "month"], period="year")["question"]
        web = self.web("--refresh", str(NEVER))
        wait_until(lambda: web.last("question", question), SOON_S, "the question")
        wait_until(lambda: self.current(web), AT_ONCE_S, "web to be current")
        self.create(2)
        wait_until(lambda: measures(web.last("question", question)) == (2, 2), SOON_S, "the question's figures")
        line = web.last("question", question)
        self.assertEqual(line["name"], 'År "nu"')
        self.assertEqual(line["answer"]["cells"][0]["activities"], 2)
        asked = client.question.figures(question=question)
        self.assertEqual(asked["figures"], line["answer"])
        wait_until(lambda: self.metrics(web).get(f'personkort_question_activities{{question="{question}",name="År \\"nu\\""}}') == 2, SOON_S)
        # A change of the person alone changes what a question by region says.
        by_region = client.question.save(name="Regioner", group_by=["region"])["question"]
        wait_until(lambda: web.last("question", by_region), SOON_S, "the new question")
        region = client.entry.create(list="region", names={"sv": "Norr"})["entry"]
        client.person.update(person=self.person, region=region)
        wait_until(lambda: web.last("question", by_region)["answer"]["cells"][0].get("region") == region, SOON_S, "the region")
        client.question.save(question=question, name="Annat", last_days=7)
        wait_until(lambda: web.last("question", question)["answer"].get("cells") == [], SOON_S, "the other question")
        self.assertEqual(web.last("question", question)["name"], "Annat")
        client.question.delete(question=question)
        wait_until(lambda: web.last("question", question).get("gone"), AT_ONCE_S, "the question to go")
        wait_until(lambda: not any(f'question="{question}"' in name for name in self.metrics(web)), AT_ONCE_S, "it to leave the metrics")
        self.assertEqual([q["question"] for q in client.question.list()["questions"]], [by_region])
        with self.assertRaises(Refused) as refused:
            client.question.figures(question=question)
        self.assertEqual(refused.exception.code, "not_found")

    def test_what_cannot_be_saved_is_refused(self):
        client = self.client
        client.question.save(name="En")
        table = [
            ({"name": "En"}, "not_unique", "name"),
            ({"name": ""}, "invalid_field", "name"),
            ({"name": "x", "question": 99}, "not_found", "question"),
            ({"name": "x", "group_by": ["origin"]}, "invalid_field", "group_by"),
            ({"name": "x", "group_by": ["person"], "top": 5}, "invalid_field", "group_by"),
            ({"name": "x", "group_by": ["hour"]}, "invalid_field", "group_by"),
            ({"name": "x", "group_by": ["region", "category"]}, "invalid_field", "group_by"),
            ({"name": "x", "filter": {"groups": [1]}}, "invalid_field", "group_by"),
            ({"name": "x", "period": "day", "last_days": 3}, "invalid_field", "period"),
            ({"name": "x", "last_days": 3, "from": "2026-01-01"}, "invalid_field", "last_days"),
            ({"name": "x", "from": "2026-02-01", "to": "2026-01-01"}, "invalid_field", "from"),
            ({"name": "x", "top": 3}, "invalid_field", "top"),
        ]
        for body, code, field in table:
            with self.subTest(body), self.assertRaises(Refused) as refused:
                client.command("question.save", body)
            self.assertEqual((refused.exception.code, refused.exception.field), (code, field))
        for number in range(31):
            client.question.save(name=f"Nr {number}")
        with self.assertRaises(Refused) as refused:
            client.question.save(name="En för mycket")
        self.assertEqual(refused.exception.code, "too_large")

    def test_http_bad_requests(self):
        web = self.web()
        wait_until(lambda: web.last("total", 0) is not None, SOON_S)
        for address in ("127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:1x"):
            ended = subprocess.run([self.system.program("web"), "--bus", str(self.system.bus_path), "--listen", address], capture_output=True, text=True, timeout=20)
            self.assertEqual((ended.returncode, "no address" in ended.stderr), (1, True), address)
        for path, method, status in (("/", "GET", 404), ("/metrics", "POST", 405), ("/metrics/../x", "GET", 404)):
            request = urllib.request.Request(web.url + path, method=method, data=b"x" if method == "POST" else None)
            with self.assertRaises(urllib.error.HTTPError) as failed:
                urllib.request.urlopen(request, timeout=5)
            self.assertEqual(failed.exception.code, status)
            failed.exception.close()
        taken = [self.system.program("web"), "--bus", self.system.bus_path, "--listen", web.url.removeprefix("http://")]
        for arguments, words in ((taken, "cannot listen"), ([*taken[:3], "--listen", "nonsense"], "no address"), ([*taken[:2], "/nowhere"], "cannot be used")):
            ended = subprocess.run([*map(str, arguments)], capture_output=True, text=True, timeout=20)
            self.assertEqual(ended.returncode, 1)
            self.assertIn(words, ended.stderr)

    def test_watching_shows_a_table(self):
        self.create(4, assignee=self.person)
        self.client.saw("activity", self.system.health("activity")["seq"])
        self.client.stats.figures()
        shown = subprocess.run(
            [self.system.program("pk"), "--bus", self.system.bus_path, "stats", "watch", "--count", "1"],
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
        lines = subprocess.run(
            [self.system.program("pk"), "--bus", self.system.bus_path, "stats", "watch", "--count", "2", "--json"],
            capture_output=True, text=True, timeout=20, check=True,
        ).stdout.splitlines()  # fmt: skip
        self.assertEqual([(line["figure"], line["activities"]) for line in map(json.loads, lines)], [("total", 4), ("type", 4)])
        rows = [line.split() for line in shown.stdout.splitlines() if line.strip()]
        self.assertEqual(rows[0], ["FIGURE", "ACTIVITIES", "CONTACTS"])
        self.assertIn(["total", "4", "4"], rows)
        self.assertIn(["assignee", str(self.person), "4", "4"], rows)
        self.assertNotIn("\033", shown.stdout)  # no terminal


def activity(id):
    body = {"activity": id, "revision": 1, "person": 17, "type": 1, "subject": "s", "status": "in_progress"}
    return {"activity": {**body, "start_ms": 1_700_000_000_000, "origin": "manual", "created_ms": 1}}


class Restored(unittest.TestCase):
    def test_a_source_that_went_back(self):
        """The activity service lost its newest events, and stats follows it anew: positions are smaller, and the figures are true again."""
        system = self.enterContext(System("person", "stats"))
        command = [system.program("web"), "--bus", system.bus_path, "--listen", "127.0.0.1:0", "--lines"]
        web = Lines(self, command, lambda line: (line["figure"], line.get("id", 0)))
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "proto/python"), "PERSONKORT_BUS": str(system.bus_path)}
        example = [sys.executable, ROOT / "proto/python/examples/figures.py"]
        python = Lines(self, example, lambda line: (line["topic"],), env=environment)

        def wait_for(total):
            wait_until(lambda: measures(web.last("total", 0)) == (total, total), SOON_S, f"web's total {total}")
            wait_until(lambda: measures(web.last("type", 1)) == (total, total), SOON_S, f"web's type {total}")
            wait_until(lambda: measures(python.last("figures.total")) == (total, total), SOON_S, f"the example's total {total}")

        with FakeService(system, "activity") as source:
            for id in range(1, 10):
                source.append("activity.created", activity(id))
            wait_for(9)
        with FakeService(system, "activity") as source:
            for id in range(1, 4):
                source.append("activity.created", activity(id))
            wait_until(lambda: system.followed("stats", "activity")["state"] == "diverged", SOON_S, "that it diverged")
            system.client().command("follow.reset", {"source": "activity"}, service="stats")
            wait_for(3)


if __name__ == "__main__":
    unittest.main()
