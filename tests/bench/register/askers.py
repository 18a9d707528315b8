# SPDX-License-Identifier: Apache-2.0
"""Who is asked: a person service through its door, and PostgreSQL through its socket, each as leanly as Python can. Times are in milliseconds."""

from __future__ import annotations

import subprocess
import time

import msgpack
import zmq

PAGE = 50


class Service:
    """A DEALER with one question under way; questions are packed beforehand."""

    def __init__(self, context, address, name):
        self.name = name
        self._socket = context.socket(zmq.DEALER)
        self._socket.connect(address)

    def close(self):
        self._socket.close(linger=0)

    def page(self, question):
        return self._packed({"where": question.text, "limit": PAGE})

    def count(self, question):
        return self._packed({"where": question.text, "limit": 0, "count": True})

    def _packed(self, body):
        return [b"", msgpack.packb({"v": 1, "id": "1", "type": "person.search", "body": body, "source": "bench"})]

    def ask(self, frames):
        """(milliseconds, answer), the answer as it came."""
        began = time.perf_counter()
        self._socket.send_multipart(frames)
        answer = self._socket.recv_multipart()[1]
        return (time.perf_counter() - began) * 1000, answer

    def body(self, answer):
        reply = msgpack.unpackb(answer)
        if reply["status"] != "ok":
            raise RuntimeError(f"{self.name}: {reply['error']}")
        return reply["body"]

    def total(self, answer):
        return self.body(answer)["total"]

    def persons(self, answer):
        return [card["person"] for card in self.body(answer).get("cards", ())]


class Bare:
    """A ROUTER that answers with as many bytes as are asked for, and does nothing else."""

    def __init__(self, context, program, folder):
        address = f"ipc://{folder}/bare_router"
        self._program = subprocess.Popen([program, address])
        self._socket = context.socket(zmq.DEALER)
        self._socket.connect(address)

    def close(self):
        self._socket.close(linger=0)
        self._program.kill()
        self._program.wait()

    def ask(self, size):
        """Milliseconds."""
        frames = [b"", str(size).encode()]
        began = time.perf_counter()
        self._socket.send_multipart(frames)
        self._socket.recv_multipart()
        return (time.perf_counter() - began) * 1000


class Sql:
    """A prepared statement a question and way of asking it; plans are chosen by PostgreSQL, for the very values where it finds that better."""

    PAGE_OF = "SELECT p.* FROM person p WHERE {} ORDER BY p.sort_key, p.person LIMIT " + str(PAGE)
    COUNT_OF = "SELECT count(*) FROM person p WHERE {}"

    def __init__(self, connection):
        self.name = "PostgreSQL"
        self._connection, self._prepared = connection, {}

    def close(self):
        self._connection.close()

    def pages(self, question):
        """A statement and its parameters for each way of asking."""
        return [self._statement(self.PAGE_OF, *way) for way in question.sql()]

    def counts(self, question):
        return [self._statement(self.COUNT_OF, *way) for way in question.sql()]

    def _statement(self, shape, condition, parameters):
        text = shape.format(condition)
        if text not in self._prepared:
            self._prepared[text] = self._connection.prepare(text)
        return self._prepared[text], self._connection.arguments(parameters), text, parameters

    def ask(self, statement):
        """(milliseconds, result); the result goes to `persons`, `total` or `clear`, once."""
        name, arguments, _, _ = statement
        began = time.perf_counter()
        result = self._connection.execute(name, arguments)
        return (time.perf_counter() - began) * 1000, result

    def total(self, result):
        total = self._connection.number(result)
        self._connection.clear(result)
        return total

    def persons(self, result):
        persons = self._connection.numbers(result)
        self._connection.clear(result)
        return persons

    def clear(self, result):
        self._connection.clear(result)

    def plan(self, statement):
        """How PostgreSQL does it, for these values: the nodes and the indexes."""
        _, _, text, parameters = statement
        for number in range(len(parameters), 0, -1):
            text = text.replace(f"${number}", "'" + str(parameters[number - 1]).replace("'", "''") + "'")
        return self._connection.rows("EXPLAIN " + text)
