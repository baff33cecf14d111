"""Which sessions fit what was typed, read from the store only as far as needed."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.domain import SessionSummary
    from synapse.ports import SessionStore

    Judge = Callable[[str], int | None]

_PAGE = 100
"""Sessions read at once: about 1.5 ms."""
_SLICE = 500
"""Sessions looked through at once."""


def ranker(query: str) -> Judge:
    """A function that tells how well a text fits: 0 best, None not at all.

    Every word of the query must be there: at the beginning of a word (0), within one (1), or
    with other characters between its own (2).
    """
    words = query.casefold().split()
    loose = [re.compile(".*?".join(map(re.escape, word)), re.DOTALL).search for word in words]

    def rank(text: str) -> int | None:
        worst = 0
        for word, find in zip(words, loose, strict=True):
            if f" {word}" in text:
                continue
            if word in text:
                worst = max(worst, 1)
            elif find(text):
                worst = 2
            else:
                return None
        return worst

    return rank


def searched_text(summary: SessionSummary) -> str:
    """Name, title, first words and handle, folded; each word with a blank before it."""
    session = summary.session
    told = f"{session.name or ''} {session.title or ''} {summary.preview}"
    return f" {told} {session.handle}".casefold()


class Sessions:
    """The live sessions, the last used first, as far as they have been read."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._read: list[tuple[str, SessionSummary]] = []
        self._exhausted = False

    def search(self, query: str, most: int) -> Iterator[list[SessionSummary]]:
        """What fits the query: again and again what is known so far, the best first, until
        `most` fit well (rank 0 or 1) or all sessions have been looked at. Between two, others
        may work.
        """
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
