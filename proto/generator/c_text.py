# SPDX-License-Identifier: Apache-2.0
"""Pieces of C text, laid out as the committed .clang-format would have them."""

import textwrap

COLUMNS = 120

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def string(text, column):
    """A string literal that begins at `column`, in as many pieces as fit below each other."""
    room = COLUMNS - column - 4  # quotes, a comma, and one to spare
    pieces = textwrap.wrap(text, room, drop_whitespace=False, break_on_hyphens=False, replace_whitespace=False) or [""]
    return ("\n" + " " * column).join(f'"{_escaped(piece)}"' for piece in pieces)


def _escaped(text):
    # "??" could begin a trigraph.
    escaped = "".join(_ESCAPES.get(char) or (f"\\{ord(char):03o}" if ord(char) < 32 else char) for char in text)
    return escaped.replace("??", "?\\?")


def comment(text, indent=0):
    """Line comments."""
    start = " " * indent + "// "
    return "\n".join(start + line for line in _wrapped(text, COLUMNS - len(start)))


def doc_comment(text):
    """One comment block above a declaration."""
    text = _inside_comment(text)
    if len(text) + 7 <= COLUMNS and "\n" not in text:
        return f"/** {text} */"
    lines = [f" * {line}".rstrip() for line in _wrapped(text, COLUMNS - 3)]
    return "\n".join(["/**", *lines, " */"])


def _inside_comment(text):
    return text.replace("*/", "* /").replace("/*", "/ *")


def _wrapped(text, width):
    for i, part in enumerate(text.split("\n\n")):
        if i:
            yield ""
        # A backslash at the end of a line comment would swallow the next line.
        yield from (line + "." if line.endswith("\\") else line for line in textwrap.wrap(part, width) or [""])


def call(head, parameters, tail):
    """The head of a function, its parameters filled into lines; a return type too long for that stands on its own."""
    one_line = f"{head}({', '.join(parameters)}){tail}"
    if len(one_line) <= COLUMNS:
        return one_line
    if len(head) + 1 + max(map(len, parameters)) + len(tail) + 1 > COLUMNS:
        result, star, name = head.rpartition("*" if "*" in head else " ")
        head = f"{result}{star.strip()}\n{name}"
    column = len(head.rpartition("\n")[2]) + 1
    lines, line = [], ""
    for i, parameter in enumerate(parameters):
        after = len(tail) + 1 if i + 1 == len(parameters) else 1
        if line and column + len(line) + 2 + len(parameter) + after > COLUMNS:
            lines.append(line + ",")
            line = ""
        line += (", " if line else "") + parameter
    return f"{head}({(chr(10) + ' ' * column).join(lines + [line])}){tail}"


def initializer(members, indent):
    """`.name = value,` lines of the members that are there; a text value that is a doc is cut into pieces."""
    space = " " * indent
    lines = []
    for name, value in members:
        if isinstance(value, Text):
            value = string(value.text, indent + len(f".{name} = "))
        if value is not None:
            lines.append(f"{space}.{name} = {value},")
    return "\n".join(lines)


class Text:
    """Marks an initializer's value as text, to be written as a string literal."""

    def __init__(self, text):
        self.text = text


def whole(number):
    """A constant of type int64_t."""
    if number == -(2**63):
        return "INT64_MIN"
    if number == 2**63 - 1:
        return "INT64_MAX"
    return str(number) if abs(number) < 2**31 else f"INT64_C({number})"


def file_comment(source, text):
    """The opening of a file, always in block form."""
    text = f"{text}\n\nWritten by proto/generate from {source}, never by hand."
    lines = [f" * {line}".rstrip() for line in _wrapped(_inside_comment(text), COLUMNS - 3)]
    return "\n".join(["// SPDX-License-Identifier: Apache-2.0", "/**", *lines, " */"])
