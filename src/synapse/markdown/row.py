"""A line as it stands on the screen, and what two of them share."""

from __future__ import annotations

from synapse.markdown.theme import Line, Span, plain, with_spaces
from synapse.terminal import cells


class Row:
    """A line with its measures."""

    __slots__ = ("certain", "characters", "columns", "line", "most")

    def __init__(self, line: Line) -> None:
        text = plain(line)
        self.characters = len(text)
        tabs = "\t" in text
        if tabs:
            text = plain(with_spaces(line))
        self.line = line
        self.columns = cells.width(text)
        self.most = self.columns if text.isascii() else cells.max_width(text)
        # Whether all terminals agree about where the cursor is after it, and whether writing it
        # replaces what was there: a tab skips it.
        self.certain = not tabs and (text.isascii() or cells.has_certain_width(text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.line == other.line

    __hash__ = None  # type: ignore[assignment]

    def taken(self, columns: int) -> int:
        """Return the rows that a terminal needs for it at least that wraps it anew."""
        if self.line and self.certain:
            return max(1, -(-self.columns // columns))
        # Each grapheme may be one column wide; how many they are doesn't matter to the terminal.
        least = sum(1 for _ in cells.graphemes(plain(self.line)))
        return max(1, -(-min(least, self.columns) // columns))

    def tail(self, start: int) -> Line:
        """Return the line from character `start` on."""
        line: Line = []
        for style, text in self.line:
            if start < len(text):
                line.append((style, text[start:]))
            start = max(0, start - len(text))
        return line


def stripped(line: Line) -> Line:
    """Return `line` without spaces at its end: not all terminals wrap those with it."""
    if not line or not line[-1][1].endswith(" "):
        return line
    *others, (style, text) = line
    text = text.rstrip(" ")
    return [*others, (style, text)] if text else stripped(others)


def clipped(row: Row, columns: int, ellipsis: Span) -> Row:
    """Return `row`, cut so that it surely fits in `columns` columns."""
    if row.most <= columns:
        return row
    room = columns - len(ellipsis[1])
    line: Line = []
    for style, text in row.line:
        part = cells.clip_to_max_width(text, room)
        line.append((style, part))
        if part != text:
            break
        room -= cells.max_width(part)
    return Row([*line, ellipsis])


def scrolled(old: list[Row], new: list[Row]) -> tuple[int, int]:
    """Return how many rows stay at the top, and how many to delete after them to scroll `old`
    to `new`; 0 is not at all.

    Judged by the rows at the top; those at the bottom have changed if text was added.
    """
    stay = 1
    while stay < min(len(old), len(new)) and old[stay] == new[stay]:
        stay += 1
    compared = max(1, (len(old) - stay) // 2)
    top = new[stay : stay + compared]
    for count in range(len(old) - stay - compared + 1):
        if old[stay + count : stay + count + compared] == top:
            return stay, count
    return stay, 0


def shared_start(old: Row, new: Row) -> tuple[int, int]:
    """Return the characters, and the columns they take, that need not be written again."""
    count = _equal_characters(old.line, new.line)
    before, after = plain(old.line), plain(new.line)
    while count > 0 and not (_begins(before, count) and _begins(after, count)):
        count -= 1
    start = cells.start_of_certain_width(after[:count].partition("\t")[0])
    return len(start), cells.width(start)


def extends(old: Row, new: Row) -> bool:
    """Tell whether `new` is `old` with text after it that surely joins nothing."""
    count = old.characters
    after = plain(new.line)
    return (
        count < new.characters
        and cells.begins_grapheme(after[count])
        and _equal_characters(old.line, new.line) == count
    )


def _begins(text: str, position: int) -> bool:
    return position >= len(text) or cells.begins_grapheme(text[position])


def _equal_characters(old: Line, new: Line) -> int:
    """Return the number of characters at the start equal in text and style."""
    count = 0
    for (old_style, old_text), (new_style, new_text) in zip(old, new, strict=False):
        if old_style != new_style:
            break
        if old_text != new_text:
            same = 0
            for before, after in zip(old_text, new_text, strict=False):
                if before != after:
                    break
                same += 1
            return count + same
        count += len(old_text)
    return count
