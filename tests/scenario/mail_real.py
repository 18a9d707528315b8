#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A mail from the generated client to a real mail server, over STARTTLS and AUTH, read back there. Source: domain.md 5."""

import email
import email.policy
import os
import pathlib
import subprocess
import unittest

from harness import System, wait_until
from mail import GoodServer, make_certificate, outcome, states, wait_reason, write_settings
from mail.good import PASSWORD, USER

TEXT = "Hej Åsa,\n\n.en rad som börjar med punkt\nå ä ö Å Ä Ö é € – 日本\n" + "lång " * 400 + "\n"
HTML = "<p>Hej <b>Åsa</b>, å ä ö €</p>"


class MailReal(unittest.TestCase):
    def start(self, stack, *, password=PASSWORD, password_mode=0o600, **settings):
        system = stack.enterContext(System("person"))
        authority, certificate, key = make_certificate(system.folder)
        server = stack.enterContext(GoodServer(certificate, key))
        password_file = system.folder / "password"
        password_file.write_text(password + "\n")
        password_file.chmod(password_mode)
        arguments = write_settings(
            system,
            **{
                "transport_email": "smtp",
                "mail__from": "kundtjanst@example.test",
                "mail__from_name": "Kundtjänst Öst",
                "mail__domain": "example.test",
                "smtp__url": f"smtp://localhost:{server.port}",
                "smtp__ca_file": authority,
                "smtp__user": USER,
                "smtp__password_file": password_file,
                "retry_stopped_ms": 300,
                **settings,
            },
        )
        return system, server, arguments

    def put_blob(self, client, content):
        blob, offset = None, 0
        while offset < len(content):
            piece = content[offset : offset + 150_000]
            last = offset + len(piece) == len(content)
            named = {"blob": blob} if blob else {}
            blob = client.blob.put(offset=offset, data=piece, last=last, **named)["blob"]
            offset += len(piece)
        return blob

    def test_mail_with_attachment(self):
        system, server, arguments = self.start(self)
        system.start("notification", *arguments)
        client = system.client(actor="anna")
        given, family = system.canary("Åsaköping"), system.canary("Öbergström")
        address = system.canary("asa.oberg@kund.example.test")
        person = client.person.create(given_name=given, family_name=family, email=address)["person"]
        content = os.urandom(400_000)
        note = "rad ett\r\nrad två\nrad tre\r\n".encode()
        attachments = [
            {"name": "Årsrapport – 日本.pdf", "content_type": "application/pdf", "blob": self.put_blob(client, content)},
            {"name": "not.txt", "content_type": "text/plain", "blob": self.put_blob(client, note)},
        ]
        subject = system.canary("Välkommen, Åsa! – å ä ö €")
        sent = client.email.send(person=person, subject=subject, text=TEXT, html=HTML, attachments=attachments)
        self.assertEqual(outcome(client, sent["send"])["state"], "accepted")
        (session, envelope), = server.mails
        self.assertIsNotNone(session.ssl)
        self.assertEqual(envelope.mail_from, "kundtjanst@example.test")
        self.assertEqual(envelope.rcpt_tos, [address])
        self.check_mail(envelope, f"{given} {family}", address, subject, [content, note])
        rows = states(system, sent["recipient"])
        self.assertEqual([row["state"] for row in rows], ["queued", "claimed", "accepted"])
        self.assertEqual(rows[-1]["outcome_code"], "250")
        self.assertIn("queued as 1", rows[-1]["outcome_text"])
        event, = [
            r.body for r in system.journal("notification")
            if r.type == "recipient.changed" and r.body["recipient"]["state"] == "accepted"
        ]
        self.assertEqual((event["subject"], event["body"], event["created_by"]), (subject, TEXT, "anna"))

    def check_mail(self, envelope, name, address, subject, contents):
        self.assertNotIn(b"\n", envelope.content.replace(b"\r\n", b""))
        self.assertNotIn(b"\r", envelope.content.replace(b"\r\n", b""))
        self.assertTrue(envelope.content.isascii())
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.assertEqual(mail["Subject"], subject)
        self.assertEqual(mail["To"].addresses[0].display_name, name)
        self.assertEqual(mail["To"].addresses[0].addr_spec, address)
        self.assertEqual(mail["From"].addresses[0].display_name, "Kundtjänst Öst")
        self.assertRegex(mail["Message-ID"], r"^<1-[0-9a-f]{32}@example\.test>$")
        self.assertIsNotNone(mail["Date"].datetime)
        self.assertIsNone(mail["X-Personkort-Repeat"])
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        self.assertEqual(plain.get_content_charset(), "utf-8")
        self.assertEqual(plain.get_content(), TEXT)
        self.assertEqual(html.get_content().rstrip("\n"), HTML)
        parts = list(mail.iter_attachments())
        self.assertEqual([p.get_filename() for p in parts], ["Årsrapport – 日本.pdf", "not.txt"])
        self.assertEqual([p.get_content_type() for p in parts], ["application/pdf", "text/plain"])
        self.assertEqual([p.get_payload(decode=True) for p in parts], contents)

    def test_connections_are_kept(self):
        system, server, arguments = self.start(self, smtp__connections=2)
        system.start("notification", *arguments)
        client = system.client()
        person = client.person.create(given_name="Bo", email="bo@kund.example.test")["person"]
        sends = [client.email.send(person=person, subject=f"Nr {n}", text="x")["send"] for n in range(20)]
        for send in sends:
            self.assertEqual(outcome(client, send)["state"], "accepted")
        self.assertEqual(len(server.mails), 20)
        self.assertLessEqual(len({session.peer for session, _ in server.mails}), 2)

    def test_wrong_password_stops_the_channel_and_burns_nothing(self):
        system, server, arguments = self.start(self, password="fel")
        system.start("notification", *arguments)
        client = system.client()
        person = client.person.create(given_name="Bo", email="bo@kund.example.test", mobile="0701234567")["person"]
        sends = [client.email.send(person=person, subject=f"Nr {n}", text="x")["send"] for n in range(5)]
        wait_reason(client, "user name or password")
        sms = client.sms.send(person=person, text="oskadd")
        self.assertEqual(outcome(client, sms["send"])["state"], "accepted")
        # Those that were under way when it was found out come back; one may be on trial just now.
        wait_until(lambda: len(client.recipient.list(limit=10, state="queued").get("recipients") or []) >= 4)
        server.password = "fel"  # mended at the other end
        for send in sends:
            self.assertEqual(outcome(client, send)["state"], "accepted")
        wait_until(lambda: not client.service.health("notification").get("reasons"))
        self.assertEqual(len(server.mails), 5)

    def test_wrong_certificate_stops_the_channel(self):
        system, server, arguments = self.start(self, smtp__ca_file="")
        system.start("notification", *arguments)
        client = system.client()
        person = client.person.create(given_name="Bo", email="bo@kund.example.test")["person"]
        send = client.email.send(person=person, subject="x", text="x")["send"]
        wait_reason(client, "certificate")
        rows = client.send.get(send=send)["recipients"]
        self.assertIn(rows[0]["state"], ("queued", "claimed"))
        self.assertEqual(server.mails, [])

    def test_settings_are_refused(self):
        system, _, _ = self.start(self)
        cases = [
            ({"transport_emial": "smtp"}, "transport_email"),
            ({"transport_email": "post"}, "file, smtp"),
            ({"smtp__connections": "many"}, "from 1 to 64"),
            ({"mail__from": "nobody"}, "mail.from"),
            ({"transport_email": "smtp", "smtp__url": "http://x"}, "smtp://"),
            ({"smtp__password_file": system.folder / "open"}, "chmod 600"),
        ]
        (system.folder / "open").write_text("x\n")
        (system.folder / "open").chmod(0o644)
        program = pathlib.Path(os.environ["PERSONKORT_BIN_DIR"]) / "personkort-notification"
        for settings, says in cases:
            with self.subTest(settings):
                arguments = ("--bus", system.bus_path, "--data", system.data_path, *write_settings(system, **settings))
                ended = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=30)
                self.assertEqual(ended.returncode, 1)
                self.assertIn(says, ended.stderr)


if __name__ == "__main__":
    unittest.main()
