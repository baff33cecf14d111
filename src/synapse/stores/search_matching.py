"""Whether a text says what an expression asks for, and where: the same for every engine.

An index only names texts that may do so; whoever asked is shown what is judged here.
"""

from __future__ import annotations

import re

from synapse.search_query import AllOf, AnyOf, Not, Phrase, Word
from synapse.stores._text import storable
from synapse.stores.search_terms import (
    FOLDED,
    KINDS,
    SPACED,
    begins_part,
    composed,
    fold,
    is_camel,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from synapse.search_query import Part

    Spans = tuple[tuple[int, int], ...]
    _Test = Callable[["_Text"], bool]

_CONTINUES = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u093c"
    "\u0900-\u0903\u093e-\u094f\u0981-\u0983\u09bc-\u09d7\u0a01-\u0a71\u0b01-\u0b57\u0b82-\u0bd7"
    "\u0c00-\u0c56\u0c81-\u0cd6\u0d00-\u0d57\u0dca-\u0ddf\u102b-\u103e\u1160-\u11ff\u1ab0-\u1aff"
    "\u1b00-\u1b44\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f\uff9e\uff9f"
    "\U00011000-\U00011fff]"
)
"""What may be composed with the character before it."""


class _Continues(dict[str, bool]):
    def __missing__(self, sign: str) -> bool:
        self[sign] = continues = _CONTINUES.match(sign) is not None
        return continues


class _Pieces(dict[str, str]):
    def __missing__(self, sign: str) -> str:
        self[sign] = piece = _folded(sign)
        return piece


def _folded(piece: str) -> str:
    return composed(piece).translate(FOLDED)


_continues, _pieces = _Continues(), _Pieces()
"""Of each character whether it may be a part of the one before it, and what it is folded to."""


class Matcher:
    """Judges texts by an expression."""

    def __init__(self, expression: Part) -> None:
        self._leaves: list[_Leaf] = []
        self._test = self._compiled(expression, shown=True)

    def _compiled(self, part: Part, *, shown: bool) -> _Test:
        if isinstance(part, (AllOf, AnyOf)):
            tests = [self._compiled(inner, shown=shown) for inner in part.parts]
            if isinstance(part, AllOf):
                return lambda text: all(test(text) for test in tests)
            return lambda text: any(test(text) for test in tests)
        if isinstance(part, Not):
            refused = self._compiled(part.part, shown=False)
            return lambda text: not refused(text)
        leaf = _Leaf(part)
        if shown:
            self._leaves.append(leaf)
        return leaf.stands_in

    def matches(self, text: str) -> bool:
        """Whether the text says it."""
        return self._test(_Text(text))

    def spans(self, text: str) -> Spans | None:
        """Begin and end of everything in the text that matched, in order and apart; None if the
        text does not say it.
        """
        if not self._test(_Text(text)):
            return None
        return self._shown(text)

    def _shown(self, text: str) -> Spans:
        """Only what is shown is worth the search for where it stands in the text as it was before
        it was folded.
        """
        placed = _Placed(text)
        found = [span for leaf in self._leaves for span in leaf.spans(placed)]
        return tuple(_apart(placed.original(found)))


