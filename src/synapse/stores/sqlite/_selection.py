"""Choosing among sessions: filters and orders. Loaded with the first question that has any."""

from __future__ import annotations

import os

from synapse.domain import SessionFilter, SessionOrder, SessionTotals
from synapse.errors import InvalidDataError
from synapse.stores import _queries
from synapse.stores._rows import text
from synapse.stores._text import storable
from synapse.stores.sqlite import _externally_deleted, _folding
from synapse.timestamps import readable, to_text

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
_OFFSET = len("+00:00")


def summaries(
    connection: Connection,
    which: SessionFilter | None,
    order: SessionOrder | None,
    *,
    reverse: bool,
    deleted: bool,
    limit: int | None,
    after: SessionSummary | None,
) -> list[tuple[Any, ...]]:
    """The rows of SessionStore.list_sessions."""
    order = order or SessionOrder.UPDATED
    which = which or _EVER
    values = _values(which) | {"limit": -1 if limit is None else limit}
    values |= _behind(connection, after, order, deleted=deleted)
    if which.text is not None or which.model is not None or order is SessionOrder.NAME:
        _folding.catch_up_if_needed(connection)
    _folding.know_folded(connection)
    if order is SessionOrder.UPDATED and not reverse:
        query = "newest_trash" if deleted else "newest_live"
        if after is None:
            values |= {"after_key": _AFTER_ALL}
        else:
            # the walk along the index begins there: of two ends of a range, only one is used
            first = values["after_finer"] or values["after_key"]
            values["until"] = min(values["until"], f"{first}{_AFTER_ALL}")
        return connection.read(_asked(query, deleted), values)
    values |= {"order": order.value, "deleted": deleted}
    ascends = (order is SessionOrder.NAME) != reverse
    return connection.read(_asked("ascending" if ascends else "descending", deleted), values)


def _behind(
    connection: Connection, after: SessionSummary | None, order: SessionOrder, *, deleted: bool
) -> dict[str, Any]:
    """By what a session had its place in the order: behind that, a page begins."""
    place: dict[str, Any] = dict.fromkeys(("after_id", "after_key", "after_finer"))
    place["after_nameless"] = False
    if after is None:
        return place
    place["after_id"] = after.session.id
    if order is SessionOrder.NAME:
        place["after_key"] = _folding.fold(after.session.name) or ""
        place["after_nameless"] = after.session.name is None
    elif order is SessionOrder.MESSAGES:
        place["after_key"] = after.message_count
    else:
        place |= _moment_of(connection, after, order, deleted=deleted)
    return place


def _moment_of(
    connection: Connection, after: SessionSummary, order: SessionOrder, *, deleted: bool
) -> dict[str, str | None]:
    """The text of the time that the session had.

    Other programs write times that are finer than a microsecond. As long as the session is where
    it was, its text is its place; where it isn't, those finer ones of its microsecond are listed
    once more, rather than never.
    """
    column = "created_at" if order is SessionOrder.CREATED else "updated_at"
    if deleted and order is SessionOrder.UPDATED:
        column = "deleted_at"
    moment = getattr(after.session, column)
    if moment is None:
        raise InvalidDataError(f"the session {after.session.id} is from no list of the trash")
    rows = _stored(connection, after, column, deleted=deleted)
    if rows and readable(rows[0][0]) == moment:
        return {"after_key": str(text(rows[0][0])), "after_finer": None}
    key = to_text(moment)
    return {"after_key": key, "after_finer": f"{key[:-_OFFSET]}{_AFTER_ALL}"}


def _stored(
    connection: Connection, after: SessionSummary, column: str, *, deleted: bool
) -> list[tuple[Any, ...]]:
    query, values = f"SELECT {column} FROM sessions WHERE id = :id", {"id": after.session.id}
    rows = connection.read(query, values)
    if deleted and not rows:
        rows = connection.read(query.replace("sessions", "kept_sessions"), values)
    return rows


def total(connection: Connection, which: SessionFilter, *, deleted: bool) -> SessionTotals:
    """See SessionStore.total_sessions."""
    if which.text is not None or which.model is not None:
        _folding.catch_up_if_needed(connection)
    _folding.know_folded(connection)
    [row] = connection.read(_asked("total", deleted), _values(which) | {"deleted": deleted})
    return SessionTotals(sessions=row[0], messages=row[1])


def _asked(query: str, deleted: bool) -> str:
    if not deleted:
        return QUERIES[query]
    ask = _externally_deleted.listed if query == "newest_trash" else _externally_deleted.in_trash
    return ask(QUERIES[query])


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
    return _folding.fold(text)


def _listed(tags: tuple[str, ...]) -> str | None:
    if not tags:
        return None
    import json  # heavy, and most runs write none

    return json.dumps([_folding.fold(tag) for tag in tags])


def _moment(moment: datetime | None, otherwise: str) -> str:
    return otherwise if moment is None else to_text(moment)
