"""Choosing among sessions: filters and orders. Loaded with the first question that has any.

A statement is put together of the conditions that choose, so that the engine's planner sees no
others and finds the index of the order.
"""

from __future__ import annotations

from synapse.domain import SessionOrder, SessionTotals
from synapse.errors import InvalidDataError
from synapse.stores._text import folded, storable
from synapse.stores.servers import _values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from synapse.domain import SessionFilter, SessionSummary
    from synapse.stores.servers.dialect import Connection, Dialect, Rows

_KEYS = {
    SessionOrder.UPDATED: "updated_at",
    SessionOrder.CREATED: "created_at",
    SessionOrder.MESSAGES: "message_count",
    SessionOrder.NAME: "name_key",
}


def summaries(
    connection: Connection,
    which: SessionFilter | None,
    order: SessionOrder | None,
    *,
    reverse: bool,
    deleted: bool,
    limit: int | None,
    after: SessionSummary | None,
) -> Rows:
    """The rows of SessionStore.list_sessions."""
    order = order or SessionOrder.UPDATED
    key = "deleted_at" if deleted and order is SessionOrder.UPDATED else _KEYS[order]
    choice = _Choice(connection.dialect, deleted=deleted)
    if which is not None:
        choice.choose(which)
    if after is not None:
        choice.behind(after, key, reverse=reverse)
    sql = f"{choice.statement('listed')}\nORDER BY {_ordered(key, reverse=reverse)}"
    if limit is not None:
        choice.values["limit"] = max(0, _values.index(limit))
        sql += f"\nLIMIT {connection.dialect.placeholder('limit')}"
    return connection.read(sql, choice.values)


def total(connection: Connection, which: SessionFilter, *, deleted: bool) -> SessionTotals:
    """See SessionStore.total_sessions."""
    choice = _Choice(connection.dialect, deleted=deleted)
    choice.choose(which)
    [row] = connection.read(choice.statement("total"), choice.values)
    return SessionTotals(sessions=int(row[0]), messages=int(row[1]))


class _Choice:
    """Conditions and their values."""

    def __init__(self, dialect: Dialect, *, deleted: bool) -> None:
        self._dialect = dialect
        self._parts: Mapping[str, str] = dialect.statements("selection")
        self._moment = "deleted" if deleted else "updated"
        self._conditions = [self._parts["trash" if deleted else "live"]]
        self.values: dict[str, Any] = {}

    def statement(self, name: str) -> str:
        """The statement of this name with all of the conditions."""
        return "\n  AND ".join([self._parts[name], *self._conditions])

    def choose(self, which: SessionFilter) -> None:
        """Let through only what fits the filter."""
        self._add(f"{self._moment}_since", since=which.since)
        self._add(f"{self._moment}_until", until=which.until)
        self._add("provider", provider=None if which.provider is None else storable(which.provider))
        self._add("model", model=None if which.model is None else folded(which.model))
        self._add("pinned", pinned=which.pinned)
        self._add("text", text=None if which.text is None else folded(which.text))
        if which.named:
            self._conditions.append(self._parts["named"])
        if which.tags:
            self._choose_tags(which.tags)

    def _add(self, part: str, **value: object) -> None:
        if None not in value.values():
            self._conditions.append(self._parts[part])
            self.values |= value

    def _choose_tags(self, tags: tuple[str, ...]) -> None:
        one_of = []
        for number, tag in enumerate(tags):
            name = f"tag_{number}"
            self.values[name] = f" {folded(tag)} "
            one_of.append(f"position({self._dialect.placeholder(name)} in tag_keys) > 0")
        self._conditions.append(f"({' OR '.join(one_of)})")

    def behind(self, after: SessionSummary, key: str, *, reverse: bool) -> None:
        """Begin behind the place that this session had in the order of the key."""
        place = _place(after, key)
        self.values["after_id"] = after.session.id
        id = self._dialect.placeholder("after_id")
        if key == "name_key":
            self._conditions.append(self._behind_name(place, id, reverse=reverse))
            return
        self.values["after_key"] = place
        value, sign = self._dialect.placeholder("after_key"), ">" if reverse else "<"
        # the first part bounds the walk along the index
        self._conditions.append(f"{key} {sign}= {value}")
        self._conditions.append(f"({key} {sign} {value} OR id {sign} {id})")

    def _behind_name(self, place: str | None, id: str, *, reverse: bool) -> str:
        """Those without a name come last; of equal ones, the greater id comes first."""
        sign = ">" if reverse else "<"
        if place is None:
            return (
                f"(name_key IS NOT NULL OR id > {id})"
                if reverse
                else (f"name_key IS NULL AND id < {id}")
            )
        self.values["after_key"] = place
        value = self._dialect.placeholder("after_key")
        behind = f"name_key = {value} AND id {sign} {id}"
        if reverse:
            return f"(name_key < {value} OR {behind})"
        return f"(name_key IS NULL OR name_key > {value} OR {behind})"


def _place(after: SessionSummary, key: str) -> Any:
    session = after.session
    if not _values.is_id(session.id):
        raise InvalidDataError(f"the session {session.id!r} is from no list")
    if key == "name_key":
        return None if session.name is None else folded(session.name)
    if key == "message_count":
        return _values.index(after.message_count)
    moment = getattr(session, key)
    if moment is None:
        raise InvalidDataError(f"the session {session.id} is from no list of the trash")
    return moment


def _ordered(key: str, *, reverse: bool) -> str:
    if key == "name_key":
        nameless = "name_key IS NULL"
        return f"{nameless} DESC, {key} DESC, id" if reverse else f"{nameless}, {key}, id DESC"
    return f"{key}, id" if reverse else f"{key} DESC, id DESC"
