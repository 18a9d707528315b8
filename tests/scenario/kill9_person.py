#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of one service at random moments under load, with resends by id: nothing acknowledged is lost or done twice.

A seed decides what is written and when the service dies; a failure prints it, and KILL9_SEED=N runs it again. KILL9_ROUNDS sets
the number of kills (20). Source: faults.md F01, F02, F04.
"""

import os
import random
import sys

from harness import System
from harness.writer import Writer, work

LIFE_S = (0.05, 0.5)  # how long the service lives between kills


def check_results(system, writer, count):
    """Asks what became of done commands: each must be answered as it was."""
    client = system.client(source="writer")
    for command_id in writer.chance.sample(sorted(writer.acknowledged), min(count, len(writer.acknowledged))):
        reply = client.query("command.result", {"command_id": command_id}, service="person")
        body, seq = writer.acknowledged[command_id]
        assert reply["body"] == body and reply["seq"] == seq, f"{command_id}: {reply} is not {body}, {seq}"


def check_register(system, writer):
    """Every acknowledged person is there once, with what was asked, and nobody else."""
    client = system.client()
    cards, after = {}, {}
    while True:
        page = client.person.list(limit=500, **after)
        for card in page.get("cards") or ():
            assert card["family_name"] not in cards, f"{card['family_name']} was made twice"
            cards[card["family_name"]] = card["person"]
        if not page["more"]:
            break
        after = {"after": page["cards"][-1]["person"]}
    for command_id, (body, _) in writer.acknowledged.items():
        name = writer.asked[command_id]["family_name"]
        assert cards.get(name) == body["person"], f"{command_id} was acknowledged and is not there"
    assert len(cards) == len(writer.acknowledged), "somebody is there whom nobody asked for"
    last = client.service.info("person")["seq"]
    for record in client.follow("person"):  # checks that the journal is dense and its chain holds
        if record.seq == last:
            return len(cards), last


def main():
    seed = int(os.environ.get("KILL9_SEED", random.SystemRandom().randrange(1 << 32)))
    rounds = int(os.environ.get("KILL9_ROUNDS", 20))
    print(f"KILL9_SEED={seed} KILL9_ROUNDS={rounds}", flush=True)
    chance = random.Random(seed)
    with System("person") as system:
        canary = system.canary("Kanariefågel")
        writer = Writer(
            system,
            "person",
            chance,
            lambda: ("person.create", {"given_name": canary, "family_name": f"{chance.getrandbits(64):x}"}),
        )
        for _ in range(rounds):
            work([writer], chance.uniform(*LIFE_S))
            system.kill("person")
            system.start("person")
            writer.connect()
        work([writer], 60, more=False)
        assert not writer.unanswered, f"{len(writer.unanswered)} commands were never answered"
        assert not writer.refused, f"good commands were refused: {list(writer.refused.values())[:3]}"
        check_results(system, writer, 50)
        persons, records = check_register(system, writer)
        writer.close()
    print(f"{rounds} kills, {persons} persons acknowledged and there once, {records} journal records in a chain that holds")


if __name__ == "__main__":
    sys.exit(main())
