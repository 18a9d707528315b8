#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""asyncapi.yaml against the codec: what the one takes the other takes, and what the one refuses the other refuses.

Usage: asyncapi_test.py CODEC_SAYS (the program of codec_says.c). The schemas are judged by python3-jsonschema, which knows
nothing of the generator. Every example is also packed, read by the codec, encoded by it anew, and unpacked.
"""

import pathlib
import re
import subprocess
import sys
import unittest

import msgpack
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "proto"))

from asyncapi_document import DOCUMENT, MESSAGES, SCHEMAS, from_wire, merged, takes, to_wire  # noqa: E402
from generator import yaml_text  # noqa: E402

INT64 = 2**63
LONGEST_LIST = 1100  # a longer one is tried past its end only


def struct_of(reference):
    """What C calls the struct of a schema."""
    return reference["$ref"].rpartition("/")[2].removesuffix(".request")


def is_closed(name):
    return SCHEMAS[name].get("additionalProperties") is False


def codec_says(cases):
    """The codec's answers to (struct, closed, wire value)."""
    data = []
    for struct, closed, value in cases:
        frame = msgpack.packb(value, use_bin_type=True)
        data += [f"{len(frame)} {'closed' if closed else 'open'} {struct}\n".encode(), frame]
    answered = subprocess.run([CODEC_SAYS], input=b"".join(data), capture_output=True, check=True, timeout=240)
    return answered.stdout.decode().splitlines()


def sample(schema):
    """The shortest valid value with every property that there can be."""
    plain = merged(schema)
    if plain.get("x-type") == "date":
        return "2026-01-01"
    if "enum" in plain:
        return plain["enum"][0]
    if plain.get("x-type") == "bin":
        return "00" * (plain.get("minLength", 0) // 2)
    kind = plain.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0]
    return {
        "object": lambda: {name: sample(part) for name, part in plain["properties"].items()},
        "array": lambda: [sample(plain["items"])],
        "string": lambda: "x" * plain.get("x-minBytes", plain.get("minLength", 0)),
        "integer": lambda: max(plain.get("minimum", 0), 0),
        "boolean": lambda: True,
    }[kind]()


def tried_values(schema):
    """(value, whether it is valid) around every limit of one property."""
    plain = merged(schema)
    if plain.get("x-type") == "raw":
        yield from ((value, True) for value in (None, 1, "x", [1], {"a": 1}))
        return
    kinds = plain["type"] if isinstance(plain["type"], list) else [plain["type"]]
    yield None, "anyOf" in schema or "null" in kinds
    for kind, value in (("boolean", True), ("integer", 7.5), ("string", "x"), ("array", [7.5]), ("object", {"x": 1})):
        if kind not in kinds or kind in ("integer", "array", "object"):
            takes_any = kind == "object" and not plain.get("required") and plain.get("additionalProperties", True)
            yield value, kind in kinds and (kind == "boolean" or takes_any)
    yield from _TRIED.get(kinds[0], lambda plain: ())(plain)


