# SPDX-License-Identifier: Apache-2.0
"""The same register in PostgreSQL, with the indexes that somebody makes who knows it, and asked by prepared statements through libpq."""

from __future__ import annotations

import csv
import ctypes
import ctypes.util
import io
import subprocess

import peers
from truth import PHONES, Person, phone_of

# Columns as a table has them; `words` and `sort_key` are what the service, too, makes of names.
SCHEMA = """
CREATE TABLE person (
    person int PRIMARY KEY, customer_number text NOT NULL, given_name text NOT NULL, family_name text, email text, mobile text, work_phone text,
    home_phone text, care_of text, street text, postal_code text, city text, country text, personal_number text, birth_date date, gender text,
    language text, terms_accepted_on date, organisation int, department int, job_title int, category int, region int, benefit_status int,
    sales_status int, account_manager int, groups int[] NOT NULL, letter boolean, email_consent boolean, sms boolean, notes text,
    employee_number text, created timestamptz NOT NULL DEFAULT now(), changed timestamptz NOT NULL DEFAULT now(), revision int NOT NULL DEFAULT 1,
    sort_key text NOT NULL, words tsvector NOT NULL);
CREATE TABLE person_word (word text NOT NULL, person int NOT NULL);
"""
COLUMNS = (
    "person, customer_number, given_name, family_name, email, mobile, work_phone, home_phone, care_of, street, postal_code, city, country, "
    "personal_number, birth_date, gender, language, terms_accepted_on, organisation, department, job_title, category, region, benefit_status, "
    "sales_status, account_manager, groups, letter, email_consent, sms, notes, employee_number, sort_key, words"
)
CHOICES = ("job_title", "category", "region", "benefit_status", "sales_status", "account_manager", "organisation", "department")
# Names are found by how a word begins in two ways, of which the faster one counts: a table of words, and full text.
INDEXES = """
CREATE UNIQUE INDEX ON person (customer_number);
CREATE UNIQUE INDEX ON person (personal_number) WHERE personal_number IS NOT NULL;
CREATE INDEX ON person (sort_key, person);
CREATE INDEX ON person (lower(email) text_pattern_ops);
CREATE INDEX ON person (mobile);
CREATE INDEX ON person (work_phone) WHERE work_phone IS NOT NULL;
CREATE INDEX ON person (home_phone) WHERE home_phone IS NOT NULL;
CREATE INDEX ON person (birth_date);
CREATE INDEX ON person (terms_accepted_on);
CREATE INDEX ON person (gender);
CREATE INDEX ON person (language) WHERE language IS NOT NULL;
CREATE INDEX ON person (letter) WHERE letter IS NOT NULL;
CREATE INDEX ON person (email_consent) WHERE email_consent IS NOT NULL;
CREATE INDEX ON person (sms) WHERE sms IS NOT NULL;
CREATE INDEX ON person (employee_number) WHERE employee_number IS NOT NULL;
CREATE INDEX ON person USING gin (groups);
CREATE INDEX ON person USING gin (words);
CREATE INDEX ON person_word (word text_pattern_ops, person);
CREATE INDEX ON person_word (person);
""" + "\n".join(f"CREATE INDEX ON person ({name});" for name in CHOICES)
SETTINGS = {
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "effective_cache_size": "8GB",
    "random_page_cost": 1.1,
    "jit": "off",  # which takes longer to compile a question of milliseconds than it saves
    "default_statistics_target": 1000,
    "gin_pending_list_limit": "64MB",
}


