"""MariaDB for the tests: one server, shared by everything in a run of pytest.

url = fresh_database()                     # empty, gone after the test
with own_server() as server: server.stop(signal.SIGKILL)

What needs it asks `scripts/mariadb` for it; where there is none, these tests are left out, and the
head of the run says so: conftest.py.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import postgres_cluster
import pymysql
import shared_server
from mariadb_cluster import MariadbServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_numbers = itertools.count()
_made: list[str] = []
"""The databases of the test that runs, which are dropped."""
_used: list[str] = []
"""Those of them that are emptied."""
_prepared: list[str] = []
"""Databases with empty tables that no test uses."""


@functools.cache
def server() -> MariadbServer:
    """The running server that everybody shares: nobody may stop it or change its settings."""
    where = shared_server.join("mariadb", "mariadb_cluster.py")
    return MariadbServer(Path(where["folder"]), port=where["port"])


def fresh_database(*, tcp: bool = False, scheme: str = "mysql") -> str:
    """The URL of a new, empty database; it is dropped after the test."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    server().execute(f"CREATE DATABASE {name}")
    _made.append(name)
    return server().url(name, tcp=tcp, scheme=scheme)


def prepared_database(prepare: Callable[[str], object]) -> str:
    """The URL of a database without rows in which `prepare` has made tables. They are emptied after
    the test and given to the next one: to make and drop them takes half a second.
    """
    if _prepared:
        name = _prepared.pop()
    else:
        url = fresh_database()
        prepare(url)
        name = _made.pop()
    _used.append(name)
    return server().url(name)


def drop_databases() -> None:
    """Drop the databases of the test that has ended, or empty them, whoever is still connected."""
    while _made:
        name = _made.pop()
        _disconnect(name)
        server().execute(f"DROP DATABASE IF EXISTS {name}")
    while _used:
        name = _used.pop()
        _disconnect(name)
        tables = server().execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema ="
            f" '{name}' AND table_name NOT IN ('synapse_schema', 'name_locks')"
        )
        deletions = [f"DELETE FROM {table}" for (table,) in tables]
        server().execute("SET foreign_key_checks = 0", *deletions, database=name)
        _prepared.append(name)


def _disconnect(name: str) -> None:
    for (connection,) in server().execute(
        f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"
    ):
        with contextlib.suppress(pymysql.OperationalError):  # it may have ended meanwhile
            server().execute(f"KILL {connection}")


@contextlib.contextmanager
def own_server(settings: Mapping[str, str] | None = None) -> Iterator[MariadbServer]:
    """A server that a test has for itself, and may stop, freeze or fill; it runs."""
    folder = postgres_cluster.new_folder("synapse-my-")
    with MariadbServer(folder, settings or {}) as own:
        own.start()
        yield own
