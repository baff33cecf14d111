"""Which of many hits are the most relevant."""

from __future__ import annotations

import math

from synapse import timestamps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from synapse.search_query import SearchHit

_SATURATION = 1.2
"""How often a word must stand there until more of it says little: k1 of BM25."""
_LENGTH = 0.6
"""How much a long text has to say it more often: b of BM25."""
_RECENT_DAYS = 30.0
_RECENCY = 0.3
"""What a message of today has over an old one that is as relevant."""


def by_relevance(hits: Iterable[SearchHit], now: datetime | None = None) -> list[SearchHit]:
    """The hits, the most relevant first: BM25 over what matched in them, where a word counts the
    more the fewer of these hits have it; of as relevant ones, the newest first.
    """
    now = now or timestamps.now()
    found = [(hit, _matched(hit)) for hit in hits]
    if not found:
        return []
    having: dict[str, int] = {}
    for _, matched in found:
        for word in matched:
            having[word] = having.get(word, 0) + 1
    usual = sum(len(hit.text) for hit, _ in found) / len(found) or 1.0
    rarity = {word: math.log(1 + len(found) / count) for word, count in having.items()}

    def score(hit: SearchHit, matched: dict[str, int]) -> float:
        length = 1 - _LENGTH + _LENGTH * len(hit.text) / usual
        relevance = sum(
            rarity[word] * count * (_SATURATION + 1) / (count + _SATURATION * length)
            for word, count in matched.items()
        )
        days = max(0.0, (now - hit.message.timestamp).total_seconds() / 86_400)
        return relevance * (1 + _RECENCY * math.exp(-days / _RECENT_DAYS))

    found.sort(key=lambda row: score(*row), reverse=True)
    return [hit for hit, _ in found]


def _matched(hit: SearchHit) -> dict[str, int]:
    """What matched, folded, and how often."""
    text = hit.text
    counts: dict[str, int] = {}
    for start, end in hit.spans:
        word = text[start:end].casefold()
        counts[word] = counts.get(word, 0) + 1
    return counts
