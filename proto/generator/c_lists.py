# SPDX-License-Identifier: Apache-2.0
"""Writes the C of errors.toml, roles.toml and counters.toml: an enum and a table each, including nothing of common/."""

from generator import c_text
from generator.c_text import Text


def write(schema, file):
    """Path in the output directory → text."""
    header, source = _WRITERS[file.stem](schema, file)
    guard = f"PROTO_{file.stem.upper()}_GEN_H"
    opening = f"{c_text.file_comment(file.shown_path, _PURPOSES[file.stem])}\n#ifndef {guard}\n#define {guard}"
    include = f'// SPDX-License-Identifier: Apache-2.0\n#include "proto/{file.stem}.gen.h"'
    return {
        f"proto/{file.stem}.gen.h": "\n\n".join([opening, *header, "#endif"]) + "\n",
        f"proto/{file.stem}.gen.c": "\n\n".join([include, *source]) + "\n",
    }


_PURPOSES = {
    "errors": "Every refusal a service can answer with. The table is constant and may be read from any thread.",
    "roles": "The roles, and which of them stand for others. The table is constant and may be read from any thread.",
    "counters": "Every counter of the system. The table is constant and may be read from any thread.",
}


def _enum(tag, constants, last=None):
    """`constants` are (name, number or None, doc)."""
    lines = [f"enum {tag} {{"]
    for name, number, doc in constants:
        lines += [c_text.comment(doc, 4)] if doc else []
        lines.append(f"    {name}{'' if number is None else f' = {number}'},")
    return "\n".join(lines + ([f"    {last},"] if last else []) + ["};"])


def _table(declaration, rows):
    lines = [f"{declaration} = {{"]
    for members in rows:
        lines += ["    {", c_text.initializer(members, 8), "    },"]
    return "\n".join(lines + ["};"])


def _constant(group, entry):
    return f"{group}_{entry.name}".upper()


def _errors(schema, file):
    entries = sorted(schema.errors.values(), key=lambda entry: entry.n)
    constants = [("ERROR_NONE", 0, "Not an error.")]
    constants += [(_constant("error", entry), entry.n, entry.doc) for entry in entries]
    header = [
        "#include <stdbool.h>\n#include <stddef.h>",
        _enum("error_code", constants),
        "\n".join([
            "struct error_info {",
            "    enum error_code code;",
            "    const char *name;",
            "    bool retry; // the same message, sent again, may succeed",
            "    int exit;   // exit code of pk",
            "    const char *doc;",
            "};",
        ]),
        f"enum {{ ERROR_INFO_COUNT = {len(entries)} }};",
        "/** Sorted by code. */\nextern const struct error_info error_infos[ERROR_INFO_COUNT];",
        "/** NULL for ERROR_NONE and for what is not a code. */\n"
        "const struct error_info *error_info(enum error_code code);",
        "/** `name` need not end with NUL and is borrowed for the call. ERROR_NONE when no error is called so. */\n"
        "enum error_code error_code_of(const char *name, size_t len);",
    ]
    rows = [
        [
            ("code", _constant("error", entry)),
            ("name", Text(entry.name)),
            ("retry", "true" if entry.values["retry"] else "false"),
            ("exit", entry.values["exit"]),
            ("doc", Text(entry.doc)),
        ]
        for entry in entries
    ]
    table = _table("const struct error_info error_infos[ERROR_INFO_COUNT]", rows)
    return header, ["#include <string.h>", table, _ERROR_LOOK_UP]


_ERROR_LOOK_UP = """const struct error_info *error_info(enum error_code code)
{
    for (size_t i = 0; i < ERROR_INFO_COUNT; i++) {
        if (error_infos[i].code == code) {
            return &error_infos[i];
        }
    }
    return NULL;
}

enum error_code error_code_of(const char *name, size_t len)
{
    for (size_t i = 0; i < ERROR_INFO_COUNT; i++) {
        if (strlen(error_infos[i].name) == len && memcmp(error_infos[i].name, name, len) == 0) {
            return error_infos[i].code;
        }
    }
    return ERROR_NONE;
}"""


def _roles(schema, file):
    constants = [(_constant("role", entry), entry.n, entry.doc) for entry in schema.roles.values()]
    header = [
        "#include <stdint.h>",
        _enum("role", constants),
        f"enum {{ ROLE_COUNT = {len(constants)} }};",
        "\n".join([
            "struct role_info {",
            "    const char *name;",
            "    uint32_t acts_as; // bit of each role whose messages it may send, its own too",
            "    const char *doc;",
            "};",
        ]),
        "/** By enum role. */\nextern const struct role_info role_infos[ROLE_COUNT];",
    ]
    rows = []
    for entry in schema.roles.values():
        mask = sum(1 << schema.roles[name].n for name in schema.acts_as(entry.name))
        members = [("name", Text(entry.name)), ("acts_as", f"{mask:#x}"), ("doc", Text(entry.doc))]
        rows.append(members)
    return header, [_table("const struct role_info role_infos[ROLE_COUNT]", rows)]


def _counters(schema, file):
    constants = [(_constant("counter", entry), None, entry.doc) for entry in schema.counters.values()]
    kinds = [("COUNTER_KIND_TOTAL", None, "Only grows."), ("COUNTER_KIND_GAUGE", None, "Moves both ways.")]
    header = [
        _enum("counter", constants, last="COUNTER_COUNT"),
        _enum("counter_kind", kinds),
        "\n".join([
            "struct counter_info {",
            "    const char *name;",
            "    enum counter_kind kind;",
            '    const char *unit; // "1", "bytes" or "ms"',
            "    const char *doc;",
            "};",
        ]),
        "/** By enum counter. */\nextern const struct counter_info counter_infos[COUNTER_COUNT];",
    ]
    rows = []
    for entry in schema.counters.values():
        kind = f"COUNTER_KIND_{entry.values['kind'].upper()}"
        unit = Text(entry.values["unit"])
        rows.append([("name", Text(entry.name)), ("kind", kind), ("unit", unit), ("doc", Text(entry.doc))])
    return header, [_table("const struct counter_info counter_infos[COUNTER_COUNT]", rows)]


_WRITERS = {"errors": _errors, "roles": _roles, "counters": _counters}
