# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL 15 and Redis 7 as Debian has them, as private instances on sockets in folders of their own, durable as the services are."""

from __future__ import annotations

import contextlib
import csv
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from measure import TEXTS, TYPE

POSTGRES_PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
CLIENTS = 64  # of PostgreSQL
A_TRANSACTION = 100
START_S = 60
REDIS_KEYS = 1_000_000  # random among so many, so that memory stays small

SCHEMA = """
CREATE TABLE activity (
    activity bigserial PRIMARY KEY, person bigint NOT NULL, type bigint NOT NULL, status smallint NOT NULL,
    start_ms bigint NOT NULL, created_ms bigint NOT NULL, subject text NOT NULL, body text);
CREATE TABLE counter (person bigint, type bigint, activities bigint NOT NULL, PRIMARY KEY (person, type)) WITH (fillfactor = 80);
"""
INDEX = "CREATE INDEX activity_by_person ON activity (person, start_ms DESC, activity DESC);"
COLUMNS = "INSERT INTO activity (person, type, status, start_ms, created_ms, subject, body)"
VALUES = f"{TYPE}, 1, 1700000000000, 1700000000000, '{TEXTS['subject']}', '{TEXTS['body']}'"
COUNT = "ON CONFLICT (person, type) DO UPDATE SET activities = counter.activities + excluded.activities"

# One statement each, which is one round trip: the fastest way. Rows of counters are taken in order, so that none wait in a circle.
ONE_ROW = f"""\\set person random(1, :persons)
WITH row AS ({COLUMNS} VALUES (:person, {VALUES}) RETURNING person)
INSERT INTO counter SELECT person, {TYPE}, 1 FROM row {COUNT};
"""
MANY_ROWS = f"""WITH rows AS ({COLUMNS} SELECT 1 + floor(random() * :persons)::bigint, {VALUES}
    FROM generate_series(1, {A_TRANSACTION}) RETURNING person)
INSERT INTO counter SELECT person, {TYPE}, count(*) FROM rows GROUP BY person ORDER BY person {COUNT};
"""


class Missing(Exception):
    """A peer is not installed; says what would install it."""


