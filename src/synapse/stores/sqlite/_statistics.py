"""Sums over all messages."""

from __future__ import annotations

from synapse import timestamps
from synapse.domain import StatisticsRow
from synapse.errors import InvalidDataError
from synapse.stores import _rows
from synapse.stores.sqlite._statements import QUERIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from synapse.stores.sqlite.connection import Connection

_PERIODS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}
_GROUPINGS = (*_PERIODS, "model", "role")


def summed(connection: Connection, by: str, since: datetime | None) -> list[StatisticsRow]:
    """See SessionStore.statistics."""
    if by not in _GROUPINGS:
        raise InvalidDataError(
            f"there are no statistics by {by!r}", f"By:  {', '.join(_GROUPINGS)}"
        )
    values = {
        "by": by,
        "period": _PERIODS.get(by),
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
