"""The part of the store that searches: each method loads what it needs when it is used.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.light.modules import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.domain import SessionSummary, StoredMessage, Summary
    from synapse.ports import SearchProgress
    from synapse.search_query import SearchHit, SearchQuery
    from synapse.stores.servers.dialect import Connection, Raw

_SUGGESTED = 3


class Searchable:
    """Methods of SessionStore, for a store with a connection."""

    _connection: Connection

    if TYPE_CHECKING:

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
        search = _from("searching").Search(
            self._connection,
            query,
            progress=progress,
            with_handles=self._with_unique_handles,
            messages=lambda session_id, index: self.get_messages(
                session_id, first=index, last=index
            ),
        )
        hits: Iterator[SearchHit] = search.hits(limit)
        return hits

    def add_summary(self, summary: Summary) -> bool:
        """See SummaryStore."""
        return bool(self._change_summaries("add_summary", summary))

    def summaries(self, session_id: str) -> list[Summary]:
        """See SummaryStore."""
        return self._read_summaries("summaries", session_id)

    def standing_summary(self, session_id: str) -> Summary | None:
        """See SummaryStore."""
        return next(iter(self._read_summaries("standing_summary", session_id)), None)

    def remove_summary(self, summary_id: str) -> bool:
        """See SummaryStore."""
        return bool(self._change_summaries("remove_summary", summary_id))

    def _read_summaries(self, query: str, session_id: str) -> list[Summary]:
        from synapse.stores.servers._summaries import read  # a list has no turn

        return read(self._connection, query, session_id)

    def _change_summaries(self, work: str, value: Any) -> Any:
        """What the work returned; or that it had done it, in an earlier run of which nobody knows
        whether it was committed.
        """
        change = getattr(import_module("synapse.stores.servers._summarising"), work)
        done = False

        def changed(raw: Raw) -> bool:
            nonlocal done
            done = bool(change(raw, value)) or (done and raw.repeated)
            return done

        return self._connection.transaction(changed)

    def suggest_words(self, word: str) -> list[str]:
        """See SessionStore. Those are counted that stand in the newest messages."""
        found: list[str] = _from("words").near(self._connection, word, _SUGGESTED)
        return found

    def catch_up_search(
        self,
        *,
        everything: bool = False,
        progress: SearchProgress | None = None,
        seconds: float | None = None,
    ) -> int:
        """See SessionStore. Every archive gets an index: to ask it takes less than to read a few
        thousand texts over a network.
        """
        left: int = _from("catching_up").catch_up(
            self._connection, everything=everything, progress=progress, seconds=seconds
        )
        return left


def _from(module: str) -> Any:
    return import_module(f"synapse.stores.servers.search.{module}")
