#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A bit flipped in a journal record, or in a backup, is found and named, and the store can be restored. Source: faults.md F35."""

import os
import time
import unittest

from harness import System, wait_until
from harness.backups import archive_settings, backup_folder, restore, restore_all
from harness.pk import Pk
from harness.system import ALL_SERVICES
from personkort import Refused

MARK = "Flippflopp"


def flip(path, mark, which=0):
    """Flips one bit of a text that the file holds; returns how often it holds it."""
    content = bytearray(path.read_bytes())
    places, at = [], content.find(mark.encode())
    while at >= 0:
        places.append(at)
        at = content.find(mark.encode(), at + 1)
    content[places[which]] ^= 1
    path.write_bytes(content)
    return len(places)


class Damage(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System())
        self.settings = archive_settings(self.system.folder)
        for service in ALL_SERVICES:
            self.system.start(service, "--config", self.settings)
        self.pk = Pk(self.system.bus_path)
        self.client = self.system.client()
        self.person = self.client.person.create(given_name="Asa", email="asa@example.test")["person"]

    def note(self, subject):
        return self.client.activity.create(person=self.person, type=1, subject=subject)

    def tear(self, *services):
        for service in services:
            self.system.kill(service)

    def record_of(self, seq):
        """Flips a bit in the journal record at `seq`, not in the row of the same text."""
        store = self.system.data_path / "activity" / "data.mdb"
        before = store.read_bytes()
        for which in range(before.count(f"{MARK}-{seq}-".encode())):
            flip(store, f"{MARK}-{seq}-", which)
            self.system.start("activity", "--config", self.settings)
            if self.is_refused(seq):
                return
            self.system.kill("activity")
            store.write_bytes(before)
        self.fail("the text is in no journal record")

    def is_refused(self, seq):
        client = self.system.client("reader")
        try:
            list(zip(range(seq), client.follow("activity")))
        except Refused as refused:
            return refused.code == "corrupt"
        return False

    def test_a_flipped_bit_in_a_journal_record(self):
        self.pk.expect(0, "backup", "make", "before")
        seq = self.system.health("activity")["seq"] + 1
        activity = self.note(f"{MARK}-{seq}-")["activity"]
        later = [self.note(f"later {i}")["activity"] for i in range(20)]
        self.system.wait_followed("stats", "activity", seq + 20)
        self.tear("activity")
        self.record_of(seq)
        checks = self.pk.json("verify", "--timeout", 3, code=6)["checks"]
        chain = next(check for check in checks if (check["check"], check["of"]) == ("journal chain", "activity"))
        self.assertIn("fails its check", chain.get("undone", "") + str(chain["differences"]))
        wait_until(lambda: f"after={seq - 1}" in self.system.log("activity"), what="the position in the log")
        # A backup copies what is there, and verifying names the record.
        self.pk.expect(0, "backup", "make", "damaged", "--service", "activity")
        said = self.pk.expect(1, "backup", "verify", "damaged", "--service", "activity").stdout
        self.assertIn(f"main: record is damaged at {seq}", said)
        self.tear("activity")
        said = restore(self.system, "damaged", "activity", code=1)
        self.assertIn(str(seq), said)
        # All of it is in the archive.
        told = restore(self.system, "before", "activity", archived=True)
        self.assertEqual(int(told["seq"]) >= seq + 20, True)
        self.system.start("activity", "--config", self.settings)
        self.assertEqual(self.client.activity.get(activity=activity)["activity"]["subject"], f"{MARK}-{seq}-")
        for activity in later:
            self.client.activity.get(activity=activity)
        wait_until(lambda: self.pk.run("verify").returncode == 0, what="pk verify")

    def test_a_flipped_bit_in_a_backup(self):
        self.note(MARK)
        self.pk.expect(0, "backup", "make", "one")
        self.assertTrue(flip(backup_folder(self.system) / "one" / "activity" / "main" / "data.mdb", MARK))
        said = self.pk.json("backup", "verify", "one", code=1)["services"]
        states = {of["service"]: (of["state"], of.get("problem", "")) for of in said}
        self.assertEqual({of for of, (state, _) in states.items() if state == "failed"}, {"activity"})
        self.assertIn("checksum", states["activity"][1])
        self.tear("activity")
        self.assertIn("checksum", restore(self.system, "one", "activity", code=1))
        self.system.start("activity", "--config", self.settings)  # as it was
        self.assertEqual(len(self.client.activity.list(person=self.person, limit=10)["activities"]), 1)

    def test_a_flipped_bit_in_the_archive(self):
        self.pk.expect(0, "backup", "make", "one", "--service", "activity")
        self.note(MARK)
        self.note("later")
        self.tear("activity")
        [segment] = (backup_folder(self.system) / "archive" / "activity" / "main").glob("*/*.sets")
        self.assertTrue(flip(segment, MARK))
        self.assertIn("damaged", restore(self.system, "one", "activity", archived=True, code=1))
        restore(self.system, "one", "activity")  # what is whole can be restored still
        self.system.start("activity", "--config", self.settings)

    def test_a_manifest_that_is_not_true(self):
        self.pk.expect(0, "backup", "make", "one", "--service", "activity")
        path = backup_folder(self.system) / "one" / "activity" / "manifest.zpl"
        whole = path.read_text()
        for wrong in (whole.replace('seq = "', 'seq = "9'), whole.replace("activity", "person"), whole[: len(whole) // 2]):
            path.write_text(wrong)
            self.pk.expect(1, "backup", "verify", "one", "--service", "activity")
        path.unlink()
        self.assertNotIn("one", self.pk.expect(0, "backup", "list").stdout)
        self.tear("activity")
        self.assertIn("was never finished", restore(self.system, "one", "activity", code=1))
        self.system.start("activity", "--config", self.settings)

    def test_killed_while_it_is_made(self):
        """What is there then is no backup, and does not keep another from being made."""
        for i in range(300):
            self.note(f"{i} {os.urandom(60).hex()}")
        slow = archive_settings(self.system.folder, 1)
        self.system.stop("activity")
        self.system.start("activity", "--config", slow)
        body = "x" * 50000
        for _ in range(60):
            self.client.activity.create(person=self.person, type=1, subject="S", body=body)
        self.client.backup.make("activity", name="cut")
        time.sleep(0.3)
        self.assertEqual(self.client.backup.status("activity")["state"], "running")
        with self.assertRaises(Refused):
            self.client.backup.make("activity", name="two")
        self.system.kill("activity")
        self.system.start("activity", "--config", self.settings)
        self.assertNotIn("cut", self.pk.expect(0, "backup", "list").stdout)
        self.assertEqual(self.pk.json("backup", "status", "activity")["state"], "idle")
        self.pk.expect(0, "backup", "make", "next", "--service", "activity")
        self.client.backup.make("activity", name="stopped")
        self.system.stop("activity")  # waits for no backup
        self.system.start("activity", "--config", self.settings)


if __name__ == "__main__":
    unittest.main()
