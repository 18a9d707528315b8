# SPDX-License-Identifier: Apache-2.0
"""A name stands for one thing in the whole system: checked as C sees it, where every tag and constant is global."""

_C_WORDS = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true false
    asm typeof errno unix linux""".split()
)

# Tags of common/base, common/wire and common/service that generated code stands beside.
_RUNTIME_TAGS = """text bytes list ctx arena buffer counters enum_value enum_desc field_kind field_flag field_desc
    struct_desc message_kind message_desc command_row query_row event_row dispatch error_code error_info role role_info
    counter counter_kind counter_info""".split()

_RUNTIME_CONSTANTS = """FIELD_BOOL FIELD_INT FIELD_ID FIELD_TIME FIELD_DATE FIELD_TEXT FIELD_LINE FIELD_BIN FIELD_ENUM
    FIELD_STRUCT FIELD_RAW FIELD_REQUIRED FIELD_PERSONAL FIELD_LIST FIELD_CLEARABLE FIELD_SENSITIVE FIELD_NO_OFFSET
    MESSAGE_COMMAND MESSAGE_QUERY MESSAGE_EVENT MESSAGE_FIGURE ERROR_NONE ERROR_INFO_COUNT ROLE_COUNT COUNTER_COUNT
    COUNTER_KIND_TOTAL COUNTER_KIND_GAUGE""".split()


class _Claims:
    """Names that are taken, and by what."""

    def __init__(self, problems, taken):
        self.problems = problems
        self.taken = {name: "the code around the messages" for name in taken}

    def claim(self, name, what, where):
        if name in _C_WORDS:
            self.problems.add(where, f"`{name}`, for {what}, is a word of C; take another name")
        elif name in self.taken:
            self.problems.add(where, f"`{name}`, for {what}, is taken by {self.taken[name]}; rename one")
        self.taken.setdefault(name, f"{what} ({where.path}:{where.line})")


def check_names(schema, problems):
    tags = _Claims(problems, _RUNTIME_TAGS + [f"{service}_service" for service in schema.services()])
    constants = _Claims(problems, _RUNTIME_CONSTANTS)
    for file in sorted(schema.files, key=lambda file: not file.entries):
        for entry in file.entries:
            constants.claim(f"{file.stem[:-1]}_{entry.name}".upper(), f"{file.stem[:-1]} `{entry.name}`", entry.where)
        for enum in file.enums:
            tags.claim(enum.name, f"enum `{enum.name}`", enum.where)
            for value in enum.values:
                what = f"value `{value.name}` of `{enum.name}`"
                constants.claim(f"{enum.name}_{value.name}".upper(), what, value.where)
        for struct in file.structs:
            tags.claim(struct.c_name, f"{struct.kind} `{struct.name}`", struct.where)
            if any(field.number for field in struct.fields) and struct.kind == "struct":
                tags.claim(f"{struct.c_name}_row", f"the row table of struct `{struct.name}`", struct.where)
            _check_members(struct, problems)
        for message in file.messages:
            _claim_message(tags, message)
            _check_members(message.body, problems)
            if message.reply:
                _check_members(message.reply, problems)


def _claim_message(tags, message):
    what = f"{message.kind} {message.type}"
    tags.claim(message.c_name, what, message.where)
    if message.reply:
        tags.claim(message.reply.c_name, f"the reply to {message.type}", message.where)
    if message.kind == "command":
        tags.claim(f"{message.c_name}_plan", f"the plan of {message.type}", message.where)


def _check_members(struct, problems):
    for field in struct.fields:
        if field.name in _C_WORDS:
            problems.add(field.where, f"field `{field.name}` is a word of C; take another name")
