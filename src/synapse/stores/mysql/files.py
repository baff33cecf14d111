"""What the keeper of a MySQL server types where SQLite's files would be looked after by us."""

from __future__ import annotations

from shlex import quote

from synapse.stores.mysql._target import target
from synapse.stores.servers.care.files import ServerFiles


class MysqlFiles(ServerFiles):
    """See ServerFiles."""

    @property
    def location(self) -> str:
        """See ServerFiles."""
        return target(self._url).location

    def _database(self) -> str:
        return quote(str(target(self._url).servers[0]["database"]))

    def backing_up(self) -> str:
        """See ServerFiles."""
        return f"Back it up:  mysqldump --single-transaction {self._database()} > FILE"

    def restoring(self) -> str:
        """See ServerFiles."""
        return f"Restore a backup:  mysql {self._database()} < FILE"

    def vacuuming(self) -> str:
        """See ServerFiles."""
        return (
            "The server uses room again by itself; to give it back:  "
            f"mysqlcheck --optimize {self._database()}"
        )
