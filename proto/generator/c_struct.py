# SPDX-License-Identifier: Apache-2.0
"""Writes the C of one schema file: structs and enums to the header, their constant tables to the source."""

from generator import c_text
from generator.c_text import Text

_C_TYPES = {
    "bool": "bool ", "int": "int64_t ", "id": "uint64_t ", "time": "int64_t ", "date": "int32_t ",
    "text": "struct text ", "line": "struct text ", "bin": "struct bytes ", "raw": "struct bytes ",
}  # fmt: skip


def write(schema, file):
    """Path in the output directory → text."""
    return {f"proto/{file.stem}.gen.h": _header(schema, file), f"proto/{file.stem}.gen.c": _source(schema, file)}


def has_c(file):
    return bool(file.enums or file.structs or file.messages)


def c_structs(file):
    """Every struct of the file, each after those it holds; then bodies and replies, in the order of the file."""
    own = {struct.c_name: struct for struct in file.structs}
    ordered, done = [], set()

    def place(name):
        if name in own and name not in done:
            done.add(name)
            for field in own[name].fields:
                if field.kind in ("struct", "row"):
                    place(field.target)
            ordered.append(own[name])

    for name in own:
        place(name)
    for message in file.messages:
        ordered += [message.body] + ([message.reply] if message.reply else [])
    return ordered


def tables(struct):
    """(name of a table of the struct, whether its keys are numbers). One that can be stored has both kinds."""
    if struct.kind == "row":
        return [(f"{struct.c_name}_desc", True)]
    return [(f"{struct.c_name}_desc", False)] + ([(f"{struct.c_name}_row_desc", True)] if struct.numbered else [])


def every_table(file):
    return [name for struct in c_structs(file) for name, _ in tables(struct)]


def _all_tables(file):
    return f"extern const struct struct_desc *const {file.stem}_structs[{len(every_table(file))}]"


def _header(schema, file):
    guard = f"PROTO_{file.stem.upper()}_GEN_H"
    includes = sorted(["common/base/text.h", "common/wire/desc.h"] + [
        f"proto/{stem}.gen.h" for stem, _ in file.uses if has_c(schema.by_stem[stem])
    ])
    parts = [
        f"{c_text.file_comment(file.shown_path, file.doc)}\n#ifndef {guard}\n#define {guard}",
        "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>",
        "\n".join(f'#include "{path}"' for path in includes),
    ]
    parts += [_enum(enum) for enum in file.enums]
    parts += [_struct(struct) for struct in c_structs(file)]
    externs = [f"extern const struct enum_desc {enum.name}_enum;" for enum in file.enums]
    externs += [f"extern const struct struct_desc {name};" for struct in c_structs(file) for name, _ in tables(struct)]
    externs += [f"extern const struct message_desc {message.c_name}_message;" for message in file.messages]
    if every_table(file):
        externs.append(f"/** All struct tables above; for tests that try each. */\n{_all_tables(file)};")
    return "\n\n".join(parts + ["\n".join(externs), "#endif"]) + "\n"


def _enum(enum):
    lines = [c_text.doc_comment(enum.doc), f"enum {enum.name} {{"]
    for value in enum.values:
        lines += [c_text.comment(value.doc, 4), f"    {constant(enum, value)} = {value.number},"]
    return "\n".join(lines + ["};"])


def constant(enum, value):
    return f"{enum.name}_{value.name}".upper()


def c_type(field):
    """The C type of a field or of an element of a list, with what separates it from a name."""
    return _C_TYPES.get(field.kind) or f"{'enum' if field.kind == 'enum' else 'struct'} {field.target} "


def _struct(struct):
    lines = [c_text.doc_comment(struct.doc), f"struct {struct.c_name} {{"]
    for field in struct.fields:
        lines.append(c_text.comment(field.doc, 4))
        if field.is_list:
            members = ["        size_t count;", f"        const {c_type(field)}*items;"]
            lines += ["    struct {", *members, f"    }} {field.name};"]
        else:
            lines.append(f"    {c_type(field)}{field.name};")
        if field.has_member:
            lines.append(f"    bool has_{field.name};")
        if field.clearable:
            lines.append(f"    bool clear_{field.name};")
    if not struct.fields:
        lines += ["    // C has no struct without members.", "    char unused;"]
    return "\n".join(lines + ["};"])


def _source(schema, file):
    parts = ["// SPDX-License-Identifier: Apache-2.0", f'#include "proto/{file.stem}.gen.h"']
    parts += [_enum_table(enum) for enum in file.enums]
    for struct in c_structs(file):
        parts += [_struct_table(schema, struct, name, numbered) for name, numbered in tables(struct)]
    parts += [_message_table(schema, message) for message in file.messages]
    if every_table(file):
        rows = "".join(f"    &{name},\n" for name in every_table(file))
        table = f"{_all_tables(file).removeprefix('extern ')} = {{\n{rows}}};"
        parts.append(f"// clang-format off\n{table}\n// clang-format on")
    return "\n\n".join(parts).replace("\n\n", "\n", 1) + "\n"


