"""Paints lines on a terminal: finished ones once, open ones again by the smallest difference.

Finished lines go where all output goes, into the scrollback, and are never touched again. The
open ones below them, the *live* rows, are repainted. They are always fewer than the screen has
rows, because what has scrolled off can't be changed.

Where the cursor is, is reckoned, never asked. Where terminals differ, the reckoning is such that a
wrong one leaves something twice and never takes a finished line away.

Sequences used: CUU, CUD, CHA, EL, ED, DL, SGR, and mode 2026, which makes a terminal that knows it
show a frame all at once. ED is not sent from the first column of the first live row, which may be
that of the screen: tmux takes what is erased from there into its scrollback, as urxvt does with
rows that are deleted there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synapse.markdown.row import Row, clipped, extends, scrolled, shared_start, stripped
from synapse.markdown.theme import Line, Theme, to_ansi
from synapse.terminal import reflow

if TYPE_CHECKING:
    from collections.abc import Callable

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
_ERASE_LINE = "\x1b[K"
_ERASE_ALL = "\x1b[K\x1b[B\x1b[J\x1b[A"  # the row and those below it, of which there are some
_FIRST_COLUMN = "\x1b[G"
_ANYTHING: Line = [("?", " " * 10_000)]


class Painter:
    """Owns the bottom rows of the screen while an answer arrives.

    Between frames the cursor is in the last live row; without live rows it is in the first column
    of an empty row. `height` is the most live rows that are shown.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        theme: Theme,
        columns: int,
        rows: int,
        rewraps: int = reflow.NEVER,
    ) -> None:
        """`rewraps` is what `terminal.reflow` says of the terminal."""
        self._write = write
        self._theme = theme
        self._columns = columns
        self.height = max(1, rows - 2)
        self._rewraps = rewraps
        self._rows: list[Row] = []
        self._column: int | None = 0  # of the cursor, if known
        self._behind = False  # whether the cursor is right behind the text of its row
        self._frame: list[str] = []
        self._moves = False  # whether the frame does more than add text at the end
        self._at = 0  # index of the row the cursor is in

    def paint(self, finished: list[Line], live: list[Line]) -> None:
        """Write `finished` lines for good and show `live` ones below, in one write at most."""
        done = [Row(line) for line in finished]
        shown = self._fitting(live)
        self._change(done + shown, len(shown))
        self._rows = shown
        self._flush()

    def resize(self, columns: int, rows: int, *, surely: bool = True) -> None:
        """Wipe the live rows: the terminal had or has another size, now this one.

        `surely` is False if it may have changed again meanwhile.
        """
        if self._rows:
            up = min(self._taken(columns, self._rewraps if surely else reflow.NEVER), rows) - 1
            self._control(f"\x1b[{up}A" if up > 0 else "", _FIRST_COLUMN)
            self._control(_ERASE_ALL if up > 0 else _ERASE_LINE)
            self._flush()
        self._rows, self._column, self._behind = [], 0, False
        self._columns, self.height = columns, max(1, rows - 2)

    def _taken(self, columns: int, rewraps: int) -> int:
        """Return the rows of the screen that the live rows take in `columns` columns."""
        if rewraps == reflow.NEVER:
            return len(self._rows)
        *others, last = (row.taken(columns) for row in self._rows)
        return sum(others) + (last if rewraps == reflow.ALL else 1)

    def forget(self) -> None:
        """Leave the live rows as they are and go on below: something else wrote to the screen."""
        self._write("\n")
        self._rows, self._column, self._behind = [], 0, False

    def _fitting(self, live: list[Line]) -> list[Row]:
        """Return the live rows: those that fit on the screen, none wider than it."""
        if len(live) > self.height:
            more: Line = [(self._theme.faint, self._theme.glyphs.more)]
            live = [more, *live[len(live) - self.height + 1 :]] if self.height > 1 else live[-1:]
        ellipsis = (self._theme.faint, self._theme.glyphs.ellipsis)
        return [clipped(Row(stripped(line)), self._columns, ellipsis) for line in live]

    def _flush(self) -> None:
        if self._frame:
            frame = "".join(self._frame)
            # What is only added at the end can't flicker, and most frames are no more than that.
            self._write(f"{_BEGIN}{frame}{_END}" if self._moves else frame)
            self._frame.clear()
            self._moves = False

    def _control(self, *sequences: str) -> None:
        self._frame += sequences
        self._moves = True

    def _change(self, new: list[Row], live: int) -> None:
        """Turn the rows on the screen into `new` ones, of which the last `live` are live."""
        old = self._rows
        self._at = max(0, len(old) - 1)
        if live == len(new) and len(old) > 2:
            old = self._scroll(old, new)
        first = _first_difference(old, new)
        if len(old) > len(new) or any(row.most > self._columns for row in new[first:]):
            # What is below can't be put to use: there are fewer rows, or rows that take several.
            old = self._erase_from(first, old)
        for index in range(first, len(new)):
            if index >= len(old):
                self._add(index, new[index])
            elif old[index] != new[index]:
                self._rewrite(index, old[index], new[index])
        if live:
            self._go_to(len(new) - 1)
        elif new:
            self._go_to(len(new))

    def _scroll(self, old: list[Row], new: list[Row]) -> list[Row]:
        """Delete the rows at the top that have moved out of sight; return what is there then."""
        stay, count = scrolled(old, new)
        if count:
            self._go_to(stay)
            self._control(f"\x1b[{count}M")
            self._column, self._behind = None, False
            # Blank rows have come in from below; an emulator that has no rows there leaves others.
            return [*old[:stay], *old[stay + count :], *[Row(_ANYTHING)] * count]
        return old

    def _erase_from(self, first: int, old: list[Row]) -> list[Row]:
        if first < len(old):
            self._go_to(first)
            self._control(_FIRST_COLUMN, _ERASE_LINE if first == len(old) - 1 else _ERASE_ALL)
            self._column, self._behind = 0, False
        return old[:first]

    def _add(self, index: int, row: Row) -> None:
        """Write a row below all others."""
        self._go_to(index)
        self._frame.append(to_ansi(row.line))
        self._column = row.columns if row.certain else None
        self._behind = True

    def _rewrite(self, index: int, old: Row, new: Row) -> None:
        """Write what is new in a row."""
        self._go_to(index)
        if self._behind and extends(old, new):
            self._frame.append(to_ansi(new.tail(old.characters)))
        else:
            self._rewrite_from(*shared_start(old, new), old, new)
        self._column = new.columns if new.certain else None
        self._behind = True

    def _rewrite_from(self, count: int, columns: int, old: Row, new: Row) -> None:
        if self._column != columns:
            self._control(f"\x1b[{columns + 1}G" if columns else _FIRST_COLUMN)
        # Before the text, never after: in the last column EL would erase the last character.
        if new.columns < old.most or not new.certain:
            self._control(_ERASE_LINE)
        self._frame.append(to_ansi(new.tail(count)))

    def _go_to(self, index: int) -> None:
        """Move the cursor to a row on the screen, or to a new one below the last."""
        if index < self._at:
            self._control(f"\x1b[{self._at - index}A")
            self._column, self._behind = None, False
        elif index > self._at:
            self._frame.append("\n" * (index - self._at))
            self._column, self._behind = 0, False
        self._at = index


def _first_difference(old: list[Row], new: list[Row]) -> int:
    for index, (before, after) in enumerate(zip(old, new, strict=False)):
        if before != after:
            return index
    return min(len(old), len(new))
