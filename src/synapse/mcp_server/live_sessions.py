"""A store as a coding agent may see it: what is live, and nothing that would change anything.

What is in the trash is not there at all: no id, name or position leads to it, and no count or error
tells of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synapse.app.references import resolve
from synapse.app.search import find, prepare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import cast

    from synapse.app.search import Search
    from synapse.domain import SessionFilter, SessionSummary, StoredMessage
    from synapse.ports import SearchProgress, SessionStore
    from synapse.search_query import SearchHit, SearchQuery


class LiveSessions:
    """The reading methods of SessionStore that references and searches use, without the trash;
    what is asked of the trash is answered as if it were empty.
    """

    def __init__(self, store: SessionStore) -> None:
        self._store = store

    @property
    def as_store(self) -> SessionStore:
        """For functions that want a store and only read."""
        if TYPE_CHECKING:
            return cast("SessionStore", self)  # of which those below are all that is called
        return self

    # what the tools ask

    def named(self, reference: str) -> SessionSummary:
        """The session that a REF means. Raises as `resolve`."""
        return resolve(self.as_store, reference)

    def prepared(self, text: str) -> Search:
        """A query, read. Raises UsageError."""
        return prepare(self.as_store, text)

    def found(self, search: Search, *, rank: bool, progress: SearchProgress) -> Iterator[SearchHit]:
        """The messages that are found, as `app.search.find` has them."""
        return find(self.as_store, search, rank=rank, progress=progress)

    # of SessionStore

    def get_summary(self, session_id: str) -> SessionSummary | None:
        """See SessionStore."""
        found = self._store.get_summary(session_id)
        return None if found is None or found.session.deleted_at is not None else found

    def get_messages(
        self, session_id: str, *, first: int = 1, last: int | None = None
    ) -> list[StoredMessage]:
        """See SessionStore."""
        if self.get_summary(session_id) is None:
            return []
        return self._store.get_messages(session_id, first=first, last=last)

    def list_sessions(
        self,
        *,
        limit: int | None = None,
        after: SessionSummary | None = None,
        deleted: bool = False,
        which: SessionFilter | None = None,
    ) -> list[SessionSummary]:
        """See SessionStore."""
        if deleted:
            return []
        return self._store.list_sessions(limit=limit, after=after, which=which)

    def nth_session(self, number: int, *, deleted: bool = False) -> SessionSummary | None:
        """See SessionStore."""
        return None if deleted else self._store.nth_session(number)

    def count_sessions(self, *, deleted: bool = False) -> int:
        """See SessionStore."""
        return 0 if deleted else self._store.count_sessions()

    def find_by_prefix(
        self, digits: str, *, deleted: bool = False, limit: int = 10
    ) -> list[SessionSummary]:
        """See SessionStore."""
        return [] if deleted else self._store.find_by_prefix(digits, limit=limit)

    def find_by_name(self, name: str, *, deleted: bool = False) -> list[SessionSummary]:
        """See SessionStore."""
        return [] if deleted else self._store.find_by_name(name)

    def search(
        self,
        query: SearchQuery,
        *,
        limit: int | None = None,
        progress: SearchProgress | None = None,
    ) -> Iterator[SearchHit]:
        """See SessionStore."""
        live = query.replace(deleted=False)
        return self._store.search(live, limit=limit, progress=progress)

    def suggest_words(self, word: str) -> list[str]:
        """See SessionStore."""
        return self._store.suggest_words(word)
