"""What may be found, judged and put in order, the newest first: the same for every engine.

An engine names candidates in batches; here their texts decide, and what nothing that is still to
come is newer than is handed on.
"""

from __future__ import annotations

from synapse.search_query import SearchHit
from synapse.stores.search_matching import Matcher
from synapse.timestamps import microseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol

    from synapse.domain import Attachment, SessionSummary, StoredMessage
    from synapse.search_query import Place, SearchQuery

    Found = tuple[int, Any, int, Any, Place, int | None]
    """Time, place, a number, candidate, where it says so, in which attachment."""
    Batch = tuple[list[Any], int]
    """Some candidates, in any order, and the time that nothing behind them is newer than: HELD if
    that is not known yet, FLUSHED if it is not worth knowing.
    """

    class Candidate(Protocol):
        """A message that may be found."""

        time: int
        """In microseconds."""
        place: Any
        """What was stored later has a higher one."""
        session_id: str

        @property
        def text(self) -> str:
            """What is searched; empty if there is none."""

        @property
        def attachment_count(self) -> int:
            """Of all, those that an agent has read, too."""

    class Facts(Protocol):
        """What is known of candidates besides their texts."""

        def learn(self, batch: Any) -> None:
            """Read what is not known yet of the sessions of these."""

        def allow(self, candidate: Any) -> bool:
            """Whether the message may be found, as far as its text does not decide."""

        def attachments(self, candidate: Any) -> list[Attachment]:
            """What goes with the message."""


EVER = 1 << 62
"""Behind every time."""
HELD, FLUSHED = EVER, -1
_PAGE = 32
"""Hits that are read together at the most."""
_MOST_HELD = 1 << 24
"""Characters of texts that are kept before they are judged."""


class Judging:
    """What one query finds among the candidates of an engine."""

    _facts: Facts
    _summaries: dict[str, SessionSummary | None]
    """Of the sessions of what is shown."""

    def __init__(self, query: SearchQuery) -> None:
        self._query = query
        self._matcher = None if query.expression is None else Matcher(query.expression)
        self._after = 0 if query.after is None else microseconds(query.after)
        self._before = EVER if query.before is None else microseconds(query.before)
        self._waiting: list[Found] = []
        """What was judged to be found, and may not be the newest: that at the end."""
        self._number = 0

    def _batches(self) -> Iterator[Batch]:
        """The candidates."""
        raise NotImplementedError

    def _note_version(self) -> None:
        """That what is read from now on is as it is now."""
        raise NotImplementedError

    def _is_past(self) -> bool:
        """Whether what was read since may have been changed meanwhile."""
        raise NotImplementedError

    def _read(self, page: list[Found]) -> list[SearchHit | None]:
        """The hits as they are now; None for what is no hit any more."""
        raise NotImplementedError

    def hits(self, limit: int | None) -> Iterator[SearchHit]:
        """At most so many, as they are found; those that are found without a further look at the
        file are read together.
        """
        left = EVER if limit is None else limit
        page: list[Found] = []
        for found in self._found() if left else ():
            if found is not None:
                page.append(found)
            if page and (found is None or len(page) >= min(left, _PAGE)):
                for hit in self._shown(page):
                    left -= 1
                    yield hit
                page = []
            if left <= 0:
                return

    def _found(self) -> Iterator[Found | None]:
        """What was judged to be found, in its order; None where the next may take a while."""
        held: list[Candidate] = []
        size = 0
        for batch, newest_behind in self._batches():
            self._facts.learn(batch)
            held += batch
            size += sum(len(candidate.text) for candidate in batch)
            if newest_behind == HELD and size < _MOST_HELD:
                continue  # the newest may be among those that are still to be read
            yield from self._in_order(held, newest_behind)
            yield None
            size = 0
        yield from self._in_order(held, FLUSHED)
        yield from self._ready(FLUSHED)
        yield None

    def _in_order(self, candidates: list[Candidate], newest_behind: int) -> Iterator[Found]:
        candidates.sort(key=lambda one: (one.time, one.place))
        while candidates:  # from the end: what is not wanted any more is not judged either
            self._judge(candidates.pop())
            newest_ahead = candidates[-1].time if candidates else FLUSHED
            yield from self._ready(max(newest_behind, newest_ahead))
        yield from self._ready(newest_behind)

    def _judge(self, candidate: Candidate) -> None:
        if not self._after <= candidate.time < self._before or not self._facts.allow(candidate):
            return
        found = self._where(candidate)
        if found is not None:
            where, attachment = found
            self._number += 1
            key = (candidate.time, candidate.place, -self._number)
            self._keep((*key, candidate, where, attachment))

    def _keep(self, found: Found) -> None:
        """In its place among what waits. (Modules that could do it cost more to load.)"""
        low, high = 0, len(self._waiting)
        while low < high:
            middle = (low + high) // 2
            if self._waiting[middle] < found:
                low = middle + 1
            else:
                high = middle
        self._waiting.insert(low, found)

    def _where(self, candidate: Candidate) -> tuple[Place, int | None] | None:
        matcher = self._matcher
        place: Place = "reasoning" if self._query.in_reasoning else "content"
        if not candidate.text and place == "reasoning":
            return None
        if matcher is None or matcher.matches(candidate.text):
            return place, None
        if candidate.attachment_count and not self._query.in_reasoning:
            for number, attached in enumerate(self._facts.attachments(candidate), 1):
                if is_searched(attached) and matcher.matches(text_of(attached)):
                    return "attachment", number
        return None

    def _ready(self, newest_ahead: int) -> Iterator[Found]:
        """What nothing ahead is newer than."""
        while self._waiting and self._waiting[-1][0] >= newest_ahead:
            yield self._waiting.pop()

    def _shown(self, page: list[Found]) -> Iterator[SearchHit]:
        """As they are when they are shown, without what has been destroyed, or changed, since it
        was judged: if anything has been written since they were read, they are read again.
        """
        while page:
            self._note_version()
            hits = self._read(page)
            shown = 0
            for hit in hits:
                if shown and self._is_past():
                    break
                shown += 1
                if hit is not None:
                    yield hit
            page = page[shown:]

    def _hit(
        self,
        candidate: Candidate,
        message: StoredMessage | None,
        where: Place,
        attachment: int | None,
    ) -> SearchHit | None:
        summary = self._summaries[candidate.session_id]
        if summary is None or message is None:
            return None
        if attachment is not None and attachment > len(message.attachments):
            return None
        hit = SearchHit(session=summary, message=message, where=where, attachment=attachment)
        if self._matcher is None:
            return hit
        is_as_judged = attachment is None and hit.text == candidate.text
        spans = (self._matcher.shown if is_as_judged else self._matcher.spans)(hit.text)
        return None if spans is None else hit.replace(spans=spans)


def is_searched(attached: Attachment) -> bool:
    """Whether a search looks into it."""
    return attached.is_sent and attached.is_text


def text_of(attached: Attachment) -> str:
    """What it reads there."""
    return attached.data.decode("utf-8", "replace")
