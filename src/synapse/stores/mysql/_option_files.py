"""What option files say about a connection: my.cnf, as every client of MySQL reads it.

Only `[client]` and `[client-mariadb]` are read, and of them only what the driver needs.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = ("/etc/my.cnf", "/etc/mysql/my.cnf", "~/.my.cnf")
"""In this order; what comes later goes above."""
_GROUPS = ("client", "client-mariadb")
_DEEPEST = 10
"""How many files may include one another."""
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "r": "\r", "s": " ", "\\": "\\", '"': '"', "'": "'"}


def read() -> dict[str, str]:
    """Name and value of each option; the names with hyphens. What can't be read says nothing."""
    found: dict[str, str] = {}
    for path in _FILES:
        found.update(_options(os.path.expanduser(path), 0))
    return found


def _options(path: str, depth: int) -> Iterator[tuple[str, str]]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    group = ""
    for line in map(str.strip, lines):
        if line.startswith("!") and depth < _DEEPEST:
            yield from _included(line, os.path.dirname(path), depth)
        elif line.startswith("["):
            group = line[1:].partition("]")[0].strip().lower()
        elif group in _GROUPS and line and line[0] not in "#;":
            name, _, value = line.partition("=")
            yield name.strip().lower().replace("_", "-"), _value(value.strip())


def _included(line: str, folder: str, depth: int) -> Iterator[tuple[str, str]]:
    word, _, path = line.partition(" ")
    path = os.path.join(folder, path.strip())
    if word == "!include":
        yield from _options(path, depth + 1)
    elif word == "!includedir":
        try:
            names = sorted(os.listdir(path))
        except OSError:
            return
        for name in names:
            if name.endswith(".cnf"):
                yield from _options(os.path.join(path, name), depth + 1)


def _value(text: str) -> str:
    """A value in quotes may hold anything; outside of them ` #` begins a comment."""
    quote = text[:1]
    if quote in ("'", '"') and text.find(quote, 1) > 0:
        text = text[1 : text.rindex(quote)]
    else:
        text = text.partition(" #")[0].rstrip()
    value, rest = "", text
    while rest:
        before, backslash, rest = rest.partition("\\")
        value += before
        if backslash:
            value += _ESCAPES.get(rest[:1], "\\" + rest[:1])
            rest = rest[1:]
    return value
