# SPDX-License-Identifier: Apache-2.0
"""Checks the examples of messages and fields against the schema, as the codec would check them on the wire.

TOML has no bytes, so a `bin` value stands there as hexadecimal digits; `raw` is any TOML value.
"""

import datetime
import re

from generator import model
from generator.table import kind_of


class ExampleCheck:
    """`where` gives the place of a part of the example by its path; `what` has the example."""

    def __init__(self, schema, problems, what, where):
        self.schema = schema
        self.problems = problems
        self.what = what
        self.where = where

    def message(self, message):
        self._map(message.body, message.example, ())

    def field(self, field):
        self._field(field, field.example, (field.name,))

    def _complain(self, path, text):
        self.problems.add(self.where(path), f"example of {self.what}: {text}")

    def _map(self, struct, value, path):
        if not isinstance(value, dict):
            self._complain(path, f"`{path[-1]}` is {kind_of(value)}; make it a table of {struct.name}")
            return
        fields = {field.name: field for field in struct.fields}
        for key in value:
            if key not in fields:
                hint = model.nearest(key, fields) or f"the fields of `{struct.name}` are its only keys"
                self._complain(path + (key,), f"there is no field `{key}`; {hint}")
        for name, field in fields.items():
            if name in value:
                self._field(field, value[name], path + (name,))
            elif field.required:
                self._complain(path, f"required field `{name}` is missing; add it")

    def _field(self, field, value, path):
        if not field.is_list:
            self._value(field, value, path)
        elif not isinstance(value, list):
            self._complain(path, f"`{field.name}` is {kind_of(value)}; make it a list")
        elif len(value) > field.items:
            self._complain(path, f"`{field.name}` has {len(value)} elements; at most {field.items} are allowed")
        else:
            for i, element in enumerate(value):
                self._value(field, element, path + (i,))

    def _value(self, field, value, path):
        if field.kind == "struct":
            target = self.schema.target(field)
            if target:
                self._map(target, value, path)
            return
        wrong = _CHECKS[field.kind](self, field, value)
        if wrong:
            self._complain(path, f"`{field.name}` is {wrong}")

    def _enum(self, field, value):
        enum = self.schema.target(field)
        known = [entry.name for entry in enum.values] if enum else [value]
        if value not in known:
            hint = model.nearest(value, known) or "use one of " + ", ".join(known)
            return f"not in enum `{field.target}`; {hint}"
        return None

    def _bool(self, field, value):
        return None if type(value) is bool else f"{kind_of(value)}; make it true or false"

    def _whole(self, field, value):
        if type(value) is not int:
            return f"{kind_of(value)}; make it a whole number"
        limits = {"id": (1, model.INT_MAX), "int": (field.min, field.max)}
        low, high = limits.get(field.kind, (model.INT_MIN, model.INT_MAX))
        return None if low <= value <= high else f"{value}; it may be {low} to {high}"

    def _date(self, field, value):
        if type(value) is not str or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return 'not a day; write it in quotes as "YYYY-MM-DD"'
        try:
            day = datetime.date.fromisoformat(value)
        except ValueError:
            return "not a day of the calendar; mend it"
        return None if day.year >= 1800 else "before 1800-01-01; take a later day"

    def _text(self, field, value):
        if type(value) is not str:
            return f"{kind_of(value)}; make it a text"
        if "\0" in value or (field.kind == "line" and re.search("[\x00-\x1f\x7f]", value)):
            return "a text with control characters; take them out"
        return _size_problem(field, len(value.encode()))

    def _bin(self, field, value):
        if type(value) is not str or not re.fullmatch(r"([0-9a-fA-F]{2})*", value):
            return "not bytes; write them as hexadecimal digits"
        return _size_problem(field, len(value) // 2)

    def _raw(self, field, value):
        return _size_problem(field, _packed_size(value))


_CHECKS = {
    "bool": ExampleCheck._bool, "int": ExampleCheck._whole, "id": ExampleCheck._whole, "time": ExampleCheck._whole,
    "date": ExampleCheck._date, "text": ExampleCheck._text, "line": ExampleCheck._text, "bin": ExampleCheck._bin,
    "raw": ExampleCheck._raw, "enum": ExampleCheck._enum,
}  # fmt: skip


def _size_problem(field, size):
    if field.min <= size <= field.max:
        return None
    return f"{size} bytes long; it may be {field.min} to {field.max}"


def _packed_size(value):
    """Bytes of the shortest msgpack of a TOML value; times and dates count as their text."""
    if isinstance(value, dict):
        return _head_size(len(value), 15) + sum(_packed_size(k) + _packed_size(v) for k, v in value.items())
    if isinstance(value, list):
        return _head_size(len(value), 15) + sum(map(_packed_size, value))
    if isinstance(value, bool):
        return 1
    if isinstance(value, int):
        return 1 if -32 <= value < 128 else 1 + next(n for n in (1, 2, 4, 8) if -(1 << 8 * n - 1) <= value < 1 << 8 * n)
    if isinstance(value, float):
        return 9
    size = len(str(value).encode())
    return (1 if size < 32 else 2 if size < 256 else 3 if size < 65536 else 5) + size


def _head_size(count, tiny):
    return 1 if count <= tiny else 3 if count < 65536 else 5
