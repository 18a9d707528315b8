# SPDX-License-Identifier: Apache-2.0
"""Questions asked by turns of two registers and of PostgreSQL, and what came out."""

from __future__ import annotations

import statistics
import time

LEAST_POSTGRES_ROUNDS = 5
POSTGRES_S = 1.0  # of one question in one way; slow ones are asked less often


class Times:
    """Milliseconds of one question, of everybody who was asked."""

    def __init__(self, question, kind):
        self.question, self.kind = question, kind
        self.small, self.large, self.postgres = [], [], []  # of PostgreSQL for each way of asking

    @property
    def ours(self):
        return statistics.median(self.large)

    @property
    def growth(self):
        return self.ours / statistics.median(self.small)

    @property
    def theirs(self):
        """Of the faster way."""
        return min(map(statistics.median, self.postgres), default=None)

    @property
    def ratio(self):
        """How often as fast as PostgreSQL."""
        return self.theirs / self.ours if self.postgres else None


class Different(Exception):
    """Two who have the same rows answer differently."""


class Asking:
    """By turns: the small register, the large one, PostgreSQL with the rows of the large one (`sql`; None: not there)."""

    def __init__(self, small, large, sql):
        self._small, self._large, self._sql = small, large, sql

    def ask(self, question, kind, rounds):
        """Times of a question's first page (`page`) or of its `count`. The first answers, which nobody has prepared for, are compared and do not count."""
        times = Times(question, kind)
        frames = getattr(self._large, kind)(question)
        ways = getattr(self._sql, f"{kind}s")(question) if self._sql else []
        self._compare(question, kind, frames, ways)
        self._small.ask(frames)
        times.postgres = [[] for _ in ways]
        began = time.monotonic()
        for number in range(rounds):
            for asker, took in ((self._small, times.small), (self._large, times.large)):
                ms, answer = asker.ask(frames)
                asker.body(answer)
                took.append(ms)
            for way, took in zip(ways, times.postgres):
                if number < LEAST_POSTGRES_ROUNDS or time.monotonic() - began < POSTGRES_S:
                    ms, result = self._sql.ask(way)
                    self._sql.clear(result)
                    took.append(ms)
        return times

    def _compare(self, question, kind, frames, ways):
        what = "persons" if kind == "page" else "total"
        ours = getattr(self._large, what)(self._large.ask(frames)[1])
        for way in ways:
            theirs = getattr(self._sql, what)(self._sql.ask(way)[1])
            if ours != theirs:
                raise Different(f"{question.text}: PostgreSQL's {kind} is {theirs} and the service's {ours}")
            for _ in range(LEAST_POSTGRES_ROUNDS):  # from then on it may have a plan for any values
                self._sql.clear(self._sql.ask(way)[1])


def percentile(numbers, part):
    numbers = sorted(numbers)
    return numbers[min(len(numbers) - 1, int(len(numbers) * part))]


def everything(all, side):
    return [ms for times in all for ms in getattr(times, side)]

