"""The clean-up: policy → trash → destruction, in steps that let other writers in."""

from __future__ import annotations

import os
import time

from synapse import timestamps
from synapse.domain import CleanupPlan, CleanupResult
from synapse.light.dates import timedelta
from synapse.stores import _queries
from synapse.stores._text import storable
from synapse.stores.sqlite import _clock
from synapse.stores.sqlite._bulk import purge
from synapse.stores.sqlite._pauses import GAP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    import apsw

    from synapse.domain import Retention
    from synapse.stores.sqlite.connection import Connection

_BATCH = 50
"""Sessions a transaction: 1 to 8 ms, during which other writers wait."""
_PURGED_TOGETHER = 500
"""Sessions between two times that the WAL is emptied; they go in short transactions."""
_OUTDATED = ("outdated_trash", "outdated_kept")
"""The two parts of the trash."""
_SPARED_DAYS = 30
"""Days for which a restored session is left alone."""
_BEFORE_ALL = "0001"
"""A text before every moment."""


class Cleanup:
    """One run over one database."""

    def __init__(
        self,
        connection: Connection,
        queries: dict[str, str],
    ) -> None:
        self._connection = connection
        self._queries = queries
        self._now = timestamps.now()
        self._left: int | None = None
        self._spare = "[]"

    def run(
        self, retention: Retention, spare: Collection[str], at_most: int | None
    ) -> CleanupResult:
        """See SessionStore.cleanup."""
        self._left = at_most
        self._spare = _json(spare)
        by_retention = by_emptiness = by_limit = by_size = 0
        if cutoff := self._cutoff(retention):
            by_retention = self._trash("expired", cutoff=cutoff)
        if retention.empty:
            by_emptiness = self._trash_named("empty")
        if retention.max_sessions > 0:
            by_limit = self._trash("excess", max_sessions=retention.max_sessions)
        if retention.max_size > 0:
            by_size = self._trash_named("oversize", max_size=retention.max_size)
        purged = 0
        if retention.trash_days is not None:
            purged = self._destroy(self._before(retention.trash_days))
        return CleanupResult(
            by_retention=by_retention,
            by_emptiness=by_emptiness,
            by_limit=by_limit,
            by_size=by_size,
            purged=purged,
        )

    def plan(self, retention: Retention, spare: Collection[str]) -> CleanupPlan:
        """See SessionStore.plan_cleanup."""
        values = {
            "cutoff": self._cutoff(retention),
            "empty": retention.empty,
            "max_sessions": retention.max_sessions if retention.max_sessions > 0 else -1,
            "max_size": retention.max_size if retention.max_size > 0 else -1,
            "restored_before": self._before(_SPARED_DAYS),
            "spare": _json(spare),
        }
        [row] = self._connection.read(_pruning()["plan_cleanup"], values)
        return CleanupPlan(
            by_retention=row[0],
            by_emptiness=row[1],
            by_limit=row[2],
            by_size=row[3],
            pinned=row[4],
        )

    def is_due(self, retention: Retention) -> bool:
        """Whether a clean-up that believes the clock would find anything."""
        exists = self._connection.read
        if retention.retention_days > 0:
            cutoff = self._long_ago(retention.retention_days)
            if exists(self._queries["expired_exists"], {"cutoff": cutoff}):
                return True
        if retention.max_sessions > 0 and exists(
            self._queries["excess_exists"], {"max_sessions": retention.max_sessions}
        ):
            return True
        if retention.trash_days is None:
            return False
        values = {"cutoff": self._long_ago(retention.trash_days), "limit": 1}
        return any(exists(self._queries[query], values) for query in _OUTDATED)

    def _long_ago(self, days: int) -> str:
        try:
            return timestamps.to_text(self._now - timedelta(days))
        except OverflowError:
            return _BEFORE_ALL

    def _cutoff(self, retention: Retention) -> str:
        """What was last used before goes; empty for nothing."""
        if retention.unused_since is not None:
            return timestamps.to_text(retention.unused_since)
        return self._before(retention.retention_days) if retention.retention_days > 0 else ""

    def _before(self, days: int) -> str:
        """The moment so many days ago, by a clock that did not jump; of more days than the
        calendar has, its beginning.
        """
        try:
            return timestamps.to_text(_clock.cutoff(self._connection, self._now, timedelta(days)))
        except OverflowError:
            return _BEFORE_ALL

    def _batch(self) -> int:
        return _BATCH if self._left is None else min(_BATCH, self._left)

    def _done(self, count: int) -> None:
        if self._left is not None:
            self._left -= count

    def _trash(self, rule: str, **limits: object) -> int:
        """Put everything that one rule names into the trash, batch by batch."""
        moved = 0
        if not self._connection.read(self._queries[f"{rule}_exists"], limits):
            return 0
        values = limits | {
            "now": timestamps.to_text(self._now),
            "restored_before": self._before(_SPARED_DAYS),
            "spare": self._spare,
        }
        query = self._queries[f"trash_{rule}"]

        def work(raw: apsw.Connection) -> int:
            raw.execute(query, values | {"limit": limit})
            return raw.changes()

        while limit := self._batch():
            count = self._connection.transaction(work, durable=False)
            moved += count
            self._done(count)
            if count < limit:
                break
            time.sleep(GAP)
        return moved

    def _trash_named(self, rule: str, **limits: object) -> int:
        """As `_trash`, where no index leads to what is due: it is named first."""
        queries = _pruning()
        values = limits | {
            "restored_before": self._before(_SPARED_DAYS),
            "spare": self._spare,
            "limit": -1 if self._left is None else self._left,
        }
        named = self._connection.read(queries[rule], values)
        now = timestamps.to_text(self._now)
        moved = 0
        for start in range(0, len(named), _BATCH):
            some = [
                {"id": id, "used": used, "now": now} for id, used in named[start : start + _BATCH]
            ]
            work = _changing(queries["trash_unused"], some)
            moved += self._connection.transaction(work, durable=False)
            time.sleep(GAP)
        self._done(moved)
        return moved

    def _destroy(self, cutoff: str) -> int:
        purged = 0
        while self._left != 0:
            limit = _PURGED_TOGETHER if self._left is None else min(_PURGED_TOGETHER, self._left)
            values = {"cutoff": cutoff, "limit": limit}
            found = (self._connection.read(self._queries[query], values) for query in _OUTDATED)
            rows = next((some for some in found if some), None)
            if rows is None:
                break
            count = len(purge(self._connection, [id for (id,) in rows], only_trash=True))
            purged += count
            self._done(count)
        return purged


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
