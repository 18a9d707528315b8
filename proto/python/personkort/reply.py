# SPDX-License-Identifier: Apache-2.0
"""What comes of a command or query, and how bodies are put together."""

from __future__ import annotations


class Absent:
    """The kind of ABSENT: an argument that was not given, where None already means "take the value away"."""

    def __repr__(self):
        return "ABSENT"


ABSENT = Absent()


class Reply(dict):
    """The body of an ok reply. `seq` is the journal position that holds the effect, or that the answer reflects."""

    def __init__(self, body, seq):
        super().__init__(body)
        self.seq = seq


class Refused(Exception):
    """The service refused; nothing was changed. Programs decide by `code`; `message` is for people."""

    def __init__(self, code, message, field=None, retry=False):
        super().__init__(f"{code}: {message}" + (f" (field {field})" if field else ""))
        self.code = code
        self.message = message
        self.field = field
        self.retry = retry

    @classmethod
    def of(cls, error):
        """From the `error` of a reply."""
        return cls(error.get("code", ""), error.get("message", ""), error.get("field"), bool(error.get("retry")))


class Unreachable(Exception):
    """No final answer came in time. A command `id` may have taken effect; after it has expired it no longer will."""

    def __init__(self, service, type, id):
        super().__init__(f"{service} did not answer {type} {id} in time")
        self.service = service
        self.type = type
        self.id = id


def body_of(required={}, optional={}, clearable={}):
    """A message body: None of an optional field leaves it out, None of a clearable one is sent."""
    body = dict(required)
    body.update((name, value) for name, value in optional.items() if value is not None)
    body.update((name, value) for name, value in clearable.items() if value is not ABSENT)
    return body
