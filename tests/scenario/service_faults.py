#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What clients, peers and signals may do to a running service, and what must hold then. Source: faults.md F15, F18–F22."""

import contextlib
import multiprocessing
import os
import pathlib
import random
import signal
import socket
import subprocess
import threading
import time
import unittest

import msgpack
import zmq

from harness import FakeService, System, wait_until
from harness.fake import Journal
from harness.writer import Writer, work
from personkort import Refused

MANY = 10_000
GROWTH_BYTES = 10_000_000
PATIENCE_S = 5  # how long another client waits at most while one misbehaves


def packed(id, type="person.create", expires_in_s=60, source="flood", **body):
    """A command's frame."""
    expires_ms = int((time.time() + expires_in_s) * 1000)
    body = body or {"given_name": "Åsa"}
    return msgpack.packb({"v": 1, "id": id, "type": type, "expires_ms": expires_ms, "source": source, "body": body})


@contextlib.contextmanager
def dealer(address, **options):
    """A bare socket; what it did not send when it is left is dropped."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as door:
        for name, value in {"linger": 0, "sndhwm": 0, **options}.items():
            door.set(getattr(zmq, name.upper()), value)
        door.connect(address)
        yield door


def ask(door, frame, timeout_s=30):
    door.send_multipart([b"", frame])
    if not door.poll(timeout_s * 1000):
        raise AssertionError("no answer")
    return msgpack.unpackb(door.recv_multipart()[1])


def of_process(pid, what):
    """A line of /proc/PID/status in bytes."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no {what} of process {pid}")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def processor_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Ipc:
    """How the tests below come in. Another way is another class of these: see door_faults.py."""

    half_handshakes = 200

    def system(self, *services):
        return System(*services)

    def dealer(self, system, door, **options):
        """A bare socket at a door of person."""
        return dealer(system.address("person", door), **options)

    def client(self, system, sender):
        """The client that is taken for the same sender as a bare socket that names it."""
        return system.client(source=sender)

    def connect(self, system, door):
        """A connection without a word said."""
        raw = socket.socket(socket.AF_UNIX)
        raw.connect(system.address("person", door).removeprefix("ipc://"))
        return raw


