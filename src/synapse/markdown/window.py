"""Bounds what an open block costs that has grown too long to be parsed for every frame.

Only the end of it is on the screen. So only its end is parsed, with as much of its beginning as
tells what it is, and the whole only each time it has grown by a quarter: that is linear in all.
"""

from __future__ import annotations

import re

from synapse.markdown import mathematics

_SMALLEST = 2_000  # characters
_DELIMITER_ROW = re.compile(r"[ \t]*[|:-][|:\- \t]*")
_CONTAINER = re.compile(r"[ \t]*(?:>|[-+*]|\d{1,9}[.)])[ \t]+")


class Window:
    """The part of a long tail that is worth looking at."""

    def __init__(self) -> None:
        self.size = _SMALLEST
        self._start = 0
        self._due = 0

    def fit(self, columns: int, rows: int) -> None:
        """Take in what a screen of this size can show, and half as much again for markup."""
        self.size = max(_SMALLEST, columns * rows * 3 // 2)

    def covers(self, tail: str) -> bool:
        """Tell whether all of `tail` is worth looking at."""
        return len(tail) <= self.size

    def is_due(self, tail: str) -> bool:
        """Tell whether all of `tail` should be parsed."""
        return self.covers(tail) or len(tail) >= self._due

    def parsed(self, tail: str) -> None:
        """Note that all of a tail was parsed, and `tail` was left."""
        self._due = len(tail) + len(tail) // 4

    def reset(self) -> None:
        """Note that the tail has a new beginning."""
        self._start = self._due = 0

    def look(self, tail: str) -> str:
        """Return source that looks at its end like `tail`."""
        # The start stays where it is for a while: what is on the screen must not jump.
        if len(tail) - self._start > 2 * self.size:
            self._start = _line_or_word(tail, len(tail) - self.size)
        if self._start == 0:
            return tail
        return _beginning(tail, self._start) + tail[self._start :]


def _line_or_word(tail: str, start: int) -> int:
    for border in ("\n", " "):
        found = tail.find(border, start, start + 1_000)
        if found >= 0:
            return found + 1
    return start


def _beginning(tail: str, start: int) -> str:
    """Return what must stand before ``tail[start:]`` to make it the same kind of block."""
    first, _, others = tail.partition("\n")
    second = others.partition("\n")[0]
    if "|" in first and _DELIMITER_ROW.fullmatch(second):
        return f"{first}\n{second}\n"
    formula = mathematics.begins(first)
    if formula:
        return f"{formula}\n"
    container = _CONTAINER.match(first)
    if container and tail[start - 1] == "\n":
        return f"{first[:200]}\n"
    return container[0] if container else ""
