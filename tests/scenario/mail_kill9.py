#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the notification service at random moments while mails and SMS are sent to files, with resends by id: every accepted
recipient has exactly one file, nothing is handed over twice, and what was being handed over when it died is unknown, only that.

A seed decides what is sent and when the service dies; a failure prints it, and KILL9_SEED=N runs it again. KILL9_ROUNDS sets
the number of kills (12). Source: faults.md F04, F29; design.md 10.
"""

import collections
import os
import random
import time

from harness import System, wait_until
from harness.writer import Writer, work
from mail import WAITING

LIFE_S = (0.05, 0.6)  # how long the service lives between kills
ALLOWED = {
    ("queued", "claimed"),
    ("claimed", "accepted"),
    ("claimed", "unknown"),
    ("queued", "cancelled"),
}


def all_recipients(client):
    rows, after = [], {}
    while True:
        page = client.recipient.list(limit=1000, **after)
        rows += page.get("recipients") or ()
        if not page["more"]:
            return rows
        after = {"after": rows[-1]["recipient"]}


def files_of(system):
    """Recipient → number of files, and the time each was written."""
    paths = list(system.folder.glob("data/notification/outbox/*/*.*"))
    counts = collections.Counter(int(path.stem) for path in paths if not path.name.startswith("."))
    return counts, {int(path.stem): path.stat().st_mtime_ns for path in paths if not path.name.startswith(".")}


def check_events(system, rows):
    """The journal tells of each recipient one way to where it is now, and of one hand-over."""
    passed = collections.defaultdict(list)
    for record in system.journal("notification"):
        if record.type == "recipient.changed":
            passed[record.body["recipient"]["recipient"]].append(record.body["recipient"]["state"])
    for row in rows:
        states = passed[row["recipient"]]
        assert states[0] == "queued" and states[-1] == row["state"], f"{row} was {states}"
        assert all(move in ALLOWED for move in zip(states, states[1:])), f"{row} was {states}"
        assert states.count("claimed") <= 1, f"{row} was handed over twice: {states}"


def check(system, writer, deaths):
    client = system.client()
    wait_until(lambda: not any(row["state"] in WAITING for row in all_recipients(client)), 60, "the end of all sends")
    rows = all_recipients(client)
    by_state = collections.Counter(row["state"] for row in rows)
    counts, _ = files_of(system)
    acknowledged = {body["recipient"] for body, _ in writer.acknowledged.values()}
    assert acknowledged == {row["recipient"] for row in rows}, "what was acknowledged is not what is there"
    assert len(acknowledged) == len(writer.acknowledged), "two commands made one recipient"
    for row in rows:
        files = counts.pop(row["recipient"], 0)
        assert row["state"] in ("accepted", "unknown"), f"{row} cannot be"
        assert files == 1 if row["state"] == "accepted" else files <= 1, f"{row} has {files} files"
    assert not counts, f"files of nobody: {counts}"
    check_events(system, rows)
    assert by_state["unknown"] <= deaths * 128, f"{by_state['unknown']} unknown after {deaths} deaths"
    return by_state


def main():
    seed = int(os.environ.get("KILL9_SEED", random.SystemRandom().randrange(1 << 32)))
    rounds = int(os.environ.get("KILL9_ROUNDS", 12))
    print(f"KILL9_SEED={seed} KILL9_ROUNDS={rounds}", flush=True)
    chance = random.Random(seed)
    with System("person", "notification") as system:
        client = system.client()
        person = client.person.create(given_name="Bo", email="bo@kund.example.test", mobile="0701234567")["person"]

        def a_send():
            if chance.random() < 0.5:
                return "sms.send", {"person": person, "text": f"Nr {chance.randrange(1000)}"}
            return "email.send", {"person": person, "subject": f"Nr {chance.randrange(1000)}", "text": "x" * 500}

        writer = Writer(system, "notification", chance, a_send, window=16)
        writer.seen = [{"store": "person", "seq": client.seen["person"]}]
        for _ in range(rounds):
            work([writer], chance.uniform(*LIFE_S))
            system.kill("notification")
            system.start("notification")
            writer.connect()
        work([writer], 0.5)
        work([writer], 60, more=False)
        assert not writer.unanswered and not writer.refused, f"{len(writer.unanswered)}, {writer.refused}"
        by_state = check(system, writer, rounds)
        _, times = files_of(system)
        time.sleep(0.5)
        assert files_of(system)[1] == times, "a file was written again"
        writer.close()
        print(f"{len(writer.acknowledged)} sends, {rounds} kills: {dict(by_state)}")


if __name__ == "__main__":
    main()
