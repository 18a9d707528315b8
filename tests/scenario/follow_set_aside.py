#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An event that cannot be applied: set aside with an alarm, the others go on, and what an operator sees and does. Source: faults.md F32.

The source only looks like a service: a real one writes no such events. That one which was mended is applied, in order, is
shown in tests/unit/activity_replay.c, where two versions of a service take turns.
"""

import unittest

from harness import FakeService, System, wait_until
from harness.pk import Pk


class SetAside(unittest.TestCase):
    def test_what_an_operator_sees_and_does(self):
        with System("activity") as system, FakeService(system, "person") as source:
            pk = Pk(system.bus_path)
            card = {"revision": 1, "customer_number": "1", "created_ms": 1, "changed_ms": 1, "given_name": system.canary("Kanariefågel")}
            source.append("person.created", {"card": card | {"person": 1}}, person=1, subject="person/1")
            source.append("person.created", b"\xc1 no msgpack", person=2, subject="person/2")
            source.append("person.created", {"card": card | {"person": 3}}, person=3, subject="person/3")
            seq = source.append("person.created", {"card": card | {"person": 2}}, person=2, subject="person/2")
            system.wait_followed("activity", "person", seq)
            followed = system.followed("activity", "person")
            self.assertEqual((followed["state"], followed["set_aside"]), ("following", 2))
            [alarm] = [reason for reason in system.health("activity")["reasons"] if "set aside" in reason]
            self.assertIn("person", alarm)
            client = system.client()
            client.activity.create(person=1, type=1, subject="A")
            client.activity.create(person=3, type=1, subject="A")  # later ones of other subjects were applied
            self.assertEqual(pk.value("set_aside", "follow", "status", "activity").split(), ["2", "0"])
            events = pk.json("follow", "list", "activity", "person")["events"]
            self.assertEqual([event["seq"] for event in events], [2, 4])
            self.assertEqual(events[0]["reason"], "malformed")
            self.assertIn("waits", events[1]["reason"])
            self.assertNotIn("Kanariefågel", str(events))
            self.assertEqual(pk.json("follow", "replay", "activity", "person", code=1), {"applied": 0, "left": 2})
            pk.expect(4, "follow", "reset", "activity", "person")  # it did not diverge
            system.kill("activity")
            system.start("activity")
            self.assertEqual(system.followed("activity", "person")["set_aside"], 2)
            seq = source.append("person.created", {"card": card | {"person": 4}}, person=4, subject="person/4")
            system.wait_followed("activity", "person", seq)
            wait_until(lambda: client.activity.create(person=4, type=1, subject="A"), what="the next person")


if __name__ == "__main__":
    unittest.main()
