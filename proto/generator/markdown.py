# SPDX-License-Identifier: Apache-2.0
"""Writes MESSAGES.md: every message for people to read."""

import json
import re

from generator import model
from generator.layout import layout

_OPENING = """# Messages

Every message of the system, by the service that answers it. Written by `proto/generate` from the files of `proto/`,
never by hand. Envelopes are under "The frame"; every message may also be refused with the errors about its form,
size and sender. Times are UTC milliseconds since 1970; days are `YYYY-MM-DD`."""

_TITLES = {"command": "Commands", "query": "Queries", "event": "Events", "figure": "Figures"}


def write(schema):
    """The whole text."""
    files = [file for file in schema.files if not file.is_rows]
    parts = [_OPENING, "## Contents\n\n" + _contents(schema, files)]
    parts += [part for service in _services(files) for part in _service(schema, files, service)]
    shared = [file for file in files if file.service is None and (file.structs or file.enums)]
    for file in shared:
        title = "The frame" if file.stem == "envelope" else f"Shared: {file.stem}"
        parts += [f"## {title}\n\n{file.doc}", *_types(file)]
    parts += [_errors(schema), _roles(schema), _counters(schema)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _services(files):
    """In the order of the files; what every service answers stands last."""
    services = list(dict.fromkeys(file.service for file in files if file.service))
    return sorted(services, key=lambda service: service == model.EVERY_SERVICE)


def _service_title(service):
    return "Every service" if service == model.EVERY_SERVICE else f"Service {service}"


def _anchor(heading):
    """As the usual Markdown viewers make it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _link(heading, text=None):
    return f"[{text or heading}](#{_anchor(heading)})"


def _contents(schema, files):
    lines = []
    for service in _services(files):
        title = _service_title(service)
        lines.append(f"- {_link(title)}")
        for kind, plural in _TITLES.items():
            messages = _messages(files, service, kind)
            if messages:
                lines.append(f"  - {plural}: " + ", ".join(_link(message.type) for message in messages))
    for file in files:
        if file.service is None and (file.structs or file.enums):
            lines.append(f"- {_link('The frame' if file.stem == 'envelope' else f'Shared: {file.stem}')}")
    for title, entries in (("Errors", schema.errors), ("Roles", schema.roles), ("Counters", schema.counters)):
        if entries:
            lines.append(f"- {_link(title)}")
    return "\n".join(lines)


def _messages(files, service, *kinds):
    return [m for file in files if file.service == service for m in file.messages if m.kind in kinds]


def _service(schema, files, service):
    yield f"## {_service_title(service)}"
    own = [file for file in files if file.service == service]
    for file in own:
        yield file.doc
        for source in dict.fromkeys(source for source, _, _ in file.follows):
            events = ", ".join(_link(event) for other, event, _ in file.follows if other == source)
            yield f"Follows {source}: {events}."
    for kind in _TITLES:
        for message in _messages(files, service, kind):
            yield from _message(schema, message)
    for file in own:
        yield from _types(file)


def _message(schema, message):
    yield f"### {message.type}"
    yield _facts(schema, message)
    yield message.doc
    yield _part("Body, in the journal" if message.kind == "event" else "Body", message, message.body)
    if message.reply:
        yield _part("Reply", message, message.reply)
    if message.errors:
        yield "Refused also with " + ", ".join(f"`{code}`" for code, _ in message.errors) + "."
    if message.example is not None:
        yield f"Example:\n\n```json\n{layout(message.example, _json)}\n```"


def _part(title, message, struct):
    return f"{title}:\n\n{_fields(struct, message.since)}" if struct.fields else f"{title}: empty."


def _json(value):
    return json.dumps(value, ensure_ascii=False, default=str)


def _facts(schema, message):
    who = "every service" if message.service == model.EVERY_SERVICE else f"`{message.service}`"
    facts = [f"**{message.kind.capitalize()}**"]
    if message.reply:
        facts += [f"answered by {who}", "sent by " + ", ".join(schema.may_send(message))]
    else:
        facts.append(f"published by {who}")
    if message.audited:
        facts.append(f"leaves an access record: {message.audited}")
    if message.since > 1:
        facts.append(f"since protocol {message.since}")
    if message.source:
        facts.append(f"source: {message.source}")
    return " · ".join(facts)


def _types(file):
    for struct in file.structs:
        if struct.kind == "struct":
            yield f"### struct {struct.name}"
            yield struct.doc
            yield _fields(struct) if struct.fields else "No fields."
    for enum in file.enums:
        yield f"### enum {enum.name}"
        yield enum.doc + (f" Source: {enum.source}." if enum.source else "")
        yield _table(("Value", "Meaning"), [(f"`{value.name}`", value.doc) for value in enum.values])


def _fields(struct, since=1):
    """A table of fields; `since` is when the whole came."""
    rows = []
    for field in struct.fields:
        meaning = field.doc + (f" Source: {field.source}." if field.source else "")
        required = "yes" if field.required else ""
        rows.append((f"`{field.name}`", _type(field), required, _limits(field), _notes(field, since), meaning))
    return _table(("Field", "Type", "Required", "Limits", "Notes", "Meaning"), rows)


def _type(field):
    if field.target is None:
        return f"list of {field.kind}" if field.is_list else field.kind
    link = _link(f"{field.kind} {field.target}")
    return f"list of {link}" if field.is_list else link


def _limits(field):
    parts = [f"at most {field.items}"] if field.is_list else []
    if field.kind == "int":
        low = None if field.min <= -model.INT_MAX else field.min
        high = None if field.max == model.INT_MAX else field.max
        if low is not None and high is not None:
            parts.append(f"{low}…{high}")
        elif low is not None or high is not None:
            parts.append(f"≥ {low}" if high is None else f"≤ {high}")
    elif field.kind in model.SIZED_KINDS:
        parts.append(field.size_text)
    return ", each ".join(parts)


def _notes(field, since):
    notes = [flag for flag in ("personal", "sensitive", "clearable") if getattr(field, flag)]
    if field.sensitive:
        roles = [f"`{role}`" for role, _ in field.seen_by]
        notes[notes.index("sensitive")] = f"shown to {', '.join(roles)} and above" if roles else "shown on ipc alone"
    return ", ".join(notes + ([f"since {field.since}"] if field.since > since else []))


def _errors(schema):
    if not schema.errors:
        return ""
    rows = [
        (f"`{entry.name}`", "yes" if entry.values["retry"] else "", str(entry.values["exit"]), entry.doc)
        for entry in sorted(schema.errors.values(), key=lambda entry: entry.n)
    ]
    opening = "Retry: the same message, sent again, may succeed. Exit: the exit code of `pk`."
    return f"## Errors\n\n{opening}\n\n" + _table(("Code", "Retry", "Exit", "Meaning"), rows)


def _roles(schema):
    if not schema.roles:
        return ""
    rows = []
    for name, entry in schema.roles.items():
        below = [other for other in schema.roles if other in schema.acts_as(name) and other != name]
        rows.append((f"`{name}`", ", ".join(below), entry.doc))
    return "## Roles\n\n" + _table(("Role", "May also send what these may", "Meaning"), rows)


def _counters(schema):
    if not schema.counters:
        return ""
    rows = [
        (f"`{name}`", entry.values["kind"], entry.values["unit"], entry.doc) for name, entry in schema.counters.items()
    ]
    opening = "Values since the program started. A total only grows, a gauge moves both ways."
    return f"## Counters\n\n{opening}\n\n" + _table(("Counter", "Kind", "Unit", "Meaning"), rows)


def _table(titles, rows):
    """A table without the columns that say nothing in any row."""
    kept = [i for i in range(len(titles)) if any(row[i] for row in rows)]
    lines = [[titles[i] for i in kept], ["---"] * len(kept)]
    lines += [[row[i].replace("\n\n", "<br>").replace("|", "\\|") for i in kept] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
