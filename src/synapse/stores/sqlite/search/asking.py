"""What FTS5 is asked for an expression: every message that may match, and others."""

from __future__ import annotations

from synapse.search_query import AllOf, AnyOf, Not, Word
from synapse.stores._text import storable
from synapse.stores.search_terms import Wanted, fold
from synapse.stores.sqlite.search.index import THOUGHT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.search_query import Part

_LONGEST_PIECE = 200
"""Characters that LIKE compares."""
_MOST_TERMS = 48
"""Of a word or a phrase: more would say no more of it."""


class Asked:
    """The query, in FTS5's language, in which nothing stands but terms in quotes."""

    def __init__(self, expression: Part | None, *, in_reasoning: bool) -> None:
        self._mark = THOUGHT if in_reasoning else ""
        self.begins_words = False
        """Whether beginnings of words are asked for, of which FTS5 puts all together first."""
        self.match = None if expression is None else self._of(expression)
        """None: every message may match."""
        needed = "" if expression is None else _needed(expression)
        self.like = f"%{_escaped(needed)}%" if needed else None
        """What an ASCII text must be LIKE; None if it may be like anything."""

    def _of(self, part: Part) -> str | None:
        if isinstance(part, Not):
            return None  # what is not in one text of a message may be in another
        if isinstance(part, AllOf):
            known = [asked for asked in map(self._of, part.parts) if asked is not None]
            return f"({' AND '.join(known)})" if known else None
        if isinstance(part, AnyOf):
            all_known = [self._of(inner) for inner in part.parts]
            known = [asked for asked in all_known if asked is not None]
            return f"({' OR '.join(known)})" if len(known) == len(all_known) else None
        wanted = Wanted(part.text, prefix=isinstance(part, Word) and part.prefix)
        terms = [f'"{self._mark}{term}"' for term in sorted(wanted.whole)]
        terms += [f'"{self._mark}{term}"*' for term in sorted(wanted.beginnings)]
        self.begins_words = self.begins_words or bool(wanted.beginnings)
        return f"({' AND '.join(terms[:_MOST_TERMS])})" if terms else None


def _needed(part: Part) -> str:
    """A piece of folded text without which nothing matches; the longest, empty if there is none."""
    if isinstance(part, (Not, AnyOf)):
        return ""
    if isinstance(part, AllOf):
        return max(map(_needed, part.parts), key=len)
    pieces = fold(storable(part.text)).lower().split()
    return max(pieces, key=len, default="")[:_LONGEST_PIECE]


def _escaped(piece: str) -> str:
    for sign in "!%_":
        piece = piece.replace(sign, f"!{sign}")
    return piece
