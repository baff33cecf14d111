"""Terminals that change their size while an answer comes in, each in its own way.

`Terminal` is fed as the answer is painted. What it does with its rows when it gets other columns
is one of `terminal.reflow`'s: NEVER, like xterm; ALL_BUT_THE_CURSORS, like xterm.js; ALL, like
tmux. A terminal that never wraps keeps here what a real one cuts off, so that it can be looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyte
import wcwidth
from pyte.screens import Char, StaticDefaultDict

from synapse.terminal import reflow

if TYPE_CHECKING:
    from collections.abc import Iterator

    Cells = list[Char]

STAR = "\u2605"
"""What stands for an emoji where one takes a single column."""


def with_stars(text: str) -> str:
    """`text` as a terminal with emoji of one column shows it."""
    return "".join(STAR if _is_emoji(character) else character for character in text)


def _is_emoji(character: str) -> bool:
    return (
        character > "\u22ff"
        and not "\u2e80" <= character <= "\ud7a3"
        and (
            wcwidth.wcwidth(character) == 2
            and not character > "\U0001ffff"
            and not "\uf900" <= character <= "\uffe6"
        )
    )


class _Position(NamedTuple):
    line: int
    cell: int


class Terminal(pyte.HistoryScreen):
    """A terminal with a scrollback."""

    def __init__(
        self, columns: int, rows: int, *, rewraps: int = reflow.ALL, narrow_emoji: bool = False
    ) -> None:
        super().__init__(columns, rows, history=100_000, ratio=1)
        self.set_mode(pyte.modes.LNM)
        self._rewraps = rewraps
        self._narrow_emoji = narrow_emoji
        self._stream = pyte.Stream(self)

    def feed(self, output: str) -> None:
        """Show what the program writes."""
        self._stream.feed(output)

    def draw(self, data: str) -> None:
        for character in data:  # given more at once, pyte drops what follows a joiner
            if self._narrow_emoji and _is_emoji(character):
                character = STAR
            width = wcwidth.wcwidth(character)
            if width > 0 and self.cursor.x + width > self.columns:
                self.buffer[self.cursor.y].goes_on = True  # type: ignore[attr-defined]
                self.carriage_return()
                self.linefeed()
            if width > 0 or self.cursor.x < self.columns:
                super().draw(character)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        self._erase(self.cursor.y, self.cursor.x)
        super().erase_in_line(how, private)

    def erase_in_display(self, how: int = 0, *args: Any, **options: Any) -> None:
        for row in range(self.cursor.y, self.lines):
            self._erase(row, self.cursor.x if row == self.cursor.y else 0)
        super().erase_in_display(how, *args, **options)

    def _erase(self, row: int, start: int) -> None:
        """Erase what was cut off, too."""
        line: Any = self.buffer[row]
        line.goes_on = False
        for column in [column for column in line if column >= start]:
            del line[column]

    def change(self, columns: int, rows: int) -> None:
        """Take another size."""
        lines = [*self.history.top, *(self.buffer[row] for row in range(self.lines))]
        at = len(self.history.top) + self.cursor.y
        if columns != self.columns and self._rewraps != reflow.NEVER:
            lines, at = self._rewrapped(lines, at, columns)
        while len(lines) > at + 1 and not _text(lines[-1]):
            lines.pop()
        first = max(0, len(lines) - rows)
        self.history.top.clear()
        self.history.top.extend(lines[:first])
        self.buffer.clear()
        for row, line in enumerate(lines[first:]):
            self.buffer[row] = line
        self.lines, self.columns = rows, columns
        self.set_margins()
        self.cursor.y = max(0, at - first)
        self.cursor.x = min(self.cursor.x, columns)

    def _rewrapped(self, lines: list[Any], at: int, columns: int) -> tuple[list[Any], int]:
        wrapped: list[Any] = []
        cursor = at
        for start, end in _logical(lines):
            holds_cursor = start <= at < end
            cells = [cell for line in lines[start:end] for cell in _cells(line)]
            offset = sum(len(_cells(line)) for line in lines[start:at]) + self.cursor.x
            if holds_cursor and self._rewraps == reflow.ALL_BUT_THE_CURSORS:
                cursor = len(wrapped) + at - start
                wrapped += lines[start:end]
                continue
            pieces = _wrap(cells, columns)
            if holds_cursor:
                row = 0
                while row < len(pieces) - 1 and offset >= len(pieces[row]):
                    offset -= len(pieces[row])
                    row += 1
                cursor, self.cursor.x = len(wrapped) + row, offset
            for piece in pieces:
                wrapped.append(self._line(piece, goes_on=piece is not pieces[-1]))
        return wrapped, cursor

    def _line(self, cells: Cells, *, goes_on: bool) -> Any:
        line: Any = StaticDefaultDict[int, Char](self.default_char)
        line.update(enumerate(cells))
        line.goes_on = goes_on
        return line

    def rows(self) -> list[str]:
        """What stands in each row, scrollback first."""
        lines = [*self.history.top, *(self.buffer[row] for row in range(self.lines))]
        return [_text(line) for line in lines]

    def logical_lines(self) -> list[str]:
        """All that is there, what was wrapped in one piece, without blank rows at the end."""
        lines = [*self.history.top, *(self.buffer[row] for row in range(self.lines))]
        texts = [
            "".join(_text(line, strip=False) for line in lines[start:end]).rstrip()
            for start, end in _logical(lines)
        ]
        while texts and not texts[-1]:
            texts.pop()
        return texts


def _logical(lines: list[Any]) -> Iterator[tuple[int, int]]:
    """Yield where each line that was written begins and ends."""
    start = 0
    for index, line in enumerate(lines):
        if not getattr(line, "goes_on", False) or index == len(lines) - 1:
            yield start, index + 1
            start = index + 1


def _cells(line: Any) -> Cells:
    length = max((column + 1 for column, cell in line.items() if cell.data != " "), default=0)
    if getattr(line, "goes_on", False):
        length = max(length, max(line, default=-1) + 1)
    return [line[column] for column in range(length)]


def _text(line: Any, *, strip: bool = True) -> str:
    text = "".join(cell.data for cell in _cells(line))
    return text.rstrip() if strip else text


def _wrap(cells: Cells, columns: int) -> list[Cells]:
    """`cells` in rows; a character of two columns, the second of them empty, stays together."""
    rows: list[Cells] = [[]]
    for index, cell in enumerate(cells):
        wide = index + 1 < len(cells) and cells[index + 1].data == ""
        if len(rows[-1]) + 1 + wide > columns and cell.data != "":
            rows.append([])
        rows[-1].append(cell)
    return rows
