"""Brings a database file to the newest schema: fresh, SY-9's, or an older Synapse's.

Only imported when there is something to do. The schema's number is the file's `user_version`;
the migrations and their numbers are one transaction, begun under SQLite's write lock, with the
number read again inside it, so that two processes may do this at once.
"""

from __future__ import annotations

import os
import time

import apsw

from synapse.errors import DatabaseError, DatabaseLocked, MigrationError
from synapse.ports import Upgrading
from synapse.stores.sqlite import _folding, _rust_program
from synapse.stores.sqlite._driver_errors import damaged
from synapse.stores.sqlite._files import MEMORY, only_a_part
from synapse.stores.sqlite._schema import APPLICATION_ID
from synapse.stores.sqlite.care.backup import back_up_before, backups

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.stores.sqlite.connection import Connection

_FOLDER = os.path.join(os.path.dirname(__file__), "migrations")
_STEPS_BETWEEN = 1_000_000
"""Steps of SQLite's machine (some 50 ms) between two looks at the progress."""
_LONGEST_SWITCH = 1.0
"""Seconds of waiting for the switch to a WAL."""
_SY9_COLUMNS = {
    "sessions": {"id", "provider", "model", "created_at", "updated_at"},
    "messages": {"id", "session_id", "role", "content", "timestamp"},
}
_SINCE_DROPPED = ("name TEXT", "system_prompt TEXT")
"""Columns of SY-9's sessions that later versions of the Rust program dropped."""
_PROMPTS_KEPT = 6
"""The first schema whose system prompts survive the Rust program's migrations."""


def migrations() -> list[tuple[int, str]]:
    """Number and file of each migration, in order."""
    return [
        (int(name[:4]), os.path.join(_FOLDER, name))
        for name in sorted(os.listdir(_FOLDER))
        if name.endswith(".sql")
    ]


def migrate(
    connection: Connection,
    newest: int,
    on_upgrade: Callable[[Upgrading], object] | None = None,
) -> None:
    """Apply what is missing, all of it or nothing, after a backup of what was there; of that,
    `on_upgrade` hears, where something was there.

    Raises DatabaseDamaged if the file is another program's, MigrationError if it was made by a
    newer Synapse or a step fails; the file is then what it was, and the program that used it
    before can go on using it.
    """
    check_origin(connection, newest)
    told = _Told(on_upgrade)
    applied = connection.transaction(lambda raw: _apply_missing(raw, connection.location, told))
    if connection.location != MEMORY:
        # not before: a main file in WAL mode without tables is a part of a database, and nothing
        # else
        use_wal(connection)
    if applied:
        # what SQLite could not fold; who searches meanwhile folds it for himself
        _folding.catch_up(connection)
    if connection.location != MEMORY:
        # what was migrated in a WAL goes into the main file, or each start would read it
        connection.truncate_wal()
        _restrict_modes(connection.location)


def _apply_missing(raw: apsw.Connection, location: str, told: _Told) -> int:
    """In a write transaction: every migration that the file lacks; how many. Where it is run again,
    another backup is made: somebody may have written since the first.
    """
    version = raw.pragma("user_version")
    missing = [(number, path) for number, path in migrations() if number > version]
    lost: list[tuple[str, str, str]] = []
    if missing and _holds_data(raw) and location != MEMORY:
        if version < _PROMPTS_KEPT and _rust_program.has_dropped_the_prompts(raw):
            # before the next backup takes the place of an old one
            lost = _rust_program.prompts_in(reversed(backups(location)))
        told.backup = back_up_before(location, version, told.copied)
    try:
        for done, (number, path) in enumerate(missing):
            told.applying(raw, done, len(missing))
            with open(path, encoding="utf-8") as file:
                _apply(raw, number, file.read(), location)
        _rust_program.put_prompt_column_back(raw)
        _rust_program.bring_prompts_back(raw, lost)
        _rust_program.drop_doubled_indexes(raw)
    finally:
        raw.set_progress_handler(None)
    return len(missing)


