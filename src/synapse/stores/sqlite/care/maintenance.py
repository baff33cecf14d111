"""Care for an SQLite database, healthy or not."""

from __future__ import annotations

import os

import apsw

from synapse import timestamps
from synapse.advice import Advice
from synapse.errors import DatabaseError, MigrationError, StorageError, UsageError
from synapse.light.dates import timedelta
from synapse.ports import Finding, Salvage, StoreInfo
from synapse.stores import _owner
from synapse.stores.sqlite import _erasure, _rust_program, _session_completion
from synapse.stores.sqlite._driver_errors import Translated
from synapse.stores.sqlite._files import (
    MEMORY,
    is_headless,
    only_a_part,
    open_raw,
    path_of,
    refuse_headless,
    size,
    wal_of,
)
from synapse.stores.sqlite._handles import handle_of
from synapse.stores.sqlite._open import open_connection
from synapse.stores.sqlite._schema import SCHEMA
from synapse.stores.sqlite.care import backup as _backup
from synapse.stores.sqlite.care import checks as _checks
from synapse.stores.sqlite.care import diagnosis as _diagnosis
from synapse.stores.sqlite.care.rebuild import readable, rebuild
from synapse.stores.sqlite.care.salvage import salvage
from synapse.stores.sqlite.search.catching_up import catch_up, tidy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.stores.sqlite.connection import Connection

_BUSY_TIMEOUT = 5.0
_CLOCK_TOLERANCE = timedelta(days=1)


