"""By what messages are summed, the same on every engine."""

from __future__ import annotations

from synapse.domain import StatisticsRow
from synapse.errors import InvalidDataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

PERIODS = ("day", "week", "month")
GROUPINGS = (*PERIODS, "model", "provider", "session", "role")


def check(by: str) -> None:
    """Raise InvalidDataError for what messages can't be grouped by."""
    if by not in GROUPINGS:
        raise InvalidDataError(f"there are no statistics by {by!r}", f"By:  {', '.join(GROUPINGS)}")


def summed(
    messages: Iterable[tuple[Any, ...]], requests: Iterable[tuple[Any, ...]]
) -> list[StatisticsRow]:
    """Sums over messages, together with those over the requests that made summaries, by key. A row
    has the key, the numbers of sessions and messages, tokens sent, received, cached
    and put into the cache, the cost, and of how many that is unknown.
    """
    found = {row[0]: _row(row) for row in messages}
    for row in requests:
        more = _row((row[0], 0, 0, *row[3:]))
        found[more.key] = _together(found[more.key], more) if more.key in found else more
    return [found[key] for key in sorted(found)]


def _row(row: tuple[Any, ...]) -> StatisticsRow:
    return StatisticsRow(
        key=row[0],
        sessions=int(row[1]),
        messages=int(row[2]),
        input_tokens=int(row[3]),
        output_tokens=int(row[4]),
        cached_tokens=int(row[5]),
        cache_write_tokens=int(row[6]),
        cost=None if row[7] is None else int(row[7]),
        unpriced=int(row[8]),
    )


def _together(row: StatisticsRow, more: StatisticsRow) -> StatisticsRow:
    costs = [one.cost for one in (row, more) if one.cost is not None]
    return row.replace(
        input_tokens=row.input_tokens + more.input_tokens,
        output_tokens=row.output_tokens + more.output_tokens,
        cached_tokens=row.cached_tokens + more.cached_tokens,
        cache_write_tokens=row.cache_write_tokens + more.cache_write_tokens,
        cost=sum(costs) if costs else None,
        unpriced=row.unpriced + more.unpriced,
    )
