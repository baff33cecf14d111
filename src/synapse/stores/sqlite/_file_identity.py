"""Whether the files that a connection has open still are the database at its path.

A file can be moved, removed or replaced under a process that has it open; whatever that process
writes then goes on into a file that has another name, or none. So each durable change looks before
it begins and once more after it is committed: two calls of `stat`, 10 thousand instructions.
"""

from __future__ import annotations

import os

from synapse.errors import DatabaseReplaced, MigrationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import apsw

    _Identity = tuple[int, int]


class FileIdentity:
    """The files that one connection has open, identified by device and inode."""

    __slots__ = ("_main", "_parts", "_path", "_schema")

    def __init__(self, path: str, wal: str) -> None:
        self._path = path
        self._main = _identity(path)
        self._parts: dict[str, _Identity | None] = {wal: None, f"{wal[:-4]}-shm": None}
        self._schema: int | None = None

    def remember(self, schema: int) -> None:
        """Record the files as they are now, and the number of their schema."""
        for part in self._parts:
            self._parts[part] = _identity(part)
        self._schema = schema

    def check(self) -> None:
        """Raise DatabaseReplaced if a file is not the one that was opened."""
        found = _stat(self._path)
        if found is None or (found.st_dev, found.st_ino) != self._main:
            raise self._gone() if found is None else self._other()
        if found.st_size == 0 and self._schema is not None:
            raise DatabaseReplaced(
                f"the database {self._path} was emptied while it was in use", *_NOT_SAVED
            )
        for part, known in self._parts.items():
            identity = _identity(part)
            if known is None:
                self._parts[part] = identity  # there is none before somebody switches to a WAL
            elif identity != known:
                raise DatabaseReplaced(
                    f"{part}, a part of the database, was moved, removed or replaced while it was"
                    " in use",
                    *_NOT_SAVED,
                )

    def check_schema(self, raw: apsw.Connection) -> None:
        """Inside a transaction: raise MigrationError if another program changed the schema."""
        if self._schema is None:
            return
        found = raw.pragma("user_version")
        if found == self._schema:
            return
        direction = "a newer" if found > self._schema else "another"
        raise MigrationError(
            f"{self._path} was given the schema {found} by {direction} Synapse while it was in use"
            f" (this one knows {self._schema})",
            "Start synapse again; if it refuses, upgrade it.",
        )

    def is_moved(self) -> bool:
        """Whether the main file is no longer at its path."""
        return _identity(self._path) != self._main

    def may_be_merged(self) -> bool:
        """Whether the WAL can be moved into the main file and emptied without losing what is in
        it: not if the main file has no name any more, or has been emptied.
        """
        try:
            self.check()
        except DatabaseReplaced:
            found = self._opened()
            return found is not None and found.st_nlink > 0 and found.st_size > 0
        return True

    def is_lost(self) -> bool:
        """Whether another file has taken the place of the main file, which nobody will find."""
        found = self._opened()
        return found is not None and found.st_nlink == 0 and os.path.exists(self._path)

    def _opened(self) -> os.stat_result | None:
        """The main file that is open, if what belongs to it still is where it was."""
        if any(known and _identity(part) != known for part, known in self._parts.items()):
            return None
        for descriptor in _open_descriptors():
            try:
                found = os.fstat(descriptor)
            except OSError:
                continue
            if (found.st_dev, found.st_ino) == self._main:
                return found
        return None

    def _gone(self) -> DatabaseReplaced:
        return DatabaseReplaced(
            f"the database {self._path} was moved or removed while it was in use", *_NOT_SAVED
        )

    def _other(self) -> DatabaseReplaced:
        return DatabaseReplaced(
            f"the database {self._path} was replaced by another file while it was in use",
            "Nothing was saved into either. Start synapse again to use the one that is there now.",
        )


_NOT_SAVED = (
    "Nothing was saved in what is left of it. Put it back, its -wal file too, and go on; or start"
    " synapse again.",
)


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _identity(path: str) -> _Identity | None:
    found = _stat(path)
    return None if found is None else (found.st_dev, found.st_ino)


def _open_descriptors() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/dev/fd")]
    except (OSError, ValueError):
        return []
