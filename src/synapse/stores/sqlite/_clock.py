"""What a clock that jumps, or was wrong for a while, does to the clean-up: as little as possible.

A clean-up can't know whether the clock is right, only that it has moved by more than it is run in.
A jump stops it once, and that is said. Time that was leapt over makes nothing older: what had been
in the trash for ten days before a jump has been there for ten days after it. A machine that slept
for 200 days looks the same and is treated so; what is kept longer than it need be is no loss.
"""

from __future__ import annotations

import os

from synapse import timestamps
from synapse.light.dates import timedelta
from synapse.stores import _queries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    import apsw

    from synapse.stores.sqlite.connection import Connection

FORWARD = timedelta(days=7)
"""From one clean-up to the next; what is longer is taken for a jump, and for no time at all."""
BACKWARD = timedelta(days=1)
"""Smaller steps back are corrections, and of zones: nothing that is counted in days minds them."""
_PAUSE = timedelta(hours=1)
"""Between two notes of the time: most starts write nothing."""

QUERIES = _queries.load(os.path.join(os.path.dirname(__file__), "clock.sql"))


def notice(connection: Connection, row: tuple[Any, ...] | None) -> timedelta | None:
    """Note that the clock is seen; by how much it has jumped since the last time, None if it has
    not. `row` is what the query `clock` has found.
    """
    now = timestamps.now()
    if row is None:
        text = timestamps.to_text(now)
        connection.transaction(lambda raw: _run(raw, "first_look", now=text), durable=False)
        return None
    seen = timestamps.readable(row[0])
    lowest = seen if row[1] is None else min(seen, timestamps.readable(row[1]))
    wrong_times = bool(row[2])
    if not wrong_times and lowest == seen and timedelta(0) <= now - seen < _PAUSE:
        return None
    return connection.transaction(lambda raw: _move(raw, seen, lowest, now), durable=False)


def cutoff(connection: Connection, now: datetime, age: timedelta) -> datetime:
    """The moment before which something is older than `age`; times that the clock skipped don't
    count. Raises OverflowError.
    """
    moment, left = now, age
    for began_at, ended_at in connection.read(QUERIES["gaps"]):
        began, ended = timestamps.readable(began_at), timestamps.readable(ended_at)
        ended = min(ended, moment)  # a gap may lie within another that ended later
        if moment - ended >= left:
            break
        if began >= ended:
            continue
        left -= moment - ended
        moment = began
    return moment - left


def _move(
    raw: apsw.Connection, seen: datetime, lowest: datetime, now: datetime
) -> timedelta | None:
    text = timestamps.to_text(now)
    jump = _jump(seen, lowest, now)
    _correct_times(raw, text)
    if jump is None:
        _run(raw, "mark", now=text)
    elif jump > timedelta(0):
        _run(raw, "add_gap", began_at=timestamps.to_text(lowest), ended_at=text)
    else:
        _run(raw, "drop_gaps_of_the_future", now=text)
        _run(raw, "cut_gaps_that_last_into_the_future", now=text)
    _run(raw, "look", now=text)
    return jump


def _jump(seen: datetime, lowest: datetime, now: datetime) -> timedelta | None:
    if seen - now > BACKWARD:
        return now - seen
    return now - lowest if now - lowest > FORWARD else None


def _correct_times(raw: apsw.Connection, now: str) -> None:
    """What was used since the last mark was not used before it, whatever the clock said then.

    A mark of the future says nothing: it was set by the wrong clock itself.
    """
    [(marked_at,)] = raw.execute("SELECT marked_at FROM clock").fetchall()
    if str(marked_at) > now:
        return
    for id, use_order in _run(raw, "used_before_it_was_made"):
        _run(raw, "set_time", id=id)
        _run(raw, "set_use_order", id=id, use_order=use_order)


def _run(raw: apsw.Connection, query: str, **values: object) -> list[tuple[Any, ...]]:
    return raw.execute(QUERIES[query], values).fetchall()
