# SPDX-License-Identifier: Apache-2.0
"""Messages of the AsyncAPI document: each is a whole envelope, with an example made of the schema's own."""

from generator import model, sample_value
from generator.json_schema import Schemas, reference

# The structs of envelope.toml that frames are made of.
FRAME = ("command_envelope", "query_envelope", "reply_envelope", "reply_error", "doorbell", "batch", "batch_reply")

_ID = "6f1c2a9e4b7d4c0f8a3e5d7b9c1f2e04"
_SEQ = 42
_KINDS = ("command", "query", "event", "figure")


class Messages:
    def __init__(self, schema):
        self.schema = schema
        self.all = [message for message in schema.messages if not schema.by_stem[message.stem].is_rows]
        self.all.append(self._batch())
        self.by_type = {message.type: message for message in self.all}
        since = {}
        requests = [self._frame("command_envelope"), self._frame("query_envelope")]
        answers = [self._frame("reply_envelope"), self._frame("doorbell")]
        for message in self.all:
            (requests if message.reply else answers).append(message.body)
            if message.reply:
                answers.append(message.reply)
            since.update({struct.name: message.since for struct in (message.body, message.reply) if struct})
        self.schemas = Schemas(schema, requests, answers, since)

    def _frame(self, name):
        return self.schema.structs[("struct", name)]

    def _batch(self):
        """The command that holds commands. Who may send it is each command's own affair."""
        body = self._frame("batch")
        return model.Message("command", "batch", body.doc, body.where, body.stem, model.EVERY_SERVICE, body,
                             self._frame("batch_reply"), example={"commands": [self._batched()]})  # fmt: skip

    def _batched(self):
        """The first command that there is, as an example of a batch's commands."""
        first = next((message for message in self.all if message.kind == "command"), None)
        return self._asked(first, "command") if first else {}

    def types(self, service, kind):
        return [m.type for m in self.all if m.service == service and m.kind == kind]

    def at(self, service, kind):
        """Names of all messages of a channel."""
        names = []
        for name in self.types(service, kind):
            names += [name, f"{name}.reply"] if self.by_type[name].reply else [name]
        return names + ["refused"] if names and kind in ("command", "query") else names

    def write(self):
        """All messages by name."""
        out = {}
        for kind in _KINDS:
            for message in self.all:
                if message.kind == kind:
                    out[message.type] = _WRITERS[kind](self, message)
                    if message.reply:
                        out[f"{message.type}.reply"] = self._reply(message)
        out["refused"] = self._refused()
        return out

    def _closed(self, struct):
        return reference(self.schemas.name(struct, True))

    def _request(self, message):
        kind = message.kind
        envelope = reference(self.schemas.name(self._frame(f"{kind}_envelope"), True))
        return {
            "name": message.type,
            "title": f"The {kind} {message.type}",
            **_CORRELATED,
            "payload": {
                "allOf": [
                    envelope,
                    {"properties": {"type": {"const": message.type}, "body": self._closed(message.body)}},
                ]
            },
            "examples": [{"payload": self._asked(message, kind)}],
        }

    def _asked(self, message, kind):
        """An envelope as a client would send it."""
        out = {"v": 1, "id": _ID, "type": message.type}
        if kind == "command":
            out["expires_ms"] = sample_value.MOMENT_MS + 30_000
        return {**out, "body": sample_value.of_message(self.schema, message), "source": "webshop"}

    def _reply(self, message):
        return {
            "name": f"{message.type}.reply",
            "title": f"The reply to {message.type}",
            **_CORRELATED,
            "payload": {
                "allOf": [
                    reference("reply_envelope"),
                    {
                        "required": ["body", "seq"],
                        "properties": {"status": {"const": "ok"}, "body": reference(message.reply.name)},
                    },
                ]
            },
            "examples": [{"payload": self._answered(self._reply_body(message))}],
        }

    def _answered(self, body):
        return {"v": 1, "id": _ID, "status": "ok", "body": body, "seq": _SEQ}

    def _reply_body(self, message):
        if message.type != "batch":
            return sample_value.of_struct(self.schema, message.reply)
        first = next((m for m in self.all if m.kind == "command"), message)
        return {"replies": [self._answered(sample_value.of_struct(self.schema, first.reply))]}

    def _refused(self):
        """One message for every refusal; the code says which, and `retry` goes with the code."""
        errors = self.schema.errors.values()
        kinds = [
            {
                "title": error.name,
                "description": error.doc,
                "properties": {"code": {"const": error.name}, "retry": {"const": error.values["retry"]}},
            }
            for error in errors
        ]
        return {
            "name": "refused",
            "title": "Why a command or query was not carried out",
            **_CORRELATED,
            "payload": {
                "allOf": [
                    reference("reply_envelope"),
                    {"required": ["error"], "properties": {"status": {"const": "error"}, "error": {"oneOf": kinds}}},
                ]
            },
            "examples": [{"name": error.name, "payload": _refusal(error)} for error in errors],
        }

    def _doorbell(self, message):
        struct, body = self._frame("doorbell"), reference(message.body.name)
        source = self._publisher(message)
        values = {"source": source, "subject": f"{message.type.split('.')[0]}/17"}
        example = {key: values.get(key, value) for key, value in sample_value.of_struct(self.schema, struct).items()}
        return {
            "name": message.type,
            "title": f"The doorbell of {message.type}",
            "payload": reference(struct.name),
            "x-journal-body": body,
            "x-journal-example": sample_value.of_message(self.schema, message),
            "examples": [{"payload": example}],
        }

    def _publisher(self, message):
        if message.service != model.EVERY_SERVICE:
            return message.service
        return next((file.service for file in self.schema.files if file.service), message.service)

    def _figure(self, message):
        return {
            "name": message.type,
            "title": f"Figures of {message.type}",
            "payload": reference(message.body.name),
            "examples": [{"payload": sample_value.of_message(self.schema, message)}],
        }


def _refusal(error):
    return {
        "v": 1,
        "id": _ID,
        "status": "error",
        "error": {"code": error.name, "message": error.doc, "retry": error.values["retry"]},
    }


_CORRELATED = {"correlationId": {"$ref": "#/components/correlationIds/id"}}

_WRITERS = {
    "command": Messages._request,
    "query": Messages._request,
    "event": Messages._doorbell,
    "figure": Messages._figure,
}
