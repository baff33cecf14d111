"""Inspection and maintenance of a store, beside its daily work."""

from __future__ import annotations

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from synapse.advice import Hint
else:
    Protocol = object


class Upgrading(Record):
    """Progress of an upgrade: a store is brought to a newer schema when it is opened."""

    backup: str
    """Where the data is kept as it was before; empty where a server's backups are its keeper's."""
    step: str
    """`Backing up`, `Upgrading`."""
    done: int
    total: int
    unit: str
    """What `done` and `total` count: `bytes` or `steps`."""


class Finding(Record):
    """One result of a check or a diagnosis."""

    subject: str
    """What was examined, in a word or two: `modes`, `counts`, `engine`, …"""
    text: str
    """What was found, in a sentence without a full stop."""
    ok: bool = False
    """True if nothing is wrong."""
    repairable: bool = False
    """True where `repair` mends it."""
    afterwards: str = ""
    """What to tell the user after the repair: what could not be kept as it was. Empty if nothing is
    lost.
    """
    hints: tuple[Hint, ...] = ()
    """What to do about it."""


class StoreInfo(Record):
    """Facts about a store, for people."""

    location: str
    engine: str
    """Name and version of what keeps the data."""
    schema: int
    sessions: int
    trashed: int
    messages: int
    files: tuple[tuple[str, int], ...]
    """The files that are the store, all of them, and the bytes of each; empty where a server
    keeps them.
    """
    size: int
    """Bytes on the disk, journals included."""
    free: int = 0
    """Bytes of it that a vacuum would give back, as far as the engine tells."""
    backups: tuple[str, ...] = ()
    """Backups beside the data, the oldest first."""
    kept: int = 0
    """Sessions of the trash that other programs have deleted."""
    programs: tuple[str, ...] = ()
    """Programs of other makes that have used the data."""


class Salvage(Record):
    """What could be read from a damaged store."""

    target: str
    """The new file."""
    sessions: int
    messages: int
    adopted: int
    """Sessions of which only messages were found; they are kept under a stand-in."""
    unreadable: int
    """Places at which something could not be read; what was there is lost."""


class Inspection(Protocol):
    """Examines a store, healthy or damaged, and repairs what can be computed from the rest. Works
    for every engine. Raises StorageError.
    """

    @property
    def location(self) -> str:
        """As SessionStore.location."""

    def info(self) -> StoreInfo:
        """Counts and sizes. Reads every row once."""

    def check(self) -> list[Finding]:
        """Find what is wrong with the data: the engine's own integrity check, references, and all
        derived values. Empty if all is well. Changes nothing that can be read; where the text of
        destroyed sessions is still to be erased from the files, tries that first.
        """

    def repair(self) -> list[Finding]:
        """Compute all derived values anew and give messages without a session one. Returns what was
        wrong.
        """

    def diagnose(self) -> list[Finding]:
        """Find what is, or may become, a problem around the data: disk, modes, engine, clock."""

    def other_programs(self) -> list[str]:
        """The names of other programs that have used the data. Empty if there is no data yet, or it
        can't be read. Leaves no trace.
        """

    def loose_parts(self) -> list[str]:
        """Files other than the one at `location` that hold a part of the data at this moment. Empty
        if a server keeps the data.
        """


class FileCare(Protocol):
    """Maintenance of a store's files. Only for engines that have files of their own: a server's
    data is maintained with the server's tools, which a ConfigError names. Raises StorageError.
    """

    @property
    def location(self) -> str:
        """As SessionStore.location."""

    def back_up(
        self,
        target: str,
        *,
        replace: bool = False,
        progress: Callable[[int, int], object] = ...,
    ) -> None:
        """Write a copy of one moment to the file `target` (mode 0600), while others may write.
        `progress` is called with the bytes done and the bytes in all.
        """

    def restore(self, source: str) -> str | None:
        """Replace the store's data by a backup. Returns the path of a copy of the data that was
        there before, or None if there was none. Refuses a source that is not a sound backup.
        """

    def vacuum(self) -> tuple[int, int]:
        """Give unused space back to the disk. Returns the bytes of all files before and after."""

    def rebuild(self) -> bool:
        """Rebuild a store whose main file is missing or empty from a journal that holds everything.
        Returns False if the main file is there. Raises DatabaseDamaged if the journal does not hold
        everything.
        """

    def salvage(self, target: str) -> Salvage:
        """Copy everything that can still be read into a new store in the file `target`."""
