"""Breaks styled text into lines.

Lines break at spaces, and between ideographs, kana and emoji, which are written without spaces. A
word that is wider than a line is cut between graphemes. No line begins with a closing mark such
as 。 or ends with an opening one such as 「.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from synapse.markdown.theme import Line, Span, append
from synapse.terminal import cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SPACES = re.compile(r"[ \t\n]+")
_CLOSING = frozenset(
    "、。，．・：；？！）」』】〉》〕］｝…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
_OPENING = frozenset("（「『【〈《〔［｛")

HARD_BREAK: Span = ("", "\n")


class _Word(NamedTuple):
    pieces: list[Span]
    columns: int
    spaced: bool  # a space stood before it


def wrap(spans: Iterable[Span], columns: int) -> list[Line]:
    """Return `spans` as lines of at most `columns` columns; at least one line."""
    lines: list[Line] = []
    line: Line = []
    used = 0
    for word in _words(spans):
        if word is None:
            lines.append(line)
            line, used = [], 0
            continue
        space = 1 if word.spaced and used else 0
        if used and used + space + word.columns > columns:
            lines.append(line)
            line, used, space = [], 0, 0
        if word.columns > columns:
            line, used = _cut(word, columns, lines)
            continue
        if space:
            _append_space(line, word.pieces[0][0])
        for style, text in word.pieces:
            append(line, style, text)
        used += space + word.columns
    if line or not lines:
        lines.append(line)
    return lines


def natural_width(spans: Iterable[Span]) -> int:
    """Return the columns that `spans` take if nothing makes them break."""
    widest = used = 0
    for word in _words(spans):
        if word is None:
            used = 0
        else:
            used += word.columns + (1 if word.spaced and used else 0)
            widest = max(widest, used)
    return widest


def longest_word(spans: Iterable[Span]) -> int:
    """Return the columns below which a word of `spans` would be cut."""
    return max((word.columns for word in _words(spans) if word is not None), default=0)


def _append_space(line: Line, style: str) -> None:
    # Between two words of one style the space has it too, so that an underline has no gaps.
    append(line, style if line[-1][0] == style else "", " ")


def _cut(word: _Word, columns: int, lines: list[Line]) -> tuple[Line, int]:
    """Append the full lines of a `word` wider than a line to `lines`; return what is left."""
    line: Line = []
    used = 0
    for style, text in word.pieces:
        if text.isascii():
            while used + len(text) > columns:
                append(line, style, text[: columns - used])
                lines.append(line)
                line, text, used = [], text[columns - used :], 0
            append(line, style, text)
            used += len(text)
            continue
        for grapheme in cells.graphemes(text):
            width = cells.width(grapheme)
            if used and used + width > columns:
                lines.append(line)
                line, used = [], 0
            append(line, style, grapheme)
            used += width
    return line, used


def _words(spans: Iterable[Span]) -> Iterator[_Word | None]:
    """Yield what must stay together; None is a hard break."""
    pieces: list[Span] = []
    columns = 0
    spaced = False
    for span in spans:
        if span is HARD_BREAK:
            if pieces:
                yield _Word(pieces, columns, spaced)
            yield None
            pieces, columns, spaced = [], 0, False
            continue
        style, text = span
        for number, part in enumerate(_SPACES.split(text)):
            if number:
                if pieces:
                    yield _Word(pieces, columns, spaced)
                    pieces, columns = [], 0
                spaced = True
            if not part:
                continue
            if part.isascii():
                pieces.append((style, part))
                columns += len(part)
                continue
            for atom, wide in _atoms(part):
                if wide and pieces:
                    yield _Word(pieces, columns, spaced)
                    pieces, columns, spaced = [], 0, False
                pieces.append((style, atom))
                columns += cells.width(atom)
                if wide:
                    yield _Word(pieces, columns, spaced)
                    pieces, columns, spaced = [], 0, False
    if pieces:
        yield _Word(pieces, columns, spaced)


def _atoms(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the runs of narrow graphemes and the wide graphemes, told by True.

    A closing mark stays with what it follows, an opening one with what follows it.
    """
    run = ""
    run_is_wide = False
    for grapheme in cells.graphemes(text):
        wide = cells.width(grapheme) > 1
        sticks = grapheme in _CLOSING or (run != "" and run[-1] in _OPENING)
        if run and (wide or run_is_wide) and not sticks:
            yield run, run_is_wide
            run, run_is_wide = "", False
        run += grapheme
        run_is_wide = run_is_wide or wide
    if run:
        yield run, run_is_wide
