#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the Python client against a service that does as each test tells it."""

import datetime
import hashlib
import pathlib
import struct
import sys
import tempfile
import threading
import unittest

try:
    import msgpack
    import zmq
except ImportError as missing:
    print(f"left out: the Python client, {missing.name} is not installed")
    sys.exit(0)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))

import personkort  # noqa: E402
from personkort import batch, bus, client, journal  # noqa: E402

STORE = b"S" * 16


class Service:
    """Answers what comes to its doors with `answer(envelope)`: a reply without v and id, or None to be silent."""

    def __init__(self, folder):
        self.addresses = {door: f"ipc://{folder}/person.{door}" for door in bus.Addresses._fields}
        self.context = zmq.Context()
        self.doors = [self._bind(zmq.ROUTER, "command"), self._bind(zmq.ROUTER, "query")]
        self.publisher = self._bind(zmq.XPUB, "events")
        self.heard = []
        self.answer = lambda envelope: ok({})
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _bind(self, kind, door):
        socket = self.context.socket(kind)
        socket.bind(self.addresses[door])
        return socket

    def _run(self):
        while not self.stopping.is_set():
            for door in self.doors:
                if door.poll(5):
                    peer, empty, data = door.recv_multipart()
                    envelope = msgpack.unpackb(data)
                    self.heard.append(envelope)
                    reply = self.answer(envelope)
                    if reply is not None:
                        door.send_multipart([peer, empty, msgpack.packb({"v": 1, "id": envelope["id"], **reply})])

    def stop(self):
        self.stopping.set()
        self.thread.join()
        self.context.destroy(linger=0)


def ok(body, seq=None):
    return {"status": "ok", "body": body, **({} if seq is None else {"seq": seq})}


def error(code, retry=False, **more):
    return {"status": "error", "error": {"code": code, "message": "No.", "retry": retry, **more}}


def in_turn(*replies):
    """An answer that gives one reply after the other."""
    left = list(replies)
    return lambda envelope: left.pop(0)


def record(seq, before, body, erased=False):
    """A journal record as common/store/journal.h draws it."""
    texts = [b"person.created", b"person/17", b"anna", b"webshop", b"c-1", b""]
    header = struct.pack(">qQq16s", 1700000000000, 17, 0, bytes(16))
    header += b"".join(bytes([len(text)]) + text for text in texts) + bytes(2)
    salt, content = (bytes(16), bytes(32)) if erased else (b"s" * 16, msgpack.packb(body))
    body_digest = content if erased else blake(salt + content)
    digest = blake(before + struct.pack(">Q", seq) + header + body_digest)
    return digest, struct.pack(">IBBH", 0, 1, int(erased), len(header)) + digest + salt + header + content


