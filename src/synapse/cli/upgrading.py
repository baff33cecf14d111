"""What the user sees of a database that is brought up to date when it is opened."""

from __future__ import annotations

from synapse.cli.showing.progress import ProgressBar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.ports import Upgrading


class UpgradeShown:
    """Hears how far it is: a bar for each step that takes a while; in the end, where the backup
    is.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._bar: ProgressBar | None = None
        self._heard: Upgrading | None = None

    def __call__(self, upgrading: Upgrading) -> None:
        if self._heard is None or self._heard.step != upgrading.step:
            self._end_bar()
            self._bar = ProgressBar(
                self._context, upgrading.step, upgrading.total, of=upgrading.unit
            )
        self._heard = upgrading
        assert self._bar is not None
        self._bar.update(upgrading.done, upgrading.total)

    def end(self, *, well: bool) -> None:
        """The store is open, or can't be."""
        self._end_bar()
        if self._heard is not None and well and not self._context.quiet:
            self._context.say(
                "The database was brought up to date. As it was before, it is kept in"
                f" {self._heard.backup}"
            )

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar.__exit__()
            self._bar = None
