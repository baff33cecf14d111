"""One search: candidates from the index, or from reading, judged by their texts, the newest first.

Each step is a few short queries; no statement is open between two hits.
"""

from __future__ import annotations

import time

from synapse.stores import _rows
from synapse.stores.search_judging import Judging
from synapse.stores.servers.search.candidates import Candidates
from synapse.stores.servers.search.facts import Facts, pages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.domain import SessionSummary, StoredMessage
    from synapse.ports import SearchProgress
    from synapse.search_query import SearchHit, SearchQuery
    from synapse.stores.search_judging import Batch, Found
    from synapse.stores.servers.dialect import Connection
    from synapse.stores.servers.search.facts import Candidate

_AT_ONCE = 0.02
"""Seconds for which what was read is as it is now, if this process changes nothing."""


class Search(Judging):
    """What one query finds."""

    def __init__(
        self,
        connection: Connection,
        query: SearchQuery,
        *,
        progress: SearchProgress | None,
        with_handles: Callable[[list[SessionSummary]], list[SessionSummary]],
        messages: Callable[[str, int], list[StoredMessage]],
    ) -> None:
        super().__init__(query)
        self._connection = connection
        self._statements = connection.dialect.statements("search")
        self._facts = facts = Facts(connection, query)
        self._candidates = Candidates(
            connection, query, facts, after=self._after, before=self._before, progress=progress
        )
        self._with_handles = with_handles
        self._messages = messages
        self._summaries: dict[str, SessionSummary | None] = {}

    def _batches(self) -> Iterator[Batch]:
        return self._candidates.batches()

    def _note_version(self) -> None:
        self._version = self._connection.transactions
        self._read_at = time.monotonic()

    def _is_past(self) -> bool:
        """To ask whether others have changed anything takes as long as to read it again."""
        return (
            self._connection.transactions != self._version
            or time.monotonic() - self._read_at >= _AT_ONCE
        )

    def _read(self, page: list[Found]) -> list[SearchHit | None]:
        candidates: list[Candidate] = [found[3] for found in page]
        self._learn({candidate.session_id for candidate in candidates})
        messages = self._plain_messages(candidates)
        hits = [
            self._hit(
                candidate, messages.get(candidate.id) or self._message(candidate), where, attachment
            )
            for _, _, _, candidate, where, attachment in page
        ]
        self._read_at = time.monotonic()  # however far away the server is
        return hits

    def _learn(self, session_ids: set[str]) -> None:
        """Read the summaries of sessions that are there."""
        self._summaries = dict.fromkeys(session_ids)
        for ids in pages(session_ids):
            rows = self._connection.read(self._statements["summaries"], {"ids": ids})
            for summary in self._with_handles([_rows.summary(row) for row in rows]):
                self._summaries[summary.session.id] = summary

    def _plain_messages(self, candidates: list[Candidate]) -> dict[str, StoredMessage]:
        """By their ids, of those that are whole in a row, what is still there."""
        plain = [one for one in candidates if not one.attachment_count]
        if not plain:
            return {}
        values = {
            "ids": tuple({one.id for one in plain}),
            "session_ids": tuple({one.session_id for one in plain}),
        }
        rows = self._connection.read(self._statements["messages_at"], values)
        return {message.id: message for message in map(_rows.message, rows)}

    def _message(self, candidate: Candidate) -> StoredMessage | None:
        found = self._messages(candidate.session_id, candidate.seq)
        return next((message for message in found if message.id == candidate.id), None)
