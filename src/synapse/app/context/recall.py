"""Old turns that a question may be about, found by its words.

Where notes are only what the user said of himself, these are put before the question, in the same
message: what was sent before it stays, byte for byte, what it was.
"""

from __future__ import annotations

import math

from synapse.app.context import words
from synapse.app.context.floor import is_question
from synapse.domain import Role
from synapse.search_query import SearchQuery, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from synapse.domain import StoredMessage
    from synapse.ports import SessionStore
    from synapse.search_query import SearchHit

MOST_TURNS = 3
_SHARE = 0.1
"""Of the usable window, what the recalled turns may take."""
_MOST_TOKENS = 1_500
_LONGEST = 600
"""Characters of a recalled message; of a longer one, its beginning."""
_MOST_WORDS = 24
_HITS = (6, 60)
_COMMON_SHARE = 0.125
"""Of the messages; a word that more of them have, or more than 60, says little. One that up to 6
have always counts.
"""
_LONG_WORD = 6
_ENDING = 2
_OF_A_QUESTION = 0.4
"""What a question of the user's counts beside a statement: it tells little."""
_OF_AN_ANSWER = 0.5
_USUAL_WORDS = 30
"""Words of a message, above which it counts less for having one of those that are looked for."""


def budget(usable: int) -> int:
    """Tokens that recalled turns may take of a usable window."""
    return min(_MOST_TOKENS, int(_SHARE * usable))


def recalled(
    store: SessionStore,
    session_id: str,
    question: str,
    last_index: int,
    room: int,
    count: Callable[[str], int],
) -> list[StoredMessage]:
    """The messages up to `last_index` that fit a question best, in the order in which they were
    said, as many as `room` tokens hold. The same question finds the same ones.
    """
    asked = _asked_words(question)
    if not asked or room <= 0:
        return []
    least, greatest = _HITS
    most = max(least, min(greatest, int(_COMMON_SHARE * last_index)))
    found: dict[int, StoredMessage] = {}
    for word in asked:
        # a word at a time: those that everything has would leave no room for a rare old one
        hits = list(store.search(_query(session_id, word), limit=most + 1))
        if len(hits) <= most:
            found |= {hit.message.index: hit.message for hit in hits if _counts(hit, last_index)}
    return _fitting(best(asked, list(found.values()), last_index), room, count)


def _query(session_id: str, word: str) -> SearchQuery:
    part = Word(text=word[:-_ENDING], prefix=True) if _has_endings(word) else Word(text=word)
    return SearchQuery(
        session_ids=(session_id,), roles=(Role.USER, Role.ASSISTANT), expression=part
    )


def _counts(hit: SearchHit, last_index: int) -> bool:
    message = hit.message
    return (
        hit.where == "content"
        and message.index <= last_index
        and not message.superseded
        and message.refused is None
    )


def best(asked: Sequence[str], found: Sequence[StoredMessage], total: int) -> list[StoredMessage]:
    """Those of the messages that are about the words, the best first. A word counts the more the
    fewer of them have it, out of `total` in the session.
    """
    texts = [set(words.words(message.content)) for message in found]
    having = [[_says(text, word) for text in texts] for word in asked]
    rarity = [math.log1p(total / max(1, sum(had))) for had in having]
    scored: list[tuple[float, int, StoredMessage]] = []
    for place, message in enumerate(found):
        score = sum(rare for rare, had in zip(rarity, having, strict=True) if had[place])
        score /= 1 + math.log1p(len(texts[place]) / _USUAL_WORDS)
        if message.role is Role.ASSISTANT:
            score *= _OF_AN_ANSWER
        elif is_question(message.content):
            score *= _OF_A_QUESTION
        scored.append((score, message.index, message))
    scored.sort(key=lambda row: row[:2], reverse=True)
    return [message for _, _, message in scored]


def _fitting(
    found: Iterable[StoredMessage], room: int, count: Callable[[str], int]
) -> list[StoredMessage]:
    chosen: list[StoredMessage] = []
    seen: set[str] = set()
    for message in found:
        line = line_of(message)
        cost = count(line)
        text = " ".join(words.words(message.content))
        if text in seen or cost > room:
            continue
        seen.add(text)
        room -= cost
        chosen.append(message)
        if len(chosen) == MOST_TURNS:
            break
    return sorted(chosen, key=lambda message: message.index)


def line_of(message: StoredMessage) -> str:
    """A recalled message as it is sent, on one line."""
    text = " ".join(message.content.split())
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    speaker = "I" if message.role is Role.USER else "you"
    return f"#{message.index} {speaker} said: {text}"


def before_question(recalled_messages: Iterable[StoredMessage], question: str) -> str:
    """The message in which recalled messages stand before a question."""
    lines = "\n".join(map(line_of, recalled_messages))
    return f"(From earlier in our conversation:\n{lines}\n)\n\n{question}" if lines else question


def _asked_words(question: str) -> list[str]:
    """What of a question is looked for: its words, folded, each once; pairs of characters of a
    script without spaces. The last ones of a long question, which are nearest to what it asks.
    """
    found: dict[str, None] = {}
    earlier = ""
    for word in words.words(question):
        if words.is_unspaced(word[0]):
            if earlier:
                found[earlier + word] = None
            earlier = word
        else:
            earlier = ""
            if len(word) > 2 or word[0].isdigit():
                found[word] = None
    return list(found)[-_MOST_WORDS:]


def _has_endings(word: str) -> bool:
    return len(word) >= _LONG_WORD and not words.is_unspaced(word[0])


def _says(text: set[str], word: str) -> bool:
    if len(word) == 2 and words.is_unspaced(word[0]):
        return word[0] in text and word[1] in text
    if word in text:
        return True
    if not _has_endings(word):
        return False
    stem = word[:-_ENDING]
    return any(each.startswith(stem) for each in text)
