"""Inspection of an archive in MySQL or MariaDB."""

from __future__ import annotations

import re
import time

from synapse.ports import Finding
from synapse.stores.mysql import _migrations
from synapse.stores.mysql._schema import SCHEMA
from synapse.stores.mysql._target import host_in_clear_text, target
from synapse.stores.mysql.connection import Connection, Raw
from synapse.stores.servers.care.inspection import (
    BUSY_TIMEOUT,
    ServerInspection,
    clock_finding,
    damaged,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.stores.servers.dialect import Connection as AnyConnection
    from synapse.stores.servers.dialect import Raw as AnyRaw

    Mending = Callable[[], None]

_TABLE = re.compile(r"^CREATE TABLE IF NOT EXISTS (\w+) \(\n(.*?)^\)", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r"^ +((?:UNIQUE )?KEY (\w+) \(.*\)),?$", re.MULTILINE)
_SIZE = """
SELECT coalesce(sum(data_length + index_length), 0) FROM information_schema.tables
WHERE table_schema = database()"""
_KEYS = (
    "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = database()"
)
_STATE = "SELECT @@read_only, connection_id(), unix_timestamp(now(6))"
_CIPHER = "SHOW STATUS LIKE 'Ssl_cipher'"


class MysqlInspection(ServerInspection):
    """See `ports.Inspection`."""

    @property
    def location(self) -> str:
        """See ServerInspection."""
        return target(self._url).location

    def connect(self) -> AnyConnection:
        """See ServerInspection."""
        return Connection(self._url, busy_timeout=BUSY_TIMEOUT)

    def check_schema(self, connection: AnyConnection) -> int:
        """See ServerInspection."""
        assert isinstance(connection, Connection)
        _migrations.check(connection)
        return SCHEMA

    def engine(self, connection: AnyConnection) -> str:
        """See ServerInspection."""
        [(version,)] = connection.read("SELECT version()")
        name = "MariaDB" if "MariaDB" in version else "MySQL"
        return f"{name} {version.partition('-')[0]}"

    def size(self, connection: AnyConnection) -> int:
        """See ServerInspection."""
        [(size,)] = connection.read(_SIZE)
        return int(size)

    def begin_snapshot(self, raw: AnyRaw) -> None:
        """See ServerInspection."""
        assert isinstance(raw, Raw)
        raw.see_one_moment()

    def engine_faults(self, connection: AnyConnection) -> Iterator[tuple[Finding, Mending]]:
        """See ServerInspection."""
        present = {name for (name,) in connection.read(_KEYS)}
        expected = _expected()
        for table, keys in expected.items():
            for name, definition in keys.items():
                if name not in present:
                    finding = Finding(subject="indexes", text=f"{name} is missing", repairable=True)
                    yield finding, _running(connection, f"ALTER TABLE {table} ADD {definition}")
        for table, _, kind, said in connection.read(f"CHECK TABLE {', '.join(expected)}"):
            if kind == "error" or (kind == "status" and said != "OK"):
                yield damaged(self.location, f"{table}: {said}"), lambda: None

    def surroundings(self, connection: AnyConnection) -> Iterator[Finding]:
        """See ServerInspection."""
        assert isinstance(connection, Connection)
        yield self._way(connection)
        before = time.time()
        [(read_only, number, server)] = connection.read(_STATE)
        after = time.time()
        yield _pooler(connection.number == number)
        yield clock_finding(before, float(server), after)
        yield _changes(bool(read_only))

    def _way(self, connection: Connection) -> Finding:
        """How the server is reached, and whether others could read along."""
        [(_, cipher)] = connection.read(_CIPHER)
        if cipher:
            return Finding(subject="connection", text=f"encrypted ({cipher})", ok=True)
        host = host_in_clear_text(self._url)
        if host is None:
            return Finding(subject="connection", text="on this machine, not encrypted", ok=True)
        return Finding(
            subject="connection",
            text=f"not encrypted: whoever is on the way to {host} can read along",
            hints=("Have it encrypted and verified:  ?ssl-mode=verify_identity",),
        )


def _expected() -> dict[str, dict[str, str]]:
    """Of each table, name and definition of the indexes that the schema names."""
    found: dict[str, dict[str, str]] = {}
    for _, path in _migrations.migrations():
        with open(path, encoding="utf-8") as file:
            for table, body in _TABLE.findall(file.read()):
                found[table] = {name: definition for definition, name in _KEY.findall(body)}
    return found


def _running(connection: AnyConnection, statement: str) -> Mending:
    def mend() -> None:
        connection.transaction(lambda raw: raw.execute(statement))

    return mend


def _pooler(is_server: bool) -> Finding:
    """A proxy tells a number of its own when it lets one in."""
    if is_server:
        return Finding(subject="pool", text="none on the way: connected to the server", ok=True)
    text = "a proxy is on the way: it must not change the server in a transaction"
    return Finding(subject="pool", text=text, ok=True)


def _changes(read_only: bool) -> Finding:
    if read_only:
        return Finding(
            subject="access",
            text="a replica, or set to read only: it takes no changes",
            hints=("Name the primary first: of several hosts, the first that answers is used",),
        )
    return Finding(subject="access", text="readable and writable", ok=True)
