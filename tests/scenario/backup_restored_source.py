#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One service alone is restored from an older backup while the others know what came after it.

Followers stop with an alarm and overwrite nothing, also when the restored source has grown past them with another history; what
an operator does then makes all agree again. Of sends that were made since, none leaves a second time before it is released. Source:
faults.md F15, F36, F37.
"""

import time
import unittest

from harness import System, wait_until
from harness.backups import restore
from harness.pk import Pk
from personkort import Refused

SERVICES = ("person", "activity", "notification", "stats")
LIFT = 1 << 24
DIVERGED = "a followed service's history diverged; an operator has to decide: person"


class Restored(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System(*SERVICES))
        self.pk = Pk(self.system.bus_path)

    def create(self, name, **fields):
        return self.system.client().person.create(given_name=name, email=f"{name}@example.test", **fields)["person"]

    def follow_all(self):
        seq = self.system.health("person")["seq"]
        for service in ("activity", "notification", "stats"):
            self.system.wait_followed(service, "person", seq)

    def wait_state(self, service, state):
        wait_until(lambda: self.system.followed(service, "person")["state"] == state, what=f"{service} {state}")

    def is_known(self, person):
        """Whether the activity service takes an activity for the person."""
        try:
            self.system.client().activity.create(person=person, type=1, subject="A")
        except Refused as refused:
            self.assertEqual(refused.code, "not_found")
            return False
        return True

    def lose_persons(self):
        """Two persons in the backup, two after it, and the register as the backup has it."""
        self.kept = [self.create("Asa"), self.create("Bo")]
        self.pk.expect(0, "backup", "make", "early", "--service", "person")
        self.lost = [self.create("Eva"), self.create("Ulf")]
        self.follow_all()
        self.system.kill("person")

    def repair(self, known=(True, True, False, False)):
        for service in ("activity", "notification"):
            self.wait_state(service, "diverged")
            self.assertIn(DIVERGED, self.system.health(service)["reasons"])
        self.assertEqual(self.pk.run("status").returncode, 1)
        self.assertIn(self.pk.run("verify", "--timeout", 3).returncode, (1, 6))  # 6: what is ahead of them cannot be asked
        seq = self.system.health("activity")["seq"]
        time.sleep(0.5)
        self.assertEqual(self.system.health("activity")["seq"], seq)  # nothing comes in meanwhile
        self.assertTrue(self.is_known(self.lost[0]))  # and nothing is gone before somebody says so
        question = self.system.client().question.save(name="Alla", group_by=["region"])["question"]
        for service in ("activity", "notification", "stats"):
            self.pk.expect(0, "follow", "reset", service, "person")
        for service in ("activity", "notification", "stats"):
            self.wait_state(service, "following")
        self.follow_all()
        self.assertEqual(tuple(self.is_known(person) for person in self.kept + self.lost), known)
        self.assertEqual(self.system.client().question.list()["questions"][0]["question"], question)

    def test_the_journal_goes_back(self):
        self.lose_persons()
        told = restore(self.system, "early", "person")
        self.assertEqual(told["epoch"], "2")
        self.system.start("person")
        self.repair()
        new = self.create("Siv")
        self.assertGreater(new, LIFT)  # no id is given out a second time
        self.follow_all()
        self.assertTrue(self.is_known(new))
        wait_until(lambda: self.pk.run("verify").returncode == 0, what="pk verify")

    def test_who_was_erased_since_stays_so(self):
        """The backup has him, its service erases him anew, and following anew brings him back nowhere."""
        self.kept = [self.create("Asa"), self.create("Bo")]
        self.pk.expect(0, "backup", "make", "early", "--service", "person")
        self.lost = [self.create("Eva"), self.create("Ulf")]
        gone = str(self.kept[1])
        self.pk.expect(0, "activity", "create", gone, 1, "Ringde")
        self.pk.expect(0, "person", "mark", gone, "--actor", "anna")
        self.pk.expect(0, "person", "erase", gone, "--actor", "bo")
        self.follow_all()
        self.system.kill("person")
        restore(self.system, "early", "person")
        self.system.start("person")
        self.assertIn("was erased", self.pk.expect(3, "person", "get", gone).stderr)
        self.repair(known=(True, False, False, False))
        self.assertIn("was erased", self.pk.expect(3, "email", "send", gone, "--subject", "Hej", "--text", "Hej.").stderr)
        self.assertEqual(self.pk.json("activity", "list", gone)["activities"], [])
        self.assertEqual(self.pk.json("stats", "--person", gone)["total"]["activities"], 0)
        for service in SERVICES:
            wait_until(lambda: not self.system.health(service).get("erasing"), what=f"the erasing by {service}")
            self.pk.expect(0, "service", "compact", service, "--timeout", 30)
        for service in SERVICES:
            wait_until(lambda: self.system.answers(service) and not self.system.health(service).get("compact_since_ms"), what=f"compacting {service}")
        self.pk.expect(0, "verify", "--erased", gone)
        wait_until(lambda: self.pk.run("verify").returncode == 0, what="pk verify")

    def test_another_history_grows_past_the_followers(self):
        self.lose_persons()
        for service in ("activity", "notification", "stats"):
            self.system.stop(service)
        restore(self.system, "early", "person")
        self.system.start("person")
        new = [self.create(f"New{i}") for i in range(10)]
        for service in ("activity", "notification", "stats"):
            self.system.start(service)
        self.repair()
        self.assertTrue(self.is_known(new[0]))
        wait_until(lambda: self.pk.run("verify").returncode == 0, what="pk verify")

    def test_restored_again_the_epoch_is_another_one(self):
        self.lose_persons()
        self.assertEqual(restore(self.system, "early", "person")["epoch"], "2")
        self.assertEqual(restore(self.system, "early", "person")["epoch"], "3")  # of the store it replaces, plus one

    def test_nothing_is_restored_over_a_running_service(self):
        self.create("Asa")
        self.pk.expect(0, "backup", "make", "early")
        said = restore(self.system, "early", "person", code=1)
        self.assertIn("the service runs", said)
        self.create("Bo")


class Sends(unittest.TestCase):
    """Mail waits for a server that is not there; the backup is made; then it goes to files; then the backup is restored."""

    def setUp(self):
        self.system = self.enterContext(System())
        self.pk = Pk(self.system.bus_path)
        settings = self.system.folder / "no-server.zpl"
        settings.write_text(
            'notification\n    transport_email = "smtp"\n    mail.from = "k@example.test"\n'
            '    smtp.url = "smtp://127.0.0.1:9"\n    smtp.tls = "none"\n    retry_first_ms = "3600000"\n'
        )
        for service in ("person", "activity"):
            self.system.start(service)
        self.system.start("notification", "--config", settings)

    def outbox(self):
        return sorted((self.system.data_path / "notification" / "outbox" / "email").glob("*.eml"))

    def states(self):
        return [row["state"] for row in self.pk.json("recipient", "list")["recipients"]]

    def test_what_was_sent_since_is_held(self):
        client = self.system.client()
        person = client.person.create(given_name="Asa", email="asa@example.test")["person"]
        blob = client.blob.put(offset=0, data=b"bill", last=True)["blob"]
        attachment = {"name": "bill.txt", "content_type": "text/plain", "blob": blob}
        for i in range(5):
            client.email.send(person=person, subject=f"S{i}", text="T", attachments=[attachment] if i == 0 else [])
        wait_until(lambda: set(self.states()) <= {"deferred", "queued"}, what="mail that waits")
        self.pk.expect(0, "backup", "make", "waiting", "--service", "notification")
        self.system.stop("notification")
        self.system.start("notification")  # to files
        for recipient in self.pk.json("recipient", "list")["recipients"]:
            if recipient["state"] == "deferred":
                self.assertIn("retry_ms", recipient)
        self.system.kill("notification")
        told = restore(self.system, "waiting", "notification")
        self.system.start("notification")
        wait_until(lambda: set(self.states()) == {"held"}, what="all held")
        self.assertEqual(self.outbox(), [])
        self.system.stop("notification")
        self.system.start("notification")  # another start is no release
        time.sleep(0.5)
        self.assertEqual(set(self.states()), {"held"})
        self.assertEqual(told["epoch"], "2")
        held = [row["recipient"] for row in self.pk.json("recipient", "list", "--state", "held")["recipients"]]
        self.pk.expect(0, "recipient", "release", held[0])
        wait_until(lambda: len(self.outbox()) == 1, what="the mail that was released")
        self.assertIn(b"bill", self.outbox()[0].read_bytes())  # its attachment was restored with it
        self.pk.expect(0, "recipient", "cancel", held[1])
        wait_until(lambda: sorted(self.states()) == ["accepted", "cancelled", "held", "held", "held"], what="states")
        self.assertEqual(len(self.outbox()), 1)

        def activities():
            return client.activity.list(person=person, limit=10).get("activities", [])

        wait_until(activities, what="the activity of the mail that went out")
        self.assertEqual(len(activities()), 1)


if __name__ == "__main__":
    unittest.main()
