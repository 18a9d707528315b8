# SPDX-License-Identifier: Apache-2.0
"""Real services of one test: started, killed, started again, stopped, and their logs looked at."""

from __future__ import annotations

import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from personkort import Client, Unreachable

ALL_SERVICES = ("person", "activity", "notification", "stats")
DOORS = ("command", "query", "events")
START_S = 30  # sanitized programs on a busy machine are slow
STOP_S = 30


def wait_until(predicate, timeout_s=30, what="it"):
    """The first true value of `predicate()`. AssertionError when there is none in time."""
    until = time.monotonic() + timeout_s
    while not (value := predicate()):
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not come true in {timeout_s} s")
        time.sleep(0.02)
    return value


def is_alive(pid):
    """Whether the process runs; one that has ended and was not waited for does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class System:
    """The named services, started when entered. The bus file names all services; those not started are silent.

    When left, each must stop with status 0, and no log may hold a canary: a text given to `canary`, to be used where
    personal data stands. Clients are closed with it.
    """

    def __init__(self, *services, arguments=()):
        """`arguments` are given to every service, as ("--quota", "1000000")."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="personkort-scenario-"))
        self.bus_path = self.folder / "bus.zpl"
        self.data_path = self.folder / "data"
        self._services = services
        self._arguments = tuple(arguments)
        self._programs = pathlib.Path(os.environ["PERSONKORT_BIN_DIR"])
        self._running = {}
        self._clients = []
        self._canaries = []
        (self.folder / "run").mkdir(mode=0o700)
        lines = []
        for service in ALL_SERVICES:
            lines.append(service)
            lines += [f'    {door} = "{self.address(service, door)}"' for door in DOORS]
        self.bus_path.write_text("\n".join(lines) + "\n")
        self._asker = Client(self.bus_path, source="harness")

    def __enter__(self):
        try:
            for service in self._services:
                self.start(service)
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(self, failure, *_):
        try:
            if failure is None:
                for service in list(self._running):
                    self.stop(service)
                self.check_logs()
            else:
                sys.stderr.writelines(f"--- log of {s}\n{self.log(s)[-2000:]}\n" for s in self._running)
        finally:
            self._clean_up()

    def _clean_up(self):
        for client in (self._asker, *self._clients):
            client.close()
        for process in self._running.values():
            process.kill()
            process.wait()
        if os.environ.get("PERSONKORT_KEEP"):
            print(f"kept {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder)

    def address(self, service, door):
        return f"ipc://{self.folder}/run/{service}.{door}"

    def client(self, source="scenario", actor="tester"):
        """A client of its own: what it has seen is not what others have. Closed with the system."""
        client = Client(self.bus_path, source=source, actor=actor)
        self._clients.append(client)
        return client

    def program(self, name):
        """The path of pk, or of a program that is called personkort-NAME."""
        return self._programs / ("pk" if name == "pk" else f"personkort-{name}")

    def launch(self, service, *arguments, under=()):
        """Starts a service and does not wait for it; `under` is a command that becomes it, as ("env", "TZ=UTC")."""
        command = [*under, self._programs / f"personkort-{service}", "--bus", self.bus_path, "--data", self.data_path]
        with open(self._log_path(service), "ab") as log:
            process = subprocess.Popen([*command, *self._arguments, *arguments], stdout=log, stderr=log)
        self._running[service] = process
        return process

    def start(self, service, *arguments, under=()):
        """Starts a service and waits until it answers; `arguments` beside those of the system."""
        process = self.launch(service, *arguments, under=under)
        wait_until(lambda: process.poll() is not None or self.answers(service), START_S, f"the start of {service}")
        if process.poll() is not None:
            raise AssertionError(f"{service} ended with status {process.returncode}:\n{self.log(service)[-2000:]}")

    def stop(self, service):
        """Asks it to stop, and sees that it does so with status 0."""
        process = self._running.pop(service)
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{service} did not stop in {STOP_S} s") from None
        if status != 0:
            raise AssertionError(f"{service} stopped with status {status}:\n{self.log(service)[-2000:]}")

    def kill(self, service):
        """kill -9. AssertionError when it had ended by itself before."""
        process = self._running.pop(service)
        process.kill()
        status = process.wait()
        if status != -signal.SIGKILL:
            raise AssertionError(f"{service} ended with status {status} by itself:\n{self.log(service)[-2000:]}")

    def ended(self, service, timeout_s=STOP_S):
        """The status of a service that ends without being asked to; None when it does not in that time, and still runs."""
        try:
            status = self._running[service].wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        del self._running[service]
        return status

    def pid(self, service):
        return self._running[service].pid

    def ask(self, service, type, body=None, timeout_s=30):
        """A query that wants no position seen before, so that it can be asked of a restored store too."""
        self._asker.seen.clear()
        return self._asker.query(type, body or {}, service=service, timeout_s=timeout_s)

    def answers(self, service):
        """Whether it answers within half a second."""
        try:
            return self.ask(service, "service.ping", timeout_s=0.5).seq is not None
        except Unreachable:
            return False

    def health(self, service):
        return self.ask(service, "service.health")

    def journal(self, service):
        """All its records as they stand now; their chain is checked."""
        self._asker.seen.clear()
        last = self.health(service)["seq"]
        return list(itertools.islice(self._asker.follow(service), last))

    def followed(self, service, source):
        """What health says of the source that the service follows."""
        return next(f for f in self.health(service)["followed"] if f["source"] == source)

    def wait_followed(self, service, source, seq, timeout_s=30):
        """Waits until `service` has applied the source's journal up to `seq`."""
        what = f"{service} following {source} to {seq}"
        wait_until(lambda: self.followed(service, source)["seq"] >= seq, timeout_s, what)

    def canary(self, text):
        """Gives the text back, and no log may hold it."""
        self._canaries.append(text.encode())
        return text

    def log(self, service):
        return self._log_path(service).read_text(errors="replace")

    def check_logs(self):
        for path in self.folder.glob("*.log"):
            content = path.read_bytes()
            for canary in self._canaries:
                if canary in content:
                    raise AssertionError(f"{path.name} holds personal data: {canary.decode()}")

    def _log_path(self, service):
        return self.folder / f"{service}.log"
