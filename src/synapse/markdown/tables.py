"""Lays tables out: in columns if they fit, else row by row in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from synapse.markdown.theme import HeaderLine, Line, Span, TableLine, Theme, plain
from synapse.markdown.wrap import longest_word, natural_width, wrap
from synapse.terminal import cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

# A column in which words are cut and narrower than this is not readable.
_NARROWEST = 8
# Below a header that is kept on the screen there is still something to see.
_FEWEST_ROWS = 3


class Table(NamedTuple):
    """The cells of a table by row, the header first, and "left", "right" or "center" by column."""

    rows: list[list[list[Span]]]
    alignments: list[str]


def read(tokens: list[Token], spans: Callable[[str, bool], list[Span]]) -> Table:
    """Return the table of `tokens`; `spans` turns the content of a (header) cell into spans."""
    rows: list[list[list[Span]]] = []
    alignments: list[str] = []
    header = True
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            header = token.type == "th_open"
            if header:
                alignments.append(str(token.attrs.get("style", "")).rpartition(":")[2])
        elif token.type == "inline":
            rows[-1].append(spans(token.content, header))
    return Table(rows, alignments)


def layout(table: Table, columns: int, theme: Theme) -> list[Line]:
    """Return the lines of `table` in `columns` columns."""
    if not theme.accessible:
        longest, natural = _widths(table, longest_word), _widths(table, natural_width)
        widths = share(longest, natural, columns - 3 * (len(natural) - 1))
        if widths is not None:
            return _in_columns(table, widths, theme)
    return _in_words(table, columns, theme)


def share(longest: list[int], natural: list[int], room: int) -> list[int] | None:
    """Divide `room` columns among the columns of a table, or return None if they don't fit.

    Each gets its `longest` word. Columns that are narrow anyway then get their `natural` width,
    and the others of what is left in proportion to what they lack. Words are cut, the longest
    first, only where they don't fit beside each other.
    """
    if sum(natural) <= room:
        return natural
    if sum(longest) > room:
        return _cut_words(longest, room)
    widths = list(longest)
    left = room - sum(widths)
    fair = room // len(natural)
    for column in sorted(range(len(natural)), key=natural.__getitem__):
        lacks = natural[column] - widths[column]
        if natural[column] <= fair and lacks <= left:
            widths[column] = natural[column]
            left -= lacks
    lacking = [want - width for want, width in zip(natural, widths, strict=True)]
    total = sum(lacking)
    before = 0
    for column, lacks in enumerate(lacking):
        after = before + lacks
        widths[column] += left * after // total - left * before // total
        before = after
    return widths


def _cut_words(longest: list[int], room: int) -> list[int] | None:
    if sum(min(word, _NARROWEST) for word in longest) > room:
        return None
    widths = list(longest)
    order = sorted(range(len(longest)), key=longest.__getitem__)
    for rank, column in enumerate(order):
        widths[column] = min(longest[column], room // (len(order) - rank))
        room -= widths[column]
    return widths


def keep_header(lines: list[Line], height: int, more: Line) -> list[Line]:
    """Return `lines`, if there are more than `height`, as `height` lines that begin with the
    header of the table that is cut, and `more`. Any others are returned as they are.
    """
    if height < _FEWEST_ROWS:
        return lines
    top = len(lines) - height + 1  # what would be the first below `more`
    if top < 2 or not isinstance(lines[top], TableLine):
        return lines
    end = top + 1
    while end > 0 and not isinstance(lines[end - 1], HeaderLine):
        end -= 1
    start = end
    while start > 0 and isinstance(lines[start - 1], HeaderLine):
        start -= 1
    rows = height - (end - start) - 1
    if start >= top or rows < _FEWEST_ROWS:
        return lines
    return [*lines[start:end], more, *lines[len(lines) - rows :]]


def _widths(table: Table, measure: Callable[[list[Span]], int]) -> list[int]:
    widths = [1] * len(table.alignments)
    for row in table.rows:
        for column, cell in enumerate(row):
            widths[column] = max(widths[column], measure(cell))
    return widths


def _in_columns(table: Table, widths: list[int], theme: Theme) -> list[Line]:
    rule = theme.glyphs.rule
    cross = f"{rule}{theme.glyphs.cross}{rule}"
    between: Span = (theme.faint, cross.join(rule * width for width in widths))
    header, *rows = [_row(row, widths, table.alignments, theme) for row in table.rows]
    lines: list[Line] = [*map(HeaderLine, header), HeaderLine([between])]
    # Where a row may have several lines, a rule tells where the next one begins.
    ruled = any(len(row) > 1 for row in rows)
    for number, row in enumerate(rows):
        if number and ruled:
            lines.append(TableLine([between]))
        lines += map(TableLine, row)
    return lines


def _row(
    row: list[list[Span]], widths: list[int], alignments: list[str], theme: Theme
) -> list[Line]:
    separator: Span = (theme.faint, f" {theme.glyphs.separator} ")
    wrapped = [wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines: list[Line] = []
    for depth in range(max(map(len, wrapped))):
        line: Line = []
        for column, cell_lines in enumerate(wrapped):
            cell = cell_lines[depth] if depth < len(cell_lines) else []
            if column:
                line.append(separator)
            last = column == len(wrapped) - 1
            _place(line, cell, widths[column], alignments[column], last=last)
        lines.append(line)
    return lines


def _place(line: Line, cell: Line, width: int, alignment: str, *, last: bool) -> None:
    padding = width - sum([cells.width(text) for _, text in cell])
    left = {"right": padding, "center": padding // 2}.get(alignment, 0)
    if left > 0:
        line.append(("", " " * left))
    line.extend(cell)
    if padding > left and not last:
        line.append(("", " " * (padding - left)))


def _in_words(table: Table, columns: int, theme: Theme) -> list[Line]:
    """One "Header: value." line per cell, a blank line between rows."""
    header, *rows = table.rows
    if not rows:
        return [line for cell in header for line in wrap(cell, columns)]
    lines: list[Line] = []
    for number, row in enumerate(rows):
        if number:
            lines.append([])
        for name, value in zip(header, row, strict=True):
            text = plain(value).rstrip()
            if text or plain(name):
                end = "" if text.endswith((".", "!", "?", "。")) else "."
                lines.extend(wrap([*name, ("", ": "), *value, ("", end)], columns))
    return lines
