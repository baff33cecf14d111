"""The clean-up: policy → trash → destruction, in steps that let other writers in; and what it notes
of the clock.
"""

from __future__ import annotations

import os
import time

from synapse import timestamps
from synapse.light.dates import timedelta
from synapse.stores import _queries, _retention
from synapse.stores._text import storable
from synapse.stores.sqlite._bulk import purge
from synapse.stores.sqlite._pauses import GAP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from typing import Any

    import apsw

    from synapse.stores.sqlite.connection import Connection

_BATCH = 50
"""Sessions a transaction: 1 to 8 ms, during which other writers wait."""
_PURGED_TOGETHER = 500
"""Sessions between two times that the WAL is emptied; they go in short transactions."""
_OUTDATED = ("outdated_trash", "outdated_kept")
"""The two parts of the trash."""


class Steps:
    """The steps of `_retention.Cleanup` over one database."""

    def __init__(self, connection: Connection, queries: dict[str, str]) -> None:
        self._connection = connection
        self._queries = queries

    def gaps(self) -> list[tuple[datetime, datetime]]:
        """See _retention.Steps."""
        return [
            (timestamps.readable(began), timestamps.readable(ended))
            for began, ended in self._connection.read(self._queries["gaps"])
        ]

    def finds(self, query: str, **values: object) -> bool:
        """See _retention.Steps."""
        if query == "outdated_exists":
            given = _given(values) | {"limit": 1}
            return any(self._connection.read(self._queries[part], given) for part in _OUTDATED)
        return bool(self._connection.read(self._queries[query], _given(values)))

    def trash(self, rule: str, most: int | None, **values: object) -> int:
        """See _retention.Steps. The two rules to which an index leads are done batch by batch."""
        if rule in ("empty", "oversize"):
            return self._trash_named(rule, most, _given(values))
        if not self._connection.read(self._queries[f"{rule}_exists"], _given(values)):
            return 0
        query, given = self._queries[f"trash_{rule}"], _given(values)

        def work(raw: apsw.Connection) -> int:
            raw.execute(query, given | {"limit": limit})
            return raw.changes()

        moved = 0
        while limit := _BATCH if most is None else min(_BATCH, most - moved):
            count = self._connection.transaction(work, durable=False)
            moved += count
            if count < limit:
                break
            time.sleep(GAP)
        return moved

    def _trash_named(self, rule: str, most: int | None, values: dict[str, Any]) -> int:
        """Where no index leads to what is due: it is named first."""
        queries = _pruning()
        named = self._connection.read(
            queries[rule], values | {"limit": -1 if most is None else most}
        )
        moved = 0
        for start in range(0, len(named), _BATCH):
            some = [
                {"id": id, "used": used, "now": values["now"]}
                for id, used in named[start : start + _BATCH]
            ]
            work = _changing(queries["trash_unused"], some)
            moved += self._connection.transaction(work, durable=False)
            time.sleep(GAP)
        return moved

    def destroy(self, cutoff: datetime, most: int | None) -> int:
        """See _retention.Steps."""
        purged = 0
        while most is None or purged < most:
            limit = _PURGED_TOGETHER if most is None else min(_PURGED_TOGETHER, most - purged)
            values = {"cutoff": timestamps.to_text(cutoff), "limit": limit}
            found = (self._connection.read(self._queries[query], values) for query in _OUTDATED)
            rows = next((some for some in found if some), None)
            if rows is None:
                break
            purged += len(purge(self._connection, [id for (id,) in rows], only_trash=True))
        return purged

    def planned(self, **values: object) -> tuple[Any, ...]:
        """See _retention.Steps."""
        [row] = self._connection.read(_pruning()["plan_cleanup"], _given(values))
        return row


def _given(values: dict[str, object]) -> dict[str, Any]:
    """As the statements take them: moments are texts, and so is a list, for json_each."""
    return {name: _value(name, value) for name, value in values.items()}


def _value(name: str, value: Any) -> Any:
    if name == "spare":
        return _json(value)
    if name == "cutoff" and value is None:
        return ""
    return value if isinstance(value, int) else timestamps.to_text(value)


def _changing(query: str, each: list[dict[str, Any]]) -> Callable[[apsw.Connection], int]:
    """What runs the query with each of the values; it says how many rows it has changed."""

    def work(raw: apsw.Connection) -> int:
        changed = 0
        for values in each:
            raw.execute(query, values)
            changed += raw.changes()
        return changed

    return work


def _pruning() -> dict[str, str]:
    return _queries.load(os.path.join(os.path.dirname(__file__), "pruning.sql"))


def _json(ids: Collection[str]) -> str:
    """Ids as a JSON list, for json_each."""
    if all(id.replace("-", "").isalnum() for id in ids):
        return "[" + ",".join(f'"{id}"' for id in ids) + "]"
    from json import dumps  # for ids that are none of ours

    return dumps([storable(id) for id in ids])


# the clock


def notice_clock(connection: Connection, row: tuple[Any, ...] | None) -> timedelta | None:
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
    if not wrong_times and not _retention.is_worth_a_note(seen, lowest, now):
        return None
    return connection.transaction(lambda raw: _move(raw, seen, lowest, now), durable=False)


def _move(
    raw: apsw.Connection, seen: datetime, lowest: datetime, now: datetime
) -> timedelta | None:
    text = timestamps.to_text(now)
    jump = _retention.jump(seen, lowest, now)
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
    queries = _queries.load(os.path.join(os.path.dirname(__file__), "clock.sql"))
    return raw.execute(queries[query], values).fetchall()
