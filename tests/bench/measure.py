# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: building, load, the bare program, memory, disk, and latencies."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import pathlib
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

BEGAN = time.monotonic()
ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICES = ("person", "activity", "notification", "stats")
TYPE = 1  # one of the usual types of activities
TEXTS = {"subject": "Ringde om medlemskapet", "body": "Vill komma igång igen efter sommaren; återkommer på torsdag."}  # as load.c
HUGE_PAGE_BYTES = 2 << 20
SEND_PAUSE_S = 0.12  # figures are conflated to one in 100 ms; what is measured is the first

sys.path[:0] = [str(ROOT / "proto" / "python"), str(ROOT / "tests" / "scenario")]


def build():
    """A release with the programs of this folder; the folder they are in."""
    folder = ROOT / "build" / "bench"
    for command in (["cmake", "--preset", "release", "-B", folder, "-DPERSONKORT_TESTS=ON"], ["cmake", "--build", folder]):
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder / "bin"


@contextlib.contextmanager
def full_memory():
    """Memory as it is on a machine that has run for a while: full of pages of files, each of which was used before.

    A quarter of what is free is taken, so that the rest fills early and stays full. A guest gets a page from its host when that is first
    touched, and gives back what is free in large blocks, which may be at any time: measured here, the first write to a page of a file
    took 4 to 14 µs of processor, every later one 0.5 µs. That is the host's, and not what is compared.
    """
    size = free_bytes() // 4 // HUGE_PAGE_BYTES * HUGE_PAGE_BYTES
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as taken:
        taken.madvise(mmap.MADV_HUGEPAGE)
        taken[:: mmap.PAGESIZE] = bytes(b"1") * (size // mmap.PAGESIZE)
        yield


def free_bytes():
    """Memory that nobody uses, or only for pages of files."""
    with open("/proc/meminfo") as meminfo:
        return next(int(line.split()[1]) * 1024 for line in meminfo if line.startswith("MemAvailable:"))


def programs_at(folder):
    """The folder of the programs, built when none is named, and told to the harness."""
    programs = folder.resolve() if folder else build()
    os.environ["PERSONKORT_BIN_DIR"] = str(programs)
    return programs


def machine():
    with open("/proc/cpuinfo") as cpuinfo:
        model = next((line.split(":")[1].strip() for line in cpuinfo if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}, {time.strftime('%Y-%m-%d')}"


def heading(text):
    print(f"\n## {text}\n", flush=True)


def say(text):
    print(f"[{time.monotonic() - BEGAN:4.0f} s] {text}", file=sys.stderr, flush=True)


class Targets:
    """What was aimed at, and what was measured."""

    def __init__(self):
        self._rows = []

    def least(self, what, value, bound, unit=""):
        self._add(what, value, bound, unit, "≥", value >= bound)

    def most(self, what, value, bound, unit=""):
        self._add(what, value, bound, unit, "≤", value <= bound)

    def under(self, what, value, bound, unit=""):
        self._add(what, value, bound, unit, "<", value < bound)

    def _add(self, what, value, bound, unit, sign, met):
        unit = unit and f" {unit}"
        judged = "met" if met else "**not met**"
        self._rows.append(f"| {what} | {value:.2f}{unit} | {sign} {bound:g}{unit} | {value / bound:.2f} | {judged} |")

    def show(self):
        heading("Targets")
        print("| | measured | wanted | of what is wanted | |\n|---|---|---|---|---|")
        print("\n".join(self._rows), flush=True)


class Bare:
    """The bare program (bare.c), in a folder of its own beside the services'."""

    def __init__(self, programs, mode, store, *arguments):
        """`append` with the sizes of a row and of its record makes its own store when `store` is None; `get` reads that of a service."""
        self._command, self._store, self._arguments = [programs / "bench_bare", mode], store, arguments

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="personkort-bare-")
        self.address = f"ipc://{self.folder.name}/door"
        store = self._store or pathlib.Path(self.folder.name) / "store"
        self.process = subprocess.Popen([*self._command, self.address, store, *map(str, self._arguments)])
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def load_command(programs, address, kind, in_flight, count, persons, a_message=1):
    numbers = map(str, (in_flight, count, persons, TYPE, a_message))
    in_flight, count, persons, type, a_message = numbers
    return [programs / "bench_load", address, kind, in_flight, count, persons, type, a_message]


def load(*arguments, **more):
    """Rate, done, busy, p50_us and p99_us of a load: programs, address, kind, in_flight, count, persons, a_message=1."""
    done = subprocess.run(load_command(*arguments, **more), stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


class Background:
    """A load that goes on until it is left. One whose service dies under it (`may_end`) ends by itself after a while."""

    def __init__(self, programs, address, kind, in_flight, persons, may_end=False):
        self._command = load_command(programs, address, kind, in_flight, 20_000_000, persons)
        self._may_end = may_end

    def __enter__(self):
        errors = subprocess.DEVNULL if self._may_end else None
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=errors)
        return self

    def __exit__(self, failure, *_):
        ended = self.process.poll()
        self.process.kill()
        self.process.wait()
        if failure is None and ended is not None and not self._may_end:
            raise RuntimeError(f"the load beside a measurement ended by itself, with status {ended}")


def median(results):
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


def compare(rounds, ours, theirs):
    """Two measurements by turns: their medians."""
    results = [(theirs(), ours()) for _ in range(rounds)]
    return median([result for _, result in results]), median([result for result, _ in results])


def make_persons(system, count, followers=("activity", "notification", "stats")):
    client = system.client(source="bench")
    batch = client.batch()
    for number in range(count):
        batch.person.create(
            given_name="Åsa", family_name=f"Öberg {number}", email=f"asa{number}@example.test", mobile="070-123 45 67"
        )
        if number % 500 == 499:
            batch.send()
    batch.send()
    seq = client.service.info("person")["seq"]
    for follower in followers:
        system.wait_followed(follower, "person", seq, 60)


def row_sizes(system):
    """Bytes of an activity's row and of its journal record, as the service writes them for this load."""
    import msgpack

    client = system.client(source="bench")
    client.activity.create(person=1, type=TYPE, **TEXTS)
    seq = client.service.info("activity")["seq"]
    page = client.journal.read("activity", after=seq - 1, limit=1, wait_ms=0)
    row = client.activity.get(activity=1)["activity"]
    return len(msgpack.packb(dict(enumerate(row.values(), 1)))), len(page["records"][0]["record"])


def card_bytes(system, person):
    """Bytes of a person card in a reply."""
    import msgpack

    return len(msgpack.packb(system.client(source="bench").person.get(person=person)["card"]))


def memory_kib(pid):
    """PSS of a process without the map of its LMDB files."""
    total, is_map = 0, False
    for line in open(f"/proc/{pid}/smaps"):
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            is_map = words[-1].endswith(".mdb")
        elif words[0] == "Pss:" and not is_map:
            total += int(words[1])
    return total


def anonymous_kib(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0


def processor_s(pid):
    """Seconds of processor that a process has used."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Processor:
    """Processor that the services' threads and the load generators have used while entered."""

    def __init__(self, system, services=SERVICES):
        self._pids = {service: system.pid(service) for service in services}

    def __enter__(self):
        self._before = self._used()
        return self

    def __exit__(self, *_):
        self._after = self._used()

    def us(self, commands):
        """Microseconds a command."""
        return {name: (used - self._before.get(name, 0)) * 1e6 / commands for name, used in self._after.items()}

    def _used(self):
        used = {"load generator": sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])}
        for service, pid in self._pids.items():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                name = f"{service}: {(task / 'comm').read_text().strip()}"
                used[name] = used.get(name, 0) + processor_s(f"{pid}/task/{task.name}")
        return used


