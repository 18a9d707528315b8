#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random questions to person.search, each compared with a plain count over the CSV that the register was made from; again after cards were changed."""

import json
import pathlib
import random
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench" / "register"))

import compare
import expressions
import loading
import people
from harness import System

PERSONS = 5_000
QUESTIONS = 100  # before the changes, and again after them
CHANGES = 400
SEED = 20261126


class Truth(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(SEED)
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        people.generate(self.folder, PERSONS, SEED)
        self.client = self.enterContext(System("person")).client()
        self.known = loading.settings(self.client, self.folder)
        loading.persons(self.client, self.folder, self.known)
        self.rows = [*loading.read_rows(self.folder, "employees.csv"), *loading.read_rows(self.folder, "persons.csv")]

    def ask(self):
        english = json.loads((self.folder / "settings.json").read_text(encoding="utf-8"))["english"]
        ids = self.known.entries | {("organisation", name): id for name, id in self.known.organisations.items()}
        ids |= {("employee", number): person for number, person in self.known.employees.items()}
        drawn = expressions.Expressions(self.random, self.random.sample(self.rows, 400), ids, english)
        questions = [drawn.draw() for _ in range(QUESTIONS)]
        wrong = []
        for question, expected in zip(questions, compare.expect(self.rows, questions)):
            wrong += [f"{question.text}\n    {problem}\n    {question.code}" for problem in compare.differences(self.client, question, expected)]
        self.assertFalse(wrong, "\n".join(wrong))

    def change_some(self):
        """Cards are changed, and their rows."""
        sender = loading.Sender(self.client)
        for person in self.random.sample(range(1, len(self.rows) + 1), CHANGES):
            row = self.rows[person - 1]
            body = self.random.choice((self.rename, self.move, self.regroup, self.consent, self.lose))(row)
            sender.add("person.update", {"person": person, **body})
        sender.take()

    def rename(self, row):
        row["family_name"], row["email"] = (self.random.choice(self.rows)["family_name"] or "Ek"), "ny@post.example"
        return {"family_name": row["family_name"], "email": row["email"]}

    def move(self, row):
        row["region"], row["mobile"] = self.random.choice(self.rows)["region"], "070-000 00 01"
        return {"region": self.known.entries["region", row["region"]] if row["region"] else None, "mobile": row["mobile"]}

    def regroup(self, row):
        old, new = row["groups"].split("|") if row["groups"] else [], self.random.sample(people.GROUPS, 2)
        row["groups"] = "|".join(new)
        ids = {name: self.known.entries["group", name] for name in [*old, *new]}
        return {"groups_add": [ids[name] for name in new], "groups_remove": [ids[name] for name in old if name not in new]}

    def consent(self, row):
        row["consent.email"], row["consent.sms"] = "no", "yes"
        return {"consents": [{"channel": "email", "granted": False}, {"channel": "sms", "granted": True}]}

    def lose(self, row):
        gone = ("family_name", "terms_accepted_on", "sales_status", "account_manager", "notes", "organisation", "department", "address")
        row.update({name: "" for name in row if name.partition(".")[0] in gone})
        return dict.fromkeys((name for name in gone if name != "department"))  # which goes with the organisation

    def test_answers_are_those_of_a_plain_count(self):
        self.ask()
        self.change_some()
        self.ask()


if __name__ == "__main__":
    unittest.main()
