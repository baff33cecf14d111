"""What is asked of a store beside its work: to be looked into, and to have its files cared for."""

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
    """How far a store is that is brought to a newer schema when it is opened."""

    backup: str
    """Where the data is kept as it was before."""
    step: str
    """`Backing up`, `Upgrading`."""
    done: int
    total: int
    unit: str
    """What `done` and `total` count: `bytes`, `steps`."""


class Finding(Record):
    """One thing that a check or a diagnosis has to say of a store."""

    subject: str
    """What was looked at, in a word or two: `modes`, `counts`, `engine`, …"""
    text: str
    """What was found, in a sentence without a full stop."""
    ok: bool = False
    """True where nothing is wrong."""
    repairable: bool = False
    """True where `repair` mends it."""
    afterwards: str = ""
    """What is to be said once it is mended: what could not stay as it was; empty where nothing is
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
    """What was got out of a damaged store."""

    target: str
    """The new file."""
    sessions: int
    messages: int
    adopted: int
    """Sessions of which only messages were found; they are kept under a stand-in."""
    unreadable: int
    """Places at which something could not be read; what was there is lost."""


class Inspection(Protocol):
    """Looks into a store of any engine, healthy or not, and mends what follows from other things.
    Raises StorageError.
    """

    @property
    def location(self) -> str:
        """As SessionStore.location."""

    def info(self) -> StoreInfo:
        """Counts and sizes. Reads every row once."""

    def check(self) -> list[Finding]:
        """What is wrong with the data: the engine's own integrity, references, and everything
        that is derived. Changes nothing. Empty if all is well.
        """

    def repair(self) -> list[Finding]:
        """Derive anew whatever is derived, give messages without a session one; what was wrong."""

    def diagnose(self) -> list[Finding]:
        """What is, or may become, a trouble around the data: disk, modes, engine, clock."""

    def other_programs(self) -> list[str]:
        """Programs of other makes that have used the data, by name; empty if there is no data
        yet, or it can't be read. Leaves no trace.
        """

    def loose_parts(self) -> list[str]:
        """Files beside the one of `location` that hold a part of the data at this moment; none
        where a server keeps it.
        """


class FileCare(Protocol):
    """Care for the files of a store that has its own. A server's data is cared for by the server's
    own tools. Raises StorageError.
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
        `progress` hears bytes done and in all.
        """

    def restore(self, source: str) -> str | None:
        """Make a backup the store's data again. What was there is kept first; the path of that
        copy, None if nothing was there. Refuses a source that is no sound backup.
        """

    def vacuum(self) -> None:
        """Give unused room back to the disk."""

    def rebuild(self) -> bool:
        """Make the store whole again whose main file is missing or empty, from a journal that
        holds everything; False if its main file is there. Raises DatabaseDamaged if the journal
        does not hold everything.
        """

    def salvage(self, target: str) -> Salvage:
        """Write whatever can still be read into a new store in the file `target`."""
