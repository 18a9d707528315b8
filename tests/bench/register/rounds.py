# SPDX-License-Identifier: Apache-2.0
"""Questions asked by turns of two registers and of PostgreSQL, and what came out."""

from __future__ import annotations

import statistics
import time

PLANNED_ANEW = 5  # times that PostgreSQL plans a prepared statement for the very values, before it may take a plan for any
LEAST_POSTGRES_ROUNDS = 2
NEAR = 2  # times as fast
POSTGRES_S = 0.2  # of one question; slow ones are asked less often


class Times:
    """Milliseconds of one question, of everybody who was asked."""

    def __init__(self, question, kind):
        self.question, self.kind = question, kind
        self.small, self.large, self.postgres = [], [], []  # of PostgreSQL for each way of asking
        self.size = 0  # bytes of the large register's answer

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
        """
        Times of a question's first page (`page`) or of its `count`. The first answers, which nobody has prepared for, are compared and do not count; a way
        of PostgreSQL's that takes so long that more of it would tell nothing is left at that.
        """
        times = Times(question, kind)
        ways = getattr(self._sql, f"{kind}s")(question) if self._sql else []
        first = self._compare(times, ways)
        self._take(times, rounds, ways, [ms > POSTGRES_S * 1000 for ms in first])
        times.postgres = [took or [ms] for took, ms in zip(times.postgres, first)]
        return times

    def ask_again(self, times, rounds):
        """More of the same; of PostgreSQL only where it is near."""
        is_near = times.ratio is not None and times.ratio < NEAR
        more = Times(times.question, times.kind)
        ways = getattr(self._sql, f"{times.kind}s")(times.question) if is_near else []
        self._take(more, rounds, ways, [False for _ in ways])
        if not is_near:
            more.postgres = times.postgres
        return more

    def _take(self, times, rounds, ways, are_left):
        frames = getattr(self._large, times.kind)(times.question)
        self._small.ask(frames)
        times.postgres = [[] for _ in ways]
        began = time.monotonic()
        for number in range(rounds):
            for asker, took in ((self._small, times.small), (self._large, times.large)):
                ms, answer = asker.ask(frames)
                asker.body(answer)
                took.append(ms)
            times.size = len(answer)
            for way, took, is_left in zip(ways, times.postgres, are_left):
                if not is_left and (number < LEAST_POSTGRES_ROUNDS or time.monotonic() - began < POSTGRES_S):
                    took.append(self._ask_postgres(way))

    def _ask_postgres(self, way):
        ms, result = self._sql.ask(way)
        self._sql.clear(result)
        return ms

    def _compare(self, times, ways):
        """Milliseconds of the first answer of each way of PostgreSQL's."""
        what = "persons" if times.kind == "page" else "total"
        ours = getattr(self._large, what)(self._large.ask(getattr(self._large, times.kind)(times.question))[1])
        first = []
        for way in ways:
            began = time.monotonic()
            ms, result = self._sql.ask(way)
            theirs = getattr(self._sql, what)(result)
            if ours != theirs:
                raise Different(f"{times.question.text}: PostgreSQL's {times.kind} is {theirs} and the service's {ours}")
            for _ in range(PLANNED_ANEW):
                if time.monotonic() - began < POSTGRES_S:
                    self._ask_postgres(way)
            first.append(ms)
        return first


def percentile(numbers, part):
    numbers = sorted(numbers)
    return numbers[min(len(numbers) - 1, int(len(numbers) * part))]


def everything(all, side):
    return [ms for times in all for ms in getattr(times, side)]

