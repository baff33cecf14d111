"""What FTS5 is asked for an expression: every message that may match, and others; and what SQLite
is asked of the text of each, so that most of the others are passed by where they are read.
"""

from __future__ import annotations

from itertools import pairwise

from synapse.search_query import AllOf, AnyOf, Not, Word
from synapse.stores._text import storable
from synapse.stores.search_terms import THOUGHT, Wanted, fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.search_query import Part

_MOST_TERMS = 48
"""Of a word or a phrase: more would say no more of it."""
_MOST_TESTS = 16
"""Of a text, by SQLite: beyond, more texts than need be are read."""
_MOST_WORDS, _LONGEST_PIECE = 6, 200
"""Of a phrase, and characters of a word, that SQLite compares."""
_SPACES = " \t\n\v\f\r\x1c\x1d\x1e\x1f"
"""What str.isspace() says of ASCII."""
_TRUE, _FALSE = "1", "0"
_UNLESS_PLAIN = """
AND (m.attachment_count > 0 OR m.status = 'streaming' OR typeof({text}) <> 'text'
     OR octet_length({text}) <> length({text}) OR {may_match})
"""
"""An ASCII text has as many characters as bytes; of one with a NUL, length() is another."""


class Asked:
    """The query, in FTS5's language, in which nothing stands but terms in quotes."""

    def __init__(self, expression: Part | None, *, in_reasoning: bool) -> None:
        self._mark = THOUGHT if in_reasoning else ""
        self.begins_words = False
        """Whether beginnings of words are asked for, of which FTS5 puts all together first."""
        self.match = None if expression is None else self._of(expression)
        """None: every message may match."""
        self.match_of_whole_words = self.match
        """The same without beginnings of words."""
        if expression is not None and self.begins_words:
            self.match_of_whole_words = self._of(expression, beginnings=False)
        self._expression = expression
        self._text = "m.reasoning" if in_reasoning else "m.content"

    def _of(self, part: Part, *, beginnings: bool = True) -> str | None:
        if isinstance(part, Not):
            return None  # what is not in one text of a message may be in another
        if isinstance(part, AllOf):
            all_known = [self._of(inner, beginnings=beginnings) for inner in part.parts]
            known = [asked for asked in all_known if asked is not None]
            return f"({' AND '.join(known)})" if known else None
        if isinstance(part, AnyOf):
            all_known = [self._of(inner, beginnings=beginnings) for inner in part.parts]
            known = [asked for asked in all_known if asked is not None]
            return f"({' OR '.join(known)})" if len(known) == len(all_known) else None
        wanted = Wanted(part.text, prefix=isinstance(part, Word) and part.prefix)
        terms = [f'"{self._mark}{term}"' for term in sorted(wanted.whole)]
        if beginnings:
            terms += [f'"{self._mark}{term}"*' for term in sorted(wanted.beginnings)]
        self.begins_words = self.begins_words or bool(wanted.beginnings)
        return f"({' AND '.join(terms[:_MOST_TERMS])})" if terms else None

    def of_texts(self) -> tuple[str, dict[str, str]]:
        """What the text of a row `m` must be, in SQL that stands behind a WHERE, and its values.
        Of texts that are not ASCII nothing is said, nor of what does not stand in the row.
        """
        if self._expression is None:
            return "", {}
        tests = _Tests(self._text)
        may_match = tests.may(self._expression)
        if may_match == _TRUE:
            return "", {}
        return _UNLESS_PLAIN.format(text=self._text, may_match=may_match), tests.values


class _Tests:
    """What is true of ASCII texts that match, in SQL. They fold no otherwise than LIKE does."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.values: dict[str, str] = {}

    def may(self, part: Part) -> str:
        """True of every text of which the part holds."""
        if isinstance(part, Not):
            holds = self._surely(part.part)
            return _TRUE if holds == _FALSE else f"NOT {holds}"
        if isinstance(part, (AllOf, AnyOf)):
            return _joined(part, map(self.may, part.parts))
        words = fold(storable(part.text)).lower().split()
        if not words or not all(map(str.isascii, words)):
            return _FALSE
        if len(self.values) >= _MOST_TESTS:
            return _TRUE
        words = [word[:_LONGEST_PIECE] for word in words]
        return self._beside(words[:_MOST_WORDS]) if len(words) > 1 else self._has(words[0])

    def _surely(self, part: Part) -> str:
        """True of no text of which the part does not hold."""
        if isinstance(part, Not):
            holds = self.may(part.part)
            return _FALSE if holds == _TRUE else f"NOT {holds}"
        if isinstance(part, (AllOf, AnyOf)):
            return _joined(part, map(self._surely, part.parts))
        word = part.text.lower()
        is_plain = word.isascii() and word.isalnum() and isinstance(part, Word) and not part.prefix
        if not is_plain or len(word) > _LONGEST_PIECE or len(self.values) >= _MOST_TESTS:
            return _FALSE
        return f"lower({self._text}) GLOB {self._named(f'*[^a-z0-9]{word}[^a-z0-9]*')}"

    def _has(self, word: str) -> str:
        return self._is_like(_escaped(word))

    def _is_like(self, pattern: str) -> str:
        return f"{self._text} LIKE {self._named(f'%{pattern}%')} ESCAPE '!'"

    def _beside(self, words: list[str]) -> str:
        """With one character between each two, or with more white space between some of them."""
        apart, beside = [], []
        for word, next in pairwise(words):
            signs = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in word)
            pattern = self._named(f"*{signs}[{_SPACES}][{_SPACES}]*")
            apart.append(f"lower({self._text}) GLOB {pattern}")
            beside.append(f"({self._is_like(f'{_escaped(word)}_{_escaped(next)}')} OR {apart[-1]})")
        whole = self._is_like("_".join(map(_escaped, words)))
        return f"({whole} OR ({' OR '.join(apart)}) AND {' AND '.join(beside)})"

    def _named(self, value: str) -> str:
        name = f"test{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def _joined(part: AllOf | AnyOf, tests: Iterable[str]) -> str:
    word, empty, final = (
        ("AND", _TRUE, _FALSE) if isinstance(part, AllOf) else ("OR", _FALSE, _TRUE)
    )
    known = [test for test in tests if test != empty]
    if final in known:
        return final
    return f"({f' {word} '.join(known)})" if known else empty


def _escaped(piece: str) -> str:
    for sign in "!%_":
        piece = piece.replace(sign, f"!{sign}")
    return piece
