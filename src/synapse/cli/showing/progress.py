"""How far work is that takes a while, on standard error: a bar, or a line now and then."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from rich.progress import Progress, ProgressColumn

    from synapse.cli.context import Context

_PER_SECOND = 10
_PATIENCE = 0.5
"""Seconds of work that need no bar."""
_LINE_EVERY = 10.0
"""Seconds between lines, where there can be no bar."""


class ProgressBar:
    """Bytes, or sessions, of a total. A bar on a terminal that can erase it: it appears after
    half a second and leaves no trace. A line every ten seconds in the accessible mode, on a dumb
    terminal, and with -v where there is no terminal; else nothing.
    """

    def __init__(self, context: Context, label: str, total: int, *, of: str = "bytes") -> None:
        from synapse.terminal.style import moves_cursor

        self._context = context
        self._label = label
        self._total = total
        self._of = of
        terminal = context.stderr.is_terminal
        lines = context.settings.ui.accessible or not moves_cursor(context.environ.get("TERM"))
        self._wants_bar = terminal and not lines and not context.quiet
        self._wants_lines = (lines if terminal else context.verbose) and not context.quiet
        self._due = time.monotonic() + (_PATIENCE if self._wants_bar else _LINE_EVERY)
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, total: int | None = None) -> None:
        """Show that `done` are done, of another total if it is given."""
        if total is not None:
            self._total = total
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, total=self._total)
        elif (self._wants_bar or self._wants_lines) and time.monotonic() >= self._due:
            if self._wants_bar:
                self._bar = _start(self._context, self._label, self._total, self._of)
                self.update(done)
            else:
                self._due = time.monotonic() + _LINE_EVERY
                self._context.say(self._line(done))

    def _line(self, done: int) -> str:
        if not self._total:
            return f"{self._label}: {done:,} {self._of}"
        share = done * 100 // self._total
        return f"{self._label}: {share} percent, {done:,} of {self._total:,} {self._of}"


def _start(context: Context, label: str, total: int, of: str) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TimeRemainingColumn,
    )

    from synapse.terminal.style import COLOR

    # rich draws in ASCII what goes into a stream that knows nothing else
    encoding = "ascii" if context.ascii_only else "utf-8"
    descriptor = context.stderr.descriptor
    stream = open(descriptor, "w", encoding=encoding, errors="replace", closefd=False)  # noqa: SIM115
    colors = context.color_level(of_stderr=True) == COLOR
    amount: ProgressColumn = DownloadColumn() if of == "bytes" else MofNCompleteColumn()
    bar = Progress(
        "{task.description}",
        BarColumn(),
        amount,
        TimeRemainingColumn(),
        console=Console(file=stream, no_color=not colors),
        transient=True,
        refresh_per_second=_PER_SECOND,
    )
    bar.add_task(label, total=total)
    bar.start()
    return bar
