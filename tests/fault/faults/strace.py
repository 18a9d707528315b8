# SPDX-License-Identifier: Apache-2.0
"""System calls of a running service that kill it, or fail: strace's injections."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

END_S = 10


class Trace:
    """strace on a process, until it ends or the block is left. `lines()` is what was traced so far.

    with Trace(pid, "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=1") as trace:
        …

    A count in `when=` begins with the attaching, and each thread and each call has its own.
    """

    def __init__(self, pid, *arguments):
        self._pid, self._arguments = pid, arguments
        self._folder = tempfile.TemporaryDirectory(prefix="personkort-trace-")
        self.log_path = pathlib.Path(self._folder.name) / "log"

    def __enter__(self):
        command = ["strace", "-f", "-o", self.log_path, "-e", "signal=none", *self._arguments, "-p", str(self._pid)]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        said = self._process.stderr.readline()
        if " attached" not in said:
            self._end()
            raise AssertionError(f"strace cannot attach: {said.strip()}")
        return self

    def __exit__(self, *_):
        self._end()

    def _end(self):
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stderr.close()
        self._folder.cleanup()

    def lines(self):
        return self.log_path.read_text(errors="replace").splitlines() if self.log_path.exists() else []


@functools.cache
def missing():
    """Why system calls cannot be tampered with here; None when they can."""
    if not shutil.which("strace"):
        return "strace is not installed"
    with subprocess.Popen(["sleep", "60"]) as other:
        try:
            with Trace(other.pid):
                return None
        except AssertionError as failure:
            return f"{failure}; to attach needs root, or kernel.yama.ptrace_scope=0"
        finally:
            other.kill()


def kill_at(pid, call, count):
    """The process dies of SIGKILL instead of doing one of its threads' `count`th `call` from now on."""
    return Trace(pid, "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={count}")


def fail_at(pid, call, count, error="EIO"):
    """One call fails with the error, undone."""
    return Trace(pid, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={count}")


def dying_at(call, count):
    """For System.launch: the service is traced from its first instruction, and dies at that call."""
    return ("strace", "-D", "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={count}")
