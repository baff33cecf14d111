"""A terminal that is looked at: what stands on its screen, not what was sent to it."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import time
from typing import TYPE_CHECKING, Any

import pyte
from program import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PATIENCE = 30.0
_ECHO = termios.ECHO
_LOCAL_MODES = 3


class _Screen(pyte.HistoryScreen):
    """pyte's terminal, whose answers go to the program."""

    answer: Callable[[str], object]

    def write_process_input(self, data: str) -> None:
        self.answer(data)

    def delete_lines(self, count: int | None = None) -> None:
        for row in range(self.lines):
            self.buffer[row]  # rows that were never written pyte would not move
        super().delete_lines(count)


class Window(Terminal):
    """A program in a pseudo-terminal with a screen and a scrollback; it answers when asked where
    the cursor is.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = _Screen(columns, rows, history=10_000, ratio=1)
        self._stream = pyte.ByteStream(self.screen)
        self.screen.answer = self._answer
        super().__init__(command, columns=columns, rows=rows, environ=environ)

    def _answer(self, data: str) -> None:
        os.write(self.master, data.encode())

    def _read(self, deadline: float) -> bool:
        before = len(self.seen)
        alive = super()._read(deadline)
        self._stream.feed(self.seen[before:])
        return alive

    @property
    def lines(self) -> list[str]:
        """Scrollback and screen, without blank rows at the end."""
        rows = [*self.screen.history.top]
        rows += [self.screen.buffer[row] for row in range(self.screen.lines)]
        lines = [_text(row, self.screen.columns) for row in rows]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def cursor_is_visible(self) -> bool:
        """Whether the user sees the cursor."""
        return not self.screen.cursor.hidden

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self.master)[_LOCAL_MODES] & _ECHO)

    def until(self, condition: Callable[[list[str]], bool], what: str) -> list[str]:
        """Read until the condition holds of `lines`; them."""
        deadline = time.monotonic() + _PATIENCE
        while not condition(self.lines):
            try:
                alive = self._read(deadline)
            except AssertionError:
                alive = False
            if not alive and not condition(self.lines):
                raise AssertionError("\n".join([f"{what}; the screen is", *self.lines]))
        return self.lines

    def shows(self, wanted: str) -> list[str]:
        """Read until `wanted` stands on a line; all lines."""
        return self.until(lambda lines: any(wanted in line for line in lines), f"no {wanted!r}")

    def hides(self, unwanted: str) -> list[str]:
        """Read until `unwanted` stands on no line any longer."""
        return self.until(
            lambda lines: not any(unwanted in line for line in lines), f"still {unwanted!r}"
        )

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size. (The emulator does not wrap its lines anew.)"""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)


def _text(row: Any, columns: int) -> str:
    return "".join(row[column].data for column in range(columns)).rstrip()
