"""Operations on sessions: clean up, delete, restore, destroy."""

from __future__ import annotations

from synapse.advice import ASK, Advice
from synapse.domain import Status
from synapse.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.domain import SessionSummary
    from synapse.ports import SessionStore


def explain_no_sessions(store: SessionStore) -> tuple[str, Advice]:
    """What to say if there is no live session, and what to do next: either there never was one, or
    all are in the trash.
    """
    deleted = store.count_sessions(deleted=True)
    if not deleted:
        return "no sessions yet", Advice("Start one:  ", ASK, "Hello")
    where = "the only session is" if deleted == 1 else f"all {deleted:,} sessions are"
    see = Advice("See what is there:  ", "sessions list", deleted=True)
    return f"{where} in the trash", see


def close_abandoned_answers(
    store: SessionStore, summaries: Sequence[SessionSummary]
) -> list[SessionSummary]:
    """Close the answers of these sessions whose process is gone. Returns the sessions as they are
    then. If the store can't be written, they are returned as it has them.
    """
    return [_close_abandoned(store, summary) for summary in summaries]


def _close_abandoned(store: SessionStore, summary: SessionSummary) -> SessionSummary:
    if summary.last_status is not Status.STREAMING:
        return summary
    try:
        closed = store.close_abandoned(summary.session.id)
    except StorageError:
        return summary
    return (store.get_summary(summary.session.id) or summary) if closed else summary


def trash(store: SessionStore, sessions: Sequence[SessionSummary]) -> list[SessionSummary]:
    """Put the sessions into the trash. Returns those that were not there already."""
    moved = frozenset(store.trash_sessions(_ids(sessions)))
    return [summary for summary in sessions if summary.session.id in moved]


def restore(store: SessionStore, sessions: Sequence[SessionSummary]) -> list[SessionSummary]:
    """Take the sessions out of the trash. Returns those that were there, as they are now."""
    restored = frozenset(store.restore_sessions(_ids(sessions)))
    return [
        store.get_summary(summary.session.id) or summary
        for summary in sessions
        if summary.session.id in restored
    ]


def destroy(store: SessionStore, sessions: Sequence[SessionSummary]) -> list[SessionSummary]:
    """Destroy the sessions with their messages. Returns those that still existed."""
    destroyed = frozenset(store.delete_sessions(_ids(sessions)))
    return [summary for summary in sessions if summary.session.id in destroyed]


def _ids(sessions: Sequence[SessionSummary]) -> list[str]:
    return [summary.session.id for summary in sessions]
