#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mail servers that fail, at every step and in every way: each recipient ends in the true state, with the server's own words, and
nothing is sent twice. Source: faults.md F25 to F29, design.md 6.
"""

import threading
import time
import unittest

from harness import System, wait_until
from mail import CUT, DRIP, HANG, FaultyServer, outcome, recipient, states, wait_reason, write_settings

STEPS_BEFORE_BODY = ("banner", "ehlo", "mail", "rcpt", "data")
QUIET_S = 1.5  # long past the first retry: what was not sent again by then is not


class MailFaults(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(FaultyServer())
        self.system = self.enterContext(System("person", "activity"))
        self.arguments = self.settings()
        self.system.start("notification", *self.arguments)
        self.client = self.system.client()
        self.person = self.client.person.create(
            given_name=self.system.canary("Kanariefågel"),
            email=self.system.canary("kanarie@kund.example.test"),
            mobile="0701234567",
        )["person"]

    def tearDown(self):
        """Whatever happened to a mail, its one activity says the same of it, in the server's words."""
        seq = self.client.service.info("notification")["seq"]
        self.system.wait_followed("activity", "notification", seq)
        activities = {}
        for row in self.client.activity.scan(limit=1000).get("activities") or ():
            self.assertNotIn(row["recipient"], activities)
            activities[row["recipient"]] = row
        for row in self.client.recipient.list(limit=1000).get("recipients") or ():
            if row["state"] in ("accepted", "failed", "unknown", "delivered", "bounced"):
                activity = activities.pop(row["recipient"])
                said = (row["state"], row.get("outcome_text"))
                self.assertEqual((activity["outcome"], activity.get("outcome_text")), said)
                self.assertEqual((activity["status"], activity.get("person")), ("done", self.person))
        waiting = {row["outcome"] for row in activities.values()}
        self.assertLessEqual(waiting, {"unknown"})  # an at-least-once one that is on its way again

    def settings(self, **more):
        settings = {
            "transport_email": "smtp",
            "mail__from": "post@example.test",
            "smtp__url": self.server.url,
            "smtp__tls": "none",
            "smtp__connections": 2,
            "smtp__connect_timeout_ms": 1000,
            "smtp__answer_timeout_s": 1,
            "smtp__total_timeout_s": 3,
            "retry_first_ms": 200,
            "retry_most_ms": 400,
        }
        return write_settings(self.system, **{**settings, **more})

    def erase(self):
        self.system.client(actor="anna").person.mark_erasure(person=self.person)
        self.system.client(actor="bo").person.complete_erasure(person=self.person)
        seq = self.client.service.info("person")["seq"]
        for service in ("activity", "notification"):
            self.system.wait_followed(service, "person", seq)

    def expect_nobody(self, send, state):
        """What is left of a send is that there was one, and how it ended; so says its activity, which is nobody's."""
        row = outcome(self.client, send)
        self.assertEqual(row["state"], state)
        self.assertNotIn("person", row)
        self.assertNotIn("address", row)
        self.assertNotIn("outcome_text", row)
        time.sleep(QUIET_S)
        wait_until(lambda: not self.client.service.health("notification").get("erasing"), what="the erasing")
        for content in (path.read_bytes() for path in self.system.data_path.glob("notification/outbox/*/*")):
            self.assertNotIn(b"kanarie@", content)
        self.person = None  # of the activity, too

    def test_who_is_erased_while_the_server_has_his_mail(self):
        """It cannot be called back; it is not sent again either, and what the server says of it later names nobody."""
        self.restart(smtp__answer_timeout_s=4, smtp__total_timeout_s=6)
        self.server.fail("dot", HANG)
        send, _ = self.send()
        self.assertTrue(self.server.dot_came.wait(10))
        self.erase()
        self.expect_nobody(send, "unknown")
        self.assertEqual(len(self.server.taken), 1)

    def test_who_is_erased_before_the_server_has_his_mail(self):
        self.restart(smtp__answer_timeout_s=4, smtp__total_timeout_s=6)
        self.server.fail("data", HANG)
        send, _ = self.send()
        wait_until(lambda: self.server.sessions == 1, what="the dialogue")
        self.erase()
        self.expect_nobody(send, "cancelled")  # it waited for another attempt
        self.assertEqual(self.server.taken, [])

    def restart(self, **settings):
        self.system.stop("notification")
        self.system.start("notification", *self.settings(**settings))

    def send(self, **more):
        sent = self.client.email.send(person=self.person, subject="Hej", text="Hej.\n", **more)
        return sent["send"], sent["recipient"]

    def passed(self, recipient_id):
        return [row["state"] for row in states(self.system, recipient_id)]

    def expect_deferred_then_accepted(self, step, how, says, times=1):
        """The first attempt fails so that nobody took the mail; the next one succeeds."""
        self.server.fail(step, how, times)
        send, recipient_id = self.send()
        row = outcome(self.client, send)
        self.assertEqual((row["state"], row["attempts"]), ("accepted", 2))
        rows = states(self.system, recipient_id)
        want = ["queued", "claimed", "deferred", "queued", "claimed", "accepted"]
        self.assertEqual([row["state"] for row in rows], want)
        deferred = rows[2]
        self.assertGreaterEqual(deferred["retry_ms"], deferred["changed_ms"] + 200)
        self.assertIn(says, f"{deferred['outcome_code']} {deferred['outcome_text']}")

    def test_f25_hangs_cuts_and_drips_before_the_body(self):
        cases = [(step, how) for step in STEPS_BEFORE_BODY for how in (HANG, CUT)] + [("banner", DRIP), ("rcpt", DRIP)]
        for step, how in cases:
            says = "lost" if how is CUT else "timeout"
            with self.subTest(step=step, says=says):
                self.server.drop_connections()
                time.sleep(0.05)
                self.expect_deferred_then_accepted(step, how, says)
        self.assertEqual(len(self.server.taken), len(cases))

    def test_f25_refuses_connections(self):
        self.system.stop("notification")
        self.server.stop()
        self.system.start("notification", *self.arguments)
        send, recipient_id = self.send(not_after_ms=int(time.time() * 1000) + 1500)
        row = outcome(self.client, send)
        self.assertEqual(row["state"], "expired")
        self.assertGreater(row["attempts"], 1)
        self.assertEqual(row["outcome_code"], "lost")
        self.assertIn("deferred", self.passed(recipient_id))

    def test_f25_others_are_unhurt_meanwhile(self):
        self.server.fail("dot", HANG)
        slow, _ = self.send()
        wait_until(lambda: self.server.taken)
        began = time.monotonic()
        good, _ = self.send()
        sms = self.client.sms.send(person=self.person, text="Hej!")
        self.assertEqual(outcome(self.client, good)["state"], "accepted")
        self.assertEqual(outcome(self.client, sms["send"])["state"], "accepted")
        if time.monotonic() - began < 0.9:  # on a machine that is not overloaded
            self.assertEqual(recipient(self.client, slow)["state"], "claimed")
        self.assertEqual(outcome(self.client, slow)["state"], "unknown")

    def test_f26_refused_for_now_then_fine(self):
        answers = [
            ("banner", "421 4.3.2 closing"),
            ("ehlo", "451 4.3.0 not yet"),
            ("mail", "450 4.7.1 greylisted"),
            ("rcpt", "450 4.2.1 mailbox busy"),
            ("rcpt", "452 4.2.2 mailbox full"),
            ("data", "451 4.3.0 try later"),
            ("dot", "451 4.7.1 try again later"),
            ("dot", "421 4.4.2 timeout"),
        ]
        for step, answer in answers:
            with self.subTest(step=step, answer=answer):
                self.server.drop_connections()
                time.sleep(0.05)
                times = 2 if step == "ehlo" else 1  # a client that is refused EHLO says HELO
                self.expect_deferred_then_accepted(step, answer, answer, times)
        self.assertEqual(len(self.server.accepted), len(answers))

    def test_f27_refused_for_good(self):
        answers = [
            ("mail", "550 5.7.1 sender refused"),
            ("rcpt", "550 5.1.1 no such user here"),
            ("data", "554 5.5.0 no"),
            ("dot", "552 5.3.4 message too large"),
            ("dot", "554 5.7.1 content refused\x1b[31m"),
        ]
        for step, answer in answers:
            with self.subTest(step=step, answer=answer):
                self.server.fail(step, answer)
                send, recipient_id = self.send()
                row = outcome(self.client, send)
                self.assertEqual((row["state"], row["attempts"]), ("failed", 1))
                self.assertEqual(row["outcome_code"], answer[:3])
                self.assertEqual(row["outcome_text"], answer[4:].replace("\x1b", "?"))
                self.assertEqual(self.passed(recipient_id), ["queued", "claimed", "failed"])
        self.assertEqual(self.server.accepted, [])
        send, _ = self.send()
        self.assertEqual(outcome(self.client, send)["state"], "accepted")

    def test_multi_line_answers_are_read_whole(self):
        self.server.fail("rcpt", "550-5.1.1 The mailbox\r\n550 5.1.1 does not exist")
        send, _ = self.send()
        row = outcome(self.client, send)
        self.assertEqual((row["state"], row["outcome_code"]), ("failed", "550"))
        self.assertEqual(row["outcome_text"], "5.1.1 The mailbox 5.1.1 does not exist")

    def test_f28_no_answer_to_the_final_dot(self):
        for how, code in ((CUT, "lost"), (HANG, "timeout"), (DRIP, "timeout")):
            with self.subTest(code=code):
                self.server.taken.clear()
                self.server.fail("dot", how)
                send, recipient_id = self.send()
                row = outcome(self.client, send)
                self.assertEqual((row["state"], row["outcome_code"]), ("unknown", code))
                time.sleep(QUIET_S)
                self.assertEqual(len(self.server.taken), 1)  # never again by itself
                self.assertEqual(self.passed(recipient_id), ["queued", "claimed", "unknown"])

    def test_f28_late_250_then_a_person_settles_it(self):
        def late():
            time.sleep(2)
            return "250 2.0.0 Ok: queued late"

        self.server.fail("dot", late)
        send, recipient_id = self.send()
        self.assertEqual(outcome(self.client, send)["state"], "unknown")
        unknown = self.client.recipient.list(state="unknown", limit=10)["recipients"]
        self.assertEqual([row["recipient"] for row in unknown], [recipient_id])
        settled = self.client.recipient.resolve(recipient=recipient_id, state="delivered", outcome_text="seen in the log")
        self.assertEqual(settled["state"], "delivered")
        self.assertEqual(self.passed(recipient_id), ["queued", "claimed", "unknown", "delivered"])
        bodies = [
            r.body.get("body") for r in self.system.journal("notification")
            if r.type == "recipient.changed" and r.body["recipient"]["recipient"] == recipient_id
        ]
        self.assertEqual(bodies, [None, None, "Hej.\n", None])  # one activity is made of it

    def test_unknown_is_repeated_only_at_least_once_and_marked(self):
        self.server.fail("dot", CUT, times=2)
        send, recipient_id = self.send(at_least_once=True)
        wait_until(lambda: recipient(self.client, send)["state"] == "accepted")
        self.assertEqual(recipient(self.client, send)["attempts"], 3)
        repeat = ["unknown", "queued", "claimed"]
        self.assertEqual(self.passed(recipient_id), ["queued", "claimed", *repeat, *repeat, "accepted"])
        marks = [next((l for l in t.split(b"\r\n") if b"Repeat" in l), None) for t in self.server.taken]
        self.assertEqual(marks, [None, b"X-Personkort-Repeat: 1", b"X-Personkort-Repeat: 2"])
        ids = {line for t in self.server.taken for line in t.split(b"\r\n") if line.lower().startswith(b"message-id:")}
        self.assertEqual(len(ids), 1)  # a receiver can tell the repeat

    def test_f29_killed_between_the_250_and_the_commit(self):
        killed = threading.Event()

        def answer_the_dead():
            killed.wait(20)
            return "250 2.0.0 Ok: queued"

        self.server.fail("dot", answer_the_dead)
        send, recipient_id = self.send()
        self.assertTrue(self.server.dot_came.wait(20))
        self.system.kill("notification")
        killed.set()
        self.system.start("notification", *self.arguments)
        row = outcome(self.client, send)
        self.assertEqual((row["state"], row["outcome_code"]), ("unknown", "stopped"))
        time.sleep(QUIET_S)
        self.assertEqual(len(self.server.taken), 1)
        self.assertEqual(self.passed(recipient_id), ["queued", "claimed", "unknown"])

    def test_a_clean_stop_gives_back_what_was_not_handed_over(self):
        self.server.fail("rcpt", HANG, times=2)
        sends = [self.send() for _ in range(6)]
        wait_until(lambda: self.server.sessions == 2)
        self.system.stop("notification")
        self.assertEqual(self.server.taken, [])
        self.system.start("notification", *self.arguments)
        for send, recipient_id in sends:
            self.assertEqual(outcome(self.client, send)["state"], "accepted")
            self.assertNotIn("unknown", self.passed(recipient_id))
        self.assertEqual(len(self.server.accepted), len(sends))

    def test_connections_that_ended_by_themselves_are_made_anew(self):
        self.restart(smtp__connections=1)
        send, _ = self.send()
        self.assertEqual(outcome(self.client, send)["state"], "accepted")
        self.server.drop_connections()
        send, _ = self.send()
        row = outcome(self.client, send)
        self.assertEqual((row["state"], row["attempts"]), ("accepted", 1))
        self.server.fail("mail", "421 4.4.2 idle too long")
        send, _ = self.send()
        row = outcome(self.client, send)
        self.assertEqual((row["state"], row["attempts"]), ("accepted", 1))

    def test_a_server_without_starttls_gets_nothing(self):
        self.restart(smtp__tls="starttls")
        send, _ = self.send()
        wait_reason(self.client, "STARTTLS")
        self.assertIn(recipient(self.client, send)["state"], ("queued", "claimed"))
        self.assertEqual(self.server.taken, [])


if __name__ == "__main__":
    unittest.main()
