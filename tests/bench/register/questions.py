# SPDX-License-Identifier: Apache-2.0
"""What the benchmark asks: filters, each in the service's language and in SQL, alone and any two together."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from truth import words_of


class Filter(NamedTuple):
    """`sql` has {} where a parameter goes. Names have two ways in SQL: by the table of words, and by full text."""

    text: str
    sql: str
    parameters: tuple = ()
    other_sql: str = ""
    other_parameters: tuple = ()


def name(beginning):
    word = words_of(beginning)[0]
    return Filter(
        f"name:{beginning}",
        "p.person IN (SELECT w.person FROM person_word w WHERE w.word LIKE {}::text)",
        (word + "%",),
        "p.words @@ {}::tsquery",
        (f"'{word}':*",),
    )


def _choice(kind, value, id):
    value = f'"{value}"' if " " in value else value
    return Filter(f"{kind}:{value}", f"p.{kind} = {{}}::int", (id,))


def filters(ids, organisation, manager):
    """A representative of each that a seller may ask; `ids` gives (kind, name) → id."""
    groups = "p.groups @> ARRAY[{}::int]"
    departments = [id for (kind, *names), id in ids.items() if kind == "department" and names[1] == "Ekonomi"]
    return [
        name("andersson"),
        name("lars"),
        name("kristina"),
        name("öb"),
        _choice("region", "Stockholm", ids["region", "Stockholm"]),
        _choice("region", "Umeå", ids["region", "Umeå"]),
        _choice("category", "Medlem", ids["category", "Medlem"]),
        Filter("group:Vegan", groups, (ids["group", "Vegan"],)),
        Filter("group:Jubilar", groups, (ids["group", "Jubilar"],)),
        Filter("-group:Regular", f"NOT ({groups})", (ids["group", "Regular"],)),
        _choice("sales_status", "Kund", ids["sales_status", "Kund"]),
        _choice("benefit_status", "Guld", ids["benefit_status", "Guld"]),
        _choice("job_title", "Ekonom", ids["job_title", "Ekonom"]),
        Filter(f'organisation:"{organisation}"', "p.organisation = {}::int", (ids["organisation", organisation],)),
        Filter("department:Ekonomi", "p.department = ANY({}::int[])", ("{" + ",".join(map(str, departments)) + "}",)),
        Filter(f"account_manager:{manager}", "p.account_manager = {}::int", (ids["employee", manager],)),
        Filter("gender:woman", "p.gender = {}::text", ("woman",)),
        Filter("language:en", "p.language = {}::text", ("en",)),
        Filter("consent:email", "p.email_consent"),
        Filter("withdrawn:sms", "NOT p.sms"),
        Filter("has:mobile", "p.mobile IS NOT NULL"),
        Filter("has:personal_number", "p.personal_number IS NOT NULL"),
        Filter("born:1980..1989", "p.birth_date BETWEEN {}::date AND {}::date", ("1980-01-01", "1989-12-31")),
        Filter("born:2004-05", "p.birth_date BETWEEN {}::date AND {}::date", ("2004-05-01", "2004-05-31")),
        Filter("terms:2023..", "p.terms_accepted_on >= {}::date", ("2023-01-01",)),
        Filter("email:anna.", "lower(p.email) LIKE {}::text", ("anna.%",)),
    ]


def example(ids):
    """The one the register was asked for: surname Larson, in group Vegan, not in Regular, region North or South."""
    groups = "p.groups @> ARRAY[{}::int]"
    return [
        name("larsson"),
        Filter("group:Vegan", groups, (ids["group", "Vegan"],)),
        Filter("-group:Regular", f"NOT ({groups})", (ids["group", "Regular"],)),
        Filter("region:Stockholm,Göteborg", "p.region = ANY({}::int[])", (f"{{{ids['region', 'Stockholm']},{ids['region', 'Göteborg']}}}",)),
    ]


class Question(NamedTuple):
    filters: tuple

    @property
    def text(self):
        return " ".join(one.text for one in self.filters)

    def sql(self):
        """The ways to ask it: (condition with $1, $2, …; parameters)."""
        ways = [[(one.sql, one.parameters) for one in self.filters]]
        if any(one.other_sql for one in self.filters):
            ways.append([(one.other_sql or one.sql, one.other_parameters or one.parameters) for one in self.filters])
        return [_numbered(way) for way in ways]


def _numbered(parts):
    parameters = [value for _, values in parts for value in values]
    numbers = itertools.count(1)
    conditions = [sql.format(*(f"${next(numbers)}" for _ in values)) for sql, values in parts]
    return " AND ".join(f"({condition})" for condition in conditions), tuple(parameters)


def singles(all):
    return [Question((one,)) for one in all]


def pairs(all):
    return [Question(two) for two in itertools.combinations(all, 2)]
