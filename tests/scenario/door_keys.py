#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who comes in over tcp, as whom, and what he may do and see. Source: design.md 8, faults.md F23."""

import contextlib
import os
import pathlib
import time
import tomllib
import unittest

import msgpack
import zmq

from harness import System, wait_until
from harness.pk import Pk as Program
from harness.tcp import TcpSystem
from personkort import Refused, Unreachable

ROLES = pathlib.Path(__file__).resolve().parents[2] / "proto/roles.toml"
SECRET = "Kanariefågelns hemliga dagbok"


@contextlib.contextmanager
def bare(system, key, service="person", door="command"):
    """A socket that comes in with a key, and says what it likes."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger = 0
        system.prove(dealer, key)
        dealer.connect(system.tcp_address(service, door))
        yield dealer


def ask(door, timeout_s=30, **envelope):
    envelope = {"v": 1, "expires_ms": int(time.time() * 1000) + 30_000, **envelope}
    door.send_multipart([b"", msgpack.packb(envelope)])
    if not door.poll(timeout_s * 1000):
        raise AssertionError("no answer")
    return msgpack.unpackb(door.recv_multipart()[1])


def create(client, **fields):
    return client.person.create(given_name="Åsa", **fields)


class Keys(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(TcpSystem("person"))

    def counter(self, name):
        counters = self.system.ask("person", "service.counters")["counters"]
        return next(counter["value"] for counter in counters if counter["name"] == name)

    def assert_not_allowed(self, call):
        with self.assertRaises(Refused) as refused:
            call()
        self.assertEqual(refused.exception.code, "not_allowed")

    def test_an_unknown_key_stays_out_until_it_is_added(self):
        public = self.system.stranger("stranger")
        client = self.system.tcp_client("stranger")
        with self.assertRaises(Unreachable):
            client.query("service.ping", {}, service="person", timeout_s=2)
        self.assertGreater(self.counter("connections_refused"), 0)
        self.assertIn("its key is not on the list of allowed keys", self.system.log("person"))
        self.assertIn(public, self.system.log("person"))
        self.system.key("stranger", "writer", public)
        self.assertGreater(create(client)["person"], 0)

    def test_a_key_does_what_its_role_may(self):
        self.system.key("anna", "reader")
        client = self.system.tcp_client("anna")
        client.person.list(limit=1)
        self.assert_not_allowed(lambda: create(client))
        self.assert_not_allowed(lambda: next(client.follow("person")))
        batch = client.batch()
        batch.person.create(given_name="Åsa")
        (outcome,) = batch.send()
        self.assertEqual(outcome.code, "not_allowed")
        self.assertEqual(self.system.health("person")["seq"], 0)
        self.assertEqual(self.counter("senders_refused"), 3)
        self.assertRegex(self.system.log("person"), r"role of its key may not send it.* key=anna type=person\.create")
        self.system.pk.expect(0, "key", "role", "anna", "writer")
        self.assertGreater(create(client)["person"], 0)

    def test_a_revoked_key_is_refused_on_an_open_connection(self):
        self.system.key("anna", "admin")
        client = self.system.tcp_client("anna")
        figures = client.subscribe("person", [""])
        wait_until(lambda: create(client) and figures.receive(0.1), what="a doorbell")
        client.person.list(limit=1)  # both doors are open
        with bare(self.system, "anna", door="query") as door:
            seq = self.system.health("person")["seq"]
            body = {"after": seq, "limit": 10, "wait_ms": 20_000}
            door.send_multipart([b"", msgpack.packb({"v": 1, "id": "poll", "type": "journal.read", "body": body})])
            wait_until(lambda: self.counter("long_polls") == 1, what="a long poll")
            self.system.pk.expect(0, "key", "revoke", "anna")
            self.assert_not_allowed(lambda: create(client))
            self.assert_not_allowed(lambda: client.person.list(limit=1))
            while figures.receive(0.2):
                pass
            create(self.system.client())  # which would end the poll, and ring
            self.assertTrue(door.poll(10_000))
            self.assertEqual(msgpack.unpackb(door.recv_multipart()[1])["error"]["code"], "not_allowed")
        self.assertIsNone(figures.receive(2))
        figures.close()
        self.assertIn("not on the list of allowed keys any more", self.system.log("person"))
        with self.assertRaises(Unreachable):
            self.system.tcp_client("anna").query("service.ping", {}, service="person", timeout_s=2)

    def test_the_key_says_who_acts_and_nothing_else_does(self):
        self.system.key("webshop", "writer")
        self.system.key("other", "writer")
        names = {"type": "person.create", "id": "1", "source": "boss", "actor": "boss", "body": {"given_name": "Åsa"}}
        with bare(self.system, "webshop") as door, bare(self.system, "other") as other:
            first = ask(door, **names)
            self.assertEqual(ask(door, **{**names, "source": "x", "actor": "y"})["body"], first["body"])
            second = ask(other, **names)
        with bare(self.system, "webshop") as door:
            self.assertEqual(ask(door, **names)["body"], first["body"])  # over another connection, too
        records = self.system.journal("person")
        self.assertEqual([(r.sender, r.actor) for r in records], [("webshop", "webshop"), ("other", "other")])
        self.assertNotEqual(first["body"]["person"], second["body"]["person"])
        asker = self.system.tcp_client("other", source="webshop")  # and is told of his own commands alone
        result = asker.query("command.result", {"command_id": "1"}, service="person")
        self.assertEqual(result["body"], second["body"])

    def test_without_a_key_or_with_the_wrong_one_of_the_service_nothing_is_said(self):
        self.system.key("anna", "admin")
        impostor = self.system.stranger("impostor").encode()
        with zmq.Context() as context, context.socket(zmq.DEALER) as plain, context.socket(zmq.DEALER) as misled:
            plain.linger = misled.linger = 0
            self.system.prove(misled, "anna")
            misled.curve_serverkey = impostor
            for door in (plain, misled):
                door.connect(self.system.tcp_address("person", "query"))
                door.send_multipart([b"", msgpack.packb({"v": 1, "id": "1", "type": "service.ping", "body": {}})])
            time.sleep(2)
            self.assertFalse(plain.poll(0) or misled.poll(0))

    def test_a_list_with_a_mistake_lets_nobody_in_until_it_is_mended(self):
        self.system.key("anna", "writer")
        client = self.system.tcp_client("anna")
        create(client)
        right = self.system.allow_path.read_text()
        self.system.allow_path.write_text(right + "bo writer\n")
        self.assert_not_allowed(lambda: create(client))
        self.assertIn("line 4: a line has a name, a role and a public key", self.system.log("person"))
        self.system.allow_path.write_text(right)
        create(client)

    def test_info_tells_the_doors_on_tcp(self):
        endpoints = self.system.ask("person", "service.info")["endpoints"]
        person = next(endpoint for endpoint in endpoints if endpoint["service"] == "person")
        self.assertEqual(person["query_tcp"], self.system.tcp_address("person", "query"))


class Fields(unittest.TestCase):
    def test_bodies_are_withheld_from_readers(self):
        with TcpSystem("person", "activity", "notification") as system:
            system.canary(SECRET)
            for name in ("reader", "writer", "privacy"):
                system.key(name, name)
            clients = {name: system.tcp_client(name) for name in ("reader", "writer", "privacy")}
            local = system.client()
            person = create(local, email="asa@example.test")["person"]
            activity = local.activity.create(person=person, type=1, subject="Samtal", body=SECRET)["activity"]
            send = local.email.send(person=person, subject="Hej", text=SECRET, html=SECRET)["send"]
            for name, client in clients.items():
                client.seen.update(local.seen)
                sees = name != "reader"
                shown = client.activity.get(activity=activity)["activity"]
                self.assertEqual((shown["subject"], shown.get("body")), ("Samtal", SECRET if sees else None))
                listed = client.activity.list(person=person, limit=10)["activities"]
                self.assertEqual(any("body" in each for each in listed), any("body" in e for e in listed) and sees)
                sent = client.send.get(send=send)["send"]
                self.assertEqual({"text", "html"} <= sent.keys(), sees, name)
                self.assertEqual(sent["subject"], "Hej")


class OnlyTcp(unittest.TestCase):
    def test_services_follow_each_other_over_tcp(self):
        with TcpSystem("person", "activity", only_tcp=True) as system:
            system.key("anna", "writer")
            client = system.tcp_client("anna")
            person = create(client)
            system.wait_followed("activity", "person", person.seq)
            client.activity.create(person=person["person"], type=1, subject="Samtal")
            self.assertFalse(list((system.folder / "run").iterdir()))

    def test_tcp_without_keys_is_refused(self):
        with System() as system:
            lines = system.bus_path.read_text().replace(f"ipc://{system.folder}/run/person.command", "tcp://127.0.0.1:7001")
            system.bus_path.write_text(lines)
            with self.assertRaises(AssertionError) as failed:
                system.start("person")
            self.assertIn("tcp is refused without CURVE: give server_key and allow", str(failed.exception))
            self.assertEqual(system.ended("person"), 1)

    def test_keys_that_others_may_read_are_refused(self):
        with TcpSystem() as system:
            os.chmod(system.key_path("server"), 0o640)
            with self.assertRaises(AssertionError) as failed:
                system.start("person")
            self.assertIn("set its mode to 0600", str(failed.exception))
            self.assertEqual(system.ended("person"), 1)


class Pk(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(TcpSystem("person"))
        self.pk = self.system.pk

    def test_over_tcp(self):
        self.system.key("anna", "reader")
        self.system.key("bo", "writer")
        key = ("--key", self.system.key_path("bo"))
        person = self.pk.value("person", "person", "create", "--given-name", "Åsa", "--actor", "boss", *key)
        self.assertEqual(self.system.journal("person")[0].actor, "bo")
        reader = ("--key", self.system.key_path("anna"))
        self.assertEqual(self.pk.json("person", "get", person, *reader)["card"]["given_name"], "Åsa")
        refused = self.pk.expect(7, "person", "create", "--given-name", "Åsa", *reader)
        self.assertIn("role may not send this", refused.stderr)
        self.pk.expect(7, "watch", "--service", "person", "--after", "0", "--count", "1", *reader)
        self.system.stranger("eve")
        unheard = self.pk.expect(6, "person", "list", "--timeout", "2", "--key", self.system.key_path("eve"))
        self.assertIn("does not let this key in", unheard.stderr)

    def test_from_another_machine(self):
        """With a bus file that has nothing but what is public, and the key in the environment."""
        self.system.key("anna", "reader")
        far = self.system.folder / "far.zpl"
        doors = "".join(f'    {door} = "{self.system.tcp_address("person", door)}"\n' for door in ("command", "query", "events"))
        far.write_text(f'curve\n    server_public = "{self.system.server_public}"\nperson\n{doors}')
        pk = Program(far, PERSONKORT_KEY=str(self.system.key_path("anna")))
        pk.expect(0, "person", "list")
        self.assertIn("key of one's own", Program(far).expect(6, "person", "list").stderr)
        far.write_text(f"person\n{doors}")
        self.assertIn("server_public", pk.expect(2, "person", "list").stderr)
        nobody = Program(self.system.bus_path, PERSONKORT_KEY="/nonexistent")
        self.assertIn("pk key generate", nobody.expect(2, "person", "list").stderr)

    def test_key_files(self):
        path = self.system.folder / "made.key"
        public = self.pk.expect(0, "key", "generate", path).stdout.strip()
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(zmq.auth.load_certificate(path)[0].decode(), public)
        self.assertEqual(self.pk.json("key", "show", path)["public_key"], public)
        self.assertIn("never written over", self.pk.expect(4, "key", "generate", path).stderr)
        secret = zmq.auth.load_certificate(path)[1].decode()
        path.chmod(0o644)
        self.assertIn("0600", self.pk.expect(1, "key", "show", path).stderr)
        self.assertNotIn(secret, self.pk.run("key", "show", path).stderr)

    def test_the_list(self):
        public = self.system.stranger("one")
        self.pk.expect(0, "key", "add", "one", "reader", public)
        self.assertEqual(self.pk.table("key", "list", "--no-headers")[-1], ["one", "reader", public])
        self.pk.expect(4, "key", "add", "one", "reader", self.system.stranger("two"))
        self.pk.expect(4, "key", "add", "two", "reader", public)
        self.pk.expect(0, "key", "role", "one", "operator")
        self.pk.expect(0, "key", "rename", "one", "uno")
        self.pk.expect(4, "key", "rename", "uno", "harness")
        self.assertIn({"name": "uno", "role": "operator", "public_key": public}, self.pk.json("key", "list")["keys"])
        for words in (("role", "one", "reader"), ("rename", "one", "two"), ("revoke", "one")):
            self.pk.expect(3, "key", *words)
        self.pk.expect(0, "key", "revoke", "uno")
        self.assertNotIn("uno", self.pk.expect(0, "key", "list").stdout)
        for words in (("add", "two", "emperor", public), ("add", "-", "reader", public), ("add", "two", "reader", "short")):
            self.pk.expect(2, "key", *words)
        elsewhere = self.system.folder / "elsewhere"
        self.pk.expect(0, "key", "add", "one", "reader", public, "--allow", elsewhere)
        self.assertEqual(elsewhere.stat().st_mode & 0o777, 0o644)
        text = self.pk.expect(0, "key", "add", "--help").stdout
        self.assertTrue(all(role in text for role in tomllib.loads(ROLES.read_text())["role"]))


if __name__ == "__main__":
    unittest.main()
