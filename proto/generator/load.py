# SPDX-License-Identifier: Apache-2.0
"""Reads schema files into the model and checks what one file alone can tell; check.py does the rest."""

import pathlib
import re
import tomllib

from generator import model
from generator.table import Table
from generator.toml_lines import LineIndex

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_PLAIN, _NAMED = "|".join(model.PLAIN_KINDS), "|".join(model.NAMED_KINDS)
_TYPE = re.compile(rf"(\[)?(?:({_PLAIN})|({_NAMED})\.([a-z0-9_]+))(\])?")

_FILE_KEYS = ("service", "doc", "uses", "follows", "enum", "struct", "row") + model.MESSAGE_KINDS
_STRUCT_KEYS = ("doc", "source", "fields", "extends", "reserved", "reserved_n")
_ENUM_KEYS = ("doc", "source", "values", "reserved", "reserved_n")
_MESSAGE_KEYS = ("doc", "source", "since", "fields", "extends", "reserved", "example")
_FIELD_KEYS = "type doc required clearable personal sensitive seen_by n min max items since source example".split()
_LIST_KEYS = {
    "errors": ("error", ("doc", "n", "retry", "exit")),
    "roles": ("role", ("doc", "n", "above")),
    "counters": ("counter", ("doc", "n", "kind", "unit")),
}
_LONGEST_NAME = 64


def stem_of(path):
    """person.toml is person; a file called rows.toml is named after its folder: person/rows.toml is person_rows."""
    path = pathlib.Path(path)
    return f"{path.resolve().parent.name}_rows" if path.name == "rows.toml" else path.stem


def load(paths, problems):
    """All files that could be read, as a Schema, in the order of their stems; what is wrong is added to `problems`."""
    files, stems = [], {}
    for path in sorted(paths, key=stem_of):
        stem = stem_of(path)
        if stem in stems:
            problems.add(model.Where(path, 1), f"another file is called `{stem}` too ({stems[stem]}); rename one")
            continue
        stems[stem] = path
        top = _parse(path, problems)
        if top:
            files.append(_list_file(top, stem) if stem in _LIST_KEYS else _schema_file(top, stem))
    return model.Schema(files)


def _parse(path, problems):
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
    except OSError as error:
        problems.add(model.Where(path, 1), f"cannot be read: {error.strerror}; check the path")
        return None
    except UnicodeDecodeError:
        problems.add(model.Where(path, 1), "is not UTF-8; store it as UTF-8")
        return None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at_line = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        line = int(at_line[1]) if at_line else text.count("\n") + 1
        message = re.sub(r" \(at [^)]*\)$", "", str(error))
        problems.add(model.Where(path, line), f"not TOML: {message}; mend the syntax")
        return None
    return Table(problems, path, LineIndex(text), values, (), "the file")


def _name(table, name, what):
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        rule = f"use lower-case words joined with `_`, at most {_LONGEST_NAME} bytes"
        table.complain((), f"`{name}` cannot be the name of {what}; {rule}")


def _list_file(top, stem):
    group, keys = _LIST_KEYS[stem]
    top.only((group, "doc"))
    file = model.SchemaFile(top.file_path, stem, "", top.index)
    numbers = {}
    for name, table in top.subs(group, lambda name: f"{group} `{name}`"):
        _name(table, name, f"a {group}")
        table.only(keys)
        first = 0 if group == "role" else 1
        entry = model.ListEntry(name, table.required_whole("n", first, 31 if group == "role" else 65535),
                                table.doc(), table.where(), _LIST_VALUES[group](table))
        if numbers.setdefault(entry.n, name) != name and "n" in table.values:
            table.complain("n", f"{group} `{name}` has the n of `{numbers[entry.n]}`; give it one of its own")
        file.entries.append(entry)
    if group != "error":  # their numbers are indexes of tables
        for n, entry in enumerate(file.entries, start=first):
            if entry.n != n and list(numbers.values()).count(entry.name):
                problem = f"{group} `{entry.name}` has n = {entry.n} in place {n}"
                top.complain((group, entry.name, "n"), f"{problem}; number them in file order, without gaps")
                break
    return file


def _error_values(table):
    for key in ("retry", "exit"):
        if key not in table.values:
            table.complain((), f"{table.what} has no `{key}`; say it in errors.toml")
    return {"retry": table.get("retry", bool, False), "exit": table.whole("exit", 1, 125, 1)}


