"""Inspection of an archive in PostgreSQL."""

from __future__ import annotations

import re
import time

from synapse.errors import DatabaseDamaged, DatabaseError, DatabaseReadOnly
from synapse.ports import Finding
from synapse.stores.postgres import _migrations
from synapse.stores.postgres._schema import NAMESPACE, SCHEMA
from synapse.stores.postgres._target import target
from synapse.stores.postgres.connection import Connection
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
    from synapse.stores.servers.dialect import Raw

    Mending = Callable[[], None]

_INDEX = re.compile(r"^CREATE (?:UNIQUE )?INDEX (\w+)[^;]*", re.MULTILINE)
_ENGINE = """
SELECT current_setting('server_version'),
       (SELECT extversion FROM pg_extension WHERE extname = 'citus')"""
_OURS = f"""
FROM pg_class AS ours JOIN pg_namespace ON pg_namespace.oid = ours.relnamespace
WHERE nspname = '{NAMESPACE}'"""
_SIZE = f"SELECT coalesce(sum(pg_total_relation_size(ours.oid)), 0) {_OURS} AND relkind = 'r'"
_INDEXES = f"""
SELECT relname, indisvalid AND indisready, ours.oid, indisunique
FROM pg_index JOIN pg_class AS ours ON ours.oid = pg_index.indexrelid
JOIN pg_namespace ON pg_namespace.oid = ours.relnamespace
WHERE nspname = '{NAMESPACE}' ORDER BY relname"""
_BTREES = f"""
SELECT relname, ours.oid {_OURS} AND relkind = 'i'
AND relam = (SELECT oid FROM pg_am WHERE amname = 'btree') ORDER BY relname"""
_AMCHECK = """
SELECT quote_ident(nspname) FROM pg_extension
JOIN pg_depend ON refobjid = pg_extension.oid AND deptype = 'e'
  AND refclassid = CAST('pg_extension' AS regclass) AND classid = CAST('pg_proc' AS regclass)
JOIN pg_proc ON pg_proc.oid = objid
JOIN pg_namespace ON pg_namespace.oid = pronamespace
WHERE extname = 'amcheck' AND proname = 'bt_index_check' AND pronargs = 2
  AND has_function_privilege(pg_proc.oid, 'EXECUTE')
  AND has_schema_privilege(pg_namespace.oid, 'USAGE')"""
_RIGHTS = f"""
SELECT relname, has_table_privilege(ours.oid, 'SELECT'),
       has_table_privilege(ours.oid, 'INSERT') AND has_table_privilege(ours.oid, 'DELETE')
{_OURS} AND relname IN ('sessions', 'messages', 'attachments', 'answer_chunks')
ORDER BY relname"""
_ROLE = """
SELECT session_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user"""
_SERVER = """
SELECT pg_backend_pid(), pg_is_in_recovery(), current_setting('default_transaction_read_only'),
       current_setting('server_encoding'), inet_server_addr() IS NULL
       OR inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1'"""
_LAG = """
SELECT CAST(extract(epoch FROM now() - pg_last_xact_replay_timestamp()) AS double precision)"""
_NOW = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


class PostgresInspection(ServerInspection):
    """See `ports.Inspection`."""

    @property
    def location(self) -> str:
        """See ServerInspection."""
        return target(self._url, BUSY_TIMEOUT).location

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
        [(version, citus)] = connection.read(_ENGINE)
        return f"PostgreSQL {version.split()[0]}" + (f" with Citus {citus}" if citus else "")

    def size(self, connection: AnyConnection) -> int:
        """See ServerInspection."""
        [(size,)] = connection.read(_SIZE)
        return int(size)

    def begin_snapshot(self, raw: Raw) -> None:
        """See ServerInspection."""
        raw.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    def engine_faults(self, connection: AnyConnection) -> Iterator[tuple[Finding, Mending]]:
        """See ServerInspection. By the extension amcheck, where it is there and may be used."""
        present = connection.read(_INDEXES)
        names = {name for name, *_ in present}
        for name, statement in _expected_indexes().items():
            if name not in names:
                yield _index(f"{name} is missing"), _running(connection, statement)
        for name, is_valid, *_ in present:
            if not is_valid:
                text = f"{name} was not finished, and is not used"
                yield _index(text), _running(connection, f'REINDEX INDEX {NAMESPACE}."{name}"')
        for (namespace,) in connection.read(_AMCHECK):
            yield from self._damaged_indexes(connection, namespace)

    def _damaged_indexes(
        self, connection: AnyConnection, namespace: str
    ) -> Iterator[tuple[Finding, Mending]]:
        for name, oid in connection.read(_BTREES):
            try:
                connection.read(f"SELECT {namespace}.bt_index_check({oid}::regclass, false)")
            except DatabaseDamaged as error:
                yield (
                    _index(f"{name}: {error.message}"),
                    _running(connection, f'REINDEX INDEX {NAMESPACE}."{name}"'),
                )
            except DatabaseReadOnly:
                return  # no right to it, or a standby that does not allow it
            except DatabaseError as error:
                yield damaged(self.location, error.message), lambda: None

    def surroundings(self, connection: AnyConnection) -> Iterator[Finding]:
        """See ServerInspection."""
        assert isinstance(connection, Connection)
        [(pid, is_standby, read_only, encoding, is_local)] = connection.read(_SERVER)
        yield _way(connection, is_local)
        yield _pooler(connection, pid)
        before = time.time()
        [(server,)] = connection.read(_NOW)
        yield clock_finding(before, server, time.time())
        yield _changes(connection, is_standby, read_only == "on")
        if encoding != "UTF8":
            yield Finding(
                subject="encoding",
                text=f"the database is in {encoding}: most texts can't be stored",
                hints=("Create one with ENCODING 'UTF8', and use that",),
            )
        yield from _rights(connection)


