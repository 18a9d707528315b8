# SPDX-License-Identifier: Apache-2.0
"""A register of real-looking Swedish persons from a seed: its pick-lists, organisations, employees, and persons one after another."""

from __future__ import annotations

import csv
import datetime
import json
import random
import unicodedata

from draw import (
    COMPOUND_FIRST, COMPOUND_LAST, FROM_ABROAD, NOTES, STREETS, SYLLABLE_FIRST, SYLLABLE_LAST, SYLLABLE_MIDDLE, TRADES, Draw, by_rank, read_names,
)  # fmt: skip

COLUMNS = (
    "customer_number", "given_name", "family_name", "personal_number", "birth_date", "gender", "email", "mobile", "work_phone", "home_phone",
    "address.care_of", "address.street", "address.postal_code", "address.city", "address.country", "language", "terms_accepted_on", "organisation",
    "department", "job_title", "category", "region", "groups", "benefit_status", "sales_status", "account_manager", "consent.letter",
    "consent.email", "consent.sms", "notes",
)  # fmt: skip
EMPLOYEE_COLUMNS = (*COLUMNS, "employee_number", "started_on")

GROUPS = (
    "Regular|Vegan|Träning|Simning|Yoga|Spinning|Nyhetsbrev|Familj|Morgonpass|Lunchpass|Kvällspass|Senior|Ungdom|Barn|Löpning|Styrka|Rehab|Gravid|"
    "Tennis|Padel|Badminton|Golf|Klättring|Dans|Boxning|Vandring|Skidor|Cykel|Sommarläger|Vinterläger|Testpanel|Styrelse|Domare|Ledare|Funktionär|"
    "Glutenfri|Laktosfri|Ny medlem|Återvändare|Jubilar"
).split("|")
CATEGORIES = "Medlem|Kund|Prospekt|Student|Pensionär|Företagskund|Före detta medlem|Samarbetspartner".split("|")
JOB_TITLES = (
    "Säljare|Lärare|Sjuksköterska|Ekonom|Ingenjör|Undersköterska|Chef|Administratör|Snickare|Elektriker|Lastbilsförare|Inköpare|Projektledare|"
    "Utvecklare|Receptionist|Kock|Butikschef|Redovisningsekonom|Läkare|Tandläkare|Verkställande direktör|Personalchef|Marknadschef|Lagerarbetare|"
    "Målare|Rörmokare|Jurist|Arkitekt|Journalist|Forskare"
).split("|")
BENEFIT_STATUSES = "Brons|Silver|Guld|Platina|Hedersmedlem".split("|")
SALES_STATUSES = "Ej kontaktad|Kontaktad|Intresserad|Offert lämnad|Kund|Tackat nej|Vilande".split("|")
ENGLISH = {"Kund": "Customer", "Medlem": "Member", "Silver": "Silver", "Guld": "Gold", "Brons": "Bronze", "Säljare": "Salesperson", "Träning": "Exercise"}
DEPARTMENTS = "Ekonomi|Försäljning|Produktion|Personal|IT|Inköp|Lager|Marknad|Kundtjänst|Ledning".split("|")

FIRST_DAY, LAST_DAY = datetime.date(1926, 1, 1), datetime.date(2019, 12, 31)  # of births
TERMS_FROM, TERMS_DAYS = datetime.date(2018, 5, 25), 6 * 365
GENERATIONS = (1950, 1980, 2000, 9999)  # the first year after each
NEARNESS = (0.74, 0.2, 0.05, 0.01)  # how often a name of one generation is met in one that is so many away
# Postal codes begin so in each county.
POSTAL = {
    "01": "11 12 13 14 16 17 18 19", "03": "74 75", "04": "61 63 64", "05": "58 59 60", "06": "33 55 56 57", "07": "34 35 36", "08": "38 39 57 59",
    "09": "62", "10": "37", "12": "20 21 22 23 24 25 26 27 28 29", "13": "30 31 43", "14": "40 41 42 43 44 45 46 50 51 52 53 54", "17": "65 66 67 68",
    "18": "69 70 71", "19": "72 73 77", "20": "77 78 79", "21": "80 81 82", "22": "85 86 87 88 89", "23": "83 84", "24": "90 91 92 93", "25": "94 95 96 97 98",
}  # fmt: skip


