"""Whether a text says what an expression asks for, and where: the same for every engine.

An index only names texts that may do so; whoever asked is shown what is judged here.
"""

from __future__ import annotations

from synapse.search_query import AllOf, AnyOf, Not, Phrase, Word
from synapse.stores._text import storable
from synapse.stores.search_terms import KINDS, SPACED, begins_part, fold, is_camel

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

    from synapse.search_query import Part

    Spans = tuple[tuple[int, int], ...]
    _Test = Callable[["_Text"], bool]

_UNUSUAL = 4000
"""Texts that are judged before a pattern is compiled, which is quicker for many: to import `re`
costs as much as to judge so many without it, 20 million instructions.
"""


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
        return self.shown(text) if self.matches(text) else None

    def shown(self, text: str) -> Spans:
        """The same of a text that is known to match. Only what is shown is worth the search for
        where it stands in the text as it was before it was folded.
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
        from synapse.stores.search_places import fold_with_places  # not for ASCII

        folded, self._begins, self._ends = fold_with_places(text)
        return folded

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
        self._words = needle.split(" ")
        self._judged = 0
        self._pattern: re.Pattern[str] | None = None
        """Finds it in an ASCII text, but within a camelCase name; once it is worth it."""
        self._opens = bool(needle) and KINDS[needle[0]] == SPACED
        self._closes = bool(needle) and KINDS[needle[-1]] == SPACED
        self._is_one_word = bool(needle) and all(KINDS[sign] == SPACED for sign in needle)

    def stands_in(self, text: _Text) -> bool:
        """Whether it stands anywhere in the text."""
        if not self._needle:
            return False
        if text.is_ascii:
            if not self._needle.isascii():
                return False
            pattern = self._pattern_for_many()
            if pattern is not None:
                if pattern.search(text.low):
                    return True
                if not self._is_one_word or not is_camel(text.folded):
                    return False
        if len(self._words) > 1 and not self._stands_beside(text.low):
            return False
        return next(self.spans(text), None) is not None

    def _stands_beside(self, low: str) -> bool:
        """Whether the words stand beside each other anywhere, if in parts of longer ones."""
        return self._needle in low or self._needle in " ".join(low.split())

    def _pattern_for_many(self) -> re.Pattern[str] | None:
        self._judged += 1
        if self._judged > _UNUSUAL and self._pattern is None:
            import re  # see _UNUSUAL

            needle = self._needle
            begin = "(?<![a-z0-9])" if needle[:1].isalnum() else ""
            end = "(?![a-z0-9])" if needle[-1:].isalnum() and not self._is_open else ""
            words = r"\s+".join(map(re.escape, self._words))
            self._pattern = re.compile(f"{begin}{words}{end}")
        return self._pattern

    def spans(self, text: _Text) -> Iterator[tuple[int, int]]:
        """Every place in the folded text at which it stands."""
        for begin, end in self._occurrences(text.low):
            if self._is_whole(text, begin, end):
                yield begin, end

    def _occurrences(self, low: str) -> Iterator[tuple[int, int]]:
        first = self._words[0]
        begin = low.find(first) if first else -1
        while begin >= 0:
            end = self._end(low, begin)
            if end >= 0:
                yield begin, end
            begin = low.find(first, begin + 1)

    def _end(self, low: str, begin: int) -> int:
        """Where it ends if its first word begins there; -1 if its next does not follow."""
        end = begin + len(self._words[0])
        for word in self._words[1:]:
            behind = end
            while behind < len(low) and low[behind].isspace():
                behind += 1
            if behind == end or not low.startswith(word, behind):
                return -1
            end = behind + len(word)
        return end

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
