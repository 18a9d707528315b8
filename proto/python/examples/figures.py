#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the total and each type's figures current and prints each that changes as a line of JSON, as personkort-web does.

PYTHONPATH=proto/python /usr/bin/python3 proto/python/examples/figures.py; the bus file is $PERSONKORT_BUS, or /etc/personkort/bus.zpl.
"""

import json
import os
import time

from personkort import Client, Refused, Unreachable

REFRESH_S, RETRY_S = float(os.environ.get("REFRESH_S", 10)), 1  # who was cut off for a while may have missed the last message, and no number shows it


def snapshot(client, known):
    """(topic, seq, figures) of all there is, and of what was known and is nothing any more."""
    client.seen.clear()  # stats may have been restored to before what was seen of it
    reply = client.query("stats.figures", {"group_by": ["type"]}, timeout_s=5)
    cells = {f"figures.type/{cell['type']}": cell for cell in reply.get("cells") or []}
    cells = dict.fromkeys(known, {"activities": 0, "contacts": 0}) | cells | {"figures.total": reply["total"]}
    return [(topic, reply["activity_seq"], cell) for topic, cell in cells.items()]


def changes(client):
    """Yields (topic, seq, figures) whenever they are others, for ever."""
    figures, known, numbers, ask_at = client.subscribe("stats", ["figures.total", "figures.type/"]), {}, {}, 0
    while True:
        if news := figures.receive(timeout_s=max(0, ask_at - time.monotonic())):
            topic, message = news
            if message["number"] != numbers.get(topic, message["number"] - 1) + 1:
                ask_at = 0  # something was missed: all is asked for, once nothing else waits
            numbers[topic] = message["number"]
            found = [(topic, message["seq"], message["cell"])] if message["seq"] >= known.get(topic, (0,))[0] else []
        else:
            try:
                found, ask_at = snapshot(client, known), time.monotonic() + REFRESH_S
            except (Refused, Unreachable):
                found, ask_at = [], time.monotonic() + RETRY_S
        for topic, seq, cell in found:
            _, before = known.get(topic, (0, None))
            known[topic] = (seq, cell)
            if cell != before:
                yield topic, seq, cell


if __name__ == "__main__":
    with Client(source="figures") as client:
        for topic, seq, cell in changes(client):
            print(json.dumps({"topic": topic, "seq": seq, **cell}), flush=True)
