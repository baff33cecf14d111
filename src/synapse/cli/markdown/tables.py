"""Lays tables out: in columns if they fit, else row by row in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from synapse.cli.markdown.theme import Line, Span, Theme, plain
from synapse.cli.markdown.wrap import natural_width, wrap
from synapse.cli.terminal import cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

# A column of words narrower than this is not readable.
_NARROWEST = 5


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
        natural = _natural_widths(table)
        widths = share(natural, columns - 3 * (len(natural) - 1))
        if widths is not None:
            return _in_columns(table, widths, theme)
    return _in_words(table, columns, theme)


def share(natural: list[int], room: int) -> list[int] | None:
    """Divide `room` columns among the columns of a table, or return None if they don't fit.

    Narrow columns get what they want; the wide ones share the rest evenly.
    """
    if sum(natural) <= room:
        return natural
    if sum(min(want, _NARROWEST) for want in natural) > room:
        return None
    widths = list(natural)
    order = sorted(range(len(natural)), key=natural.__getitem__)
    for rank, column in enumerate(order):
        widths[column] = min(natural[column], room // (len(order) - rank))
        room -= widths[column]
    return widths


def _natural_widths(table: Table) -> list[int]:
    widths = [1] * len(table.alignments)
    for row in table.rows:
        for column, cell in enumerate(row):
            widths[column] = max(widths[column], natural_width(cell))
    return widths


def _in_columns(table: Table, widths: list[int], theme: Theme) -> list[Line]:
    separator: Span = (theme.faint, f" {theme.glyphs.separator} ")
    lines: list[Line] = []
    for number, row in enumerate(table.rows):
        wrapped = [wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
        for depth in range(max(map(len, wrapped))):
            line: Line = []
            for column, cell_lines in enumerate(wrapped):
                cell = cell_lines[depth] if depth < len(cell_lines) else []
                if column:
                    line.append(separator)
                last = column == len(wrapped) - 1
                _place(line, cell, widths[column], table.alignments[column], last=last)
            lines.append(line)
        if number == 0:
            rule = theme.glyphs.rule
            cross = f"{rule}{theme.glyphs.cross}{rule}"
            lines.append([(theme.faint, cross.join(rule * width for width in widths))])
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
