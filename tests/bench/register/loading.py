# SPDX-License-Identifier: Apache-2.0
"""Takes a generated register into a person service by the Python client: what `pk person import` needs to be there before, and the persons."""

from __future__ import annotations

import csv
import json

A_BATCH = 500
CHANNELS = ("letter", "email", "sms")
CHOICES = ("job_title", "category", "region", "benefit_status", "sales_status")
PLAIN = (
    "customer_number", "given_name", "family_name", "email", "mobile", "work_phone", "home_phone", "personal_number", "birth_date", "gender", "notes",
    "language", "terms_accepted_on",
)  # fmt: skip


def read_rows(folder, name):
    with open(folder / name, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


class Sender:
    """Commands of one client, many a message; gives the replies in order. The first refusal ends all."""

    def __init__(self, client):
        self._batch, self._waiting, self.replies = client.batch(), 0, []

    def add(self, type, body):
        self._batch.command(type, body)
        self._waiting += 1
        if self._waiting == A_BATCH:
            self.send()

    def send(self):
        for outcome in self._batch.send():
            if isinstance(outcome, Exception):
                raise outcome
            self.replies.append(outcome)
        self._waiting = 0

    def take(self):
        self.send()
        replies, self.replies = self.replies, []
        return replies


class Known:
    """The ids that names in the CSV stand for."""

    def __init__(self):
        self.entries, self.organisations, self.departments, self.employees = {}, {}, {}, {}

    def body(self, row):
        """A row as the body of person.create."""
        body = {name: row[name] for name in PLAIN if row[name]}
        address = {name.removeprefix("address."): value for name, value in row.items() if name.startswith("address.") and value}
        if address:
            body["address"] = address
        for name in CHOICES:
            if row[name]:
                body[name] = self.entries[name, row[name]]
        if row["groups"]:
            body["groups"] = [self.entries["group", name] for name in row["groups"].split("|")]
        if row["organisation"]:
            body["organisation"] = self.organisations[row["organisation"]]
        if row["department"]:
            body["department"] = self.departments[row["organisation"], row["department"]]
        if row["account_manager"]:
            body["account_manager"] = self.employees[row["account_manager"]]
        consents = [{"channel": channel, "granted": row[f"consent.{channel}"] == "yes"} for channel in CHANNELS if row[f"consent.{channel}"]]
        if consents:
            body["consents"] = consents
        return body


def settings(client, folder):
    """Makes pick-lists, organisations, departments and employees; returns what is Known."""
    wanted = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    known, sender = Known(), Sender(client)
    names = [(kind, name) for kind, all in wanted["pick_lists"].items() for name in all]
    for order, (kind, name) in enumerate(names, 1):
        english = wanted["english"].get(name)
        sender.add("entry.create", {"list": kind, "names": {"sv": name, **({"en": english} if english else {})}, "order": order})
    known.entries = {name: reply["entry"] for name, reply in zip(names, sender.take())}
    for organisation in wanted["organisations"]:
        sender.add("organisation.create", {name: organisation[name] for name in ("name", "organisation_number")})
    known.organisations = {made["name"]: reply["organisation"] for made, reply in zip(wanted["organisations"], sender.take())}
    names = [(organisation["name"], name) for organisation in wanted["organisations"] for name in organisation["departments"]]
    for organisation, name in names:
        sender.add("entry.create", {"list": "department", "organisation": known.organisations[organisation], "names": {"sv": name}})
    known.departments = {name: reply["entry"] for name, reply in zip(names, sender.take())}
    employees = list(read_rows(folder, "employees.csv"))
    for row in employees:
        sender.add("person.create", known.body(row))
    persons = [reply["person"] for reply in sender.take()]
    for row, person in zip(employees, persons):
        sender.add("employee.register", {"person": person, "employee_number": row["employee_number"], "started_on": row["started_on"]})
    known.employees = {row["employee_number"]: person for row, person in zip(employees, persons)}
    sender.take()
    return known


def persons(client, folder, known):
    """Makes the persons, in the order of the CSV; returns how many."""
    sender, count = Sender(client), 0
    for count, row in enumerate(read_rows(folder, "persons.csv"), 1):
        sender.add("person.create", known.body(row))
        sender.replies.clear()
    sender.take()
    return count
