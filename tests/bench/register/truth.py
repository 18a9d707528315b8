# SPDX-License-Identifier: Apache-2.0
"""What the rows of the CSV say of persons, by plain Python and the documentation of person.search: names, phones, dates, order. Shares no code with the service."""

from __future__ import annotations

import functools
import unicodedata

CHANNELS = ("letter", "email", "sms")
LISTS = ("category", "region", "job_title", "benefit_status", "sales_status", "department")  # with at most one entry a person
PHONES = ("mobile", "work_phone", "home_phone")
_SWEDISH = {"å": "{", "ä": "|", "ö": "}", "æ": "|", "ø": "}"}  # letters after z, in this order; ae and oe of the neighbours are ä and ö
_PLAIN = str.maketrans("{|}", "aao")


def lower(text):
    """As names of entries are compared: whatever the capitals, and however an accent is written."""
    return unicodedata.normalize("NFC", text.casefold())


@functools.lru_cache(1 << 16)
def words_of(name):
    """The words of a name with å, ä and ö as letters of their own and without other accents."""
    letters = []
    for letter in unicodedata.normalize("NFC", name.casefold()):
        if letter in _SWEDISH:
            letters.append(_SWEDISH[letter])
            continue
        for part in unicodedata.normalize("NFKD", letter):
            if part.isalnum():
                letters.append(part)
            elif unicodedata.category(part) not in ("Mn", "Me"):
                letters.append(" ")
    return tuple("".join(letters).split())


def phone_of(text):
    """A number with its country; None: it is none."""
    if not all(c in "0123456789+-/. ()" for c in text):
        return None
    digits = "".join(c for c in text if c.isdigit())
    if text.startswith("+") or digits.startswith("00"):
        digits = digits if text.startswith("+") else digits[2:]
        if digits.startswith("460"):
            digits = "46" + digits[3:]
    elif digits.startswith("0"):
        digits = "46" + digits[1:]
    else:
        return None
    return digits if len(digits) >= 7 else None


def born_of(row):
    number = row["personal_number"].replace("-", "")
    if not number:
        return row["birth_date"]
    if len(number) == 10:  # written so for those born since 1930
        number = ("20" if number[:2] < "30" else "19") + number
    day = int(number[6:8])
    return f"{number[:4]}-{number[4:6]}-{day - 60 if day > 60 else day:02d}"


class Person:
    """What is asked of a row. `words` and `groups` have a blank or a bar on both sides of each, so that a part is found by `in`."""

    __slots__ = (
        "number", "words", "order", "email", "phones", "mobile", "address", "personal_number", "born", "terms", "notes", "organisation", "groups",
        "account_manager", "gender", "language", "granted", "withdrawn", "employee", *LISTS,
    )  # fmt: skip

    def __init__(self, row):
        given, family = words_of(row["given_name"]), words_of(row["family_name"])
        words = given + family
        text = " ".join(words)
        plain = text.translate(_PLAIN)
        self.words = f" {text} " if plain == text else f" {text} {plain} "
        self.order = (" ".join(family), " ".join(given))
        self.number = row["customer_number"]
        self.email = row["email"].lower()
        self.phones = tuple(phone_of(row[name]) for name in PHONES if row[name])
        self.mobile, self.notes, self.personal_number = row["mobile"], row["notes"], row["personal_number"]
        self.address = row["address.street"] or row["address.city"] or row["address.postal_code"] or row["address.care_of"] or row["address.country"]
        self.born, self.terms = born_of(row), row["terms_accepted_on"]
        self.organisation = lower(row["organisation"])
        self.groups = f"|{lower(row['groups'])}|" if row["groups"] else ""
        self.account_manager, self.gender, self.language = row["account_manager"], row["gender"], row["language"]
        self.granted = tuple(channel for channel in CHANNELS if row[f"consent.{channel}"] == "yes")
        self.withdrawn = tuple(channel for channel in CHANNELS if row[f"consent.{channel}"] == "no")
        self.employee = row.get("employee_number", "")
        for name in LISTS:
            setattr(self, name, lower(row[name]))