def _enum_table(enum):
    lines = [f"static const struct enum_value {enum.name}_values[] = {{"]
    for value in enum.values:
        members = [
            ("name", Text(value.name)),
            ("name_len", len(value.name)),
            ("number", constant(enum, value)),
            ("doc", Text(value.doc)),
        ]
        lines += ["    {", c_text.initializer(members, 8), "    },"]
    members = [
        ("name", Text(enum.name)),
        ("values", f"{enum.name}_values"),
        ("count", len(enum.values)),
        ("doc", Text(enum.doc)),
    ]
    lines += ["};", "", f"const struct enum_desc {enum.name}_enum = {{", c_text.initializer(members, 4), "};"]
    return "\n".join(lines)


def _flags(field):
    flags = [("REQUIRED", field.required), ("PERSONAL", field.personal), ("LIST", field.is_list),
             ("CLEARABLE", field.clearable), ("SENSITIVE", field.sensitive)]  # fmt: skip
    return " | ".join(f"FIELD_{name}" for name, is_set in flags if is_set) or None


def _field_entry(schema, struct, field, numbered):
    tag = f"struct {struct.c_name}"
    limited = field.kind == "int" or bool(field.max)
    mask = sum(1 << schema.roles[role].n for role, _ in field.seen_by)
    seen_by = f"{mask:#x}" if mask else None
    structure = None
    if field.kind in ("struct", "row"):
        # In a row, a struct that has numbers is stored by them.
        structure = "&" + next((name for name, by_number in tables(schema.target(field)) if by_number == numbered),
                               f"{field.target}_desc")  # fmt: skip
    members = [
        ("name", Text(field.name)),
        ("name_len", len(field.name)),
        ("kind", "FIELD_STRUCT" if structure else f"FIELD_{field.kind.upper()}"),
        ("flags", _flags(field)),
        ("number", field.number if numbered else None),
        ("offset", f"offsetof({tag}, {field.name})"),
        ("has_offset", f"offsetof({tag}, has_{field.name})" if field.has_member else "FIELD_NO_OFFSET"),
        ("clear_offset", f"offsetof({tag}, clear_{field.name})" if field.clearable else "FIELD_NO_OFFSET"),
        ("max_items", field.items or None),
        ("min", c_text.whole(field.min) if limited else None),
        ("max", c_text.whole(field.max) if limited else None),
        ("structure", structure),
        ("enumeration", f"&{field.target}_enum" if field.kind == "enum" else None),
        ("since", field.since),
        ("seen_by", seen_by),
        ("doc", Text(field.doc)),
    ]
    return "\n".join(["    {", c_text.initializer(members, 8), "    },"])


def _struct_table(schema, struct, name, numbered):
    lines, fields = [], name.removesuffix("_desc") + "_fields"
    if struct.fields:
        lines.append(f"static const struct field_desc {fields}[] = {{")
        lines += [_field_entry(schema, struct, field, numbered) for field in struct.fields]
        lines += ["};", ""]
    required = sum(1 << i for i, field in enumerate(struct.fields) if field.required)
    members = [
        ("name", Text(struct.name)),
        ("size", f"sizeof(struct {struct.c_name})"),
        ("fields", fields if struct.fields else None),
        ("count", len(struct.fields)),
        ("required", f"UINT64_C({required:#x})"),
        ("numbered", "true" if numbered else None),
        ("doc", Text(struct.doc)),
    ]
    lines += [f"const struct struct_desc {name} = {{", c_text.initializer(members, 4), "};"]
    return "\n".join(lines)


def _message_table(schema, message):
    senders = schema.may_send(message) if message.reply else []
    mask = sum(1 << schema.roles[name].n for name in senders)
    members = [
        ("type", Text(message.type)),
        ("service", Text(message.service)),
        ("kind", f"MESSAGE_{message.kind.upper()}"),
        ("body", f"&{message.body.c_name}_desc"),
        ("reply", f"&{message.reply.c_name}_desc" if message.reply else None),
        ("roles", f"{mask:#x}" if senders else None),
        ("audited", f"MESSAGE_{message.audited.upper()}" if message.audited else None),
        ("since", message.since),
        ("doc", Text(message.doc)),
    ]
    text = c_text.initializer(members, 4)
    if senders:
        text = text.replace(f".roles = {mask:#x},", f".roles = {mask:#x}, // {', '.join(senders)}", 1)
    return "\n".join([f"const struct message_desc {message.c_name}_message = {{", text, "};"])
