#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A backup is made under full load and nothing stalls; what it and the archive hold is what was acknowledged, exactly.

Activities, persons and mails are written without a pause while `pk backup make` reads at a small rate. Then all services
are killed, and restored: from the backup alone, which must hold every command up to its position and none after it; by the
archive to a moment in between; and by the archive to its end, which must hold everything that was ever acknowledged. BACKUP_SEED=N
runs a failure again.
"""

import os
import random
import sys
import time

from harness import System, wait_until
from harness.backups import archive_settings, restore_all
from harness.pk import Pk
from harness.system import ALL_SERVICES
from harness.writer import Writer, work

FILL_S = 2
AFTER_S = 1
LOOK_S = 0.5
RATE_MIB_S = 1


class Load:
    def __init__(self, system, chance):
        client = system.client()
        self.chance = chance
        self.canary = system.canary("Kanariefågel")
        self.persons = [
            client.person.create(given_name=self.canary, email=f"p{i}@example.test")["person"] for i in range(20)
        ]
        self.writers = {
            "activity": Writer(system, "activity", chance, self.an_activity, window=32),
            "person": Writer(system, "person", chance, self.a_person, window=8),
            "notification": Writer(system, "notification", chance, self.a_send, window=4),
        }
        seen = [{"store": "person", "seq": system.client().service.info("person")["seq"]}]
        for writer in self.writers.values():
            writer.seen = seen

    def an_activity(self):
        person, subject = self.chance.choice(self.persons), f"{self.canary} {self.chance.getrandbits(64):x}"
        return "activity.create", {"person": person, "type": self.chance.randint(1, 6), "subject": subject}

    def a_person(self):
        return "person.create", {"given_name": self.canary, "family_name": f"{self.chance.getrandbits(64):x}"}

    def a_send(self):
        text = f"{self.canary} {self.chance.getrandbits(64):x}"
        return "email.send", {"person": self.chance.choice(self.persons), "subject": self.canary, "text": text}

    def acknowledged(self):
        return sum(len(writer.acknowledged) for writer in self.writers.values())

    def by_seq(self, service):
        """What was acknowledged: position → (body asked, body of the reply)."""
        writer = self.writers[service]
        return {seq: (writer.asked[id], body) for id, (body, seq) in writer.acknowledged.items() if id in writer.asked}


def back_up_under_load(system, load):
    """Returns the positions in the backup; fails when any service stops acknowledging meanwhile."""
    making = Pk(system.bus_path).start("backup", "make", "full", "--json")
    looks = 0
    while making.poll() is None:
        before = {service: len(writer.acknowledged) for service, writer in load.writers.items()}
        work(list(load.writers.values()), LOOK_S)
        for service, writer in load.writers.items():
            assert len(writer.acknowledged) > before[service], f"{service} acknowledged nothing in {LOOK_S} s"
        looks += making.poll() is None
    output, errors = making.communicate()
    assert making.returncode == 0, output + errors
    assert looks >= 3, "the backup was over before anything could be seen beside it; lower RATE_MIB_S"
    return looks


def check(system, load, upto):
    """Every command acknowledged up to a service's position is there, none after it is, and all services agree."""
    start_all(system)
    client = system.client("checker")
    found = {"person": {}, "activity": {}, "notification": {}}
    for service in found:
        for record in system.journal(service)[: upto[service]]:
            if record.id:
                found[service][record.id] = record.seq
        writer = load.writers[service]
        expected = {id: seq for id, (_, seq) in writer.acknowledged.items() if seq <= upto[service]}
        missing = {id for id in expected if found[service].get(id) != expected[id]}
        assert not missing, f"{service}: {len(missing)} of {len(expected)} acknowledged commands are not there"
        later = {id for id, (_, seq) in writer.acknowledged.items() if seq > upto[service]} & set(found[service])
        assert not later, f"{service}: {len(later)} commands are there that were given after the moment"
    for seq, (asked, reply) in list(load.by_seq("activity").items())[:: max(1, len(load.by_seq("activity")) // 200)]:
        if seq <= upto["activity"]:
            card = client.query("activity.get", {"activity": reply["activity"]})["activity"]
            assert (card["subject"], card["person"]) == (asked["subject"], asked["person"]), card
    for service, sources in (("person", ("activity",)), ("activity", ("person", "notification")), ("stats", ("activity", "person"))):
        for source in sources:
            wait_until(lambda: system.followed(service, source)["state"] == "following", what=f"{service}, {source}")
            system.wait_followed(service, source, system.health(source)["seq"])
    Pk(system.bus_path).expect(0, "verify", "--timeout", 120, timeout_s=200)


def start_all(system):
    for service in ALL_SERVICES:
        system.start(service, "--config", archive_settings(system.folder, RATE_MIB_S))


def kill_all(system):
    for service in ALL_SERVICES:
        system.kill(service)


def main():
    seed = int(os.environ.get("BACKUP_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"BACKUP_SEED={seed}", flush=True)
    with System() as system:
        start_all(system)
        load = Load(system, random.Random(seed))
        writers = list(load.writers.values())
        work(writers, FILL_S)
        looks = back_up_under_load(system, load)
        work(writers, 60, more=False)
        time.sleep(0.2)
        moment_ms = int(time.time() * 1000)
        moment = {service: system.health(service)["seq"] for service in load.writers}
        time.sleep(0.2)
        work(writers, AFTER_S)
        work(writers, 60, more=False)
        Pk(system.bus_path).expect(0, "backup", "verify", "full", timeout_s=200)
        told = Pk(system.bus_path).json("backup", "list")["backups"]
        manifest = {backup["service"]: backup["seq"] for backup in told if backup["name"] == "full"}
        total = load.acknowledged()

        kill_all(system)
        restored = restore_all(system, "full", archived=True)  # to the end: before others begin a new history
        assert all(int(of["archived"]) > 0 for of in restored.values()), restored
        check(system, load, {service: int(of["seq"]) for service, of in restored.items()})
        last = {service: max(seq for _, seq in w.acknowledged.values()) for service, w in load.writers.items()}
        assert all(int(restored[service]["seq"]) >= last[service] for service in last), (restored, last)

        kill_all(system)
        restored = restore_all(system, "full", until_ms=moment_ms)
        assert {service: int(restored[service]["seq"]) for service in moment} == moment, (restored, moment)
        check(system, load, moment)

        kill_all(system)
        restored = restore_all(system, "full")
        assert {service: int(of["seq"]) for service, of in restored.items()} == manifest, (restored, manifest)
        check(system, load, manifest)
        for writer in writers:
            writer.close()
    print(f"{total} commands, {looks} looks during the backup at {manifest}, all restored at three moments")


if __name__ == "__main__":
    sys.exit(main())
