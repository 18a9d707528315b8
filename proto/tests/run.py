#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the schema generator and the Python client. Exits with 1, naming each case that differs.

golden/ holds what sample/ must give; bad/ holds inputs that must fail: `# error: TEXT` at the end of a line says that
this line must be complained of with TEXT, and no other. A folder in bad/ is one case of several files. Files called
errors.toml and roles.toml come from sample/ where a case has none.

--update writes the golden outputs anew; read their diff before committing it.
"""

import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parent.parent
SAMPLE, GOLDEN, BAD = TESTS / "sample", TESTS / "golden", TESTS / "bad"
ENVELOPE = TESTS.parent / "envelope.toml"  # the sample's messages are framed like all others
WARNINGS = """-std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wswitch-enum -Wvla -Werror""".split()

failures = []


def fail(case, text):
    failures.append(case)
    print(f"FAILED {case}\n{text}")


def run(*command, folder=ROOT):
    return subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, check=False)


def generate(*arguments, folder=ROOT):
    return run(sys.executable, TESTS.parent / "generate", *arguments, folder=folder)


def sample_files():
    return sorted(SAMPLE.glob("*.toml")) + sorted(SAMPLE.glob("*/rows.toml"))


def write_all(out):
    """Every output of the sample."""
    files = sample_files()
    for arguments in (
        ("c", "--out", out),
        ("dispatch", "--service", "library", "--out", out),
        ("dispatch", "--service", "loans", "--out", out),
        ("messages", "--out", out / "MESSAGES.md"),
        ("python", "--out", out),
        ("asyncapi", "--out", out / "asyncapi.yaml", ENVELOPE),
    ):
        result = generate(*arguments, *files)
        if result.returncode != 0:
            fail(f"generate {arguments[0]}", result.stderr)


def tree(folder):
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


def test_golden(out):
    expected, found = tree(GOLDEN), tree(out)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            old, new = (text.get(name, "").splitlines() for text in (expected, found))
            diff = list(difflib.unified_diff(old, new, f"golden/{name}", "written now", lineterm=""))
            fail(f"golden {name}", "\n".join(diff[:40]))


def expected_errors(folder, files):
    """What the `# error:` comments ask for, as the generator prints it when it runs in `folder`."""
    found = set()
    for path in files:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            texts = re.findall(r"# error: ((?:(?! # error: ).)*)", line)
            found |= {f"{path.relative_to(folder)}:{number}: {text}" for text in texts}
    return found


def test_bad(case, scratch):
    files = sorted(case.rglob("*.toml")) if case.is_dir() else [case]
    folder = case if case.is_dir() else BAD
    given = {path.name for path in files}
    lists = [os.path.relpath(SAMPLE / name, folder) for name in ("errors.toml", "roles.toml") if name not in given]
    out = scratch / case.name
    result = generate("c", "--out", out, *(path.relative_to(folder) for path in files), *lists, folder=folder)
    expected = expected_errors(folder, files)
    found = set(result.stderr.splitlines())
    if not expected:
        fail(f"bad {case.name}", "the case expects no error")
    if found != expected:
        differences = [f"- {line}" for line in expected - found] + [f"+ {line}" for line in found - expected]
        fail(f"bad {case.name}", "\n".join(differences))
    if result.returncode != 1:
        fail(f"bad {case.name}", f"exit code {result.returncode} instead of 1")
    if out.exists():
        fail(f"bad {case.name}", "outputs were written in spite of errors")


def compilers():
    return [compiler for compiler in ("gcc", "clang", "clang-14") if shutil.which(compiler)]


def test_compiles(out, scratch):
    """The C outputs have no warnings, and the tables hold what the test program looks up in them."""
    includes = [f"-I{ROOT}", f"-I{out}"]
    if not compilers():
        print("left out: compiling, there is neither gcc nor clang")
    for compiler in compilers():
        for path in sorted(out.glob("proto/*.c")):
            result = run(compiler, *WARNINGS, *includes, "-fsyntax-only", path)
            if result.returncode != 0:
                fail(f"{compiler} {path.name}", result.stderr)
        program = scratch / f"tables_{compiler}"
        sources = [TESTS / "tables_test.c", *sorted(out.glob("proto/*.c"))]
        command = [compiler, *WARNINGS, *includes, "-fsanitize=undefined", *sources, "-o", program]
        for step in (command, [program]):
            result = run(*step)
            if result.returncode != 0:
                fail(f"tables_test with {compiler}", result.stdout + result.stderr)
                break


def test_layout(out):
    """The C outputs stand as clang-format would have them."""
    if not shutil.which("clang-format-14"):
        print("left out: layout of the C outputs, there is no clang-format-14")
        return
    for path in sorted(out.glob("proto/*")):
        result = run("clang-format-14", f"--style=file:{ROOT}/.clang-format", path)
        if result.stdout != path.read_text("utf-8"):
            diff = difflib.unified_diff(path.read_text("utf-8").splitlines(), result.stdout.splitlines(), lineterm="")
            fail(f"layout {path.name}", result.stderr + "\n".join(diff))


def test_calls(out):
    """--check tells fresh from stale, and what is right already is not written again."""
    messages, header = out / "MESSAGES.md", out / "proto/library.gen.h"
    check = ("messages", "--check", "--out", messages, *sample_files())
    if generate(*check).returncode != 0:
        fail("check of a fresh file", generate(*check).stderr)
    messages.write_text(messages.read_text("utf-8") + "x", "utf-8")
    result = generate(*check)
    renewal = f"{messages} is stale; renew it with: proto/generate messages --out {messages} {sample_files()[0]}"
    if result.returncode != 1 or not result.stderr.startswith(renewal):
        fail("check of a stale file", result.stderr)
    os.utime(header, (1, 1))
    generate("c", "--out", out, *sample_files())
    if header.stat().st_mtime != 1:
        fail("unchanged output", f"{header.name} was written again")
    frameless = generate("asyncapi", "--out", out / "asyncapi.yaml", *sample_files())
    if frameless.returncode != 1 or "give envelope.toml in the same call" not in frameless.stderr:
        fail("asyncapi without the frame", frameless.stderr)
    unknown = generate("dispatch", "--service", "libary", "--out", out, *sample_files())
    if unknown.returncode != 1 or "did you mean `library`?" not in unknown.stderr:
        fail("dispatch of an unknown service", unknown.stderr)


def test_client():
    result = run(sys.executable, "-B", TESTS / "client_test.py")
    print(result.stdout, end="")
    if result.returncode != 0:
        fail("Python client", result.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        out = scratch / "out"
        write_all(out)
        if sys.argv[1:] == ["--update"]:
            shutil.rmtree(GOLDEN, ignore_errors=True)
            shutil.copytree(out, GOLDEN)
        test_golden(out)
        for case in sorted(BAD.iterdir()):
            test_bad(case, scratch)
        test_compiles(out, scratch)
        test_layout(out)
        test_calls(out)
        test_client()
    print(f"{len(failures)} failures" if failures else "all as it should be")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
