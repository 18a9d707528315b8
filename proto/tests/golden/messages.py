# SPDX-License-Identifier: Apache-2.0
"""Every command and query as a method: `client.person.create(given_name="…")` sends `person.create`.

Written by proto/generate from proto/*.toml, never by hand. A keyword that a message does not have is a TypeError. Days
are "YYYY-MM-DD"; times are UTC milliseconds since 1970. An argument left out is not sent; None for a clearable field
takes the value away.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, Sequence, TypedDict

from personkort.reply import ABSENT, Absent, Reply, body_of


Shade = Literal["light", "dark"]


class Book(TypedDict, total=False):
    """
    A book, whole. Declared before what it holds, so that the generator has to order them.

    changed_ms (required): When.
    changed_by: Who. (≤ 64 bytes)
    book (required): Its id.
    authors: Who wrote it. (≤ 8 elements)
    first: The first of them.
    shades: Of its covers. (≤ 2 elements)
    """

    changed_ms: int
    changed_by: str
    book: int
    authors: Sequence[Author]
    first: Author
    shades: Sequence[Shade]


class Author(TypedDict, total=False):
    """
    One who writes.

    name (required): Name. (1…100 bytes, personal)
    born: Birthday. (personal, shown to keeper, auditor and above)
    """

    name: str
    born: str


class Stamp(TypedDict, total=False):
    """
    Who changed something, and when; begins other structs.

    changed_ms (required): When.
    changed_by: Who. (≤ 64 bytes)
    """

    changed_ms: int
    changed_by: str


Place = TypedDict(
    "Place",
    {
        "room": "str",
        "from": "str",
    },
    total=False,
)


class BookCalls:
    """Messages that begin with `book.`."""

    def __init__(self, client):
        self._client = client

    def add(
        self,
        *,
        changed_ms: int,
        title: str,
        marks: Sequence[Place],
        changed_by: str | None = None,
        pages: int | None = None,
        offset: int | None = None,
        lowest: int | None = None,
        lent: bool | None = None,
        shelf: int | None | Absent = ABSENT,
        shade: Shade | None | Absent = ABSENT,
        seal: bytes | None = None,
        extra: Any | None = None,
        place: Place | None = None,
        words: Sequence[str] | None | Absent = ABSENT,
        _id: str | None = None,
        _expires_in_s: float = 30,
    ) -> Reply:
        """
        Adds a book. Silence means that the library is closed. This doc is long enough that its literal in C has to be
        cut into two pieces.

        changed_ms: When.
        changed_by: Who. (≤ 64 bytes)
        title: Title. (1…200 bytes)
        pages: Pages.
        offset: Any number at all.
        lowest: A number with a far limit.
        lent: Is lent now.
        shelf: Where it stands.
        shade: Of its cover.
        seal: Seal. (4 bytes)
        extra: Whatever else. (≤ 64 bytes)
        place: Where.
        words: Words | of it. (≤ 10 bytes, ≤ 4 elements)
        marks: Where it was. (≤ 2 elements)

        Reply:
        - book: The new book's id.

        Refused also with not_found, busy.
        """
        body = body_of(
            required={
                "changed_ms": changed_ms,
                "title": title,
                "marks": marks,
            },
            optional={
                "changed_by": changed_by,
                "pages": pages,
                "offset": offset,
                "lowest": lowest,
                "lent": lent,
                "seal": seal,
                "extra": extra,
                "place": place,
            },
            clearable={
                "shelf": shelf,
                "shade": shade,
                "words": words,
            },
        )
        return self._client.command("book.add", body, service="library", id=_id, expires_in_s=_expires_in_s)

    def drop(self, *, _id: str | None = None, _expires_in_s: float = 30) -> Reply:
        """Forgets a book; neither its body nor its reply has fields worth having."""
        body = {}
        return self._client.command("book.drop", body, service="library", id=_id, expires_in_s=_expires_in_s)

    def get(self, *, book: int, self_: bool | None = None) -> Reply:
        """
        One book.

        book: Which.
        self_: A name that Python needs itself.

        Reply:
        - book: The book.

        Refused also with not_found.
        """
        body = body_of(
            required={
                "book": book,
            },
            optional={
                "self": self_,
            },
        )
        return self._client.query("book.get", body, service="library")


class LoanCalls:
    """Messages that begin with `loan.`."""

    def __init__(self, client):
        self._client = client

    def list(self) -> Reply:
        """
        Loans.

        Reply:
        - books: Books that are lent. (≤ 100 elements)
        """
        body = {}
        return self._client.query("loan.list", body, service="loans")


class CommandCalls:
    """Messages that begin with `command.`."""

    def __init__(self, client):
        self._client = client

    def result(self, at_service: str, /, *, command_id: str) -> Reply:
        """
        What became of a command.

        at_service: The service that is asked.
        command_id: Its id. (1…64 bytes)
        """
        body = body_of(
            required={
                "command_id": command_id,
            },
        )
        return self._client.query("command.result", body, service=at_service)


class Messages:
    """The groups of messages, as attributes of the client."""

    @cached_property
    def book(self) -> BookCalls:
        return BookCalls(self)

    @cached_property
    def loan(self) -> LoanCalls:
        return LoanCalls(self)

    @cached_property
    def command_(self) -> CommandCalls:
        return CommandCalls(self)


# Who answers each command and query; None: every service does.
SERVICES = {
    "book.add": "library",
    "book.drop": "library",
    "book.get": "library",
    "loan.list": "loans",
    "command.result": None,
}

# Who publishes each event and figure; None: every service does.
PUBLISHERS = {"book.added": "library", "book.dropped": "library", "books.count": "library", "loan.made": "loans"}

# A valid body of each message that has one in its schema.
EXAMPLES = {
    "book.add": {
        "changed_ms": 1700000000000,
        "title": "Röda rummet",
        "pages": 300,
        "shade": "dark",
        "seal": b'\x00\xff\x10\xaa',
        "extra": {"a": [1, 2.5]},
        "place": {"room": "12", "from": "2024-02-29"},
        "words": ["a", "b"],
        "marks": [{"room": "1"}],
    },
    "book.get": {"book": 17},
    "books.count": {"count": 0},
}
