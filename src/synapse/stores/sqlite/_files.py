"""The files of one database: the main file, and the WAL beside it.

What was written last is in the WAL alone until it is moved into the main file, and of a young
database of an earlier version that is everything. SQLite deletes the WAL of a main file that is
missing or empty as soon as it opens that: so every opening asks here first.
"""

from __future__ import annotations

import os

import apsw

from synapse.advice import Advice
from synapse.errors import ConfigError, DatabaseDamaged
from synapse.stores._url import split

MEMORY = ":memory:"
"""In the place of a path: a database without files."""
_WAL_HEADER = 32
"""Bytes in front of the first frame of a WAL."""
_PATIENCE_MS = 5000


def path_of(url: str | os.PathLike[str]) -> str:
    """The file that a path, or a URL such as `sqlite:PATH`, names; `~` expanded.

    `:memory:` is a database in memory. Parameters behind `?`, which the Rust program's URLs may
    carry, are left out. Raises ConfigError if there is no path.
    """
    path = _without_parameters(split(os.fspath(url))[1])
    if path == MEMORY:
        return MEMORY
    if not path.strip("/"):
        raise ConfigError(
            f"the database URL {os.fspath(url)!r} names no file", "Write:  sqlite:PATH"
        )
    return os.path.abspath(os.path.expanduser(path))


def _without_parameters(path: str) -> str:
    # a file may have a question mark in its name; a parameter has a name and a value
    before, mark, parameters = path.rpartition("?")
    return before if mark and "=" in parameters else path


def wal_of(path: str) -> str:
    """Where SQLite keeps the WAL of the main file at `path`: beside the file that a link means."""
    return f"{os.path.realpath(path)}-wal"


def size(path: str) -> int:
    """Bytes of a file; 0 if there is none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def is_headless(path: str) -> bool:
    """Whether a WAL that holds something stands beside a main file that is missing or empty.

    No process of ours ever leaves that behind, not even for a moment: the main file has its
    schema before there is a WAL. The WAL is looked at first, as the two may just be in the making.
    """
    return size(wal_of(path)) > 0 and size(path) == 0


def refuse_headless(path: str) -> None:
    """Raise DatabaseDamaged if `is_headless`: opening the file would destroy the WAL."""
    if not is_headless(path):
        return
    wal = wal_of(path)
    state = "is empty" if os.path.exists(path) else "is missing"
    raise DatabaseDamaged(
        f"the database {path} {state}, but {wal} beside it holds {size(wal) >> 10:,} kB of it",
        "Both have been left as they are. A database is moved together with its -wal file.",
        Advice("Put the file back, or make it whole from the -wal:  ", "db recover"),
        f"To begin anew, move {wal} away.",
    )


def open_raw(path: str) -> apsw.Connection:
    """A bare connection to a file that exists. Raises DatabaseDamaged, apsw.Error."""
    refuse_headless(path)
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(_PATIENCE_MS)
    return connection


def only_a_part(path: str, reason: str) -> DatabaseDamaged:
    """The error for a main file whose other part is somewhere else."""
    return DatabaseDamaged(
        f"{path} is only a part of a database: {reason}",
        "It has been left as it is. Bring its -wal file from where it was copied, or copy it anew"
        " there:",
        Advice("  ", "db backup", "FILE"),
        "If there never was anything in it, delete it.",
    )


def page_size_of_wal(wal: str) -> int:
    """Bytes of a page in a WAL; 0 for what is no WAL, or holds no page."""
    with open(wal, "rb") as file:
        header = file.read(_WAL_HEADER)
    if len(header) < _WAL_HEADER or size(wal) == _WAL_HEADER:
        return 0
    magic, page_size = _number(header, 0), _number(header, 8)
    return page_size if magic & ~1 == 0x377F0682 and 512 <= page_size <= 65536 else 0


def missing_pages(path: str) -> tuple[int, int]:
    """How many pages of the main file are there, and how many its header speaks of.

    (0, 0) if it does not say. Read by SQLite's own file system layer: closing a descriptor of
    ours would drop the locks that a connection of this process may hold.
    """
    try:
        file = apsw.VFSFile("", path, [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0])
        try:
            header = file.xRead(100, 0)
        finally:
            file.xClose()
    except apsw.Error:
        return 0, 0
    page_size, changes, pages, valid_for = _counts(header)
    if page_size < 512 or changes != valid_for:
        return 0, 0
    return size(path) // page_size, pages


def _counts(header: bytes) -> tuple[int, int, int, int]:
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        return 0, 0, 0, 0
    page_size = int.from_bytes(header[16:18], "big")
    changes, pages, valid_for = (_number(header, offset) for offset in (24, 28, 92))
    return 65536 if page_size == 1 else page_size, changes, pages, valid_for


def _number(header: bytes, offset: int) -> int:
    return int.from_bytes(header[offset : offset + 4], "big")
