#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The clock of all services jumps a day ahead, a day back, and an hour back while retries wait: nothing is done twice or in a storm,
ids and order go on, followers follow, retries come. Source: faults.md F31.

The clock is libfaketime's (package faketime), the monotonic one stays the machine's; clients' clocks jump along.
"""

import os
import pathlib
import time
import unittest

from faults import RECOVERY_S
from faults.asking import Asker, envelope
from harness import System, wait_until
from mail import write_settings

LIBRARY = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
ALL = ("person", "activity", "notification", "stats")
DAY_S, HOUR_S = 86400, 3600
QUIET_S = 1
PROCESSOR_S = 0.4  # of one service in QUIET_S: a loop that spins would use it all
RETRY_MS = 300


@unittest.skipIf(LIBRARY is None, "libfaketime is not installed (package faketime)")
class ClockJumps(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System())
        self.client = self.system.client()
        self.asker = Asker(self.system)
        self.offset_file = self.system.folder / "offset"
        self.jump(0)
        settings = write_settings(self.system, retry_first_ms=RETRY_MS, retry_most_ms=2 * RETRY_MS)
        for service in ALL:
            self.system.start(service, *(settings if service == "notification" else ()), under=self.faked())
        body = {"given_name": "Åsa", "mobile": "0701234567"}
        self.first = self.command("person.create", body)
        self.reply = self.asker.ask("person", self.first)
        self.person = self.reply["body"]["person"]
        self.seen = [("person", self.reply["seq"])]
        for service in ("activity", "notification"):  # or they might say not_yet, and the asker asks once
            self.system.wait_followed(service, "person", self.reply["seq"])

    def faked(self):
        sanitizer = f"{os.environ['ASAN_OPTIONS']}:verify_asan_link_order=0"
        files = (f"LD_PRELOAD={LIBRARY}", f"FAKETIME_TIMESTAMP_FILE={self.offset_file}", f"ASAN_OPTIONS={sanitizer}")
        return ("env", *files, "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1")

    def jump(self, offset_s):
        """Offset of the services' clock, from now on."""
        draft = self.offset_file.with_suffix(".draft")
        draft.write_text(f"{offset_s:+}")
        draft.rename(self.offset_file)
        self.offset_s = offset_s

    def command(self, type, body, seen=()):
        command = envelope(type, body, seen)
        return command | {"expires_ms": command["expires_ms"] + self.offset_s * 1000}

    def send(self):
        return self.asker.ask("notification", self.command("sms.send", {"person": self.person, "text": "Hej"}, self.seen))

    def activity(self):
        body = {"person": self.person, "type": 1, "subject": "S", "status": "in_progress"}
        return self.asker.ask("activity", self.command("activity.create", body, self.seen))

    def recipient(self, number):
        return next(row for row in self.client.recipient.list(limit=100)["recipients"] if row["recipient"] == number)

    def processor_s(self, service):
        fields = pathlib.Path(f"/proc/{self.system.pid(service)}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def assert_quiet(self):
        before = {service: (self.processor_s(service), self.system.health(service)["seq"]) for service in ALL}
        time.sleep(QUIET_S)
        for service, (processor_s, seq) in before.items():
            self.assertLess(self.processor_s(service) - processor_s, PROCESSOR_S, service)
            self.assertEqual(self.system.health(service)["seq"], seq, service)

    def check_everything_goes_on(self, count):
        """One activity, one send, one repeat; `count` such rounds were before."""
        self.assertEqual(self.asker.ask("person", self.first), self.reply)
        made = self.activity()
        self.assertEqual(made["status"], "ok", made)
        sent = self.send()
        self.assertEqual(sent["status"], "ok", sent)
        number = sent["body"]["recipient"]
        self.assertEqual(number, count + 1)
        wait_until(lambda: self.recipient(number)["state"] == "accepted", RECOVERY_S, "the send's outcome")
        total = 2 * (count + 1)
        wait_until(lambda: self.client.stats.figures()["total"]["activities"] == total, RECOVERY_S, f"figures of {total}")
        ids = [row["activity"] for row in self.client.activity.scan(limit=1000)["activities"]]
        self.assertEqual(ids, list(range(1, total + 1)))
        self.assertEqual([record.type for record in self.system.journal("person")], ["person.created"])
        for service in ALL:
            self.assertEqual(self.system.health(service)["health"], "ok", service)

    def test_a_day_either_way(self):
        for count, offset_s in enumerate((0, DAY_S, -DAY_S, 0)):
            with self.subTest(offset_s):
                self.jump(offset_s)
                self.check_everything_goes_on(count)
                if offset_s:
                    self.assert_quiet()
        self.system.stop("person")  # and what was written under another clock is read
        self.system.start("person", under=self.faked())
        self.assertEqual(self.asker.ask("person", self.first), self.reply)

    def test_an_hour_back_while_retries_wait(self):
        outbox = self.system.data_path / "notification/outbox/sms"
        away = outbox.with_name("away")
        outbox.rename(away)
        number = self.send()["body"]["recipient"]
        wait_until(lambda: self.recipient(number)["state"] == "deferred", RECOVERY_S, "a failure")
        self.jump(-HOUR_S)
        before = self.recipient(number)["attempts"]
        time.sleep(QUIET_S)
        self.assertLessEqual(self.recipient(number)["attempts"] - before, QUIET_S * 1000 // RETRY_MS + 1)
        away.rename(outbox)
        wait_until(lambda: self.recipient(number)["state"] == "accepted", RECOVERY_S, "the retry")
        wait_until(lambda: self.client.activity.scan(limit=10).get("activities"), RECOVERY_S, "its activity")
        self.assertEqual(len(list(outbox.glob("[0-9]*"))), 1)
        self.assert_quiet()


if __name__ == "__main__":
    unittest.main(verbosity=2)
