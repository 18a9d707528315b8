# SPDX-License-Identifier: Apache-2.0
"""Random questions in the language of person.search: each as the text that is sent, and as a Python expression over a truth.Person `p`."""

from __future__ import annotations

import datetime
import unicodedata

from truth import CHANNELS, LISTS, PHONES, lower, phone_of, words_of

CHOICES = (*LISTS, "group")
HAS = {
    "email": "p.email", "mobile": "p.mobile", "phone": "p.phones", "address": "p.address", "personal_number": "p.personal_number", "birth_date": "p.born",
    "notes": "p.notes", "terms": "p.terms", "group": "p.groups", "organisation": "p.organisation", "account_manager": "p.account_manager",
    **{name: f"p.{name}" for name in LISTS},
}  # fmt: skip


TERM, ALL, ANY = range(3)  # what a text is: each binds less than the one before


class Question:
    """A text, and what it is true of: an expression of Python."""

    def __init__(self, text, code, binds=TERM):
        self.text, self.code, self.binds = text, code, binds

    def within(self, binds):
        """The text as a part of one that binds so."""
        return f"({self.text})" if self.binds > binds else self.text


class Expressions:
    """Draws questions about a register: values are those of `samples`, some of its rows, mostly; `ids` gives (kind, name) → id for some asked by id."""

    def __init__(self, random, samples, ids=None, english=None):
        self._random, self._samples = random, [row for row in samples]
        self._ids, self._english = ids or {}, english or {}
        self._terms = (
            (self._name, 5), (self._bare_name, 5), (self._choice, 9), (self._group, 7), (self._none, 2), (self._has, 4), (self._gender, 2), (self._language, 1),
            (self._consent, 4), (self._date, 5), (self._organisation, 2), (self._manager, 3), (self._phone, 2), (self._email, 2), (self._number, 1),
            (self._employee, 1), (self._made, 1),
        )  # fmt: skip

    def draw(self):
        """A question of one to about a dozen terms."""
        return self._any(self._random.choice((0, 1, 1, 1, 2, 2, 3)))

    def _any(self, depth):
        parts = [self._all(depth) for _ in range(self._random.choice((1, 1, 1, 2, 2, 3)) if depth else 1)]
        if len(parts) == 1:
            return parts[0]
        word = self._random.choice((" or ", " OR "))
        return Question(word.join(part.text for part in parts), " or ".join(f"({part.code})" for part in parts), ANY)

    def _all(self, depth):
        parts = [self._one(depth) for _ in range(self._random.choice((1, 2, 2, 3)) if depth else 1)]
        if len(parts) == 1:
            return parts[0]
        text = parts[0].within(ALL)
        for part in parts[1:]:
            # A number goes on over blanks: two of them side by side would be one.
            text += (" and " if part.text[0] in "+0123456789" else self._random.choice((" ", " ", " ", " and ", "  "))) + part.within(ALL)
        return Question(text, " and ".join(f"({part.code})" for part in parts), ALL)

    def _one(self, depth):
        if depth and self._random.random() < 0.35:
            part = self._any(depth - 1)
            if self._random.random() < 0.3:
                part = Question(f"({part.text})", part.code)
        else:
            draws, weights = zip(*self._terms)
            part = self._random.choices(draws, weights)[0]()
        if self._random.random() < 0.25:
            return Question(self._random.choice(("-", "not ", "- ")) + part.within(TERM), f"not ({part.code})")
        return part

    # Terms. A row that has no value of what is asked is drawn again.

    def _value(self, name):
        for _ in range(1000):
            value = self._random.choice(self._samples)[name]
            if value:
                return value
        raise LookupError(f"none of the sampled rows has a {name}")

    def _quoted(self, value, always=False):
        needs = any(c in ' \t\n\r(),"' for c in value) or always or self._random.random() < 0.1
        return f'"{value}"' if needs else value

    def _case(self, text):
        return self._random.choice((text, text, text.lower(), text.upper() if "ß" not in text else text))

    def _typed(self, word):
        """A word as somebody types it: with or without its accents, å, ä and ö among them."""
        way = self._random.random()
        if way < 0.25:
            word = "".join(c for c in unicodedata.normalize("NFKD", word.translate({0xF8: "o", 0xD8: "O", 0xE6: "a", 0xC6: "A"})) if not unicodedata.combining(c))
        elif way < 0.35:
            word = unicodedata.normalize("NFD", word)
        return self._case(word)

    def _beginning(self):
        """How a word of somebody's names begins, as it is typed."""
        name = self._value(self._random.choice(("given_name", "family_name", "family_name")))
        words = [word for word in name.replace("-", " ").replace("'", " ").split() if words_of(word)]
        word = self._random.choice(words)
        return self._typed(unicodedata.normalize("NFC", word)[: self._random.choice((2, 3, 4, 5, 6, 99))])

    def _words(self, typed):
        found = words_of(typed)
        return " and ".join(f"{' ' + word!r} in p.words" for word in found), found

    def _name(self):
        typed = [self._beginning() for _ in range(self._random.choice((1, 1, 2)))]
        typed = [" ".join(typed)] if self._random.random() < 0.5 else typed
        codes = [self._words(one)[0] for one in typed]
        return Question(f"name:{','.join(map(self._quoted, typed))}", " or ".join(f"({code})" for code in codes))

    def _bare_name(self):
        typed = self._beginning()
        if typed.lower() in ("or", "and", "not") or typed.startswith("-"):
            return self._name()
        return Question(self._quoted(typed), f"{self._words(typed)[0]} or p.number == {typed!r}")

    def _entry(self, kind, name):
        """An entry as one may write it: its name, in English, by id."""
        if self._random.random() < 0.15 and (kind, name) in self._ids:
            return f"#{self._ids[kind, name]}"
        if self._random.random() < 0.3 and name in self._english:
            return self._quoted(self._case(self._english[name]))
        return self._quoted(self._case(name))

    def _choice(self):
        kind = self._random.choice(LISTS)
        names = list(dict.fromkeys(self._value(kind) for _ in range(self._random.choice((1, 1, 2, 3, 5)))))
        text = ",".join(self._entry(kind, name) for name in names)
        return Question(f"{kind}:{text}", f"p.{kind} in {tuple(map(lower, names))!r}")

    def _group(self):
        names = [self._random.choice(self._value("groups").split("|")) for _ in range(self._random.choice((1, 1, 1, 2)))]
        text = ",".join(self._entry("group", name) for name in names)
        return Question(f"group:{text}", " or ".join(f"{f'|{lower(name)}|'!r} in p.groups" for name in names))

    def _none(self):
        kind = self._random.choice((*CHOICES, "organisation", "account_manager", "born", "terms"))
        return Question(f"{kind}:none", f"not p.{'groups' if kind == 'group' else kind}")

    def _has(self):
        kinds = self._random.sample(sorted(HAS), self._random.choice((1, 1, 2)))
        return Question(f"has:{','.join(kinds)}", f"bool({' or '.join(HAS[kind] for kind in kinds)})")

    def _gender(self):
        genders = self._random.sample(("woman", "man", "other"), self._random.choice((1, 1, 2)))
        return Question(f"gender:{','.join(genders)}", f"p.gender in {tuple(genders)!r}")

    def _language(self):
        language = self._random.choice(("sv", "en"))
        return Question(f"language:{language}", f"p.language == {language!r}")

    def _consent(self):
        field, has = self._random.choice((("consent", "granted"), ("consent", "granted"), ("withdrawn", "withdrawn")))
        channels = self._random.sample(CHANNELS, self._random.choice((1, 1, 2)))
        return Question(f"{field}:{','.join(channels)}", " or ".join(f"{channel!r} in p.{has}" for channel in channels))

    def _date(self):
        field = self._random.choice(("born", "born", "terms"))
        values = [self._span(self._day(field)) for _ in range(self._random.choice((1, 1, 2)))]
        code = " or ".join(f"{first!r} <= p.{field} <= {last!r}" for _, first, last in values)
        return Question(f"{field}:{','.join(text for text, _, _ in values)}", code)

    def _day(self, field):
        if field == "terms":
            return self._value("terms_accepted_on")
        return (datetime.date(1926, 1, 1) + datetime.timedelta(self._random.randrange(34_000))).isoformat()

    def _span(self, day):
        """(text, first and last day) of a day, month or year, or from one to another."""
        length = self._random.choice((4, 4, 7, 10))
        kind = self._random.choice(("one", "span", "span", "from", "to"))
        text = day[:length]
        if kind == "one":
            return text, first_of(text), last_of(text)
        if kind == "from":
            return f"{text}..", first_of(text), "9999"
        if kind == "to":
            return f"..{text}", "0001", last_of(text)
        later = (datetime.date.fromisoformat(day) + datetime.timedelta(self._random.randrange(1, 7_000))).isoformat()[: self._random.choice((4, 7, 10))]
        return f"{text}..{later}", first_of(text), last_of(later)

    def _organisation(self):
        name = self._value("organisation")
        if self._random.random() < 0.2 and ("organisation", name) in self._ids:
            return Question(f"organisation:#{self._ids['organisation', name]}", f"p.organisation == {lower(name)!r}")
        beginning = name[: self._random.choice((3, 5, 8, 99))].strip()
        return Question(f"organisation:{self._quoted(self._case(beginning))}", f"p.organisation.startswith({lower(beginning)!r})")

    def _manager(self):
        numbers = [self._value("account_manager") for _ in range(self._random.choice((1, 1, 2)))]
        typed = [
            f"#{self._ids['employee', number]}" if ("employee", number) in self._ids and self._random.random() < 0.3 else number for number in numbers
        ]
        return Question(f"account_manager:{','.join(typed)}", f"p.account_manager in {tuple(numbers)!r}")

    def _phone(self):
        number = phone_of(self._value(self._random.choice(PHONES)))
        own = number.removeprefix("46")
        ways = [f"+{number}", f"00{number}", f"+{number[:2]} {number[2:4]} {number[4:]}"]
        if number.startswith("46"):
            ways += [f"0{own}", f"0{own[:2]}-{own[2:5]} {own[5:]}", f"0{own[:2]}/{own[2:]}", f"+46 (0){own}"]
        typed, code = self._random.choice(ways), f"{number!r} in p.phones"
        is_bare = self._random.random() < 0.5
        if is_bare and "(" not in typed:
            return Question(self._random.choice((typed, f'"{typed}"')), code)  # digits go on over blanks
        return Question(f"phone:{self._quoted(typed)}", code)

    def _email(self):
        address = self._value("email")
        at = address.index("@")
        if self._random.random() < 0.5:
            typed = self._case(address[: self._random.choice((at + 1, at + 3, 99))])
            return Question(typed, f"p.email.startswith({typed.lower()!r})")
        typed = self._case(address[: self._random.choice((4, 8, at, 99))])
        return Question(f"email:{typed}", f"p.email.startswith({typed.lower()!r})")

    def _number(self):
        numbers = [self._value("customer_number") for _ in range(self._random.choice((1, 2)))]
        if self._random.random() < 0.4:
            return Question(numbers[0], f"p.number == {numbers[0]!r}")
        return Question(f"number:{','.join(numbers)}", f"p.number in {tuple(numbers)!r}")

    def _employee(self):
        word = self._random.choice(("yes", "no"))
        return Question(f"employee:{word}", f"bool(p.employee) is {word == 'yes'}")

    def _made(self):
        """Everybody was registered when the test ran."""
        field = self._random.choice(("created", "changed"))
        text, is_all = self._random.choice((("2020..", True), ("..2019", False), ("1990-01-01..2019-12-31", False), ("2020-01..2999", True)))
        return Question(f"{field}:{text}", f"{is_all}")


def first_of(text):
    return text + "-01-01"[len(text) - 10 :] if len(text) < 10 else text


def last_of(text):
    """A day after the last one there can be in a month sorts as it should."""
    return text + "-12-31"[len(text) - 10 :] if len(text) < 10 else text