class _Told:
    """Passes on how far an upgrade is, of a database that had to be backed up before it."""

    def __init__(self, on_upgrade: Callable[[Upgrading], object] | None) -> None:
        self._on_upgrade = on_upgrade
        self.backup = ""

    def copied(self, backup: str, done: int, total: int) -> None:
        if self._on_upgrade is not None:
            self._on_upgrade(
                Upgrading(backup=backup, step="Backing up", done=done, total=total, unit="bytes")
            )

    def applying(self, raw: apsw.Connection, done: int, total: int) -> None:
        """From now on, while SQLite works at the step after `done` steps."""
        on_upgrade = self._on_upgrade
        if on_upgrade is None or not self.backup:
            return
        now = Upgrading(backup=self.backup, step="Upgrading", done=done, total=total, unit="steps")
        on_upgrade(now)

        def go_on() -> bool:
            on_upgrade(now)
            return False

        raw.set_progress_handler(go_on, _STEPS_BETWEEN)


def _holds_data(raw: apsw.Connection) -> bool:
    return bool(raw.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall())


def check_origin(connection: Connection, newest: int) -> None:
    """Raise DatabaseDamaged if the file is another program's, MigrationError if it was made by a
    newer Synapse.
    """
    application, version = connection.header()
    if application == APPLICATION_ID:
        if version > newest:
            from synapse.installing import upgrade_hint  # only after a fault

            raise MigrationError(
                f"{connection.location} was made by a newer Synapse "
                f"(its schema is {version}, this one knows {newest})",
                upgrade_hint(),
                "It has been left as it is.",
            )
        return
    if application or version:
        raise damaged(connection.location, "the file belongs to another program")
    # the mode first: whoever sets the file up at this moment makes the tables before it
    [(mode,)] = connection.read("PRAGMA journal_mode")
    tables = _tables(connection)
    if not tables and mode == "wal":
        raise only_a_part(connection.location, "it has no table, what it held is in its -wal file")
    if tables and not _is_sy9(connection):
        listed = ", ".join(sorted(tables)[:5])
        raise damaged(connection.location, f"another program's tables: {listed}")


def _tables(connection: Connection) -> list[str]:
    return [
        name
        for (name,) in connection.read("""
        SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'""")
    ]


def _is_sy9(connection: Connection) -> bool:
    return all(
        columns <= {row[1] for row in connection.read(f"PRAGMA table_info({table})")}
        for table, columns in _SY9_COLUMNS.items()
    )


def use_wal(connection: Connection) -> None:
    """Switch the file to a WAL, if that can be done soon: it needs a moment in which nobody else
    reads. Without, everything works, but readers and writers wait for each other; the next
    opening tries again.
    """
    # the busy time-out does not hold for this switch; the more are waiting, the longer the pauses
    pause = 0.002
    deadline = time.monotonic() + min(connection.busy_timeout, _LONGEST_SWITCH)
    while True:
        try:
            connection.read("PRAGMA journal_mode = WAL")
            return
        except DatabaseLocked:
            if time.monotonic() >= deadline:
                return
        except DatabaseError:  # a folder that can't be written
            return
        time.sleep(pause * (0.5 + os.urandom(1)[0] / 256))
        pause = min(pause * 2, 0.1)


def _apply(raw: apsw.Connection, number: int, sql: str, location: str) -> None:
    try:
        if number == 1:
            _adopt(raw)
            raw.pragma("application_id", APPLICATION_ID)
        raw.execute(sql)
        raw.pragma("user_version", number)
    except (apsw.FullError, apsw.IOError, apsw.BusyError, apsw.ReadOnlyError):
        raise
    except apsw.Error as error:
        raise MigrationError(
            f"{location} could not be brought to schema {number}: {error}",
            "It has been left as it was.",
        ) from error


def _adopt(raw: apsw.Connection) -> None:
    """Give SY-9's sessions back the columns that a later version of its program dropped."""
    present = {row[1] for row in raw.execute("PRAGMA table_info(sessions)")}
    for column in _SINCE_DROPPED:
        if present and column.split()[0] not in present:
            raw.execute(f"ALTER TABLE sessions ADD COLUMN {column}")


def _restrict_modes(location: str) -> None:
    """What other programs created is often readable by everybody."""
    for path in (location, f"{location}-wal", f"{location}-shm"):
        try:
            os.chmod(path, 0o600)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise DatabaseError(f"the mode of {path} can't be set: {error.strerror}") from error