class SqliteMaintenance:
    """Inspection and FileCare of an `sqlite:` URL's file. Raises UsageError for `:memory:`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._path = path_of(url)
        if self._path == MEMORY:
            raise UsageError(
                "a database in memory is gone with the command: it needs no maintenance",
                "Name a file:  --db FILE, DATABASE_URL or session.database_url",
            )

    @property
    def location(self) -> str:
        """The path of the database file."""
        return self._path

    def info(self) -> StoreInfo:
        """See Inspection."""
        with _Opened(self._url) as connection:
            [(live, trashed, messages)] = connection.read("""
                SELECT (SELECT count(*) FROM sessions WHERE deleted_at IS NULL),
                       (SELECT count(*) FROM sessions WHERE deleted_at IS NOT NULL),
                       (SELECT count(*) FROM messages)""")
            [(kept, kept_messages)] = connection.read(_rust_program.KEPT)
            programs = tuple(_rust_program.programs(connection.raw))
            [(free_pages,)] = connection.read("PRAGMA freelist_count")
            [(page_size,)] = connection.read("PRAGMA page_size")
            [(schema,)] = connection.read("PRAGMA user_version")
        files = tuple((file, size(file)) for file in (self._path, wal_of(self._path)))
        return StoreInfo(
            location=self._path,
            engine=f"SQLite {apsw.sqlite_lib_version()}",
            schema=schema,
            sessions=live,
            trashed=trashed + kept,
            messages=messages + kept_messages,
            kept=kept,
            programs=programs,
            files=files,
            size=sum(held for _, held in files),
            free=free_pages * page_size,
            backups=tuple(_backup.backups(self._path)),
        )

    def check(self) -> list[Finding]:
        """See Inspection."""
        with _Opened(self._url) as connection, connection.translated:
            _erasure.finish(connection)
            # one moment: between two queries, another process may finish a turn
            connection.raw.execute("BEGIN")
            try:
                return [*_checks.problems(connection.raw), *_owed(connection)]
            finally:
                connection.raw.execute("ROLLBACK")

    def repair(self) -> list[Finding]:
        """See Inspection."""
        with _Opened(self._url) as connection:
            found = connection.transaction(self._mend)
            if found:
                _index_anew(connection)
            return found

    def _mend(self, raw: apsw.Connection) -> list[Finding]:
        found = list(_checks.problems(raw))
        if any(not finding.repairable for finding in found):
            raise DatabaseError(
                f"{self._path} is damaged beyond repair in place",
                Advice("Restore a backup:  ", "db restore", "FILE"),
                Advice("Or save what can be read:  ", "db recover", into="NEW"),
            )
        if found:
            _checks.repair(raw)
        return found

    def other_programs(self) -> list[str]:
        """See Inspection."""
        return (
            [_rust_program.NAME]
            if _session_completion.has_table(self._path, _rust_program.BOOK)
            else []
        )

    def diagnose(self) -> list[Finding]:
        """See Inspection."""
        findings = list(_diagnosis.surroundings(self._path))
        if os.path.exists(self._path) or is_headless(self._path):
            try:
                findings.extend(self._inside())
            except StorageError as error:
                findings.append(Finding(subject="content", text=error.message, hints=error.hints))
        return findings

    def _inside(self) -> list[Finding]:
        with _Opened(self._url) as connection:
            return [
                _schema(connection),
                *_abandoned(connection),
                _clock(connection),
                *_rust_program.findings(connection.raw),
            ]

    def back_up(
        self,
        target: str,
        *,
        replace: bool = False,
        progress: Callable[[int, int], object] = lambda done, total: None,
    ) -> None:
        """See FileCare."""
        refuse_headless(self._path)
        if not os.path.exists(self._path):
            raise DatabaseError(f"there is no database at {self._path}")
        _backup.copy(self._path, os.path.abspath(target), replace=replace, progress=progress)

    def restore(self, source: str) -> str | None:
        """See FileCare."""
        source = os.path.abspath(source)
        _check_backup(source)
        kept = _backup.replace_by(source, self._path)
        # whoever has the database open goes on with the schema that it knows
        with _Opened(self._url):
            return kept

    def vacuum(self) -> tuple[int, int]:
        """See FileCare."""
        before = self._size()
        with _Opened(self._url) as connection:
            connection.transaction(_rust_program.drop_doubled_indexes)
            _index_anew(connection)
            connection.read("VACUUM")
            connection.truncate_wal()
        return before, self._size()

    def _size(self) -> int:
        return sum(size(file) for file in (self._path, wal_of(self._path)))

    def salvage(self, target: str) -> Salvage:
        """See FileCare."""
        target = os.path.abspath(target)
        if os.path.exists(target):
            raise DatabaseError(f"{target} exists already", "Name a new file")
        with Translated(self._path, _BUSY_TIMEOUT), readable(self._path) as source:
            return salvage(source, target)

    def loose_parts(self) -> list[str]:
        """See Inspection."""
        wal = wal_of(self._path)
        return [wal] if size(wal) else []

    def rebuild(self) -> bool:
        """See FileCare."""
        with Translated(self._path, _BUSY_TIMEOUT):
            return rebuild(self._path)


class _Opened:
    """A connection for the length of a block."""

    def __init__(self, url: str) -> None:
        self._connection = open_connection(url, busy_timeout=_BUSY_TIMEOUT)

    def __enter__(self) -> Connection:
        return self._connection

    def __exit__(self, *error: object) -> None:
        self._connection.close()


def _index_anew(connection: Connection) -> None:
    """Index everything that waits for it, and put the index in order."""
    catch_up(connection, everything=True, progress=None, seconds=None)
    tidy(connection)


def _owed(connection: Connection) -> Iterator[Finding]:
    for _, moment in _erasure.pending_purges(connection):
        yield Finding(
            subject="erasure",
            text=f"text of sessions that were purged at {moment} can still be read in "
            f"{wal_of(connection.location)}: another process is reading",
            hints=(
                Advice(
                    "End that process (a backup, a check, another program), then:  ", "db check"
                ),
            ),
        )


def _schema(connection: Connection) -> Finding:
    [(schema,)] = connection.read("PRAGMA user_version")
    [(mode,)] = connection.read("PRAGMA journal_mode")
    return Finding(
        subject="schema", text=f"{schema} of {SCHEMA}, journal {mode}", ok=schema == SCHEMA
    )


def _abandoned(connection: Connection) -> Iterator[Finding]:
    rows = connection.read("""
        SELECT id, session_id, owner, leased_until - unixepoch('now', 'subsec')
        FROM messages WHERE status = 'streaming'""")
    for id, session_id, owner, lease in rows:
        if not _owner.is_alive(owner, id, lease):
            handle = handle_of(connection.read, session_id)
            yield Finding(
                subject="answers",
                text=f"the last answer in {handle} was cut off by a crash",
                ok=True,
                hints=(Advice("", "sessions show", handle),),
            )


def _clock(connection: Connection) -> Finding:
    [(newest,)] = connection.read("SELECT max(updated_at) FROM sessions")
    if newest and timestamps.readable(newest) > timestamps.now() + _CLOCK_TOLERANCE:
        return Finding(
            subject="clock",
            text=f"a session was last used in the future ({newest}): the clock has run backwards",
            hints=("Set the clock. Nothing is lost: order does not depend on it",),
        )
    return Finding(subject="clock", text="runs forwards", ok=True)


def _check_backup(source: str) -> None:
    """Raise DatabaseError unless `source` is a sound database of ours, or SY-9's."""
    if not os.path.isfile(source):
        raise DatabaseError(f"there is no backup {source}")
    with Translated(source, _BUSY_TIMEOUT):
        backup = open_raw(source)
        try:
            complaints = _checks.integrity(backup)
            tables = {row[0] for row in backup.execute("SELECT name FROM sqlite_schema")}
            schema, mode = backup.pragma("user_version"), backup.pragma("journal_mode")
        finally:
            backup.close()
    if complaints != ["ok"] and not all(map(_checks.is_of_search, complaints)):
        raise DatabaseError(f"the backup {source} is damaged itself ({complaints[0]})")
    if not tables and mode == "wal":
        raise only_a_part(source, "it has no table, what it held is in its -wal file")
    if not {"sessions", "messages"} <= tables:
        raise DatabaseError(f"{source} is no backup of a Synapse database")
    if schema > SCHEMA:
        raise MigrationError(
            f"the backup {source} was made by a newer Synapse "
            f"(its schema is {schema}, this one knows {SCHEMA})"
        )
