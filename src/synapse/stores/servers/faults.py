"""What an engine's connection raises beside the errors that callers of a store know."""

from __future__ import annotations

from synapse.errors import DatabaseLocked, InvalidDataError, StoreUnreachable

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
