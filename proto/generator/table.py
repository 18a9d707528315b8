# SPDX-License-Identifier: Apache-2.0
"""A TOML table being read: each getter checks the type of one key and complains on that key's line.

A getter gives its default for a key that is absent or was complained of, so that one run finds every mistake.
"""

from generator import model

_KINDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number with a fraction",
    str: "a text",
    list: "a list",
}


def kind_of(value):
    return _KINDS.get(type(value), "a table" if isinstance(value, dict) else "a date or time")


class Table:
    def __init__(self, problems, file_path, index, values, path, what):
        self.problems = problems
        self.file_path = file_path
        self.index = index
        self.values = values
        self.path = path
        self.what = what

    def where(self, *below):
        return model.Where(self.file_path, self.index.line(*self.path, *below))

    def complain(self, below, text):
        below = below if isinstance(below, tuple) else (below,)
        self.problems.add(self.where(*below), text)

    def only(self, allowed):
        """Complains of every key that is not allowed here."""
        for key in self.values:
            if key not in allowed:
                hint = model.nearest(key, allowed) or "allowed are " + ", ".join(f"`{name}`" for name in allowed)
                self.complain(key, f"unknown key `{key}` in {self.what}; {hint}")

    def get(self, key, kind, default):
        value = self.values.get(key)
        if value is None:
            return default
        if type(value) is not kind:  # bool is an int to isinstance
            self.complain(key, f"`{key}` of {self.what} is {kind_of(value)}; make it {_KINDS.get(kind, 'a table')}")
            return default
        return value

    def doc(self):
        """The required doc, without the line breaks of the file."""
        text = self.get("doc", str, None)
        if text is None or not text.strip():
            if "doc" not in self.values or text is not None:
                self.complain("doc", f"{self.what} has no doc; say what it is in `doc`")
            return ""
        text = model.plain_doc(text)
        if len(text.encode()) > 2000:
            self.complain("doc", f"the doc of {self.what} has more than 2000 bytes; shorten it")
        return text

    def text(self, key):
        return self.get(key, str, None)

    def flag(self, key):
        value = self.get(key, bool, True if key in self.values else False)
        if value is False and key in self.values:
            self.complain(key, f"`{key} = false` says nothing; leave it out")
        return value and self.values.get(key) is True

    def whole(self, key, low, high, default):
        value = self.get(key, int, None)
        if value is None:
            return default
        if not low <= value <= high:
            self.complain(key, f"`{key}` of {self.what} is {value}; it may be {low} to {high}")
            return default
        return value

    def required_whole(self, key, low, high):
        if key not in self.values:
            self.complain((), f"{self.what} has no `{key}`; give it one from {low} to {high}")
        return self.whole(key, low, high, 0)

    def names(self, key, kind=str):
        """A list of names or numbers with the place of each, without repeats."""
        found = {}
        for i, value in enumerate(self.get(key, list, [])):
            if type(value) is not kind:
                self.complain((key, i), f"`{key}` of {self.what} holds {kind_of(value)}; make it {_KINDS[kind]}")
            elif value in found:
                self.complain((key, i), f"`{key}` of {self.what} names `{value}` twice; leave one out")
            else:
                found[value] = self.where(key, i)
        return list(found.items())

    def sub(self, key, what):
        """The table under `key`, or None after a complaint."""
        if not isinstance(self.values[key], dict):
            self.complain(key, f"{what} is {kind_of(self.values[key])}; make it a table")
            return None
        path = self.path + (key,)
        return Table(self.problems, self.file_path, self.index, self.values[key], path, what)

    def subs(self, key, what_of):
        """The tables under the table `key`, as (name, Table); none when the key is absent."""
        if key not in self.values:
            return
        group = self.sub(key, f"`{key}`")
        for name in group.values if group else ():
            table = group.sub(name, what_of(name))
            if table:
                yield name, table
