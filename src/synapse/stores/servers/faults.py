"""What an engine's connection raises beside the errors that callers of a store know."""

from __future__ import annotations

from synapse.advice import ASK, Advice
from synapse.errors import DatabaseLocked, DatabaseMissing, InvalidDataError, StoreUnreachable

WHOSE = (
    "A URL from DATABASE_URL may be another project's; SYNAPSE_DATABASE_URL goes above it, --db "
    "above both."
)
"""A hint where a database can't be used as it is."""


class ConnectionLost(StoreUnreachable):
    """The connection broke: whether what was sent last has happened is not known."""


class Conflict(DatabaseLocked):
    """The engine has taken back what was begun, for another transaction."""


class AlreadyThere(InvalidDataError):
    """A row with this key exists."""


def frozen(location: str, seconds: float) -> StoreUnreachable:
    """The error for a server that has not answered for so long."""
    return StoreUnreachable(f"{location} has not answered for {seconds:g} s")


def no_tables(location: str) -> DatabaseMissing:
    """The error for a database in which Synapse has not been set up."""
    return DatabaseMissing(
        f"{location} holds no conversations of Synapse",
        f"Nothing was changed. {WHOSE}",
        Advice("If it is to hold them, set it up:  ", "db init"),
        Advice("Use another one:  ", ASK, database="URL", after=" …"),
    )
