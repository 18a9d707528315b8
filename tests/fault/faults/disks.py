# SPDX-License-Identifier: Apache-2.0
"""File systems of a test's own: small ones that fill up, and one whose power can be cut. Both need root."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pathlib
import struct
import subprocess
import tempfile

MIB = 1 << 20
SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32): the ioctl by which file systems' own tests cut the power
NO_LOG_FLUSH = 2  # not even the file system's journal is written out


def missing():
    """Why no file system can be mounted here; None when one can."""
    if os.geteuid() != 0:
        return "mounting a file system needs root"
    with tempfile.TemporaryDirectory() as folder:
        try:
            _run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
        except subprocess.CalledProcessError as failure:
            return f"no file system can be mounted: {failure.stderr.strip()}"
        _run("umount", folder)
    return None


def missing_loop():
    """Why a file cannot be mounted as a disk."""
    if reason := missing():
        return reason
    try:
        with tempfile.TemporaryDirectory() as folder, PowerCutDisk(f"{folder}/disk"):
            return None
    except (OSError, subprocess.CalledProcessError) as failure:
        return f"no file can be mounted as a disk: {getattr(failure, 'stderr', None) or failure}"


def _run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


@contextlib.contextmanager
def small_disk(path, mib):
    """A file system of so many MiB in memory, under `path`."""
    pathlib.Path(path).mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(path))
    try:
        yield
    finally:
        _run("umount", "--lazy", str(path))


def fill(path, leave_mib):
    """A file that takes all of the file system's space but so many MiB, whoever else is taking some. Returns its path."""
    ballast, taken = pathlib.Path(path) / "ballast", 0
    with open(ballast, "wb") as file:
        while (want := _free(path) - leave_mib * MIB) > 0:
            try:
                os.posix_fallocate(file.fileno(), taken, want)
                taken += want
            except OSError as failure:  # somebody was faster
                if failure.errno != errno.ENOSPC:
                    raise
    return ballast


def _free(path):
    usage = os.statvfs(path)
    return usage.f_bavail * usage.f_frsize


class PowerCutDisk:
    """ext4 in a file. `cut()` stops it where it is: what was not synced is gone, whatever was written; then it is mounted again.

    with PowerCutDisk(path) as disk:
        … write below the path …
        disk.cut()
        … let those end who had files open there …
        disk.mount()
    """

    def __init__(self, path, mib=256):
        self.path = pathlib.Path(path)
        self._file = self.path.with_suffix(".ext4")
        self._mib = mib
        self._mounted = False

    def __enter__(self):
        self.path.mkdir(exist_ok=True)
        with open(self._file, "wb") as file:
            file.truncate(self._mib * MIB)
        _run("mkfs.ext4", "-q", str(self._file))
        self.mount()
        return self

    def __exit__(self, *_):
        self.unmount()

    def mount(self):
        """After a cut: as a machine that starts, the file system repairs itself from its journal."""
        self.unmount()
        _run("mount", "-o", "loop", str(self._file), str(self.path))
        self._mounted = True

    def unmount(self):
        if self._mounted:
            _run("umount", str(self.path))
        self._mounted = False

    def cut(self):
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(folder)
