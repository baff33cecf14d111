"""One connection to MySQL or MariaDB as Synapse uses it: settings, transactions, lost connections.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os
import sys
import time
from _thread import RLock, start_new_thread

from synapse.errors import DatabaseError, DatabaseReadOnly, StorageError, StoreUnreachable
from synapse.stores._text import storable
from synapse.stores.mysql._driver import MySQLError
from synapse.stores.mysql._driver_errors import translate, unreachable
from synapse.stores.mysql._link import Link
from synapse.stores.mysql._schema import OLDEST_MARIADB, OLDEST_MYSQL
from synapse.stores.mysql._target import target
from synapse.stores.mysql.dialect import MysqlDialect
from synapse.stores.servers.faults import ConnectionLost
from synapse.stores.servers.retries import committed, until_done

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from synapse.stores.servers.dialect import Dialect, Rows, Values
    from synapse.stores.servers.dialect import Raw as AnyRaw

    _T = TypeVar("_T")

_GRACE_SECONDS = 2.0
"""Beyond the server's own limit for a statement, after which it is taken for frozen."""
_PIECE = 1 << 19
"""Characters of statements that are sent at once: servers take 16 MB, and hold one in memory."""
_LONGEST_GROUP = (1 << 32) - 1
"""Bytes of an answer that is put together from its pieces."""
_MODES = "STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
_MODES += "NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT"
"""Whatever the server is set to: nothing is cut off silently, and `||` is what it is elsewhere."""


