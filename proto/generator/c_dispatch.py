# SPDX-License-Identifier: Apache-2.0
"""Writes the dispatch of one service (common/service/dispatch.h): handler prototypes, typed adapters, sorted rows."""

from generator import c_text, model


def write(schema, service):
    """Path in the output directory → text."""
    writer = _Writer(schema, service)
    return {
        f"proto/{service}_dispatch.gen.h": writer.header(),
        f"proto/{service}_dispatch.gen.c": writer.source(),
    }


class _Writer:
    def __init__(self, schema, service):
        self.service = service
        self.files = [file for file in schema.files if file.service == service]
        self.commands = schema.of_service(service, "command")
        self.queries = schema.of_service(service, "query")
        self.published = schema.of_service(service, "event", "figure")
        followed = sorted((source, event) for file in self.files for source, event, _ in file.follows)
        self.events = [(source, schema.events[event]) for source, event in followed]
        self.state = f"struct {service}_service"

    def header(self):
        guard = f"PROTO_{self.service.upper()}_DISPATCH_GEN_H"
        sources = " and ".join(file.shown_path for file in self.files)
        stems = {file.stem for file in self.files} | {event.stem for _, event in self.events}
        includes = ["common/service/dispatch.h"] + sorted(f"proto/{stem}.gen.h" for stem in stems)
        plans = [f"struct {message.c_name}_plan;" for message in self.commands]
        plans += [f"struct {self.handler(event)}_plan;" for _, event in self.events]
        purpose = f"The handlers of the {self.service} service; whoever defines them defines their plans too."
        parts = [
            f"{c_text.file_comment(sources, purpose)}\n#ifndef {guard}\n#define {guard}",
            "\n".join(f'#include "{path}"' for path in includes),
            "\n".join(["struct ctx;", self.state + ";", *plans]),
        ]
        parts += [f"// {message.type}\n" + self.command_prototypes(message) for message in self.commands]
        parts += [f"// {message.type}\n" + self.query_prototype(message) for message in self.queries]
        parts += [f"// {source}: {event.type}\n" + self.event_prototypes(event) for source, event in self.events]
        parts += [f"extern const struct dispatch {self.service}_dispatch;", "#endif"]
        return "\n\n".join(parts) + "\n"

    def handler(self, event):
        return f"{self.service}_on_{event.c_name}"

    def command_prototypes(self, message):
        name = message.c_name
        check = [f"const {self.state} *self", f"const struct {name} *command", "struct ctx *ctx"]
        apply = [f"{self.state} *self", f"const struct {name}_plan *plan", "struct ctx *ctx",
                 f"struct {message.reply.c_name} *out_reply"]  # fmt: skip
        return "\n".join([
            c_text.call(f"const struct {name}_plan *{name}_check", check, ";"),
            c_text.call(f"void {name}_apply", apply, ";"),
        ])

    def query_prototype(self, message):
        name = message.c_name
        answer = [f"const {self.state} *self", f"const struct {name} *query", "struct ctx *ctx",
                  f"struct {message.reply.c_name} *out_reply"]  # fmt: skip
        return c_text.call(f"bool {name}_answer", answer, ";")

    def event_prototypes(self, event):
        name = self.handler(event)
        check = [f"const {self.state} *self", f"const struct {event.c_name} *event", "struct ctx *ctx"]
        apply = [f"{self.state} *self", f"const struct {name}_plan *plan", "struct ctx *ctx"]
        return "\n".join([
            c_text.call(f"const struct {name}_plan *{name}_check", check, ";"),
            c_text.call(f"void {name}_apply", apply, ";"),
        ])

    def source(self):
        parts = [f'// SPDX-License-Identifier: Apache-2.0\n#include "proto/{self.service}_dispatch.gen.h"']
        for message in self.commands:
            name = message.c_name
            parts.append(_adapter("const void *", name, "check", ["const void *self", "const void *command"]))
            parts.append(_adapter("void ", name, "apply", ["void *self", "const void *plan"], out=["void *out_reply"]))
        for message in self.queries:
            arguments = ["const void *self", "const void *query"]
            parts.append(_adapter("bool ", message.c_name, "answer", arguments, out=["void *out_reply"]))
        for _, event in self.events:
            name = self.handler(event)
            parts.append(_adapter("const void *", name, "check", ["const void *self", "const void *event"]))
            parts.append(_adapter("void ", name, "apply", ["void *self", "const void *plan"]))
        parts += self.tables()
        return "\n\n".join(parts) + "\n"

    def tables(self):
        pair, answer = ("check", "apply"), ("answer",)
        groups = (
            ("commands", "command", [([], message, message.c_name, pair) for message in self.commands]),
            ("queries", "query", [([], message, message.c_name, answer) for message in self.queries]),
            ("events", "event", [([("source", c_text.Text(source))], event, self.handler(event), pair)
                                 for source, event in self.events]),
        )
        members = [("service", c_text.Text(self.service))]
        tables = []
        for plural, kind, rows in groups:
            if rows:
                tables.append(_rows(f"static const struct {kind}_row {plural}[]", rows))
                members += [(plural, plural), (f"{kind}_count", len(rows))]
        if self.published:
            entries = "\n".join(f"    &{message.c_name}_message," for message in self.published)
            tables.append(f"static const struct message_desc *const published[] = {{\n{entries}\n}};")
            members += [("published", "published"), ("published_count", len(self.published))]
        dispatch = f"const struct dispatch {self.service}_dispatch = {{\n{c_text.initializer(members, 4)}\n}};"
        return tables + [dispatch]


def _adapter(result, name, verb, parameters, out=()):
    """A function without types that calls the typed one."""
    parameters = [*parameters, "struct ctx *ctx", *out]
    arguments = ", ".join(parameter.rpartition("*" if "*" in parameter else " ")[2] for parameter in parameters)
    head = c_text.call(f"static {result}call_{name}_{verb}", parameters, "")
    return f"{head}\n{{\n    {'return ' if result != 'void ' else ''}{name}_{verb}({arguments});\n}}"


def _rows(declaration, rows):
    lines = [f"{declaration} = {{"]
    for first, message, name, verbs in rows:
        members = [*first, ("message", f"&{message.c_name}_message")]
        members += [(verb, f"call_{name}_{verb}") for verb in verbs]
        lines += ["    {", c_text.initializer(members, 8), "    },"]
    return "\n".join(lines + ["};"])


def problem(schema, service):
    """Why no dispatch can be written for the service, or None."""
    if service in schema.services():
        return None
    return f"no file here is of service `{service}`; " + (
        model.nearest(service, schema.services()) or "give its file in the same call"
    )
