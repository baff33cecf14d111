"""What is typed into a search, read: no input is an error, what is no syntax is looked for.

    disk full           both words, wherever they stand
    "disk full"         one after the other
    disk -full          the first, but not the other
    conf*               what begins so
    disk full OR quota  both words, or the third: OR binds less than the blank
    (disk OR quota) on  parentheses group
    role:user in:@1     filters, which hold for the whole query wherever they stand: see
                        `query_filters`

An operator is one only at the beginning of a word (`-`, `"`, `(`), at its end (`*`, `)`), or
between two operands (`OR`, in capitals). Everywhere else it is a character like any other:
`foo-bar`, `f(x)`, `5"`, `--flag`, `->`, `**bold**`, `OR else`. Of quotes, the typographic ones
count as well, and one that is never closed reaches to the end. A query of which nothing remains
(`""`, `( )`) is looked for as it is typed.
"""

from __future__ import annotations

from synapse.errors import UsageError
from synapse.record import Record
from synapse.search_query import (
    DEEPEST,
    LONGEST_QUERY,
    AllOf,
    AnyOf,
    Not,
    Phrase,
    SearchQuery,
    Word,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from synapse.app.query_filters import Filters
    from synapse.search_query import Part

_QUOTES = frozenset('"\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02')


class Parsed(Record):
    """A parsed query. The sessions that its REFs name are not looked up yet: that needs a store."""

    query: SearchQuery
    references: tuple[str, ...] = ()
    """REFs of `in:`; a message of any of them is meant."""
    references_without: tuple[str, ...] = ()
    """REFs of `-in:`."""
    notes: tuple[str, ...] = ()
    """What was read otherwise than it may have been meant, each a sentence without full stop."""

    @property
    def asks_nothing(self) -> bool:
        """Whether there is nothing to look for: the query is blank."""
        return self == Parsed(query=SearchQuery())


def parse(text: str, now: datetime | None = None) -> Parsed:
    """What `text` looks for. `now` is the moment from which `after:2w` counts.

    Raises UsageError for more than LONGEST_QUERY characters, and for nothing else.
    """
    if len(text) > LONGEST_QUERY:
        raise UsageError(
            f"the query has {len(text):,} characters; a search takes {LONGEST_QUERY:,}",
            "Look for a few words of it.",
        )
    reader = _Reader(text, now)
    expression = reader.read()
    filters = reader.filters
    if expression is None and not (filters and filters.given) and text.strip():
        expression = Phrase(text=text.strip())
    if filters is None:
        return Parsed(query=SearchQuery(expression=expression), notes=tuple(reader.notes))
    return Parsed(
        query=filters.query().replace(expression=expression),
        references=tuple(filters.references),
        references_without=tuple(filters.references_without),
        notes=(*filters.notes, *reader.notes),
    )


class _Group:
    """What stands between two parentheses, as far as it has been read."""

    __slots__ = ("_after_filter", "_alternatives", "_or_waits", "negated")

    def __init__(self, *, negated: bool = False) -> None:
        self.negated = negated
        self._alternatives: list[list[Part]] = [[]]
        self._or_waits = False
        self._after_filter = False

    def add(self, part: Part) -> None:
        """The next operand."""
        if self._or_waits:
            self._or_waits = False
            if self._alternatives[-1]:
                self._alternatives.append([])
        self._alternatives[-1].append(part)
        self._after_filter = False

    def add_filter(self) -> None:
        """A filter stood here: no operand, but an OR beside it is no word either."""
        self._after_filter = True
        self._or_waits = False

    def add_or(self) -> None:
        """The word OR."""
        if self._or_waits or not (self._alternatives[-1] or self._after_filter):
            self.add(Word(text="OR"))
        else:
            self._or_waits = True

    def end(self) -> Part | None:
        """The whole; None if it is empty."""
        if self._or_waits and not self._after_filter:
            self._or_waits = False
            self.add(Word(text="OR"))
        parts = [_joined(AllOf, parts) for parts in self._alternatives if parts]
        if not parts:
            return None
        whole = _joined(AnyOf, parts)
        return _not(whole) if self.negated else whole


def _joined(kind: type[AllOf] | type[AnyOf], parts: list[Part]) -> Part:
    flat: list[Part] = []
    for part in parts:
        flat += part.parts if isinstance(part, kind) else (part,)
    return flat[0] if len(flat) == 1 else kind(parts=tuple(flat))


def _not(part: Part) -> Part:
    return part.part if isinstance(part, Not) else Not(part=part)


class _Reader:
    """One pass over the text, from left to right; its depth is a list, not the stack's."""

    def __init__(self, text: str, now: datetime | None) -> None:
        self._text = text
        self._now = now
        self._at = 0
        self._groups = [_Group()]
        self._too_deep = 0
        """Opened parentheses that are not counted, because there are too many."""
        self.filters: Filters | None = None
        """None as long as nothing looks like one."""
        self.notes: list[str] = []

    def read(self) -> Part | None:
        """The expression; None if there is none. The filters have what they took."""
        text = self._text
        while self._at < len(text):
            if text[self._at].isspace():
                self._at += 1
            elif text[self._at] == ")" and self._is_in_a_group:
                self._close()
            else:
                self._read_operand()
        while len(self._groups) > 1:
            self._close()
        return self._groups[0].end()

    @property
    def _is_in_a_group(self) -> bool:
        return len(self._groups) > 1 or self._too_deep > 0

    def _read_operand(self) -> None:
        text, start = self._text, self._at
        negated = text[start] == "-" and self._can_be_negated(start + 1)
        start += negated
        if text[start] in _QUOTES:
            self._at = start + 1
            phrase = self._quoted()
            if phrase:
                self._add(Phrase(text=phrase), negated=negated)
        elif text[start] == "(" and not text.startswith("()", start):
            self._at = start + 1
            self._open(negated=negated)
        elif not self._took_filter(start, negated=negated):
            self._at = start
            self._add_word(self._word(), negated=negated)

    def _can_be_negated(self, at: int) -> bool:
        """Whether a dash in front of what stands there leaves it out: what follows begins like an
        operand. `--flag` and `->` are words.
        """
        following = self._text[at : at + 1]
        if following == "" or following.isspace() or following == "-":
            return False
        if following in _QUOTES or following == "(":
            return True
        end = self._end_of_word(at)
        return any(c.isalnum() or not c.isascii() for c in self._text[at:end])

    def _quoted(self) -> str:
        """The text up to the next quote, which is passed over."""
        start = end = self._at
        while end < len(self._text) and self._text[end] not in _QUOTES:
            end += 1
        self._at = end + 1
        return self._text[start:end].strip()

    def _end_of_word(self, at: int) -> int:
        """Where the word ends that begins at `at`: at a blank, or where it closes a group."""
        opened = 0
        while at < len(self._text):
            character = self._text[at]
            if character.isspace():
                break
            if character == "(":
                opened += 1
            elif character == ")" and opened:
                opened -= 1
            elif character == ")" and self._is_in_a_group:
                break
            at += 1
        return at

    def _word(self) -> str:
        start = self._at
        self._at = self._end_of_word(start)
        return self._text[start : self._at]

    def _took_filter(self, start: int, *, negated: bool) -> bool:
        """Whether a filter begins there: `name:` of one that exists, and a value that it takes."""
        end = self._end_of_word(start)
        name, colon, value = self._text[start:end].partition(":")
        if not colon:
            return False
        if self.filters is None:
            from synapse.app.query_filters import Filters  # few queries have any

            self.filters = Filters(self._now)
        if not self.filters.knows(name):
            self.filters.note_unknown(name, value)
            return False
        behind = end
        if value[:1] and value[0] in _QUOTES:
            self._at = start + len(name) + 2
            value = self._quoted()
            behind = self._at
        if not self.filters.take(name, value, negated=negated):
            return False
        self._at = behind
        self._groups[-1].add_filter()
        return True

    def _add_word(self, word: str, *, negated: bool) -> None:
        if word == "OR" and not negated:
            self._groups[-1].add_or()
            return
        if word in ("AND", "NOT"):
            instead = "words are joined by a blank" if word == "AND" else "leave out with -word"
            self.notes.append(f"{word} is looked for as a word: {instead}")
        stem = word[:-1]
        if word[-1] == "*" and "*" not in stem and any(map(str.isalnum, stem)):
            self._add(Word(text=stem, prefix=True), negated=negated)
        else:
            self._add(Word(text=word), negated=negated)

    def _add(self, part: Part, *, negated: bool) -> None:
        self._groups[-1].add(_not(part) if negated else part)

    def _open(self, *, negated: bool) -> None:
        if len(self._groups) > DEEPEST:
            self._too_deep += 1
        else:
            self._groups.append(_Group(negated=negated))

    def _close(self) -> None:
        if self._too_deep:
            self._too_deep -= 1
        else:
            whole = self._groups.pop().end()
            if whole is not None:
                self._groups[-1].add(whole)
        self._at += 1
