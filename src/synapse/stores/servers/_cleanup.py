"""What a clean-up of a store on a server does, and what it notes of the clock."""

from __future__ import annotations

from synapse import timestamps
from synapse.light.dates import UTC, datetime, timedelta
from synapse.stores import _retention
from synapse.stores.servers import _bulk, _values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from synapse.stores.servers.dialect import Connection, Raw, Rows

_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
_NOBODY = "00000000-0000-0000-0000-000000000000"
"""In a list of ids that must not be empty."""
_LARGEST = (1 << 63) - 1


class Steps:
    """The steps of `_retention.Cleanup` over one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._queries = connection.dialect.statements("cleanup")
        self._gaps: list[tuple[datetime, datetime]] | None = None

    def gaps(self) -> list[tuple[datetime, datetime]]:
        """See _retention.Steps. They are asked for once a run."""
        if self._gaps is None:
            self._gaps = [
                (timestamps.readable(began), timestamps.readable(ended))
                for began, ended in self._read("gaps", {})
            ]
        return self._gaps

    def finds(self, query: str, **values: object) -> bool:
        """See _retention.Steps."""
        return bool(self._read(query, _given(values)))

    def trash(self, rule: str, most: int | None, **values: object) -> int:
        """See _retention.Steps. What is due is named first, then moved batch by batch."""
        given = _given(values) | {"limit": _LARGEST if most is None else min(most, _LARGEST)}
        if rule == "excess":
            kept = self._read("last_kept", {"passed": given["max_sessions"] - 1})
            if not kept:
                return 0
            given |= {"used": timestamps.readable(kept[0][0]), "id": kept[0][1]}
        named = self._read(rule, given)
        moved = 0
        for start in range(0, len(named), _bulk.AT_ONCE):
            some = named[start : start + _bulk.AT_ONCE]
            ids = [row[0] for row in some]
            latest = max(timestamps.readable(row[1]) for row in some)
            moved += self._connection.transaction(
                _trashing(ids, latest, given["now"]), durable=False
            )
        return moved

    def destroy(self, cutoff: datetime, most: int | None) -> int:
        """See _retention.Steps."""
        purged = 0
        while most is None or purged < most:
            limit = _bulk.AT_ONCE if most is None else min(_bulk.AT_ONCE, most - purged)
            rows = self._read("outdated", {"cutoff": cutoff, "limit": limit})
            count = len(_bulk.purge(self._connection, [id for (id,) in rows], only_trash=True))
            if not count:
                break
            purged += count
        return purged

    def planned(self, **values: object) -> tuple[Any, ...]:
        """See _retention.Steps."""
        [row] = self._read("plan_cleanup", _given(values))
        return tuple(int(number or 0) for number in row)

    def _read(self, query: str, values: Mapping[str, Any]) -> Rows:
        return self._connection.read(self._queries[query], values)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the statements take them."""
    return {name: _value(name, value) for name, value in values.items()}


def _value(name: str, value: Any) -> Any:
    if name == "spare":
        return tuple(id for id in value if _values.is_id(id)) or (_NOBODY,)
    if name == "cutoff" and value is None:
        return _BEFORE_ALL
    if type(value) is int:
        return min(value, _LARGEST)
    return value


def _trashing(ids: Collection[str], latest: datetime, now: datetime) -> Any:
    """Work that moves those that nobody has used since; it says how many those were."""

    def work(raw: Raw) -> int:
        _bulk.run(raw, "trash_unused", ids=tuple(ids), latest=latest, now=now)
        moved: Collection[str] = ids
        count = raw.changed
        if count != len(ids):
            rows = _bulk.run(raw, "trashed_at", ids=tuple(ids), now=now)
            moved = [id for (id,) in rows]
        _bulk.note_trash(raw, moved, now)
        return len(moved) if raw.repeated else count

    return work


# the clock


def notice_clock(connection: Connection) -> timedelta | None:
    """Note that the clock is seen; by how much it has jumped since the last time, None if it has
    not.
    """
    queries = connection.dialect.statements("cleanup")
    now = timestamps.now()
    rows = connection.read(queries["clock"])
    if not rows:
        connection.transaction(
            lambda raw: raw.execute(queries["first_look"], {"now": now}), durable=False
        )
        return None
    seen = timestamps.readable(rows[0][0])
    lowest = seen if rows[0][1] is None else min(seen, timestamps.readable(rows[0][1]))
    mark = {"marked_at": timestamps.readable(rows[0][2]), "mark": timestamps.readable(rows[0][3])}
    wrong_times = bool(connection.read(queries["used_before_it_was_made"], mark))
    if not wrong_times and not _retention.is_worth_a_note(seen, lowest, now):
        return None
    return connection.transaction(lambda raw: _move(raw, seen, lowest, now, mark), durable=False)


def _move(
    raw: Raw, seen: datetime, lowest: datetime, now: datetime, mark: dict[str, datetime]
) -> timedelta | None:
    queries = raw.dialect.statements("cleanup")
    jump = _retention.jump(seen, lowest, now)
    if mark["marked_at"] <= now:  # one of the future was set by the wrong clock itself
        raw.execute(queries["set_times"], mark)
    if jump is None:
        raw.execute(queries["mark"], {"now": now})
    elif jump > timedelta(0):
        raw.execute(queries["add_gap"], {"began_at": lowest, "ended_at": now})
    else:
        raw.execute(queries["drop_gaps_of_the_future"], {"now": now})
        raw.execute(queries["cut_gaps_that_last_into_the_future"], {"now": now})
    raw.execute(queries["look"], {"now": now})
    return jump
