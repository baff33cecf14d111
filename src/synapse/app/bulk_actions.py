"""The same for every session that a filter means, page by page: in constant memory, however many
there are.
"""

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
    """The filter, but for sessions used, or put into the trash, after the newest that it means
    now: what comes while the user thinks about the question is not a part of the answer.
    """
    return which.replace(until=_just_after(newest))


def act_on_each_page(
    store: SessionStore,
    which: SessionFilter,
    act: Callable[[list[str]], list[str]],
    *,
    deleted: bool,
) -> Iterator[SessionTotals]:
    """Do `act` to the ids of all live sessions, or those in the trash, that are meant, a page at
    a time; after each page, what has been done so far. `act` says which it has changed; these no
    longer are where they were found.
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
