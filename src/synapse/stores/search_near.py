"""Terms that are nearly the word that was looked for: the same for every engine."""

from __future__ import annotations

from synapse.stores.search_terms import fold, terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويةءپچژگ",
)
_SHORTEST, _LONGEST = 3, 40
"""Letters of a word that may have been mistyped."""


def edits_of(word: str) -> set[str]:
    """Every term from which the folded word differs by one letter: one too many, one missing, a
    wrong one, or two that have changed places. None of a word that is no single term, or too short
    or too long to be a mistyped one.
    """
    folded = fold(word).lower()
    if not _SHORTEST <= len(folded) <= _LONGEST or not folded.isalnum():
        return set()
    letters = "".join(letters for letters in _ALPHABETS if not set(letters).isdisjoint(folded))
    cuts = [(folded[:place], folded[place:]) for place in range(len(folded) + 1)]
    edits = {head + tail[1:] for head, tail in cuts if tail}
    edits |= {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    edits |= {head + letter + tail[1:] for head, tail in cuts if tail for letter in letters}
    edits |= {head + letter + tail for head, tail in cuts for letter in letters}
    return edits - {folded, ""}


def counted_in(texts: Sequence[str], edits: set[str]) -> dict[str, int]:
    """Those of the terms that stand in any of the texts, and in how many."""
    found = edits & terms("\n".join(texts))  # all together: most words are in many of them
    counted: dict[str, int] = {}
    for text in texts if found else ():
        low = text.lower()
        if text.isascii() and not any(word in low for word in found):
            continue
        for term in found & terms(text):
            counted[term] = counted.get(term, 0) + 1
    return counted


def most_frequent(counted: dict[str, int], most: int) -> list[str]:
    """The terms that were counted, at most so many."""
    return sorted(counted, key=lambda term: (-counted[term], term))[:most]
