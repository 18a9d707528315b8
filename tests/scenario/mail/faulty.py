# SPDX-License-Identifier: Apache-2.0
"""A mail server that fails on demand: hangs, cuts, drips, or answers what it is told, at any step of the dialogue.

with FaultyServer() as server:
    server.fail("rcpt", "450 4.2.1 not now")   # once; then it behaves again
    server.fail("banner", HANG, times=2)

Steps: banner, ehlo, mail, rcpt, data, dot. Each connection is a thread that may hang without hurting the others.
"""

from __future__ import annotations

import collections
import contextlib
import socket
import threading
import time

HANG, CUT, DRIP = object(), object(), object()
GOOD = {
    "banner": "220 faulty.example.test ESMTP",
    "ehlo": "250 faulty.example.test",
    "mail": "250 2.1.0 Ok",
    "rcpt": "250 2.1.5 Ok",
    "data": "354 go on",
    "dot": "250 2.0.0 Ok: queued",
}
STEPS = {b"EHLO": "ehlo", b"HELO": "ehlo", b"MAIL": "mail", b"RCPT": "rcpt", b"DATA": "data"}
HANG_S = 30
DRIP_S = 1.0


class _Cut(Exception):
    """The connection is to end, without another word."""


class FaultyServer:
    """`taken` are the texts whose final dot came in; `accepted` those of them that were answered 250."""

    def __init__(self):
        self.taken = []
        self.accepted = []
        self.sessions = 0
        self.dot_came = threading.Event()
        self._faults = collections.defaultdict(collections.deque)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._sockets = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Nobody listens any more, and nothing that is open stays so."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()

    def fail(self, step, how, times=1):
        """At the next `times` comings to `step` do `how`: HANG, CUT, DRIP, an answer, or a function whose answer is said."""
        with self._lock:
            self._faults[step].extend([how] * times)

    def drop_connections(self):
        """Ends every connection that is open, as a server does that is restarted."""
        with self._lock:
            open_now = list(self._sockets)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _listen(self):
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._sockets.add(connection)
                self.sessions += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, _Cut), connection, connection.makefile("rb") as lines:
            self._answer(connection, "banner")
            for line in lines:
                verb = line[:4].upper()
                if verb == b"QUIT":
                    connection.sendall(b"221 2.0.0 Bye\r\n")
                    break
                step = STEPS.get(verb)
                if step is None:
                    connection.sendall(b"500 5.5.2 what?\r\n")
                elif self._answer(connection, step).startswith("354"):
                    self._take(connection, lines)
        with self._lock:
            self._sockets.discard(connection)

    def _take(self, connection, lines):
        text = []
        for line in lines:
            if line == b".\r\n":
                break
            text.append(line)
        else:
            raise _Cut
        self.taken.append(b"".join(text))
        self.dot_came.set()
        if self._answer(connection, "dot").startswith("250"):
            self.accepted.append(self.taken[-1])

    def _answer(self, connection, step):
        with self._lock:
            how = self._faults[step].popleft() if self._faults[step] else GOOD[step]
        if how is CUT:
            raise _Cut
        if how is HANG:
            self._ended.wait(HANG_S)
            raise _Cut
        if how is DRIP:
            for byte in GOOD[step].encode() + b"\r\n":
                connection.sendall(bytes([byte]))
                time.sleep(DRIP_S)
            return GOOD[step]
        answer = how() if callable(how) else how
        connection.sendall(answer.encode() + b"\r\n")
        return answer
