# SPDX-License-Identifier: Apache-2.0
"""What the AsyncAPI document says of the bus itself, which no schema file holds. Source: design.md, 2 and 8."""

HEAD = "# Written by proto/generate from proto/*.toml, never by hand.\n"

INFO = """
The services of personkort on their bus: ZeroMQ without a broker, one msgpack map a message.

**Whose view.** Operations are the services': what they *receive* you send, what they *send* you receive. A command or
query goes from a DEALER to a ROUTER as the two frames `["", map]`, and so does its reply, with the same `id`. Events
and figures are published as `[topic, map]`: subscribe to a message's name, and take what begins with it.

**Commands** change state. The same (sender, `id`) again gets the same reply and has no second effect, so whoever hears
nothing sends the same message again until `expires_ms`. `ok` means synced to disk. Many can go as one `batch`.

**Queries** never change state. `seen` asks for an answer that is not older than what a reply's `seq` told.

**Events** are doorbells: they say that a journal grew, not what it says. `x-journal-body` is what the journal holds
of it, read with `journal.read`; `x-journal-example` is one. Doorbells can be lost, the journal cannot.

**Refusals** are one message, `refused`. Its code is for programs; `x-errors` lists all codes, whether the same message
sent again may succeed (`retry`), and the exit code of `pk`. An operation's `x-errors` are those beyond the ones that
every message may get, about its form, size, time and sender.

**Who may.** `x-role` is the role an operation needs, `x-roles` are those that have it. `x-audited`: leaves an access
record of that kind. On ipc whoever may enter the directory is trusted.

**msgpack.** Payloads are described as JSON, with what JSON lacks in `x-type`: `bin` is msgpack's bin, here as
hexadecimal digits; `time` is UTC milliseconds since 1970; `date` is text; `id` is a number that a store assigned;
`line` and `text` are UTF-8 whose limits count bytes (`x-minBytes`, `x-maxBytes`; `maxLength` counts characters, which
are never more); `raw` is any one msgpack value. `nil` is refused, except where a type allows `null`: it takes the value
away (`x-clearable`). An empty list and an absent one are the same.

**Unknown keys** are refused in what you send, at any depth; in what you receive, skip them: a newer service may know
more. **Personal data** is marked `x-personal`; `x-sensitive` fields are left out for whoever comes over tcp
in a role that is not in `x-seen-by`.
""".strip()

SERVERS = {
    "ipc": {
        "title": "This machine",
        "host": "localhost",
        "pathname": "{directory}",
        "protocol": "ipc",
        "description": (
            "The default. A door's endpoint is `ipc://`, the directory, `/` and the channel's address, as "
            "`ipc:///run/personkort/person.command`. Only its owner may enter the directory."
        ),
        "variables": {
            "directory": {"default": "/run/personkort", "description": "As the installation's bus.zpl has it."}
        },
    },
    "tcp": {
        "title": "Other machines",
        "host": "{host}:{port}",
        "protocol": "tcp",
        "description": (
            "Where bus.zpl gives a door a tcp address. Each door has a port of its own, and `service.info` lists them "
            "all. Only with CURVE keys."
        ),
        "security": [{"$ref": "#/components/securitySchemes/curve"}],
        "variables": {
            "host": {"default": "localhost", "description": "The machine of the service."},
            "port": {"default": "5555", "description": "The door's port."},
        },
    },
}

CURVE = {
    "type": "asymmetricEncryption",
    "description": "CURVE (ZMTP 3.1): the service allows public keys by list, and each has a name and a role.",
}

TITLES = {"command": "Commands", "query": "Queries", "event": "Events", "figure": "Figures"}

CHANNELS = {
    "command": "Commands and their replies.",
    "query": "Queries and their replies.",
    "event": "Doorbells, by the type of what happened.",
    "figure": "Current figures: the first change at once, then at most one message a topic every 100 ms.",
}

_ASKED = {"socket": "ROUTER", "peer": "DEALER", "frames": ["empty", "payload"]}
_PUBLISHED = {"socket": "XPUB", "peer": "SUB"}

BINDINGS = {
    "command": _ASKED,
    "query": _ASKED,
    "event": {**_PUBLISHED, "frames": ["topic: the message's name", "payload"]},
    "figure": {**_PUBLISHED, "frames": ["topic: the message's name, or that, / and an id", "payload"]},
}

TRAITS = {
    "command": {
        "x-idempotency": {
            "key": "(sender, id)",
            "remembered": "until expires_ms and a minute longer",
            "same-body-again": "the same reply, no second effect",
            "other-body": "conflict",
            "after-expiry": "expired",
        }
    },
    "query": {"x-changes-state": False},
    "event": {"x-delivery": "at most once; what happened is read from the journal"},
    "figure": {"x-delivery": "at most once; a gap in `number` is healed by a query"},
}
