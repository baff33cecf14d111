"""Sets a database up, or brings it to the newest schema.

All of it is one transaction under an advisory lock, with the number read again inside: so two may
do this at once, and what is ended midway leaves nothing.
"""

from __future__ import annotations

import os

from synapse.advice import Advice
from synapse.errors import DatabaseError, DatabaseMissing, DatabaseReadOnly, MigrationError
from synapse.stores.postgres._distributed import distribute, distribute_added, is_distributed
from synapse.stores.postgres._driver_errors import SEARCH_PATH
from synapse.stores.postgres._members import renew_rights
from synapse.stores.postgres._schema import NAMESPACE, SCHEMA
from synapse.stores.servers.faults import no_tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.stores.postgres.connection import Connection
    from synapse.stores.servers.dialect import Raw

_FOLDER = os.path.join(os.path.dirname(__file__), "schema")
_SHARED_POLICIES = os.path.join(os.path.dirname(__file__), "shared_policies.sql")
_LOCK = 0x53594E41
"""`SYNA`: the number of the advisory lock."""
_PATIENCE = 60.0
"""Seconds for which another one that does the same is waited for."""
_HAS_NUMBERS = "SELECT to_regclass('synapse.schema_numbers') IS NOT NULL"
_NEWEST = "SELECT max(number) FROM schema_numbers"
_OWNER = f"""
SELECT CAST(pg_get_userbyid(nspowner) AS text), pg_has_role(nspowner, 'MEMBER')
FROM pg_namespace WHERE nspname = '{NAMESPACE}'"""
_NUMBERS = """
CREATE TABLE schema_numbers (
    number integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"""


def migrations() -> list[tuple[int, str]]:
    """Number and file of each step, in order."""
    return [
        (int(name[:4]), os.path.join(_FOLDER, name))
        for name in sorted(os.listdir(_FOLDER))
        if name.endswith(".sql")
    ]


def set_up(connection: Connection, *, distributed: bool = False) -> int:
    """Apply what is missing, all of it or nothing; how many steps. Raises MigrationError if the
    database is a newer program's, or a step fails; ConfigError if it can't be distributed.
    """

    def work(raw: Raw) -> int:
        steps = _apply_missing(raw, connection)
        if distributed:
            distribute(raw, connection.location)
        return steps

    return connection.transaction(work, patience=_PATIENCE)


def _apply_missing(raw: Raw, connection: Connection) -> int:
    raw.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
    [(is_there,)] = raw.execute(_HAS_NUMBERS)
    if not is_there:
        _make_schema(raw)
    [(number,)] = raw.execute(_NEWEST)
    number = number or 0
    if number > SCHEMA:
        raise _too_new(connection, number)
    missing = [(step, path) for step, path in migrations() if step > number]
    if missing:
        _expect_owner(raw, connection)
    for step, path in missing:
        with open(path, encoding="utf-8") as file:
            sql = file.read()
        raw.execute(sql)
        distribute_added(raw)
        raw.execute(f"INSERT INTO schema_numbers (number) VALUES ({step})")
    if missing and not is_distributed(raw):
        with open(_SHARED_POLICIES, encoding="utf-8") as file:
            raw.execute(file.read())
    if missing:
        renew_rights(raw)
    return len(missing)


def _expect_owner(raw: Raw, connection: Connection) -> None:
    for owner, is_ours in raw.execute(_OWNER):
        if not is_ours:
            raise DatabaseReadOnly(
                f"the tables in {connection.location} belong to {owner}",
                f"Connect as {owner} to bring them up to date.",
            )


def _make_schema(raw: Raw) -> None:
    """Whoever owns a schema can drop what is in it: somebody else's is not used."""
    rows = raw.execute(_OWNER)
    for owner, is_ours in rows:
        if not is_ours:
            raise DatabaseReadOnly(f"the schema {NAMESPACE} belongs to {owner} already")
    if not rows:
        raw.execute(f"CREATE SCHEMA {NAMESPACE}")
    raw.execute(_NUMBERS)


def check(connection: Connection) -> None:
    """Raise DatabaseMissing if there are no tables of ours, MigrationError if they are an older or
    a newer program's, or the role may not use them. Changes nothing.
    """
    try:
        [(number,)] = connection.read(_NEWEST)
    except DatabaseMissing:
        _refuse_without_rights(connection)
        _refuse_without_search_path(connection)
        raise
    if not number:
        raise no_tables(connection.target.location)
    if number > SCHEMA:
        raise _too_new(connection, number)
    if number < SCHEMA:
        raise MigrationError(
            f"{connection.location} was set up by an older Synapse (its schema is {number}, this "
            f"one's {SCHEMA})",
            Advice("Bring it up to date, for everybody who uses it:  ", "db init"),
        )


def _refuse_without_rights(connection: Connection) -> None:
    """What a role may not use looks as if it were not there."""
    rows = connection.read(
        f"SELECT session_user FROM pg_namespace WHERE nspname = '{NAMESPACE}'"
        f" AND NOT has_schema_privilege(oid, 'USAGE')"
    )
    for (role,) in rows:
        raise DatabaseReadOnly(
            f"the role {role} may not use the conversations in {connection.location}",
            Advice("Whoever set them up can let it in:  ", "db members", add=role),
        )


def _refuse_without_search_path(connection: Connection) -> None:
    """A pooler may not pass on what a connection asks for when it is made."""
    for (path,) in connection.read(
        f"SELECT current_setting('search_path') FROM pg_namespace WHERE nspname = '{NAMESPACE}'"
        f" AND NOT '{NAMESPACE}' = ANY (current_schemas(false))"
    ):
        raise DatabaseError(
            f"a pooler on the way to {connection.location} does not pass on our settings: the"
            f" search_path is {path}",
            *SEARCH_PATH,
        )


def _too_new(connection: Connection, number: int) -> MigrationError:
    from synapse.installing import upgrade_hint  # only after a fault

    return MigrationError(
        f"{connection.location} was set up by a newer Synapse "
        f"(its schema is {number}, this one knows {SCHEMA})",
        upgrade_hint(),
        "It has been left as it is.",
    )
