#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What commands and queries of e-mail and SMS answer: refusals with their fields, read-your-writes, repeats, attacks that must fail,
and that a restart keeps everything. Source: domain.md 5, faults.md 3.
"""

import email
import email.policy
import time
import unittest

from harness import System, wait_until
from mail import outcome, recipient, states, write_settings
from personkort import Refused

PIECE = 150_000


class MailCommands(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System("person", "notification"))
        self.client = self.system.client(actor="anna")
        self.outbox = self.system.data_path / "notification" / "outbox"

    def person(self, **fields):
        return self.client.person.create(**{"given_name": "Bo", "email": "bo@kund.example.test", **fields})["person"]

    def refused(self, code, field, call, *arguments, **fields):
        with self.assertRaises(Refused) as refusal:
            call(*arguments, **fields)
        self.assertEqual((refusal.exception.code, refusal.exception.field), (code, field))
        return refusal.exception.message

    def blob(self, content):
        return self.client.blob.put(offset=0, data=content, last=True)["blob"]

    def test_reads_its_own_writes(self):
        for n in range(30):
            person = self.person(given_name=f"Nr {n}")
            self.client.email.send(person=person, subject="Hej", text="x")

    def test_who_is_not_there(self):
        send = self.client.email.send
        self.refused("not_found", "person", send, person=999, subject="x", text="x")
        self.refused("not_found", "person", self.client.sms.send, person=999, text="x")
        self.refused("not_found", "send", self.client.send.get, send=999)
        for call in (self.client.recipient.cancel, self.client.recipient.release):
            self.refused("not_found", "recipient", call, recipient=999)
        self.refused("not_found", "recipient", self.client.recipient.resolve, recipient=999, state="failed")

    def test_without_address_it_is_suppressed(self):
        person = self.client.person.create(given_name="Bo")["person"]
        for sent in (
            self.client.email.send(person=person, subject="x", text="x"),
            self.client.sms.send(person=person, text="x"),
        ):
            self.assertEqual(sent["state"], "suppressed")
            row = recipient(self.client, sent["send"])
            self.assertEqual((row["state"], row["outcome_code"]), ("suppressed", "no_address"))
            self.assertNotIn("address", row)
        self.assertEqual(list(self.outbox.glob("*/*")), [])

    def test_fields_are_checked(self):
        person = self.person(mobile="0701234567")
        send = self.client.email.send
        past = int(time.time() * 1000) - 1000
        self.refused("invalid_field", "not_after_ms", send, person=person, subject="x", text="x", not_after_ms=past)
        for subject in ("a\r\nBcc: x@y.se", "a\nb", "", "a" * 201, "a\x7f"):
            self.refused("invalid_field", "subject", send, person=person, subject=subject, text="x")
        self.refused("malformed", None, send, person=person, subject="a\x00b", text="x")
        self.refused("invalid_field", "text", self.client.sms.send, person=person, text="å" * 700 + "–")
        self.refused("invalid_field", "text", self.client.sms.send, person=person, text="{" * 766)
        self.assertEqual(self.client.sms.send(person=person, text="{" * 760)["segments"], 10)
        self.refused("invalid_field", "state", self.client.recipient.resolve, recipient=1, state="queued")

    def test_attachments_are_checked(self):
        person, blob = self.person(), self.blob(b"x")
        unfinished = self.client.blob.put(offset=0, data=b"x", last=False)["blob"]
        good = {"name": "x.pdf", "content_type": "application/pdf", "blob": blob}

        def refuse(code, field, *attachments):
            self.refused(code, field, self.client.email.send, person=person, subject="x", text="x", attachments=attachments)

        for name in ("../x", "/etc/passwd", "a\\b", ".", ".."):
            refuse("invalid_field", "attachments.name", {**good, "name": name})
        refuse("invalid_field", "attachments[0].name", {**good, "name": "a\r\nX-Evil: 1"})
        for content_type in ("pdf", "application/", "/pdf", "text/plain; charset=x", "multipart/mixed", "message/rfc822"):
            refuse("invalid_field", "attachments.content_type", {**good, "content_type": content_type})
        refuse("not_found", "attachments.blob", {**good, "blob": 999})
        refuse("invalid_field", "attachments.blob", {**good, "blob": unfinished})
        self.assertEqual(self.client.recipient.list(limit=10).get("recipients") or [], [])

    def test_blobs_are_bounded(self):
        blob, size = None, 0
        while size + PIECE <= 10 * 1024 * 1024:
            named = {"blob": blob} if blob else {}
            reply = self.client.blob.put(offset=size, data=bytes(PIECE), last=False, **named)
            blob, size = reply["blob"], reply["size"]
        put = self.client.blob.put
        message = self.refused("wrong_state", "offset", put, blob=blob, offset=0, data=b"x", last=False)
        self.assertIn(str(size), message)
        self.refused("invalid_field", "data", put, blob=blob, offset=size, data=bytes(PIECE), last=False)
        put(blob=blob, offset=size, data=b"x", last=True)
        small = self.blob(bytes(PIECE))
        attachments = [{"name": f"{b}.bin", "content_type": "application/octet-stream", "blob": b} for b in (blob, small)]
        send = self.client.email.send
        person = self.person()
        self.refused("invalid_field", "attachments", send, person=person, subject="x", text="x", attachments=attachments)
        sent = send(person=person, subject="x", text="x", attachments=attachments[:1])
        self.assertEqual(outcome(self.client, sent["send"])["state"], "accepted")
        mail = self.mail(sent["recipient"])
        content, = (part.get_payload(decode=True) for part in mail.iter_attachments())
        self.assertEqual(content, bytes(size) + b"x")

    def mail(self, recipient_id):
        raw = (self.outbox / "email" / f"{recipient_id}.eml").read_bytes()
        return email.message_from_bytes(raw, policy=email.policy.default)

    def test_text_cannot_become_a_header_or_an_end(self):
        person = self.person(given_name='Bo" <evil@x.se>,')
        text = "a\rb\nc\r\nd\r\n.\r\nMAIL FROM:<evil@x.se>\r\n\r\n.\n..\nFrom here\n"
        sent = self.client.email.send(person=person, subject="Bcc: evil@x.se, a: b", text=text, html="<a>\r\n.\r\n")
        self.assertEqual(outcome(self.client, sent["send"])["state"], "accepted")
        raw = (self.outbox / "email" / f"{sent['recipient']}.eml").read_bytes()
        self.assertNotIn(b"\r", raw.replace(b"\r\n", b""))
        self.assertNotIn(b"\n", raw.replace(b"\r\n", b""))
        mail = self.mail(sent["recipient"])
        self.assertEqual(len(mail["To"].addresses), 1)
        self.assertEqual(mail["To"].addresses[0].addr_spec, "bo@kund.example.test")
        self.assertEqual(mail["Subject"], "Bcc: evil@x.se, a: b")
        self.assertIsNone(mail["Bcc"])
        plain = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        self.assertEqual(plain, "a\nb\nc\nd\n.\nMAIL FROM:<evil@x.se>\n\n.\n..\nFrom here\n")

    def test_the_same_command_again_sends_once(self):
        person = self.person()
        replies = [self.client.email.send(person=person, subject="x", text="x", _id="one") for _ in range(3)]
        self.assertEqual(len({(r["send"], r["recipient"]) for r in replies}), 1)
        outcome(self.client, replies[0]["send"])
        self.system.stop("notification")
        self.system.start("notification")
        again = self.client.email.send(person=person, subject="x", text="x", _id="one")
        self.assertEqual(again["recipient"], replies[0]["recipient"])
        self.assertEqual(len(list((self.outbox / "email").iterdir())), 1)
        self.refused("conflict", "id", self.client.email.send, person=person, subject="y", text="x", _id="one")

    def test_what_waits_can_be_cancelled(self):
        (self.outbox / "email").rmdir()  # nothing can be handed over
        person = self.person()
        sent = self.client.email.send(person=person, subject="x", text="x")
        wait_until(lambda: recipient(self.client, sent["send"])["state"] == "deferred")
        message = self.refused("wrong_state", "recipient", self.client.recipient.release, recipient=sent["recipient"])
        self.assertIn("deferred", message)
        self.assertEqual(self.client.recipient.cancel(recipient=sent["recipient"])["state"], "cancelled")
        self.refused("wrong_state", "recipient", self.client.recipient.cancel, recipient=sent["recipient"])
        (self.outbox / "email").mkdir()
        rows = states(self.system, sent["recipient"])
        self.assertEqual([row["state"] for row in rows], ["queued", "claimed", "deferred", "cancelled"])
        self.assertEqual(rows[2]["outcome_code"], "outbox")

    def test_lists_and_restart(self):
        person = self.person(mobile="0701234567")
        sends = [self.client.sms.send(person=person, text=f"Nr {n}")["send"] for n in range(25)]
        for send in sends:
            outcome(self.client, send)
        self.system.stop("notification")
        self.system.start("notification")
        found, after = [], {}
        while True:
            page = self.client.recipient.list(state="accepted", limit=10, **after)
            found += page["recipients"]
            if not page["more"]:
                break
            after = {"after": found[-1]["recipient"]}
        self.assertEqual([row["send"] for row in found], sends)
        self.assertEqual(len(self.client.recipient.list(limit=7)["recipients"]), 7)
        self.assertEqual(self.client.send.get(send=sends[3])["send"]["text"], "Nr 3")
        self.assertEqual((self.outbox / "sms" / f"{found[3]['recipient']}.txt").read_text().split("\n\n", 1)[1], "Nr 3")

    def test_the_event_keeps_what_was_asked(self):
        person = self.person()
        kept = {}
        for keep in ("whole", "subject"):
            sent = self.client.email.send(person=person, subject="Ämne", text="hemligt", keep=keep, test=keep == "subject")
            outcome(self.client, sent["send"])
            kept[keep] = sent["recipient"]
        last = {
            r.body["recipient"]["recipient"]: r for r in self.system.journal("notification") if r.type == "recipient.changed"
        }
        self.assertEqual(last[kept["whole"]].body["body"], "hemligt")
        self.assertNotIn("body", last[kept["subject"]].body)
        self.assertEqual([last[id].body["test"] for id in kept.values()], [False, True])
        self.assertEqual(last[kept["whole"]].person, person)
        self.assertEqual(last[kept["whole"]].body["created_by"], "anna")

    def test_another_outbox(self):
        self.system.stop("notification")
        elsewhere = self.system.folder / "elsewhere"
        self.system.start("notification", *write_settings(self.system, outbox=elsewhere))
        sent = self.client.email.send(person=self.person(), subject="x", text="x")
        self.assertEqual(outcome(self.client, sent["send"])["state"], "accepted")
        self.assertEqual([path.name for path in (elsewhere / "email").iterdir()], [f"{sent['recipient']}.eml"])


if __name__ == "__main__":
    unittest.main()
