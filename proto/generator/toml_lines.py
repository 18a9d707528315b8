# SPDX-License-Identifier: Apache-2.0
"""Where each key of a TOML text stands: tomllib gives values without lines, and every complaint has to name one.

The scanner expects a text that tomllib has accepted, so it checks nothing itself.
"""

import bisect

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class LineIndex:
    """Lines of keys, by path: ("command", "a.b", "fields", "x", "max"); elements of an array by their index."""

    def __init__(self, text):
        self.lines = _Scanner(text).scan()

    def line(self, *path):
        """Line of the key at `path`, or of the innermost table around it that the text has."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


class _Scanner:
    def __init__(self, text):
        self.text = text.replace("\r\n", "\n") + "\n"
        self.at = 0
        self.newlines = [i for i, char in enumerate(self.text) if char == "\n"]
        self.lines = {}

    def scan(self):
        table = ()
        while self.skip(" \t\n"):
            if self.text[self.at] == "[":
                self.at += 1
                table = self.key(())
                self.at = self.text.index("]", self.at) + 1
            else:
                self.pair(table)
        return self.lines

    def peek(self, start):
        return self.text.startswith(start, self.at)

    def skip(self, chars):
        """Passes blanks and comments; false at the end of the text."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                self.at = self.text.index("\n", self.at)
            elif self.text[self.at] not in chars:
                return True
            else:
                self.at += 1
        return False

    def note(self, path, at):
        self.lines.setdefault(path, bisect.bisect_left(self.newlines, at) + 1)

    def key(self, table):
        """Reads a dotted key and notes every part of it; returns its whole path."""
        path = table
        while True:
            self.skip(" \t")
            start = self.at
            if self.text[self.at] in "\"'":
                self.string()
                part = self.text[start + 1 : self.at - 1]
            else:
                while self.text[self.at] in _BARE:
                    self.at += 1
                part = self.text[start : self.at]
            path += (part,)
            self.note(path, start)
            self.skip(" \t")
            if not self.peek("."):
                return path
            self.at += 1

    def pair(self, table):
        path = self.key(table)
        self.at = self.text.index("=", self.at) + 1
        self.skip(" \t")
        self.value(path)

    def value(self, path):
        char = self.text[self.at]
        if char in "\"'":
            self.string()
        elif char == "[":
            self.elements(path)
        elif char == "{":
            self.inline_table(path)
        else:
            while self.text[self.at] not in ",]}#\n":
                self.at += 1

    def elements(self, path):
        self.at += 1
        index = 0
        while self.skip(" \t\n,") and not self.peek("]"):
            self.note(path + (index,), self.at)
            self.value(path + (index,))
            index += 1
        self.at += 1

    def inline_table(self, path):
        self.at += 1
        while self.skip(" \t\n,") and not self.peek("}"):
            self.pair(path)
        self.at += 1

    def string(self):
        quote = self.text[self.at]
        close = quote * 3 if self.peek(quote * 3) else quote
        self.at += len(close)
        while not self.peek(close):
            self.at += 2 if quote == '"' and self.peek("\\") else 1
        self.at += len(close)
        # A long string may end with up to two quotes of its own before the closing three.
        while len(close) == 3 and self.peek(quote):
            self.at += 1
