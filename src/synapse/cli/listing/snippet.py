"""The part of a text in which something was found, on one line."""

from __future__ import annotations

from itertools import repeat

from synapse.terminal.cells import graphemes, width
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Piece = tuple[str, int, bool]
    """A grapheme as it is shown, its columns, and whether it matched."""

_BLANKS = dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x1f"), " ")
_BEFORE = 3
"""Of the room, one in so many columns at the most is for what stands before the match."""


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
    pieces, at_start, at_end = _around(text, spans, columns)
    anchor = next((at for at, (_, _, marked) in enumerate(pieces) if marked), 0)
    room = columns // _BEFORE
    if at_end:  # what stands before gets what the rest does not need
        room = max(room, columns - len(ellipsis) - sum(size for _, size, _ in pieces[anchor:]))
    first = _back(pieces, anchor, room)
    before = ellipsis if first > 0 or not at_start else ""
    last = _on(pieces, first, columns - len(before))
    behind = ellipsis if last < len(pieces) or not at_end else ""
    if behind:
        last = _on(pieces, first, columns - len(before) - len(behind))
    return before + _joined(pieces[first:last], mark) + behind


def _around(
    text: str, spans: Sequence[tuple[int, int]], columns: int
) -> tuple[list[Piece], bool, bool]:
    """The graphemes around the first match, and whether they reach to the beginning of the text,
    and to its end. Enough of them are looked at to fill the columns, however long the text is.
    """
    match = spans[0][0] if spans else 0
    start, end = max(0, match - 2 * columns), min(len(text), match + 3 * columns)
    marks = [(begin - start, stop - start) for begin, stop in spans if stop > start and begin < end]
    part = text[start:end]
    pieces = _pieces(part, marks)
    if start > 0:
        pieces = pieces[1:]  # it may be a part of a grapheme
    if end < len(text):
        pieces = pieces[:-1]
    at_start, at_end = start == 0, end == len(text)
    while pieces and pieces[0][0] == " ":
        del pieces[0]
    while pieces and pieces[-1][0] == " ":
        del pieces[-1]
    return pieces, at_start, at_end


def _pieces(part: str, marks: list[tuple[int, int]]) -> list[Piece]:
    spaced = part.translate(_BLANKS)
    if spaced.isascii() and spaced.isprintable():
        return _plain_pieces(spaced, marks)
    harmless = part.isprintable()
    narrow = part.isascii()
    pieces: list[Piece] = []
    at, blank, coming = 0, False, iter(marks)
    begin, stop = next(coming, (len(part), len(part)))
    for grapheme in graphemes(part):
        behind = at + len(grapheme)
        while stop <= at < len(part) and begin < len(part):
            begin, stop = next(coming, (len(part), len(part)))
        marked = begin < behind
        at = behind
        if grapheme.isspace():
            if not blank:
                pieces.append((" ", 1, marked))
            blank = True
            continue
        blank = False
        shown = grapheme if harmless else clean_line(grapheme)
        pieces.append((shown, 1 if narrow and harmless else width(shown), marked))
    return pieces


def _plain_pieces(part: str, marks: list[tuple[int, int]]) -> list[Piece]:
    """As `_pieces`, of a text whose characters are all a column wide: a tenth of the cost."""
    marked = [False] * len(part)
    for begin, stop in marks:
        inside = range(max(begin, 0), min(stop, len(part)))
        marked[inside.start : inside.stop] = [True] * len(inside)
    pieces = [*zip(part, repeat(1), marked, strict=False)]
    if "  " not in part:
        return pieces
    before = f"x{part}"  # the sign before each
    return [
        piece for piece, last in zip(pieces, before, strict=False) if piece[0] != " " or last != " "
    ]


def _back(pieces: list[Piece], anchor: int, room: int) -> int:
    """Where to begin so that at most `room` columns stand before the anchor: with a word, if one
    begins there.
    """
    first = anchor
    while first > 0 and pieces[first - 1][1] <= room:
        first -= 1
        room -= pieces[first][1]
    if first == 0:
        return 0
    return next((at + 1 for at in range(first, anchor) if pieces[at][0] == " "), first)


def _on(pieces: list[Piece], first: int, room: int) -> int:
    """Where to end so that at most `room` columns are shown."""
    last = first
    while last < len(pieces) and pieces[last][1] <= room:
        room -= pieces[last][1]
        last += 1
    return last


def _joined(pieces: list[Piece], mark: Callable[[str], str]) -> str:
    runs: list[tuple[bool, list[str]]] = []
    for shown, _, marked in pieces:
        if not runs or runs[-1][0] != marked:
            runs.append((marked, []))
        runs[-1][1].append(shown)
    return "".join(mark("".join(run)) if marked else "".join(run) for marked, run in runs)
