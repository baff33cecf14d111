"""What a clean-up does on every engine: its rules, how far each of them goes, and what a clock that
jumps, or was wrong for a while, does to it: as little as possible.

A clean-up can't know whether the clock is right, only that it has moved by more than it is run in.
A jump stops it once, and that is said. Time that was leapt over makes nothing older: what had been
in the trash for ten days before a jump has been there for ten days after it. A machine that slept
for 200 days looks the same and is treated so; what is kept longer than it need be is no loss.
"""

from __future__ import annotations

from synapse import timestamps
from synapse.domain import CleanupPlan, CleanupResult
from synapse.light.dates import UTC, datetime, timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any, Protocol

    from synapse.domain import Retention

    class Steps(Protocol):
        """What an engine does for a clean-up, each in transactions so short that nobody waits long.
        Moments are given as such; values go by the names that the engine's statements have.
        """

        def gaps(self) -> list[tuple[datetime, datetime]]:
            """The times that the clock has skipped, the latest first."""

        def finds(self, query: str, **values: object) -> bool:
            """Whether the query has a row."""

        def trash(self, rule: str, most: int | None, **values: object) -> int:
            """Put what the rule names into the trash, no more than `most`; how many those were."""

        def destroy(self, cutoff: datetime, most: int | None) -> int:
            """Destroy what has been in the trash since before that moment; how many those were."""

        def planned(self, **values: object) -> tuple[Any, ...]:
            """The five numbers of a CleanupPlan."""


FORWARD = timedelta(days=7)
"""From one clean-up to the next; what is longer is taken for a jump, and for no time at all."""
BACKWARD = timedelta(days=1)
"""Smaller steps back are corrections, and of zones: nothing that is counted in days minds them."""
_PAUSE = timedelta(hours=1)
"""Between two notes of the time: most starts write nothing."""
_SPARED_DAYS = 30
"""Days for which a restored session is left alone."""
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


def is_worth_a_note(seen: datetime, lowest: datetime, now: datetime) -> bool:
    """Whether the time is to be noted, which was `seen` last, and was as low as `lowest` since."""
    return lowest != seen or not timedelta(0) <= now - seen < _PAUSE


def jump(seen: datetime, lowest: datetime, now: datetime) -> timedelta | None:
    """By how much the clock has jumped since; None if it has not."""
    if seen - now > BACKWARD:
        return now - seen
    return now - lowest if now - lowest > FORWARD else None


def cutoff(gaps: Iterable[tuple[datetime, datetime]], now: datetime, age: timedelta) -> datetime:
    """The moment before which something is older than `age`; the times that the clock skipped, the
    latest first, don't count. Raises OverflowError.
    """
    moment, left = now, age
    for began, ended in gaps:
        ended = min(ended, moment)  # a gap may lie within another that ended later
        if moment - ended >= left:
            break
        if began >= ended:
            continue
        left -= moment - ended
        moment = began
    return moment - left


class Cleanup:
    """One run over one database."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._now = timestamps.now()
        self._left: int | None = None

    def run(
        self, retention: Retention, spare: Collection[str], at_most: int | None
    ) -> CleanupResult:
        """See SessionStore.cleanup."""
        self._left = at_most
        by_retention = by_emptiness = by_limit = by_size = purged = 0
        if cutoff := self._cutoff(retention):
            by_retention = self._trash("expired", spare, cutoff=cutoff)
        if retention.empty:
            by_emptiness = self._trash("empty", spare)
        if retention.max_sessions > 0:
            by_limit = self._trash("excess", spare, max_sessions=retention.max_sessions)
        if retention.max_size > 0:
            by_size = self._trash("oversize", spare, max_size=retention.max_size)
        if retention.trash_days is not None and self._left != 0:
            purged = self._steps.destroy(self._before(retention.trash_days), self._left)
        return CleanupResult(
            by_retention=by_retention,
            by_emptiness=by_emptiness,
            by_limit=by_limit,
            by_size=by_size,
            purged=purged,
        )

    def plan(self, retention: Retention, spare: Collection[str]) -> CleanupPlan:
        """See SessionStore.plan_cleanup."""
        row = self._steps.planned(
            cutoff=self._cutoff(retention),
            empty=retention.empty,
            max_sessions=retention.max_sessions if retention.max_sessions > 0 else -1,
            max_size=retention.max_size if retention.max_size > 0 else -1,
            restored_before=self._before(_SPARED_DAYS),
            spare=spare,
        )
        return CleanupPlan(
            by_retention=row[0],
            by_emptiness=row[1],
            by_limit=row[2],
            by_size=row[3],
            pinned=row[4],
        )

    def is_due(self, retention: Retention) -> bool:
        """Whether a clean-up that believes the clock would find anything."""
        finds = self._steps.finds
        if retention.retention_days > 0 and finds(
            "expired_exists", cutoff=self._long_ago(retention.retention_days)
        ):
            return True
        if retention.max_sessions > 0 and finds(
            "excess_exists", max_sessions=retention.max_sessions
        ):
            return True
        return retention.trash_days is not None and finds(
            "outdated_exists", cutoff=self._long_ago(retention.trash_days)
        )

    def _trash(self, rule: str, spare: Collection[str], **limits: object) -> int:
        if self._left == 0:
            return 0
        moved = self._steps.trash(
            rule,
            self._left,
            now=self._now,
            restored_before=self._before(_SPARED_DAYS),
            spare=spare,
            **limits,
        )
        if self._left is not None:
            self._left -= moved
        return moved

    def _cutoff(self, retention: Retention) -> datetime | None:
        """What was last used before goes; None for nothing."""
        if retention.unused_since is not None:
            return retention.unused_since
        return self._before(retention.retention_days) if retention.retention_days > 0 else None

    def _before(self, days: int) -> datetime:
        """The moment so many days ago, by a clock that did not jump; of more days than the
        calendar has, its beginning.
        """
        try:
            return cutoff(self._steps.gaps(), self._now, timedelta(days))
        except OverflowError:
            return _BEFORE_ALL

    def _long_ago(self, days: int) -> datetime:
        try:
            return self._now - timedelta(days)
        except OverflowError:
            return _BEFORE_ALL
