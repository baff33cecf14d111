"""Do something to every session that fits a filter, page by page: the memory needed is constant."""

from __future__ import annotations

from synapse.domain import SessionFilter, SessionTotals
from synapse.light.dates import timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from synapse.domain import SessionSummary
    from synapse.ports import SessionStore

_PAGE = 200


def limit_to_existing(which: SessionFilter, newest: SessionSummary) -> SessionFilter:
    """The filter, without sessions that are used or deleted later than `newest`. So sessions that
    appear while the user reads a question are not affected by the answer.
    """
    return which.replace(until=_just_after(newest))


def act_on_each_page(
    store: SessionStore,
    which: SessionFilter,
    act: Callable[[list[str]], list[str]],
    *,
    deleted: bool,
) -> Iterator[SessionTotals]:
    """Call `act` with the ids of all sessions that fit, live or in the trash, one page at a time.
    `act` returns the ids that it changed; these must no longer be found by the same filter. Yields
    the totals so far after each page.
    """
    done = SessionTotals()
    before: list[SessionSummary] = []
    while page := store.list_sessions(which=which, deleted=deleted, limit=_PAGE):
        changed = frozenset(act([summary.session.id for summary in page]))
        counts = [s.message_count for s in page if s.session.id in changed]
        done = SessionTotals(
            sessions=done.sessions + len(counts), messages=done.messages + sum(counts)
        )
        yield done
        if not changed and page == before:
            return  # nothing moves them
        before = page
        which = limit_to_existing(which, page[-1])


def _just_after(summary: SessionSummary) -> datetime:
    session = summary.session
    return (session.deleted_at or session.updated_at) + timedelta(microseconds=1)
