#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/restore and deploy/drill on a system in a folder of its own: what an operator types, and what is said."""

import os
import pathlib
import shutil
import subprocess
import time
import unittest

from harness import System, wait_until
from harness.backups import archive_settings, backup_folder
from harness.pk import Pk
from harness.system import ALL_SERVICES

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"


class Deployed(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System())
        self.root = self.system.folder / "root"
        programs = pathlib.Path(os.environ["PERSONKORT_BIN_DIR"])
        libexec, bin = self.root / "usr/local/libexec/personkort", self.root / "usr/local/bin"
        for folder in (libexec, bin, self.root / "etc/personkort", self.root / "var/lib"):
            folder.mkdir(parents=True)
        for service in ALL_SERVICES:
            (libexec / f"personkort-{service}").symlink_to(programs / f"personkort-{service}")
        (bin / "pk").symlink_to(programs / "pk")
        shutil.copy(self.system.bus_path, self.root / "etc/personkort/bus.zpl")
        (self.root / "var/lib/personkort").symlink_to(self.system.data_path)
        (self.root / "var/lib/personkort-backup").symlink_to(backup_folder(self.system))
        self.settings = archive_settings(self.system.folder)
        for service in ALL_SERVICES:
            self.start(service)
        self.pk = Pk(self.system.bus_path)
        self.client = self.system.client()

    def start(self, service):
        self.system.start(service, "--config", self.settings)

    def deploy(self, script, *words, code=0):
        environment = {**os.environ, "PERSONKORT_ROOT": str(self.root)}
        done = subprocess.run([DEPLOY / script, *words], env=environment, capture_output=True, text=True, timeout=200)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, code, said)
        return said

    def fill(self):
        people = [self.client.person.create(given_name=f"P{i}", email=f"p{i}@example.test")["person"] for i in range(5)]
        for person in people:
            self.client.activity.create(person=person, type=1, subject="A")
        self.client.email.send(person=people[0], subject="S", text="T")
        wait_until(lambda: len(self.client.activity.list(person=people[0], limit=5)["activities"]) == 2, what="the mail")
        return people

    def test_a_drill_restores_and_checks_beside_the_running_system(self):
        self.assertIn("there is no backup of all services", self.deploy("drill", code=1))
        self.fill()
        self.pk.expect(0, "backup", "make", "first")
        self.fill()
        time.sleep(1.1)  # folders are told apart by the second they were made in
        self.pk.expect(0, "backup", "make", "second")
        before = {service: self.system.health(service)["seq"] for service in ALL_SERVICES}
        said = self.deploy("drill")
        self.assertIn("Drill of backup second", said)
        self.assertIn("The backup second can be restored.", said)
        for service in ALL_SERVICES:
            [line] = [line.split() for line in said.splitlines() if line.startswith(service) and line.endswith(" ok")]
            self.assertEqual(line[1], line[2])
        self.assertEqual({service: self.system.health(service)["seq"] for service in ALL_SERVICES}, before)
        self.assertIn("Drill of backup first", self.deploy("drill", "first"))
        data = backup_folder(self.system) / "second" / "person" / "main" / "data.mdb"
        content = bytearray(data.read_bytes())
        content[len(content) // 2] ^= 4
        data.write_bytes(content)
        said = self.deploy("drill", "second", code=1)
        self.assertIn("its file is damaged", said)
        self.assertEqual({service: self.system.health(service)["seq"] for service in ALL_SERVICES}, before)

    def test_restore_of_everything_to_a_moment(self):
        people = self.fill()
        self.pk.expect(0, "backup", "make", "one")
        kept = self.client.person.create(given_name="Kept")["person"]
        time.sleep(0.3)
        moment = f"@{time.time():.3f}"
        time.sleep(0.3)
        gone = self.client.person.create(given_name="Gone")["person"]
        for service in ("activity", "notification", "stats"):
            self.system.wait_followed(service, "person", self.system.health("person")["seq"])
        self.assertIn("runs", self.deploy("restore", "one", code=1))
        for service in reversed(ALL_SERVICES):
            self.system.stop(service)
        self.assertIn("no finished backup", self.deploy("restore", "none", code=1))
        said = self.deploy("restore", "one", "--until", moment)
        for service in ALL_SERVICES:
            self.assertIn(f"{service} seq ", said)
        for service in ALL_SERVICES:
            self.start(service)
        persons = {card["person"] for card in self.system.client().person.list(limit=100)["cards"]}
        self.assertEqual(persons, {*people, kept})
        self.assertNotIn(gone, persons)
        for service in ("activity", "notification", "stats"):  # all of one moment: nobody is ahead of anybody
            wait_until(lambda: self.system.followed(service, "person")["state"] == "following", what=service)
        wait_until(lambda: self.pk.run("verify").returncode == 0, what="pk verify")
        [replaced] = (self.system.data_path / "person").glob("replaced-*")
        self.assertTrue((replaced / "main" / "data.mdb").exists())


if __name__ == "__main__":
    unittest.main()
