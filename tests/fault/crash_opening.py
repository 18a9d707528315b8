#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of a service at every write, sync and other change of files while it makes its store: the next start is as if it had been
the first. Source: faults.md F01. --long: all services, and folders too.
"""

import unittest

from faults import LONG, RECOVERY_S, strace
from faults.points import MOST_DEATHS, WRITES
from faults.strace import dying_at
from harness import System, wait_until

SERVICES = ("person", "activity", "notification", "stats") if LONG else ("activity", "notification")
OPENS = (*WRITES, "ftruncate", "fsync", *(("mkdir", "rename", "unlink") if LONG else ()))


@unittest.skipIf(strace.missing(), strace.missing())
class CrashOpening(unittest.TestCase):
    def test_a_store_that_is_made(self):
        for service in SERVICES:
            with self.subTest(service):
                deaths = {call: self.die_everywhere(service, call) for call in OPENS}
                print(f"{service}: deaths while making its store {deaths}", flush=True)
                self.assertGreaterEqual(sum(deaths.values()), 3)

    def die_everywhere(self, service, call):
        for count in range(1, MOST_DEATHS):
            with System() as system:
                system.launch(service, under=dying_at(call, count))
                status = wait_until(lambda: system.ended(service, 0) or system.answers(service), what="an end or an answer")
                if status is True:
                    system.kill(service)  # before a stop, which calls too
                    return count - 1
                self.assertEqual(status, -9, system.log(service))
                system.start(service)
                self.check_new(system, service)
        raise AssertionError(f"{service} does not cease to call {call}")

    def check_new(self, system, service):
        reasons = system.health(service).get("reasons", [])
        self.assertFalse([reason for reason in reasons if "does not answer" not in reason])  # whom it follows is not there
        records = 11 if service == "activity" else 0  # the usual types
        wait_until(lambda: system.health(service)["seq"] >= records, RECOVERY_S, "the usual types")
        self.assertEqual([record.type for record in system.journal(service)], ["type.created"] * records)
        system.stop(service)
        system.start(service)
        self.assertEqual(system.health(service)["seq"], records)


if __name__ == "__main__":
    unittest.main(verbosity=2)
