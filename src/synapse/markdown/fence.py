"""An open code fence: its lines as they come, until the one that closes it."""

from __future__ import annotations

import re
from typing import NamedTuple

_MAYBE_CLOSING = re.compile(r" {0,3}(?:`+|~+)?[ \t]*")


class Taken(NamedTuple):
    """What a fence took of the source."""

    code: list[str]  # finished lines
    rest: str  # source after them: the unfinished line, or all that follows the closing fence
    closed: bool


class Fence:
    """A code fence whose first line was "```info", `indent` columns from the left."""

    def __init__(self, markup: str, indent: int) -> None:
        self.markup = markup
        self._indent = indent
        mark = re.escape(markup[0])
        self._closing = re.compile(rf" {{0,3}}{mark}{{{len(markup)},}}[ \t]*")

    def take(self, source: str, *, end: bool) -> Taken:
        """Divide the `source` that follows the first line; with `end`, nothing follows it."""
        *lines, unfinished = source.split("\n")
        if end and unfinished.strip(" \t"):  # to the parser the rest would be no line
            lines.append(unfinished)
            unfinished = ""
        for number, line in enumerate(lines):
            if self._closing.fullmatch(line):
                rest = "\n".join([*lines[number + 1 :], unfinished])
                return Taken(self._outdented(lines[:number]), rest, closed=True)
        return Taken(self._outdented(lines), unfinished, closed=False)

    def preview(self, unfinished: str) -> list[str]:
        """Return the unfinished line to show, none if it may turn out to close the fence."""
        if _MAYBE_CLOSING.fullmatch(unfinished):
            return []
        return self._outdented([unfinished])

    def _outdented(self, lines: list[str]) -> list[str]:
        return [outdent(line, self._indent) for line in lines] if self._indent else lines


def indent_of(line: str) -> int:
    """Return the number of spaces that `line` begins with."""
    return len(line) - len(line.lstrip(" "))


def outdent(line: str, columns: int) -> str:
    """Return `line` less the white space in its first `columns` columns; tab stops every four.

    A tab that reaches beyond leaves its other columns behind as spaces.
    """
    column = position = 0
    while column < columns and position < len(line):
        if line[position] == "\t":
            column += 4 - column % 4
        elif line[position] == " ":
            column += 1
        else:
            break
        position += 1
    return " " * (column - columns) + line[position:]
