#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The main job, end to end, as another system would do it: a card is made, a mail is sent from it to a real mail server, the send has
become an activity on the card, the statistics have counted it, and a subscriber saw the figures change.

The mail server is aiosmtpd with STARTTLS and AUTH; what arrives there is read by Python's own parser of e-mail.
"""

import email
import email.policy
import ssl
import subprocess
import unittest

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from harness import System, wait_until

GIVEN_NAME, FAMILY_NAME = "Åsa", "Öberg-Lindström"
ADDRESS = "asa.oberg@example.test"
SUBJECT = "Välkommen till oss, Åsa – på återseende!"
TEXT = "Hej Åsa!\n\nVi ses på torsdag: räksmörgås och kaffe.\n.\nHälsningar från Håkan 👋\n"
HTML = "<p>Hej Åsa! Vi ses på <b>torsdag</b>.</p>"
FILE_NAME = "träningsschema.bin"
FILE = bytes(range(256)) * 2000  # in several pieces
USER, PASSWORD = "svc@example.test", "hemligt-lösenord"


class MailServer(Controller):
    """Keeps what it takes: (sender, recipients, content, whether it was encrypted)."""

    def __init__(self, folder):
        self.certificate = folder / "server.pem"
        key = folder / "server.key"
        make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        subprocess.run([*make.split(), "-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, key)
        self.taken = []
        super().__init__(
            self,
            hostname="127.0.0.1",
            port=0,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            auth_require_tls=True,
            authenticator=self.authenticate,
        )

    def _trigger_server(self):
        """The port is known only once it is bound; the base class would connect to port 0."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    @staticmethod
    def authenticate(server, session, envelope, mechanism, data):
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=good)

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content, session.ssl is not None))
        return f"250 2.0.0 Ok: queued as {len(self.taken):06d}"


class Subscriber:
    """Another system's dashboard: keeps the newest figure of each topic."""

    def __init__(self, system):
        self.figures = {}
        self.subscription = system.client(source="dashboard").subscribe("stats", ["figures."])

    def saw(self, topic, activities):
        """Takes what has come; whether the topic's newest figure says so."""
        while received := self.subscription.receive(0.05):
            self.figures[received[0]] = received[1]["cell"]["activities"]
        return self.figures.get(topic) == activities


