"""The clean-up of old sessions that every start makes, as the configuration says."""

from __future__ import annotations

from synapse.domain import CleanupResult
from synapse.errors import StorageError
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from synapse.domain import ClockJump, Retention, SessionSummary
    from synapse.ports import SessionStore


class CleanupReport(Record):
    """What a clean-up put into the trash or destroyed."""

    result: CleanupResult
    newest: tuple[SessionSummary, ...] = ()
    """The sessions, if they are few."""
    jump: ClockJump | None = None
    """What the clock did, if that kept the clean-up from doing anything."""

    def __bool__(self) -> bool:
        return self.result.total > 0 or self.result.purged > 0


FEW = 3
_SLICE = 1000
"""Sessions that one start cleans up at the most, in about 100 ms; the next goes on."""


def clean_up(
    store: SessionStore, retention: Retention, spare: Collection[str] = ()
) -> CleanupReport:
    """Apply the retention rules and report what was done. If the store can't be written, nothing
    happens: the next start tries again.
    """
    try:
        jump = store.notice_clock(retention)
        if jump is not None:
            return CleanupReport(result=CleanupResult(), jump=jump)
        result = store.cleanup(retention, spare=spare, at_most=_SLICE)
        if not 0 < result.total <= FEW:
            return CleanupReport(result=result)
        return CleanupReport(
            result=result, newest=tuple(store.list_sessions(limit=result.total, deleted=True))
        )
    except StorageError:
        return CleanupReport(result=CleanupResult())