class Register(peers.PostgresServer):
    """The persons of a generated folder."""

    def __init__(self):
        super().__init__(**SETTINGS)
        if not ctypes.util.find_library("pq"):
            raise peers.Missing("libpq is not installed (apt-get install libpq5)")

    def set_up(self):
        self.sql(SCHEMA)

    def fill(self, rows, ids):
        """`rows` of the CSV in the order of their numbers; `ids` gives (kind, name) → id."""
        self._words = []
        self._copy(f"person ({COLUMNS})", (self._values(number, row, ids) for number, row in enumerate(rows, 1)))
        self._copy("person_word (word, person)", self._words)
        del self._words
        self.sql(f"{INDEXES}\nVACUUM ANALYZE person;\nVACUUM ANALYZE person_word;\nCHECKPOINT;\n")

    def _values(self, number, row, ids):
        person = Person(row)
        words = set(person.words.split())
        self._words += [(word, number) for word in words]
        phones = ["+" + phone_of(row[name]) if row[name] else None for name in PHONES]
        address = [row[f"address.{name}"] or None for name in ("care_of", "street", "postal_code", "city", "country")]
        chosen = [ids.get((name, row[name])) for name in ("job_title", "category", "region", "benefit_status", "sales_status")]
        groups = "{" + ",".join(str(ids["group", name]) for name in row["groups"].split("|") if name) + "}"
        consents = [{"yes": "t", "no": "f"}.get(row[f"consent.{channel}"]) for channel in ("letter", "email", "sms")]
        return [
            number, row["customer_number"], row["given_name"], row["family_name"] or None, row["email"] or None, *phones, *address,
            row["personal_number"] or None, person.born or None, row["gender"] or None, row["language"] or None, row["terms_accepted_on"] or None,
            ids.get(("organisation", row["organisation"])), ids.get(("department", row["organisation"], row["department"])), *chosen,
            ids.get(("employee", row["account_manager"])), groups, *consents, row["notes"] or None, row.get("employee_number") or None,
            "\x01".join(person.order), " ".join(f"'{word}'" for word in words),
        ]  # fmt: skip

    def _copy(self, table, rows):
        """A text as it is, absent values as nothing: so CSV tells them apart only by quotes, which no empty text needs here."""
        command = [peers.POSTGRES_PROGRAMS / "psql", "-h", self.folder, "-U", "bench", "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1"]
        command += ["-c", f"COPY {table} FROM STDIN WITH (FORMAT csv)"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", **self._user)
        with io.TextIOWrapper(process.stdin, encoding="utf-8", newline="") as pipe:
            csv.writer(pipe).writerows(rows)
        said = process.stderr.read().decode(errors="replace")
        if process.wait() != 0:
            raise RuntimeError(f"COPY {table} ended with {process.returncode}:\n{said[-2000:]}")

    def bytes(self):
        """Of the tables, and of their indexes."""
        said = self.sql("SELECT sum(pg_table_size(t)), sum(pg_indexes_size(t)) FROM unnest(ARRAY['person', 'person_word']::regclass[]) t")
        return tuple(map(int, said.strip().split("|")))

    def connect(self):
        return Connection(f"host={self.folder} user=bench dbname=postgres")


class Connection:
    """libpq itself, through ctypes: a call of it costs some microseconds."""

    OK = (1, 2)  # a command was done, rows came

    def __init__(self, where):
        self._pq = pq = ctypes.CDLL(ctypes.util.find_library("pq"))
        for name in ("PQconnectdb", "PQexec", "PQexecPrepared", "PQprepare"):
            getattr(pq, name).restype = ctypes.c_void_p
        for name in ("PQerrorMessage", "PQgetvalue"):
            getattr(pq, name).restype = ctypes.c_char_p
        self._connection = ctypes.c_void_p(pq.PQconnectdb(where.encode()))
        if pq.PQstatus(self._connection) != 0:
            raise RuntimeError(self._said())
        self._prepared = 0

    def close(self):
        self._pq.PQfinish(self._connection)

    def _said(self):
        return self._pq.PQerrorMessage(self._connection).decode(errors="replace")

    def _done(self, result):
        result = ctypes.c_void_p(result)
        if self._pq.PQresultStatus(result) not in self.OK:
            raise RuntimeError(self._said())
        return result

    def sql(self, text):
        self._pq.PQclear(self._done(self._pq.PQexec(self._connection, text.encode())))

    def rows(self, text):
        """Values of the first column."""
        result = self._done(self._pq.PQexec(self._connection, text.encode()))
        values = [self._pq.PQgetvalue(result, i, 0).decode() for i in range(self._pq.PQntuples(result))]
        self._pq.PQclear(result)
        return values

    def prepare(self, text):
        self._prepared += 1
        name = f"s{self._prepared}".encode()
        self._pq.PQclear(self._done(self._pq.PQprepare(self._connection, name, text.encode(), 0, None)))
        return name

    def arguments(self, values):
        """As execute takes them."""
        return (ctypes.c_char_p * max(1, len(values)))(*[str(value).encode() for value in values]), len(values)

    def execute(self, name, arguments):
        """The result, to be given to `clear`."""
        values, count = arguments
        return self._done(self._pq.PQexecPrepared(self._connection, name, count, values, None, None, 0))

    def number(self, result):
        return int(self._pq.PQgetvalue(result, 0, 0))

    def numbers(self, result):
        """Of the first column."""
        return [int(self._pq.PQgetvalue(result, i, 0)) for i in range(self._pq.PQntuples(result))]

    def clear(self, result):
        self._pq.PQclear(result)
