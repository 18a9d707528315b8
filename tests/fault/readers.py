#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A program that reads a store and does not go on keeps LMDB from using pages again. The file grows up to the quota and no further,
a counter says how far behind the reader is, health says so after 10 s, and all is well when it ends or is killed.
Source: faults.md F10.

The reader is mdb_dump, stopped, with a pipe that nobody empties. 60 s show no more than the 12 of this test: what grows is bounded
by the quota, which is passed in seconds.
"""

import contextlib
import shutil
import signal
import subprocess
import unittest

from faults import LONG, RECOVERY_S
from faults.asking import Asker, batch, envelope
from harness import System, wait_until

WAYS_TO_END = ("killed", "ended") if LONG else ("killed",)
QUOTA_BYTES = 4_000_000
MARGIN_BYTES = 1_000_000  # of the batch that passed it
PERSONS = 200
ALARM_S = 10  # common/service/old_readers.h
CLEANED_S = 12  # slots of the dead are looked for every 10 s
REASON = "another program has been reading"


@unittest.skipIf(shutil.which("mdb_dump") is None, "mdb_dump of lmdb-utils is not installed")
class Readers(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System())
        self.system.start("person", "--quota", str(QUOTA_BYTES))
        self.client = self.system.client()
        self.asker = Asker(self.system)
        replies = self.write("person.create", [{"given_name": "Åsa", "family_name": "N" * 80} for _ in range(PERSONS)])
        self.persons = [reply["body"]["person"] for reply in replies]
        self.revisions = dict.fromkeys(self.persons, 1)
        self.folder = self.system.data_path / "person"

    def write(self, type, bodies):
        return self.asker.ask("person", batch([envelope(type, body) for body in bodies]))["body"]["replies"]

    def update(self):
        """Changes every card, which leaves pages behind. The codes of what was refused."""
        bodies = [{"person": p, "revision": self.revisions[p], "given_name": f"Åsa {r}"} for p, r in self.revisions.items()]
        replies = self.write("person.update", bodies)
        for person, reply in zip(self.persons, replies):
            if reply["status"] == "ok":
                self.revisions[person] += 1
        return {reply["error"]["code"] for reply in replies if reply["status"] != "ok"}

    def file_bytes(self):
        return (self.folder / "data.mdb").stat().st_size

    def counter(self, name):
        return next(c["value"] for c in self.client.service.counters("person")["counters"] if c["name"] == name)

    def reasons(self):
        return [reason for reason in self.system.health("person").get("reasons", ()) if REASON in reason]

    @contextlib.contextmanager
    def reader(self):
        """Has begun to read, and is stopped."""
        process = subprocess.Popen(["mdb_dump", "-a", self.folder], stdout=subprocess.PIPE)
        try:
            process.stdout.read(1)
            process.send_signal(signal.SIGSTOP)
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def test_growth_is_bounded_and_told(self):
        for end in WAYS_TO_END:
            with self.subTest(end), self.reader() as reader:
                self.grow_until_full()
                wait_until(self.reasons, ALARM_S + 3, "the alarm")
                self.assertGreater(self.counter("reader_lag"), 0)
                self.assertEqual(self.client.person.get(person=self.persons[0])["card"]["person"], self.persons[0])
                if end == "killed":
                    reader.kill()
                else:
                    reader.send_signal(signal.SIGCONT)
                    reader.communicate()  # takes the rest
                patience_s = CLEANED_S if end == "killed" else 3
                wait_until(lambda: not self.reasons(), patience_s, "the end of the alarm")
                wait_until(lambda: not self.update(), RECOVERY_S, "writes")
                wait_until(lambda: self.counter("reader_lag") < 100, 3, "no reader that lags")
        self.assertLess(self.file_bytes(), QUOTA_BYTES + MARGIN_BYTES)

    def grow_until_full(self):
        """Updates that would go on for ever without the reader."""
        for _ in range(1000):
            refused = self.update()
            if refused:
                self.assertEqual(refused, {"storage_full"})
                break
        else:
            self.fail(f"never full; the file has {self.file_bytes()} bytes")
        self.assertLess(self.file_bytes(), QUOTA_BYTES + MARGIN_BYTES)


if __name__ == "__main__":
    unittest.main(verbosity=2)
