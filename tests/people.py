"""A PostgreSQL database in which several people have sessions, for tests of what they see."""

from __future__ import annotations

import contextlib
import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg2
from postgres_cluster import PASSWORD, execute
from postgres_server import server

from synapse.ids import new_id
from synapse.stores import open_sharing, set_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres_cluster import Cluster

ALICE, BOB, CAROL, EVE, KEEPER = "alice", "bob", "carol", "eve", "keeper"
"""Keeper has set the database up and let the first three in."""

_numbers = itertools.count()

_CHILDREN = """
INSERT INTO messages (session_id, seq, id, role, content, timestamp, added)
    VALUES (%(id)s, 1, %(one)s, 'user', %(word)s, now(), 1),
           (%(id)s, 2, %(two)s, 'assistant', %(word)s, now(), 2);
INSERT INTO answer_chunks (session_id, message_id, n, content, reasoning)
    VALUES (%(id)s, %(two)s, 1, %(word)s, '');
INSERT INTO attachments (session_id, message_id, n, name, media_type, source, data)
    VALUES (%(id)s, %(one)s, 1, %(word)s, 'text/plain', '', 'x');
INSERT INTO session_changes (session_id, what, changed_at)
    VALUES (%(id)s, 'tag:' || %(word)s, now());
INSERT INTO imports (session_id, program) VALUES (%(id)s, %(word)s);
INSERT INTO words (session_id, message_id, part, said, words)
    VALUES (%(id)s, %(one)s, 1, now(), to_tsvector('simple', %(word)s));
INSERT INTO message_extras (session_id, message_id, extra) VALUES (%(id)s, %(one)s, %(word)s);
INSERT INTO summaries (session_id, id, last_index, message_count, created_at, generation,
                       prompt_version, session_length, content)
    VALUES (%(id)s, %(two)s, 2, 2, now(), 1, 1, 2, %(word)s);
"""
_SESSION = """
INSERT INTO sessions (id, handle, title, provider, model, model_key, created_at, updated_at)
    VALUES (%(id)s, 1, %(word)s, 'echo', 'm', 'm', now(), now());
"""


def _make_roles(cluster: Cluster) -> None:
    for role in (ALICE, BOB, CAROL, EVE, KEEPER):
        with contextlib.suppress(psycopg2.Error):  # somebody else's test has made it
            cluster.make_roles([role])


@contextlib.contextmanager
def members_database(version: int = 18) -> Iterator[tuple[Cluster, str]]:
    """A server and the name of a database on it that `keeper` has set up and opened."""
    cluster = server(version)
    _make_roles(cluster)
    name = f"people_{os.getpid()}_{next(_numbers)}"
    cluster.execute(f"CREATE DATABASE {name} OWNER {KEEPER} TEMPLATE template0")
    try:
        url = cluster.url(name, KEEPER)
        set_up(url)
        for role in (ALICE, BOB, CAROL):
            open_sharing(url).admit(role)
        yield cluster, name
    finally:
        cluster.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@dataclass
class Sessions:
    """Of Alice: one of her own, one that Bob may read, one in which he may write. Each holds a
    word, in every table.
    """

    cluster: Cluster
    name: str
    private: str
    readable: str
    writable: str

    def url(self, role: str) -> str:
        """How a role gets to the database."""
        return self.cluster.url(self.name, role)

    def as_superuser(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement for which there is no row security."""
        return execute(f"{self.url('postgres')}&options=-csearch_path%3Dsynapse", statement)

    def everything(self) -> list[tuple[Any, ...]]:
        """What is in the tables."""
        tables = self.as_superuser(
            "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = 'synapse'"
        )
        return [
            (table, self.as_superuser(f"SELECT CAST(t AS text) FROM {table} AS t ORDER BY 1"))
            for (table,) in sorted(tables)
        ]

    def not_shared(self, table: str) -> str:
        """The condition for rows of Alice's that Bob may not see."""
        if table == "grants":
            return "grantee = 'carol'"
        if table in ("clock", "clock_gaps"):
            return "owner = 'alice'"
        return f"{'id' if table == 'sessions' else 'session_id'} = '{self.private}'"

    def a_column(self, table: str) -> str:
        """One that everybody may change, in their own rows."""
        [(column,), *_] = self.as_superuser(
            "SELECT CAST(attname AS text) FROM pg_attribute"
            f" WHERE attrelid = CAST('synapse.{table}' AS regclass) AND attnum > 0"
            " AND attname NOT IN ('id', 'session_id', 'owner') ORDER BY attnum"
        )
        return str(column)


@contextlib.contextmanager
def shared_database(version: int, *, private: str) -> Iterator[Sessions]:
    """See Sessions."""
    with members_database(version) as (cluster, name):
        sessions = Sessions(cluster, name, new_id(), new_id(), new_id())
        url = f"{sessions.url(ALICE)}&options=-csearch_path%3Dsynapse"
        for session, word in (
            (sessions.private, private),
            (sessions.readable, "shown"),
            (sessions.writable, "common"),
        ):
            ids = {"id": session, "one": new_id(), "two": new_id(), "word": word}
            _run(url, _SESSION + _CHILDREN, ids)
        _run(url, "INSERT INTO clock (seen_at, marked_at, mark) VALUES (now(), now(), now())", {})
        _run(url, "INSERT INTO clock_gaps (began_at, ended_at) VALUES (now(), now())", {})
        sharing = open_sharing(sessions.url(ALICE))
        sharing.grant(sessions.private, CAROL)
        sharing.grant(sessions.readable, BOB)
        sharing.grant(sessions.writable, BOB, write=True)
        yield sessions


def _run(url: str, statements: str, values: dict[str, str]) -> None:
    connection = psycopg2.connect(url)
    with contextlib.closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(statements, values)


__all__ = ["ALICE", "BOB", "CAROL", "EVE", "KEEPER", "PASSWORD", "Sessions", "shared_database"]
