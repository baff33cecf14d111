"""Gets what can still be read out of a damaged file, row by row, into a new one."""

from __future__ import annotations

import apsw

from synapse.ports import Salvage
from synapse.stores.sqlite._files import open_raw
from synapse.stores.sqlite._open import open_connection
from synapse.stores.sqlite.care import invalid_text as _texts
from synapse.stores.sqlite.care.checks import GIVE_A_SESSION, bring_doubled_back, derive_anew

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_PIECE = 500
_NOT_COPIED = {
    "sessions": {"message_count", "preview", "last_status", "input_tokens", "output_tokens"},
    "messages": {"owner", "attachment_count"},
    "answer_chunks": set[str](),
    "attachments": set[str](),
    "kept_sessions": set[str](),
    "kept_messages": set[str](),
    "kept_attachments": set[str](),
    "session_changes": set[str](),
    "imports": set[str](),
    "message_extras": set[str](),
    "summaries": set[str](),
}
"""Columns by table that the triggers of the new file derive, or that mean nothing there."""
_BINARY = "data"
"""The column that holds no text."""
_COUNTS = """
SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM kept_sessions),
       (SELECT count(*) FROM messages) + (SELECT count(*) FROM kept_messages)"""


def salvage(source: str, target: str) -> Salvage:
    """See FileCare.salvage. The source is only read."""
    damaged = open_raw(source)
    fresh = open_connection(f"sqlite:{target}", busy_timeout=5.0)
    try:
        damaged.execute("PRAGMA query_only = ON")
        saved = fresh.transaction(lambda raw: _save(damaged, raw, target))
        fresh.truncate_wal()
    finally:
        fresh.close()
        damaged.close()
    return saved


def _save(damaged: apsw.Connection, raw: apsw.Connection, target: str) -> Salvage:
    """In a write transaction of the new file."""
    reader = _Reader(damaged)
    # messages are read before all sessions are known to be there
    raw.execute("PRAGMA defer_foreign_keys = ON")
    for table, left_out in _NOT_COPIED.items():
        _copy(reader, table, left_out, raw)
    _texts.mend(raw)
    bring_doubled_back(raw)
    raw.execute(GIVE_A_SESSION)
    adopted = raw.changes()
    for table in ("answer_chunks", "attachments"):
        raw.execute(f"DELETE FROM {table} WHERE message_id NOT IN (SELECT id FROM messages)")
    derive_anew(raw)
    [(sessions, messages)] = raw.execute(_COUNTS)
    return Salvage(
        target=target,
        sessions=sessions - adopted,
        messages=messages,
        adopted=adopted,
        unreadable=reader.unreadable,
    )


class _Reader:
    """Reads tables around their damaged pages."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.unreadable = 0

    def columns(self, table: str) -> list[str]:
        """The table's columns, as far as the schema can be read."""
        try:
            return [row[1] for row in self._connection.execute(f"PRAGMA table_info({table})")]
        except apsw.Error:
            self.unreadable += 1
            return []

    def rows(self, table: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
        """Every row that can be read, in the order of storage.

        Behind a place that can't be read, the next row is looked for in doubling steps.
        """
        query = f"SELECT rowid, {_as_bytes(columns)} FROM {table} WHERE rowid > ? ORDER BY rowid"
        position, step, last = -1, 1, self._last_rowid(table)
        while position < last:
            rows, failed = self._piece(query, position)
            yield from (row[1:] for row in rows)
            if rows:
                position, step = rows[-1][0], 1
            if failed:
                self.unreadable += step == 1
                position += step
                step *= 2
            elif len(rows) < _PIECE:
                return

    def chunks(self, columns: list[str]) -> Iterator[tuple[Any, ...]]:
        """The checkpointed pieces up to the first that can't be read."""
        cursor = self._connection.execute(f"SELECT {_as_bytes(columns)} FROM answer_chunks")
        while True:
            try:
                row = cursor.fetchone()
            except apsw.Error:
                self.unreadable += 1
                return
            if row is None:
                return
            yield row

    def _piece(self, query: str, position: int) -> tuple[list[tuple[Any, ...]], bool]:
        rows: list[tuple[Any, ...]] = []
        try:
            for row in self._connection.execute(f"{query} LIMIT {_PIECE}", (position,)):
                rows.append(row)
        except apsw.Error:
            return rows, True
        return rows, False

    def _last_rowid(self, table: str) -> int:
        try:
            [(last,)] = self._connection.execute(f"SELECT max(rowid) FROM {table}").fetchall()
        except apsw.Error:
            return 1 << 40
        return int(last or 0)


def _as_bytes(columns: list[str]) -> str:
    """The columns of a SELECT; what is text, possibly with damaged bytes, as a blob."""
    return ", ".join(
        f"""CASE typeof("{name}") WHEN 'text' THEN CAST("{name}" AS BLOB) ELSE "{name}" END"""
        for name in columns
    )


def _copy(reader: _Reader, table: str, left_out: set[str], raw: apsw.Connection) -> None:
    known = {row[1] for row in raw.execute(f"PRAGMA table_info({table})")}
    columns = [name for name in reader.columns(table) if name in known - left_out]
    if not columns:
        return
    places = ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})"
    source = reader.chunks(columns) if table == "answer_chunks" else reader.rows(table, columns)
    for row in source:
        try:
            raw.execute(insert, [_text(v, name) for v, name in zip(row, columns, strict=True)])
        except apsw.Error:
            reader.unreadable += 1


def _text(value: object, column: str) -> object:
    if isinstance(value, bytes) and column != _BINARY:
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value  # mended with all others, the bytes kept
    return value
