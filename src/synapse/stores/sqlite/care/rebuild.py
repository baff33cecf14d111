"""Makes a database of a WAL whose main file is gone.

Until it is moved into the main file for the first time, a WAL holds every page of a database, and
SQLite needs of the main file no more than that it is there. Everything is put together in a folder
of its own and checked there; the WAL stays as it is until it has a main file that goes with it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager

import apsw

from synapse.advice import Advice
from synapse.errors import DatabaseDamaged, DatabaseError
from synapse.stores.sqlite._files import is_headless, page_size_of_wal, size, wal_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def rebuild(path: str) -> bool:
    """See FileCare.rebuild."""
    if not is_headless(path):
        return False
    with readable(path) as copy:
        _move_in(copy, path)
        _put_in_place(copy, os.path.realpath(path))
    return True


@contextmanager
def readable(path: str) -> Iterator[str]:
    """The path of a database that can be opened: `path` itself, or, if only its WAL is left, a
    copy of that with a main file that lasts for the block. Raises DatabaseError.
    """
    if not is_headless(path):
        yield path
        return
    wal = wal_of(path)
    page_size = page_size_of_wal(wal)
    if not page_size:
        raise DatabaseDamaged(f"{wal} holds nothing that can be read: it is no write-ahead log")
    folder, name = os.path.split(os.path.realpath(path))
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}.") as private:
            copy = os.path.join(private, name)
            shutil.copyfile(wal, f"{copy}-wal")
            with open(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(bytes(page_size))
            yield copy
    except OSError as error:
        raise DatabaseError(f"{wal} can't be read: {error.strerror}") from error


def _move_in(copy: str, path: str) -> None:
    """Move the WAL's pages into the main file and see whether that is all of them."""
    try:
        connection = apsw.Connection(copy, flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            sound = connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        finally:
            connection.close()
    except (apsw.CorruptError, apsw.NotADBError):
        sound, tables = False, set()
    if not sound or not {"sessions", "messages"} <= tables:
        raise DatabaseDamaged(
            f"{wal_of(path)} holds only what was written last; the file with the rest is gone",
            "Put that file back. If there is none:",
            Advice("Restore a backup:         ", "db restore", "FILE"),
            Advice("Or save what can be read: ", "db recover", into="NEW"),
        )


def _put_in_place(whole: str, path: str) -> None:
    descriptor = os.open(whole, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        if os.path.exists(path) and size(path) == 0:
            os.unlink(path)
        os.link(whole, path)  # never over a file that came back meanwhile
    except FileExistsError:
        raise DatabaseError(f"{path} is there again", "Try once more") from None
