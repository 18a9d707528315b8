#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a service tells systemd: ready when its doors are open, alive as long as its loops turn, stopping when it was asked to."""

import os
import signal
import socket
import time
import unittest
import unittest.mock

from harness import System


class Supervised(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System())
        self.socket = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        path = str(self.system.folder / "notify")
        self.socket.bind(path)
        self.enterContext(unittest.mock.patch.dict(os.environ, NOTIFY_SOCKET=path))

    def said(self, what, timeout_s):
        """Whether the service says so in time."""
        until = time.monotonic() + timeout_s
        while (left_s := until - time.monotonic()) > 0:
            self.socket.settimeout(left_s)
            try:
                if what in self.socket.recv(4096).decode().splitlines():
                    return True
            except TimeoutError:
                break
        return False

    def test_ready_alive_stopping(self):
        self.system.start("person")
        self.assertTrue(self.said("READY=1", 10))
        for _ in range(2):
            self.assertTrue(self.said("WATCHDOG=1", 10))
        os.kill(self.system.pid("person"), signal.SIGTERM)
        self.assertTrue(self.said("STOPPING=1", 10))
        self.system.stop("person")  # asserts status 0


if __name__ == "__main__":
    unittest.main()
