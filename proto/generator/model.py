# SPDX-License-Identifier: Apache-2.0
"""What a schema is made of, after loading. Names stand as in the TOML files; `c_name` is what C calls the same."""

import dataclasses
import difflib
import pathlib
from typing import Any

INT_MIN = -(2**63)
INT_MAX = 2**63 - 1

MESSAGE_KINDS = ("command", "query", "event", "figure")
# The service of messages that every service answers.
EVERY_SERVICE = "shell"

SIZED_KINDS = ("text", "line", "bin", "raw")
PLAIN_KINDS = ("bool", "int", "id", "time", "date") + SIZED_KINDS
NAMED_KINDS = ("enum", "struct", "row")


@dataclasses.dataclass(frozen=True)
class Where:
    """A line of an input file; the file is named as it was on the command line."""

    path: str
    line: int


class Problems:
    """Everything that is wrong with the inputs of one run, in the order of files and lines."""

    SHOWN = 100

    def __init__(self):
        self.found = []

    def add(self, where, text):
        if (where, text) not in self.found:
            self.found.append((where, text))

    def lines(self, paths):
        order = {path: i for i, path in enumerate(paths)}
        found = sorted(self.found, key=lambda item: (order.get(item[0].path, -1), item[0].line))
        shown = [f"{where.path}:{where.line}: {text}" for where, text in found[: self.SHOWN]]
        if len(found) > self.SHOWN:
            shown.append(f"{len(found) - self.SHOWN} more; mend these first")
        return shown


@dataclasses.dataclass
class Field:
    name: str
    kind: str  # one of PLAIN_KINDS, or enum, struct, row
    target: str | None  # name of the enum, struct or row
    is_list: bool
    doc: str
    where: Where
    required: bool = False
    clearable: bool = False
    personal: bool = False
    sensitive: bool = False
    seen_by: list = dataclasses.field(default_factory=list)  # of (role, Where)
    number: int = 0
    min: int = 0
    max: int = 0
    items: int = 0
    since: int = 1
    source: str | None = None
    example: Any = None

    @property
    def type(self):
        name = f"{self.kind}.{self.target}" if self.target else self.kind
        return f"[{name}]" if self.is_list else name

    @property
    def size_text(self):
        """Limits of a text or bytes, for people."""
        if self.min == self.max:
            return f"{self.max} bytes"
        return f"{self.min}…{self.max} bytes" if self.min else f"≤ {self.max} bytes"

    @property
    def has_member(self):
        return not self.required and not self.is_list


@dataclasses.dataclass
class Struct:
    kind: str  # struct, row, body or reply
    name: str
    c_name: str
    doc: str
    where: Where
    stem: str
    extends: str | None = None
    reserved: tuple = ()
    reserved_n: tuple = ()
    fields: list = dataclasses.field(default_factory=list)
    inherited: int = 0  # how many of the fields come from the extended struct

    def where_of(self, i):
        """Where to complain of field i: at the struct itself when the field is not its own."""
        return self.where if i < self.inherited else self.fields[i].where

    @property
    def numbered(self):
        """Can be stored: all its fields have a number."""
        return self.kind in ("struct", "row") and any(field.number for field in self.fields)


@dataclasses.dataclass
class EnumValue:
    name: str
    number: int
    doc: str
    where: Where


@dataclasses.dataclass
class Enum:
    name: str
    doc: str
    where: Where
    stem: str
    values: list
    source: str | None = None


@dataclasses.dataclass
class Message:
    kind: str
    type: str
    doc: str
    where: Where
    stem: str
    service: str
    body: Struct
    reply: Struct | None
    since: int = 1
    source: str | None = None
    role: str | None = None
    audited: str | None = None  # saw, exported, changed, erased: what its access record says
    errors: list = dataclasses.field(default_factory=list)  # of (code, Where)
    example: dict | None = None

    @property
    def c_name(self):
        return c_name(self.type)


@dataclasses.dataclass
class ListEntry:
    """A line of errors.toml, roles.toml or counters.toml; `values` holds the keys beyond n and doc."""

    name: str
    n: int
    doc: str
    where: Where
    values: dict


@dataclasses.dataclass
class SchemaFile:
    path: str
    stem: str
    doc: str
    index: Any  # LineIndex
    service: str | None = None
    uses: list = dataclasses.field(default_factory=list)  # of (stem, Where)
    follows: list = dataclasses.field(default_factory=list)  # of (service, event type, Where)
    enums: list = dataclasses.field(default_factory=list)
    structs: list = dataclasses.field(default_factory=list)  # struct and row
    messages: list = dataclasses.field(default_factory=list)
    entries: list = dataclasses.field(default_factory=list)  # of a list file

    @property
    def is_rows(self):
        """Stored rows of one service: nobody else's business, so they give C only."""
        return pathlib.PurePath(self.path).name == "rows.toml"

    @property
    def shown_path(self):
        """Folder and name, the same wherever the checkout lies."""
        return "/".join(pathlib.Path(self.path).resolve().parts[-2:])


class Schema:
    """All files of a run. Look-ups return None for what is not there."""

    def __init__(self, files):
        self.files = files
        self.by_stem = {file.stem: file for file in files}
        self.enums = {enum.name: enum for file in files for enum in file.enums}
        self.structs = {(s.kind, s.name): s for file in files for s in file.structs}
        self.messages = [message for file in files for message in file.messages]
        self.events = {message.type: message for message in self.messages if message.kind == "event"}
        self.errors = self._list("errors")
        self.roles = self._list("roles")
        self.counters = self._list("counters")

    def _list(self, stem):
        return {entry.name: entry for entry in self.by_stem[stem].entries} if stem in self.by_stem else {}

    def target(self, field):
        return self.enums.get(field.target) if field.kind == "enum" else self.structs.get((field.kind, field.target))

    def services(self):
        return sorted({file.service for file in self.files if file.service})

    def of_service(self, service, *kinds):
        return sorted((m for m in self.messages if m.service == service and m.kind in kinds), key=lambda m: m.type)

    def acts_as(self, role):
        """The role and all below it, by `above` of roles.toml, taken transitively."""
        below, waiting = set(), [role]
        while waiting:
            name = waiting.pop()
            if name in self.roles and name not in below:
                below.add(name)
                waiting += self.roles[name].values["above"]
        return below

    def may_see(self, field):
        """Names of the roles that are shown a sensitive field, in the order of roles.toml."""
        return [name for name in self.roles if self.acts_as(name) & {role for role, _ in field.seen_by}]

    def may_send(self, message):
        """Names of the roles that may send it, in the order of roles.toml."""
        return [name for name in self.roles if message.role in self.acts_as(name)]


def c_name(name):
    return name.replace(".", "_")


def nearest(name, names):
    """A hint for a name that does not exist: the one probably meant."""
    close = difflib.get_close_matches(str(name), list(names), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else None


def plain_doc(text):
    """A doc without the line breaks of its file; a blank line stays one."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))
