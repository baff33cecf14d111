"""What to use instead of the care for files that a server keeps: see `ports.FileCare`."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from synapse.advice import Hint
    from synapse.ports import Salvage


class ServerFiles:
    """A FileCare that does nothing but say what does it: each method raises ConfigError."""

    def __init__(self, url: str) -> None:
        self._url = url

    # what an engine adds: a line each, with the command that is to be typed

    @property
    def location(self) -> str:
        """The URL without a password."""
        raise NotImplementedError

    def backing_up(self) -> str:
        """How its keeper makes a backup."""
        raise NotImplementedError

    def restoring(self) -> str:
        """How its keeper restores one."""
        raise NotImplementedError

    def vacuuming(self) -> str:
        """How its keeper gives room back."""
        raise NotImplementedError

    # FileCare

    def back_up(
        self,
        target: str,
        *,
        replace: bool = False,
        progress: Callable[[int, int], object] = lambda done, total: None,
    ) -> None:
        """See FileCare."""
        copy = Advice("Or copy your sessions into a file:  ", "db copy", "FILE")
        self._refuse("backups are made", self.backing_up(), copy)

    def restore(self, source: str) -> str | None:
        """See FileCare."""
        copy = Advice("Or bring in what is in a file:  ", "db copy", "URL", database="FILE")
        self._refuse("backups are restored", self.restoring(), copy)

    def vacuum(self) -> tuple[int, int]:
        """See FileCare."""
        self._refuse("room is given back", self.vacuuming())

    def rebuild(self) -> bool:
        """See FileCare."""
        return False

    def salvage(self, target: str) -> Salvage:
        """See FileCare."""
        copy = Advice("Save what can be read, as a file:  ", "db copy", "FILE")
        self._refuse("damage is repaired", copy, self.restoring())

    def _refuse(self, what: str, *hints: Hint) -> NoReturn:
        raise ConfigError(
            f"a server keeps the files of {self.location}: {what} with its own tools", *hints
        )
