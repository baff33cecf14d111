"""From a URL to a connection with the newest schema: the one place where a file is opened.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import errno
import os
import stat

import apsw

from synapse.advice import ASK, Advice
from synapse.errors import (
    DatabaseDamaged,
    DatabaseError,
    DatabaseFull,
    DatabaseMissing,
    DatabaseReadOnly,
    MigrationError,
    UsageError,
)
from synapse.stores.sqlite._driver_errors import damaged
from synapse.stores.sqlite._files import (
    MEMORY,
    missing_pages,
    only_a_part,
    path_of,
    refuse_headless,
)
from synapse.stores.sqlite._schema import APPLICATION_ID, SCHEMA
from synapse.stores.sqlite.connection import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.ports import Upgrading

_WAL = [("wal",)]
_PROBE = "SELECT instructions, deleted_at, preview_key, seq FROM sessions, messages LIMIT 0"
"""Compiles only while the columns are there; costs 20 thousand instructions."""


def open_connection(
    url: str | os.PathLike[str],
    *,
    busy_timeout: float,
    on_upgrade: Callable[[Upgrading], object] | None = None,
    read_only: bool = False,
) -> Connection:
    """A connection to the URL's file, which is created or migrated if need be; of a migration of
    what holds something, `on_upgrade` hears.

    With `read_only`, one that can change nothing, to a file that is there and has the newest
    schema. It takes part in the locking like any other, so that what it reads is of one moment
    however many write.

    Raises DatabaseError (a subclass names the fault; with `read_only`, DatabaseMissing if there is
    none), MigrationError, ConfigError; with `read_only`, UsageError for a database in memory.
    """
    path = path_of(url)
    if read_only:
        return _opened_to_read(path, busy_timeout)
    if path != MEMORY:
        _prepare(path)
    try:
        return _opened(path, busy_timeout, on_upgrade)
    except DatabaseDamaged as error:
        there, all = missing_pages(path)
        if there < all:
            raise only_a_part(path, f"of its {all:,} pages, {there:,} are there") from error
        raise


def _opened_to_read(path: str, busy_timeout: float) -> Connection:
    if path == MEMORY:
        raise UsageError("a database in memory holds nothing that could be read")
    try:
        found = os.stat(path)
    except OSError:
        found = None
    refuse_headless(path)
    if found is None:
        raise DatabaseMissing(f"there is no database at {path}")
    _check_file(path, found)
    if found.st_size == 0:
        raise DatabaseMissing(f"there is no database at {path}, the file is empty")
    connection = Connection(path, path, busy_timeout=busy_timeout, read_only=True)
    try:
        _refuse_other_schema(connection)
    except BaseException:
        connection.abandon()
        raise
    return connection


def _refuse_other_schema(connection: Connection) -> None:
    if connection.header() != (APPLICATION_ID, SCHEMA):
        from synapse.stores.sqlite._migrations import check_origin

        check_origin(connection, SCHEMA)
        raise MigrationError(
            f"{connection.location} was not yet brought up to date, and is only to be read",
            Advice("Do that:  ", "db init"),
        )


def _opened(
    path: str, busy_timeout: float, on_upgrade: Callable[[Upgrading], object] | None
) -> Connection:
    connection = Connection(path, path, busy_timeout=busy_timeout)
    try:
        _bring_up_to_date(connection, on_upgrade)
        if connection.file_identity is not None:
            connection.file_identity.remember(SCHEMA)
    except BaseException:
        connection.abandon()
        raise
    return connection


def _bring_up_to_date(
    connection: Connection, on_upgrade: Callable[[Upgrading], object] | None
) -> None:
    if connection.header() != (APPLICATION_ID, SCHEMA):
        from synapse.stores.sqlite._migrations import migrate

        migrate(connection, SCHEMA, on_upgrade)
        return
    _mend_if_changed(connection)
    if connection.location != MEMORY and connection.read("PRAGMA journal_mode") != _WAL:
        # restored from a backup, or set up by a process that died on the way
        from synapse.stores.sqlite._migrations import use_wal

        use_wal(connection)


def _mend_if_changed(connection: Connection) -> None:
    """Another program that uses the file may have migrated it in its own way: later versions of
    the Rust one drop `sessions.system_prompt`, which is put back for those that still name it.
    What else is missing is put back and derived anew.
    """
    try:
        connection.read(_PROBE)
    except DatabaseError as error:
        if not isinstance(error.__cause__, apsw.SQLError):
            raise
        from synapse.stores.sqlite.care.checks import repair

        connection.transaction(repair)
    if not connection.has_column("sessions", "system_prompt"):
        from synapse.stores.sqlite._rust_program import put_prompt_column_back

        connection.transaction(put_prompt_column_back)


def _prepare(path: str) -> None:
    """See to a private file in a private folder before SQLite, whose files would follow umask.

    Raises DatabaseDamaged where SQLite would destroy what is there.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        refuse_headless(path)
        _set_up(path)
    except OSError as error:
        raise _unusable(path, error) from error
    else:
        _check_file(path, found)


def _set_up(path: str) -> None:
    try:
        _create(path)
    except FileExistsError:
        _check_another_s(path)
    except FileNotFoundError:
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            _create(path)
        except FileExistsError:
            _check_another_s(path)
        except OSError as error:
            raise _unusable(path, error) from error
    except OSError as error:
        raise _unusable(path, error) from error


def _create(path: str) -> None:
    # closing this descriptor drops no locks of ours: nobody can have a file open that is new
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    for suffix in ("-shm", "-wal"):
        # of a file that was moved away while a process had it open, which still uses them
        leftover = os.path.realpath(path) + suffix
        if os.path.exists(leftover):
            os.unlink(leftover)


def _check_another_s(path: str) -> None:
    try:
        _check_file(path, os.stat(path))
    except OSError as error:  # a link that leads nowhere
        raise DatabaseError(f"the database {path} is no regular file") from error


def _check_file(path: str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise DatabaseError(
            f"the database {path} is a folder",
            Advice("Name a file:  ", ASK, database="FILE", after=" …"),
        )
    if not stat.S_ISREG(found.st_mode):
        raise DatabaseError(f"the database {path} is no regular file")
    if not os.access(path, os.R_OK):
        raise DatabaseReadOnly(f"the database {path} can't be read: no permission")
    if found.st_size == 0:
        refuse_headless(path)
        from synapse.stores.sqlite.care.backup import backups

        if found_backups := backups(path):
            raise damaged(path, f"the file is empty, but {found_backups[-1]} is a backup of it")


def _unusable(path: str, error: OSError) -> DatabaseError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DatabaseFull(f"no room left on the disk for {path}")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DatabaseReadOnly(f"the database {path} can't be created: {error.strerror}")
    return DatabaseError(f"the database {path} can't be opened: {error.strerror}")
