"""The part of the store that looks into texts, and keeps what stands for them: each method loads
what it needs when it is used.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.errors import InvalidDataError, StorageError
from synapse.light.modules import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    import apsw

    from synapse.archived import ArchivedSession, Merged
    from synapse.domain import SessionSummary, StoredMessage, Summary
    from synapse.ports import SearchProgress
    from synapse.search_query import SearchHit, SearchQuery
    from synapse.stores.sqlite.connection import Connection

_SUGGESTED = 3


class Searchable:
    """Methods of SessionStore, for a store with a connection."""

    _connection: Connection

    if TYPE_CHECKING:

        def get_summary(self, session_id: str) -> SessionSummary | None: ...

        def _read(self, query: str, *, deleted: bool = ..., **values: Any) -> list[Any]: ...

        def _with_unique_handles(self, found: list[SessionSummary]) -> list[SessionSummary]: ...

        def get_messages(
            self, session_id: str, *, first: int = 1, last: int | None = None
        ) -> list[StoredMessage]: ...

    def search(
        self,
        query: SearchQuery,
        *,
        limit: int | None = None,
        progress: SearchProgress | None = None,
    ) -> Iterator[SearchHit]:
        """See SessionStore."""
        search = self._from("search.searching").Search(
            self._connection,
            query,
            progress=progress,
            summary=self.get_summary,
            with_handles=self._with_unique_handles,
            messages=lambda session_id, index: self.get_messages(
                session_id, first=index, last=index
            ),
        )
        hits: Iterator[SearchHit] = search.hits(limit)
        return hits

    def archived_session(self, session_id: str) -> ArchivedSession | None:
        """See SessionStore."""
        archived: ArchivedSession | None = self._from("archive.reading").archived(
            self._connection,
            session_id,
            lambda first, last: self.get_messages(session_id, first=first, last=last),
        )
        return archived

    def merge_sessions(self, sessions: Sequence[ArchivedSession]) -> list[Merged]:
        """See MergesTogether."""
        merge_all = self._from("archive.adding").merge_all
        merged: list[Merged] = self._connection.transaction(
            lambda raw: merge_all(raw, sessions), durable=False
        )
        return merged

    def merge_session(self, archived: ArchivedSession, *, as_copy: bool = False) -> Merged:
        """See SessionStore."""
        merge = self._from("archive.writing").merge
        merged: Merged = self._connection.transaction(
            lambda raw: merge(raw, archived, as_copy=as_copy), durable=False
        )
        return merged

    def add_summary(self, summary: Summary) -> bool:
        """See SummaryStore."""
        add, expect_session = self._from("_summaries").add, self._from("_statements").expect_session

        def work(raw: apsw.Connection) -> bool:
            expect_session(raw, summary.session_id)
            return bool(add(raw, summary))

        return self._connection.transaction(work)

    def summaries(self, session_id: str) -> list[Summary]:
        """See SummaryStore."""
        of_session = self._from("_summaries").of_session
        found: list[Summary] = self._connection.read_within(lambda raw: of_session(raw, session_id))
        return found

    def standing_summary(self, session_id: str) -> Summary | None:
        """See SummaryStore."""
        rows = self._read("standing_summary", session_id=session_id)
        if not rows:
            return None
        found: Summary = import_module("synapse.stores._summaries").summary(rows[0])
        return found

    def remove_summary(self, summary_id: str) -> bool:
        """See SummaryStore."""
        remove = self._from("_summaries").remove
        return bool(self._connection.transaction(lambda raw: remove(raw, summary_id)))

    def suggest_words(self, word: str) -> list[str]:
        """See SessionStore."""
        from synapse.search_query import SearchQuery, Word

        near = self._from("search.words").near(self._connection, word, 3 * _SUGGESTED)
        found = [
            other
            for other in near
            if next(self.search(SearchQuery(expression=Word(text=other)), limit=1), None)
        ]
        return found[:_SUGGESTED]

    def catch_up_search(
        self,
        *,
        everything: bool = False,
        progress: SearchProgress | None = None,
        seconds: float | None = None,
    ) -> int:
        """See SessionStore."""
        index = self._from("search.index")
        try:
            is_due, left = (True, 0) if everything else index.is_due(self._connection)
        except StorageError:
            is_due = True  # what is wrong is for `catch_up` to find out
        if is_due:
            left = self._from("search.catching_up").catch_up(
                self._connection, everything=everything, progress=progress, seconds=seconds
            )
        return int(left)

    def tag_sessions(self, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
        """See SessionStore."""
        for tag in tags:
            if tag.split() != [tag]:
                raise InvalidDataError(f"{tag!r} is no tag: a tag is one word")
        changed: list[str] = self._from("_tags").put_on(self._connection, session_ids, tags)
        return changed

    def untag_sessions(self, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
        """See SessionStore."""
        changed: list[str] = self._from("_tags").take_off(self._connection, session_ids, tags)
        return changed

    def tags(self, *, deleted: bool = False) -> list[tuple[str, int]]:
        """See SessionStore."""
        counted: list[tuple[str, int]] = self._from("_tags").counted(
            self._connection, deleted=deleted
        )
        return counted

    def _from(self, module: str) -> Any:
        return import_module(f"synapse.stores.sqlite.{module}")
