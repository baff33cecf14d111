"""What stands for the older messages of sessions, on a server. Whoever changes something has locked
the session's row.
"""

from __future__ import annotations

from synapse.stores import _summaries
from synapse.stores.servers import _values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from synapse.domain import Summary
    from synapse.stores.servers.dialect import Connection, Raw, Rows


def run(raw: Raw, query: str, **values: Any) -> Rows:
    """The rows of a statement of summaries.sql."""
    return raw.execute(raw.dialect.statements("summaries")[query], values)


def read(connection: Connection, query: str, session_id: str) -> list[Summary]:
    """Those of a session, outside a transaction; `query` is the name of one."""
    if not _values.is_id(session_id):
        return []
    statement = connection.dialect.statements("summaries")[query]
    rows = connection.read(statement, {"session_id": session_id})
    return [_summaries.summary(row) for row in rows]


def of_session(raw: Raw, session_id: str) -> list[Summary]:
    """See SummaryStore.summaries."""
    return [_summaries.summary(row) for row in run(raw, "summaries", session_id=session_id)]


def fits(raw: Raw, summary: Summary) -> bool:
    """Whether it stands for a beginning of its session as that is now."""
    place = {"session_id": summary.session_id, "last_index": summary.last_index}
    if not run(raw, "has_message", **place):
        return False
    [(count,)] = run(raw, "count_live", **place)
    return bool(count == summary.messages)


def insert(raw: Raw, summaries: Iterable[Summary]) -> None:
    """Into a session that is there, whatever it has."""
    for one in summaries:
        values = _summaries.values(one) | {"created_at": one.created_at}
        if not _values.is_id(values["parent"] or ""):
            values["parent"] = None
        run(raw, "add_summary", **values)


def insert_fitting(raw: Raw, session_id: str, summaries: Iterable[Summary]) -> None:
    """Those of an archive that stand for a beginning of its session, and are nowhere yet."""
    for one in summaries:
        here = one.replace(session_id=session_id)
        if fits(raw, here) and _is_new(raw, here):
            insert(raw, [here])


def replace(raw: Raw, session_id: str, before: list[Summary], summaries: list[Summary]) -> bool:
    """Put these in the place of what the session has; whether these are others. One that another
    session has is left out.
    """
    known = {one.id for one in before}
    there = [one for one in summaries if one.id in known or _is_new(raw, one)]
    if there == before:
        return False
    run(raw, "remove_all", session_id=session_id)
    insert(raw, there)
    return True


def _is_new(raw: Raw, summary: Summary) -> bool:
    return _values.is_id(summary.id) and not run(raw, "session_of_summary", id=summary.id)


def has_any(raw: Raw, session_id: str) -> bool:
    """Whether something stands for messages of the session."""
    return bool(run(raw, "standing_summary", session_id=session_id))


def remove_of_answers(raw: Raw, session_id: str, question: int) -> None:
    """Before the answers to a question are superseded: remove what stands for one of them."""
    values = {"session_id": session_id, "question": question}
    _remove_reaching(raw, session_id, run(raw, "first_answer_to_supersede", **values))


def remove_of_messages(raw: Raw, session_id: str, first: int) -> None:
    """Before messages from an index on are superseded: remove what stands for one of them."""
    values = {"session_id": session_id, "first": first}
    _remove_reaching(raw, session_id, run(raw, "first_message_to_supersede", **values))


def _remove_reaching(raw: Raw, session_id: str, found: Rows) -> None:
    [(index,)] = found
    if index is not None:
        run(raw, "remove_reaching", session_id=session_id, index=index)


def copy(raw: Raw, session_id: str, copy_id: str, places: Mapping[int, int]) -> None:
    """Into a branch: `places` are the indexes of its messages there, by those of the originals."""
    insert(raw, _summaries.copies(of_session(raw, session_id), copy_id, places))
