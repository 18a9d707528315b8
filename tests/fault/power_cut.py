#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Power cuts under load: whatever was acknowledged is there when the machine starts again. Source: faults.md F05.

On a disk of the test's own (root): ext4 is stopped where it is, its unwritten pages and its journal are gone, it is mounted again.
From a record (no root): every write of a service to its file is recorded, and put together to what a disk may hold after a cut: all
that was synced, and any 512 bytes of what was not. --long: more cuts. FAULT_SEED=N runs a failure again.
"""

import os
import pathlib
import random
import re
import shutil
import unittest

import kill9_all
from faults import LONG, disks, strace
from faults.asking import Asker, batch, envelope
from faults.strace import Trace
from harness import System
from harness.writer import work

SERVICES = kill9_all.SERVICES
CUTS = 20 if LONG else 3
LIFE_S = (0.2, 0.8)  # between cuts
COMMANDS = 60
IMAGES = 200 if LONG else 10
SECTOR_BYTES = 512
O_DSYNC = 0o10000
SEED = int(os.environ.get("FAULT_SEED", random.SystemRandom().randrange(1 << 32)))


@unittest.skipIf(disks.missing_loop(), disks.missing_loop())
class Disk(unittest.TestCase):
    def test_cuts_under_load(self):
        chance = random.Random(SEED)
        with System() as system, disks.PowerCutDisk(system.data_path) as disk:
            for service in SERVICES:
                system.start(service)
            load = kill9_all.Load(system, chance)
            writers = load.writers.values()
            for _ in range(CUTS):
                work(writers, chance.uniform(*LIFE_S))
                disk.cut()
                work(writers, 0.1)  # what was on its way to them
                self.restart(system, disk)
                for writer in writers:
                    writer.connect()
            work(writers, 60, more=False)
            found = kill9_all.check(system, load)
            for writer in writers:
                writer.close()
            for service in SERVICES:
                system.stop(service)
        print(f"{CUTS} power cuts: {found}")

    def restart(self, system, disk):
        for service in SERVICES:
            if system.ended(service, 0) is None:
                system.kill(service)
        disk.mount()
        for service in SERVICES:
            system.start(service)


class Record:
    """Writes to one file in their order, as strace saw them: (offset, bytes, whether it returns only when it is durable), or None:
    all before is durable."""

    SYNC = re.compile(r"^\d+ +fdatasync\(")
    SEEK = re.compile(r"^\d+ +lseek\(\d+, (\d+), SEEK_SET")
    WRITE = re.compile(r'^\d+ +pwrite64\((\d+), "((?:\\x..)*)", \d+, (\d+)\) += \d+')
    WRITEV = re.compile(r"^\d+ +writev\((\d+), (\[.*\]), \d+\) += \d+")
    PART = re.compile(r'iov_base="((?:\\x..)*)"')

    def __init__(self, pid, path):
        self.path, self.steps, self._place = path, [], 0
        self._durable = {fd for fd in self._fds(pid) if self._flags(pid, fd) & O_DSYNC}
        assert self._durable, "the meta page is not written synchronously"

    def _fds(self, pid):
        return [fd for fd in os.listdir(f"/proc/{pid}/fd") if os.path.realpath(f"/proc/{pid}/fd/{fd}") == str(self.path)]

    @staticmethod
    def _flags(pid, fd):
        fields = pathlib.Path(f"/proc/{pid}/fdinfo/{fd}").read_text().split()
        return int(fields[fields.index("flags:") + 1], 8)

    def read(self, lines):
        """Takes what the trace holds by now; the number of steps."""
        self.steps, self._place = [], 0
        for line in lines:
            self._take(line)
        return len(self.steps)

    def _take(self, line):
        if self.SYNC.match(line):
            self.steps.append(None)
        elif match := self.SEEK.match(line):
            self._place = int(match[1])
        elif match := self.WRITE.match(line):
            self._add(match[1], int(match[3]), match[2])
        elif match := self.WRITEV.match(line):
            for part in self.PART.findall(match[2]):
                self._place = self._add(match[1], self._place, part)
        else:
            raise AssertionError(f"not understood: {line[:200]}")

    def _add(self, fd, offset, text):
        data = bytes.fromhex(text.replace("\\x", ""))
        self.steps.append((offset, data, fd in self._durable))
        return offset + len(data)

    def after_cut(self, before, cut, chance):
        """What the file may hold when the power fails after so many steps; `before` is what it held at first."""
        image, unsynced = bytearray(before), []
        for step in self.steps[:cut]:
            if step is None:
                self._put(image, unsynced)
                unsynced = []
            elif step[2]:
                self._put(image, [step[:2]])
            else:
                unsynced.append(step[:2])
        share = chance.random()
        self._put(image, [sector for write in unsynced for sector in self._sectors(*write) if chance.random() < share])
        return bytes(image)

    @staticmethod
    def _sectors(offset, data):
        for begin in range(0, len(data), SECTOR_BYTES):
            yield offset + begin, data[begin : begin + SECTOR_BYTES]

    @staticmethod
    def _put(image, writes):
        for offset, data in writes:
            if len(image) < offset + len(data):
                image.extend(bytes(offset + len(data) - len(image)))
            image[offset : offset + len(data)] = data


@unittest.skipIf(strace.missing(), strace.missing())
class Recorded(unittest.TestCase):
    """One service; commands one after the other, so that it is known what was acknowledged at each step."""

    def test_cuts_at_any_write(self):
        chance = random.Random(SEED)
        with System("person") as system:
            path = system.data_path / "person/data.mdb"
            before = path.read_bytes()
            record = Record(system.pid("person"), path)
            acknowledged = self.write(system, record, chance)
            self.assertEqual(record.after_cut(before, len(record.steps), chance), path.read_bytes()[: path.stat().st_size])
            inside = 0
            for _ in range(IMAGES):
                cut = chance.randrange(len(record.steps) + 1)
                inside += self.check(system, path, record.after_cut(before, cut, chance), acknowledged, cut)
            self.assertGreater(inside, 0)
        print(f"{IMAGES} cuts within {len(record.steps)} steps of {COMMANDS} messages")

    def write(self, system, record, chance):
        """(number of steps when it was answered, command, its reply) of each."""
        asker, answered = Asker(system), []
        arguments = ("-xx", "-s", "10000000", "-P", record.path, "-e", "trace=lseek,writev,pwrite64,fdatasync")
        with Trace(system.pid("person"), *arguments) as trace:
            for number in range(COMMANDS):
                size = chance.choice((1, 1, 5, 50))
                command = batch([self.person(f"{number} {i}") for i in range(size)])
                reply = asker.ask("person", command)
                answered.append((record.read(trace.lines()), command, reply))
        return answered

    @staticmethod
    def person(name):
        return envelope("person.create", {"given_name": "Åsa", "family_name": name})

    def check(self, system, path, image, acknowledged, cut):
        """Starts the service with what is left, and sees what it knows. Whether somebody had been answered."""
        system.stop("person")
        shutil.rmtree(path.parent)
        path.parent.mkdir(mode=0o700)
        path.write_bytes(image)
        path.chmod(0o600)
        system.start("person")
        there = {record.id: record.seq for record in system.journal("person")}  # checks density and chain
        known = [item for item in acknowledged if item[0] <= cut]
        asker = Asker(system)
        for _, command, reply in known:
            for one, answer in zip(command["body"]["commands"], reply["body"]["replies"]):
                self.assertEqual(there.get(one["id"]), answer["seq"], f"FAULT_SEED={SEED}, cut {cut}: lost")
        for _, command, reply in known[-1:] + acknowledged[len(known) : len(known) + 1]:
            replies = asker.ask("person", command)["body"]["replies"]
            self.assertEqual({answer["status"] for answer in replies}, {"ok"})
            sizes = {one["id"]: 1 for one in command["body"]["commands"]}
            self.assertEqual([r.id in sizes for r in system.journal("person")].count(True), len(sizes))
        return bool(known)


if __name__ == "__main__":
    print(f"FAULT_SEED={SEED}", flush=True)
    unittest.main(verbosity=2)
