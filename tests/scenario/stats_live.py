#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Live figures as a subscriber sees them: soon, numbered without a gap, at most one message a topic every 100 ms."""

import collections
import time
import unittest

import msgpack
import zmq
from harness import FakeService, System

PAUSE_S = 0.1
SLACK_S = 0.02  # the service's clock and ours are read at different moments
SOON_S = 1.0


class Subscriber:
    """Keeps what was published, by topic: [(when it came, message)]."""

    def __init__(self, system, *topics):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        self.socket.connect(system.address("stats", "events"))
        for topic in topics:
            self.socket.setsockopt(zmq.SUBSCRIBE, topic.encode())
        self.seen = collections.defaultdict(list)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.destroy(linger=0)

    def last(self, topic):
        return self.seen[topic][-1][1] if self.seen[topic] else None

    def listen(self, until, timeout_s):
        """Takes messages in until `until()` is true; whether it became so in time."""
        end = time.monotonic() + timeout_s
        while not until() and (left_s := end - time.monotonic()) > 0:
            if self.socket.poll(min(10, left_s * 1000)):
                topic, payload = self.socket.recv_multipart()
                self.seen[topic.decode()].append((time.monotonic(), msgpack.unpackb(payload)))
        return until()

    def connect(self, provoke):
        """A subscription takes effect a while after it is made: provokes until something comes."""
        while not self.listen(lambda: self.seen, 0.2):
            provoke()
        self.listen(lambda: False, 5 * PAUSE_S)


def activity(id, person=17, type=4, status="done", **more):
    body = {"activity": id, "revision": 1, "person": person, "type": type, "subject": "s", "status": status}
    body.update(start_ms=1_700_000_000_000, origin="manual", created_ms=1, **more)
    return {"activity": body}


