"""Emulated terminals, and a stream that is played to them by a clock of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pyte
import wcwidth

from synapse.markdown import MarkdownStream
from synapse.terminal import style as sgr

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Screen(pyte.HistoryScreen):
    """A terminal that gives each character its own columns, as many do with joined emoji."""

    def draw(self, data: str) -> None:
        for character in data:  # given more at once, pyte drops what follows a joiner
            # In the last column pyte would break the line before a mark that takes no room.
            if wcwidth.wcwidth(character) > 0 or self.cursor.x < self.columns:
                super().draw(character)

    def delete_lines(self, count: int | None = None) -> None:
        for row in range(self.lines):
            self.buffer[row]  # rows that were never written pyte would not move
        super().delete_lines(count)


class _JoiningScreen(_Screen):
    """A terminal that shows graphemes."""

    cluster = ""

    def draw(self, data: str) -> None:
        for character in data:
            joined = self.cluster + character
            if self.cluster and len(list(wcwidth.iter_graphemes(joined))) == 1:
                missing = wcwidth.width(joined) - wcwidth.width(self.cluster)
                for _ in range(max(0, missing)):
                    super().draw(" ")
                self.cluster = joined
            else:
                super().draw(character)
                self.cluster = character

    def cursor_to_column(self, column: int | None = None) -> None:
        self.cluster = ""
        super().cursor_to_column(column)

    def carriage_return(self) -> None:
        self.cluster = ""
        super().carriage_return()


def shown(output: str, columns: int, rows: int, *, joining: bool = False) -> list[str]:
    """What a terminal holds after `output`, scrollback first, without blank rows at the end."""
    screen = (_JoiningScreen if joining else _Screen)(columns, rows, history=100_000, ratio=1)
    screen.set_mode(pyte.modes.LNM)  # a tty turns newline into carriage return and line feed
    pyte.Stream(screen).feed(output)
    lines = [_text(line, columns) for line in screen.history.top]
    lines += [_text(screen.buffer[row], columns) for row in range(rows)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _text(line: Any, columns: int) -> str:
    return "".join(line[column].data for column in range(columns)).rstrip()


class Played:
    """A `MarkdownStream` fed with chunks, `interval` seconds apart on its own clock."""

    def __init__(
        self,
        columns: int = 80,
        rows: int = 24,
        *,
        interval: float = 1.0,
        mode: Literal["live", "blocks"] = "live",
        level: int = sgr.COLOR,
        **options: Any,
    ) -> None:
        self.size = (columns, rows)
        self.now = 0.0
        self.interval = interval
        self.frames: list[str] = []
        self.stream = MarkdownStream(
            self.frames.append,
            lambda: self.size,
            mode=mode,
            level=level,
            clock=lambda: self.now,
            **options,
        )

    def feed(self, chunks: Iterable[str]) -> Played:
        for chunk in chunks:
            self.now += self.interval
            self.stream.feed(chunk)
        return self

    def close(self) -> str:
        """End the answer; return all that was written."""
        self.stream.close()
        return self.output

    @property
    def output(self) -> str:
        return "".join(self.frames)
