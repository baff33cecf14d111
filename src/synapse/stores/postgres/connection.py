"""One connection to PostgreSQL as Synapse uses it: waiting, transactions, broken connections.

psycopg2 is used without blocking: what waits for the server is a loop of ours. So a signal is heard
while it waits, whatever the server does, no wait lasts for ever, and nothing of the driver is set
for the whole process.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os
import select
import time
from _thread import RLock, allocate_lock, start_new_thread

from synapse.errors import DatabaseError, StorageError, StoreUnreachable
from synapse.stores._text import storable
from synapse.stores.postgres._driver import driver
from synapse.stores.postgres._driver_errors import translate, unreachable
from synapse.stores.postgres._schema import OLDEST_SERVER
from synapse.stores.postgres._target import milliseconds, target
from synapse.stores.postgres.dialect import PostgresDialect
from synapse.stores.servers.faults import ConnectionLost, frozen
from synapse.stores.servers.retries import committed, until_done

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Self, TypeVar

    from synapse.stores.servers.dialect import Dialect, Rows, Values
    from synapse.stores.servers.dialect import Raw as AnyRaw

    _T = TypeVar("_T")

_HEARING_SECONDS = 0.05
"""For which is waited at a time: a signal may reach another thread, and does not wake this one."""
_GRACE_SECONDS = 2.0
"""Beyond the server's own limit for a statement, after which it is taken for frozen."""
_CANCEL_SECONDS = 2.0
"""Which a server may take to hear that nobody waits for it any more."""
_FAREWELL_SECONDS = 0.05
"""For which that is waited for, before the process may end."""
_TEXT_TYPES = (1082, 1114, 1184)
"""PostgreSQL's numbers for dates and times: they are read as texts."""
_as_text = driver.new_type(_TEXT_TYPES, "TIME_AS_TEXT", lambda value, cursor: value)
_as_bytes = driver.new_type(
    (17,), "BYTES", lambda value, cursor: None if value is None else bytes.fromhex(str(value)[2:])
)

_left_to_parent: list[driver.connection] = []
"""Connections of the process that this one was forked from: to close them would end its session."""


class Connection:
    """See `stores.servers.dialect.Connection`."""

    def __init__(self, url: str, *, busy_timeout: float, read_only: bool = False) -> None:
        self.target = target(url, busy_timeout)
        self.location = self.target.location
        self.busy_timeout = busy_timeout
        self.transactions = 0
        self.dialect: Dialect = PostgresDialect()
        self._read_only = read_only
        self._lock = RLock()
        self._pid = os.getpid()
        self._driver: driver.connection | None = None
        self._closed = False
        self.connect()

    def connect(self) -> None:
        """Connect if there is no connection. Raises StoreUnreachable and other StorageErrors."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            if self._driver is not None:
                _left_to_parent.append(self._driver)
                self._driver = None
        if self._driver is not None and not self._driver.closed:
            return
        if self._closed:
            raise DatabaseError(f"the store {self.location} is closed")
        self._driver = None
        self._driver = self._connected()

    def _connected(self) -> driver.connection:
        made = self._first_that_answers()
        if made.server_version < OLDEST_SERVER:
            version = made.server_version
            made.close()
            raise DatabaseError(
                f"{self.location} is PostgreSQL {version // 10000}; Synapse needs "
                f"{OLDEST_SERVER // 10000} or later"
            )
        driver.register_type(_as_text, made)
        driver.register_type(_as_bytes, made)
        return made

    def driver_connection(self) -> driver.connection:
        """The driver's, for what it alone can tell. Connects if there is none."""
        with self._lock:
            self.connect()
            assert self._driver is not None
            return self._driver

    def _first_that_answers(self) -> driver.connection:
        """Hosts are tried one after the other. libpq would wait for the first one's silence to end,
        and try no other: it has no clock where a connection is made without blocking.
        """
        connect: Callable[..., driver.connection] = driver._connect
        failed: list[StoreUnreachable] = []
        for parameters in self.target.hosts:
            try:
                made = connect(_dsn(parameters), None, True)
                _wait(made, self.target.connect_timeout)
                return made
            except driver.Error as error:
                translated = unreachable(error, self.target)
                if not isinstance(translated, StoreUnreachable):
                    raise translated from error
                failed.append(translated)
            except TimeoutError:
                failed.append(frozen(self.target.location, self.target.connect_timeout))
        *others, last = failed
        raise StoreUnreachable(last.message, *last.hints, *(f"  {each.message}" for each in others))

    def close(self) -> None:
        """See `stores.servers.dialect.Connection`."""
        with self._lock:
            self._closed = True
            self._drop()

    def _drop(self) -> None:
        dropped, self._driver = self._driver, None
        if dropped is not None and self._pid == os.getpid():
            dropped.close()

    def _abandon(self) -> None:
        """Give up what the server is doing, and tell it so from another connection: the driver's
        own way would hold Python's lock, and so every thread, until the server answers.
        """
        pid = self._driver.get_backend_pid() if self._driver is not None else 0
        self._drop()
        done = allocate_lock()
        done.acquire()

        def end() -> None:
            try:
                other = self._connected()
                _execute(other.cursor(), f"SELECT pg_cancel_backend({pid})", None)
                _wait(other, _CANCEL_SECONDS)
                other.close()
            except (driver.Error, StorageError, TimeoutError):
                pass  # it ends by its own limit
            done.release()

        start_new_thread(end, ())
        done.acquire(timeout=_FAREWELL_SECONDS)

    def read(self, sql: str, values: Values | None = None) -> Rows:
        """See `stores.servers.dialect.Connection`."""
        with self._lock:
            return until_done(lambda _: self._read(sql, values), patience=self.busy_timeout)

    def _read(self, sql: str, values: Values | None) -> Rows:
        self.connect()
        return self.run(sql, values)

    def run(self, sql: str, values: Values | None = None) -> Rows:
        """The rows of a statement on the connection as it is. Raises StorageError."""
        return self._sent(sql, values)[0]

    def transaction(
        self,
        work: Callable[[AnyRaw], _T],
        *,
        durable: bool = True,
        patience: float | None = None,
        alone: bool = False,
    ) -> _T:
        """See `stores.servers.dialect.Connection`."""
        wait = self.busy_timeout if patience is None else patience
        self.transactions += 1

        def attempt(repeated: bool) -> _T:
            raw = Raw(self, self._beginning(durable, wait, alone), alone, repeated)
            return committed(raw, self.connect, work)

        with self._lock:
            return until_done(attempt, patience=wait)

    def _beginning(self, durable: bool, patience: float, alone: bool) -> str:
        """What is sent before the first statement, with it: a transaction with its settings. Of a
        statement alone, the server makes one itself.
        """
        settings = "" if durable else "SET LOCAL synchronous_commit TO off;"
        if patience != self.busy_timeout:
            settings += f"SET LOCAL lock_timeout TO {milliseconds(patience)};"
        return settings if alone else f"BEGIN;{settings}"

    def _sent(self, sql: str, values: Values | None) -> tuple[Rows, int]:
        """Rows, and how many were changed."""
        assert self._driver is not None
        limit = self.target.statement_timeout + _GRACE_SECONDS
        began = time.monotonic()
        try:
            cursor = self._driver.cursor()
            _execute(cursor, sql, values)
            _wait(self._driver, limit)
            rows = cursor.fetchall() if cursor.description else []
            return rows, cursor.rowcount
        except driver.Error as error:
            translated = translate(error, self.target, time.monotonic() - began)
            if isinstance(translated, ConnectionLost):
                self._drop()
            raise translated from error
        except TimeoutError:
            self._drop()
            raise frozen(self.target.location, limit) from None
        except StorageError:
            raise
        except BaseException:
            if self._driver is not None and self._driver.isexecuting():
                self._abandon()
            raise

    def joined(self, sql: str, values: Sequence[Values]) -> str:
        """The statement with each of the values put in, one after the other."""
        assert self._driver is not None
        cursor = self._driver.cursor()
        return ";".join(_mogrified(cursor, sql, each).decode() for each in values)