def blake(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def page(*records, diverged=False):
    entries = [{"seq": seq, "record": raw} for seq, raw in records]
    return ok({"store": STORE, "epoch": 1, "diverged": diverged, "last_seq": 9, "records": entries})


class ClientTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.service = Service(folder.name)
        self.addCleanup(self.service.stop)
        path = pathlib.Path(folder.name) / "bus.zpl"
        lines = ["# addresses", "person"] + [f'    {door} = "{at}"' for door, at in self.service.addresses.items()]
        path.write_text("\n".join(lines) + "\n")
        for module in (client, batch):
            module.FIRST_PAUSE_S = 0.01
        self.addCleanup(setattr, client, "RESEND_S", client.RESEND_S)
        self.client = personkort.Client(str(path), source="test", actor="anna")
        self.addCleanup(self.client.close)

    def test_command_is_sent_as_designed(self):
        self.service.answer = lambda envelope: ok({"person": 17, "revision": 1}, seq=5)
        reply = self.client.person.create(given_name="Åsa", terms_accepted_on=datetime.date(2024, 2, 29))
        self.assertEqual((reply["person"], reply.seq), (17, 5))
        sent = self.service.heard[0]
        self.assertEqual(sent["body"], {"given_name": "Åsa", "terms_accepted_on": "2024-02-29"})
        self.assertEqual((sent["v"], sent["type"], sent["source"], sent["actor"]), (1, "person.create", "test", "anna"))
        self.assertNotIn("seen", sent)
        self.assertEqual(len(sent["id"]), 32)

    def test_later_messages_tell_what_was_seen(self):
        self.service.answer = in_turn(ok({}, seq=5), ok({}, seq=4), ok({}))
        self.client.person.create(given_name="A")
        self.client.person.get(person=17)
        self.client.person.get(person=17)
        positions = [sent.get("seen") for sent in self.service.heard]
        self.assertEqual(positions, [None] + [[{"store": "person", "seq": 5}]] * 2)

    def test_same_id_is_sent_again_after_silence(self):
        client.RESEND_S = 0.05
        self.service.answer = in_turn(None, None, ok({"person": 1}))
        self.client.person.create(given_name="A", _id="mine")
        self.assertEqual(len(self.service.heard), 3)
        self.assertEqual(self.service.heard[0], self.service.heard[2])
        self.assertEqual(self.service.heard[0]["id"], "mine")

    def test_busy_is_tried_again(self):
        self.service.answer = in_turn(error("busy", retry=True), error("not_yet", retry=True), ok({"person": 1}))
        self.assertEqual(self.client.person.create(given_name="A"), {"person": 1})
        self.assertEqual(len({sent["id"] for sent in self.service.heard}), 1)

    def test_refusal(self):
        self.service.answer = lambda envelope: error("invalid_field", field="given_name")
        with self.assertRaises(personkort.Refused) as caught:
            self.client.person.create(given_name="")
        refused = caught.exception
        self.assertEqual((refused.code, refused.field, refused.retry), ("invalid_field", "given_name", False))
        self.assertEqual(len(self.service.heard), 1)

    def test_unreadable_id_is_still_a_refusal(self):
        self.service.answer = lambda envelope: {**error("malformed"), "id": ""}
        with self.assertRaises(personkort.Refused):
            self.client.query("person.get", {})

    def test_unreachable(self):
        self.service.answer = lambda envelope: None
        with self.assertRaises(personkort.Unreachable) as caught:
            self.client.person.create(given_name="A", _id="mine", _expires_in_s=0.1)
        self.assertEqual((caught.exception.service, caught.exception.id), ("person", "mine"))

    def test_late_reply_is_dropped(self):
        client.RESEND_S = 0.05
        self.service.answer = lambda envelope: {**ok({"late": True}), "id": "another"}
        with self.assertRaises(personkort.Unreachable):
            self.client.query("person.get", {}, timeout_s=0.2)

    def test_none_takes_away_and_absent_is_not_sent(self):
        self.client.person.update(person=17, region=None)
        self.assertEqual(self.service.heard[0]["body"], {"person": 17, "region": None})

    def test_arguments_are_checked(self):
        with self.assertRaises(TypeError):
            self.client.person.create(given_nmae="A")
        with self.assertRaises(TypeError):
            self.client.query("service.ping", {})
        with self.assertRaises(LookupError):
            self.client.query("person.nothing", {})
        self.assertEqual(self.client.service.ping("person"), {})

    def test_batch(self):
        seen = []

        def answer(envelope):
            ids = [command["id"] for command in envelope["body"]["commands"]]
            seen.append(ids)
            replies = {"a": ok({"person": 1}, seq=7), "b": error("not_unique"), "c": error("busy", retry=True)}
            again = {"c": ok({"person": 3}, seq=8)}
            return ok({"replies": [(replies if len(seen) == 1 else again)[id] for id in ids]})

        self.service.answer = answer
        many = self.client.batch()
        for id in "abc":
            many.person.create(given_name=id, _id=id)
        first, second, third = many.send()
        self.assertEqual((first, first.seq, third, third.seq), ({"person": 1}, 7, {"person": 3}, 8))
        self.assertEqual(second.code, "not_unique")
        self.assertEqual(seen, [["a", "b", "c"], ["c"]])
        self.assertEqual(self.client.seen, {"person": 8})
        self.assertEqual(self.service.heard[1]["body"]["commands"][0]["seen"], [{"store": "person", "seq": 7}])
        self.assertEqual(many.send(), [])
        with self.assertRaises(TypeError):
            many.person.get(person=1)

    def test_large_batch_is_cut(self):
        def answer(envelope):
            return ok({"replies": [ok({"person": 1}) for _ in envelope["body"]["commands"]]})

        self.service.answer = answer
        many = self.client.batch()
        for _ in range(1100):
            many.person.create(given_name="x" * 100)
        self.assertEqual(len(many.send()), 1100)
        sizes = [len(msgpack.packb(sent)) for sent in self.service.heard]
        self.assertGreater(len(sizes), 1)
        self.assertLess(max(sizes), 256 * 1024)

    def test_follow(self):
        first, raw_1 = record(1, bytes(32), {"card": {"person": 17}})
        second, raw_2 = record(2, first, None, erased=True)
        _, raw_3 = record(3, second, {})
        self.service.answer = in_turn(page((1, raw_1), (2, raw_2)), page((3, raw_3)))
        records = self.client.follow("person")
        got = [next(records) for _ in range(3)]
        self.assertEqual((got[0].type, got[0].subject, got[0].actor), ("person.created", "person/17", "anna"))
        self.assertEqual((got[0].person, got[0].body), (17, {"card": {"person": 17}}))
        self.assertEqual((got[1].body, got[1].erased), (None, True))
        asked = self.service.heard[1]["body"]
        self.assertEqual((asked["after"], asked["after_digest"], asked["store"], asked["epoch"]), (2, second, STORE, 1))

    def test_follow_goes_on_from_a_record(self):
        first, raw_1 = record(1, bytes(32), {})
        _, raw_2 = record(2, first, {})
        self.service.answer = in_turn(page((1, raw_1)), page((2, raw_2)))
        kept = next(self.client.follow("person"))
        self.assertEqual(next(self.client.follow("person", after=kept)).seq, 2)
        self.assertEqual(self.service.heard[1]["body"]["after_digest"], kept.digest)

    def test_follow_refuses_another_history(self):
        self.service.answer = lambda envelope: page(diverged=True)
        with self.assertRaises(personkort.Diverged):
            next(self.client.follow("person", after=4))
        _, raw = record(1, b"x" * 32, {})
        self.service.answer = lambda envelope: page((1, raw))
        with self.assertRaisesRegex(ValueError, "does not follow"):
            next(self.client.follow("person"))
        self.service.answer = lambda envelope: page((2, raw))
        with self.assertRaisesRegex(ValueError, "record 2 came after 0"):
            next(self.client.follow("person"))

    def test_damaged_records(self):
        _, raw = record(1, bytes(32), {})
        for cut in range(len(raw) - 4):
            try:
                journal.decode(1, raw[:cut], STORE, 1)
            except ValueError:
                continue
            self.assertGreaterEqual(cut, 56 + struct.unpack_from(">H", raw, 6)[0])

    def test_subscribe(self):
        doorbells = self.client.subscribe("person", ["person."])
        got = []
        reader = threading.Thread(target=lambda: got.append(next(doorbells)))
        reader.start()
        self.assertEqual(self.service.publisher.recv(), b"\x01person.")
        self.service.publisher.send_multipart([b"person.created", msgpack.packb({"v": 1, "seq": 3})])
        reader.join()
        self.assertEqual(got, [("person.created", {"v": 1, "seq": 3})])
        doorbells.close()


class BusFileTest(unittest.TestCase):
    def problem(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".zpl") as file:
            file.write(text)
            file.flush()
            with self.assertRaises(ValueError) as caught:
                bus.load(file.name)
            return str(caught.exception).removeprefix(file.name)

    def test_mistakes_name_their_line(self):
        self.assertIn(":2: unknown key", self.problem("person\n    comand = 'ipc://x'\n"))
        self.assertIn(":2: neither", self.problem("person\n  command = 'ipc://x'\n"))
        self.assertIn("no `query`", self.problem("person\n    command = 'ipc://x'\n"))
        doors = "".join(f"    {door} = 'tcp://localhost:1'\n" for door in bus.Addresses._fields)
        self.assertIn("on tcp", self.problem("person\n" + doors))
        self.assertIn(":2: unknown key", self.problem("curve\n    command = 'ipc://x'\n"))
        self.assertIn("no `server_public`", self.problem("curve\n    key = '/nonexistent'\n"))

    def test_a_key_leads_to_tcp(self):
        public, secret = zmq.curve_keypair()
        with tempfile.TemporaryDirectory() as folder:
            key, file = pathlib.Path(folder) / "key", pathlib.Path(folder) / "bus.zpl"
            doors = "".join(
                f"    {door} = ipc://x/{door}\n    {door}.tcp = 'tcp://localhost:{port}'\n"
                for port, door in enumerate(bus.Addresses._fields, start=1)
            )
            file.write_text(f'curve\n    server_public = "{"s" * 40}"\nperson\n{doors}')
            key.write_text(f'curve\n    public-key = "{public.decode()}"\n    secret-key = "{secret.decode()}"\n')
            key.chmod(0o644)
            with self.assertRaisesRegex(ValueError, "0600"):
                bus.load(file, key)
            key.chmod(0o600)
            services, keys = bus.load(file, key)
            self.assertEqual(services["person"].query, "tcp://localhost:2")
            self.assertEqual(keys, (public, secret, b"s" * 40))
            services, keys = bus.load(file)
            self.assertEqual((services["person"].query, keys), ("ipc://x/query", None))
            key.write_text("curve\n")
            with self.assertRaisesRegex(ValueError, "no key pair"):
                bus.load(file, key)


if __name__ == "__main__":
    unittest.main()
