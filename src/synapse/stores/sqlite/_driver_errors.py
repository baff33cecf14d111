"""apsw's exceptions in the words of the port."""

from __future__ import annotations

import apsw

from synapse.advice import ASK, Advice
from synapse.errors import (
    DatabaseDamaged,
    DatabaseError,
    DatabaseFull,
    DatabaseLocked,
    DatabaseReadOnly,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_CLASSES: dict[type[apsw.Error], type[DatabaseError]] = {
    apsw.BusyError: DatabaseLocked,
    apsw.LockedError: DatabaseLocked,
    apsw.FullError: DatabaseFull,
    apsw.ReadOnlyError: DatabaseReadOnly,
    apsw.PermissionsError: DatabaseReadOnly,
    apsw.CorruptError: DatabaseDamaged,
    apsw.NotADBError: DatabaseDamaged,
    apsw.FormatError: DatabaseDamaged,
}


class Translated:
    """A block in which SQLite's errors become DatabaseErrors that name the file.

    Re-entrant, and cheaper than a generator: it stands around every statement.
    """

    __slots__ = ("location", "waited")

    def __init__(self, location: str, waited: float) -> None:
        self.location = location
        self.waited = waited

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, apsw.Error):
            raise translate(error, self.location, self.waited) from error
        if isinstance(error, UnicodeDecodeError):
            raise damaged(self.location, "a text in it is no UTF-8") from error


def translate(error: apsw.Error, location: str, waited: float = 0.0) -> DatabaseError:
    """The DatabaseError for what SQLite reported about the file at `location`."""
    extended = getattr(error, "extendedresult", 0)
    if isinstance(error, apsw.CantOpenError | apsw.IOError):
        return _from_file_system(error, extended, location)
    kind = next((ours for theirs, ours in _CLASSES.items() if isinstance(error, theirs)), None)
    if kind is DatabaseLocked:
        return DatabaseLocked(
            f"the database is in use by another process (waited {waited:g} s)", f"  {location}"
        )
    if kind is DatabaseFull:
        return DatabaseFull(f"no room left on the disk for {location}", *_ROOM)
    if kind is DatabaseReadOnly:
        return DatabaseReadOnly(f"the database can't be written: {location}", *_ELSEWHERE)
    if kind is DatabaseDamaged:
        return damaged(location, str(error))
    return DatabaseError(f"SQLite reports {str(error).strip()!r} for {location}")


_ROOM = ("Make room first: deleting sessions needs some, too.",)
_ELSEWHERE = (Advice("Use another file:  ", ASK, database="FILE", after=" …"),)


def damaged(location: str, reason: str) -> DatabaseDamaged:
    """The error for a file that is no sound database; it has been left as it was."""
    return DatabaseDamaged(
        f"{location} is damaged, or no Synapse database ({reason.strip()})",
        "It has been left as it is.",
        *_ELSEWHERE,
    )


def _from_file_system(error: apsw.Error, extended: int, location: str) -> DatabaseError:
    if extended == apsw.SQLITE_IOERR_WRITE:
        return DatabaseFull(f"the disk, or a quota, does not take any more of {location}", *_ROOM)
    if extended == apsw.SQLITE_IOERR_SHMSIZE:
        return DatabaseFull(f"no room left on the disk for {location}", *_ROOM)
    if isinstance(error, apsw.CantOpenError):
        return DatabaseReadOnly(
            f"the database can't be opened: {location} (no permission, or its folder is read-only)",
            *_ELSEWHERE,
        )
    return DatabaseError(f"the disk reports {str(error).strip()!r} for {location}")
