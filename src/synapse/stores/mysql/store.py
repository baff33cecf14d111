"""The MySQL store: a database that several machines share."""

from __future__ import annotations

from synapse.stores.mysql import _migrations
from synapse.stores.mysql.connection import Connection
from synapse.stores.servers.store import ServerStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from synapse.ports import Upgrading


class MysqlStore(ServerStore):
    """A SessionStore in a MySQL or MariaDB database that `set_up` has prepared."""

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


def set_up(url: str, *, busy_timeout: float = 5.0) -> None:
    """Create the tables in the database, or bring them up to date. Several may do so at once.
    Raises StorageError.
    """
    connection = Connection(url, busy_timeout=busy_timeout)
    try:
        _migrations.set_up(connection)
    finally:
        connection.close()
