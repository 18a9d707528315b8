#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What may be done to a service over tcp: what service_faults.py does over ipc, by those with a key, and more by those without.

Source: faults.md F18–F22, F24.
"""

import contextlib
import os
import random
import socket
import threading
import time
import unittest

import msgpack
import zmq

import service_faults
from harness import wait_until
from harness.tcp import TcpSystem
from service_faults import GROWTH_BYTES, MANY, PATIENCE_S, descriptors, of_process

FLOOD_TOPICS = 60_000
FLOOD_GROWTH_BYTES = 60_000_000
STRANGERS = 100


def setUpModule():
    """Freed memory goes back at once under AddressSanitizer too, so that growth is growth."""
    kept = os.environ.get("ASAN_OPTIONS", "")
    unittest.addModuleCleanup(os.environ.__setitem__, "ASAN_OPTIONS", kept)
    os.environ["ASAN_OPTIONS"] = f"{kept}:quarantine_size_mb=1:thread_local_quarantine_size_kb=16"


class Tcp(service_faults.Ipc):
    half_handshakes = 334  # at three doors: a thousand

    def system(self, *services):
        system = TcpSystem(*services)
        system.key("flood", "admin")
        return system

    @contextlib.contextmanager
    def dealer(self, system, door, **options):
        with zmq.Context() as context, context.socket(zmq.DEALER) as bare:
            for name, value in {"linger": 0, "sndhwm": 0, **options}.items():
                bare.set(getattr(zmq, name.upper()), value)
            system.prove(bare, "flood")
            bare.connect(system.tcp_address("person", door))
            yield bare

    def client(self, system, sender):
        return system.tcp_client(sender)

    def connect(self, system, door):
        host, port = system.tcp_address("person", door).removeprefix("tcp://").split(":")
        return socket.create_connection((host, int(port)), 5)


class Clients(service_faults.Clients):
    way = Tcp()

    def test_a_client_that_vanishes(self):
        """What it had sent may be lost with its connection, as nothing of it was answered. It comes back and sends the same ids."""
        with self.dealer("command", linger=PATIENCE_S * 1000) as door:
            for i in range(MANY):
                door.send_multipart([b"", service_faults.packed(f"v{i}")])
        self.assert_others_unhurt()
        replies = {}
        with self.dealer("command") as door:
            for i in range(MANY):
                door.send_multipart([b"", service_faults.packed(f"v{i}")])
                while door.poll(0 if i + 1 < MANY else 10_000) and len(replies) < MANY:
                    reply = msgpack.unpackb(door.recv_multipart()[1])
                    replies[reply["id"]] = reply
            self.assertEqual(len(replies), MANY)
            self.assertEqual({reply["status"] for reply in replies.values()}, {"ok"})
            self.assertEqual(len({reply["body"]["person"] for reply in replies.values()}), MANY)
            again = service_faults.ask(door, service_faults.packed("v7"))
            self.assertEqual(again, replies["v7"])
        self.assert_results_by_id("v")


class Frames(service_faults.Frames):
    way = Tcp()


class Strangers(unittest.TestCase):
    """Those without a key, in numbers."""

    def setUp(self):
        self.system = self.enterContext(Tcp().system("person"))
        self.client = self.system.tcp_client("flood")

    def assert_served(self):
        started = time.monotonic()
        self.client.person.create(given_name="Åsa")
        self.client.person.list(limit=1)
        self.assertLess(time.monotonic() - started, PATIENCE_S)

    def serve(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.assert_served()

    def test_many_strangers(self):
        self.assert_served()
        pid = self.system.pid("person")
        # What serving takes by itself, cards and their indexes among it, is not the strangers'.
        alone = of_process(pid, "VmRSS")
        self.serve(3)
        own_growth = of_process(pid, "VmRSS") - alone
        before = descriptors(pid), of_process(pid, "VmRSS")
        with zmq.Context() as context, contextlib.ExitStack() as sockets:
            for i in range(STRANGERS):
                stranger = sockets.enter_context(context.socket(zmq.DEALER))
                stranger.linger = 0
                if i % 2:  # the others do not even speak CURVE
                    stranger.curve_publickey, stranger.curve_secretkey = zmq.curve_keypair()
                    stranger.curve_serverkey = self.system.server_public.encode()
                stranger.connect(self.system.tcp_address("person", ("command", "query")[i % 4 // 2]))
                stranger.send_multipart([b"", service_faults.packed(f"s{i}")])
            self.serve(3)
        made = {record.sender for record in self.system.journal("person")}
        self.assertEqual(made, {"flood"})
        wait_until(lambda: descriptors(pid) <= before[0] + 5, 15, "that descriptors come back")
        self.assertLess(of_process(pid, "VmRSS") - before[1], own_growth + 3 * GROWTH_BYTES)
        lines = self.system.log("person").count("a connection was refused")
        self.assertTrue(1 <= lines <= 40, f"{lines} lines of the log for {STRANGERS} strangers")

    def test_strangers_cannot_take_all_descriptors(self):
        """libzmq aborts when it finds none for a connection over ipc."""
        self.system.stop("person")
        self.system.start("person", under=("prlimit", "--nofile=400:400"))
        self.assert_served()
        with contextlib.ExitStack() as connections:
            for i in range(600):
                with contextlib.suppress(OSError):  # those that have to wait too long
                    door = ("command", "query", "events")[i % 3]
                    connections.enter_context(Tcp().connect(self.system, door))
            time.sleep(1.5)
            self.assert_served()
            self.system.client().person.list(limit=1)  # over ipc
            self.assertLess(descriptors(self.system.pid("person")), 395)
        self.assertIn("new connections over tcp have to wait", self.system.log("person"))
        wait_until(lambda: "are taken again" in self.system.log("person"), what="new connections")
        self.client = self.system.tcp_client("flood")
        self.assert_served()

    def test_garbage_within_the_handshake(self):
        """Greetings of CURVE, and then what no handshake has."""
        greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + bytes(32)
        chance = random.Random(4)
        pid = self.system.pid("person")
        before = descriptors(pid)
        bodies = (
            chance.randbytes(200),
            b"\x04\xc8\x05HELLO\x01\x00" + chance.randbytes(192),
            b"\x06" + (1 << 40).to_bytes(8, "big"),
            b"\x04\x05\x05READY" * 100,
            b"\x04\x0a\x08INITIATE" + chance.randbytes(300),
            b"\x01\x00\x00\x03abc" * 100,
        )
        with contextlib.ExitStack() as connections:
            for i in range(120):
                raw = connections.enter_context(Tcp().connect(self.system, ("command", "query", "events")[i % 3]))
                with contextlib.suppress(OSError):
                    raw.sendall(greeting + bodies[i % len(bodies)])
                if i % 20 == 0:
                    self.assert_served()
        wait_until(lambda: descriptors(pid) <= before + 5, 15, "that descriptors come back")
        self.assert_served()


class Subscriptions(unittest.TestCase):
    """F24."""

    def setUp(self):
        self.system = self.enterContext(TcpSystem("person"))
        self.system.key("greedy", "reader")
        self.system.key("modest", "writer")

    def flood(self, done):
        chance = random.Random(5)
        with zmq.Context() as context, context.socket(zmq.SUB) as greedy:
            greedy.linger = 0
            greedy.sndhwm = 0
            self.system.prove(greedy, "greedy")
            greedy.connect(self.system.tcp_address("person", "events"))
            for _ in range(FLOOD_TOPICS):
                greedy.subscribe(chance.randbytes(200))
            time.sleep(2)
        done.set()

    def test_a_flood_of_subscriptions(self):
        client = self.system.tcp_client("modest")
        doorbells = client.subscribe("person", ["person."])
        wait_until(lambda: client.person.create(given_name="Åsa") and doorbells.receive(0.1), what="a doorbell")
        pid = self.system.pid("person")
        before = most = of_process(pid, "VmRSS")
        done = threading.Event()
        thread = threading.Thread(target=self.flood, args=(done,))
        thread.start()
        while not done.wait(0.05):
            most = max(most, of_process(pid, "VmRSS"))
            started = time.monotonic()
            client.person.create(given_name="Åsa")
            self.assertLess(time.monotonic() - started, PATIENCE_S)
        thread.join()
        self.assertLess(most - before, FLOOD_GROWTH_BYTES)
        while doorbells.receive(0.5):
            pass
        wait_until(lambda: client.person.create(given_name="Åsa") and doorbells.receive(0.1), what="a doorbell again")
        doorbells.close()


if __name__ == "__main__":
    unittest.main()
