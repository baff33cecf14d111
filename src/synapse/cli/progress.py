"""A bar for work that takes a while, on standard error if that is a terminal, else nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from rich.progress import Progress

    from synapse.cli.context import Context

_PER_SECOND = 10


class ProgressBar:
    """Bytes of a total. Appears with the first update and leaves no trace."""

    def __init__(self, context: Context, label: str, total: int) -> None:
        self._context = context
        self._label = label
        self._total = total
        self._wanted = (
            context.stderr.is_terminal and not context.quiet and not context.settings.ui.accessible
        )
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, total: int | None = None) -> None:
        """Show that `done` bytes are done, of another total if it is given."""
        if not self._wanted:
            return
        if total is not None:
            self._total = total
        if self._bar is None:
            self._bar = _start(self._context, self._label, self._total)
        self._bar.update(self._bar.task_ids[0], completed=done, total=self._total)


def _start(context: Context, label: str, total: int) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    from synapse.cli.terminal.style import COLOR

    descriptor = context.stderr.descriptor
    stream = open(descriptor, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    colors = context.color_level(of_stderr=True) == COLOR
    bar = Progress(
        "{task.description}",
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(file=stream, no_color=not colors),
        transient=True,
        refresh_per_second=_PER_SECOND,
    )
    bar.add_task(label, total=total)
    bar.start()
    return bar
