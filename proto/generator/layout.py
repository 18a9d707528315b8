# SPDX-License-Identifier: Apache-2.0
"""Lays out maps and lists as text, for JSON and Python alike: on one line where it fits, else an element a line."""


def layout(value, scalar, indent=0, column=0, columns=110, comma_at_end=False):
    """`scalar` writes what is neither map nor list; `column` is how far the line has come before this value."""
    line = _one_line(value, scalar)
    if not isinstance(value, (dict, list)) or not value or column + len(line) < columns:
        return line
    space = " " * (indent + 4)
    if isinstance(value, dict):
        parts = [(f"{space}{scalar(key)}: ", element) for key, element in value.items()]
    else:
        parts = [(space, element) for element in value]
    lines = [head + layout(element, scalar, indent + 4, len(head), columns, comma_at_end) for head, element in parts]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(lines) + ("," if comma_at_end else "") + f"\n{' ' * indent}{closing}"


def _one_line(value, scalar):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_one_line(element, scalar)}" for key, element in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_one_line(element, scalar) for element in value) + "]"
    return scalar(value)
