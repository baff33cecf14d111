"""Which sessions fit what was typed, read from the store only as far as needed."""

from __future__ import annotations

import re
import time

from synapse.app.search import find, prepare
from synapse.errors import UsageError
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Protocol

    from synapse.domain import SessionSummary
    from synapse.ports import SessionStore
    from synapse.search_query import SearchHit

    Judge = Callable[[str], int | None]
else:
    Protocol = object

_PAGE = 100
"""Sessions read at once: about 1.5 ms."""
_SLICE = 500
"""Sessions looked through at once."""
_CONTENT_SECONDS = 0.2
"""For which what was said is searched, while a key may be waiting. What an index knows takes a
thousandth of that.
"""
_CONTENT_HITS = 1_000
"""Hits that are looked at: a session may have many."""


class Candidate(Record):
    """A session that may be chosen."""

    summary: SessionSummary
    hit: SearchHit | None = None
    """What was said in it that fits, where its name, title and first words don't."""


class Candidates(Protocol):
    """From what there is to choose."""

    total: int | None
    """How many there are, once that is known."""
    was_cut_short: bool
    """Whether the last search looked through a part of what was said only."""

    def search(self, query: str, most: int) -> Iterator[list[Candidate]]:
        """What fits the query: again and again what is known so far, the best first, until `most`
        are found or there are no others. Between two, others may work.
        """


def ranker(query: str) -> Judge:
    """A function that tells how well a text fits: 0 best, None not at all.

    Every word of the query must be there: at the beginning of a word (0), within one (1), or
    with other characters between its own (2).
    """
    words = query.casefold().split()
    loose = [re.compile(".*?".join(map(re.escape, word)), re.DOTALL).search for word in words]

    def rank(text: str) -> int | None:
        worst = 0
        for word, scattered in zip(words, loose, strict=True):
            if f" {word}" in text:
                continue
            if word in text:
                worst = max(worst, 1)
            elif scattered(text):
                worst = 2
            else:
                return None
        return worst

    return rank


def searched_text(summary: SessionSummary) -> str:
    """Name, title, first words, tags and handle, folded; each word with a blank before it."""
    session = summary.session
    tags = "".join(f" tag:{tag} {tag}" for tag in summary.tags)
    told = f"{session.name or ''} {session.title or ''} {summary.preview}{tags}"
    return f" {told} {session.handle}".casefold()


class Sessions:
    """The live sessions, the last used first, as far as they have been read; below those that fit
    by name, title, first words or handle, those in which it was said.
    """

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._read: list[tuple[str, SessionSummary]] = []
        self._exhausted = False
        self.total: int | None = None
        self.was_cut_short = False

    def search(self, query: str, most: int) -> Iterator[list[Candidate]]:
        """See Candidates. It ends when `most` fit well (rank 0 or 1), or all are looked at."""
        found: list[Candidate] = []
        self.was_cut_short = False
        for summaries in self._by_words(query, most):
            found = [Candidate(summary=summary) for summary in summaries]
            yield found
        if query.strip() and len(found) < most:
            yield (found + self._by_content(query, {c.summary.session.id for c in found}))[:most]
        if self.total is None:
            self.total = self._store.count_sessions()

    def _by_words(self, query: str, most: int) -> Iterator[list[SessionSummary]]:
        rank = ranker(query)
        tiers: tuple[list[SessionSummary], ...] = ([], [], [])
        looked_at = 0
        if not self._read:
            self._read_more()
        while True:
            piece = self._read[looked_at : looked_at + _SLICE]
            looked_at += len(piece)
            for text, summary in piece:
                tier = rank(text)
                if tier is not None and len(tiers[tier]) < most:
                    tiers[tier].append(summary)
            found = [summary for tier in tiers for summary in tier]
            yield found[:most]
            at_end = looked_at == len(self._read)
            good = len(tiers[0]) + len(tiers[1])
            if at_end and (good >= most or not self._read_more()):
                return

    def _read_more(self) -> bool:
        if self._exhausted:
            return False
        last = self._read[-1][1] if self._read else None
        page = self._store.list_sessions(limit=_PAGE, after=last)
        self._exhausted = len(page) < _PAGE
        self._read += [(searched_text(summary), summary) for summary in page]
        return bool(page)

    def _by_content(self, query: str, known: set[str]) -> list[Candidate]:
        """Other sessions in which it was said, the newest hit first."""
        hits, self.was_cut_short = said_in(self._store, query, known)
        return [Candidate(summary=hit.session, hit=hit) for hit in hits]


def said_in(store: SessionStore, query: str, known: set[str]) -> tuple[list[SearchHit], bool]:
    """The newest hit of each session in which it was said, but for those whose ids are `known`; as
    far as they are found within a moment, and whether that was too short. The last word may be
    unfinished.
    """
    query += "*" if query[-1:].isalnum() else ""
    until = time.monotonic() + _CONTENT_SECONDS

    def hear(done: int, total: int) -> None:
        if time.monotonic() > until:
            raise _TimeIsUp

    found: dict[str, SearchHit] = {}
    try:
        for hit in find(store, prepare(store, query), limit=_CONTENT_HITS, progress=hear):
            if hit.session.session.id not in known:
                found.setdefault(hit.session.session.id, hit)
            hear(0, 0)
    except _TimeIsUp:
        return [*found.values()], True
    except UsageError:  # the query is too long
        pass
    return [*found.values()], False


def nothing(candidates: Candidates) -> str:
    """What is said where nothing was found."""
    if candidates.was_cut_short:
        return "nothing matches in names and the newest messages; sessions search looks at all"
    return "nothing matches"


class _TimeIsUp(Exception):
    """Whoever is typing waits."""


class Hits:
    """Messages that were found already; what is typed narrows them."""

    def __init__(self, hits: Sequence[SearchHit]) -> None:
        self._hits = [(f"{searched_text(hit.session)} {hit.text}".casefold(), hit) for hit in hits]
        self.total: int | None = len(hits)
        self.was_cut_short = False

    def search(self, query: str, most: int) -> Iterator[list[Candidate]]:
        """See Candidates."""
        rank = ranker(query)
        fitting = [hit for text, hit in self._hits if rank(text) is not None]
        yield [Candidate(summary=hit.session, hit=hit) for hit in fitting[:most]]
