#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of all four services at random moments under load, with resends by id.

Persons, activities, e-mails and SMS are written at once; at random moments one service, or several, die and start again. After
it: every acknowledged command has its one effect; every mail and SMS that left lies in the outbox once; every recipient is in a
true state and has its one activity; figures agree with what was written; `pk verify` finds no difference; and none of it took
a hand. KILL9_SEED=N runs a failure again, KILL9_ROUNDS sets the number of kills (20). Source: faults.md F01–F04, F29.
"""

import collections
import os
import random
import subprocess
import sys

from harness import System, wait_until
from harness.writer import Writer, work

SERVICES = ("person", "activity", "notification", "stats")
LIFE_S = (0.2, 0.8)  # how long they live between kills
HANDED_OVER = ("accepted", "failed", "unknown", "delivered", "bounced")
WAITING = ("queued", "claimed", "deferred")


class Load:
    """What is written, and to whom."""

    def __init__(self, system, chance):
        self.system, self.chance = system, chance
        self.canary = system.canary("Kanariefågel")
        self.persons = self.first_persons(50)
        self.writers = {
            "person": self.writer("person", self.a_person, 8),
            "activity": self.writer("activity", self.an_activity, 8),
            "notification": self.writer("notification", self.a_send, 8),
        }
        seen = [{"store": "person", "seq": system.client().service.info("person")["seq"]}]
        for writer in self.writers.values():
            writer.seen = seen  # the persons written to exist, though a follower may not know it yet

    def writer(self, service, make, window):
        return Writer(self.system, service, self.chance, make, window)

    def first_persons(self, count):
        client = self.system.client()
        return [
            client.person.create(given_name=self.canary, email=f"p{i}@example.test", mobile=f"0701234{i:03}")["person"]
            for i in range(count)
        ]

    def a_person(self):
        return "person.create", {"given_name": self.canary, "family_name": f"{self.chance.getrandbits(64):x}"}

    def an_activity(self):
        return "activity.create", {
            "person": self.chance.choice(self.persons),
            "type": self.chance.randint(1, 6),
            "subject": f"{self.canary} {self.chance.getrandbits(64):x}",
            "status": self.chance.choice(["not_started", "in_progress"]),
        }

    def a_send(self):
        body = {"person": self.chance.choice(self.persons), "text": f"{self.canary} {self.chance.getrandbits(64):x}"}
        if self.chance.random() < 0.5:
            return "sms.send", body
        return "email.send", {**body, "subject": self.canary}


def recipients_of(client):
    """All recipients, by id."""
    rows, after = {}, {}
    while True:
        page = client.recipient.list(limit=1000, **after)
        rows.update((row["recipient"], row) for row in page.get("recipients") or ())
        if not page["more"]:
            return rows
        after = {"after": max(rows)}


def activities_of(client):
    rows, after = [], {}
    while True:
        page = client.activity.scan(limit=5000, **after)
        rows += page.get("activities") or ()
        if not page["more"]:
            return rows
        after = {"after": rows[-1]["activity"]}


def wait_settled(system):
    """Until nothing waits to be sent, and everybody has followed everything."""
    client = system.client()
    wait_until(
        lambda: all(not client.recipient.list(limit=1, state=state).get("recipients") for state in WAITING),
        60,
        "every recipient's settling",
    )
    for follower, sources in (("activity", ("person", "notification")), ("stats", ("person", "activity"))):
        for source in sources:
            system.wait_followed(follower, source, client.service.info(source)["seq"], 60)


def check_outbox(system, recipients):
    """Whoever was accepted has one message; whoever is unknown one or none; nobody else any."""
    files = collections.Counter(int(path.stem) for path in system.folder.glob("data/notification/outbox/*/[0-9]*"))
    assert not list(system.folder.glob("data/notification/outbox/*/.*")), "a draft was left behind"
    for number, row in recipients.items():
        if row["state"] == "accepted":
            assert files[number] == 1, f"recipient {number} was accepted and has {files[number]} messages"
        elif row["state"] != "unknown":
            assert files[number] == 0, f"recipient {number} is {row['state']} and has a message"
    assert set(files) <= set(recipients), "a message left for nobody"
    assert not [path for path in files if files[path] > 1], "somebody was sent the same twice"


def check_history(load, recipients, activities):
    """One activity a recipient that was handed over, one a written activity, and no others."""
    of_sends = collections.Counter(row["recipient"] for row in activities if "recipient" in row)
    handed_over = {number for number, row in recipients.items() if row["state"] in HANDED_OVER}
    assert set(of_sends) == handed_over, "sends and their activities are not the same"
    assert set(of_sends.values()) <= {1}, "a send became two activities"
    written = {row["activity"]: row for row in activities if row["origin"] == "manual"}
    writer = load.writers["activity"]
    acknowledged = {body["activity"]: writer.asked[id]["subject"] for id, (body, _) in writer.acknowledged.items()}
    assert {number: row["subject"] for number, row in written.items()} == acknowledged, "the history is not what was written"


def check_figures(client, activities):
    total = client.stats.figures()["total"]
    assert total["activities"] == len(activities), f"{total} figures of {len(activities)} activities"
    by_type = collections.Counter(row["type"] for row in activities)
    cells = client.stats.figures(group_by=["type"])["cells"]
    assert {cell["type"]: cell["activities"] for cell in cells} == dict(by_type), "figures by type are not the history's"
    assert not client.stats.recount().get("differences"), "the recount differs"


def check(system, load):
    client = system.client()
    for name, writer in load.writers.items():
        assert not writer.unanswered, f"{len(writer.unanswered)} commands to {name} were never answered"
        assert not writer.refused, f"good commands were refused: {list(writer.refused.values())[:3]}"
    wait_settled(system)
    recipients, activities = recipients_of(client), activities_of(client)
    asked = {body["recipient"] for body, _ in load.writers["notification"].acknowledged.values()}
    assert set(recipients) == asked, "recipients are not those of the acknowledged sends"
    check_outbox(system, recipients)
    check_history(load, recipients, activities)
    check_figures(client, activities)
    pk = os.path.join(os.environ["PERSONKORT_BIN_DIR"], "pk")
    subprocess.run([pk, "--bus", system.bus_path, "verify"], check=True)
    states = collections.Counter(row["state"] for row in recipients.values())
    return f"{len(activities)} activities, recipients {dict(states)}"


def main():
    seed = int(os.environ.get("KILL9_SEED", random.SystemRandom().randrange(1 << 32)))
    rounds = int(os.environ.get("KILL9_ROUNDS", 20))
    print(f"KILL9_SEED={seed} KILL9_ROUNDS={rounds}", flush=True)
    chance = random.Random(seed)
    with System(*SERVICES) as system:
        load = Load(system, chance)
        writers = list(load.writers.values())
        for _ in range(rounds):
            work(writers, chance.uniform(*LIFE_S))
            dying = chance.sample(SERVICES, chance.choice([1, 1, 1, 2, 4]))
            for service in dying:
                system.kill(service)
            for service in dying:
                system.start(service)
                if service in load.writers:
                    load.writers[service].connect()
        work(writers, 60, more=False)
        found = check(system, load)
        for writer in writers:
            writer.close()
    print(f"{rounds} kills: {found}")


if __name__ == "__main__":
    sys.exit(main())
