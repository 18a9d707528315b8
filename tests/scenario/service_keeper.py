#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--keep: a service that dies is there again by itself, and ends with its keeper, however that ends."""

import os
import pathlib
import signal
import unittest

from harness import System, is_alive, wait_until


def child_of(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


class Keeper(unittest.TestCase):
    def test_a_service_that_dies_is_started_again(self):
        with System("person", arguments=("--keep",)) as system:
            client = system.client()
            person = client.person.create(given_name="Åsa")["person"]
            for _ in range(2):
                child = child_of(system.pid("person"))
                os.kill(child, signal.SIGKILL)
                self.assertEqual(client.person.get(person=person)["card"]["given_name"], "Åsa")  # within its 30 s
                self.assertNotEqual(child_of(system.pid("person")), child)
            self.assertEqual(system.log("person").count("died and is started again"), 2)
        # the system's end asks the keeper to stop, and asserts that it ends with status 0

    def test_a_service_ends_with_its_keeper(self):
        with System("person", arguments=("--keep",)) as system:
            child = child_of(system.pid("person"))
            system.kill("person")
            wait_until(lambda: not is_alive(child), what="the child's end")
            system.start("person")

    def test_wrong_arguments_are_not_tried_again(self):
        with System() as system:
            with self.assertRaisesRegex(AssertionError, "status 64"):
                system.start("person", "--keep", "--nonsense")
            system._running.clear()


if __name__ == "__main__":
    unittest.main()
