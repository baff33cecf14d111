"""Sums over all messages.

The server does not know the local calendar of this process, nor in whose words its zone is named.
It is told by how much the local time is ahead, and since when.
"""

from __future__ import annotations

from synapse import timestamps
from synapse.domain import StatisticsRow
from synapse.light.dates import UTC, datetime
from synapse.stores import _calendar
from synapse.stores._grouping import PERIODS, check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.stores.servers.dialect import Connection

_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


def summed(connection: Connection, by: str, since: datetime | None) -> list[StatisticsRow]:
    """See SessionStore.statistics."""
    check(by)
    values: dict[str, Any] = {"since": _BEFORE_ALL if since is None else since}
    key = connection.dialect.statements("statistics")[f"by_{by}"]
    if by in PERIODS:
        ahead = _ahead(connection, values)
        if ahead is None:
            return []
        key = key.replace("{ahead}", ahead)
    sql = connection.dialect.statements("statistics")["summed"].replace("{key}", key)
    found = [
        StatisticsRow(
            key=row[0],
            sessions=int(row[1]),
            messages=int(row[2]),
            input_tokens=int(row[3]),
            output_tokens=int(row[4]),
        )
        for row in connection.read(sql, values)
    ]
    return sorted(found, key=lambda row: row.key)


def _ahead(connection: Connection, values: dict[str, Any]) -> str | None:
    """The seconds by which the local time was ahead of a message's, as an expression whose values
    are added; None if there is no message.
    """
    statements, placeholder = connection.dialect.statements("statistics"), connection.dialect
    [(first, last)] = connection.read(statements["bounds"], values)
    if first is None:
        return None
    *later, (_, earliest) = _calendar.offsets(timestamps.readable(first), timestamps.readable(last))
    cases = []
    for number, (moment, ahead) in enumerate(later):
        name = f"from_{number}"
        values[name] = moment
        cases.append(f"WHEN timestamp >= {placeholder.placeholder(name)} THEN {ahead}")
    return f"(CASE {' '.join(cases)} ELSE {earliest} END)" if cases else str(earliest)