class Raw:
    """See `stores.servers.dialect.Raw`."""

    __slots__ = ("_alone", "_beginning", "_committing", "_connection", "changed", "repeated")

    def __init__(self, connection: Connection, beginning: str, alone: bool, repeated: bool) -> None:
        self._connection = connection
        self._beginning = beginning
        self._alone = alone
        self._committing = False
        self.changed = 0
        self.repeated = repeated

    @property
    def dialect(self) -> Dialect:
        """The connection's."""
        return self._connection.dialect

    @property
    def is_uncertain(self) -> bool:
        """Whether what was sent last may have been committed, though no reply came."""
        return self._committing or self._alone

    def execute(self, sql: str, values: Mapping[str, Any] | None = None) -> Rows:
        """See `stores.servers.dialect.Raw`."""
        beginning, self._beginning = self._beginning, ""
        rows, self.changed = self._connection._sent(beginning + sql, values)
        return rows

    def execute_all(self, sql: str, values: Sequence[Mapping[str, Any]]) -> None:
        """See `stores.servers.dialect.Raw`."""
        if values:
            self.execute(self._connection.joined(sql, values))

    def commit(self) -> None:
        """Commit, if anything was sent."""
        if not self._alone and not self._beginning:
            self._committing = True
            self._connection.run("COMMIT")

    def roll_back(self) -> None:
        """Take back what was begun, unless the connection is gone."""
        connection = self._connection
        if self._alone or self._beginning or connection._driver is None:
            return
        try:
            connection.run("ROLLBACK")
        except StorageError:
            connection._drop()


def _execute(cursor: driver.cursor, sql: str, values: Values | None) -> None:
    cursor.execute(sql if values is None else _mogrified(cursor, sql, values))


def _mogrified(cursor: driver.cursor, sql: str, values: Values) -> bytes:
    if tuple in map(type, values.values()):
        values = {
            name: _List(value) if type(value) is tuple else value for name, value in values.items()
        }
    try:
        return cursor.mogrify(sql, values)
    except (ValueError, OverflowError):  # a NUL, a lone surrogate
        return cursor.mogrify(sql, {name: _storable(value) for name, value in values.items()})


class _List:
    """Values behind `IN`, as psycopg2 adapts an object that says itself how it is written."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self._values = values
        self._connection: driver.connection | None = None

    def __conform__(self, protocol: object) -> Self:
        return self

    def prepare(self, connection: driver.connection) -> None:
        self._connection = connection

    def getquoted(self) -> bytes:
        assert self._connection is not None
        written = ",".join(["%s"] * len(self._values))
        return self._connection.cursor().mogrify(f"({written})", self._values)


def _storable(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else value


def _wait(connection: driver.connection, seconds: float) -> None:
    """Until the server has answered. Raises TimeoutError after so many seconds."""
    until = time.monotonic() + seconds
    while (state := connection.poll()) != _READY:
        watched = select.poll()
        watched.register(connection.fileno(), _EVENTS[state])
        while not watched.poll(1000 * _HEARING_SECONDS):
            if time.monotonic() >= until:
                raise TimeoutError


_READY, _READ, _WRITE = 0, 1, 2
_EVENTS = {_READ: select.POLLIN, _WRITE: select.POLLOUT}


def _dsn(parameters: dict[str, Any]) -> str:
    return " ".join(f"{name}='{_escaped(str(value))}'" for name, value in parameters.items())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("'", r"\'")
