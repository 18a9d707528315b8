#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A new follower with all of a journal before it, killed in the middle while the journal grows: each start goes on where the store
was, and in the end it has what a replay without a kill gives, and what was written. Source: faults.md F33.

Bootstrap is a replay from the first record: no journal is cut yet. The source stands still while the follower starts, so what
was stored is seen before anything is added to it. --long: more of everything.
"""

import collections
import contextlib
import datetime
import itertools
import os
import random
import shutil
import signal
import threading
import time
import unittest
import zoneinfo

from faults import LONG, RECOVERY_S
from faults.asking import Asker, batch, envelope
from harness import System, wait_until
from harness.writer import Writer, work

KILLS = 8 if LONG else 3
KILLS_IN_SNAPSHOT = 2  # it is short
PERSONS = 2_000
ACTIVITIES = 100_000 if LONG else 20_000
CHANGES = ACTIVITIES // 4  # of the history; half of them finish, half delete
SENDS = 10
KNOWN = 100_000 if LONG else 24_000  # persons of whom activity and notification are to hear
USED = 300  # of whom notification is to hear, who are sent something
MANY = 1_000  # in flight, and in a batch
ENTRIES = ("--index-entries", "20000")  # so few that runs are frozen and merged on the way
LOAD_WINDOW, LOAD_PAUSE_S = 16, 0.005  # slower than any follower, and leaves the interpreter to the thread that kills
TRIES = 5  # a kill is too late when this machine let the test wait
WRITE_S, CATCH_UP_S = 120, 60  # only bounds
FIRST_MS, YEAR_MS = 1_767_222_000_000, 365 * 24 * 3600 * 1000  # 2026 in Stockholm
ZONE = zoneinfo.ZoneInfo("Europe/Stockholm")
TYPES = range(1, 12)
NOBODY = 1 << 40


class Load(threading.Thread):
    """A writer at work until the block is left; then everything it asked has been answered."""

    def __init__(self, writer):
        super().__init__(daemon=True)
        self._writer, self._over = writer, threading.Event()

    def __enter__(self):
        self._writer.window = LOAD_WINDOW
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()

    def run(self):
        while not self._over.wait(LOAD_PAUSE_S):
            self._writer.step()
        work([self._writer], WRITE_S, more=False)


class BootstrapTest(unittest.TestCase):
    def setUp(self):
        seed = int(os.environ.get("FAULT_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"FAULT_SEED={seed}", flush=True)
        self.chance = random.Random(seed)
        self.load_chance = random.Random(self.chance.getrandbits(64))  # of the thread that writes

    def writer(self, service, make):
        writer = Writer(self.system, service, self.load_chance, make)
        self.addCleanup(writer.close)
        return writer

    def write(self, writer, count):
        """So many commands, of which many are in flight."""
        end = len(writer.acknowledged) + count

        def written():
            writer.window = min(MANY, end - len(writer.acknowledged))
            writer.step()
            self.assertFalse(writer.refused)
            return len(writer.acknowledged) == end

        wait_until(written, WRITE_S, f"the writing of {count}")

    def end_of(self, service):
        return self.system.health(service)["seq"]

    @contextlib.contextmanager
    def still(self, service):
        """It does nothing meanwhile."""
        os.kill(self.system.pid(service), signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.system.pid(service), signal.SIGCONT)

    def bootstrap(self, follower, source, check, *arguments):
        """Starts it with nothing, and kills it while it is behind, several times; `check(seq)` looks at what there is at each
        start. In the end it has followed everything, while `self.load` was written. Gives where it began each time."""
        with Load(self.load):
            for _ in range(TRIES):
                end = self.end_of(source)
                begun = self.start_and_kill(follower, source, check, arguments)
                print(f"{follower} began at {begun} of at first {end} of {source}", flush=True)
                if begun[-1] < end:
                    break
                self.system.kill(follower)
                shutil.rmtree(self.system.data_path / follower)
            self.assertLess(begun[-1], end, "killed when it had followed everything")
            self.assertGreater(self.end_of(source), end, "there was no load")
            self.system.wait_followed(follower, source, self.end_of(source), CATCH_UP_S)
        self.assertFalse(self.load.unanswered)
        self.assertFalse(self.load.refused)
        self.system.wait_followed(follower, source, self.end_of(source), RECOVERY_S)
        self.assertEqual(self.system.followed(follower, source)["set_aside"], 0)
        return begun

    def start_and_kill(self, follower, source, check, arguments):
        """Where it began each time."""
        begun, seen = [], 0
        while True:
            with self.still(source):
                self.system.start(follower, *arguments)
                begun.append(self.system.followed(follower, source)["seq"])
                self.assertGreaterEqual(begun[-1], seen, "it had been further")
                check(begun[-1])
            if len(begun) > (KILLS_IN_SNAPSHOT if "--snapshot-from" in arguments else KILLS):
                self.assertEqual(begun[0], 0)
                return begun
            if "--snapshot-from" in arguments:
                seen = self.kill_in_snapshot(follower, source)
            else:
                seen = self.kill_on_its_way(follower, source, begun[-1])

    def kill_in_snapshot(self, follower, source):
        """Before it has followed anything."""
        time.sleep(self.chance.random() / 3)
        seq = self.system.followed(follower, source)["seq"]
        self.system.kill(follower)
        return seq

    def kill_on_its_way(self, follower, source, begun):
        """At any moment of the page that comes after the first, about; gives how far it was seen."""
        started, seq = time.monotonic(), begun
        while seq == begun:
            seq = self.system.followed(follower, source)["seq"]
            self.assertLess(time.monotonic() - started, CATCH_UP_S, f"{follower} does not go on")
        time.sleep(self.chance.random() * (time.monotonic() - started) / 2)  # half of it was connecting
        self.system.kill(follower)
        return seq


class History:
    """What was acknowledged, by its position in the journal of activity: the facts as they were at any of them."""

    def __init__(self):
        self._changes = []  # (seq, activity, fact or None)

    def add_row(self, seq, row):
        self._changes.append((seq, row["activity"], fact_of(row)))

    def add_written(self, writer):
        created = {}
        for id, (reply, seq) in sorted(writer.acknowledged.items(), key=lambda item: item[1][1]):
            body, activity = writer.asked[id], reply["activity"]
            if "person" in body:
                created[activity] = fact_of(body)
                self._changes.append((seq, activity, created[activity]))
            else:
                done = (*created[activity][:3], 1) if "end_ms" in body else None
                self._changes.append((seq, activity, done))

    def facts(self, seq):
        """Of the activities there were at the position."""
        facts = {}
        for _, activity, fact in sorted((c for c in self._changes if c[0] <= seq), key=lambda change: change[0]):
            facts[activity] = fact
        return [fact for fact in facts.values() if fact]


def fact_of(row):
    day = datetime.datetime.fromtimestamp(row["start_ms"] // 1000, ZONE).date().isoformat()
    return row["person"], row["type"], day, int(row["status"] != "not_started")


def count(facts, group_by):
    """As stats.figures answers."""
    places = [("person", "type", "day").index(dimension) for dimension in group_by]
    cells = collections.defaultdict(lambda: [0, 0])
    for fact in facts:
        cell = cells[tuple(fact[place] for place in places)]
        cell[0] += 1
        cell[1] += fact[3]
    return [dict(zip(group_by, g)) | {"activities": a, "contacts": c} for g, (a, c) in sorted(cells.items())]


class Stats(BootstrapTest):
    def setUp(self):
        super().setUp()
        self.system = self.enterContext(System("person", "activity", "notification"))
        self.client = self.system.client()
        self.history = History()
        self.write_persons()
        self.write_sends()
        self.load = self.writer("activity", self.an_activity)
        self.write(self.load, ACTIVITIES)
        self.unchanged = [body["activity"] for body, _ in self.load.acknowledged.values()]
        self.chance.shuffle(self.unchanged)
        self.load.make = self.a_change
        self.write(self.load, CHANGES)
        self.load.make = lambda: self.load_chance.choice((self.an_activity, self.a_change))()

    def write_persons(self):
        numbers = itertools.count()
        writer = self.writer("person", lambda: ("person.create", {"given_name": "Åsa", "mobile": f"070{next(numbers):07}"}))
        self.write(writer, PERSONS)
        self.persons = sorted(body["person"] for body, _ in writer.acknowledged.values())
        for follower in ("activity", "notification"):
            self.system.wait_followed(follower, "person", self.end_of("person"))

    def write_sends(self):
        """What comes of them is acknowledged to nobody, so it is listed, when it is all there is."""
        sends = self.client.batch()
        for person in self.chance.sample(self.persons, SENDS):
            sends.sms.send(person=person, text="Hej")
        sends.send()
        wait_until(lambda: len(self.client.recipient.list(limit=1000, state="accepted").get("recipients", ())) == SENDS)
        self.system.wait_followed("activity", "notification", self.end_of("notification"))
        seq, rows = self.end_of("activity"), self.client.activity.scan(limit=1000)["activities"]
        self.assertEqual(len(rows), SENDS)
        for row in rows:
            self.history.add_row(seq, row)

    def an_activity(self):
        return "activity.create", {
            "person": self.load_chance.choice(self.persons),
            "type": self.load_chance.choice(TYPES),
            "subject": "S",
            "status": self.load_chance.choice(["not_started", "in_progress"]),
            "start_ms": FIRST_MS + self.load_chance.randrange(YEAR_MS),
        }

    def a_change(self):
        """Each activity's only one: of two in flight either may come first."""
        if not self.unchanged:
            return self.an_activity()
        activity = self.unchanged.pop()
        if self.load_chance.random() < 0.5:
            return "activity.delete", {"activity": activity}
        return "activity.finish", {"activity": activity, "end_ms": FIRST_MS + 2 * YEAR_MS}

    def test_figures(self):
        self.begin_killed(*ENTRIES)

    def test_figures_from_a_snapshot(self):
        self.begin_killed(*ENTRIES, "--snapshot-from", "1000")
        said = (self.system.folder / "stats.log").read_text()
        self.assertIn("snapshot is there", said)

    def begin_killed(self, *arguments):
        first, begun = self.end_of("activity"), []

        def check(seq):
            """As long as there is less than there was at first no figures are given; then those of a moment that there was."""
            self.assertFalse(self.system.ask("stats", "stats.recount").get("differences"))
            if self.system.ask("stats", "stats.state")["figures"]:
                self.assertGreaterEqual(seq, first)
                begun.append((seq, self.figures(["person"])))

        self.bootstrap("stats", "activity", check, *arguments)
        self.history.add_written(self.load)
        for seq, reply in begun:
            self.assertEqual(reply["activity_seq"], seq)
            self.assertEqual(reply.get("cells", []), count(self.history.facts(seq), ["person"]))
        killed = self.all_figures()
        self.check_figures(killed)
        self.system.stop("stats")
        (self.system.data_path / "stats").rename(self.system.folder / "killed")
        self.system.start("stats")
        self.assertEqual(self.all_figures(), killed)

    def figures(self, group_by, **filters):
        grouping = {"group_by": group_by} if group_by else {}
        return self.system.ask("stats", "stats.figures", {"limit": 10_000, **grouping, **filters})

    def all_figures(self):
        """Question and answer, when it has followed everything."""
        seq = self.end_of("activity")
        self.system.wait_followed("stats", "activity", seq, CATCH_UP_S)
        self.assertFalse(self.system.ask("stats", "stats.recount").get("differences"))
        questions = [(group_by, {}) for group_by in ([], ["type"], ["person"], ["day"], ["type", "day"])]
        questions += [(["person"], {"type": type}) for type in TYPES]
        questions += [(["type", "day"], {"person": person}) for person in self.persons[:: PERSONS // 50]]
        answers = []
        for group_by, filters in questions:
            answer = self.figures(group_by, **filters)
            self.assertEqual(answer["activity_seq"], seq)
            answers.append((group_by, filters, answer.get("cells", []), answer["total"]))
        return answers

    def check_figures(self, answers):
        everything = self.history.facts(self.end_of("activity"))
        for group_by, filters, cells, total in answers:
            facts = [f for f in everything if filters.get("person", f[0]) == f[0] and filters.get("type", f[1]) == f[1]]
            self.assertEqual(cells, count(facts, group_by) if group_by else [], (group_by, filters))
            self.assertEqual([total], count(facts, []) or [{"activities": 0, "contacts": 0}], (group_by, filters))


class Persons(BootstrapTest):
    """Whom activity and notification know. What else they hold is their own, and here there is nothing of it."""

    def setUp(self):
        super().setUp()
        self.system = self.enterContext(System("person"))
        self.asker = Asker(self.system)
        self.numbers = itertools.count()
        self.load = self.writer("person", self.a_card)
        self.write(self.load, KNOWN)
        self.known = {seq: body["person"] for body, seq in self.load.acknowledged.values()}
        self.unchanged = list(self.known.values())
        self.chance.shuffle(self.unchanged)
        self.load.make = lambda: self.load_chance.choice((self.a_card, self.a_change))()

    def mobile(self):
        return {"mobile": f"+4670{next(self.numbers):07}"}

    def a_card(self):
        return "person.create", {"given_name": "Åsa", **self.mobile()}

    def a_change(self):
        if not self.unchanged:
            return self.a_card()
        return "person.update", {"person": self.unchanged.pop(), **self.mobile()}

    def ask(self, service, commands):
        """What became of each."""
        replies = []
        for part in range(0, len(commands), MANY):
            message = batch([envelope(*command) for command in commands[part : part + MANY]])
            replies += self.asker.ask(service, message)["body"]["replies"]
        return [reply.get("error", {}).get("code", "ok") for reply in replies]

    def follow(self, service, use):
        """`use(person)` is a command that needs the person. Everybody's number in the end, and who are next to where
        it began."""

        def check(seq):
            """A person is known if and only if the position was passed."""
            near = {seq - 1, seq, seq + 1, seq + 2, *self.chance.sample(sorted(self.known), 20)}
            near = sorted(near & self.known.keys())
            codes = self.ask(service, [use(self.known[one]) for one in near])
            self.assertEqual(codes, ["ok" if one <= seq else "not_found" for one in near], f"{near} at {seq}")

        begun = self.bootstrap(service, "person", check)
        numbers = {}
        for id, (body, seq) in self.load.acknowledged.items():
            numbers[body["person"]] = max(numbers.get(body["person"], (0, "")), (seq, self.load.asked[id]["mobile"]))
        self.assertEqual(self.ask(service, [use(max(numbers) + 1), use(NOBODY)]), ["not_found"] * 2)
        edges = {self.known[one] for seq in begun for one in (seq, seq + 1) if one in self.known}
        return {person: number for person, (_, number) in numbers.items()}, edges

    def test_who_is_known(self):
        with self.subTest("activity"):
            self.be_known_to_activity()
        with self.subTest("notification"):
            self.be_known_to_notification()

    def be_known_to_activity(self):
        def use(person):
            return "activity.create", {"person": person, "type": 1, "subject": "S"}

        persons, _ = self.follow("activity", use)
        self.assertEqual(set(self.ask("activity", [use(person) for person in persons])), {"ok"})

    def be_known_to_notification(self):
        def use(person):
            return "sms.send", {"person": person, "text": "Hej"}

        numbers, edges = self.follow("notification", use)
        before = self.end_of("notification")
        persons = sorted(edges | set(self.chance.sample(sorted(numbers), USED)))
        self.assertEqual(set(self.ask("notification", [use(person) for person in persons])), {"ok"})
        made = [r.body["recipient"] for r in self.system.journal("notification")[before:] if "recipient" in r.body]
        self.assertEqual({r["person"]: r["address"] for r in made}, {person: numbers[person] for person in persons})


if __name__ == "__main__":
    unittest.main(verbosity=2)
