"""What an engine's connection raises beside the errors that callers of a store know."""

from __future__ import annotations

from synapse.advice import ASK, Advice
from synapse.errors import (
    DatabaseError,
    DatabaseLocked,
    DatabaseMissing,
    InvalidDataError,
    StoreUnreachable,
)

WHOSE = (
    "A URL from DATABASE_URL may be another project's; SYNAPSE_DATABASE_URL goes above it, --db "
    "above both."
)
"""A hint where a database can't be used as it is."""


_NEARLY = 0.9
"""Of a limit: clocks differ a little."""


class ConnectionLost(StoreUnreachable):
    """The connection broke: whether what was sent last has happened is not known."""

    is_uncertain = False
    """Whether that was, or may have been, a COMMIT."""


class Conflict(DatabaseLocked):
    """The engine has taken back what was begun, for another transaction."""


class AlreadyThere(InvalidDataError):
    """A row with this key exists."""


def frozen(location: str, seconds: float) -> StoreUnreachable:
    """The error for a server that has not answered for so long."""
    return StoreUnreachable(f"{location} has not answered for {seconds:.3g} s")


def ended(location: str, seconds: float, limit: float) -> DatabaseError:
    """The error for a statement that the server has ended after so many seconds.

    Long before its limit, it was not that: servers reckon it by their wall clock, which may be set,
    and an administrator may end a statement. That is no reason to refuse a turn: it is tried again.
    """
    if seconds < _NEARLY * limit:
        return Conflict(f"the server ended a statement after {seconds:.1f} s", f"  {location}")
    return DatabaseError(
        f"{location} took longer than {limit:g} s",
        "Give it longer with ?statement_timeout=SECONDS at the end of the URL.",
    )


def no_tables(location: str) -> DatabaseMissing:
    """The error for a database in which Synapse has not been set up."""
    return DatabaseMissing(
        f"{location} holds no conversations of Synapse",
        f"Nothing was changed. {WHOSE}",
        Advice("If it is to hold them, set it up:  ", "db init"),
        Advice("Use another one:  ", ASK, database="URL", after=" …"),
    )
