# SPDX-License-Identifier: Apache-2.0
"""Answers of person.search held against a plain count: how many, and who, in every order."""

from __future__ import annotations

import collections
import itertools
import multiprocessing

from personkort import Refused
from truth import Person

PAGE = 50
PAGES = 2  # of a large answer that are looked at, in each order
SMALL = 1000  # persons up to which all of an answer are
SORTS = ("name", "oldest", "newest")


class Expected:
    """What one question is true of."""

    def __init__(self):
        self.total = 0
        self.oldest, self.newest = [], collections.deque(maxlen=SMALL)  # customer numbers, as they were registered
        self._names = []  # (order, place, customer number) of the first ones by name, and of some that come after them
        self._last = None  # nobody after it is among the first

    def add(self, person, place):
        self.total += 1
        if len(self.oldest) < SMALL:
            self.oldest.append(person.number)
        self.newest.append(person.number)
        if self._last is None or person.order <= self._last:
            self._names.append((person.order, place, person.number))
            if len(self._names) == 3 * SMALL:
                self._cut()

    def _cut(self):
        self._names.sort()
        del self._names[SMALL:]
        if len(self._names) == SMALL:
            self._last = self._names[-1][0]

    def first(self, sort):
        """Customer numbers of all, or of the first SMALL when there are more, in an order."""
        self._cut()
        numbers = {"oldest": self.oldest, "newest": reversed(self.newest), "name": (number for _, _, number in self._names)}
        return list(numbers[sort])


def expect(rows, questions):
    """What each question is true of, by looking at every row; they are in the order in which the persons were registered."""
    expected = [Expected() for _ in questions]
    tests = ", ".join(f"bool({question.code})" for question in questions)
    test = eval(f"lambda p: ({tests},)")  # the code is expressions.py's own
    for place, row in enumerate(rows):
        person = Person(row)
        for one in itertools.compress(expected, test(person)):
            one.add(person, place)
    return expected


def expect_in_processes(read_rows, questions, processes):
    """The same, the questions shared out over processes; `read_rows()` gives the rows, in each of them anew."""
    shares = [questions[i::processes] for i in range(processes)]
    context = multiprocessing.get_context("fork")
    with context.Pool(processes) as pool:
        found = pool.map(_Share(read_rows), shares)
    return [found[i % processes][i // processes] for i in range(len(questions))]


class _Share:
    def __init__(self, read_rows):
        self._read_rows = read_rows

    def __call__(self, questions):
        return expect(self._read_rows(), questions)


def walk(client, where, sort, most, page=PAGE):
    """Customer numbers of the first `most` or more, page by page."""
    numbers, more = [], {}
    while True:
        reply = client.person.search(where=where, sort=sort, limit=page, **more)
        numbers += [card["customer_number"] for card in reply.get("cards", ())]
        if "next" not in reply or len(numbers) >= most:
            return numbers
        more = {"after": reply["next"]}


def differences(client, question, expected):
    """What is wrong with the answers to a question; empty: nothing."""
    try:
        return _differences(client, question, expected)
    except Refused as refusal:
        return [f"refused: {refusal}"]


def _differences(client, question, expected):
    wrong = []
    total = client.person.search(where=question.text, limit=0, count=True)["total"]
    if total != expected.total:
        wrong.append(f"{total:,} persons where the CSV has {expected.total:,}")
    for sort in SORTS:
        is_small = expected.total <= SMALL
        wanted = expected.first(sort) if is_small else expected.first(sort)[: PAGES * PAGE]
        found = walk(client, question.text, sort, len(wanted), 500 if is_small and expected.total > 2 * PAGE else PAGE)
        found = found if is_small else found[: len(wanted)]
        if found != wanted:
            place = next((i for i, (a, b) in enumerate(zip(found, wanted)) if a != b), min(len(found), len(wanted)))
            wrong.append(f"by {sort} differs from place {place + 1} on: {found[place:place + 3]} where the CSV has {wanted[place:place + 3]}")
    return wrong
