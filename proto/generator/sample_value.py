# SPDX-License-Identifier: Apache-2.0
"""Makes an example of any struct: what the schema says of a field, else a value that its limits allow.

Values stand as in JSON: bytes as hexadecimal digits, days as "YYYY-MM-DD".
"""

# 2026-01-01 09:00 in Stockholm.
MOMENT_MS = 1767254400000
_DAY = "2026-01-01"


def of_struct(schema, struct):
    """All fields of a struct, message body or reply, in their order."""
    return {field.name: of_field(schema, field) for field in struct.fields}


def of_message(schema, message):
    """The message's own example, else one with all its fields."""
    return message.example if message.example is not None else of_struct(schema, message.body)


def of_field(schema, field):
    if field.example is not None:
        return field.example
    if not field.is_list:
        return _value(schema, field)
    return [_value(schema, field)]


def _value(schema, field):
    if field.kind == "struct":
        return of_struct(schema, schema.target(field))
    if field.kind == "enum":
        return schema.target(field).values[0].name
    return _PLAIN[field.kind](field)


def _text(field):
    """The field's name, made as long as it has to be and no longer than it may be."""
    words = field.name.replace("_", " ")
    return (words * (field.min // len(words) + 1) if len(words) < field.min else words)[: field.max]


def _bytes(field):
    size = min(max(field.min, 4), field.max)
    return bytes(i % 256 for i in range(size)).hex()


_PLAIN = {
    "bool": lambda field: True,
    "int": lambda field: min(max(field.min, 1), field.max),
    "id": lambda field: 1,
    "time": lambda field: MOMENT_MS,
    "date": lambda field: _DAY,
    "text": _text,
    "line": _text,
    "bin": _bytes,
    "raw": lambda field: {},
}
