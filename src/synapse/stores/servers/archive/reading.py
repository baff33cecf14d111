"""A session whole, as an export takes it along."""

from __future__ import annotations

from synapse.archived import ArchivedMessage, ArchivedSession, Origin, Upkeep
from synapse.light.dates import UTC, datetime, timedelta
from synapse.stores import _rows
from synapse.stores._text import folded
from synapse.stores.merging_sessions import AT_ONCE, Standing, closed, loaded, optional_moment
from synapse.stores.servers import _summaries, _values
from synapse.timestamps import readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from synapse.domain import Session, StoredMessage, Summary
    from synapse.stores.servers.dialect import Connection, Rows

    Ask = Callable[..., Rows]
    """Runs a statement of archive.sql with named values."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""As `used_at`: not used since it came."""
_MICROSECOND = timedelta(microseconds=1)


def archived(
    connection: Connection,
    session_id: str,
    messages: Callable[[int, int], list[StoredMessage]],
) -> ArchivedSession | None:
    """See SessionStore.archived_session. `messages` reads those of a range of indexes."""
    statements = connection.dialect.statements("archive")

    def ask(query: str, **values: Any) -> Rows:
        return connection.read(statements[query], values)

    summaries = _summaries.read(connection, "summaries", session_id)
    return archived_by(ask, session_id, _messages(ask, session_id, messages), summaries)


def archived_by(
    ask: Ask,
    session_id: str,
    messages: Iterable[ArchivedMessage],
    summaries: Iterable[Summary],
) -> ArchivedSession | None:
    """The same with these messages, and what stands for some of them."""
    found = standing(ask, session_id)
    if found is None:
        return None
    session = found.state.session
    origin, extra = import_of(ask, session_id)
    return ArchivedSession(
        session=session,
        messages=messages,
        message_count=found.message_count,
        tags=tuple(found.state.tags[key] for key in sorted(found.state.tags)),
        origin=origin,
        changes=found.state.changes,
        forked_after=_forked_after(ask, session),
        extra=extra,
        upkeep=found.upkeep,
        summaries=tuple(summaries),
    )


def standing(ask: Ask, session_id: str) -> Standing | None:
    """None if there is no such session, live or in the trash."""
    rows = ask("session_of", id=session_id) if _values.is_id(session_id) else []
    if not rows:
        return None
    row = rows[0]
    return Standing(
        _rows.session(row),
        tags={folded(tag): tag for tag in _rows.tags(row[15])},
        changes={what: readable(time) for what, time in ask("changes_of", id=session_id)},
        message_count=row[12],
        upkeep=Upkeep(
            used=(readable(row[18]) - EPOCH) // _MICROSECOND or None,
            imported_at=optional_moment(row[17]),
            restored_at=optional_moment(row[16]),
        ),
    )


def used_at(upkeep: Upkeep) -> datetime:
    """The moment of the last use. Of another engine it is only a place in an order, which it stays
    among its like.
    """
    try:
        return EPOCH + (upkeep.used or 0) * _MICROSECOND
    except OverflowError:
        return EPOCH


def import_of(ask: Ask, session_id: str) -> tuple[Origin | None, dict[str, Any]]:
    """Where the session came from, and its unknown fields."""
    found = ask("import_of", id=session_id)
    if not found:
        return None, {}
    program, source_id, extra = found[0]
    known = program is not None and source_id is not None
    return Origin(program=program, id=source_id) if known else None, loaded(extra)


def message_extras(ask: Ask, session_id: str) -> dict[str, tuple[str | None, dict[str, Any]]]:
    """`after` and unknown fields by message."""
    return {id: (after, loaded(extra)) for id, after, extra in ask("extras_of", id=session_id)}


def _messages(
    ask: Ask, session_id: str, read: Callable[[int, int], list[StoredMessage]]
) -> Iterator[ArchivedMessage]:
    extras = message_extras(ask, session_id)
    first = 1
    while page := read(first, first + AT_ONCE - 1):
        for message in page:
            after, extra = extras.get(message.id, (None, {}))
            yield closed(ArchivedMessage(message=message, after=after, extra=extra))
        first = max(first + AT_ONCE, page[-1].index + 1)


def _forked_after(ask: Ask, session: Session) -> str | None:
    if session.forked_from is None or session.forked_at is None:
        return None
    found = ask("message_at", id=session.forked_from, index=_values.index(session.forked_at))
    return found[0][0] if found else None
