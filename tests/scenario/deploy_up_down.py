#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/up and deploy/down, below a folder of their own: a second up does no harm, and down stops what up started and only that."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import System, is_alive, wait_until

TOP = pathlib.Path(__file__).resolve().parents[2]
SERVICES = {"person", "activity", "notification", "stats"}
RELEASE = pathlib.Path(os.environ["PERSONKORT_BIN_DIR"]).parent / "deploy"  # kept, so that the next run builds only what changed


class Deploy(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="pk-"))  # short: a socket's path has 107 bytes
        self.addCleanup(shutil.rmtree, self.root)
        self.environment = {**os.environ, "PERSONKORT_ROOT": str(self.root), "PERSONKORT_BUILD_DIR": str(RELEASE)}
        self.addCleanup(self.run_script, "down")

    def run_script(self, name, *arguments):
        command = [TOP / "deploy" / name, *arguments]
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def pk(self, *arguments):
        bus = self.root / "etc/personkort/bus.zpl"
        command = [self.root / "usr/local/bin/pk", "--bus", bus, "--json", *arguments]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    def processes(self):
        folder = self.root / "run/personkort"
        return {path.stem: int(path.read_text()) for path in folder.glob("*.pid")}

    def test_up_twice_then_down(self):
        said = self.run_script("up", "--no-install")
        self.assertEqual(said.count("\n  "), 3, said)  # three commands to try
        persons = self.pk("person", "list")["cards"]
        self.assertEqual(len(persons), 5)
        processes = self.processes()
        self.assertEqual(set(processes), SERVICES)

        settings = self.root / "etc/personkort/personkort.zpl"
        settings.write_text("# an operator's own\n")
        self.run_script("up", "--no-install")
        self.assertEqual(self.processes(), processes)
        self.assertEqual(self.pk("person", "list")["cards"], persons)
        self.assertEqual(settings.read_text(), "# an operator's own\n")

        with System("person") as others:  # the same program, started by somebody else
            pid = others.pid("person")
            self.run_script("down")
            self.assertTrue(is_alive(pid))
            self.assertFalse([name for name, process in processes.items() if is_alive(process)])

    def test_a_service_that_dies_comes_back_by_itself(self):
        self.run_script("up", "--no-install", "--no-sample")
        keeper = self.processes()["person"]
        child = int(pathlib.Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()[0])
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: not is_alive(child), 10, "the service's end")
        self.assertEqual(self.pk("person", "list", "--timeout", "10").get("cards", []), [])


if __name__ == "__main__":
    unittest.main()
