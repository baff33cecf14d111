"""SQLite files of other programs: read without a change to a byte of them, or beside them."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import apsw

from synapse.errors import ImportFailed
from synapse.formats.reading.limits import LARGEST_ITEM
from synapse.formats.reading.sources import FileSource, on_disk
from synapse.formats.reading.texts import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from synapse.ports import ImportSource

_WAL = b"\x02\x02"
"""Bytes 18 and 19 of a file whose changes are in a -wal file at first."""
_BUSY_MILLISECONDS = 5000
_ATTEMPTS = 5
"""To copy a file while another program writes to it."""


class Database:
    """A database that is only read."""

    def __init__(self, connection: apsw.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._columns: dict[str, tuple[str, ...]] = {}
        for table, kind in self.rows("SELECT name, type FROM sqlite_master"):
            if kind == "table" and isinstance(table, str):
                self._columns[table] = tuple(
                    str(row[0])
                    for row in self.rows("SELECT name FROM pragma_table_info(?)", (table,))
                )

    @property
    def tables(self) -> Mapping[str, tuple[str, ...]]:
        """Each table with its columns: they differ by the version of the program."""
        return self._columns

    def has(self, table: str, *columns: str) -> bool:
        """Whether there is this table, with these columns at least."""
        return set(columns) <= set(self._columns.get(table, ())) and table in self._columns

    def rows(self, sql: str, bindings: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows, one after the other; texts are clean. Raises ImportFailed."""
        try:
            yield from self._rows(sql, bindings)
        except UnicodeDecodeError as error:
            raise ImportFailed(f"{self._name}: a text in it is not UTF-8: {error}") from error

    def records(self, table: str, tail: str = "", *bindings: Any) -> Iterator[dict[str, Any]]:
        """Rows of a table by the names of their columns, whichever it has; what is no UTF-8 in
        their texts becomes U+FFFD. `tail` is SQL that follows the table's name.
        """
        columns = self._columns.get(table, ())
        if not columns:
            return
        end = f"FROM {_quoted(table)} {tail}"
        told = 0
        try:
            listed = ", ".join(map(_quoted, columns))
            for row in self._rows(f"SELECT {listed} {end}", bindings):
                yield dict(zip(columns, row, strict=True))
                told += 1
        except UnicodeDecodeError:
            listed = ", ".join(_undecoded(_quoted(column)) for column in columns)
            for number, row in enumerate(self._rows(f"SELECT {listed} {end}", bindings)):
                if number >= told:
                    yield dict(zip(columns, map(_decoded, row[::2], row[1::2]), strict=True))

    def _rows(self, sql: str, bindings: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        try:
            for row in self._connection.execute(sql, bindings):
                yield tuple(clean(value) if isinstance(value, str) else value for value in row)
        except apsw.Error as error:
            raise _failed(self._name, error) from error


@contextmanager
def opened(source: ImportSource) -> Iterator[Database]:
    """The database. It is read where it is, or, if that could not be done without writing (after a
    crash, or while changes wait in a -wal file), from a private copy. Raises ImportFailed.
    """
    try:
        with on_disk(source) as file:
            assert file.path is not None
            with _connected(file.path, source.name) as connection:
                yield Database(connection, source.name)
    except OSError as error:
        raise ImportFailed(f"{source.name}: can't be read: {error.strerror or error}") from error
    except apsw.Error as error:
        raise _failed(source.name, error) from error


def tables_of(source: ImportSource) -> Mapping[str, tuple[str, ...]]:
    """The tables and their columns; none for what is no database, or can't be read."""
    try:
        if not source.head().startswith(b"SQLite format 3\x00"):
            return {}
        if source.path is not None:
            found = source.path.stat()
            return _tables(source.path, found.st_size, found.st_mtime_ns)
        with opened(source) as database:
            return dict(database.tables)
    except (ImportFailed, OSError):
        return {}


@lru_cache(maxsize=4)  # every importer asks
def _tables(path: Path, size: int, modified: int) -> Mapping[str, tuple[str, ...]]:
    with opened(FileSource(path)) as database:
        return dict(database.tables)


@contextmanager
def _connected(path: Path, name: str) -> Iterator[apsw.Connection]:
    if _is_quiet(path):
        connection = _connection(path, "mode=ro&immutable=1" if _is_wal(path) else "mode=ro")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except (apsw.ReadOnlyError, apsw.CantOpenError):
            connection.close()  # a crash has left something to be rolled back meanwhile
        except BaseException:
            connection.close()
            raise
        else:
            try:
                yield connection
            finally:
                connection.close()
            return
    with tempfile.TemporaryDirectory(prefix="synapse-import-") as folder:
        copy = _copied(path, Path(folder), name)
        connection = _connection(copy, "mode=rw")
        try:
            yield connection
        finally:
            connection.close()


def _connection(path: Path, how: str) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_URI | (
        apsw.SQLITE_OPEN_READONLY if "mode=ro" in how else apsw.SQLITE_OPEN_READWRITE
    )
    connection = apsw.Connection(f"file:{quote(str(path.absolute()))}?{how}", flags=flags)
    connection.set_busy_timeout(_BUSY_MILLISECONDS)
    # Views and triggers of a file that anybody may have made get no say.
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0)
    connection.limit(apsw.SQLITE_LIMIT_LENGTH, LARGEST_ITEM)
    return connection


def _is_wal(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(20)[18:] == _WAL


def _beside(path: Path) -> list[Path]:
    """Files that hold what is not in the database yet, or not for good."""
    return [
        found
        for ending in ("-wal", "-journal")
        if (found := path.with_name(path.name + ending)).is_file() and found.stat().st_size
    ]


def _is_quiet(path: Path) -> bool:
    return not _beside(path)


def _copied(path: Path, folder: Path, name: str) -> Path:
    """A copy of a database and of what belongs to it, taken while nobody wrote."""
    target = folder / "copy.db"
    for _ in range(_ATTEMPTS):
        files = [path, *_beside(path)]
        before = [_version(file) for file in files]
        for file in files:
            shutil.copyfile(file, target.with_name(target.name + file.name[len(path.name) :]))
        if before == [_version(file) for file in [path, *_beside(path)]]:
            return target
        for file in folder.iterdir():
            file.unlink()
    raise ImportFailed(
        f"{name}: it was written to while it was copied", "Close the program that writes it first."
    )


def _version(path: Path) -> tuple[str, int, int]:
    found = path.stat()
    return path.name, found.st_size, found.st_mtime_ns


def _undecoded(column: str) -> str:
    """A column whose texts come as bytes, and whether it is one."""
    is_text = f"typeof({column}) = 'text'"
    return f"iif({is_text}, CAST({column} AS BLOB), {column}), {is_text}"


def _decoded(value: Any, is_text: int) -> Any:
    return clean(value.decode("utf-8", "replace")) if is_text else value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _failed(name: str, error: apsw.Error) -> ImportFailed:
    if isinstance(error, apsw.BusyError):
        return ImportFailed(
            f"{name}: another program keeps it locked", "Close that program, or wait for it."
        )
    return ImportFailed(f"{name}: SQLite reports {str(error)!r}")
