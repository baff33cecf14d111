"""Sessions that another program deleted: hidden from that program, shown in our trash."""

from __future__ import annotations

import os

from synapse.stores import _queries
from synapse.stores.sqlite import _summaries
from synapse.stores.sqlite._folding import fold_session
from synapse.stores.sqlite._raw_rows import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import apsw

QUERIES = _queries.load(os.path.join(os.path.dirname(__file__), "kept.sql"))
_BRING_BACK = ("bring_session_back", "bring_messages_back", "bring_attachments_back", "count_anew")
_FORGET = ("forget_attachments", "forget_messages", "forget_session")
_FORGET_ARCHIVE = ("forget_changes", "forget_import", "forget_message_extras", "forget_summaries")


def listed(query: str) -> str:
    """A query for summaries of sessions in the trash, asked of the kept ones as well.

    Each table is asked by itself, along its indexes, and the two are merged: one query of both
    would read and sort all that is in the trash. The condition's parts are joined by AND.
    """
    one, order, rest = query.rstrip("; \n").rpartition("\nORDER BY")
    if not order:
        one, rest = rest, ""
    other = one.replace("FROM sessions", "FROM kept_sessions")
    return f"{one}\nUNION ALL\n{other} AND id NOT IN (SELECT id FROM sessions){order}{rest}"


def in_trash(query: str) -> str:
    """The same for a query that reads all of them."""
    return QUERIES["trashed"].rstrip("; \n") + "\n" + query.replace("FROM sessions", "FROM trashed")


def is_kept(raw: apsw.Connection, session_id: str) -> bool:
    """Whether another program has deleted the session, and it is still there."""
    return bool(_run(raw, "is_kept", id=session_id))


def bring_back(raw: apsw.Connection, session_id: str, *, live: bool = False) -> bool:
    """In a write transaction: make it a session like others, in the trash unless `live`; False if
    it is no kept one. What there is of it already stays as it is.
    """
    if not is_kept(raw, session_id):
        return False
    for step in _BRING_BACK:
        _run(raw, step, id=session_id)
    if live:
        _run(raw, "restore_row", id=session_id)
    _summaries.remove_unfit(raw, session_id)
    fold_session(raw, session_id)
    if any(row[1] == "tool_calls" for row in raw.execute("PRAGMA table_info(messages)")):
        _run(raw, "bring_tools_back", id=session_id)
    forget(raw, session_id)
    return True


def forget(raw: apsw.Connection, session_id: str) -> bool:
    """In a write transaction: destroy it for good; False if it is no kept one."""
    for step in _FORGET:
        _run(raw, step, id=session_id)
    return raw.changes() > 0


def forget_archive(raw: apsw.Connection, session_id: str) -> None:
    """In a write transaction: destroy the summaries of a session, and what exports and imports know
    of it.
    """
    for step in _FORGET_ARCHIVE:
        _run(raw, step, id=session_id)


def finish_answer(raw: apsw.Connection, values: dict[str, Any], updated_at: str) -> bool:
    """In a write transaction: close an answer whose session has been deleted meanwhile; False if
    it is not there either.
    """
    known = "SELECT 1 FROM kept_messages WHERE session_id = :session_id AND id = :id"
    if not rows(raw, known, values):
        return False
    if _run(raw, "finish_answer", **values):
        _run(raw, "finish_session", id=values["session_id"], updated_at=updated_at)
    return True


def _run(raw: apsw.Connection, query: str, **values: Any) -> list[tuple[Any, ...]]:
    return rows(raw, QUERIES[query], values)
