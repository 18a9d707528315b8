# SPDX-License-Identifier: Apache-2.0
"""The questions of the benchmark of figures: each as stats.figures has it and as SQL, for a random year."""

from __future__ import annotations

import dataclasses
import datetime

FIRST = datetime.date(2023, 12, 1)
LAST_BEGIN = datetime.date(2025, 11, 20)

COLUMNS = {
    "type": "type",
    "status": "status",
    "assignee": "assignee",
    "person": "a.person",
    "account_manager": "account_manager",
    "region": "region",
    "category": "category",
    "sales_status": "sales_status",
    "day": "(start AT TIME ZONE '{zone}')::date",
    "month": "date_trunc('month', start AT TIME ZONE '{zone}')::date",
    "year": "date_trunc('year', start AT TIME ZONE '{zone}')::date",
    "hour": "date_trunc('hour', start)",
}
OF_PERSONS = {"account_manager", "region", "category", "sales_status"}


@dataclasses.dataclass(frozen=True)
class Question:
    by: tuple = ()
    is_kept: bool = True  # on the list of roll-ups; else counted over a bounded scan
    filter: str = ""  # a dimension of which one value is asked for
    zone: str = "Europe/Stockholm"
    top: int = 0
    days: int = 365

    @property
    def name(self):
        parts = " × ".join(self.by) or "total"
        return (parts + (f", top {self.top}" if self.top else "") + (f", of one {self.filter}" if self.filter else "")
                + (f", days of {self.zone}" if self.zone != "Europe/Stockholm" else "") + (f", {self.days} days" if self.days != 365 else ""))

    def body(self, first, value):
        last = first + datetime.timedelta(days=self.days - 1)
        body = {"from": first.isoformat(), "to": last.isoformat(), "limit": 10000}
        if self.by:
            body["group_by"] = list(self.by)
        if self.zone != "Europe/Stockholm":
            body["zone"] = self.zone
        if self.top:
            body["top"] = self.top
        if self.filter == "person":
            body["person"] = value
        elif self.filter:
            body["filter"] = {f"{self.filter}s": [value]}
        return body

    def sql(self, first, value):
        end = first + datetime.timedelta(days=self.days)
        columns = [COLUMNS[dimension].format(zone=self.zone) for dimension in self.by]
        joins = " LEFT JOIN person p ON p.person = a.person" if OF_PERSONS & {*self.by, self.filter} else ""
        where = f"start >= timestamp '{first}' AT TIME ZONE '{self.zone}' AND start < timestamp '{end}' AT TIME ZONE '{self.zone}'"
        if self.filter:
            where += f" AND {COLUMNS[self.filter]} = {value}"
        listed = "".join(f"{column}, " for column in columns)
        grouped = f" GROUP BY {', '.join(str(i + 1) for i in range(len(columns)))}" if columns else ""
        ordered = f" ORDER BY {len(columns) + 1} DESC LIMIT {self.top}" if self.top else ""
        return f"SELECT {listed}count(*), count(*) FILTER (WHERE status > 1) FROM activity a{joins} WHERE {where}{grouped}{ordered}"


QUESTIONS = [
    Question(),
    Question(("type",)),
    Question(("type", "day")),
    Question(("type", "month")),
    Question(("status", "day")),
    Question(("status", "month")),
    Question(("assignee", "month")),
    Question(("day",), filter="assignee"),
    Question(("account_manager", "month")),
    Question(("day",), filter="account_manager"),
    Question(("region", "day")),
    Question(("region", "month")),
    Question(("category", "day")),
    Question(("category", "month")),
    Question(("sales_status", "day")),
    Question(("sales_status", "year")),
    Question(("type", "assignee")),
    Question(("type", "region")),
    Question(("type", "month"), filter="person"),
    Question(("person",), is_kept=False, top=10),
    Question(("region", "category"), is_kept=False),
    Question(("status", "assignee"), is_kept=False),
    Question(("type", "day"), is_kept=False, zone="Asia/Kathmandu"),
    Question(("hour",), is_kept=False),
]


def draws(question, rng, count, employees):
    """(first day, value of the filter) of so many askings."""
    span = (LAST_BEGIN - FIRST).days
    ranges = {"assignee": employees, "account_manager": employees, "person": 1000}
    return [(FIRST + datetime.timedelta(days=rng.randrange(span)), rng.randint(1, ranges.get(question.filter, 1))) for _ in range(count)]
