"""One SQLite connection as Synapse uses it: settings, transactions, waiting, locking.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os
import time
from _thread import RLock

import apsw

from synapse.errors import DatabaseError, DatabaseLocked, DatabaseReplaced
from synapse.light.modules import import_module, without_collections
from synapse.stores.sqlite._driver_errors import Translated, translate
from synapse.stores.sqlite._file_identity import FileIdentity
from synapse.stores.sqlite._raw_rows import RawConnection, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, TypeVar

    _T = TypeVar("_T")

_WAL_BYTES = 4 << 20
_TRIES = 50
"""Attempts, some 80 ms, after which one who waits begins to look less and less often: where dozens
wait, looking takes the processor from the one for whom they wait."""
_RAREST = 8
"""How much longer the pauses become at the most."""

_SETTINGS = f"""
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = FAST;
PRAGMA journal_size_limit = {_WAL_BYTES};
"""


def wal_is_safe(version: str) -> bool:
    """Whether this SQLite is free of the WAL-reset bug (sqlite.org/wal.html#walresetbug).

    Affected are 3.7.0 to 3.51.2, but for the patched 3.44.6 and 3.50.7: two connections that
    checkpoint and write at once can corrupt the database.
    """
    number = tuple(int(part) for part in version.split("."))
    return number >= (3, 51, 3) or number in ((3, 44, 6), (3, 50, 7))


class Connection:
    """A connection whose every use goes through `read` or `transaction`.

    A lock lets several threads share it; each holds it until it is through.
    """

    def __init__(
        self, path: str, location: str, *, busy_timeout: float, read_only: bool = False
    ) -> None:
        if not wal_is_safe(apsw.sqlite_lib_version()):
            from synapse.installing import install_hint  # only after a fault

            raise DatabaseError(
                f"SQLite {apsw.sqlite_lib_version()} can corrupt a database that several "
                "processes write (the WAL-reset bug)",
                install_hint("apsw>=3.51.3"),
            )
        self.location = location
        self.busy_timeout = busy_timeout
        self._lock = RLock()
        self.patience = busy_timeout
        self._wait_until = 0.0
        self._is_leaving = False
        self.translated = Translated(location, busy_timeout)
        with self.translated:
            self.raw = RawConnection(path, flags=apsw.SQLITE_OPEN_READWRITE)
            wal = self.raw.filename_wal
            self.file_identity = FileIdentity(path, wal) if wal else None
            self.raw.set_busy_handler(self._wait)
            self.raw.set_wal_hook(self._after_commit)
            self.raw.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            # plans that don't depend on values: otherwise statements are compiled anew at each use
            self.raw.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
            self.read(_SETTINGS)
            self._read_only = read_only
            if read_only:
                self.read("PRAGMA query_only = ON")

    def close(self) -> None:
        """Close, after moving what is in the WAL into the main file: so that this file alone is
        the whole database once the last process has left. It keeps nobody else waiting. One that
        was only to be read is left as it is.
        """
        if self._read_only:
            self.abandon()
            return
        self._is_leaving = True  # a thread that waits for other writers gives up
        with self._lock:
            self.keep_what_is_lost()
            self._merge()
            try:
                self.raw.close()
            except apsw.Error:
                pass  # of the merge: everything is in the WAL, and the next one to leave tries

    def keep_what_is_lost(self) -> str | None:
        """If another file has taken the place of the main file: copy what this connection still
        has open to a file beside it, and empty the WAL, which is not the other's; the copy's path.
        """
        if (
            self.file_identity is None
            or not self._wal_is_used()
            or not self.file_identity.is_lost()
        ):
            return None
        from synapse.stores.sqlite.care.backup import copy_to_free_name

        try:
            kept = copy_to_free_name(self.raw, f"{self.location}.replaced")
            self._empty_wal(patience=0.0)
        except (apsw.Error, DatabaseError):
            return None  # the WAL stays: it holds what was written last
        return kept

    def abandon(self) -> None:
        """Close and touch nothing."""
        with self._lock, self.translated:
            self.raw.close()

    def _merge(self) -> None:
        """Have the WAL moved into the main file and emptied when the connection is closed, if it
        is the last one: SQLite finds that out with a lock that waits for nobody.
        """
        if (
            self.file_identity is None
            or not self._wal_is_used()
            or not self.file_identity.may_be_merged()
        ):
            return
        from synapse.stores.sqlite import _erasure

        try:
            notes = _erasure.pending_purges(self)
            # SQLite leaves a file alone that was moved; of a large WAL most is to be done before
            # that lock, as others could not begin meanwhile
            beforehand = notes or self.file_identity.is_moved() or self._wal_size() > _WAL_BYTES
            clean = not notes or _erasure.is_out_of_index(self, patience=0.0)
            if beforehand and self._empty_wal(patience=0.0) and notes and clean:
                _erasure.delete_records(self, notes)
        except (apsw.Error, DatabaseError):
            pass  # the WAL stays and is as good; what can't be written now can be later
        self._let_close_merge()

    def _let_close_merge(self) -> None:
        array = without_collections(lambda: import_module("array")).array
        yes = array("i", [1])  # the WAL is emptied, not deleted: its folder may be read-only later
        with self.translated:
            self.raw.file_control("main", apsw.SQLITE_FCNTL_PERSIST_WAL, yes.buffer_info()[0])
            self.raw.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)

    def _wal_is_used(self) -> bool:
        return self._wal_size() > 0

    def _wal_size(self) -> int:
        try:
            return os.stat(self.raw.filename_wal).st_size
        except OSError:
            return 0

    def read(self, sql: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query, or of a pragma, outside a write transaction."""
        with self._lock, self.translated:
            return rows(self.raw, sql, values)

    def read_within(self, work: Callable[[apsw.Connection], _T]) -> _T:
        """What `work`, which only reads, returns."""
        with self._lock, self.translated:
            return work(self.raw)

    def header(self) -> tuple[int, int]:
        """The file's application id and schema number, of one moment: between two statements
        another process may set up the file.
        """
        [(application, schema)] = self.read(
            "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
        )
        return application, schema

    def has_column(self, table: str, column: str) -> bool:
        """Whether the table has the column. Cheaper than a statement: nothing is compiled."""
        with self._lock, self.translated:
            try:
                self.raw.column_metadata("main", table, column)
            except apsw.SQLError:
                return False
            return True

    def transaction(
        self,
        work: Callable[[apsw.Connection], _T],
        *,
        durable: bool = True,
        patience: float | None = None,
    ) -> _T:
        """What `work` returns, run as one transaction: committed at its end, rolled back on an
        exception. It is the one way to write.

        It begins IMMEDIATE, so that it never has to be given up half-way for another writer,
        and waits `patience` seconds (the busy timeout if None) for its turn. Where the engine takes
        back all the same what it has begun, it is run again from its beginning, as long as
        `patience` lasts; so it changes nothing but the database, or what may be changed twice.

        `durable` syncs the disk before this returns; without it a power cut can take the commit
        back, the death of the process can't. A durable one raises DatabaseReplaced or
        MigrationError if the files are no longer those at the path, or their schema no longer the
        one that is known.
        """
        patience = self.busy_timeout if patience is None else patience
        until = time.monotonic() + patience
        while True:
            begun = False
            try:
                with _Transaction(self, durable, patience) as raw:
                    begun = True
                    return work(raw)
            except DatabaseLocked:
                # not begun: it has waited for its turn already
                if not begun or time.monotonic() >= until:
                    raise

    def truncate_wal(self) -> bool:
        """Move the WAL into the main file and empty it; False if another process prevents it for
        as long as the busy timeout.
        """
        with self._lock:
            try:
                return self._empty_wal(patience=self.busy_timeout)
            except apsw.Error as error:
                raise translate(error, self.location) from error

    def _empty_wal(self, patience: float) -> bool:
        self.patience = patience
        try:
            # most of the work is done by the first, which keeps no writer waiting
            self.raw.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            self.raw.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.BusyError:
            return False
        finally:
            self.patience = self.busy_timeout
        return True

    def _wait(self, calls: int) -> bool:
        """SQLite's busy handler: pauses of 0.2 to 3 ms, at random, until the time is over; longer
        ones after many tries.

        SQLite's own backs off up to 100 ms a step, which starves whoever came first: with 32
        writing processes the longest wait for a commit was 731 ms with it and 48 ms with this.
        """
        now = time.monotonic()
        if calls == 0:
            self._wait_until = now + self.patience
        if now >= self._wait_until or self._is_leaving:
            return False
        time.sleep((0.0002 + os.urandom(1)[0] * 0.000011) * min(1 + calls // _TRIES, _RAREST))
        return True

    def _after_commit(self, connection: apsw.Connection, name: str, pages: int) -> int:
        if pages > 1000:
            try:
                connection.wal_checkpoint(name, apsw.SQLITE_CHECKPOINT_PASSIVE)
            except apsw.Error:
                pass  # the commit stands; the WAL is moved at a later one
        return apsw.SQLITE_OK


class _Transaction:
    """The block in which the work of a transaction is run, once."""

    __slots__ = ("_connection", "_durable", "_patience")

    def __init__(self, connection: Connection, durable: bool, patience: float) -> None:
        self._connection = connection
        self._durable = durable
        self._patience = patience

    def __enter__(self) -> apsw.Connection:
        connection = self._connection
        connection._lock.acquire()
        try:
            with connection.translated:
                if self._durable:
                    connection.raw.execute("PRAGMA synchronous = FULL")
                connection.patience = self._patience
                connection.raw.execute("BEGIN IMMEDIATE")
                self._check_before()
        except BaseException as error:
            self._roll_back()
            if isinstance(error, DatabaseReplaced) and (kept := connection.keep_what_is_lost()):
                error.hints = (*error.hints, f"What this program had open is kept in {kept}.")
            self._release()
            raise
        return connection.raw

    def _check_before(self) -> None:
        file_identity = self._connection.file_identity
        if self._durable and file_identity is not None:
            file_identity.check()
            file_identity.check_schema(self._connection.raw)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raw = self._connection.raw
        try:
            with self._connection.translated:
                if error is None:
                    try:
                        raw.execute("COMMIT")
                    except BaseException:
                        self._roll_back()
                        raise
                    if self._durable and self._connection.file_identity is not None:
                        self._connection.file_identity.check()
                else:
                    self._roll_back()
                    if isinstance(error, apsw.Error):
                        raise error
        finally:
            self._release()

    def _roll_back(self) -> None:
        # a full disk or an I/O error has rolled back already
        if self._connection.raw.in_transaction:
            self._connection.raw.execute("ROLLBACK")

    def _release(self) -> None:
        try:
            if self._durable:
                self._connection.raw.execute("PRAGMA synchronous = NORMAL")
        except apsw.Error:
            pass  # the setting only makes later commits slower
        finally:
            self._connection.patience = self._connection.busy_timeout
            self._connection._lock.release()
