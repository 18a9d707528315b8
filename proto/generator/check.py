# SPDX-License-Identifier: Apache-2.0
"""Checks what only all files together can tell, and gives structs the fields they extend."""

from generator import model, names
from generator.example import ExampleCheck

_MOST_FIELDS = 64


def check(schema, problems):
    """Completes `schema` in place; what is wrong is added to `problems`."""
    names.check_names(schema, problems)
    for file in schema.files:
        _check_uses(schema, file, problems)
    _refuse_circles(
        {file.stem: [stem for stem, _ in file.uses if stem != file.stem] for file in schema.files},
        lambda stem, others: problems.add(
            _line(schema.by_stem[stem], "uses"),
            f"files use each other in a circle: {others}; move what they share to a file of its own",
        ),
    )
    for file in schema.files:
        for struct in _structs(file):
            _check_references(schema, file, struct, problems)
    _extend_all(schema, problems)
    _check_nesting(schema, problems)
    _check_roles(schema, problems)
    for file in schema.files:
        for struct in _structs(file):
            _check_seen_by(schema, struct, problems)
    for message in schema.messages:
        _check_message(schema, message, problems)
    for file in schema.files:
        for struct in _structs(file):
            _check_field_examples(schema, struct, problems)
    _check_follows(schema, problems)


def _line(file, *path):
    return model.Where(file.path, file.index.line(*path))


def _structs(file):
    """Every struct of the file, bodies and replies of messages too."""
    yield from file.structs
    for message in file.messages:
        yield message.body
        if message.reply:
            yield message.reply


def _key(schema, struct, *below):
    """The place of a key of a struct's own table, given any of its own."""
    index = schema.by_stem[struct.stem].index
    table = next(path for path in index.lines if len(path) == 2 and path[1] == struct.name)
    return model.Where(struct.where.path, index.line(*table, *below))


def _check_uses(schema, file, problems):
    for stem, where in file.uses:
        if stem == file.stem:
            problems.add(where, f"`{stem}` uses itself; leave it out")
        elif stem in schema.by_stem and schema.by_stem[stem].is_rows and not file.is_rows:
            problems.add(where, f"`{stem}` holds stored rows, which messages cannot use; move what they share")
        elif stem not in schema.by_stem:
            hint = model.nearest(stem, schema.by_stem) or "give that file in the same call"
            problems.add(where, f"no file here is called `{stem}`; {hint}")


def _refuse_circles(graph, complain):
    """Calls complain(node, the circle as text) once for each circle, on its alphabetically first node."""
    for start in sorted(graph):
        waiting, came_from = [start], {}
        while waiting:
            node = waiting.pop()
            for target in graph.get(node, ()):
                if target not in came_from:
                    came_from[target] = node
                    waiting.append(target)
        if start in came_from:
            circle = [start]
            while came_from[circle[-1]] != start and len(circle) <= len(graph):
                circle.append(came_from[circle[-1]])
            if start == min(circle):
                complain(start, " → ".join([start] + circle[::-1]))


def _visible(schema, file, target, what, where, problems):
    """Complains unless `target` stands in the file itself or in one it uses."""
    if target.stem != file.stem and target.stem not in [stem for stem, _ in file.uses]:
        problems.add(where, f"{what} stands in {target.stem}, which is not used here; add \"{target.stem}\" to `uses`")


def _check_references(schema, file, struct, problems):
    for field in struct.fields:
        if not field.target:
            continue
        target, what = schema.target(field), f"{field.kind} `{field.target}`"
        if target is None:
            known = schema.enums if field.kind == "enum" else [n for kind, n in schema.structs if kind == field.kind]
            hint = model.nearest(field.target, known) or "declare it, or give its file in the same call"
            problems.add(field.where, f"{what} of field `{field.name}` does not exist; {hint}")
        else:
            _visible(schema, file, target, what, field.where, problems)


def _check_seen_by(schema, struct, problems):
    for field in struct.fields[struct.inherited :]:
        for role, where in field.seen_by:
            if role not in schema.roles:
                hint = model.nearest(role, schema.roles) or "roles.toml lists them; give it in the same call"
                problems.add(where, f"role `{role}` does not exist; {hint}")


def _check_field_examples(schema, struct, problems):
    """Fields that come from an extended struct are checked there."""
    for field in struct.fields[struct.inherited :]:
        if field.example is not None:
            ExampleCheck(schema, problems, f"field `{field.name}`", lambda _, field=field: field.where).field(field)


def _extend_all(schema, problems):
    """Puts the fields of extended structs in front. Circles are cut after their complaint."""
    bases = {}
    for file in schema.files:
        for struct in _structs(file):
            if struct.extends is None:
                continue
            kinds = ("row", "struct") if struct.kind == "row" else ("struct",)
            where = _key(schema, struct, "extends")
            found = [schema.structs.get((kind, struct.extends)) for kind in kinds]
            base = next(filter(None, found), None)
            if base is None:
                hint = model.nearest(struct.extends, [name for k, name in schema.structs if k in kinds]) or "declare it"
                problem = f"{kinds[-1]} `{struct.extends}`, which `{struct.name}` extends, does not exist; {hint}"
                problems.add(where, problem)
                continue
            _visible(schema, file, base, f"{base.kind} `{struct.extends}`", where, problems)
            bases[struct.c_name] = (struct, base)
    circles = []
    _refuse_circles(
        {name: [base.c_name] for name, (_, base) in bases.items()},
        lambda name, circle: circles.append((bases[name][0], circle)),
    )
    for struct, circle in circles:
        problems.add(_key(schema, struct, "extends"), f"structs extend each other in a circle: {circle}; cut it")
    if not circles:
        done = set()
        for name in bases:
            _extend(bases, name, done)
    for file in schema.files:
        for struct in _structs(file):
            _check_fields(schema, struct, problems)


