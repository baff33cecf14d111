"""What PostgreSQL's keeper types where SQLite's files would be looked after by us."""

from __future__ import annotations

from shlex import quote

from synapse.stores.postgres._schema import NAMESPACE
from synapse.stores.postgres._target import target
from synapse.stores.servers.care.files import ServerFiles
from synapse.stores.servers.care.inspection import BUSY_TIMEOUT


class PostgresFiles(ServerFiles):
    """See ServerFiles."""

    @property
    def location(self) -> str:
        """See ServerFiles."""
        return target(self._url, BUSY_TIMEOUT).location

    def backing_up(self) -> str:
        """See ServerFiles."""
        return f"Back it up:  pg_dump -Fc -n {NAMESPACE} -f FILE {quote(self.location)}"

    def restoring(self) -> str:
        """See ServerFiles."""
        return f"Restore a backup:  pg_restore -d {quote(self.location)} FILE"

    def vacuuming(self) -> str:
        """See ServerFiles."""
        at_once = f"psql {quote(self.location)} -c 'VACUUM ANALYZE'"
        return f"The server does so by itself (autovacuum); at once:  {at_once}"
