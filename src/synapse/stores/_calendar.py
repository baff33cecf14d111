"""The local calendar of this process, for engines that don't know it: by how much its clock differs
from UTC, and when that changes.
"""

from __future__ import annotations

from time import localtime

from synapse.light.dates import UTC, datetime, timedelta

_WEEK = 7 * 86_400
_LAST = 2_147_385_600
"""2038-01-18: behind this, and before 1970, the offset is that of the same day in one of the years
2000 to 2003, as SQLite has it: not every system knows other years.
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def offsets(first: datetime, last: datetime) -> list[tuple[datetime, int]]:
    """Seconds that the local time is ahead of UTC from a moment on, the latest moment first; up to
    the first one the last of these holds. A change that is taken back within a week is not seen.
    """
    begin, end = _seconds(first), _seconds(last)
    found = [(begin, _offset(begin))]
    for here in range(begin, end, _WEEK):
        there = min(here + _WEEK, end)
        if _offset(there) != found[-1][1]:
            found += _changes(here, there)
    return [(_EPOCH + timedelta(seconds=moment), offset) for moment, offset in reversed(found)]


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)


def _changes(before: int, after: int) -> list[tuple[int, int]]:
    """The moment between the two from which on the offset is that of the later one."""
    offset = _offset(after)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(middle) == offset:
            after = middle
        else:
            before = middle
    return [(after, offset)]


def _offset(seconds: int) -> int:
    if not 0 <= seconds <= _LAST:
        seconds = _in_a_known_year(seconds)
    return localtime(seconds).tm_gmtoff


def _in_a_known_year(seconds: int) -> int:
    moment = _EPOCH + timedelta(seconds=seconds)
    day = moment.replace(year=2000 + moment.year % 4)
    return _seconds(day)
