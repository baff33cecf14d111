"""A session whole, as an export takes it along."""

from __future__ import annotations

import json
import os

from synapse.archived import ArchivedMessage, ArchivedSession, Origin, Upkeep
from synapse.domain import Status
from synapse.stores import _queries, _rows
from synapse.stores.merging import State
from synapse.stores.sqlite._raw_rows import rows
from synapse.timestamps import readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import Any

    import apsw

    from synapse.domain import Session, StoredMessage
    from synapse.stores.sqlite.connection import Connection

QUERIES = _queries.load(os.path.join(os.path.dirname(__file__), "archive.sql"))
_AT_ONCE = 500
"""Messages read together: a session may have a million."""


class Standing:
    """A session's row, with what only exports and imports ask of it."""

    def __init__(self, row: tuple[Any, ...], changes: list[tuple[Any, ...]]) -> None:
        session = _rows.session(row)
        tags = dict(zip(_rows.tags(row[16]), _rows.tags(row[15]), strict=False))
        known = {_rows.text(what): readable(time) for what, time in changes}
        restored_at = row[17]
        if restored_at is not None and "trash" not in known:
            known["trash"] = readable(restored_at)  # of a time before changes were noted
        self.state = State(session=session, tags=tags, changes=known)
        self.message_count: int = row[12]
        self.upkeep = Upkeep(
            used=row[19], imported_at=_moment(row[18]), restored_at=_moment(restored_at)
        )


def _moment(text: object) -> datetime | None:
    return None if text is None else readable(text)


def standing(raw: apsw.Connection, session_id: str) -> Standing | None:
    """None if there is no such session, live or in the trash."""
    found = rows(raw, QUERIES["session_of"], {"id": session_id})
    if not found:
        found = rows(raw, QUERIES["kept_session_of"], {"id": session_id})
    if not found:
        return None
    return Standing(found[0], rows(raw, QUERIES["changes_of"], {"id": session_id}))


def message_extras(
    raw: apsw.Connection, session_id: str
) -> dict[str, tuple[str | None, dict[str, Any]]]:
    """`after` and unknown fields by message."""
    return {
        _rows.text(id): (after, loaded(extra))
        for id, after, extra in rows(raw, QUERIES["extras_of"], {"id": session_id})
    }


def archived(
    connection: Connection,
    session_id: str,
    messages: Callable[[int, int], list[StoredMessage]],
) -> ArchivedSession | None:
    """See SessionStore.archived_session. `messages` reads those of a range of indexes."""

    def head(raw: apsw.Connection) -> tuple[Standing | None, Origin | None, dict[str, Any]]:
        where, extra = import_of(raw, session_id)
        return standing(raw, session_id), where, extra

    found, origin, extra = connection.read_within(head)
    if found is None:
        return None
    session = found.state.session
    return ArchivedSession(
        session=session,
        messages=_messages(connection, session_id, messages),
        message_count=found.message_count,
        tags=tuple(found.state.tags[key] for key in sorted(found.state.tags)),
        origin=origin,
        changes=found.state.changes,
        forked_after=connection.read_within(lambda raw: _forked_after(raw, session)),
        extra=extra,
        upkeep=found.upkeep,
    )


def import_of(raw: apsw.Connection, session_id: str) -> tuple[Origin | None, dict[str, Any]]:
    """Where the session came from, and its unknown fields."""
    found = rows(raw, QUERIES["import_of"], {"id": session_id})
    if not found:
        return None, {}
    program, source_id, extra = found[0]
    known = program is not None and source_id is not None
    return Origin(program=program, id=source_id) if known else None, loaded(extra)


def _messages(
    connection: Connection,
    session_id: str,
    read: Callable[[int, int], list[StoredMessage]],
) -> Iterator[ArchivedMessage]:
    extras = connection.read_within(lambda raw: message_extras(raw, session_id))
    first = 1
    while page := read(first, first + _AT_ONCE - 1):
        for message in page:
            after, extra = extras.get(message.id, (None, {}))
            if message.status is Status.STREAMING:
                message = message.replace(status=Status.INCOMPLETE)
            yield ArchivedMessage(message=message, after=after, extra=extra)
        first = max(first + _AT_ONCE, page[-1].index + 1)


def _forked_after(raw: apsw.Connection, session: Session) -> str | None:
    if session.forked_from is None or session.forked_at is None:
        return None
    values = {"id": session.forked_from, "index": session.forked_at}
    found = rows(raw, QUERIES["message_at"], values)
    return _rows.text(found[0][0]) if found else None


def loaded(extra: object) -> dict[str, Any]:
    """Unknown fields from their column; empty for what is no JSON object."""
    try:
        value = json.loads(extra) if isinstance(extra, str) else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
