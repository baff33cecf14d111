"""The PostgreSQL store: a database that several machines share."""

from __future__ import annotations

from synapse.stores.postgres import _migrations
from synapse.stores.postgres.connection import Connection
from synapse.stores.servers.store import ServerStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from synapse.ports import Upgrading

_COMPLETION_SECONDS = 0.5
"""For which a look waits: whoever has pressed the tab key waits with it."""


class PostgresStore(ServerStore):
    """A SessionStore in a PostgreSQL database that `set_up` has prepared."""

    def __init__(
        self,
        url: str | os.PathLike[str],
        *,
        busy_timeout: float = 5.0,
        on_upgrade: Callable[[Upgrading], object] | None = None,
        read_only: bool = False,
    ) -> None:
        connection = Connection(str(url), busy_timeout=busy_timeout, read_only=read_only)
        try:
            _migrations.check(connection)
        except BaseException:
            connection.close()
            raise
        super().__init__(connection)


def set_up(url: str, *, busy_timeout: float = 5.0, distributed: bool = False) -> None:
    """Create the tables in the database, or bring them up to date. Several may do so at once. With
    `distributed`, they are divided between the machines of the database.

    Raises StorageError; ConfigError if it can't be distributed, and nothing has happened then.
    """
    connection = Connection(url, busy_timeout=busy_timeout)
    try:
        _migrations.set_up(connection, distributed=distributed)
    finally:
        connection.close()


def sessions_for_completion(
    url: str, word: str, *, deleted: bool, limit: int
) -> list[tuple[str, ...]]:
    """See `synapse.stores.sessions_for_completion`. Raises StorageError."""
    from synapse.stores.servers.completing import sessions  # nothing else completes

    connection = Connection(url, busy_timeout=_COMPLETION_SECONDS, read_only=True)
    try:
        _migrations.check(connection)
        return sessions(connection, word, deleted=deleted, limit=limit)
    finally:
        connection.close()
