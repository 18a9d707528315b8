#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""EIO at every write and sync of a batch, the meta page's among them: what the disk holds is not known then, so the service
ends with status 1, and the next start reads it. Source: faults.md F06, F07.

Nothing of such a batch was acknowledged. Whether it is there only the same id tells, and it tells the same ever after.
"""

import itertools
import pathlib
import re
import unittest

from faults import RECOVERY_S
from faults.asking import batch, envelope
from faults.points import MANY, WRITES, PointsTest
from faults.strace import fail_at
from harness import wait_until

META_PAGES_BYTES = 2 * 4096  # at the beginning of the file
WRITE = re.compile(r"pwrite64\(\d+.*, (\d+), (\d+)\)")


class DiskErrors(PointsTest):
    tamper = staticmethod(fail_at)
    status = 1
    grace_s = 2  # it ends by itself, and under sanitizers takes its time

    def assert_meta_page_failed(self):
        offsets = [int(match[2]) for line in self.injected if (match := WRITE.search(line))]
        self.assertTrue([offset for offset in offsets if offset < META_PAGES_BYTES], self.injected)

    def test_one_command(self):
        self.start("person", "person")
        names = itertools.count()
        self.end_commands("person", lambda: envelope("person.create", {"given_name": f"n{next(names)}"}), WRITES)
        self.assert_meta_page_failed()
        self.verify_journal("person")

    def test_many_commands(self):
        self.start("person", "person")
        names = itertools.count()
        self.end_commands(
            "person",
            lambda: batch([envelope("person.create", {"given_name": f"n{next(names)}"}) for _ in range(MANY)]),
            WRITES,
        )
        self.assert_meta_page_failed()
        self.verify_journal("person")

    def test_a_follower(self):
        self.start("stats", "person", "activity", "stats")
        person, count = self.persons(1)[0], 0
        seen = [("person", self.system.health("person")["seq"])]

        def write():
            nonlocal count
            count += MANY
            self.assert_done(self.asker.ask("activity", batch([self.activity(person, seen) for _ in range(MANY)])))
            return self.system.health("activity")["seq"]

        def check():
            self.assertEqual(self.system.ask("stats", "stats.figures")["total"]["activities"], count)

        self.end_follower("activity", write, check)
        self.assertFalse(self.system.ask("stats", "stats.recount").get("differences"))

    def test_nothing_is_acknowledged_and_it_starts_again_by_itself(self):
        self.start("person")
        self.system.start("person", "--keep")
        keeper = self.system.pid("person")
        first, second = (envelope("person.create", {"given_name": name}) for name in ("Åsa", "Bo"))
        self.assert_done(self.asker.ask("person", first))
        service = child_of(keeper)
        with fail_at(service, "fdatasync", 1):
            refused = self.asker.ask("person", second)
            if refused:  # it may also end before it has told
                self.assertEqual((refused["error"]["code"], refused["error"]["retry"]), ("unavailable", True))
            wait_until(lambda: child_of(keeper) not in (None, service), RECOVERY_S, "another start")
        again = [self.asker.ask("person", second, RECOVERY_S) for _ in range(2)]
        self.assert_done(again[0])
        self.assertEqual(again[0], again[1])
        self.assertEqual(len(self.system.journal("person")), 2)


def child_of(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


if __name__ == "__main__":
    unittest.main(verbosity=2)
