# SPDX-License-Identifier: Apache-2.0
"""Writes asyncapi.yaml (AsyncAPI 3.0): what the services receive and send, for programs and people of other systems.

Three parts: this one lays the doors, operations and lists out; asyncapi_messages.py writes messages and their examples,
json_schema.py their contents.
"""

from generator import asyncapi_messages, model, yaml_text
from generator.asyncapi_texts import BINDINGS, CHANNELS, CURVE, HEAD, INFO, SERVERS, TITLES, TRAITS

_DOOR = {"command": "command", "query": "query", "event": "events", "figure": "figures"}


def problem(schema):
    """What makes the document impossible, or None."""
    missing = [name for name in asyncapi_messages.FRAME if ("struct", name) not in schema.structs]
    return f"struct `{missing[0]}` is missing; give envelope.toml in the same call" if missing else None


def write(schema):
    """The whole text."""
    return HEAD + yaml_text.emit(document(schema))


def document(schema):
    messages = asyncapi_messages.Messages(schema)
    return {
        "asyncapi": "3.0.0",
        "id": "urn:personkort:bus",
        "info": _info(schema),
        "defaultContentType": "application/msgpack",
        "servers": SERVERS,
        "channels": _channels(schema, messages),
        "operations": _operations(schema, messages),
        "components": {
            "messages": messages.write(),
            "schemas": messages.schemas.write(),
            "operationTraits": TRAITS,
            "correlationIds": {"id": {"description": "The caller's own id.", "location": "$message.payload#/id"}},
            "securitySchemes": {"curve": CURVE},
        },
        "x-errors": {name: _error(error) for name, error in schema.errors.items()},
        "x-roles": {name: _role(schema, role) for name, role in schema.roles.items()},
    }


def _info(schema):
    newest = [field.since for m in schema.messages for field in m.body.fields + (m.reply.fields if m.reply else [])]
    version = max([1, *newest, *(message.since for message in schema.messages)])
    docs = {}
    for file in schema.files:
        if file.service and file.doc:
            docs.setdefault(_shown(file.service), []).append(file.doc)
    names = [_shown(service) for service in services(schema)]
    tags = [{"name": name, "description": "\n\n".join(docs[name])} for name in names if name in docs]
    return {
        "title": "personkort",
        "version": str(version),
        "description": INFO,
        "license": {"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        "tags": tags,
    }


def _shown(service):
    return "every_service" if service == model.EVERY_SERVICE else service


def _error(error):
    return {"description": error.doc, "retry": error.values["retry"], "exit": error.values["exit"]}


def _role(schema, role):
    below = [name for name in schema.roles if name in schema.acts_as(role.name) and name != role.name]
    return {"description": role.doc, "sends-also-what-these-may": below}


def services(schema):
    """In the order of the files; what every service answers stands last."""
    found = list(dict.fromkeys(file.service for file in schema.files if file.service))
    return sorted(found, key=lambda service: service == model.EVERY_SERVICE)


def channel_name(service, kind):
    return f"{_shown(service)}.{_DOOR[kind]}"


def _channels(schema, messages):
    channels = {}
    for service in services(schema):
        for kind, door in _DOOR.items():
            names = messages.at(service, kind)
            if names:
                channels[channel_name(service, kind)] = _channel(schema, service, kind, door, names)
    return channels


def _channel(schema, service, kind, door, names):
    everywhere = service == model.EVERY_SERVICE
    out = {
        "address": f"{'{service}' if everywhere else service}.{'events' if kind == 'figure' else door}",
        "title": f"{TITLES[kind]} of {'every service' if everywhere else service}",
        "description": CHANNELS[kind],
    }
    if everywhere:
        others = [name for name in services(schema) if name != service]
        out["parameters"] = {"service": {"description": "The service that is meant.", "enum": others}}
    out["messages"] = {name: {"$ref": f"#/components/messages/{name}"} for name in names}
    return {**out, "bindings": {"x-zmq": BINDINGS[kind]}}


def _operations(schema, messages):
    operations = {}
    for service in services(schema):
        for kind in _DOOR:
            for name in messages.types(service, kind):
                operations[name] = _operation(schema, service, kind, name, messages.by_type[name])
    return operations


def _operation(schema, service, kind, name, message):
    channel = {"$ref": f"#/channels/{channel_name(service, kind)}"}
    asked = kind in ("command", "query")

    def of(suffix):
        return {"$ref": f"{channel['$ref']}/messages/{suffix}"}

    out = {
        "action": "receive" if asked else "send",
        "channel": channel,
        "title": name,
        "description": message.doc,
        "tags": [{"name": _shown(service)}, {"name": kind}],
        "traits": [{"$ref": f"#/components/operationTraits/{kind}"}],
        "messages": [of(name)],
    }
    if asked:
        out["reply"] = {"channel": channel, "messages": [of(f"{name}.reply"), of("refused")]}
    return {**out, **_notes(schema, message)}


def _notes(schema, message):
    """What AsyncAPI has no word for."""
    notes = {}
    if message.role:
        notes = {"x-role": message.role, "x-roles": schema.may_send(message)}
    if message.audited:
        notes["x-audited"] = message.audited
    if message.errors:
        notes["x-errors"] = [code for code, _ in message.errors]
    if message.since > 1:
        notes["x-since"] = message.since
    if message.source:
        notes["x-source"] = message.source
    return notes