class Peak:
    """The most memory of each service while entered, by looking each second: KiB of PSS without LMDB's map, in `kib`.

    To read PSS the kernel walks every mapped page, which at a map of gigabytes disturbs what is measured. So each second only
    the anonymous memory is read, and what is shared (programs, libraries) is added as it stands at the end.
    """

    def __init__(self, system, services=SERVICES):
        self._pids = {service: system.pid(service) for service in services}
        self._anonymous = dict.fromkeys(services, 0)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.kib = {}

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, failure, *_):
        self._ended.set()
        self._thread.join()
        if failure is None:
            for service, pid in self._pids.items():
                shared = max(0, memory_kib(pid) - anonymous_kib(pid))
                self.kib[service] = self._anonymous[service] + shared

    def _watch(self):
        while True:
            for service, pid in self._pids.items():
                self._anonymous[service] = max(self._anonymous[service], anonymous_kib(pid))
            if self._ended.wait(1):
                return


def mail_latencies(system, count, persons):
    """Milliseconds from a mail's acknowledgement to the figure that counts it at a subscriber."""
    client = system.client(source="bench")
    figures = client.subscribe("stats", ["figures.total"])
    before = client.stats.figures()["total"]["activities"]
    seen = 0
    while seen <= before:  # the subscription has arrived when a figure comes
        client.email.send(person=1, subject="Den första", text="Hej!")
        seen = _newest(figures, seen)
    took = []
    for number in range(count):
        client.email.send(person=1 + number % persons, subject="Hej Åsa", text="Välkommen!")
        acknowledged = time.perf_counter()
        wanted = seen + 1
        while seen < wanted:
            seen = next(figures)[1]["cell"]["activities"]
        took.append((time.perf_counter() - acknowledged) * 1000)
        time.sleep(SEND_PAUSE_S)
    took.sort()
    return {"p50_ms": took[len(took) // 2], "p99_ms": took[-1 - len(took) // 100]}


def _newest(figures, seen):
    """The last figure, when none has come for half a second."""
    while received := figures.receive(0.5):
        seen = received[1]["cell"]["activities"]
    return seen


def store_bytes(system, service):
    """Bytes of a service's store in use."""
    return system.health(service)["store_bytes"]


def table_bytes(system, service):
    """Bytes of the pages of each table of a service's store, by mdb_stat, which only reads; None when it is not installed."""
    if not shutil.which("mdb_stat"):
        return None
    said = subprocess.run(["mdb_stat", "-a", system.data_path / service], stdout=subprocess.PIPE, check=True, text=True)
    tables, table = {}, None
    for line in said.stdout.splitlines():
        if line.startswith("Status of "):
            table = line.removeprefix("Status of ")
            tables[table] = 0
        elif "pages: " in line:
            tables[table] += int(line.split()[-1]) * os.sysconf("SC_PAGE_SIZE")
    return tables


def ratio_header(name):
    return (
        f"| {name} | personkort /s | p50 ms | p99 ms | bare /s | p50 ms | p99 ms | rate, of bare | p50, of bare |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )


def ratio_row(name, ours, bare):
    cells = [f"{r['rate']:,.0f} | {r['p50_us'] / 1000:.2f} | {r['p99_us'] / 1000:.2f}" for r in (ours, bare)]
    ratios = f"{ours['rate'] / bare['rate']:.2f} | {ours['p50_us'] / bare['p50_us']:.2f}"
    return f"| {name} | {cells[0]} | {cells[1]} | {ratios} |"


def memory_text(kib):
    each = ", ".join(f"{service} {kib[service] / 1024:.1f}" for service in kib)
    return f"{sum(kib.values()) / 1024:.1f} MiB ({each})"
