"""What PostgreSQL does in its own way; see `stores.servers.dialect`."""

from __future__ import annotations

import os

from synapse.light.modules import import_module
from synapse.stores.servers import _statements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.stores.servers.dialect import Raw, SearchDialect, Values

_FOLDER = os.path.dirname(__file__)


class PostgresDialect:
    """See `stores.servers.dialect.Dialect`."""

    def __init__(self) -> None:
        self._files: dict[str, Mapping[str, str]] = {}

    def statements(self, file: str) -> Mapping[str, str]:
        """See Dialect."""
        if file not in self._files:
            self._files[file] = _statements.load(file, _FOLDER, self._ready)
        return self._files[file]

    def _ready(self, sql: str) -> str:
        # As it is, `session_user` is of another type than the column: then an index that begins
        # with the owner does not give the order of what follows, and a list has to be sorted.
        sql = sql.replace("= session_user", "= CAST(session_user AS text)")
        return _statements.with_placeholders(sql, self.placeholder)

    def placeholder(self, name: str) -> str:
        """See Dialect."""
        return f"%({name})s"

    @property
    def search(self) -> SearchDialect:
        """See Dialect."""
        module: SearchDialect = import_module("synapse.stores.postgres._search")
        return module

    def append_message(self, raw: Raw, values: Values) -> int | None:
        """See Dialect."""
        rows = raw.execute(self.statements("queries")["append_message"], values)
        return rows[0][0] if rows else None

    def hold_name(self, raw: Raw, key: str) -> None:
        """See Dialect."""
        raw.execute(self.statements("queries")["hold_name"], {"key": key})
