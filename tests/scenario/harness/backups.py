# SPDX-License-Identifier: Apache-2.0
"""What tests of backups share: settings with an archive, and the services' programs called to restore."""

from __future__ import annotations

import os
import pathlib
import subprocess

from harness.system import ALL_SERVICES


def archive_settings(folder, rate_mib_s=100):
    """A file for --config with which every batch is archived."""
    path = pathlib.Path(folder) / "settings.zpl"
    path.write_text(f'backup\n    archive = "on"\n    rate_mib_s = "{rate_mib_s}"\n')
    return path


def backup_folder(system):
    """Where its services put backups unless they are told otherwise."""
    return system.folder / "data-backup"


def restore(system, name, service, *, until_ms=None, until_seq=None, archived=False, data_path=None, code=0):
    """Restores a service that is stopped; what its program said: as words of one line, or the error."""
    program = pathlib.Path(os.environ["PERSONKORT_BIN_DIR"]) / f"personkort-{service}"
    words = [program, "--data", data_path or system.data_path, "--restore", backup_folder(system) / name / service]
    if archived or until_ms or until_seq:
        words += ["--archive", backup_folder(system) / "archive" / service]
    words += ["--until-ms", str(until_ms)] if until_ms else []
    words += ["--until-seq", str(until_seq)] if until_seq else []
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    if done.returncode != code:
        raise AssertionError(f"restoring {service} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    if code:
        return done.stderr
    told = done.stdout.split()
    return dict(zip(told[1::2], told[2::2]))


def restore_all(system, name, **how):
    return {service: restore(system, name, service, **how) for service in ALL_SERVICES}
