"""Texts in a database that are none: found in every column, mended with their bytes kept.

What counts: bytes that are no UTF-8, a NUL (at which SQLite's own functions stop), a BLOB where a
text belongs. A BLOB that is UTF-8 becomes that text, and nothing has to be kept.
"""

from __future__ import annotations

import apsw

from synapse import timestamps
from synapse.ids import new_id
from synapse.ports import Finding
from synapse.stores._text import storable
from synapse.stores.sqlite._externally_deleted import bring_back

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_TABLES = ("sessions", "messages", "answer_chunks", "attachments", "summaries")
_KEPT_TABLES = {
    "kept_sessions": "id",
    "kept_messages": "session_id",
    "kept_attachments": "session_id",
}
"""Tables of sessions that another program deleted, and where the session's id is."""
_KEYS = {
    "sessions.id": "session",
    "messages.id": "message",
    "messages.session_id": "session",
    "sessions.forked_from": "session",
    "answer_chunks.message_id": "message",
    "attachments.message_id": "message",
    "summaries.id": "summary",
    "summaries.session_id": "session",
    "summaries.parent": "summary",
    "kept_sessions.id": "session",
    "kept_messages.session_id": "session",
    "kept_messages.id": "message",
    "kept_attachments.session_id": "session",
    "kept_attachments.message_id": "message",
}
"""Columns that hold ids, by what they are ids of; those that define one come first."""
_ORDER = list(_KEYS)
_DEFINING = frozenset({"sessions.id", "messages.id", "summaries.id"})
_DERIVED = frozenset(
    f"sessions.{column}"
    for column in (
        "name_key", "title_key", "model_key", "preview_key", "preview", "last_status", "tag_keys",
    )
)  # fmt: skip
"""What follows from other columns: nothing is kept of it."""
_MEANT = {"messages.status": "incomplete", "messages.role": "tool"}
"""What a word that nobody knows is taken for; see _rows."""
_NOW = frozenset(
    (
        "sessions.deleted_at", "sessions.restored_at", "sessions.imported_at",
        "answer_chunks.saved_at",
    )
)  # fmt: skip
"""Times from which a term is counted."""
_TIMES = frozenset(
    {"sessions.created_at", "sessions.updated_at", "messages.timestamp", "summaries.created_at"}
)
"""Times that have a check of their own, which puts another in the place of one that is none."""
_KEEP = """
INSERT INTO original_texts (place, session_id, message_id, n, bytes, kept_at)
VALUES (:place, (SELECT id FROM sessions WHERE id = :session_id),
        (SELECT id FROM messages WHERE id = :message_id), :n, :bytes, :kept_at)"""


class BadText:
    """One value that is no text."""

    __slots__ = ("column", "is_text", "place", "row", "table", "value")

    def __init__(self, row: Row, column: str, value: bytes, is_text: bool) -> None:
        self.row = row
        self.table = row.table
        self.column = column
        self.place = f"{row.table}.{column}"
        self.value = value
        """As it is stored."""
        self.is_text = is_text
        """Whether SQLite takes it for a text."""

    @property
    def readable(self) -> str:
        """The text that is shown for it."""
        return storable(self.value.decode("utf-8", "replace"))

    @property
    def loses(self) -> bool:
        """Whether something of it is in no text."""
        if self.place in _TIMES and timestamps.readable(self.readable) is timestamps.UNKNOWN:
            return True
        return self.place not in _DERIVED and self.readable.encode() != self.value


class Row:
    """Where a row is: the names and values of its key, the values with whether they are texts."""

    __slots__ = ("key", "table", "values")

    def __init__(self, table: str, key: list[str], values: tuple[Any, ...]) -> None:
        self.table = table
        self.key = key
        self.values = list(zip(values[::2], values[1::2], strict=True))

    @property
    def where(self) -> str:
        """The condition that finds it; takes `found`."""
        return " AND ".join(
            f'"{name}" = CAST(? AS TEXT)' if is_text else f'"{name}" = ?'
            for name, (_, is_text) in zip(self.key, self.values, strict=True)
        )

    @property
    def found(self) -> list[object]:
        """The values of its key."""
        return [value for value, _ in self.values]

    def moved(self, column: str, text: str) -> None:
        """A column of it has been changed; it may be in the key."""
        if column in self.key:
            self.values[self.key.index(column)] = (text.encode(), 1)


def finding(raw: apsw.Connection) -> Finding | None:
    """What a check has to say of them; None if there are none."""
    count, lossy, example = 0, 0, ""
    for bad in found(raw):
        count += 1
        lossy += bad.loses
        example = example or bad.place
    if not count:
        return None
    afterwards = (
        f"In {lossy} of the texts, \ufffd stands for what can't be read; their bytes are kept in"
        " the table original_texts."
    )
    return Finding(
        subject="texts",
        text=f"{count} wrong (no UTF-8, or no text), such as in {example}",
        repairable=True,
        afterwards=afterwards if lossy else "",
    )


def found(
    raw: apsw.Connection, tables: Iterable[str] = (*_TABLES, *_KEPT_TABLES)
) -> Iterator[BadText]:
    """All of them, table by table."""
    for table in tables:
        described = raw.execute(f"PRAGMA table_info({table})").fetchall()
        columns = [str(name) for _, name, kind, *_ in described if str(kind).upper() == "TEXT"]
        if columns and not _is_clean(raw, table, columns):
            key = ["message_id", "n"] if table == "answer_chunks" else ["rowid"]
            yield from _bad_texts(raw, table, columns, key)


