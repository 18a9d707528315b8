# SPDX-License-Identifier: Apache-2.0
"""The operator's command line as a test calls it."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

ZONE = "Europe/Stockholm"


class Pk:
    """`pk` on the bus of a System, or on no bus at all. Its environment is empty but for what is named here."""

    def __init__(self, bus_path="/nonexistent/bus.zpl", **environment):
        self._program = pathlib.Path(os.environ["PERSONKORT_BIN_DIR"]) / "pk"
        self._environment = {"PATH": os.environ["PATH"], "TZ": ZONE, "USER": "tester", "PERSONKORT_BUS": str(bus_path)}
        self._environment |= {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        self._environment |= environment

    def start(self, *words, **how):
        """The process, with pipes for output and errors."""
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | how
        return subprocess.Popen([self._program, *map(str, words)], env=self._environment, **how)

    def run(self, *words, input="", timeout_s=60):
        """What became of it: returncode, stdout, stderr."""
        process = self.start(*words, stdin=subprocess.PIPE)
        try:
            output, errors = process.communicate(input, timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            raise AssertionError(f"pk {' '.join(map(str, words))} did not end:\n{output}{errors}") from None
        return subprocess.CompletedProcess(words, process.returncode, output, errors)

    def expect(self, code, *words, **how):
        """As run, when it ends with this exit code."""
        done = self.run(*words, **how)
        if done.returncode != code:
            said = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
            raise AssertionError(f"pk {' '.join(map(str, words))} ended with {done.returncode}, not {code}:\n{said}")
        return done

    def table(self, *words, **how):
        """The words of each line of its output."""
        return [line.split() for line in self.expect(0, *words, **how).stdout.splitlines()]

    def value(self, column, *words, **how):
        """One column of the one line of its output."""
        return self.expect(0, *words, "--columns", column, "--no-headers", **how).stdout.strip()

    def json(self, *words, code=0, **how):
        return json.loads(self.expect(code, *words, "--json", **how).stdout)
