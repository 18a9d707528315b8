# SPDX-License-Identifier: Apache-2.0
"""A socket between two services that passes their bytes on, until it is told not to."""

from __future__ import annotations

import pathlib
import selectors
import socket
import threading

TURN_S = 0.05
CHUNK_BYTES = 1 << 16


class Relay:
    """Stands before the door of a service: whoever connects to `path` talks to `target`.

    `cut()` closes every connection and takes no new one; `swallow()` keeps them open and lets nothing through, as a cable
    that was pulled out does; `pass_on()` ends either: what was swallowed is lost with its connections.
    """

    def __init__(self, path, target):
        self.path, self._target = pathlib.Path(path), str(target)
        self._peers = {}  # socket → the other side's
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._listener = None
        self._swallows = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._listen()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self._close_all()
        self._selector.close()

    def cut(self):
        with self._lock:
            self._close_all()

    def swallow(self):
        with self._lock:
            self._swallows = True

    def pass_on(self):
        with self._lock:
            self._close_all()
            self._swallows = False
            self._listen()

    def _listen(self):
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._selector.register(self._listener, selectors.EVENT_READ)

    def _close_all(self):
        for one in list(self._selector.get_map().values()):
            self._selector.unregister(one.fileobj)
            one.fileobj.close()
        self._peers.clear()
        self._listener = None
        self.path.unlink(missing_ok=True)

    def _serve(self):
        while not self._ended.is_set():
            for key, _ in self._selector.select(TURN_S):
                with self._lock:
                    self._take(key.fileobj)

    def _take(self, ready):
        if ready is self._listener:
            self._connect(ready.accept()[0])
        elif ready in self._peers:
            self._pass(ready)

    def _connect(self, near):
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(self._target)
        except OSError:
            near.close()
            far.close()
            return
        self._peers |= {near: far, far: near}
        for one in (near, far):
            self._selector.register(one, selectors.EVENT_READ)

    def _pass(self, near):
        far = self._peers[near]
        try:
            data = near.recv(CHUNK_BYTES)
            if data and not self._swallows:
                far.sendall(data)
        except OSError:
            data = b""
        if not data and not self._swallows:
            for one in (near, far):
                del self._peers[one]
                self._selector.unregister(one)
                one.close()
        elif not data:
            self._selector.unregister(near)
