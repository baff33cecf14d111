"""The folded forms of what is searched and compared: made where they are missing.

The triggers fold what is ASCII; all else waits as NULL until somebody who knows Unicode comes by:
our own writers do it in their transaction, what other programs wrote is caught up with here.
"""

from __future__ import annotations

import time

from synapse.errors import StorageError
from synapse.stores._rows import text
from synapse.stores._text import folded
from synapse.stores.sqlite._pauses import GAP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    import apsw

    from synapse.stores.sqlite.connection import Connection

TABLES = ("sessions", "kept_sessions")
UNFOLDED = """
(model_key IS NULL OR preview_key IS NULL OR (name IS NULL) <> (name_key IS NULL)
 OR (title IS NULL) <> (title_key IS NULL))"""
"""The condition of the indexes idx_sessions_unfolded and idx_kept_sessions_unfolded."""
_TEXTS = ("name", "title", "model", "preview")
# as bytes: one bad text must not hide all others
_READ = ", ".join(f"CAST({column} AS BLOB)" for column in _TEXTS)
_STORED = ", ".join(f"{column}_key" for column in _TEXTS)
_READ_STORED = ", ".join(f"CAST({column}_key AS BLOB)" for column in _TEXTS)
_SOME = f"SELECT rowid, {_READ} FROM {{table}} WHERE {UNFOLDED} LIMIT :most"
_ONE = f"SELECT rowid, {_READ} FROM sessions WHERE id = :id AND {UNFOLDED}"
_ALL = f"SELECT rowid, {_READ}, CAST(id AS BLOB), {_READ_STORED} FROM {{table}}"
_STORE = f"UPDATE {{table}} SET ({_STORED}) = (?, ?, ?, ?) WHERE rowid = ?"
_BATCH = 200
"""Rows a transaction: some 2 ms, during which other writers wait."""
FOR_A_SEARCH = 0.1
"""Seconds of catching up that a search takes upon itself."""


def fold(value: Any) -> str | None:
    """What is stored beside a text of a session, which may be given as bytes."""
    return None if value is None else folded(text(value))


def fold_session(raw: apsw.Connection, session_id: str) -> None:
    """In a write transaction: make the forms that the triggers could not."""
    _store(raw, "sessions", raw.execute(_ONE, {"id": session_id}).fetchall())


def fold_some(raw: apsw.Connection, most: int = _BATCH) -> int:
    """In a write transaction: make missing forms of so many sessions; how many those were."""
    done = 0
    for table in TABLES:
        query = _SOME.format(table=table)
        rows = raw.execute(query, {"most": most - done}).fetchall()
        _store(raw, table, rows)
        done += len(rows)
    return done


def fold_all(raw: apsw.Connection) -> None:
    """In a write transaction: make every form that is missing or wrong."""
    for table in TABLES:
        _store(raw, table, [row[:5] for row in _wrong(raw, table, missing=True)])


def wrong(raw: apsw.Connection) -> Iterator[str]:
    """Ids of sessions with a form that is not that of its text. One that is missing is none: it
    waits to be made.
    """
    for table in TABLES:
        yield from (text(row[5]) for row in _wrong(raw, table, missing=False))


def catch_up(connection: Connection, *, seconds: float | None = None) -> None:
    """Make what is missing, in transactions so short that nobody else waits for long; for so many
    seconds at the most. Where somebody else is writing, or nobody may, it is left for later.
    """
    until = None if seconds is None else time.monotonic() + seconds
    try:
        while connection.transaction(fold_some, durable=False, patience=0.0) == _BATCH:
            if until is not None and time.monotonic() > until:
                return
            time.sleep(GAP)
    except StorageError:
        pass  # whoever asks folds what is missing for himself


def catch_up_if_needed(connection: Connection) -> None:
    """Before texts are searched, for as long as a search may take."""
    if any(connection.read(f"SELECT 1 FROM {table} WHERE {UNFOLDED} LIMIT 1") for table in TABLES):
        catch_up(connection, seconds=FOR_A_SEARCH)


def know_folded(connection: Connection) -> None:
    """Have statements know `folded()`, for forms that are still missing."""
    connection.raw.create_scalar_function("folded", _folded, 1, deterministic=True)


def _folded(*values: Any) -> str | None:
    return fold(values[0])


def _wrong(raw: apsw.Connection, table: str, *, missing: bool) -> Iterator[tuple[Any, ...]]:
    for row in raw.execute(_ALL.format(table=table)):
        for form, stored in zip(_forms(row[1:5]), row[6:], strict=True):
            if stored is None and not missing:
                continue
            if stored != (None if form is None else form.encode()):
                yield row
                break


def _store(raw: apsw.Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    for place, *texts in rows:
        raw.execute(_STORE.format(table=table), (*_forms(texts), place))


def _forms(texts: Sequence[Any]) -> list[str | None]:
    """Of the four texts. There is always a model and a preview, be they empty."""
    name, title, model, preview = map(fold, texts)
    return [name, title, model or "", preview or ""]
