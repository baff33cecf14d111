"""How far work is that takes a while, on standard error: a bar, or a line now and then."""

from __future__ import annotations

import time

from synapse.terminal import style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from synapse.cli.console import Console

_EVERY = 0.1
"""Seconds between two paintings of the bar."""
_PATIENCE = 0.5
"""Seconds of work that need no bar."""
_LINE_EVERY = 10.0
"""Seconds between lines, where there can be no bar."""
_LONGEST, _SHORTEST = 40, 8
"""Columns of the bar itself; where there is less room there is none."""
_ERASED = "\r\x1b[K"
_INTERRUPT = "^C"
"""What the terminal echoes of Ctrl-C: a bar that leaves no room for it could not be erased."""
_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


class ProgressBar:
    """Bytes, or sessions, of a total. A bar on a terminal that can erase it: it appears after
    half a second and leaves no trace. A line every ten seconds in the accessible mode, on a dumb
    terminal, and with -v where there is no terminal; else nothing.
    """

    def __init__(
        self,
        console: Console,
        label: str,
        total: int,
        *,
        of: str = "bytes",
        began: float | None = None,
    ) -> None:
        self._console = console
        self._label = label
        self._total = total
        self._of = of
        terminal = console.stderr.is_terminal
        lines = console.settings.ui.accessible or not style.moves_cursor(
            console.environ.get("TERM")
        )
        self._wants_bar = terminal and not lines and not console.quiet
        self._wants_lines = (lines if terminal else console.verbose) and not console.quiet
        self._began = time.monotonic() if began is None else began
        self._due = self._began + (_PATIENCE if self._wants_bar else _LINE_EVERY)
        self._is_shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hide()

    def hide(self) -> None:
        """Make room for something else; the next update shows it again."""
        if self._is_shown:
            self._is_shown = False
            self._console.stderr.write(_ERASED)

    def update(self, done: int, total: int | None = None, *, of: str | None = None) -> None:
        """Show that `done` are done, of another total, or of something else, if that is given."""
        self._of = of or self._of
        if total is not None:
            self._total = total
        now = time.monotonic()
        if now < self._due or not (self._wants_bar or self._wants_lines):
            return
        if self._wants_bar:
            self._due = now + _EVERY
            self._is_shown = True
            self._console.stderr.write(_ERASED + self._painted(done, now - self._began))
        else:
            self._due = now + _LINE_EVERY
            self._console.say(self._line(done))

    def _painted(self, done: int, elapsed: float) -> str:
        """The bar, what is done, and how long the rest will take at this speed; one row."""
        total = max(self._total, done) if self._total else 0
        parts = [self._label, _amount(done, total, self._of)]
        if total and done:
            parts.append(_time(elapsed * (total - done) / done))
        columns = max(1, self._console.stderr.width(self._console.environ) - 1 - len(_INTERRUPT))
        room = min(_LONGEST, columns - sum(len(part) + 1 for part in parts))
        if not total or room < _SHORTEST:
            return " ".join(parts)[:columns]
        full = room * done // total
        filled, empty = ("=", "-") if self._console.ascii_only else ("━", "╌")
        color = style.style(self._console.color_level(of_stderr=True), style.CYAN)
        parts.insert(1, style.paint(color, filled * full) + empty * (room - full))
        return " ".join(parts)

    def _line(self, done: int) -> str:
        if not self._total:
            return f"{self._label}: {done:,} {self._of}"
        share = done * 100 // self._total
        return f"{self._label}: {share} percent, {done:,} of {self._total:,} {self._of}"


def _amount(done: int, total: int, of: str) -> str:
    if of != "bytes":
        return f"{done:,}/{total:,} {of}" if total else f"{done:,} {of}"
    size = max(done, total)
    unit, name = next(((u, n) for u, n in _UNITS if size >= u), (1, "bytes"))
    digits = 0 if unit == 1 else 1
    written = f"{done / unit:,.{digits}f}"
    return f"{written}/{total / unit:,.{digits}f} {name}" if total else f"{written} {name}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
