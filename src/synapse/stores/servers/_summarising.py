"""A summary is added to a session on a server, or removed from it."""

from __future__ import annotations

from synapse.errors import InvalidDataError
from synapse.stores import _summaries as rows_of
from synapse.stores.servers import _summaries, _values
from synapse.stores.servers._sessions import expect_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import Summary
    from synapse.stores.servers.dialect import Raw


def add_summary(raw: Raw, summary: Summary) -> bool:
    """See SummaryStore.add_summary."""
    expect_session(raw, summary.session_id)
    rows_of.check(summary)
    rows = _summaries.run(raw, "standing_summary", session_id=summary.session_id)
    standing = rows_of.summary(rows[0]) if rows else None
    if standing is not None and standing.id == summary.id:
        return True
    if (standing and standing.id) != summary.parent or not _summaries.fits(raw, summary):
        return False
    _check_id(raw, summary)
    _summaries.insert(raw, [rows_of.behind(summary, standing)])
    return True


def _check_id(raw: Raw, summary: Summary) -> None:
    if not _values.is_id(summary.id):
        raise InvalidDataError(f"{summary.id!r} is no id: a summary's is a UUID")
    if _summaries.run(raw, "session_of_summary", id=summary.id):
        raise InvalidDataError(f"a summary with the id {summary.id} exists already")


def remove_summary(raw: Raw, summary_id: str) -> bool:
    """See SummaryStore.remove_summary."""
    if not _values.is_id(summary_id):
        return False
    for (session_id,) in _summaries.run(raw, "session_of_summary", id=summary_id):
        expect_session(raw, session_id)
        _summaries.run(raw, "remove_summary", session_id=session_id, id=summary_id)
        return raw.changed > 0
    return False
