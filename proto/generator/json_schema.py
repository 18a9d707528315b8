# SPDX-License-Identifier: Apache-2.0
"""Writes structs and enums as JSON Schema (draft-07, as AsyncAPI has it).

What clients send is closed: an unknown key is refused. What services send is open, since a newer service may know more.
A struct that goes both ways has two schemas, the closed one with `.request` behind its name.
"""

from generator import model

# What a line and a text may not hold: said as a `not`, because `$` means the end of a text, of a line, or before a last line
# break, depending on whose regular expressions they are. Then the days from 1800-01-01, and whole bytes.
_NOT_IN_LINE = r"[\u0000-\u001F\u007F]"
_NOT_IN_TEXT = r"\u0000"
_DATE = r"^(1[89]|[2-9][0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_HEX = r"^([0-9A-Fa-f]{2})*$"


def reference(name):
    return {"$ref": f"#/components/schemas/{name}"}


class Schemas:
    """Names and schemas of all structs that messages use. `requests` and `answers` are the structs to begin from; `since`
    tells of those that came later than protocol 1 when they came."""

    def __init__(self, schema, requests, answers, since):
        self.schema = schema
        self.since = since
        self.requests = self._reached(requests)
        self.answers = self._reached(answers)

    def _reached(self, structs):
        """These and all that they hold, by name, in the order of coming upon them."""
        found, waiting = {}, list(structs)
        while waiting:
            struct = waiting.pop(0)
            if struct.name not in found:
                found[struct.name] = struct
                waiting += [self.schema.target(field) for field in struct.fields if field.kind == "struct"]
        return found

    def name(self, struct, is_request):
        return f"{struct.name}.request" if is_request and struct.name in self.answers else struct.name

    def write(self):
        """All schemas by name: enums first, then structs, bodies and replies."""
        structs = [(struct, True) for struct in self.requests.values()]
        structs += [(struct, False) for struct in self.answers.values()]
        used = {field.target for struct, _ in structs for field in struct.fields if field.kind == "enum"}
        enums = {name: _enum(enum) for name, enum in self.schema.enums.items() if name in used}
        structs.sort(key=lambda item: "." in item[0].name)
        return enums | {self.name(struct, closed): self._struct(struct, closed) for struct, closed in structs}

    def _struct(self, struct, is_request):
        out = {"description": struct.doc, "type": "object"}
        required = [field.name for field in struct.fields if field.required]
        if required:
            out["required"] = required
        if struct.fields:
            out["properties"] = {field.name: self._field(struct, field, is_request) for field in struct.fields}
        if is_request:
            out["additionalProperties"] = False
        return out

    def _field(self, struct, field, is_request):
        """The description first, then what the value may be, then what JSON Schema has no word for."""
        one = self._value(field, is_request)
        if field.is_list:
            one = {"type": "array", "maxItems": field.items, "items": one}
        if field.clearable:
            one = {**one, "type": [one["type"], "null"]} if "type" in one else {"anyOf": [one, {"type": "null"}]}
        elif "$ref" in one:  # beside which a description would be skipped
            one = {"allOf": [one]}
        notes = {f"x-{flag}": True for flag in ("personal", "sensitive", "clearable") if getattr(field, flag)}
        if field.sensitive:
            notes["x-seen-by"] = self.schema.may_see(field)
        if field.since > self.since.get(struct.name, 1):
            notes["x-since"] = field.since
        if field.source:
            notes["x-source"] = field.source
        return {"description": field.doc, **one, **notes}

    def _value(self, field, is_request):
        if field.kind == "enum":
            return reference(field.target)
        if field.kind == "struct":
            return reference(self.name(self.schema.target(field), is_request))
        return _PLAIN[field.kind](field)


def _enum(enum):
    values = {value.name: value.doc for value in enum.values}
    source = {"x-source": enum.source} if enum.source else {}
    return {"description": enum.doc, "type": "string", "enum": list(values), "x-values": values, **source}


def _whole(field):
    limits = {"minimum": field.min} if field.min != model.INT_MIN else {}
    if field.max != model.INT_MAX:
        limits["maximum"] = field.max
    return {"type": "integer", "format": "int64", **limits}


def _text(field, excluded):
    """Limits are in bytes of UTF-8; JSON Schema counts characters, which are never more, and at least a fourth."""
    out = {"type": "string", "x-type": field.kind, "not": {"type": "string", "pattern": excluded}}
    if field.min:
        out["minLength"] = -(-field.min // 4)
    out["maxLength"] = field.max
    if field.min > 1:
        out["x-minBytes"] = field.min
    return {**out, "x-maxBytes": field.max}


def _bytes(field):
    limits = {"minLength": 2 * field.min} if field.min else {}
    return {"type": "string", "x-type": "bin", "pattern": _HEX, **limits, "maxLength": 2 * field.max}


_PLAIN = {
    "bool": lambda field: {"type": "boolean"},
    "int": _whole,
    "id": lambda field: {"type": "integer", "format": "int64", "x-type": "id", "minimum": 1},
    "time": lambda field: {"type": "integer", "format": "int64", "x-type": "time"},
    "date": lambda field: {"type": "string", "format": "date", "x-type": "date", "pattern": _DATE},
    "text": lambda field: _text(field, _NOT_IN_TEXT),
    "line": lambda field: _text(field, _NOT_IN_LINE),
    "bin": _bytes,
    "raw": lambda field: {"x-type": "raw", "x-maxBytes": field.max},
}
