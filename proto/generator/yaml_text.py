# SPDX-License-Identifier: Apache-2.0
"""Writes maps, lists and scalars as YAML that both versions of the language read alike.

A word that some reader would take for something else than text (yes, 007, 2026-01-01) stands in quotes. Small maps and
lists of scalars stand on one line, long texts are folded.
"""

import json
import re
import textwrap

_COLUMNS = 120
# What a short map or list may hold to stand on one line, and how wide it may be.
_INLINE_COLUMNS = 100
# A key or a text within brackets, and a text that stands alone: what no reader takes for anything else.
_WORD = re.compile(r"[A-Za-z_/$][A-Za-z0-9_./() '-]*")
_SENTENCE = re.compile(r"[^\W\d][\w ./,;()+…≤≥=<>'-]*")
_NOT_TEXT = frozenset("y n yes no on off true false null".split())


def emit(value):
    """The whole text of a document; its top is a map."""
    return "\n".join(_map(value, 0)) + "\n"


def _plain(text, pattern):
    return pattern.fullmatch(text) and text.lower() not in _NOT_TEXT and not text.endswith((" ", ":"))


def _quoted(text):
    # JSON's escapes are YAML's; a text without any reads better in single quotes.
    if "\\" in text or json.dumps(text, ensure_ascii=False) == f'"{text}"':
        if text.isprintable():
            return "'" + text.replace("'", "''") + "'"
    return json.dumps(text, ensure_ascii=not text.isprintable())


def scalar(value, pattern=_WORD):
    if isinstance(value, str):
        return value if _plain(value, pattern) else _quoted(value)
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise TypeError(f"YAML of {type(value).__name__}")


def _inline(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_inline(element)}" for key, element in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return scalar(value)


def _is_leaf(value):
    return not isinstance(value, (dict, list)) or not value


def _fits(value, column):
    """Whether it stands on one line: something empty, a short list of scalars, or a map of very few."""
    if _is_leaf(value):
        return isinstance(value, (dict, list)) or "\n" not in str(value)
    elements = list(value.values()) if isinstance(value, dict) else value
    few = len(elements) <= 2 if isinstance(value, dict) else True
    return few and all(map(_is_leaf, elements)) and column + len(_inline(value)) <= _INLINE_COLUMNS


def _text(text, indent, column):
    """A text behind its key or dash: as it stands, folded, or line by line, as the lines to add."""
    line = scalar(text, _SENTENCE)
    if "\n" not in text and column + len(line) <= _COLUMNS:
        return [line]
    space = " " * indent
    if "\n" in text:
        clean = all(part == part.strip("\n") and not part.startswith(" ") for part in text.split("\n"))
        if clean and not text.endswith("\n") and _is_printable_lines(text):
            return ["|-"] + [(space + part).rstrip() for part in text.split("\n")]
    elif text.isprintable() and text == " ".join(text.split()):
        lines = textwrap.wrap(text, _COLUMNS - indent, break_long_words=False, break_on_hyphens=False)
        return [">-"] + [space + part for part in lines]
    return [_quoted(text)]


def _is_printable_lines(text):
    return all(part.isprintable() and part == part.rstrip() for part in text.split("\n"))


def _map(value, indent):
    space, lines = " " * indent, []
    for key, element in value.items():
        head = f"{space}{scalar(key)}:"
        lines += _under(head, element, indent + 2)
    return lines


def _list(value, indent):
    space, lines = " " * indent, []
    for element in value:
        if _fits(element, indent + 2) or not isinstance(element, dict):
            lines += _under(f"{space}-", element, indent + 2)
        else:  # the first key stands behind the dash
            inner = _map(element, indent + 2)
            lines += [f"{space}- {inner[0].lstrip()}", *inner[1:]]
    return lines


def _under(head, value, indent):
    """The value that belongs to a key or dash: behind it, or below it further in."""
    if isinstance(value, str):
        first, *rest = _text(value, indent, len(head) + 1)
        return [f"{head} {first}", *rest]
    if _fits(value, len(head) + 1):
        return [f"{head} {_inline(value)}"]
    return [head, *(_map(value, indent) if isinstance(value, dict) else _list(value, indent))]
