# SPDX-License-Identifier: Apache-2.0
"""Writes messages.py of the Python client: one method a command or query, the types and the examples."""

import json
import keyword
import textwrap

from generator import model
from generator.layout import layout

_COLUMNS = 120

_HINTS = {"bool": "bool", "int": "int", "id": "int", "time": "int", "date": "str", "text": "str", "line": "str",
          "bin": "bytes", "raw": "Any"}  # fmt: skip

# Attributes of the client that a group of messages must not hide.
_CLIENT_NAMES = ("command", "query", "batch", "subscribe", "follow", "close", "seen")

_OPENING = '''# SPDX-License-Identifier: Apache-2.0
"""Every command and query as a method: `client.person.create(given_name="…")` sends `person.create`.

Written by proto/generate from proto/*.toml, never by hand. A keyword that a message does not have is a TypeError. Days
are "YYYY-MM-DD"; times are UTC milliseconds since 1970. An argument left out is not sent; None for a clearable field
takes the value away.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, Sequence, TypedDict

from personkort.reply import ABSENT, Absent, Reply, body_of
'''


def write(schema):
    """The whole text of messages.py."""
    files = [file for file in schema.files if not file.is_rows]
    asked = [m for file in files for m in file.messages if m.reply]
    parts = [_OPENING]
    parts.append("\n".join(_enum(enum) for file in files for enum in file.enums))
    parts += [_typed_dict(struct) for file in files for struct in file.structs if struct.kind == "struct"]
    groups = {}
    for message in asked:
        groups.setdefault(message.type.split(".")[0], []).append(message)
    parts += [_group(name, messages) for name, messages in groups.items()]
    parts.append(_mixin(groups))
    parts.append(_constants(schema, files))
    return "\n\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def _camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


def _safe(name):
    return f"{name}_" if keyword.iskeyword(name) or name == "self" else name


def _hint(field):
    hint = _camel(field.target) if field.target else _HINTS[field.kind]
    return f"Sequence[{hint}]" if field.is_list else hint


def _meaning(field):
    """The doc of a field with what its type alone does not say."""
    limits = []
    if field.kind in model.SIZED_KINDS:
        limits.append(field.size_text)
    if field.is_list:
        limits.append(f"≤ {field.items} elements")
    limits += ["personal"] * field.personal
    if field.sensitive:
        roles = ", ".join(role for role, _ in field.seen_by)
        limits.append(f"shown to {roles} and above" if roles else "shown on ipc alone")
    return field.doc + (f" ({', '.join(limits)})" if limits else "")


def _enum(enum):
    line = f"{_camel(enum.name)} = Literal[{', '.join(repr_of(value.name) for value in enum.values)}]"
    if len(line) <= _COLUMNS:
        return line
    values = "\n".join(f"    {repr_of(value.name)}," for value in enum.values)
    return f"{_camel(enum.name)} = Literal[\n{values}\n]"


def repr_of(text):
    """`text` as a Python literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _docstring(text, indent):
    """`text` has one entry a line; each is wrapped under its own start."""
    space = " " * indent
    lines = []
    for line in text.replace("\\", "\\\\").replace('"""', "'''").split("\n"):
        hang = "    " if lines and line else ""
        lines += textwrap.wrap(line, _COLUMNS - indent, subsequent_indent=hang, break_on_hyphens=False) or [""]
    if lines[0] and len(lines) == 1 and len(lines[0]) + 6 + indent <= _COLUMNS and not lines[0].endswith('"'):
        return f'{space}"""{lines[0]}"""'
    return "\n".join([f'{space}"""', *((space + line).rstrip() for line in lines), f'{space}"""'])


def _typed_dict(struct):
    name = _camel(struct.name)
    notes = "\n".join(f"{f.name}{' (required)' if f.required else ''}: {_meaning(f)}" for f in struct.fields)
    doc = _docstring(struct.doc + (f"\n\n{notes}" if notes else ""), 4)
    if any(_safe(field.name) != field.name for field in struct.fields):
        entries = "\n".join(f"        {repr_of(f.name)}: {repr_of(_hint(f))}," for f in struct.fields)
        return f"{name} = TypedDict(\n    {repr_of(name)},\n    {{\n{entries}\n    }},\n    total=False,\n)\n"
    fields = "\n".join(f"    {field.name}: {_hint(field)}" for field in struct.fields)
    return f"class {name}(TypedDict, total=False):\n{doc}\n" + (f"\n{fields}\n" if fields else "")


def _attribute(group):
    return f"{group}_" if group in _CLIENT_NAMES or keyword.iskeyword(group) else group


