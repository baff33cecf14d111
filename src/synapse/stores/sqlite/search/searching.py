"""One search: candidates from the index, or from reading, judged by their texts, the newest first.

It holds no statement open between two hits: each step is a few short queries, so that a search that
is looked at for long keeps no purge from erasing, and one that is closed has nothing to undo.
"""

from __future__ import annotations

import time

from synapse.stores import _rows
from synapse.stores.search_judging import Judging
from synapse.stores.sqlite.search import QUERIES
from synapse.stores.sqlite.search.asking import Asked
from synapse.stores.sqlite.search.candidates import Candidates
from synapse.stores.sqlite.search.facts import Facts, as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from synapse.domain import SessionSummary, StoredMessage
    from synapse.ports import SearchProgress
    from synapse.search_query import SearchHit, SearchQuery
    from synapse.stores.search_judging import Batch, Found
    from synapse.stores.sqlite.connection import Connection
    from synapse.stores.sqlite.search.facts import Candidate

_AT_ONCE = 0.02
"""Seconds for which what was read is as it is now."""


class Search(Judging):
    """What one query finds."""

    def __init__(
        self,
        connection: Connection,
        query: SearchQuery,
        *,
        progress: SearchProgress | None,
        summary: Callable[[str], SessionSummary | None],
        with_handles: Callable[[list[SessionSummary]], list[SessionSummary]],
        messages: Callable[[str, int], list[StoredMessage]],
    ) -> None:
        super().__init__(query)
        self._connection = connection
        self._facts = Facts(connection, query)
        asked = Asked(query.expression, in_reasoning=query.in_reasoning)
        self._candidates = Candidates(
            connection, query, asked, self._facts, after=self._after, progress=progress
        )
        self._summary = summary
        self._with_handles = with_handles
        self._messages = messages
        self._summaries: dict[str, SessionSummary | None] = {}

    def _batches(self) -> Iterator[Batch]:
        return self._candidates.batches()

    def _note_version(self) -> None:
        self._changes = self._connection.raw.total_changes()
        [(self._others,)] = self._connection.read("PRAGMA data_version")
        self._asked = time.monotonic()

    def _is_past(self) -> bool:
        """Whether anything has been committed since. To ask for what others have takes a statement,
        and so it is done only when they may have had the time: whoever reads faster might as well
        have read before.
        """
        if self._connection.raw.total_changes() != self._changes:
            return True
        if time.monotonic() - self._asked < _AT_ONCE:
            return False
        others = self._others
        self._note_version()
        return bool(self._others != others)

    def _read(self, page: list[Found]) -> list[SearchHit | None]:
        """As they are now."""
        candidates = [found[3] for found in page]
        self._learn(dict.fromkeys(candidate.session_id for candidate in candidates))
        messages = self._plain_messages([one for one in candidates if _is_plain(one)])
        return [
            self._hit(
                candidate, messages.get(candidate.id) or self._message(candidate), where, attachment
            )
            for _, _, _, candidate, where, attachment in page
        ]

    def _learn(self, session_ids: Iterable[str]) -> None:
        """Read the summaries that are not known yet."""
        new = [id for id in session_ids if id not in self._summaries]
        if not new:
            return
        rows = self._connection.read(QUERIES["summaries"], {"ids": as_json(new)})
        found = self._with_handles([_rows.summary(row) for row in rows])
        self._summaries |= {summary.session.id: summary for summary in found}
        for id in new:
            if id not in self._summaries:
                self._summaries[id] = self._summary(id)

    def _plain_messages(self, candidates: list[Candidate]) -> dict[str, StoredMessage]:
        """By their ids, of those that are whole in a row, what is still there."""
        if not candidates:
            return {}
        values = {"places": as_json([candidate.place for candidate in candidates])}
        rows = self._connection.read(QUERIES["messages_at"], values)
        return {message.id: message for message in map(_rows.message, rows)}

    def _message(self, candidate: Candidate) -> StoredMessage | None:
        found = [
            message
            for message in self._messages(candidate.session_id, candidate.seq)
            if message.id == candidate.id
        ]
        return found[0] if found else None


def _is_plain(candidate: Candidate) -> bool:
    """Whether all of the message stands in its row, unless it is just being received."""
    return not candidate.is_kept and not candidate.attachment_count
