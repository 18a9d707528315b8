# SPDX-License-Identifier: Apache-2.0
"""Settings of the notification service, and where its recipients stand."""

from __future__ import annotations

from harness import wait_until

WAITING = ("queued", "claimed", "deferred")


def write_settings(system, **settings):
    """Writes the section `notification`; `smtp__url` stands for smtp.url. Returns the arguments that name the file."""
    path = system.folder / "personkort.zpl"
    lines = [f'    {key.replace("__", ".")} = "{value}"' for key, value in settings.items()]
    path.write_text("\n".join(["notification", *lines]) + "\n")
    return ("--config", path)


def recipient(client, send):
    """The one recipient of a send, as it is now."""
    return client.send.get(send=send)["recipients"][0]


def outcome(client, send, timeout_s=30):
    """The one recipient of a send, once it waits no longer."""

    def settled():
        now = recipient(client, send)
        return now if now["state"] not in WAITING else None

    return wait_until(settled, timeout_s, f"an outcome of send {send}")


def wait_reason(client, word, timeout_s=30):
    """Waits until a reason of the service's health holds the word."""

    def told():
        reasons = client.service.health("notification").get("reasons") or ()
        return any(word in reason for reason in reasons)

    wait_until(told, timeout_s, f"a reason that says {word}")


def states(system, recipient_id):
    """All that the journal tells of one recipient: the rows of its events, in order."""
    events = [r.body["recipient"] for r in system.journal("notification") if r.type == "recipient.changed"]
    return [row for row in events if row["recipient"] == recipient_id]