def _counter_values(table):
    values = {}
    for key, allowed in (("kind", ("total", "gauge")), ("unit", ("1", "bytes", "ms"))):
        values[key] = table.text(key)
        if values[key] not in allowed:
            choice = ", ".join(f'"{name}"' for name in allowed)
            table.complain(key, f"`{key}` of {table.what} is not one that exists; use one of {choice}")
            values[key] = allowed[0]
    return values


_LIST_VALUES = {
    "error": _error_values,
    "role": lambda table: {"above": [name for name, _ in table.names("above")], "where": table.where("above")},
    "counter": _counter_values,
}


def _schema_file(top, stem):
    top.only(_FILE_KEYS)
    file = model.SchemaFile(top.file_path, stem, top.doc(), top.index, top.text("service"))
    if file.service is not None and not _NAME.fullmatch(file.service):
        problem = f"`{file.service}` cannot be the name of a service"
        top.complain("service", f"{problem}; use lower-case words joined with `_`")
    file.uses = top.names("uses")
    follows = top.sub("follows", "`follows`") if "follows" in top.values else None
    for source in follows.values if follows else ():
        file.follows += [(source, event, where) for event, where in follows.names(source)]
    if follows and not file.service:
        top.complain("follows", "`follows` needs a service that follows; say it in `service`")
    for name, table in top.subs("enum", lambda name: f"enum `{name}`"):
        file.enums.append(_enum(table, name, stem))
    for kind in ("struct", "row"):
        for name, table in top.subs(kind, lambda name, kind=kind: f"{kind} `{name}`"):
            file.structs.append(_struct(table, kind, name, stem))
    for kind in model.MESSAGE_KINDS:
        for name, table in top.subs(kind, lambda name, kind=kind: f'{kind} "{name}"'):
            message = _message(table, kind, name, file)
            if message:
                file.messages.append(message)
    return file


def _enum(table, name, stem):
    _name(table, name, "an enum")
    table.only(_ENUM_KEYS)
    reserved, reserved_n = _reserved(table)
    enum = model.Enum(name, table.doc(), table.where(), stem, [], table.text("source"))
    numbers = {}
    for value, entry in table.subs("values", lambda value: f"value `{value}` of enum `{name}`"):
        _name(entry, value, "an enum value")
        entry.only(("n", "doc"))
        n = entry.required_whole("n", 1, 65535)
        if n in reserved_n:
            entry.complain("n", f"n = {n} of {entry.what} is reserved; stored rows may hold it, take another")
        elif n and numbers.setdefault(n, value) != value:
            entry.complain("n", f"{entry.what} has the n of `{numbers[n]}`; give it one of its own")
        if value in reserved:
            entry.complain((), f"`{value}` is reserved in {table.what}; take another name")
        enum.values.append(model.EnumValue(value, n, entry.doc(), entry.where()))
    if not enum.values and isinstance(table.values.get("values", {}), dict):
        table.complain((), f"{table.what} has no values; give it one as `values.NAME = {{ n = 1, doc = … }}`")
    return enum


def _reserved(table):
    return tuple(name for name, _ in table.names("reserved")), tuple(n for n, _ in table.names("reserved_n", int))


def _struct(table, kind, name, stem):
    _name(table, name, f"a {kind}")
    table.only(_STRUCT_KEYS)
    table.text("source")
    struct = model.Struct(kind, name, name, table.doc(), table.where(), stem, table.text("extends"), *_reserved(table))
    struct.fields = _fields(table, "fields", struct)
    return struct


def _message(table, kind, name, file):
    words = name.split(".")
    if len(words) < 2 or not all(_NAME.fullmatch(word) for word in words) or len(name) > _LONGEST_NAME:
        rule = f'two or more lower-case words joined with `.`, in quotes: [{kind}."person.create"]'
        table.complain((), f"`{name}` cannot be a message type; it is {rule}")
        return None
    asked = kind in ("command", "query")
    table.only(_MESSAGE_KEYS + (("audited",) if kind in _AUDITED else ()) + (("role", "errors", "reply") if asked else ()))
    doc, where = table.doc(), table.where()
    reserved, _ = _reserved(table)
    body = model.Struct("body", name, model.c_name(name), doc, where, file.stem, table.text("extends"), reserved)
    message = model.Message(kind, name, doc, where, file.stem, file.service or "", body, None,
                            table.whole("since", 1, 65535, 1), table.text("source"))
    body.fields = _fields(table, "fields", body, message.since)
    if file.service is None:
        table.complain((), f"{table.what} stands in a file without a service; say who answers it in `service`")
    if asked:
        names = (f"{name}.reply", f"{body.c_name}_reply")
        reply = model.Struct("reply", *names, f"The reply to {name}.", where, file.stem, None, reserved)
        reply.fields = _fields(table, "reply", reply, message.since)
        message.reply = reply
        message.role = table.text("role")
        if "role" not in table.values:
            table.complain((), f"{table.what} has no role; say in `role` who may send it")
        message.errors = table.names("errors")
    message.audited = _audited(table, kind) if kind in _AUDITED else None
    message.example = table.get("example", dict, None)
    return message


