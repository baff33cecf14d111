"""Choosing among sessions: filters and orders. Loaded with the first question that has any."""

from __future__ import annotations

import os

from synapse.domain import SessionFilter, SessionOrder, SessionTotals
from synapse.errors import InvalidDataError
from synapse.stores import _queries
from synapse.stores._text import storable
from synapse.stores.sqlite import _externally_deleted
from synapse.stores.sqlite._rows import name_key
from synapse.timestamps import to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from synapse.domain import SessionSummary
    from synapse.stores.sqlite.connection import Connection

QUERIES = _queries.load(os.path.join(os.path.dirname(__file__), "selection.sql"))
_EVER = SessionFilter()
_BEFORE_ALL, _AFTER_ALL = "", "~"
"""Texts before and behind every moment."""
_LAST_ROW = (1 << 63) - 1


def summaries(
    connection: Connection,
    which: SessionFilter | None,
    order: SessionOrder | None,
    *,
    reverse: bool,
    deleted: bool,
    limit: int | None,
    offset: int,
    after: SessionSummary | None,
) -> list[tuple[Any, ...]]:
    """The rows of SessionStore.list_sessions."""
    order = order or SessionOrder.UPDATED
    values = _values(which or _EVER) | {"limit": -1 if limit is None else limit, "offset": offset}
    _know_folded(connection)
    if order is SessionOrder.UPDATED and not reverse:
        query = "newest_trash" if deleted else "newest_live"
        values |= _page_start(connection, after, deleted)
        # the walk along the index begins there: of two ends of a range, only one is used
        values["until"] = min(values["until"], f"{values['after']}{_AFTER_ALL}")
        return connection.read(_asked(query, deleted), values)
    if after is not None:
        raise InvalidDataError("only what is listed by time, the newest first, has an `after`")
    ascends = (order is SessionOrder.NAME) != reverse
    values |= {"order": order.value, "deleted": deleted}
    return connection.read(_asked("ascending" if ascends else "descending", deleted), values)


def _page_start(
    connection: Connection, after: SessionSummary | None, deleted: bool
) -> dict[str, Any]:
    """The time and the row behind which a page begins. Of a session that is gone meanwhile, its
    equals come once more, rather than never.
    """
    if after is None:
        return {"after": _AFTER_ALL, "after_row": _LAST_ROW}
    session = after.session
    rows = connection.read("SELECT rowid FROM sessions WHERE id = :id", {"id": session.id})
    if deleted and not rows:
        rows = connection.read("SELECT rowid FROM kept_sessions WHERE id = :id", {"id": session.id})
    moment = session.deleted_at if deleted else session.updated_at
    return {
        "after": _moment(moment, _AFTER_ALL),
        "after_row": rows[0][0] if rows else _LAST_ROW,
    }


def total(connection: Connection, which: SessionFilter, *, deleted: bool) -> SessionTotals:
    """See SessionStore.total_sessions."""
    _know_folded(connection)
    [row] = connection.read(_asked("total", deleted), _values(which) | {"deleted": deleted})
    return SessionTotals(sessions=row[0], messages=row[1])


def _asked(query: str, deleted: bool) -> str:
    if not deleted:
        return QUERIES[query]
    ask = _externally_deleted.listed if query == "newest_trash" else _externally_deleted.in_trash
    return ask(QUERIES[query])


def _know_folded(connection: Connection) -> None:
    connection.raw.create_scalar_function("folded", _folded, 1, deterministic=True)


def _folded(*values: Any) -> str | None:
    [text] = values
    return name_key(text.decode("utf-8", "replace")) if isinstance(text, bytes) else None


def _values(which: SessionFilter) -> dict[str, Any]:
    return {
        "text": _part(which.text),
        "since": _moment(which.since, _BEFORE_ALL),
        "until": _moment(which.until, _AFTER_ALL),
        "provider": None if which.provider is None else storable(which.provider),
        "model": _part(which.model),
        "named": which.named or None,
        "pinned": None if which.pinned is None else int(which.pinned),
        "tags": _listed(which.tags),
    }


def _part(text: str | None) -> str | None:
    return None if text is None else name_key(storable(text))


def _listed(tags: tuple[str, ...]) -> str | None:
    if not tags:
        return None
    import json

    return json.dumps([name_key(storable(tag)) for tag in tags])


def _moment(moment: datetime | None, otherwise: str) -> str:
    return otherwise if moment is None else to_text(moment)
