#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What must be unique, and what was changed meanwhile: of two in one batch exactly one wins, an old revision is refused beside a good
one, a number that became free is used again; before and after a kill alike. Source: faults.md F38.

Personal numbers and erasure are to come; customer numbers pass the same look-up, and become free by a change.
"""

import os
import random
import unittest

from faults.asking import Asker, batch, envelope
from harness import System

ROUNDS = 10


class SameNumber(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("person"))
        self.client = self.system.client()
        self.asker = Asker(self.system)

    def ask(self, *commands):
        """Their replies, of one batch; what was done says the same after a kill. What was refused is decided anew then
        (common/service/adr/0001), and may be done if a later command of the batch made room, so it is not asked again."""
        envelopes = [envelope(type, body) for type, body in commands]
        replies = self.asker.ask("person", batch(envelopes))["body"]["replies"]
        done = [i for i, reply in enumerate(replies) if reply["status"] == "ok"]
        self.system.kill("person")
        self.system.start("person")
        if done:
            again = self.asker.ask("person", batch([envelopes[i] for i in done]))["body"]["replies"]
            self.assertEqual(again, [replies[i] for i in done])
        return replies

    @staticmethod
    def codes(replies):
        return [reply.get("error", {}).get("code", "ok") for reply in replies]

    @staticmethod
    def new(number):
        return "person.create", {"given_name": "Åsa", "customer_number": number}

    def number_of(self, person):
        return self.client.person.get(person=person)["card"]["customer_number"]

    def test_the_same_number_twice_in_one_batch(self):
        replies = self.ask(self.new("K-1"), self.new("K-1"), self.new("K-2"))
        self.assertEqual(self.codes(replies), ["ok", "not_unique", "ok"])
        self.assertEqual(replies[1]["error"]["field"], "customer_number")
        self.assertEqual(self.codes(self.ask(self.new("K-1"))), ["not_unique"])
        self.assertEqual(len(self.client.person.list(limit=10)["cards"]), 2)

    def test_a_new_card_and_a_change_want_the_same_number(self):
        person = self.ask(self.new("K-1"))[0]["body"]["person"]
        change = ("person.update", {"person": person, "customer_number": "K-2"})
        self.assertEqual(self.codes(self.ask(change, self.new("K-2"))), ["ok", "not_unique"])
        self.assertEqual(self.number_of(person), "K-2")

    def test_an_old_revision_beside_a_good_one(self):
        person = self.ask(self.new("K-1"))[0]["body"]["person"]

        def change(revision, name):
            return "person.update", {"person": person, "revision": revision, "given_name": name}

        replies = self.ask(change(1, "Bo"), change(1, "Cecilia"), change(2, "David"), change(7, "Eva"))
        self.assertEqual(self.codes(replies), ["ok", "changed_since", "ok", "changed_since"])
        card = self.client.person.get(person=person)["card"]
        self.assertEqual((card["given_name"], card["revision"]), ("David", 3))

    def test_a_number_that_became_free_is_used_again(self):
        first = self.ask(self.new("K-1"))[0]["body"]["person"]
        away = ("person.update", {"person": first, "customer_number": "K-2"})
        replies = self.ask(self.new("K-1"), away, self.new("K-1"), self.new("K-1"))  # free in the middle of a batch
        self.assertEqual(self.codes(replies), ["not_unique", "ok", "ok", "not_unique"])
        second = replies[2]["body"]["person"]
        self.assertEqual((self.number_of(first), self.number_of(second)), ("K-2", "K-1"))
        back = ("person.update", {"person": first, "customer_number": "K-1"})
        self.assertEqual(self.codes(self.ask(back, away)), ["not_unique", "ok"])

    def test_numbers_that_go_from_hand_to_hand(self):
        """Against a model, a batch at a time."""
        seed = int(os.environ.get("FAULT_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"FAULT_SEED={seed}", flush=True)
        chance = random.Random(seed)
        owners, numbers = {}, [f"K-{i}" for i in range(4)]
        for _ in range(ROUNDS):
            commands, expected = [], []
            for _ in range(chance.randint(1, 12)):
                number, people = chance.choice(numbers), sorted(p for p in owners.values() if p and p > 0)
                if people and chance.random() < 0.5:
                    person = chance.choice(people)
                    commands.append(("person.update", {"person": person, "customer_number": f"{number}"}))
                    taken = owners.get(number) not in (None, person)
                    if not taken:
                        owners = {n: None if p == person else p for n, p in owners.items()} | {number: person}
                else:
                    commands.append(self.new(number))
                    taken = owners.get(number) is not None
                    if not taken:
                        owners[number] = -len(commands)  # its id comes with the reply
                expected.append("not_unique" if taken else "ok")
            replies = self.ask(*commands)
            self.assertEqual(self.codes(replies), expected)
            made = {-i: reply["body"]["person"] for i, reply in enumerate(replies, start=1) if reply["status"] == "ok"}
            owners = {number: made[p] if p is not None and p < 0 else p for number, p in owners.items()}
        for number, person in owners.items():
            if person is not None:
                self.assertEqual(self.number_of(person), number)


if __name__ == "__main__":
    unittest.main(verbosity=2)