# What true means, and the other.
_AUDITED = {"query": ("saw", "exported"), "command": ("changed", "erased"), "event": ("changed", "erased")}


def _audited(table, kind):
    value, (usual, other) = table.values.get("audited"), _AUDITED[kind]
    if value is True:
        return usual
    if value in (None, other):
        return value
    table.complain("audited", f'`audited` of {table.what} is neither true nor "{other}"; or leave it out')
    return None


def _fields(table, group, struct, since=1):
    return [_field(entry, name, struct, since) for name, entry in table.subs(group, lambda name: f"field `{name}`")]


def _field(table, name, struct, since):
    _name(table, name, "a field")
    if name in struct.reserved:
        table.complain((), f"`{name}` is reserved in {struct.name}; take another name")
    table.only(_FIELD_KEYS)
    kind, target, is_list = _field_type(table, struct)
    field = model.Field(name, kind, target, is_list, table.doc(), table.where(), source=table.text("source"))
    for flag in ("required", "clearable", "personal", "sensitive"):
        setattr(field, flag, table.flag(flag))
    field.seen_by = table.names("seen_by")
    if field.seen_by and not field.sensitive:
        table.complain("seen_by", f"field `{name}` has `seen_by` and is not sensitive; everybody sees it, leave it out")
    for flag in ("clearable", "sensitive"):
        if field.required and getattr(field, flag):
            table.complain(flag, f"field `{name}` is both required and {flag}; take one away")
    field.example = table.values.get("example")
    field.since = table.whole("since", 1, 65535, since)
    if field.since < since:
        table.complain("since", f"field `{name}` is older than its message, which came with {since}; mend `since`")
    _row_number(table, field, struct)
    _limits(table, field)
    return field


def _field_type(table, struct):
    text = table.text("type")
    if text is None:
        if "type" not in table.values:
            table.complain((), f"{table.what} has no type; give it one")
        return "bool", None, False
    match = _TYPE.fullmatch(text)
    if not match or bool(match[1]) != bool(match[5]):
        hint = model.nearest(text, model.PLAIN_KINDS) or "README.md lists them"
        table.complain("type", f'"{text}" is not a type; {hint}')
        return "bool", None, False
    if match[3] == "row" and struct.kind != "row":
        table.complain("type", f"{table.what} holds a row, which only rows may; use a struct")
        return "bool", None, False
    return match[2] or match[3], match[4], bool(match[1])


def _row_number(table, field, struct):
    if struct.kind not in ("struct", "row"):
        if "n" in table.values:
            table.complain("n", f"{table.what} has a number, which only fields of structs and rows have; leave `n` out")
        return
    field.number = table.required_whole("n", 1, 255) if struct.kind == "row" else table.whole("n", 1, 255, 0)
    if field.number and field.number in struct.reserved_n:
        table.complain("n", f"n = {field.number} is reserved in {struct.kind} `{struct.name}`; take another number")


def _limits(table, field):
    longest = 2**32 - 1
    sized = field.kind in model.SIZED_KINDS
    has_min = field.kind == "int" or (sized and field.kind != "raw")
    for key, allowed in (("min", has_min), ("max", sized or field.kind == "int"), ("items", field.is_list)):
        if key in table.values and not allowed:
            table.complain(key, f"`{key}` means nothing for a field of type {field.type}; leave it out")
    if field.kind == "int":
        field.min = table.whole("min", model.INT_MIN, model.INT_MAX, model.INT_MIN)
        field.max = table.whole("max", model.INT_MIN, model.INT_MAX, model.INT_MAX)
    elif sized:
        field.min = table.whole("min", 0, longest, 0) if has_min else 0
        field.max = table.whole("max", 1, longest, longest)
        if "max" not in table.values:
            table.complain((), f"{table.what} has no limit; give the most bytes as `max`")
    if field.min > field.max:
        table.complain("min", f"`min` of {table.what} is above its `max`; mend one")
    if field.is_list:
        field.items = table.whole("items", 1, longest, longest)
        if "items" not in table.values:
            table.complain((), f"{table.what} is a list without a limit; give the most elements as `items`")
