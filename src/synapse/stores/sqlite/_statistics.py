"""Sums over all messages."""

from __future__ import annotations

from synapse import timestamps
from synapse.domain import StatisticsRow
from synapse.stores import _rows
from synapse.stores._grouping import check
from synapse.stores.sqlite._statements import QUERIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from synapse.stores.sqlite.connection import Connection

_FORMATS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


def summed(connection: Connection, by: str, since: datetime | None) -> list[StatisticsRow]:
    """See SessionStore.statistics."""
    check(by)
    values = {
        "by": by,
        "period": _FORMATS.get(by),
        "since": "" if since is None else timestamps.to_text(since),
    }
    return [
        StatisticsRow(
            key=_rows.text(row[0]),
            sessions=row[1],
            messages=row[2],
            input_tokens=int(row[3]),
            output_tokens=int(row[4]),
        )
        for row in connection.read(QUERIES["statistics"], values)
    ]
