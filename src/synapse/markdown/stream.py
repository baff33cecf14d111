"""Shows an answer on a terminal while it arrives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from synapse.markdown.blocks import Blocks, Code, FenceEnd, FenceStart, Splitter
from synapse.markdown.layout import Layout, PreviousBlock
from synapse.markdown.painter import Painter
from synapse.markdown.tables import keep_header
from synapse.markdown.theme import Line, Theme, to_ansi, with_spaces
from synapse.terminal import reflow
from synapse.terminal import style as sgr
from synapse.terminal.safe import Cleaner, clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.markdown.blocks import Piece
    from synapse.markdown.highlight import CodeLines

_SHORTEST_INTERVAL = 1 / 15  # seconds between frames
_SETTLED = 0.3  # seconds of one size after which a terminal is taken to keep it
_SHARE = 8  # a frame that took a second is followed by seven without one


class MarkdownStream:
    """Renders Markdown to a terminal as its source arrives.

    What ends up in the scrollback is what `render` returns for the whole source. The one
    difference: a link whose definition comes in a later block stays as it was written.

    In mode "live" the block that is being written is on the screen and is repainted; in mode
    "blocks" each block appears once, when it is finished, and the cursor is never moved.

    `write` gets what belongs on the terminal, at most once per frame; its errors come out of
    whatever method painted. `size` returns the terminal's columns and rows and is asked before
    each frame. Prose wraps at `max_width` columns at most; tables may take the whole terminal.
    `level` is a level of `terminal.style`; `links` and `strikes` tell what the terminal can do
    (`terminal.features`), `rewraps` is what `terminal.reflow` says of it. Not thread-safe.

    While the window changes its size nothing is painted: how many rows there are, the terminal
    knows before it tells, and it may tell of what is over (tmux does, for a quarter of a second).
    """

    def __init__(
        self,
        write: Callable[[str], object],
        size: Callable[[], tuple[int, int]],
        *,
        mode: Literal["live", "blocks"] = "live",
        level: int = sgr.COLOR,
        ascii_only: bool = False,
        accessible: bool = False,
        links: bool = False,
        strikes: bool = True,
        max_width: int = 100,
        rewraps: int = reflow.NEVER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        columns, rows = size()
        self._write = write
        self._size = size
        self._max_width = max_width
        self._clock = clock
        self._theme = Theme(
            level, ascii_only=ascii_only, accessible=accessible, links=links, strikes=strikes
        )
        self._cleaner = Cleaner()
        self._splitter = Splitter()
        self._layout = Layout(self._theme, min(columns, max_width), columns)
        self._painter = (
            Painter(write, self._theme, columns, rows, rewraps)
            if mode == "live" and not accessible
            else None
        )
        self._last_size = (columns, rows)
        self._settled: float | None = None  # when the terminal may be believed again
        self._columns = columns
        self._code: CodeLines | None = None
        self._after = PreviousBlock()
        self._status = ""
        self._changed = False
        self._due = clock()  # the earliest time of the next frame

    def feed(self, text: str) -> float | None:
        """Add source, cut anywhere, and paint if a frame is due. Returns what `tick` does."""
        text = self._cleaner.feed(text)
        if text:
            self._splitter.feed(text)
            self._changed = True
        return self.tick()

    def status(self, text: str) -> float | None:
        """Show one faint line below what is there, such as "thinking… 12 s"; "" removes it.

        Shown in mode "live" only. Returns what `tick` does.
        """
        if text != self._status:
            self._status = text
            self._changed = self._changed or self._painter is not None
        return self.tick()

    def tick(self) -> float | None:
        """Paint if something has changed and a frame is due.

        Returns the seconds after which to call again, None if there is nothing to paint.
        """
        if not self._changed:
            return None
        now = self._clock()
        if now >= self._due:
            self._look_at_size(now)
        due = self._due if self._settled is None else max(self._due, self._settled)
        if now < due:
            return due - now
        self._frame(now)
        return None

    def resize(self) -> float | None:
        """Repaint as soon as the terminal keeps its size. Returns what `tick` does."""
        self._changed = True
        self._last_size = self._size()
        self._settled = self._clock() + _SETTLED
        return self.tick()

    def flush(self) -> None:
        """Paint at once."""
        self._paint_now()

    def forget(self) -> None:
        """Go on below whatever is on the screen, after the program was suspended."""
        if self._painter is not None:
            self._painter.forget()
            self.flush()

    def close(self) -> None:
        """Paint what is left, finished. The cursor is left in the first column of an empty row.

        Also for an answer that broke off. Calling it again does nothing.
        """
        self._status = ""
        self._paint_now(end=True)

    def _paint_now(self, *, end: bool = False) -> None:
        now = self._clock()
        self._look_at_size(now)
        self._frame(now, end=end)

    def _frame(self, start: float, *, end: bool = False) -> None:
        self._changed = False
        self._take_size(start)
        pieces, still_open = self._splitter.split(end=end)
        finished: list[Line] = []
        for piece in pieces:
            finished += self._finish(piece)
        if self._painter is not None:
            self._painter.paint(finished, self._live(still_open))
        elif finished:
            self._write("".join([f"{to_ansi(line)}\n" for line in finished]))
        self._due = start + max(_SHORTEST_INTERVAL, (self._clock() - start) * _SHARE)

    def _look_at_size(self, now: float) -> None:
        size = self._size()
        if size != self._last_size:
            self._last_size = size
            self._settled = now + (_SETTLED if self._painter is not None else 0)

    def _take_size(self, now: float) -> None:
        columns, rows = self._last_size
        if self._painter is not None and self._settled is not None:
            self._painter.resize(columns, rows, surely=now >= self._settled)
        self._settled = None
        self._columns = columns
        self._layout.columns = min(columns, self._max_width)
        self._layout.screen = columns
        self._splitter.window.fit(columns, rows)

    def _finish(self, piece: Piece) -> list[Line]:
        match piece:
            case Blocks():
                lines, self._after = self._lay_out(piece)
                return lines
            case FenceStart(markup, info):
                gap: list[Line] = [[]] if self._after.kind else []
                self._code = self._layout.begin_code(info)
                self._after = PreviousBlock("fence")
                return [*gap, self._layout.fence_start(markup, info)]
            case Code(lines):
                assert self._code is not None
                return [self._code.line(line) for line in lines]
            case FenceEnd(markup):
                return [self._layout.fence_end(markup)]

    def _live(self, piece: Piece | None) -> list[Line]:
        lines: list[Line] = []
        if isinstance(piece, Blocks):
            lines, _ = self._lay_out(piece)
        elif isinstance(piece, Code) and self._code is not None:
            # No more than can be seen: the line may be a megabyte long.
            lines = [self._code.copy().line(line[: self._columns + 1]) for line in piece.lines]
        if self._status:
            lines.append([(self._theme.faint, clean_line(self._status))])
        if self._painter is not None:
            more: Line = [(self._theme.faint, self._theme.glyphs.more)]
            lines = keep_header(lines, self._painter.height, more)
        return [with_spaces(line) for line in lines]  # a tab leaves what it skips as it was

    def _lay_out(self, piece: Blocks) -> tuple[list[Line], PreviousBlock]:
        return self._layout.blocks(
            piece.tokens, piece.source, piece.references, self._after, cut=piece.cut
        )
