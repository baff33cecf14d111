"""What stands for the older messages of sessions, in a database file.

Where one goes, its text is overwritten: a purge of its session could not find it on a free page.
"""

from __future__ import annotations

import os

from synapse.errors import InvalidDataError
from synapse.stores import _queries, _summaries
from synapse.stores.sqlite._raw_rows import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    import apsw

    from synapse.domain import Summary

QUERIES = _queries.load(os.path.join(os.path.dirname(__file__), "summaries.sql"))


def _run(raw: apsw.Connection, query: str, **values: Any) -> list[tuple[Any, ...]]:
    return rows(raw, QUERIES[query], values)


def of_session(raw: apsw.Connection, session_id: str) -> list[Summary]:
    """See SummaryStore.summaries."""
    return [_summaries.summary(row) for row in _run(raw, "summaries", session_id=session_id)]


def add(raw: apsw.Connection, summary: Summary) -> bool:
    """See SummaryStore.add_summary; in a write transaction, of a session that is there."""
    _summaries.check(summary)
    there = of_session(raw, summary.session_id)
    standing = there[-1] if there else None
    if standing is not None and standing.id == summary.id:
        return True
    if (standing and standing.id) != summary.parent or not fits(raw, summary):
        return False
    if _run(raw, "summary_exists", id=summary.id):
        raise InvalidDataError(f"a summary with the id {summary.id} exists already")
    insert(raw, [_summaries.behind(summary, standing)])
    return True


def fits(raw: apsw.Connection, summary: Summary) -> bool:
    """Whether it stands for a beginning of its session as that is now."""
    [(it_does,)] = _run(
        raw,
        "fits",
        session_id=summary.session_id,
        last_index=summary.last_index,
        message_count=summary.messages,
    )
    return bool(it_does)


def insert_fitting(raw: apsw.Connection, session_id: str, summaries: Iterable[Summary]) -> None:
    """Those of an archive that stand for a beginning of its session, and are nowhere yet."""
    for one in summaries:
        here = one.replace(session_id=session_id)
        if fits(raw, here) and not _run(raw, "summary_exists", id=one.id):
            insert(raw, [here])


def insert(raw: apsw.Connection, summaries: Iterable[Summary]) -> None:
    for one in summaries:
        _run(raw, "add_summary", **_summaries.values(one))


def remove(raw: apsw.Connection, summary_id: str) -> bool:
    """See SummaryStore.remove_summary."""
    return _removed(raw, "remove_summary", id=summary_id) > 0


def remove_superseded(raw: apsw.Connection, session_id: str, first: int | None = None) -> None:
    """Before messages from an index on are superseded; without one, the answers to the last prompt:
    remove what stands for one of them.
    """
    if first is None:
        found = _run(raw, "first_answer_to_supersede", session_id=session_id)
    else:
        found = _run(raw, "first_message_to_supersede", session_id=session_id, first=first)
    [(index,)] = found
    if index is not None:
        _removed(raw, "remove_reaching", session_id=session_id, index=index)


def remove_unfit(raw: apsw.Connection, session_id: str) -> None:
    """Remove what stood for other messages than there are now."""
    _removed(raw, "remove_unfit", session_id=session_id)


def replace(
    raw: apsw.Connection, session_id: str, before: list[Summary], summaries: list[Summary]
) -> bool:
    """Put these in the place of what the session has; whether these are others. One that another
    session has is left out.
    """
    known = {one.id for one in before}
    there = [
        one for one in summaries if one.id in known or not _run(raw, "summary_exists", id=one.id)
    ]
    if there == before:
        return False
    _removed(raw, "remove_all", session_id=session_id)
    insert(raw, there)
    return True


def copy(raw: apsw.Connection, session_id: str, copy_id: str, last: int) -> None:
    """Into a branch that has copies of the messages up to `last`."""
    there = of_session(raw, session_id)
    if there:
        places = dict(_run(raw, "places", session_id=session_id, last=last))
        insert(raw, _summaries.copies(there, copy_id, places))


def _removed(raw: apsw.Connection, query: str, **values: Any) -> int:
    raw.pragma("secure_delete", True)
    try:
        _run(raw, query, **values)
        return raw.changes()
    finally:
        raw.pragma("secure_delete", "fast")