def _is_clean(raw: apsw.Connection, table: str, columns: list[str]) -> bool:
    """By reading it as it is, which is much faster than with the bytes in hand."""
    names = ", ".join(f'"{name}"' for name in columns)
    try:
        for row in raw.execute(f"SELECT {names} FROM {table}"):
            for value in row:
                if isinstance(value, bytes) or (isinstance(value, str) and "\0" in value):
                    return False
    except UnicodeDecodeError:
        return False
    return True


def _bad_texts(
    raw: apsw.Connection, table: str, columns: list[str], key: list[str]
) -> Iterator[BadText]:
    width = 2 * len(columns)
    listed = ", ".join(map(_as_bytes, (*columns, *key)))
    for values in raw.execute(f"SELECT {listed} FROM {table}").fetchall():
        row = Row(table, key, values[width:])
        for column, value, is_text in zip(
            columns, values[:width:2], values[1:width:2], strict=True
        ):
            if isinstance(value, bytes) and (not is_text or _decoded(value) is None):
                yield BadText(row, column, value, bool(is_text))


def _as_bytes(name: str) -> str:
    """Two columns of a SELECT: the value, as bytes if it is a text; whether it is one."""
    is_text = f"""typeof("{name}") = 'text'"""
    return f'iif({is_text}, CAST("{name}" AS BLOB), "{name}"), {is_text}'


def _decoded(value: bytes) -> str | None:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def mend(raw: apsw.Connection) -> None:
    """In a write transaction: put a text in the place of each, and keep the bytes of those that
    are not whole in it. An id that is none becomes a new one, the same wherever it stands.

    Foreign keys are looked at when the transaction ends.
    """
    raw.execute("PRAGMA defer_foreign_keys = ON")
    new_ids: dict[tuple[str, bool, bytes], str] = {}
    _bring_back(raw, new_ids)
    bad = _sorted(found(raw, _TABLES))
    for one in bad:
        _put(raw, one, _replacement(raw, one, new_ids))
    for one in bad:  # when every row has its id
        if one.loses:
            _keep(raw, one)


def _sorted(bad: Iterable[BadText]) -> list[BadText]:
    """What defines an id first, then what names one."""
    return sorted(bad, key=lambda one: _ORDER.index(one.place) if one.place in _KEYS else 99)


def _bring_back(raw: apsw.Connection, new_ids: dict[tuple[str, bool, bytes], str]) -> None:
    """Kept sessions that hold such a text become sessions of the trash: what is kept of their
    bytes goes with them.
    """
    bad = _sorted(found(raw, _KEPT_TABLES))
    for one in bad:
        if one.place in _KEYS:
            _put(raw, one, _replacement(raw, one, new_ids))
    for one in bad:
        column = _KEPT_TABLES[one.table]
        sql = f"SELECT {column} FROM {one.table} WHERE {one.row.where}"
        for (session_id,) in raw.execute(sql, one.row.found).fetchall():
            bring_back(raw, str(session_id))


def _replacement(
    raw: apsw.Connection, one: BadText, new_ids: dict[tuple[str, bool, bytes], str]
) -> str:
    if one.place in _KEYS:
        known = (_KEYS[one.place], one.is_text, one.value)
        if known not in new_ids:
            new_ids[known] = _id_for(raw, one)
        return new_ids[known]
    if not one.loses:
        return one.readable
    if one.place in _NOW:
        return timestamps.to_text(timestamps.now())
    return "\ufffd" if one.place in _TIMES else _MEANT.get(one.place, one.readable)


def _id_for(raw: apsw.Connection, one: BadText) -> str:
    text = _decoded(one.value)
    if text is None:
        return new_id()
    taken = f"SELECT 1 FROM {one.table} WHERE id = ?"
    is_taken = one.place in _DEFINING and raw.execute(taken, (text,)).fetchall()
    return new_id() if is_taken else text


def _put(raw: apsw.Connection, one: BadText, text: str) -> None:
    where, found = one.row.where, one.row.found
    change = f'UPDATE {one.table} SET "{one.column}" = ?'
    try:
        raw.execute(f"{change} WHERE {where}", (text, *found))
    except apsw.ConstraintError:  # its place in the other session is taken: it gets another
        raw.execute(f"{change}, seq = NULL WHERE {where}", (text, *found))
    one.row.moved(one.column, text)


def _keep(raw: apsw.Connection, one: BadText) -> None:
    columns = {
        "sessions": "id, NULL, NULL",
        "messages": "NULL, id, NULL",
        "answer_chunks": "NULL, message_id, n",
        "attachments": "NULL, message_id, n",
        "summaries": "session_id, NULL, NULL",
    }[one.table]
    sql = f"SELECT {columns} FROM {one.table} WHERE {one.row.where}"
    [(session_id, message_id, n)] = raw.execute(sql, one.row.found).fetchall()
    values = {
        "place": one.place,
        "session_id": session_id,
        "message_id": message_id,
        "n": n,
        "bytes": one.value,
        "kept_at": timestamps.to_text(timestamps.now()),
    }
    raw.execute(_KEEP, values)