def _stop(process, how):
    process.send_signal(how)
    try:
        process.wait(START_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class PostgresServer:
    """A private server, started when entered, on a socket in `folder`; synchronous_commit is on."""

    def __init__(self, **settings):
        """`settings` beside those of `_start`, as work_mem="64MB"."""
        if not (POSTGRES_PROGRAMS / "pgbench").exists():
            raise Missing("PostgreSQL 15 is not installed (apt-get install postgresql-15)")
        self._settings = settings
        # The server refuses to run as root.
        self._user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="personkort-postgres-"))
            stack.callback(shutil.rmtree, self.folder)
            if self._user:
                shutil.chown(self.folder, "postgres", "postgres")
            self._run("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C")
            self._start(stack)
            self.set_up()
            self._leave = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._leave.close()

    def set_up(self):
        """Makes the tables, once the server runs."""

    def _start(self, stack):
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "synchronous_commit": "on",
            "fsync": "on",
            "shared_buffers": "2GB",
            "max_wal_size": "4GB",
            "checkpoint_timeout": "30min",
            "autovacuum": "off",  # nothing runs in the turns of the others
            "max_connections": 100,
            **self._settings,
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._log = stack.enter_context(open(self.folder / "log", "w"))
        command = [POSTGRES_PROGRAMS / "postgres", "-D", self.folder / "data", *arguments]
        process = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd="/", **self._user)
        stack.callback(_stop, process, signal.SIGINT)
        until = time.monotonic() + START_S
        while subprocess.run([POSTGRES_PROGRAMS / "pg_isready", "-q", "-h", self.folder]).returncode != 0:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.1)

    def _run(self, program, *arguments, **how):
        command = [POSTGRES_PROGRAMS / program, *map(str, arguments)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/", **self._user, **how)
        if done.returncode != 0:
            raise RuntimeError(f"{program} ended with {done.returncode}:\n{done.stderr[-2000:]}")
        return done.stdout

    def sql(self, text):
        return self._run("psql", "-h", self.folder, "-U", "bench", "-d", "postgres", "-qAt", "-v", "ON_ERROR_STOP=1", input=text)


class Postgres(PostgresServer):
    """A table of activities with an index by person, and counters kept in the same transaction."""

    def __init__(self, persons):
        super().__init__()
        self._persons = persons

    def set_up(self):
        self.sql(SCHEMA)

    def fill(self, rows):
        """So many activities of random persons are there, and their counters; the log of changes is on the disk."""
        persons = f"SELECT 1 + floor(random() * {self._persons})::bigint"
        self.sql(
            f"{COLUMNS} {persons}, {VALUES} FROM generate_series(1, {rows});\n"
            f"{INDEX}\n"
            "INSERT INTO counter SELECT person, type, count(*) FROM activity GROUP BY person, type;\n"
            "VACUUM ANALYZE activity;\nVACUUM ANALYZE counter;\nCHECKPOINT;\n"
        )

    def rows(self):
        return int(self.sql("SELECT sum(activities) FROM counter"))

    def one_row(self, seconds):
        """Rows a second, each in a transaction of its own, and the mean of a transaction in milliseconds."""
        return self._bench(ONE_ROW, seconds, 1)

    def many_rows(self, seconds):
        """The same with A_TRANSACTION rows a transaction."""
        return self._bench(MANY_ROWS, seconds, A_TRANSACTION)

    def _bench(self, script, seconds, rows):
        path = self.folder / "script.sql"
        path.write_text(script)
        how = ["-n", "-M", "prepared", "-c", CLIENTS, "-j", 2, "-T", seconds, "-D", f"persons={self._persons}", "-f", path]
        said = self._run("pgbench", "-h", self.folder, "-U", "bench", *how, "postgres")
        if not re.search(r"^number of failed transactions: 0 ", said, re.MULTILINE):
            raise RuntimeError(f"pgbench failed in some transactions:\n{said}")
        rate = float(re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)[1])
        mean_ms = float(re.search(r"^latency average = ([\d.]+) ms", said, re.MULTILINE)[1])
        return {"rate": rate * rows, "mean_ms": mean_ms}


class Redis:
    """SET of values of one size, each synced before it is answered (appendfsync always)."""

    def __init__(self, value_bytes):
        if not (shutil.which("redis-server") and shutil.which("redis-benchmark")):
            raise Missing("Redis 7 is not installed (apt-get install redis-server)")
        self._value_bytes = value_bytes

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="personkort-redis-")))
            self._socket = folder / "socket"
            self._start(stack, folder)
            self._leave = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._leave.close()

    def _start(self, stack, folder):
        settings = {
            "port": 0,
            "unixsocket": self._socket,
            "dir": folder,
            "appendonly": "yes",
            "appendfsync": "always",
            "auto-aof-rewrite-percentage": 0,  # nothing runs in the turns of the others
            "save": "",
            "logfile": folder / "log",
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        process = subprocess.Popen(["redis-server", *arguments])
        stack.callback(_stop, process, signal.SIGTERM)
        until = time.monotonic() + START_S
        while not self._socket.exists():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("Redis did not start")
            time.sleep(0.05)

    def set(self, clients, count, pipelined=1):
        """SETs a second; 50th and 99th percentile in milliseconds."""
        numbers = {"-c": clients, "-n": count, "-P": pipelined, "-d": self._value_bytes, "-r": REDIS_KEYS}
        arguments = [str(part) for pair in numbers.items() for part in pair]
        command = ["redis-benchmark", "-s", self._socket, "-t", "set", "--csv", *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        row = next(csv.DictReader(done.stdout.splitlines()))
        return {"rate": float(row["rps"]), "p50_ms": float(row["p50_latency_ms"]), "p99_ms": float(row["p99_latency_ms"])}