def _group(name, messages):
    lines = [
        f"class {_camel(name)}Calls:",
        f'    """Messages that begin with `{name}.`."""',
        "",
        "    def __init__(self, client):",
        "        self._client = client",
    ]
    return "\n".join(lines + [line for message in messages for line in ("", _method(message))]) + "\n"


def _parameter(field):
    name, hint = _safe(field.name), _hint(field)
    if field.required:
        return f"{name}: {hint}"
    return f"{name}: {hint} | None | Absent = ABSENT" if field.clearable else f"{name}: {hint} | None = None"


def _method(message):
    everywhere = message.service == model.EVERY_SERVICE
    fields = sorted(message.body.fields, key=lambda field: not field.required)
    parameters = ["self"] + ["at_service: str", "/"] * everywhere
    options = [_parameter(field) for field in fields]
    if message.kind == "command":
        options += ["_id: str | None = None", "_expires_in_s: float = 30"]
    parameters += ["*", *options] if options else []
    name = _safe(message.type.partition(".")[2].replace(".", "_"))
    head = f"    def {name}({', '.join(parameters)}) -> Reply:"
    if len(head) > _COLUMNS:
        head = f"    def {name}(\n" + "".join(f"        {parameter},\n" for parameter in parameters) + "    ) -> Reply:"
    lines = [head, _docstring(_method_doc(message, everywhere), 8), *_body(message.body.fields)]
    service = "at_service" if everywhere else repr_of(message.service)
    call = [repr_of(message.type), "body", f"service={service}"]
    call += ["id=_id", "expires_in_s=_expires_in_s"] if message.kind == "command" else []
    line = f"        return self._client.{message.kind}({', '.join(call)})"
    if len(line) > _COLUMNS:
        line = f"        return self._client.{message.kind}(\n            {', '.join(call)}\n        )"
    lines.append(line)
    return "\n".join(lines)


def _method_doc(message, everywhere):
    parts = [message.doc]
    arguments = ["at_service: The service that is asked."] if everywhere else []
    arguments += [f"{_safe(field.name)}: {_meaning(field)}" for field in message.body.fields]
    if arguments:
        parts.append("\n".join(arguments))
    if message.reply.fields:
        parts.append("Reply:\n" + "\n".join(f"- {field.name}: {_meaning(field)}" for field in message.reply.fields))
    if message.errors:
        parts.append("Refused also with " + ", ".join(code for code, _ in message.errors) + ".")
    return "\n\n".join(parts)


def _body(fields):
    groups = []
    for name, chosen in (
        ("required", [field for field in fields if field.required]),
        ("optional", [field for field in fields if not field.required and not field.clearable]),
        ("clearable", [field for field in fields if field.clearable]),
    ):
        if chosen:
            entries = "".join(f"                {repr_of(field.name)}: {_safe(field.name)},\n" for field in chosen)
            groups.append(f"            {name}={{\n{entries}            }},\n")
    return [f"        body = body_of(\n{''.join(groups)}        )"] if groups else ["        body = {}"]


def _mixin(groups):
    lines = ["class Messages:", '    """The groups of messages, as attributes of the client."""']
    for name in groups:
        lines += ["", "    @cached_property", f"    def {_attribute(name)}(self) -> {_camel(name)}Calls:",
                  f"        return {_camel(name)}Calls(self)"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _constants(schema, files):
    messages = [message for file in files for message in file.messages]
    services = {m.type: None if m.service == model.EVERY_SERVICE else m.service for m in messages}
    answered = {m.type: services[m.type] for m in messages if m.reply}
    published = {m.type: services[m.type] for m in messages if not m.reply}
    examples = {m.type: _wire(schema, m.body, m.example) for m in messages if m.example is not None}
    return "\n\n".join([
        "# Who answers each command and query; None: every service does.\nSERVICES = " + _literal(answered),
        "# Who publishes each event and figure; None: every service does.\nPUBLISHERS = " + _literal(published),
        "# A valid body of each message that has one in its schema.\nEXAMPLES = " + _literal(examples),
    ])  # fmt: skip


def _literal(value):
    return layout(value, lambda scalar: repr_of(scalar) if isinstance(scalar, str) else repr(scalar), comma_at_end=True)


def _wire(schema, struct, example):
    """The example with real bytes where TOML has hexadecimal digits."""
    fields = {field.name: field for field in struct.fields}

    def convert(field, value):
        if field.kind == "bin":
            return bytes.fromhex(value)
        return _wire(schema, schema.target(field), value) if field.kind == "struct" else value

    body = {}
    for key, value in example.items():
        field = fields[key]
        body[key] = [convert(field, element) for element in value] if field.is_list else convert(field, value)
    return body
