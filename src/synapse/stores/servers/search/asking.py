"""What the index is asked for an expression: every message that may match, and others."""

from __future__ import annotations

from synapse.record import Record
from synapse.search_query import AllOf, AnyOf, Not, Phrase, Word
from synapse.stores._text import storable
from synapse.stores.search_terms import THOUGHT, Wanted, fold
from synapse.stores.servers.search.pairs import pairs_of_phrase, words_in_pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from synapse.search_query import Part

    Asked: TypeAlias = "Term | All | Any"

ANYTHING = "%"
"""The pattern of every text."""
_LONGEST_PIECE = 200
"""Characters of a word that the server compares."""
_MOST_TERMS = 48
"""Of a word or a phrase: more would say no more of it."""

_ENOUGH_PAIRS = 2
"""Of a phrase, that say more than its words do: to look for common words as well takes five times
as long.
"""


class Term(Record):
    """A lexeme that a message has; or one that begins so."""

    text: str
    begins: bool = False


class All(Record):
    """A message that has all of these, of which there is at least one."""

    parts: tuple[Asked, ...]


class Any(Record):
    """A message that has one of these, of which there is at least one."""

    parts: tuple[Asked, ...]


def asked_for(expression: Part, *, in_reasoning: bool, beginnings: bool = True) -> Asked | None:
    """What messages must have in the index for the expression to hold; None: any may match.
    Without `beginnings`, nothing is said of words of which only the beginning is known.
    """
    if isinstance(expression, Not):
        return None  # what is not in one text of a message may be in another
    if isinstance(expression, (AllOf, AnyOf)):
        all_known = [
            asked_for(part, in_reasoning=in_reasoning, beginnings=beginnings)
            for part in expression.parts
        ]
        known = tuple(asked for asked in all_known if asked is not None)
        if isinstance(expression, AllOf):
            return All(parts=known) if known else None
        return Any(parts=known) if len(known) == len(all_known) else None
    is_prefix = isinstance(expression, Word) and expression.prefix
    wanted = Wanted(expression.text, prefix=is_prefix)
    mark = THOUGHT if in_reasoning else ""
    pairs = () if in_reasoning else sorted(pairs_of_phrase(expression.text, is_open=is_prefix))
    whole = wanted.whole
    if len(pairs) >= _ENOUGH_PAIRS:
        whole = whole - words_in_pairs(expression.text, is_open=is_prefix)
    terms = [Term(text=mark + term) for term in sorted(whole)]
    if beginnings:
        terms += [Term(text=mark + term, begins=True) for term in sorted(wanted.beginnings)]
    terms = terms[:_MOST_TERMS] + [Term(text=pair) for pair in pairs[:_MOST_TERMS]]
    return All(parts=tuple(terms)) if terms else None


def begins_words(asked: Asked | None) -> bool:
    """Whether words are asked for of which only the beginning is known."""
    if asked is None:
        return False
    return asked.begins if isinstance(asked, Term) else any(map(begins_words, asked.parts))


def pattern_of(expression: Part | None) -> str:
    """What every ASCII text in which the expression holds is like, in lower case, with `!` before a
    sign that stands for itself. Much of what the index names is passed by so where it is.
    """
    if isinstance(expression, AllOf):
        return max(map(pattern_of, expression.parts), key=len)
    if not isinstance(expression, (Word, Phrase)):
        return ANYTHING
    words = fold(storable(expression.text)).lower().split()
    if not all(map(str.isascii, words)):
        return ANYTHING
    return f"%{'%'.join(_escaped(word[:_LONGEST_PIECE]) for word in words)}%"


def _escaped(piece: str) -> str:
    for sign in "!%_":
        piece = piece.replace(sign, f"!{sign}")
    return piece
