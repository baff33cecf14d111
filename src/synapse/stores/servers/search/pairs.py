"""Which words stand beside each other in a text, as lexemes of an index.

Two common words stand in many messages, but in few of them beside each other: a phrase is found by
its pairs. A pair is one of 65,534 characters that no text has in a word: of messages of fifty words
one in a thousand has a pair by chance, and whoever asks reads the text. Only words of ASCII letters
and digits have pairs; of others the words themselves have to do.
"""

from __future__ import annotations

from binascii import crc32

from synapse.stores._text import storable
from synapse.stores.search_terms import KINDS, SPACED, split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FIRST, _COUNT = 0xF0000, 0xFFFE
"""The characters of plane 15, which are for private use."""


def pairs(text: str) -> set[str]:
    """Those of a text."""
    return _paired(_in_order(split(text)))


def pairs_of_phrase(text: str, *, is_open: bool) -> set[str]:
    """Those that every text has in which the phrase, or word, stands. `is_open`: its end may be the
    middle of a longer word.
    """
    words = list(_in_order(split(storable(text))))
    return _paired(words[:-1] if is_open else words)


def words_in_pairs(text: str, *, is_open: bool) -> set[str]:
    """The words of which the pairs of a phrase consist. A text that has several of its pairs has
    them, too, but for one in two million."""
    words = list(_in_order(split(storable(text))))
    return {word for pair in _neighbours(words[:-1] if is_open else words) for word in pair}


def _paired(words: Iterable[str]) -> set[str]:
    return {
        chr(_FIRST + crc32(f"{before} {word}".encode()) % _COUNT)
        for before, word in _neighbours(words)
    }


def _neighbours(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    before = ""
    for word in words:
        if before and word.isascii():
            yield before, word
        before = word if word.isascii() else ""


def _in_order(words: Iterable[str]) -> Iterable[str]:
    """Cut where a text does so that has no spaces there."""
    for word in words:
        if word.isascii():
            yield word.lower()
            continue
        begin = 0
        for place in range(1, len(word) + 1):
            if place == len(word) or KINDS[word[place]] != KINDS[word[begin]]:
                run = word[begin:place]
                yield run.lower() if KINDS[run[0]] == SPACED else run
                begin = place
