"""What MySQL and MariaDB do in their own way; see `stores.servers.dialect`."""

from __future__ import annotations

import os

from synapse.light.modules import import_module
from synapse.stores.servers import _statements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.stores.servers.dialect import Raw, SearchDialect, Values

_FOLDER = os.path.dirname(__file__)
_WORDS = (
    # whoever may use the database has all of it: docs/servers.md
    ("session_user", "''"),
    ("now()", "now(6)"),
    ("NOT indexed", "indexed = false"),  # an index knows no NOT
    (" AS bigint)", " AS signed)"),
    (" AS double precision)", " AS double)"),
)
"""What the common statements say, and what is said here."""
_LAST_NAME_LOCK = 255


class MysqlDialect:
    """See `stores.servers.dialect.Dialect`."""

    def __init__(self) -> None:
        self._files: dict[str, Mapping[str, str]] = {}

    def statements(self, file: str) -> Mapping[str, str]:
        """See Dialect."""
        if file not in self._files:
            self._files[file] = _statements.load(file, _FOLDER, self._ready)
        return self._files[file]

    def _ready(self, sql: str) -> str:
        for common, own in _WORDS:
            sql = sql.replace(common, own)
        return _statements.with_placeholders(sql, self.placeholder)

    def placeholder(self, name: str) -> str:
        """See Dialect."""
        return f"%({name})s"

    @property
    def search(self) -> SearchDialect:
        """See Dialect."""
        module: SearchDialect = import_module("synapse.stores.mysql._search")
        return module

    def append_message(self, raw: Raw, values: Values) -> int | None:
        """See Dialect. Two statements: neither engine can insert what another one returns."""
        statements = self.statements("queries")
        raw.execute(statements["count_message"], values)
        if not raw.changed:
            return None
        index: int = raw.made  # type: ignore[attr-defined]  # of this engine's connection
        raw.execute(statements["append_message"], {**values, "seq": index})
        return index

    def hold_name(self, raw: Raw, key: str) -> None:
        """See Dialect. The lock of a row ends with the transaction, that of GET_LOCK does not."""
        from zlib import crc32  # a list has no use for it

        number = crc32(key.encode()) & _LAST_NAME_LOCK
        raw.execute(self.statements("queries")["hold_name"], {"number": number})
