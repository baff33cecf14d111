"""One search: candidates from the index, or from reading, judged by their texts, the newest first.

It holds no statement open between two hits: each step is a few short queries, so that a search that
is looked at for long keeps no purge from erasing, and one that is closed has nothing to undo.
"""

from __future__ import annotations

import time

from synapse.search_query import SearchHit
from synapse.stores.search_matching import Matcher
from synapse.stores.sqlite import _rows
from synapse.stores.sqlite.search import QUERIES, times
from synapse.stores.sqlite.search.asking import Asked
from synapse.stores.sqlite.search.candidates import EVER, FLUSHED, HELD, Candidates
from synapse.stores.sqlite.search.facts import Facts, as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from synapse.domain import Attachment, SessionSummary, StoredMessage
    from synapse.ports import SearchProgress
    from synapse.search_query import Place, SearchQuery
    from synapse.stores.sqlite.connection import Connection
    from synapse.stores.sqlite.search.facts import Candidate

    _Found = tuple[int, int, int, Candidate, Place, int | None]

_PAGE = 32
"""Hits that are read together at the most."""
_AT_ONCE = 0.02
"""Seconds for which what was read is as it is now."""
_MOST_HELD = 1 << 24
"""Characters of texts that are kept before they are judged."""


class Search:
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
        self._connection = connection
        self._query = query
        self._matcher = None if query.expression is None else Matcher(query.expression)
        self._after = 0 if query.after is None else times.microseconds(query.after)
        self._before = EVER if query.before is None else times.microseconds(query.before)
        self._facts = Facts(connection, query)
        asked = Asked(query.expression, in_reasoning=query.in_reasoning)
        self._candidates = Candidates(
            connection, query, asked, self._facts, after=self._after, progress=progress
        )
        self._summary = summary
        self._with_handles = with_handles
        self._messages = messages
        self._summaries: dict[str, SessionSummary | None] = {}
        self._waiting: list[_Found] = []
        """What was judged to be found, and may not be the newest: that at the end."""
        self._number = 0

    def hits(self, limit: int | None) -> Iterator[SearchHit]:
        """At most so many, as they are found; those that are found without a further look at the
        file are read together.
        """
        left = EVER if limit is None else limit
        page: list[_Found] = []
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

    def _found(self) -> Iterator[_Found | None]:
        """What was judged to be found, in its order; None where the next may take a while."""
        held: list[Candidate] = []
        size = 0
        for batch, newest_behind in self._candidates.batches():
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

    def _in_order(self, candidates: list[Candidate], newest_behind: int) -> Iterator[_Found]:
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

    def _keep(self, found: _Found) -> None:
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
                if _is_searched(attached) and matcher.matches(_text_of(attached)):
                    return "attachment", number
        return None

    def _ready(self, newest_ahead: int) -> Iterator[_Found]:
        """What nothing ahead is newer than."""
        while self._waiting and self._waiting[-1][0] >= newest_ahead:
            yield self._waiting.pop()

    def _shown(self, page: list[_Found]) -> Iterator[SearchHit]:
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

    def _read(self, page: list[_Found]) -> list[SearchHit | None]:
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


def _is_plain(candidate: Candidate) -> bool:
    """Whether all of the message stands in its row, unless it is just being received."""
    return not candidate.is_kept and not candidate.attachment_count


def _is_searched(attached: Attachment) -> bool:
    return attached.is_sent and attached.is_text


def _text_of(attached: Attachment) -> str:
    return attached.data.decode("utf-8", "replace")
