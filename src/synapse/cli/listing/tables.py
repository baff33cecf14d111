"""Rows: as tables for people, as sentences for screen readers, as tab-separated values.

What few runs need is imported where they need it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from synapse.cli.console import Console

_WIDEST = 100
"""Columns of a cell: one that somebody made endless does not widen all rows."""

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def tsv_row(fields: Iterable[str]) -> str:
    """One line; within a field backslash, tab, line ends, and whatever could act on a terminal
    are written as escapes: `\\t`, `\\x1b`, `\\u202e`. Nothing of it is lost.
    """
    fields = [*fields]
    plain = "".join(fields)
    if "\\" not in plain and plain.isprintable():
        return "\t".join(fields) + "\n"
    row = "\t".join(field.translate(_ESCAPES) for field in fields)
    if not row.replace("\t", "").isprintable():
        from synapse.terminal.safe import escaped

        row = escaped(row)
    return row + "\n"


def table(rows: Sequence[Sequence[str]], *, right: Iterable[int] = ()) -> list[str]:
    """The rows as lines with aligned columns, two blanks between them; the last column is not
    padded. `right` are the columns that are aligned to the right.
    """
    from synapse.terminal.cells import ljust, rjust, width

    if not rows:
        return []
    last = len(rows[0]) - 1
    widths = [max(width(row[column]) for row in rows) for column in range(last)]
    flush_right = frozenset(right)
    lines = []
    for row in rows:
        cells = [
            rjust(cell, widths[column]) if column in flush_right else ljust(cell, widths[column])
            for column, cell in enumerate(row[:last])
        ]
        lines.append("  ".join((*cells, row[last])).rstrip())
    return lines


def listing(
    console: Console, rows: Sequence[Sequence[str]], *, right: Iterable[int] = ()
) -> list[str]:
    """The rows, the first of which names the columns, as `table`; in the accessible mode each of
    the others as a sentence, `Provider: openai. Model: gpt-5.`
    """
    from synapse.terminal.cells import clip

    ellipsis = console.glyphs().ellipsis
    cells = [[clip(cell[: 4 * _WIDEST], _WIDEST, ellipsis) for cell in row] for row in rows]
    if not console.settings.ui.accessible:
        return table(cells, right=right)
    heads, *body = cells
    return [as_sentence(zip(heads, row, strict=True)) for row in body]


def as_sentence(fields: Iterable[tuple[str, str]]) -> str:
    """Named values as sentences; empty ones, and values without a name, are left out."""
    return " ".join(
        f"{name.capitalize()}: {value.strip()}." for name, value in fields if name and value.strip()
    )


def count(number: int, noun: str) -> str:
    """`1 message`, `14 messages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
