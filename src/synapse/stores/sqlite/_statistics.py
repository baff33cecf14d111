"""Sums over all messages."""

from __future__ import annotations

import os

from synapse import timestamps
from synapse.stores import _grouping, _queries, _rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from synapse.domain import StatisticsRow
    from synapse.stores.sqlite.connection import Connection

_STATEMENTS = _queries.load(os.path.join(os.path.dirname(__file__), "statistics.sql"))
_FORMATS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


def summed(connection: Connection, by: str, since: datetime | None) -> list[StatisticsRow]:
    """See SessionStore.statistics."""
    _grouping.check(by)
    values = {
        "by": by,
        "period": _FORMATS.get(by),
        "since": "" if since is None else timestamps.to_text(since),
    }
    messages, requests = (
        [
            (_rows.text(row[0]), *row[1:])
            for row in connection.read(
                _STATEMENTS["statistics"].replace("{messages}", source.rstrip()), values
            )
        ]
        for source in ("messages", _STATEMENTS["requests"].partition("\n")[2])
    )
    return _grouping.summed(messages, requests)
