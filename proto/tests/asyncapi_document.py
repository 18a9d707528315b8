# SPDX-License-Identifier: Apache-2.0
"""proto/asyncapi.yaml as a client would use it: schemas judged by python3-jsonschema, values between JSON and msgpack."""

import pathlib

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCUMENT = yaml.safe_load((ROOT / "proto/asyncapi.yaml").read_text("utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
MESSAGES = DOCUMENT["components"]["messages"]
RESOLVER = jsonschema.RefResolver("", DOCUMENT)
FORMATS = jsonschema.FormatChecker(["date"])
INT64 = 2**63


@FORMATS.checks("int64")
def is_int64(value):
    return not isinstance(value, (int, float)) or -INT64 <= value < INT64


def takes(schema, value):
    """Whether JSON Schema does."""
    return jsonschema.Draft7Validator(schema, resolver=RESOLVER, format_checker=FORMATS).is_valid(value)


def parts(schema):
    """The plain schemas that a schema consists of; that the value may also be nil is not one."""
    if "$ref" in schema:
        yield from parts(RESOLVER.resolve(schema["$ref"])[1])
        return
    for part in schema.get("allOf", []) + schema.get("anyOf", []):
        if part != {"type": "null"}:
            yield from parts(part)
    yield schema


def merged(schema):
    """One plain schema of all its parts; of several schemas for one property all count."""
    out = {"properties": {}}
    for part in parts(schema):
        out.update({key: value for key, value in part.items() if key != "properties"})
        for name, value in part.get("properties", {}).items():
            before = out["properties"].get(name)
            out["properties"][name] = {"allOf": [before, value]} if before else value
    return out


def to_wire(schema, value):
    """The value with real bytes where JSON has hexadecimal digits."""
    plain = merged(schema)
    if isinstance(value, dict):
        return {key: to_wire(plain["properties"].get(key, {}), element) for key, element in value.items()}
    if isinstance(value, list):
        return [to_wire(plain.get("items", {}), element) for element in value]
    if plain.get("x-type") == "bin" and isinstance(value, str):
        return bytes.fromhex(value)
    return value


def from_wire(value):
    """As JSON has it; an empty list is the same as none."""
    if isinstance(value, dict):
        return {key: from_wire(element) for key, element in value.items() if element != []}
    if isinstance(value, list):
        return [from_wire(element) for element in value]
    return value.hex() if isinstance(value, bytes) else value
