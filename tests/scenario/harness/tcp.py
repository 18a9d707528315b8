# SPDX-License-Identifier: Apache-2.0
"""A System whose doors are on tcp too, for those who have a key."""

from __future__ import annotations

import contextlib
import socket

import zmq
import zmq.auth

from harness.pk import Pk
from harness.system import ALL_SERVICES, DOORS, System
from personkort import Client


def free_ports(count):
    """Ports of the loopback that nobody has now."""
    with contextlib.ExitStack() as sockets:
        opened = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in opened:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in opened]


class TcpSystem(System):
    """As System; clients with a key come over tcp, all others over ipc. With `only_tcp` there is no ipc at all."""

    def __init__(self, *services, arguments=(), only_tcp=False):
        super().__init__(*services, arguments=arguments)
        self.pk = Pk(self.bus_path)
        self.allow_path = self.folder / "allow"
        self._only_tcp = only_tcp
        self._keys = {}
        doors = [(service, door) for service in ALL_SERVICES for door in DOORS]
        self._tcp = {place: f"tcp://127.0.0.1:{port}" for place, port in zip(doors, free_ports(len(doors)))}
        self.server_public = self._make_pair("server")
        self._write_bus_file()
        self.key("harness", "admin")
        if only_tcp:
            self._asker.close()
            self._asker = self.tcp_client("harness")
            self.key("services", "service", self.server_public)

    def _write_bus_file(self):
        lines = [
            "curve",
            f'    server_public = "{self.server_public}"',
            f'    server_key = "{self.folder}/server.key"',
            f'    allow = "{self.allow_path}"',
        ]
        for service in ALL_SERVICES:
            lines.append(service)
            for door in DOORS:
                if self._only_tcp:
                    lines.append(f'    {door} = "{self.tcp_address(service, door)}"')
                else:
                    lines.append(f'    {door} = "{self.address(service, door)}"')
                    lines.append(f'    {door}.tcp = "{self.tcp_address(service, door)}"')
        self.bus_path.write_text("\n".join(lines) + "\n")

    def _make_pair(self, name):
        return self.pk.expect(0, "key", "generate", self.key_path(name)).stdout.strip()

    def tcp_address(self, service, door):
        return self._tcp[service, door]

    def key_path(self, name):
        return self.folder / f"{name}.key"

    def stranger(self, name):
        """Makes a key that is on no list; returns its public half."""
        return self._make_pair(name)

    def key(self, name, role, public=None):
        """Lets a key in, which is made unless its public half is given."""
        self.pk.expect(0, "key", "add", name, role, public or self._make_pair(name))

    def tcp_client(self, key, source="scenario"):
        """A client that comes in with a key. Closed with the system."""
        client = Client(self.bus_path, source=source, key=self.key_path(key))
        self._clients.append(client)
        return client

    def prove(self, socket, key):
        """Makes a bare socket come in with a key."""
        socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(self.key_path(key))
        socket.curve_serverkey = self.server_public.encode()