class MainJob(unittest.TestCase):
    def setUp(self):
        self.system = System("person", "activity", "stats")
        self.server = MailServer(self.system.folder)
        self.server.start()
        self.addCleanup(self.server.stop)
        password = self.system.folder / "password"
        password.touch(mode=0o600)
        password.write_text(PASSWORD + "\n")
        settings = self.system.folder / "personkort.zpl"
        settings.write_text(
            f"""notification
    transport_email = "smtp"
    mail.from = "klubben@example.test"
    mail.from_name = "Klubben på Söder"
    smtp.url = "smtp://localhost:{self.server.port}"
    smtp.ca_file = "{self.server.certificate}"
    smtp.user = "{USER}"
    smtp.password_file = "{password}"
"""
        )
        self.enterContext(self.system)
        self.system.start("notification", "--config", settings)
        self.client = self.system.client(source="webshop", actor="anna")
        for text in (FAMILY_NAME, ADDRESS, SUBJECT, "räksmörgås", PASSWORD):
            self.system.canary(text)

    def put_file(self):
        piece, blob = 100_000, None
        for at in range(0, len(FILE), piece):
            data = FILE[at : at + piece]
            given = {"blob": blob} if blob else {}
            blob = self.client.blob.put(offset=at, data=data, last=at + len(data) == len(FILE), **given)["blob"]
        return blob

    def test_a_mail_sent_from_a_card_is_an_activity_and_is_counted(self):
        subscriber = Subscriber(self.system)
        person = self.client.person.create(
            given_name=GIVEN_NAME, family_name=FAMILY_NAME, email=ADDRESS, consents=[{"channel": "email", "granted": True}]
        )["person"]
        email_type = next(t["type"] for t in self.client.type.list()["types"] if t["code"] == "email_out")
        calls = self.call_until_seen(person, subscriber)

        attachment = {"name": FILE_NAME, "content_type": "application/octet-stream", "blob": self.put_file()}
        sent = self.client.email.send(person=person, subject=SUBJECT, text=TEXT, html=HTML, attachments=[attachment])
        self.assertEqual(sent["state"], "queued")
        self.check_recipient(sent)
        self.check_mail()
        self.check_activity(person, email_type, sent)
        self.check_figures(person, email_type, subscriber, calls)

    def call_until_seen(self, person, subscriber):
        """Writes calls until the subscriber sees one counted: a subscription takes a moment to arrive. How many it took."""
        for calls in range(1, 100):
            self.client.activity.create(person=person, type=1, subject="Ringde", status="in_progress")
            wait_until(lambda: self.client.stats.figures()["total"]["activities"] == calls, what="the call's being counted")
            if subscriber.saw("figures.total", calls):
                return calls
        raise AssertionError("no figure reached the subscriber")

    def check_recipient(self, sent):
        def state():
            return self.client.send.get(send=sent["send"])["recipients"][0]

        wait_until(lambda: state()["state"] not in ("queued", "claimed"), what="the outcome")
        row = state()
        self.assertEqual((row["recipient"], row["state"], row["attempts"]), (sent["recipient"], "accepted", 1), row)
        self.assertIn("queued as 000001", row["outcome_text"])

    def check_mail(self):
        self.assertEqual(len(self.server.taken), 1)
        sender, recipients, content, encrypted = self.server.taken[0]
        self.assertEqual((sender, recipients, encrypted), ("klubben@example.test", [ADDRESS], True))
        mail = email.message_from_bytes(content, policy=email.policy.default)
        self.assertEqual(mail["Subject"], SUBJECT)
        self.assertEqual(mail["To"].addresses[0].display_name, f"{GIVEN_NAME} {FAMILY_NAME}")
        self.assertEqual(mail["To"].addresses[0].addr_spec, ADDRESS)
        self.assertEqual(mail["From"].addresses[0].display_name, "Klubben på Söder")
        self.assertTrue(mail["Message-ID"].endswith("@example.test>") and mail["Date"])
        text = mail.get_body(("plain",))
        self.assertEqual(text.get_content_charset(), "utf-8")
        self.assertEqual(text.get_content().replace("\r\n", "\n"), TEXT)
        self.assertEqual(mail.get_body(("html",)).get_content().strip(), HTML)
        (attached,) = mail.iter_attachments()
        self.assertEqual((attached.get_filename(), attached.get_content()), (FILE_NAME, FILE))
        self.assertTrue(all(line.isascii() for line in content.split(b"\r\n\r\n")[0].splitlines()), "raw header bytes")

    def check_activity(self, person, email_type, sent):
        def sends():
            rows = self.client.activity.list(person=person, limit=10).get("activities", [])
            return [row for row in rows if row["origin"] == "email"]

        wait_until(sends, what="the activity")
        (row,) = sends()
        whole = self.client.activity.get(activity=row["activity"])["activity"]
        wanted = {
            "person": person,
            "type": email_type,
            "subject": SUBJECT,
            "body": TEXT,
            "status": "done",
            "outcome": "accepted",
            "send": sent["send"],
            "recipient": sent["recipient"],
            "created_by": "anna",
        }
        self.assertEqual({name: whole.get(name) for name in wanted}, wanted)

    def check_figures(self, person, email_type, subscriber, calls):
        def cells(**of):
            return self.client.stats.figures(**of)["total"]["activities"]

        after = calls + 1
        wait_until(lambda: cells() == after, what="the total")
        self.assertEqual((cells(person=person), cells(type=email_type), cells(type=1)), (after, 1, calls))
        topics = {"figures.total": after, f"figures.type/{email_type}": 1, f"figures.person/{person}": after}
        for topic, wanted in topics.items():
            wait_until(lambda: subscriber.saw(topic, wanted), what=f"{topic} at the subscriber")
        self.assertFalse(self.client.stats.recount().get("differences"))


if __name__ == "__main__":
    unittest.main()