def _extend(bases, name, done):
    if name in bases and name not in done:
        struct, base = bases[name]
        _extend(bases, base.c_name, done)
        struct.inherited = len(base.fields)
        struct.fields = base.fields + struct.fields
        done.add(name)


def _check_fields(schema, struct, problems):
    """What can only be told of the whole: repeated names, members and numbers, and how many there are."""
    members, numbers = {}, {}
    for i, field in enumerate(struct.fields):
        where = struct.where_of(i)
        own = [field.name] + [f"has_{field.name}"] * field.has_member + [f"clear_{field.name}"] * field.clearable
        for member in own:
            if member in members:
                problem = f"`{member}` of `{struct.name}` is also a member for field `{members[member]}`; rename one"
                problems.add(where, problem)
        members.update((member, field.name) for member in own)
        if field.number and field.number in numbers:
            taken = f"field `{field.name}` has n = {field.number} of `{numbers[field.number]}`"
            problems.add(where, f"{taken}; give it one of its own")
        numbers.setdefault(field.number, field.name)
    _check_numbers(schema, struct, problems)
    if len(struct.fields) > _MOST_FIELDS:
        count = f"`{struct.name}` has {len(struct.fields)} fields, at most {_MOST_FIELDS} are possible"
        problems.add(struct.where, f"{count}; group some in a struct")


def _check_numbers(schema, struct, problems):
    """A struct that can be stored has numbers throughout, also in what it holds."""
    if not struct.numbered:
        return
    for i, field in enumerate(struct.fields):
        where = struct.where_of(i)
        if not field.number and (struct.kind == "struct" or i < struct.inherited):
            problem = f"field `{field.name}` has no `n`, other fields of `{struct.name}` have"
            problems.add(where, f"{problem}; give it one, or none of them")
        target = schema.target(field) if field.kind == "struct" else None
        if struct.kind == "struct" and target and not target.numbered:
            problem = f"`{struct.name}` can be stored, but struct `{target.name}` has no `n`"
            problems.add(where, f"{problem}; give its fields numbers too")


def _check_nesting(schema, problems):
    structs = {struct.c_name: struct for struct in schema.structs.values()}
    graph = {
        struct.c_name: [field.target for field in struct.fields if field.kind in ("struct", "row")]
        for struct in structs.values()
    }
    _refuse_circles(
        graph,
        lambda name, circle: problems.add(
            structs[name].where, f"structs hold each other in a circle: {circle}; name them by id instead"
        ),
    )


def _check_roles(schema, problems):
    for role in schema.roles.values():
        for above in role.values["above"]:
            if above not in schema.roles:
                hint = model.nearest(above, schema.roles) or "roles.toml lists them"
                problems.add(role.values["where"], f"role `{above}` does not exist; {hint}")
    _refuse_circles(
        {name: role.values["above"] for name, role in schema.roles.items()},
        lambda name, circle: problems.add(
            schema.roles[name].values["where"], f"roles stand above each other: {circle}; cut the circle"
        ),
    )


def _check_message(schema, message, problems):
    file = schema.by_stem[message.stem]
    if message.role is not None and message.role not in schema.roles:
        hint = model.nearest(message.role, schema.roles) or "roles.toml lists them; give it in the same call"
        problems.add(_line(file, message.kind, message.type, "role"), f"role `{message.role}` does not exist; {hint}")
    for code, where in message.errors:
        if code not in schema.errors:
            hint = model.nearest(code, schema.errors) or "errors.toml lists them; give it in the same call"
            problems.add(where, f"error `{code}` does not exist; {hint}")
    if message.example is not None:
        place = (message.kind, message.type, "example")
        ExampleCheck(schema, problems, message.type, lambda path: _line(file, *place, *path)).message(message)


def _check_follows(schema, problems):
    seen = set()
    for file in schema.files:
        for source, event, where in file.follows:
            published = [m.type for m in schema.of_service(source, "event")]
            if source == file.service:
                problems.add(where, f"service `{source}` follows itself; leave it out")
            elif source not in schema.services():
                hint = model.nearest(source, schema.services()) or "give its file in the same call"
                problems.add(where, f"no file here is of service `{source}`; {hint}")
            elif event not in published:
                hint = model.nearest(event, published) or f"declare it in a file of `{source}`"
                problems.add(where, f"`{event}` is not an event of `{source}`; {hint}")
            elif (file.service, source, event) in seen:
                problems.add(where, f"`{file.service}` follows `{event}` already, in another file; leave it out here")
            seen.add((file.service, source, event))
