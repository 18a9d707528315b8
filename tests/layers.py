#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every #include keeps to the layers: base ← wire, store ← bus ← service ← client ← services/*.

Usage: tests/layers.py FILE.c FILE.h …   (paths from the root of the checkout)

A layer includes itself and those below it; a folder of services/ never another one; and the headers of some libraries are
seen by one layer only. Tests may include anything. Prints FILE:LINE: what is wrong, and exits with 1 if anything is.
"""

import fnmatch
import pathlib
import re
import sys

RANK = {"base": 0, "wire": 1, "store": 1, "bus": 2, "service": 3, "client": 4}
SERVICES_RANK = 5

# Generated headers, first match: the lists include nothing and may be used from the lowest layer up.
GENERATED_RANK = [
    ("proto/errors.gen.h", 0),
    ("proto/roles.gen.h", 0),
    ("proto/counters.gen.h", 0),
    ("proto/*_dispatch.gen.h", 3),
    ("proto/*.gen.h", 1),
]

# Headers of libraries → the only layer that may include them.
CLOSED = [
    ("lmdb.h", "store"),
    ("zmq.h", "bus"),
    ("zmq_*.h", "bus"),
    ("czmq*.h", "bus"),
    ("msgpack.h", "wire"),
    ("msgpack/*", "wire"),
]

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer_of(path):
    """Name and rank of where a path lies, or None for what has no layer (libc, tests)."""
    parts = pathlib.PurePosixPath(path).parts
    if len(parts) > 2 and parts[0] == "common" and parts[1] in RANK:
        return f"common/{parts[1]}", RANK[parts[1]]
    if len(parts) > 2 and parts[0] == "services":
        return f"services/{parts[1]}", SERVICES_RANK
    return None


def generated_rank(header):
    return next((rank for pattern, rank in GENERATED_RANK if fnmatch.fnmatchcase(header, pattern)), None)


def problem(layer, rank, header):
    """What is wrong with a file of `layer` including `header`, or None."""
    for pattern, owner in CLOSED:
        if fnmatch.fnmatchcase(header, pattern) and layer != f"common/{owner}":
            return f"{layer} includes <{header}>, which only common/{owner} may see"
    included = layer_of(header)
    if included:
        name, included_rank = included
        if name != layer and included_rank >= rank:
            return f"{layer} includes {header}, which is not below it"
        return None
    needed = generated_rank(header)
    if needed is not None and (rank < needed or (layer == "common/store" and needed > 0)):
        return f"{layer} includes {header}, which is not for it"
    return None


def check(path):
    place = layer_of(path)
    if path.startswith("common/") and place is None:
        return [f"{path}:1: is in no layer; add its folder to tests/layers.py, or move it"]
    problems = []
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, header = match[1] == '"', match[2]
        if quoted and "/" not in header:
            problems.append(f'{path}:{number}: includes "{header}"; write its path from the root of the checkout')
        elif place and (found := problem(*place, header)):
            problems.append(f"{path}:{number}: {found}")
    return problems


def main():
    problems = [line for path in sys.argv[1:] for line in check(path)]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
