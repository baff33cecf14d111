"""Messages that an import brings are written into a session."""

from __future__ import annotations

import json
from itertools import chain

import apsw

from synapse.domain import Status
from synapse.errors import InvalidDataError
from synapse.ids import handle
from synapse.stores import _rows
from synapse.stores._text import storable
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite._statements import QUERIES as STATEMENTS
from synapse.stores.sqlite.archive.reading import QUERIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.archived import ArchivedMessage, PlainMessage
    from synapse.domain import StoredMessage

_UNPRICED = (None,) * 5
"""What a PlainMessage says of caches, thoughts and costs where nothing is known of them."""
_ROWS_AT_ONCE = (20, 5, 1)
"""With one statement: few lengths, so that SQLite has compiled them already."""


def _run(raw: apsw.Connection, query: str, **values: Any) -> list[tuple[Any, ...]]:
    return rows(raw, QUERIES[query], values)


def insert_all(
    raw: apsw.Connection, messages: list[ArchivedMessage], session_id: str, before: int
) -> int:
    """Behind the first `before` messages of a session; how many."""
    closed = [closed_here(one) for one in messages]
    values = [
        _rows.message_values(one.message) | {"seq": index}
        for index, one in enumerate(closed, before + 1)
    ]
    ids = [one.message.id for one in closed]
    try:
        raw.executemany(QUERIES["insert_message"], values)
    except apsw.ConstraintError:
        raise _one_taken(raw, ids, session_id) from None
    for one in closed:
        insert_attachments(raw, one.message, 0)
        write_extra(raw, one)
    return len(closed)


def insert_plain(
    raw: apsw.Connection, messages: list[PlainMessage], session_id: str, before: int
) -> int:
    """The same. Several with one statement: for each, SQLite copies the pages that it changes."""
    is_priced = any(one[11:16] != _UNPRICED for one in messages)
    told = 16 if is_priced else 11
    rest = [(*one[:told], index, session_id) for index, one in enumerate(messages, before + 1)]
    insert = QUERIES["insert_priced" if is_priced else "insert_plain"].rstrip()
    row = f"({', '.join('?' * len(rest[0]))})"
    try:
        for at_once in _ROWS_AT_ONCE:
            sql = f"{insert}\nVALUES {', '.join([row] * at_once)}"
            while len(rest) >= at_once:
                raw.execute(sql, [*chain.from_iterable(rest[:at_once])])
                del rest[:at_once]
    except apsw.ConstraintError:
        raise _one_taken(raw, [one[0] for one in messages], session_id) from None
    return len(messages)


def _one_taken(raw: apsw.Connection, ids: list[str], session_id: str) -> InvalidDataError:
    """Why they can't be inserted: one is in another session, or stands among them twice."""
    seen: set[str] = set()
    for id in ids:
        elsewhere = _run(raw, "message_elsewhere", id=id)
        if id in seen or (elsewhere and elsewhere[0][0] != session_id):
            return taken(raw, id, session_id)
        seen.add(id)
    return taken(raw, ids[0], session_id)


def taken(raw: apsw.Connection, id: str, session_id: str) -> InvalidDataError:
    elsewhere = _run(raw, "message_elsewhere", id=id)
    is_other = bool(elsewhere) and elsewhere[0][0] != session_id
    where = handle(elsewhere[0][0]) if is_other else "the same session"
    return InvalidDataError(f"a message with the id {id} is in {where} already")


def insert_attachments(raw: apsw.Connection, message: StoredMessage, known: int) -> None:
    """Those behind the first `known`, which are there."""
    for n, attachment in enumerate(message.attachments[known:], known + 1):
        values = _rows.attachment_values(message.id, n, attachment)
        rows(raw, STATEMENTS["add_attachment"], values)


def write_extra(raw: apsw.Connection, archived: ArchivedMessage) -> None:
    if archived.after is None and not archived.extra:
        return
    _run(
        raw,
        "set_message_extra",
        session_id=archived.message.session_id,
        message_id=archived.message.id,
        after=archived.after,
        extra=dumped(archived.extra),
    )


def dumped(extra: Any) -> str | None:
    return storable(json.dumps(extra, ensure_ascii=False, sort_keys=True)) if extra else None


def closed_here(one: ArchivedMessage) -> ArchivedMessage:
    """Nobody is receiving it here."""
    if one.message.status is not Status.STREAMING:
        return one
    return one.replace(message=one.message.replace(status=Status.INCOMPLETE))
