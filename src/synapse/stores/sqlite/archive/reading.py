"""A session whole, as an export takes it along."""

from __future__ import annotations

import json
import os
import re

from synapse.archived import ArchivedMessage, ArchivedSession, Origin, Streamed, Upkeep
from synapse.domain import LARGEST_COUNT, Status
from synapse.stores import _queries, _rows
from synapse.stores.merging import State
from synapse.stores.sqlite import _summaries
from synapse.stores.sqlite._raw_rows import rows
from synapse.timestamps import readable, to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import Any

    import apsw

    from synapse.archived import PlainMessage
    from synapse.domain import Session, StoredMessage, Summary
    from synapse.stores.sqlite.connection import Connection

    Extras = dict[str, tuple[str | None, dict[str, Any]]]

QUERIES = _queries.load(os.path.join(os.path.dirname(__file__), "archive.sql"))
_AT_ONCE = 500
"""Messages read together: a session may have a million."""
_BEFORE_ALL, _BEHIND_ALL = -(1 << 62), 1 << 62
_TIME, _INDEX = 3, 16
"""Columns of `messages_behind`."""
_TIMES = re.compile(r"(?:.{10}T\d\d:[0-5]\d:[0-5]\d\.\d{6}\+00:00)*", re.ASCII).fullmatch
"""Whether texts that stand one behind the other are times, but for their days and hours."""


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
        self.may_be_imported = bool(row[21])
        self.is_summarised = bool(row[22])
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
    has_changes = found[0][20]
    changes = rows(raw, QUERIES["changes_of"], {"id": session_id}) if has_changes else []
    return Standing(found[0], changes)


def message_extras(raw: apsw.Connection, session_id: str) -> Extras:
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

    found = connection.read_within(lambda raw: _head(raw, session_id))
    if found is None:
        return None
    there, origin, extra, forked_after, summaries = found
    return ArchivedSession(
        session=there.state.session,
        messages=_Messages(connection, session_id, messages),
        message_count=there.message_count,
        tags=tuple(there.state.tags[key] for key in sorted(there.state.tags)),
        origin=origin,
        changes=there.state.changes,
        forked_after=forked_after,
        extra=extra,
        upkeep=there.upkeep,
        summaries=summaries,
    )


def _head(
    raw: apsw.Connection, session_id: str
) -> tuple[Standing, Origin | None, dict[str, Any], str | None, tuple[Summary, ...]] | None:
    there = standing(raw, session_id)
    if there is None:
        return None
    origin, extra = import_of(raw, session_id) if there.may_be_imported else (None, {})
    summaries = tuple(_summaries.of_session(raw, session_id)) if there.is_summarised else ()
    return there, origin, extra, _forked_after(raw, there.state.session), summaries


def import_of(raw: apsw.Connection, session_id: str) -> tuple[Origin | None, dict[str, Any]]:
    """Where the session came from, and its unknown fields."""
    found = rows(raw, QUERIES["import_of"], {"id": session_id})
    if not found:
        return None, {}
    program, source_id, extra = found[0]
    known = program is not None and source_id is not None
    return Origin(program=program, id=source_id) if known else None, loaded(extra)


class _Messages(Streamed):
    """Read a page at a time, while they are asked for."""

    def __init__(
        self,
        connection: Connection,
        session_id: str,
        read: Callable[[int, int], list[StoredMessage]],
    ) -> None:
        self._connection = connection
        self._session_id = session_id
        self._read = read
        self._hours: set[str] = set()

    def __iter__(self) -> Iterator[ArchivedMessage]:
        """See Streamed."""
        extras = self._extras()
        values: dict[str, Any] = {
            "id": self._session_id,
            "after": _BEFORE_ALL,
            "most": _AT_ONCE,
        }
        sql = QUERIES["page_behind"]
        [(last,)] = self._connection.read(sql, values)
        if last is None:  # another program has deleted the session
            yield from (_whole(message, extras) for message in self._read(1, _BEHIND_ALL))
        while last is not None:
            after = values["after"]
            page = self._read(after + 1, last)
            yield from (_whole(message, extras) for message in page if message.index > after)
            values["after"] = last
            [(last,)] = self._connection.read(sql, values)

    def pages(self) -> Iterator[list[PlainMessage | ArchivedMessage]]:
        """See Streamed."""
        extras = self._extras()
        values = {
            "id": self._session_id,
            "after": _BEFORE_ALL,
            "most": _AT_ONCE,
            "largest": LARGEST_COUNT,
        }
        sql = QUERIES["messages_behind"]
        page: list[Any] = self._connection.read(sql, values)
        if not page:  # another program has deleted the session
            yield [*self]
        while page:
            last = int(page[-1][_INDEX])
            is_plain = not extras and self._are_plain(page)
            yield page if is_plain else self._mixed(page, last, extras)
            if len(page) < _AT_ONCE:
                return
            page = self._connection.read(sql, values | {"after": last})

    def _mixed(
        self, page: list[Any], last: int, extras: Extras
    ) -> list[PlainMessage | ArchivedMessage]:
        read = self._read(int(page[0][_INDEX]), last)
        whole = {message.id: message for message in read}
        mixed: list[PlainMessage | ArchivedMessage] = []
        for row in page:
            id = _rows.text(row[0])
            if id not in extras and self._are_plain([row]):
                mixed.append(row)
            elif id in whole:  # nobody has deleted it meanwhile
                mixed.append(_whole(whole[id], extras))
        return mixed

    def _are_plain(self, page: list[Any]) -> bool:
        return (
            {row[_INDEX].__class__ for row in page} == {int}
            and _TIMES("".join([row[_TIME] for row in page])) is not None
            and all(map(self._is_hour, {row[_TIME][:13] for row in page}))
        )

    def _is_hour(self, text: str) -> bool:
        """Whether there is such an hour, as `to_text` writes it."""
        if text in self._hours:
            return True
        whole = f"{text}:00:00.000000+00:00"
        if to_text(readable(whole)) != whole:
            return False
        self._hours.add(text)
        return True

    def _extras(self) -> Extras:
        return self._connection.read_within(lambda raw: message_extras(raw, self._session_id))


def _whole(message: StoredMessage, extras: Extras) -> ArchivedMessage:
    after, extra = extras.get(message.id, (None, {}))
    if message.status is Status.STREAMING:
        message = message.replace(status=Status.INCOMPLETE)
    return ArchivedMessage(message=message, after=after, extra=extra)


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
