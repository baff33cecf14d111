"""Sessions for the completion of a half-typed word, found through the methods that every store has.

An engine that can find them faster names its own function in STORES.
"""

from __future__ import annotations

from synapse.domain import SessionFilter
from synapse.search_query import SearchQuery, Word
from synapse.timestamps import to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import SessionSummary
    from synapse.ports import SessionStore

    Rows = list[tuple[str, ...]]

_HEX = frozenset("0123456789abcdef")
_LEAST_SAID = 2
"""Characters of a word that is looked for in what was said, too."""


def find_through_port(store: SessionStore, word: str, *, deleted: bool, limit: int) -> Rows:
    """The rows of `synapse.stores.sessions_for_completion`, found with the methods that every store
    has.
    """
    digits = word.lower().replace("-", "")
    found: list[SessionSummary] = []
    if digits and _HEX.issuperset(digits):
        found = store.find_by_prefix(digits, deleted=deleted, limit=limit)
    which = SessionFilter(text=word) if word else None
    found += store.list_sessions(which=which, deleted=deleted, limit=limit)
    if not found and len(word) >= _LEAST_SAID and not deleted:
        query = SearchQuery(expression=Word(text=word, prefix=True))
        found += [hit.session for hit in store.search(query, limit=limit)]
    each = {summary.session.id: summary for summary in found}
    return [_row(summary) for summary in each.values()][:limit]


def _row(summary: SessionSummary) -> tuple[str, ...]:
    session = summary.session
    return (
        session.id,
        session.name or "",
        session.title or "",
        summary.preview,
        to_text(session.updated_at),
        session.handle,
    )