class Live(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("person", "stats"))
        self.source = self.enterContext(FakeService(self.system, "activity"))
        self.client = self.system.client()
        self.count = 0

    def create(self, **fields):
        self.count += 1
        return self.source.append("activity.created", activity(self.count, **fields))

    def subscriber(self, *topics):
        subscriber = self.enterContext(Subscriber(self.system, *topics))
        subscriber.connect(self.create)
        return subscriber

    def check_numbers(self, subscriber):
        for topic, messages in subscriber.seen.items():
            numbers = [message["number"] for _, message in messages]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))), topic)

    def check_pauses(self, subscriber):
        for topic, messages in subscriber.seen.items():
            first, last = messages[0][0], messages[-1][0]
            most = (last - first + SLACK_S) / PAUSE_S + 1
            self.assertLessEqual(len(messages), most, topic)

    def test_each_change_at_a_slow_rate_is_seen(self):
        topics = ("figures.total", "figures.type/4", "figures.person/17", "figures.assignee/9")
        self.create = lambda: Live.create(self, assignee=9)
        subscriber = self.subscriber(*topics)
        for _ in range(12):
            seq = self.create()
            told = time.monotonic()
            self.assertTrue(
                subscriber.listen(lambda: all((subscriber.last(t) or {"seq": 0})["seq"] >= seq for t in topics), SOON_S)
            )
            for topic in topics:
                came, message = subscriber.seen[topic][-1]
                self.assertLess(came - told, SOON_S)
                self.assertEqual((message["cell"]["activities"], message["cell"]["contacts"]), (self.count, self.count))
            time.sleep(1.5 * PAUSE_S)
        self.check_numbers(subscriber)
        self.assertEqual(subscriber.last("figures.type/4")["cell"]["type"], 4)
        self.assertEqual(subscriber.last("figures.person/17")["cell"]["person"], 17)
        self.assertEqual(subscriber.last("figures.assignee/9")["cell"]["assignee"], 9)
        self.assertEqual(set(subscriber.last("figures.total")["cell"]), {"activities", "contacts"})
        self.assertNotIn("figures.type/5", subscriber.seen)

    def test_a_burst_is_conflated_and_its_end_seen(self):
        subscriber = self.subscriber("figures.")
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            for _ in range(20):
                self.create(person=1 + self.count % 40, type=1 + self.count % 3, status="not_started")
            subscriber.listen(lambda: False, 0.01)
        seq = self.create()
        self.assertTrue(subscriber.listen(lambda: subscriber.last("figures.total")["seq"] >= seq, SOON_S))
        subscriber.listen(lambda: False, 3 * PAUSE_S)
        self.check_numbers(subscriber)
        self.check_pauses(subscriber)
        self.client.saw("activity", seq)
        for dimension, topic in (("type", "figures.type"), ("person", "figures.person")):
            for cell in self.client.stats.figures(group_by=[dimension])["cells"]:
                name = f"{topic}/{cell[dimension]}"
                if name in subscriber.seen:
                    self.assertEqual(subscriber.last(name)["cell"], cell)
                else:  # never changed since the subscription
                    self.assertEqual((topic, cell[dimension]), ("figures.person", 17))
        self.assertEqual(subscriber.last("figures.total")["cell"], self.client.stats.figures()["total"])

    def test_what_falls_to_nothing_is_told(self):
        subscriber = self.subscriber("figures.type/9", "figures.total")
        seq = self.create(type=9)
        self.assertTrue(subscriber.listen(lambda: (subscriber.last("figures.type/9") or {"seq": 0})["seq"] >= seq, SOON_S))
        seq = self.source.append("activity.deleted", {"activity": self.count, "person": 17})
        self.assertTrue(subscriber.listen(lambda: subscriber.last("figures.type/9")["seq"] >= seq, SOON_S))
        self.assertEqual(subscriber.last("figures.type/9")["cell"], {"type": 9, "activities": 0, "contacts": 0})

    def test_a_merged_type_has_nothing_and_its_successor_all(self):
        """Also of activities that have the merged type still, whenever they change; and a saved question by that type."""
        kind = {"names": {"sv": "x"}, "direction": "out", "channel": "visit"}
        for type in (8, 9, 10):
            self.source.append("type.created", {"type": kind | {"type": type, "active": True, "revision": 1}})
        asked = self.client.question.save(name="Åtta", filter={"types": [8]})["question"]
        subscriber = self.subscriber("figures.type/", f"figures.question/{asked}")
        for type in (8, 8, 9, 10, 10, 10):
            self.create(type=type)

        def merge(type, into, *led):
            for one in (*led, type):
                seq = self.source.append("type.updated", {"type": kind | {"type": one, "active": False, "revision": 2, "merged_into": into}})
            return seq

        def see(seq, question, **wanted):
            names = [f"figures.type/{name[1:]}" for name in wanted]
            self.assertTrue(
                subscriber.listen(
                    lambda: [(subscriber.last(name) or {"cell": {}})["cell"].get("activities") for name in names] == list(wanted.values())
                    and subscriber.last(f"figures.question/{asked}")["figures"]["total"]["activities"] == question, SOON_S),
                (seq, {name: subscriber.last(name) for name in names}))
            self.client.saw("activity", seq)
            cells = {f"t{cell['type']}": cell["activities"] for cell in self.client.stats.figures(group_by=["type"])["cells"]}
            self.assertEqual({name: cells.get(name, 0) for name in wanted}, wanted)

        see(self.create(type=9), 2, t8=2, t9=2, t10=3)
        see(merge(8, 9), 4, t8=0, t9=4, t10=3)
        see(self.source.append("activity.deleted", {"activity": self.count - 6, "person": 17}), 3, t8=0, t9=3, t10=3)
        see(merge(9, 10, 8), 6, t8=0, t9=0, t10=6)
        see(self.source.append("activity.deleted", {"activity": self.count - 5, "person": 17}), 5, t8=0, t9=0, t10=5)
        self.assertEqual(self.client.stats.recount().get("differences") or [], [])
        self.check_numbers(subscriber)

    def test_more_persons_than_are_kept_show_as_a_gap(self):
        subscriber = self.subscriber("figures.person/17")
        before = subscriber.last("figures.person/17")["number"]
        for person in range(100, 70_200):
            self.create(person=person)
        seq = self.create()
        self.assertTrue(subscriber.listen(lambda: subscriber.last("figures.person/17")["seq"] >= seq, 120))
        self.assertGreater(subscriber.last("figures.person/17")["number"], before + 1)
        counters = {c["name"]: c["value"] for c in self.client.service.counters("stats")["counters"]}
        self.assertGreater(counters["figures_missed"], 0)


if __name__ == "__main__":
    unittest.main()