def _index(text: str) -> Finding:
    return Finding(subject="indexes", text=text, repairable=True)


def _running(connection: AnyConnection, statement: str) -> Mending:
    def mend() -> None:
        connection.transaction(lambda raw: raw.execute(statement))

    return mend


def _expected_indexes() -> dict[str, str]:
    """Name and statement of those that the schema makes by name."""
    expected: dict[str, str] = {}
    for _, path in _migrations.migrations():
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for found in _INDEX.finditer(text):
            expected[found[1]] = found[0]
        for dropped in re.findall(r"^DROP INDEX (\w+)", text, re.MULTILINE):
            expected.pop(dropped, None)
    return expected


def _way(connection: Connection, is_local: bool) -> Finding:
    """How the server is reached, and whether others could read along."""
    info = connection.driver_connection().info
    if info.ssl_in_use:
        text = f"encrypted ({info.ssl_attribute('protocol')})"
        return Finding(subject="connection", text=text, ok=True)
    host = info.host or ""
    if is_local or host.startswith("/") or host in ("localhost", "127.0.0.1", "::1"):
        return Finding(subject="connection", text="on this machine, not encrypted", ok=True)
    return Finding(
        subject="connection",
        text=f"not encrypted: whoever is on the way to {host} can read along",
        hints=("Have it encrypted and verified:  ?sslmode=verify-full at the end of the URL",),
    )


def _pooler(connection: Connection, pid: int) -> Finding:
    """A pooler tells a process number of its own when it lets one in."""
    if connection.driver_connection().get_backend_pid() == pid:
        return Finding(subject="pool", text="none on the way: connected to the server", ok=True)
    text = "a pooler is on the way: it must not change the server in a transaction (session or"
    return Finding(subject="pool", text=f"{text} transaction mode, not statement)", ok=True)


def _changes(connection: Connection, is_standby: bool, read_only: bool) -> Finding:
    if is_standby:
        [(lag,)] = connection.read(_LAG)
        behind = "" if lag is None else f", {lag:,.0f} s behind the last change"
        return Finding(
            subject="access",
            text=f"a standby{behind}: it takes no changes",
            hints=("Name the primary, too, with ?target_session_attrs=read-write",),
        )
    if read_only:
        return Finding(
            subject="access",
            text="the server, the database or the role is set to read only",
            hints=("Its keeper changes that:  default_transaction_read_only",),
        )
    return Finding(subject="access", text="readable and writable", ok=True)


def _rights(connection: Connection) -> Iterator[Finding]:
    [(role, is_above)] = connection.read(_ROLE)
    if is_above:
        yield Finding(
            subject="rights",
            text=f"the role {role} may do everything, and sees what is everybody's",
            ok=True,
        )
        return
    tables = connection.read(_RIGHTS)
    unread = [name for name, may_read, _ in tables if not may_read]
    unchanged = [name for name, _, may_change in tables if not may_change]
    if unread or unchanged:
        what = f"read {', '.join(unread)}" if unread else f"change {', '.join(unchanged)}"
        yield Finding(
            subject="rights",
            text=f"the role {role} may not {what}",
            hints=("Whoever set the database up can let it in",),
        )
    else:
        yield Finding(subject="rights", text=f"the role {role} has what it needs", ok=True)
