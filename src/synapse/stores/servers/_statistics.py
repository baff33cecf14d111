"""Sums over all messages.

The server does not know the local calendar of this process, nor in whose words its zone is named.
It is told by how much the local time is ahead, and since when.
"""

from __future__ import annotations

from synapse import timestamps
from synapse.light.dates import UTC, datetime
from synapse.stores import _calendar, _grouping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.domain import StatisticsRow
    from synapse.stores.servers.dialect import Connection

_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


def summed(connection: Connection, by: str, since: datetime | None) -> list[StatisticsRow]:
    """See SessionStore.statistics."""
    _grouping.check(by)
    messages, requests = (
        _sums(connection, by, _BEFORE_ALL if since is None else since, source)
        for source in ("messages", connection.dialect.statements("statistics")["requests"])
    )
    return _grouping.summed(messages, requests)


def _sums(connection: Connection, by: str, since: datetime, source: str) -> list[tuple[Any, ...]]:
    """Of what is to be summed: the columns of `_grouping.summed`."""
    statements = connection.dialect.statements("statistics")
    values: dict[str, Any] = {"since": since}
    key = statements[f"by_{by}"]
    if by in _grouping.PERIODS:
        ahead = _ahead(connection, values, source)
        if ahead is None:
            return []
        key = key.replace("{ahead}", ahead)
    sql = statements["summed"].replace("{key}", key).replace("{messages}", source)
    return [*connection.read(sql, values)]


def _ahead(connection: Connection, values: dict[str, Any], source: str) -> str | None:
    """The seconds by which the local time was ahead of a message's, as an expression whose values
    are added; None if there is no message.
    """
    statements, placeholder = connection.dialect.statements("statistics"), connection.dialect
    [(first, last)] = connection.read(statements["bounds"].replace("{messages}", source), values)
    if first is None:
        return None
    *later, (_, earliest) = _calendar.offsets(timestamps.readable(first), timestamps.readable(last))
    cases = []
    for number, (moment, ahead) in enumerate(later):
        name = f"from_{number}"
        values[name] = moment
        cases.append(f"WHEN timestamp >= {placeholder.placeholder(name)} THEN {ahead}")
    return f"(CASE {' '.join(cases)} ELSE {earliest} END)" if cases else str(earliest)