def _apart(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for begin, end in sorted(spans):
        if last is None:
            last = (begin, end)
        elif begin <= last[1]:
            last = (last[0], max(last[1], end))
        else:
            yield last
            last = (begin, end)
    if last is not None:
        yield last


class _Text:
    """A text, folded: with and without the case of its ASCII letters."""

    __slots__ = ("folded", "is_ascii", "low")

    def __init__(self, text: str) -> None:
        self.is_ascii = text.isascii()
        self.folded = text if self.is_ascii else fold(text)
        self.low = self.folded.lower()


class _Placed(_Text):
    """A folded text that knows where each of its characters was."""

    __slots__ = ("_begins", "_ends")

    def __init__(self, text: str) -> None:
        self._begins: list[int] | None = None
        self._ends: list[int] | None = None
        self.is_ascii = text.isascii()
        self.folded = text if self.is_ascii else self._fold(text)
        self.low = self.folded.lower()

    def _fold(self, text: str) -> str:
        begins: list[int] = []
        ends: list[int] = []
        self._begins, self._ends = begins, ends
        pieces: list[str] = []
        place = 0
        while place < len(text):
            begin, place = place, place + 1
            while place < len(text) and _continues[text[place]]:
                place += 1
            piece = _pieces[text[begin]] if place == begin + 1 else _folded(text[begin:place])
            if not piece and ends:
                ends[-1] = place  # what is folded away belongs to what is before it
            pieces.append(piece)
            begins += [begin] * len(piece)
            ends += [place] * len(piece)
        return "".join(pieces)

    def original(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """The same places in the text as it was."""
        begins, ends = self._begins, self._ends
        for begin, end in spans:
            yield (begin, end) if begins is None or ends is None else (begins[begin], ends[end - 1])


class _Leaf:
    """A word, or a phrase."""

    def __init__(self, part: Word | Phrase) -> None:
        needle = " ".join(fold(storable(part.text)).lower().split())
        self._needle = needle
        self._is_open = isinstance(part, Word) and part.prefix
        self._pattern = (
            re.compile(r"\s+".join(map(re.escape, needle.split(" ")))) if " " in needle else None
        )
        self._hard = re.compile(self._between_words(self._pattern)) if needle.isascii() else None
        self._opens = bool(needle) and KINDS[needle[0]] == SPACED
        self._closes = bool(needle) and KINDS[needle[-1]] == SPACED
        self._is_one_word = bool(needle) and all(KINDS[sign] == SPACED for sign in needle)

    def _between_words(self, pattern: re.Pattern[str] | None) -> str:
        """The pattern by which it is found in an ASCII text, but within a camelCase name."""
        needle = self._needle
        begin = "(?<![a-z0-9])" if needle[:1].isalnum() else ""
        end = "(?![a-z0-9])" if needle[-1:].isalnum() and not self._is_open else ""
        return f"{begin}{re.escape(needle) if pattern is None else pattern.pattern}{end}"

    def stands_in(self, text: _Text) -> bool:
        """Whether it stands anywhere in the text."""
        if not self._needle:
            return False
        if text.is_ascii:
            if self._hard is None:
                return False
            if self._hard.search(text.low):
                return True
            if not self._is_one_word or not is_camel(text.folded):
                return False
        return next(self.spans(text), None) is not None

    def spans(self, text: _Text) -> Iterator[tuple[int, int]]:
        """Every place in the folded text at which it stands."""
        for begin, end in self._occurrences(text.low):
            if self._is_whole(text, begin, end):
                yield begin, end

    def _occurrences(self, low: str) -> Iterator[tuple[int, int]]:
        needle = self._needle
        if self._pattern is not None:
            for match in self._pattern.finditer(low):
                yield match.span()
            return
        if not needle:
            return
        begin = low.find(needle)
        while begin >= 0:
            yield begin, begin + len(needle)
            begin = low.find(needle, begin + 1)

    def _is_whole(self, text: _Text, begin: int, end: int) -> bool:
        """Whether it begins and ends where words do: it is no part of a longer word, or exactly one
        of the words of a camelCase name.
        """
        low = text.low
        begins = not self._opens or begin == 0 or KINDS[low[begin - 1]] != SPACED
        ends = self._is_open or not self._closes or end == len(low) or KINDS[low[end]] != SPACED
        if begins and ends:
            return True
        return self._is_one_word and self._is_part(text.folded, begin, end)

    def _is_part(self, folded: str, begin: int, end: int) -> bool:
        inside = begin > 0 and KINDS[folded[begin - 1]] == SPACED
        if inside and not begins_part(folded, begin):
            return False
        if any(begins_part(folded, place) for place in range(begin + 1, end)):
            return False
        if self._is_open or end == len(folded) or KINDS[folded[end]] != SPACED:
            return True
        return begins_part(folded, end)
