"""Rows as they are, even where a text in them is no UTF-8."""

from __future__ import annotations

import apsw

from synapse.stores._text import storable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_LARGEST = (1 << 63) - 1


class RawConnection(apsw.Connection):
    """SQLite's connection, and whether texts that it gave were none."""

    replaced = False
    """True once `rows` has put U+FFFD in the place of bytes that are no UTF-8."""


def rows(raw: apsw.Connection, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
    """All rows of a statement. Bytes in a text that are no UTF-8 are read as U+FFFD: one bad
    text must not hide all others. A value that SQLite can't hold is the nearest one that it can.
    """
    try:
        return raw.execute(sql, values).fetchall()
    except UnicodeDecodeError:
        return _with_replacements(raw, sql, values)
    except (UnicodeEncodeError, OverflowError):
        return rows(raw, sql, {name: _nearest(value) for name, value in values.items()})


def _nearest(value: object) -> object:
    if isinstance(value, int):
        return max(-_LARGEST - 1, min(value, _LARGEST))
    return storable(value) if isinstance(value, str) else value


def _with_replacements(raw: apsw.Connection, sql: str, values: Any) -> list[tuple[Any, ...]]:
    """Read again, the texts as bytes: apsw decodes a text without asking how."""
    columns = [f"c{number}" for number in range(_width(raw, sql, values))]
    exact = ", ".join(
        f"typeof({name}) = 'text', iif(typeof({name}) = 'text', CAST({name} AS BLOB), {name})"
        for name in columns
    )
    # materialized, so that the order of the rows stays that of the query
    query = (
        f"WITH query({', '.join(columns)}) AS MATERIALIZED (\n{sql.rstrip().rstrip(';')}\n)"
        f" SELECT {exact} FROM query"
    )
    found = raw.execute(query, values).fetchall()
    if isinstance(raw, RawConnection):
        raw.replaced = True
    return [
        tuple(
            value.decode("utf-8", "replace") if is_text and isinstance(value, bytes) else value
            for is_text, value in zip(row[::2], row[1::2], strict=True)
        )
        for row in found
    ]


def _width(raw: apsw.Connection, sql: str, values: Any) -> int:
    """The number of columns that a query gives, without its first row being read."""
    width = 0

    def look(cursor: apsw.Cursor, sql: str, values: object) -> bool:
        nonlocal width
        width = len(cursor.get_description())
        return False

    cursor = raw.cursor()
    cursor.exec_trace = look
    try:
        cursor.execute(sql, values)
    except apsw.ExecTraceAbort:
        pass
    return width