class Clients(unittest.TestCase):
    """F18, F19, F20."""

    way = Ipc()

    def dealer(self, door, **options):
        return self.way.dealer(self.system, door, **options)

    def setUp(self):
        self.system = self.enterContext(self.way.system("person"))

    def assert_others_unhurt(self):
        client = self.system.client(source="another")
        started = time.monotonic()
        person = client.person.create(given_name="Bo")["person"]
        self.assertEqual(client.person.get(person=person)["card"]["given_name"], "Bo")
        self.assertLess(time.monotonic() - started, PATIENCE_S)

    def assert_results_by_id(self, prefix):
        client = self.way.client(self.system, "flood")
        # One record is of the person whom another client made meanwhile.
        wait_until(lambda: client.service.info("person")["seq"] == MANY + 1, what=f"{MANY} commands done")
        for i in (0, MANY // 2, MANY - 1, *random.sample(range(MANY), 20)):
            result = client.query("command.result", {"command_id": f"{prefix}{i}"}, service="person")
            self.assertGreater(result["seq"], 0)
            self.assertIn("person", result["body"])

    def test_a_client_that_vanishes(self):
        with self.dealer("command", linger=PATIENCE_S * 1000) as door:
            for i in range(MANY):
                door.send_multipart([b"", packed(f"v{i}")])
        self.assert_others_unhurt()
        self.assert_results_by_id("v")

    def test_a_client_that_never_reads(self):
        before = of_process(self.system.pid("person"), "VmRSS")
        with self.dealer("command", rcvhwm=1) as door:
            for i in range(MANY):
                door.send_multipart([b"", packed(f"n{i}")])
            self.assert_others_unhurt()
            self.assert_results_by_id("n")
            self.assertLess(of_process(self.system.pid("person"), "VmRSS") - before, 100_000_000)

    def test_a_client_that_asks_for_pages_and_never_reads(self):
        with self.dealer("command") as door:
            for i in range(8000):
                door.send_multipart([b"", packed(f"p{i}")])
                while i % 500 == 499 and door.poll(200):
                    door.recv_multipart()
        before = of_process(self.system.pid("person"), "VmRSS")
        page = {"v": 1, "type": "journal.read", "body": {"after": 0, "limit": 10000, "wait_ms": 0}}
        with self.dealer("query", rcvhwm=1) as door:
            for i in range(300):  # of a megabyte each
                door.send_multipart([b"", msgpack.packb({**page, "id": f"q{i}"})])
            wait_until(lambda: self.counter("replies_undelivered") > 100, what="giving up what nobody reads")
            self.assert_others_unhurt()
            self.assertLess(of_process(self.system.pid("person"), "VmRSS") - before, 100_000_000)

    def counter(self, name):
        counters = self.system.client().service.counters("person")["counters"]
        return next(counter["value"] for counter in counters if counter["name"] == name)

    def test_a_late_command_and_an_id_used_twice(self):
        with self.dealer("command") as door:
            late = ask(door, packed("late", expires_in_s=-1))
            self.assertEqual(late["error"]["code"], "expired")
            first = ask(door, packed("one", given_name="Åsa"))
            self.assertEqual(first["status"], "ok")
            again = packed("one", given_name=self.system.canary("Kanariefågel"))
            other = ask(door, again)
            self.assertEqual((other["error"]["code"], other["error"]["field"]), ("conflict", "id"))
        client = self.way.client(self.system, "flood")
        self.assertEqual(client.service.info("person")["seq"], first["seq"])
        self.assertIn("id was used for another command", self.system.log("person"))
        with self.assertRaises(Refused) as refused:
            client.query("command.result", {"command_id": "late"}, service="person")
        self.assertEqual(refused.exception.code, "not_found")


def nasty_payloads():
    """Frames of two parts as the doors want them, with a payload that must be refused."""
    good = packed("x")
    yield from (good[:n] for n in range(0, len(good), 7))
    yield good + b"\xc0"
    yield b"\x91" * MANY + b"\xc0"
    yield b"\x81\xa1a" * MANY + b"\xc0"
    yield b"\xdd\xff\xff\xff\xff"
    yield b"\xdf\xff\xff\xff\xff"
    yield b"\xdb\xff\xff\xff\xff"
    yield b"\xc6\xff\xff\xff\xff"
    yield b"\xc0" * 200_000
    yield b"\x82\xa1v\x01\xa1v\x01"
    yield b"\x81\xa1v\xcb\x7f\xf8" + bytes(6)
    yield b"\x81\xa1v\xa2\xff\xfe"
    yield b"\xc7\x01\x01\x00"
    yield msgpack.packb({"v": 1, "id": "x" * 65, "type": "person.create", "expires_ms": 1, "body": {}})
    yield msgpack.packb({"v": 2**63, "id": 1, "type": [], "expires_ms": "now", "body": None})
    yield msgpack.packb({f"k{i}": i for i in range(5000)})
    commands = {"commands": [{}] * 1024}
    yield msgpack.packb({"v": 1, "id": "many", "type": "batch", "expires_ms": 1 << 50, "body": commands})
    yield random.Random(1).randbytes(100_000)


NASTY_FRAMES = (
    [b""],
    [b"payload alone"],
    [b"not empty", b"payload"],
    [b"", b"one", b"too many"],
    [b"", *[b"x"] * 2000],
    [b"", b"x" * 300_000],  # larger than the door takes: the sender is cut off
)


class Frames(unittest.TestCase):
    """F21, F22."""

    way = Ipc()

    def dealer(self, door, **options):
        return self.way.dealer(self.system, door, **options)

    def setUp(self):
        # Freed memory goes back at once under AddressSanitizer too, so that growth is growth.
        kept = os.environ.get("ASAN_OPTIONS", "")
        self.addCleanup(os.environ.__setitem__, "ASAN_OPTIONS", kept)
        os.environ["ASAN_OPTIONS"] = f"{kept}:quarantine_size_mb=1:thread_local_quarantine_size_kb=16"
        self.system = self.enterContext(self.way.system("person"))
        self.client = self.system.client()

    def bombard(self, door_name):
        with self.dealer(door_name) as door:
            for payload in nasty_payloads():
                reply = ask(door, payload)
                self.assertEqual(reply["status"], "error", payload[:40])
                self.assertFalse(reply["error"]["retry"], payload[:40])
        for frames in NASTY_FRAMES:
            with self.dealer(door_name, linger=1000) as door:
                door.send_multipart(frames)
        self.assertGreater(self.client.person.create(given_name="Åsa")["person"], 0)
        self.client.person.list(limit=1)

    def test_nasty_frames_at_both_doors(self):
        for _ in range(2):  # what is kept for reuse is there by then
            self.bombard("command")
            self.bombard("query")
        before = of_process(self.system.pid("person"), "VmRSS")
        for _ in range(3):
            self.bombard("command")
            self.bombard("query")
        self.assertLess(of_process(self.system.pid("person"), "VmRSS") - before, GROWTH_BYTES)
        counters = {c["name"]: c["value"] for c in self.client.service.counters("person")["counters"]}
        self.assertGreater(counters["frames_dropped"], 0)

    def test_what_speaks_no_zmtp(self):
        greetings = (
            random.Random(2).randbytes(4096),
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"\x01\x00\x01\x00\x05hello",  # ZMTP 1.0
            b"\xff" + bytes(8) + b"\x7f\x01\x05",  # ZMTP 2.0
            b"\xff" + bytes(8) + b"\x7f\x03",  # half a greeting, and silence
            b"",
        )
        pid = self.system.pid("person")
        before = descriptors(pid)
        with contextlib.ExitStack() as connections:
            for i in range(self.way.half_handshakes):
                for door in ("command", "query", "events"):
                    raw = connections.enter_context(self.way.connect(self.system, door))
                    with contextlib.suppress(OSError):
                        raw.sendall(greetings[i % len(greetings)])
            started = time.monotonic()
            self.client.person.create(given_name="Åsa")
            self.assertLess(time.monotonic() - started, PATIENCE_S)
        wait_until(lambda: descriptors(pid) <= before + 5, 15, "that descriptors come back")
        self.client.person.create(given_name="Åsa")


def flood(address):
    """Sends commands as fast as it can, and reads no reply, until the process ends."""
    frames = [packed(f"f{i}", source="busy") for i in range(2000)]
    with dealer(address, sndhwm=1000) as door:
        while True:
            for frame in frames:
                door.send_multipart([b"", frame])


@contextlib.contextmanager
def flooded(address, processes=2):
    floods = [multiprocessing.get_context("spawn").Process(target=flood, args=(address,)) for _ in range(processes)]
    try:
        for process in floods:
            process.start()
        yield
    finally:
        for process in floods:
            process.kill()
            process.join()


class Signals(unittest.TestCase):
    def test_a_stop_under_load_loses_nothing(self):
        with System("person") as system:
            chance = random.Random(3)
            writer = Writer(
                system,
                "person",
                chance,
                lambda: ("person.create", {"given_name": "Åsa", "family_name": f"{chance.getrandbits(64):x}"}),
            )
            self.addCleanup(writer.close)
            with flooded(system.address("person", "command")):
                work([writer], 2)
                stopping = threading.Thread(target=system.stop, args=("person",))  # status 0
                started = time.monotonic()
                stopping.start()
                while stopping.is_alive():
                    work([writer], 0.05)
                self.assertLess(time.monotonic() - started, 10)
            system.start("person")
            writer.connect()
            work([writer], 30, more=False)
            self.assertFalse(writer.unanswered)
            self.assertFalse(writer.refused)
            made = {}
            for record in system.journal("person"):
                if record.type == "person.created" and record.sender == "writer":
                    made[record.id] = made.get(record.id, 0) + 1
            self.assertEqual(set(made), set(writer.acknowledged))
            self.assertEqual(set(made.values()), {1})

    def test_a_start_that_cannot_be_ends_with_status_1(self):
        with System() as system:
            program = pathlib.Path(os.environ["PERSONKORT_BIN_DIR"]) / "personkort-person"

            def status(*arguments):
                command = [program, "--data", system.data_path, *arguments]
                return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode

            for bus in (system.folder / "nothing", system.folder):
                self.assertEqual(status("--bus", bus), 1)
            for number in ("-5", " -5", "+5", "99999999999999999999", "5x", ""):
                self.assertEqual(status("--quota", number), 64, number)


class Following(unittest.TestCase):
    def test_a_followed_service_starts_again(self):
        with System("person", "activity") as system:
            client = system.client()
            for end, patience_s in ((system.stop, 4), (system.kill, 10)):  # a silent end is found out after 6 s
                person = client.person.create(given_name="Åsa")
                system.wait_followed("activity", "person", person.seq)
                end("person")
                system.start("person")
                person = client.person.create(given_name="Åsa")
                system.wait_followed("activity", "person", person.seq, patience_s)
                self.assertEqual(system.followed("activity", "person")["state"], "following")

    def test_a_diverged_source_is_left_alone(self):
        with System() as system:
            first, second = Journal(), Journal()
            for journal in (first, second):
                journal.append("something.else", {})
            with FakeService(system, "person", first):
                system.start("activity")
                system.wait_followed("activity", "person", 1)
            with FakeService(system, "person", second):
                wait_until(
                    lambda: system.followed("activity", "person")["state"] == "diverged", 15, "that it is found out"
                )
                time.sleep(1)  # longer than it waits after an answer of no use
                before = processor_s(system.pid("activity"))
                time.sleep(1)
                self.assertLess(processor_s(system.pid("activity")) - before, 0.2)
            health = system.health("activity")
            self.assertEqual(health["health"], "degraded")
            self.assertTrue(any("diverged" in reason for reason in health["reasons"]))
            self.assertEqual(system.followed("activity", "person")["seq"], 1)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    unittest.main()
