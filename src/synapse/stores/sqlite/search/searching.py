"""One search: candidates from the index, or from reading, judged by their texts, the newest first.

It holds no statement open between two hits: each step is a few short queries, so that a search that
is looked at for long keeps no purge from erasing, and one that is closed has nothing to undo.
"""

from __future__ import annotations

from _heapq import heappop, heappush
from itertools import islice

from synapse.search_query import SearchHit
from synapse.stores.search_matching import Matcher
from synapse.stores.search_properties import Required
from synapse.stores.sqlite.search import times
from synapse.stores.sqlite.search.asking import Asked
from synapse.stores.sqlite.search.candidates import EVER, FLUSHED, Candidates
from synapse.stores.sqlite.search.facts import Facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.domain import Attachment, SessionSummary, StoredMessage
    from synapse.ports import SearchProgress
    from synapse.search_query import Place, SearchQuery
    from synapse.stores.sqlite.connection import Connection
    from synapse.stores.sqlite.search.facts import Candidate

    _Found = tuple[int, int, int, Candidate, Place, int | None]


class Search:
    """What one query finds."""

    def __init__(
        self,
        connection: Connection,
        query: SearchQuery,
        *,
        progress: SearchProgress | None,
        summary: Callable[[str], SessionSummary | None],
        messages: Callable[[str, int], list[StoredMessage]],
    ) -> None:
        self._connection = connection
        self._query = query
        self._matcher = None if query.expression is None else Matcher(query.expression)
        self._after = 0 if query.after is None else times.microseconds(query.after)
        self._before = EVER if query.before is None else times.microseconds(query.before)
        self._facts = Facts(connection, Required(query))
        asked = Asked(query.expression, in_reasoning=query.in_reasoning)
        self._candidates = Candidates(
            connection, query, asked, self._facts, after=self._after, progress=progress
        )
        self._summary = summary
        self._messages = messages
        self._summaries: dict[str, SessionSummary | None] = {}
        self._heap: list[_Found] = []
        self._number = 0

    def hits(self, limit: int | None) -> Iterator[SearchHit]:
        """At most so many, as they are found."""
        yield from islice(self._found(), limit)

    def _found(self) -> Iterator[SearchHit]:
        for batch, newest_behind in self._candidates.batches():
            self._facts.learn(batch)
            batch.sort(key=lambda one: (one.time, one.place))
            while batch:  # from its end: what is not wanted any more is not judged either
                self._judge(batch.pop())
                yield from self._ready(max(newest_behind, batch[-1].time if batch else FLUSHED))
            yield from self._ready(newest_behind)
        yield from self._ready(FLUSHED)

    def _judge(self, candidate: Candidate) -> None:
        if not self._after <= candidate.time < self._before or not self._facts.allow(candidate):
            return
        found = self._where(candidate)
        if found is not None:
            where, attachment = found
            self._number += 1
            key = (-candidate.time, -candidate.place, self._number)
            heappush(self._heap, (*key, candidate, where, attachment))

    def _where(self, candidate: Candidate) -> tuple[Place, int | None] | None:
        matcher = self._matcher
        place: Place = "reasoning" if self._query.in_reasoning else "content"
        if not candidate.text and place == "reasoning":
            return None
        if matcher is None or matcher.matches(candidate.text):
            return place, None
        if candidate.attachment_count and not self._query.in_reasoning:
            for number, attached in enumerate(self._facts.attachments(candidate), 1):
                if _is_searched(attached) and matcher.matches(_text_of(attached)):
                    return "attachment", number
        return None

    def _ready(self, newest_ahead: int) -> Iterator[SearchHit]:
        """The hits that nothing ahead is newer than."""
        while self._heap and -self._heap[0][0] >= newest_ahead:
            _, _, _, candidate, where, attachment = heappop(self._heap)
            hit = self._shown(candidate, where, attachment)
            if hit is not None:
                yield hit

    def _shown(
        self, candidate: Candidate, where: Place, attachment: int | None
    ) -> SearchHit | None:
        """As it is now; None for what has been destroyed, or changed, since it was judged."""
        session_id = candidate.session_id
        if session_id not in self._summaries:
            self._summaries[session_id] = self._summary(session_id)
        summary = self._summaries[session_id]
        message = self._message(candidate)
        if summary is None or message is None:
            return None
        if attachment is not None and attachment > len(message.attachments):
            return None
        hit = SearchHit(session=summary, message=message, where=where, attachment=attachment)
        if self._matcher is None:
            return hit
        spans = self._matcher.spans(hit.text)
        return None if spans is None else hit.replace(spans=spans)

    def _message(self, candidate: Candidate) -> StoredMessage | None:
        found = [
            message
            for message in self._messages(candidate.session_id, candidate.seq)
            if message.id == candidate.id
        ]
        return found[0] if found else None


def _is_searched(attached: Attachment) -> bool:
    return attached.is_sent and attached.is_text


def _text_of(attached: Attachment) -> str:
    return attached.data.decode("utf-8", "replace")