def check_digit(nine):
    """The last of ten digits (SKV 704)."""
    total = 0
    for place, digit in enumerate(map(int, nine)):
        doubled = digit * (2 - place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def plain(name):
    """Letters and digits of ASCII, as addresses are made of."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.lower().translate({0xF8: "o", 0xE6: "a"})) if c.isascii() and c.isalnum())


class Names:
    """Given names by gender and generation, family names with their long tail."""

    def __init__(self, source):
        self._source = source
        rows = read_names("given_names")
        self._given = {
            (gender, generation): Draw(
                source,
                [row["name"] for row in rows if row["gender"] == gender],
                [int(row["persons"]) * _share(row["generation"], generation) for row in rows if row["gender"] == gender],
            )
            for gender in ("woman", "man")
            for generation in range(len(GENERATIONS))
        }
        families = read_names("family_names")
        self._listed = Draw(source, [row["name"] for row in families], [int(row["persons"]) for row in families])
        self._compound_first = by_rank(source, COMPOUND_FIRST, 0.3)
        self._compound_last = by_rank(source, COMPOUND_LAST, 0.3)
        self._abroad = by_rank(source, FROM_ABROAD, 0.8)

    def given(self, gender, generation):
        draw = self._given[gender, generation]
        kind = self._source.random()
        if kind < 0.72:
            return draw()
        if kind < 0.97:
            return (" " if kind < 0.93 else "-").join(dict.fromkeys((draw(), draw())))
        return self._syllables(1)

    def family(self):
        kind = self._source.random()
        if kind < 0.56:
            return self._listed()
        if kind < 0.75:
            return self._compound()
        if kind < 0.81:
            return f"{self._listed()}{'-' if kind < 0.79 else ' '}{self._listed() if kind < 0.78 else self._compound()}"
        if kind < 0.88:
            return self._abroad()
        return f"von {self._compound()}" if kind > 0.999 else self._syllables(2)

    def _compound(self):
        first, last = self._compound_first(), self._compound_last()
        return first + (last[1:] if first[-1] == last[0] else last)

    def _syllables(self, most):
        choice = self._source.choice
        middle = "".join(choice(SYLLABLE_MIDDLE) for _ in range(self._source.randint(most - 1, most)))
        return choice(SYLLABLE_FIRST) + middle + choice(SYLLABLE_LAST)


def _share(own, generation):
    return NEARNESS[abs(int(own) - 1 - generation)] if own else 0.25


class Register:
    """Everything of one seed and one number of persons."""

    def __init__(self, persons, seed):
        self.persons = persons
        self._source = source = random.Random(f"personkort register {seed}")
        self._names = Names(source)
        self._used_days = {}
        self._numbers = 100_000
        self.municipalities = read_names("municipalities")
        self._municipality = Draw(source, self.municipalities, [int(m["population"]) for m in self.municipalities])
        self.organisations = [self._organisation(number) for number in range(max(8, persons // 1000))]
        self.employees = [self._employee(number) for number in range(max(5, persons // 10_000))]
        self._organisation_of = by_rank(source, self.organisations, 0.7)
        self._manager = by_rank(source, [employee["employee_number"] for employee in self.employees], 0.4)
        self._group = by_rank(source, GROUPS, 0.7)
        self._category, self._job_title = by_rank(source, CATEGORIES), by_rank(source, JOB_TITLES, 0.6)
        self._benefit, self._sales = by_rank(source, BENEFIT_STATUSES), by_rank(source, SALES_STATUSES, 0.5)

    def pick_lists(self):
        """List → names, in their order."""
        return {
            "region": [m["name"] for m in self.municipalities],
            "group": GROUPS,
            "category": CATEGORIES,
            "job_title": JOB_TITLES,
            "benefit_status": BENEFIT_STATUSES,
            "sales_status": SALES_STATUSES,
        }

    def rows(self):
        """A person after another, as values of COLUMNS."""
        for _ in range(self.persons):
            yield tuple(self._person().values())

    def _organisation(self, number):
        source = self._source
        name = f"{source.choice(self.municipalities)['name']} {source.choice(TRADES)}" if number % 3 else f"{self._names.family()}s {source.choice(TRADES)}"
        name = f"{name} {number + 1} AB" if number % 5 == 0 else f"{name} i {source.choice(self.municipalities)['name']} {number + 1} AB"
        nine = f"55{6000 + number % 4000:04d}{source.randint(0, 999):03d}"
        nine = f"{nine[:2]}{2 + int(nine[2]) % 8}{nine[3:]}"  # the third digit tells it from a personal number
        departments = source.sample(DEPARTMENTS, source.choice((0, 1, 2, 3, 4)))
        return {"name": name, "organisation_number": f"{nine[:6]}-{nine[6:]}{check_digit(nine)}", "departments": departments}

    def _employee(self, number):
        row = dict.fromkeys(COLUMNS, "")
        gender = self._source.choice(("woman", "man"))
        row |= {"customer_number": f"M{number + 1:04d}", "given_name": self._names.given(gender, 2), "family_name": self._names.family(), "gender": gender}
        row["email"] = f"{plain(row['given_name'])}{number + 1}@personkort.example"
        return row | {"employee_number": f"A{number + 1}", "started_on": f"{self._source.randint(2005, 2023)}-{self._source.randint(1, 12):02d}-01"}

    def _person(self):
        chance = self._source.random
        row = dict.fromkeys(COLUMNS, "")
        gender = "woman" if chance() < 0.503 else "man"
        born = self._born()
        generation = next(i for i, year in enumerate(GENERATIONS) if born.year < year)
        row["customer_number"] = self._customer_number()
        row["given_name"] = self._names.given(gender, generation)
        if chance() < 0.99:
            row["family_name"] = self._names.family()
        if chance() < 0.94:
            row["gender"] = gender if chance() < 0.996 else "other"
        if chance() < 0.55:
            row["personal_number"] = self._personal_number(born, gender)
        elif chance() < 0.75:
            row["birth_date"] = born.isoformat()
        self._reach(row, born)
        self._choices(row)
        if chance() < 0.32:
            row["language"] = "sv" if chance() < 0.8 else "en"
        if chance() < 0.7:
            row["terms_accepted_on"] = (TERMS_FROM + datetime.timedelta(int(chance() * TERMS_DAYS))).isoformat()
        for channel, granted, withdrawn in (("letter", 0.45, 0.5), ("email", 0.5, 0.6), ("sms", 0.3, 0.36)):
            kind = chance()
            row[f"consent.{channel}"] = "yes" if kind < granted else "no" if kind < withdrawn else ""
        if chance() < 0.2:
            row["notes"] = self._notes()
        return row

    def _customer_number(self):
        """Ascending with gaps; those of a register that was taken over begin with a letter."""
        self._numbers += 1 + int(self._source.random() * 3)
        return f"G{self._numbers}" if self._numbers % 11 == 0 else str(self._numbers)

    def _born(self):
        """Fewer of the old ones."""
        days = (LAST_DAY - FIRST_DAY).days
        return FIRST_DAY + datetime.timedelta(int(days * self._source.random() ** 0.62))

    def _personal_number(self, born, gender):
        """In one of the ways they are written. No day has the same number twice, for it goes through all there are."""
        chance = self._source.random
        key = (born, gender)
        used = self._used_days[key] = self._used_days.get(key, 0) + 1
        number = (born.toordinal() * 37 + used * 7) % 500 * 2 + (gender == "man")
        day = born.day + (60 if chance() < 0.02 else 0)  # a coordination number
        nine = f"{born.year % 100:02d}{born.month:02d}{day:02d}{number:03d}"
        four = nine[6:] + check_digit(nine)
        way = chance()
        if way < 0.4 and born.year >= 1930:
            return f"{nine[:6]}-{four}"
        return f"{born.year}{nine[2:6]}-{four}" if way < 0.8 else f"{born.year}{nine[2:6]}{four}"

    def _reach(self, row, born):
        chance, integer = self._source.random, self._source.randrange
        abroad = chance() < 0.01
        if chance() < 0.72:
            name = f"{plain(row['given_name'])}.{plain(row['family_name'])}"[:50].strip(".")
            sign = "" if chance() < 0.45 else str(born.year % 100) if chance() < 0.6 else str(integer(10_000))
            host = ("post", "brev", "hem", "jobb", "skola")[int(chance() ** 2 * 5)]
            row["email"] = (name + sign if chance() < 0.96 else (name + sign).title()) + f"@{host}.example"
        if chance() < 0.86:
            row["mobile"] = f"+47 4{integer(10):d}{integer(10):d} {integer(100_000):05d}" if abroad else self._mobile()
        if chance() < 0.2:
            row["home_phone"] = f"0{self._source.choice((8, 31, 40, 90, 18, 480, 611, 920))}-{integer(200_000, 999_999)}"
        if chance() < 0.14:
            row["work_phone"] = f"010-{integer(100, 999)} {integer(100):02d} {integer(100):02d}"
        place = self._municipality()
        if chance() < 0.97:
            row["region"] = place["name"]
        if chance() < 0.85:
            self._address(row, place, abroad)

    def _mobile(self):
        """In one of the ways they are written."""
        integer = self._source.randrange
        area, digits = self._source.choice(("70", "72", "73", "76", "79")), f"{integer(10_000_000):07d}"
        a, b, c = digits[:3], digits[3:5], digits[5:]
        ways = (f"0{area}-{a} {b} {c}", f"0{area}{digits}", f"+46 {area} {a} {b} {c}", f"+46{area}{digits}", f"0046{area}{digits}", f"+46 (0){area}-{a} {b} {c}",
                f"0{area}/{a} {b} {c}", f"0{area}-{digits}")  # fmt: skip
        return ways[int(self._source.random() ** 1.6 * len(ways))]

    def _address(self, row, place, abroad):
        chance, integer = self._source.random, self._source.randrange
        street = self._source.choice(STREETS)
        row["address.street"] = f"{street} {1 + int(chance() ** 2 * 120)}{'' if chance() < 0.8 else self._source.choice('ABCD')}"
        code = f"{self._source.choice(POSTAL[place['code'][:2]].split())}{integer(1, 10)}"
        row["address.postal_code"] = f"{code} {integer(10, 100)}" if chance() < 0.6 else f"{code}{integer(10, 100)}"
        row["address.city"] = place["name"]
        if abroad:
            row |= {"address.postal_code": f"{integer(1, 9900):04d}", "address.city": "Trondheim", "address.country": "NO"}
        if chance() < 0.02:
            row["address.care_of"] = self._names.family()

    def _choices(self, row):
        chance = self._source.random
        if chance() < 0.8:
            row["category"] = self._category()
        wanted = int(chance() ** 2 * 6)
        row["groups"] = "|".join(dict.fromkeys(self._group() for _ in range(wanted)))
        if chance() < 0.35:
            organisation = self._organisation_of()
            row["organisation"] = organisation["name"]
            if organisation["departments"] and chance() < 0.6:
                row["department"] = self._source.choice(organisation["departments"])
            if chance() < 0.8:
                row["job_title"] = self._job_title()
        if chance() < 0.25:
            row["benefit_status"] = self._benefit()
        if chance() < 0.6:
            row["sales_status"] = self._sales()
        if chance() < 0.4:
            row["account_manager"] = self._manager()

    def _notes(self):
        notes = [self._source.choice(NOTES) for _ in range(self._source.choice((1, 1, 1, 2, 3)))]
        return ("\n" if self._source.random() < 0.1 else " ").join(notes)


def generate(folder, persons, seed):
    """Writes settings.json, employees.csv and persons.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    register = Register(persons, seed)
    settings = {"pick_lists": register.pick_lists(), "english": ENGLISH, "organisations": register.organisations}
    (folder / "settings.json").write_text(json.dumps(settings, ensure_ascii=False, indent=1), encoding="utf-8")
    _write(folder / "employees.csv", EMPLOYEE_COLUMNS, (tuple(employee.values()) for employee in register.employees))
    _write(folder / "persons.csv", COLUMNS, register.rows())


def _write(path, columns, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