def tried_strings(plain):
    if "enum" in plain:
        yield from ((value, True) for value in plain["enum"])
        yield "no_such_value", False
        return
    if plain["x-type"] == "date":
        yield from ((day, True) for day in ("1800-01-01", "9999-12-31", "2024-02-29"))
        yield from ((day, False) for day in ("1799-12-31", "2026-02-29", "2026-13-01", "2026-1-1", "20260101", ""))
        return
    step = 2 if plain["x-type"] == "bin" else 1
    unit = "00" if step == 2 else "x"
    least, most = plain.get("x-minBytes", plain.get("minLength", 0) // step), plain["maxLength"] // step
    yield unit * most, True
    yield unit * (most + 1), False
    yield unit * least, True
    if least:
        yield unit * (0 if plain.get("x-minBytes") else least - 1), False
    if step == 1:
        for text, is_text in (("\n", True), ("\u0001", True), ("\u007f", True), ("\0", False), ("ÅÄ€", True)):
            padded = (text + "x" * max(0, least - len(text.encode())))[:most]
            if len(padded.encode()) <= most:
                yield padded, text == "ÅÄ€" or (is_text and plain["x-type"] == "text")


def tried_integers(plain):
    low, high = plain.get("minimum", -INT64), plain.get("maximum", INT64 - 1)
    yield from ((low, True), (high, True), (high + 1, False), (float(max(low, 1)) if high >= 1 else low, True))
    if low > -INT64:
        yield low - 1, False


def tried_lists(plain):
    element = sample(plain["items"])
    if plain["maxItems"] <= LONGEST_LIST:
        yield [element] * plain["maxItems"], True
    yield [element] * (plain["maxItems"] + 1), False
    yield [], True
    for value, is_valid in tried_values(plain["items"]):
        if not isinstance(value, (dict, list)) or not is_valid:
            yield [value], is_valid


_TRIED = {"string": tried_strings, "integer": tried_integers, "array": tried_lists}


def tried(name):
    """(what is tried, value, whether it is valid) of a struct."""
    schema = SCHEMAS[name]
    full, required = sample(schema), schema.get("required", [])
    yield "all fields", full, True
    yield "required fields", {key: full[key] for key in required}, True
    yield "an unknown key", {**full, "no_such_key": 1}, not is_closed(name)
    for key in required:
        yield f"{key} is missing", {other: value for other, value in full.items() if other != key}, False
    for key, part in schema.get("properties", {}).items():
        for value, is_valid in tried_values(part):
            yield f"{key} = {value!r:.60}", {**full, key: value}, is_valid


class Yaml(unittest.TestCase):
    """What the generator writes is read as it was meant."""

    def test_texts_that_are_easily_mistaken(self):
        texts = """y|No|on|null|~|007|0x1f|1e5|.inf|12:30|2026-01-01|<<|=|a: b|a #b|# a|- a|? a|*a|&a|!a|%a|@a|`a|{a}|[a]|a, b|a:|
            it's|say "a"|a\\b|a\tb|  a|a  |a\n b|a\nb|a\n\nb\n|\x01|\x7f|\u2028|\ufeff|---|...|Åsa|å: b|""".split("|")
        texts += ["long words " * 30, "many words " * 30 + "end", "x" * 300, "word: " * 30 + "end", "one\n" + "two " * 50]
        values = [*texts, 0, -1, 2**63 - 1, 1.5, True, False, None, {}, []]
        for value in values:
            whole = {"a": value, "b": [value, [value]], "c": [{"d": value}], "e": {"f": {"g": value}, "h": [[{"i": value}]]}}
            if isinstance(value, str):
                whole["keys"] = {value: {value: 1, "other": [1]}, "k": {value: value}}
            with self.subTest(value):
                self.assertEqual(yaml.safe_load(yaml_text.emit(whole)), whole)


class Examples(unittest.TestCase):
    """Of every message, as a whole and its body: JSON Schema, msgpack and the codec agree that it is valid."""

    def check(self, schema, struct, closed, value):
        self.assertTrue(takes(schema, value), f"JSON Schema refuses the example of {struct}: {value}")
        wire = to_wire(schema, value)
        unpacked = msgpack.unpackb(msgpack.packb(wire, use_bin_type=True))
        self.assertEqual(unpacked, wire)
        self.assertTrue(takes(schema, from_wire(unpacked)), struct)
        (answer,) = codec_says([(struct, closed, wire)])
        self.assertTrue(answer.startswith("ok "), f"{struct}: {answer}")
        self.assertEqual(from_wire(msgpack.unpackb(bytes.fromhex(answer[3:]))), from_wire(wire), struct)

    def test_every_message(self):
        for name, message in MESSAGES.items():
            closed = "query_envelope" in str(message["payload"]) or "command_envelope" in str(message["payload"])
            envelope, *narrowed = message["payload"].get("allOf", [message["payload"]])
            self.assertTrue(message["examples"], name)
            for example in message["examples"]:
                with self.subTest(name):
                    self.check(message["payload"], struct_of(envelope), closed, example["payload"])
                    body = narrowed[0]["properties"].get("body") if narrowed else None
                    if body:
                        self.check(body, struct_of(body), closed, example["payload"]["body"])
            if "x-journal-body" in message:
                body = message["x-journal-body"]
                self.check(body, struct_of(body), False, message["x-journal-example"])

    def test_an_example_is_of_one_message_only(self):
        asked = {name: message for name, message in MESSAGES.items() if "command" in message["title"].split()[1:2]}
        self.assertGreater(len(asked), 10)
        for name, message in asked.items():
            for other, another in asked.items():
                fits = takes(another["payload"], message["examples"][0]["payload"])
                self.assertEqual(fits, name == other, f"example of {name} as {other}")

    def test_every_error_has_an_example_and_its_own_retry(self):
        payload, examples = MESSAGES["refused"]["payload"], MESSAGES["refused"]["examples"]
        self.assertEqual({example["name"] for example in examples}, set(DOCUMENT["x-errors"]))
        for example in examples:
            error = example["payload"]["error"]
            turned = {**example["payload"], "error": {**error, "retry": not error["retry"]}}
            self.assertFalse(takes(payload, turned), error["code"])


class Agreement(unittest.TestCase):
    """Around every limit of every field the schema and the codec give the same answer, and the one that is meant."""

    def test_every_struct(self):
        names = [name for name, schema in SCHEMAS.items() if schema["type"] == "object"]
        cases = [(name, *case) for name in names for case in tried(name)]
        wires = [(re.sub(r"\.request$", "", n), is_closed(n), to_wire(SCHEMAS[n], value)) for n, _, value, _ in cases]
        wrong = []
        for (name, what, value, is_valid), answer in zip(cases, codec_says(wires), strict=True):
            schema_takes, codec_takes = takes(SCHEMAS[name], value), answer.startswith("ok")
            if schema_takes != is_valid or codec_takes != is_valid:
                expected = "valid" if is_valid else "refused"
                wrong.append(f"{name}: {what}: {expected}? schema: {schema_takes}, codec: {answer:.60}")
        refused = sum(not case[3] for case in cases)
        print(f"{len(names)} structs, {len(cases)} cases, {refused} of them to be refused")
        self.assertFalse(wrong, "\n" + "\n".join(wrong[:40]))
        self.assertGreater(refused, 1000)

    def test_limits_of_texts_are_bytes(self):
        cases = []
        for name, schema in SCHEMAS.items():
            for key, part in schema.get("properties", {}).items():
                plain = merged(part)
                if plain.get("x-type") in ("line", "text"):
                    most = plain["x-maxBytes"]
                    for length, is_valid in ((most // 2, True), (most // 2 + 1, False)):
                        cases.append((name, {**sample(schema), key: "å" * length}, is_valid))
        wires = [(re.sub(r"\.request$", "", name), True, to_wire(SCHEMAS[name], value)) for name, value, _ in cases]
        for (name, value, is_valid), answer in zip(cases, codec_says(wires), strict=True):
            self.assertEqual(answer.startswith("ok"), is_valid, f"{name}: {answer:.60}")
            self.assertTrue(takes(SCHEMAS[name], value) or not is_valid, name)


if __name__ == "__main__":
    CODEC_SAYS = sys.argv.pop(1)
    unittest.main()
