"""Sets a database up, or brings it to the newest schema.

These engines can't take back a statement that changes tables. So each step may be run again, its
number is noted at its end, and all of it happens under a lock of the server's, with the number read
again inside: two may do this at once, and whoever comes next goes on with what was ended midway.
"""

from __future__ import annotations

import os

from synapse.advice import Advice
from synapse.errors import DatabaseError, DatabaseLocked, DatabaseMissing, MigrationError
from synapse.stores.mysql._schema import SCHEMA
from synapse.stores.servers.faults import no_tables
from synapse.stores.servers.retries import until_done

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.stores.mysql.connection import Connection

_FOLDER = os.path.join(os.path.dirname(__file__), "schema")
_LOCK = "concat('synapse ', md5(database()))"
_PATIENCE = 50
"""Seconds for which another one that does the same is waited for."""
_NEWEST = "SELECT max(number) FROM synapse_schema"
_OTHERS = "SELECT table_name FROM information_schema.tables WHERE table_schema = database() LIMIT 1"
_SET_UP = """
CREATE TABLE IF NOT EXISTS synapse_schema (
    number integer PRIMARY KEY, applied_at datetime(6) NOT NULL
) ENGINE = InnoDB"""


def migrations() -> list[tuple[int, str]]:
    """Number and file of each step, in order."""
    return [
        (int(name[:4]), os.path.join(_FOLDER, name))
        for name in sorted(os.listdir(_FOLDER))
        if name.endswith(".sql")
    ]


def set_up(connection: Connection) -> int:
    """Apply what is missing; how many steps. Raises MigrationError if the database is a newer
    program's, or another's. Goes on with a new connection if one breaks.
    """
    return until_done(lambda _: _under_lock(connection), patience=connection.busy_timeout)


def _under_lock(connection: Connection) -> int:
    """Whatever fails, the lock ends with the connection."""
    connection.connect()
    [(held,)] = connection.run(f"SELECT get_lock({_LOCK}, {_PATIENCE})")
    if held != 1:
        raise DatabaseLocked(
            f"another program has been setting up {connection.location} for {_PATIENCE} s"
        )
    steps = _apply_missing(connection)
    connection.run(f"DO release_lock({_LOCK})")
    return steps


def _apply_missing(connection: Connection) -> int:
    number = _number(connection)
    if number is None:
        _refuse_others(connection)
        connection.run(_SET_UP)
    number = number or 0
    if number > SCHEMA:
        raise _too_new(connection, number)
    missing = [(step, path) for step, path in migrations() if step > number]
    for step, path in missing:
        with open(path, encoding="utf-8") as file:
            sql = file.read()
        connection.run(sql.rstrip().rstrip(";"))
        connection.run(f"INSERT INTO synapse_schema (number, applied_at) VALUES ({step}, now(6))")
    return len(missing)


def _number(connection: Connection) -> int | None:
    """Of the newest step; 0 if there was none yet, None if the database is not ours."""
    try:
        [(number,)] = connection.run(_NEWEST)
    except DatabaseMissing:
        return None
    return number or 0


def _refuse_others(connection: Connection) -> None:
    for (name,) in connection.run(_OTHERS):
        raise DatabaseError(
            f"{connection.location} holds tables of another program, such as {name}",
            "Nothing was changed. Make a database for conversations alone: CREATE DATABASE synapse",
        )


def check(connection: Connection) -> None:
    """Raise DatabaseMissing if there are no tables of ours, MigrationError if they are an older or
    a newer program's. Changes nothing.
    """
    [(number,)] = connection.read(_NEWEST)
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


def _too_new(connection: Connection, number: int) -> MigrationError:
    from synapse.installing import upgrade_hint  # only after a fault

    return MigrationError(
        f"{connection.location} was set up by a newer Synapse "
        f"(its schema is {number}, this one knows {SCHEMA})",
        upgrade_hint(),
        "It has been left as it is.",
    )
