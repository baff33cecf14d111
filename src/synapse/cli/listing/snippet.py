"""The part of a text in which something was found, on one line.

What few runs need is imported where they need it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Marks = list[tuple[int, int]]
    """Begin and end of what matched, in order and apart."""

_BLANKS = dict.fromkeys(
    map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029\u202f\u205f\u3000"), " "
)
_BEFORE = 3
"""Of the room, one in so many columns at the most is for what stands before the match."""
_FAR = 64
"""Characters in which nothing may be found of which it is sure that it begins a grapheme."""
_REACHES = (1, 3)
"""How many times the columns are looked at to each side of the match: further only where blanks
that are left out leave too little of it.
"""


def snippet(
    text: str,
    spans: Sequence[tuple[int, int]],
    columns: int,
    *,
    mark: Callable[[str], str] = lambda matched: matched,
    ellipsis: str = "…",
) -> str:
    """What stands around the first match, in `columns` columns at the most, cut between graphemes:
    harmless, white space as single blanks, `ellipsis` where something is left out, and what
    matched as `mark` has it. The beginning of the text if nothing matched.
    """
    columns = max(columns, 2 * len(ellipsis) + 1)
    for reach in _REACHES:
        row = _around(text, spans, reach * columns)
        anchor = row.marks[0][0] if row.marks else 0
        room, rest = columns // _BEFORE, row.width(anchor, len(row.shown))
        if row.at_end:  # what stands before gets what the rest does not need
            room = max(room, columns - len(ellipsis) - rest)
        if (row.at_end or rest >= columns) and (row.at_start or row.width(0, anchor) > room):
            break
    first = row.back(anchor, room)
    before = ellipsis if first > 0 or not row.at_start else ""
    last = row.on(first, columns - len(before))
    behind = ellipsis if last < len(row.shown) or not row.at_end else ""
    if behind:
        last = row.on(first, columns - len(before) - len(behind))
    return before + row.cut(first, last, mark) + behind


class _Row:
    """A part of a text on one line, ready to be cut."""

    __slots__ = ("at_end", "at_start", "marks", "shown", "widths")

    def __init__(
        self,
        shown: str | list[str],
        widths: list[int] | None,
        marks: Marks,
        ends: tuple[bool, bool],
    ) -> None:
        self.shown = shown
        """Its graphemes."""
        self.widths = widths
        """Their columns; None if each has one."""
        self.marks = marks
        self.at_start, self.at_end = ends
        """Whether it reaches to the beginning of the text, and to its end."""

    def width(self, first: int, last: int) -> int:
        """The columns from one grapheme to another."""
        return last - first if self.widths is None else sum(self.widths[first:last])

    def back(self, anchor: int, room: int) -> int:
        """Where to begin so that at most `room` columns stand before the anchor: with a word, if
        one begins there.
        """
        if self.widths is None:
            first = max(0, anchor - room)
        else:
            first = anchor
            while first > 0 and self.widths[first - 1] <= room:
                first -= 1
                room -= self.widths[first]
        between = self.shown[first:anchor]
        return first + between.index(" ") + 1 if first > 0 and " " in between else first

    def on(self, first: int, room: int) -> int:
        """Where to end so that at most `room` columns are shown."""
        if self.widths is None:
            return min(len(self.shown), first + room)
        last = first
        while last < len(self.widths) and self.widths[last] <= room:
            room -= self.widths[last]
            last += 1
        return last

    def cut(self, first: int, last: int, mark: Callable[[str], str]) -> str:
        """The text between two graphemes, what matched marked."""
        shown, text = self.shown, ""
        for begin, end in self.marks:
            begin, end = max(begin, first), min(end, last)
            if begin < end:
                text += _text(shown[first:begin]) + mark(_text(shown[begin:end]))
                first = end
        return text + _text(shown[first:last])


def _text(graphemes: str | list[str]) -> str:
    return graphemes if isinstance(graphemes, str) else "".join(graphemes)


def _around(text: str, spans: Sequence[tuple[int, int]], reach: int) -> _Row:
    """What stands around the first match, so many characters to each side, however long the text
    is.
    """
    match = spans[0][0] if spans else 0
    start, end = _between_graphemes(text, max(0, match - reach)), min(len(text), match + reach)
    at_start, at_end = start == 0, end == len(text)
    part = text[start:end]
    is_printable = part.isprintable()
    if not is_printable:
        part = part.translate(_BLANKS)
        is_printable = part.isprintable()
    marks = [
        (max(0, begin - start), min(stop, end) - start)
        for begin, stop in spans
        if start < stop > begin < end
    ]
    is_plain = is_printable and part.isascii()
    shown, widths, marks = (_plain if is_plain else _graphemes)(part, marks)
    # What stands at an edge may be a part of a grapheme, and blanks there are not shown.
    first, last = 0 if at_start else 1, len(shown) if at_end else len(shown) - 1
    while first < last and shown[first] == " ":
        first += 1
    while first < last and shown[last - 1] == " ":
        last -= 1
    marks = [(max(0, begin - first), min(stop, last) - first) for begin, stop in marks]
    return _Row(
        shown[first:last],
        None if widths is None else widths[first:last],
        [(begin, stop) for begin, stop in marks if begin < stop],
        (at_start, at_end),
    )


def _between_graphemes(text: str, start: int) -> int:
    """The same place, or one before it, where a grapheme begins: flags and emoji are taken apart
    otherwise. Where that is not sure of any, one so far away that it is not shown.
    """
    if start == 0 or text[start].isascii():
        return start
    from synapse.terminal.cells import begins_grapheme

    for place in range(start, max(0, start - _FAR), -1):
        if begins_grapheme(text[place]):
            return place
    return max(0, start - _FAR)


def _plain(part: str, marks: Marks) -> tuple[str, None, Marks]:
    """Of a text whose characters are all a column wide: without a look at each."""
    if "  " not in part:
        return part, None, marks
    moved = [(len(_single(part[:begin])), len(_single(part[:stop]))) for begin, stop in marks]
    return _single(part), None, moved


def _single(part: str) -> str:
    """Single blanks."""
    while "  " in part:
        part = part.replace("  ", " ")
    return part


def _graphemes(part: str, marks: Marks) -> tuple[list[str], list[int], Marks]:
    """Of any text."""
    from synapse.terminal.cells import graphemes, graphemes_with_widths, width
    from synapse.terminal.safe import clean_line

    if part.isprintable():
        found = graphemes_with_widths(part)
        if len(found) == len(part) and "  " not in part:
            return [*part], [columns for _, columns in found], marks
    else:
        found = [(grapheme, -1) for grapheme in graphemes(part)]
    shown: list[str] = []
    widths: list[int] = []
    moved: Marks = []
    behind, coming = 0, iter(marks)
    nothing = (len(part), len(part))
    begin, stop = next(coming, nothing)
    for grapheme, columns in found:
        at, behind = behind, behind + len(grapheme)
        while stop <= at < len(part) and begin < len(part):
            begin, stop = next(coming, nothing)
        if grapheme.isspace():
            if shown and shown[-1] == " ":
                continue
            grapheme, columns = " ", 1
        elif columns < 0:
            grapheme = clean_line(grapheme)
            columns = width(grapheme)
        if begin < behind:
            first = moved.pop()[0] if moved and moved[-1][1] == len(shown) else len(shown)
            moved.append((first, len(shown) + 1))
        shown.append(grapheme)
        widths.append(columns)
    return shown, widths, moved