class Connection:
    """See `stores.servers.dialect.Connection`."""

    def __init__(self, url: str, *, busy_timeout: float, read_only: bool = False) -> None:
        self.target = target(url)
        self.location = self.target.location
        self.busy_timeout = busy_timeout
        self.transactions = 0
        self.dialect: Dialect = MysqlDialect()
        self._read_only = read_only
        self._lock = RLock()
        self._pid = os.getpid()
        self._link: Link | None = None
        self._lock_wait = 0
        self._closed = False
        self.connect()

    def connect(self) -> None:
        """Connect if there is no connection. Raises StoreUnreachable and other StorageErrors."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._link = None  # the parent's goes on: here, only a descriptor is closed
        if self._link is not None:
            return
        if self._closed:
            raise DatabaseError(f"the store {self.location} is closed")
        failed: StorageError | None = None
        for parameters, tls in zip(self.target.servers, self.target.tls, strict=True):
            try:
                self._link = self._connected(parameters, tls)
            except StoreUnreachable as error:
                failed = failed or error
            else:
                return
        assert failed is not None
        raise failed

    def _connected(self, parameters: dict[str, Any], tls: str) -> Link:
        try:
            link = self._linked(parameters, tls)
        except (MySQLError, OSError, RuntimeError) as error:  # RuntimeError: it lacks a package
            raise unreachable(error, self.target) from error
        try:
            self._refuse_old(link.server)
            self._lock_wait = _whole_seconds(self.busy_timeout)
            link.run(self._settings(_is_mariadb(link.server)))
        except MySQLError as error:
            raise unreachable(error, self.target) from error
        finally:
            if sys.exc_info()[0] is not None:
                link.close()
        return link

    def _linked(self, parameters: dict[str, Any], tls: str) -> Link:
        return Link(
            parameters,
            tls=tls,
            connect_seconds=self.target.connect_timeout,
            seconds=self.target.statement_timeout + _GRACE_SECONDS,
        )

    def _refuse_old(self, server: str) -> None:
        name, version, oldest = _version(server)
        if version < oldest:
            raise DatabaseError(
                f"{self.location} is {name} {_dotted(version)}; Synapse needs MySQL "
                f"{_dotted(OLDEST_MYSQL)} or MariaDB {_dotted(OLDEST_MARIADB)}, or later"
            )

    def _settings(self, is_mariadb: bool) -> str:
        """What is said once a connection: whatever the server is set to, this is what holds."""
        seconds = self.target.statement_timeout
        limit = (
            f"max_statement_time = {seconds:g}"
            if is_mariadb
            else f"max_execution_time = {max(1, round(seconds * 1000))}"
        )
        read_only = "SET SESSION TRANSACTION READ ONLY;" if self._read_only else ""
        return (
            f"SET SESSION time_zone = '+00:00', sql_mode = '{_MODES}',"
            f" group_concat_max_len = {_LONGEST_GROUP}, autocommit = 1,"
            f" innodb_lock_wait_timeout = {self._lock_wait}, {limit};"
            f"SET NAMES utf8mb4 COLLATE utf8mb4_bin;{read_only}"
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
        )

    def close(self) -> None:
        """See `stores.servers.dialect.Connection`."""
        with self._lock:
            self._closed = True
            self._drop()

    def _drop(self, *, is_waiting: bool = False) -> None:
        dropped, self._link = self._link, None
        if dropped is None or self._pid != os.getpid():
            return
        if dropped.is_open and not is_waiting:
            dropped.close()
        else:
            dropped.abandon()
            self._end_statement(dropped.number)

    def _end_statement(self, number: int) -> None:
        """Have the server end what nobody waits for any longer; nobody waits for that either."""

        def end() -> None:
            for parameters, tls in zip(self.target.servers, self.target.tls, strict=True):
                try:
                    link = self._linked(parameters, tls)
                    link.run(f"KILL {number}")
                except (MySQLError, OSError, RuntimeError):
                    continue  # it ends by its own limit
                link.close()
                return

        start_new_thread(end, ())

    def read(self, sql: str, values: Values | None = None) -> Rows:
        """See `stores.servers.dialect.Connection`."""
        with self._lock:
            return until_done(lambda _: self._read(sql, values), patience=self.busy_timeout)

    def _read(self, sql: str, values: Values | None) -> Rows:
        self.connect()
        return self.run(sql, values)

    def run(self, sql: str, values: Values | None = None) -> Rows:
        """The rows of a statement on the connection as it is. Raises StorageError."""
        return self.sent(self.filled(sql, values))[0]

    def transaction(
        self,
        work: Callable[[AnyRaw], _T],
        *,
        durable: bool = True,
        patience: float | None = None,
        alone: bool = False,
    ) -> _T:
        """See `stores.servers.dialect.Connection`. How durable a commit is, is set for the whole
        server. Of a lock, at least a second is waited for. `alone` changes nothing: to append a
        message takes two statements here.
        """
        wait = self.busy_timeout if patience is None else patience
        self.transactions += 1
        if self._read_only:
            raise DatabaseReadOnly(f"{self.location} was opened to be read only")

        def attempt(repeated: bool) -> _T:
            return committed(Raw(self, _whole_seconds(wait), repeated), self.connect, work)

        with self._lock:
            return until_done(attempt, patience=wait)

    @property
    def number(self) -> int:
        """By which whoever let us in knows the connection."""
        assert self._link is not None
        return self._link.number

    def beginning(self, lock_wait: int) -> str:
        """What is sent before the first statement of a transaction, with it."""
        if lock_wait == self._lock_wait:
            return "BEGIN;"
        self._lock_wait = lock_wait
        return f"SET SESSION innodb_lock_wait_timeout = {lock_wait};BEGIN;"

    def sent(self, sql: str) -> tuple[Rows, int, int]:
        """Rows, how many were changed, and the number that an insertion has made."""
        assert self._link is not None
        began = time.monotonic()
        try:
            return self._link.run(sql)
        except MySQLError as error:
            translated = translate(error, self.target, time.monotonic() - began)
            if isinstance(translated, ConnectionLost) or not self._link.is_open:
                self._drop()
            raise translated from error
        except BaseException:  # a signal's handler may raise anything
            self._drop(is_waiting=True)
            raise

    def filled(self, sql: str, values: Values | None) -> str:
        """The statement with its values put in."""
        if values is None:
            return sql
        return sql % {name: self._literal(value) for name, value in values.items()}

    def _literal(self, value: Any) -> str:
        """A value as a statement says it."""
        if isinstance(value, str):
            assert self._link is not None
            return self._link.quoted(storable(value))
        if value is None:
            return "NULL"
        if isinstance(value, int | float):
            return repr(int(value) if isinstance(value, bool) else value)
        if isinstance(value, bytes):
            return f"x'{value.hex()}'"
        if isinstance(value, tuple | list):
            return f"({','.join(map(self._literal, value))})"
        moment = value.astimezone(_utc()).replace(tzinfo=None)
        return f"'{moment.isoformat(' ', 'microseconds')}'"


class Raw:
    """See `stores.servers.dialect.Raw`."""

    __slots__ = (
        "_begun",
        "_committing",
        "_connection",
        "_level",
        "_lock_wait",
        "changed",
        "made",
        "repeated",
    )

    def __init__(self, connection: Connection, lock_wait: int, repeated: bool) -> None:
        self._connection = connection
        self._lock_wait = lock_wait
        self._level = ""
        self._begun = False
        self._committing = False
        self.changed = 0
        self.made = 0
        """The number that the last statement has given with LAST_INSERT_ID."""
        self.repeated = repeated

    @property
    def dialect(self) -> Dialect:
        """The connection's."""
        return self._connection.dialect

    @property
    def is_uncertain(self) -> bool:
        """Whether what was sent last may have been committed, though no reply came."""
        return self._committing

    def execute(self, sql: str, values: Mapping[str, Any] | None = None) -> Rows:
        """See `stores.servers.dialect.Raw`."""
        return self._send(self._connection.filled(sql, values))

    def _send(self, sql: str) -> Rows:
        beginning = ""
        if not self._begun:
            beginning = self._level + self._connection.beginning(self._lock_wait)
            self._begun = True
        rows, self.changed, self.made = self._connection.sent(beginning + sql)
        return rows

    def execute_all(self, sql: str, values: Sequence[Mapping[str, Any]]) -> None:
        """See `stores.servers.dialect.Raw`."""
        piece: list[str] = []
        length = 0
        for each in values:
            statement = self._connection.filled(sql, each)
            if piece and length + len(statement) > _PIECE:
                self._send(";".join(piece))
                piece, length = [], 0
            piece.append(statement)
            length += len(statement)
        if piece:
            self._send(";".join(piece))

    def see_one_moment(self) -> None:
        """Have every statement see what the first one sees; to be called before it."""
        self._level = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;"

    def commit(self) -> None:
        """Commit, if anything was sent."""
        if self._begun:
            self._committing = True
            self._connection.sent("COMMIT")

    def roll_back(self) -> None:
        """Take back what was begun, unless the connection is gone."""
        connection = self._connection
        if not self._begun or connection._link is None:
            return
        try:
            connection.sent("ROLLBACK")
        except StorageError:
            connection._drop()


def _whole_seconds(seconds: float) -> int:
    return max(1, min(round(seconds), 1 << 20))


def _utc() -> Any:
    from synapse.light.dates import UTC  # loaded with the first time

    return UTC


def _is_mariadb(said: str) -> bool:
    return "MariaDB" in said


def _version(said: str) -> tuple[str, tuple[int, int], tuple[int, int]]:
    """Name and version of a server, and the oldest of its kind that will do. MariaDB puts `5.5.5-`
    before its own, for clients that know nothing newer.
    """
    first, _, rest = said.removeprefix("5.5.5-").partition(".")
    second = rest.partition(".")[0]
    version = (int(first) if first.isdigit() else 0, int(second) if second.isdigit() else 0)
    if _is_mariadb(said):
        return "MariaDB", version, OLDEST_MARIADB
    return "MySQL", version, OLDEST_MYSQL


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
