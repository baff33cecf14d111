"""What is done with sessions inside a transaction. Each begins by locking the session's row.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse import timestamps
from synapse.advice import Advice
from synapse.domain import Status
from synapse.errors import DatabaseReadOnly, InvalidDataError, NameTaken, NotFoundError
from synapse.ids import handle, new_id
from synapse.stores import _rows
from synapse.stores._text import folded, storable
from synapse.stores.servers import _values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any

    from synapse.domain import Session, StoredMessage
    from synapse.stores.servers.dialect import Connection, Raw, Rows

_STATUS = 6
"""The column of get_messages."""
_AT_ONCE = 500
"""Messages that are sent to the server in one piece."""


def run(raw: Raw, query: str, **values: Any) -> Rows:
    """The rows of a statement of queries.sql."""
    return raw.execute(raw.dialect.statements("queries")[query], values)


def read(connection: Connection, query: str, **values: Any) -> Rows:
    """The same outside a transaction."""
    return connection.read(connection.dialect.statements("queries")[query], values)


def messages(ask: Callable[..., Rows], place: Any, **values: Any) -> Rows:
    """Of a session, in their order; `ask` is `run` or `read`, `place` what it asks. One that is
    being received comes with what has been saved of it.

    To put that together is a statement of its own: MariaDB makes two files for it, needed or not.
    """
    rows = ask(place, "get_messages", **values)
    if any(row[_STATUS] == Status.STREAMING for row in rows):
        rows = ask(place, "get_arriving_messages", **values)
    return rows


def insert_session(raw: Raw, session: Session, *, used: bool = False) -> bool:
    """Store a new session; `used` says that it is being used at this moment. False if it is there
    already, because the work was repeated.
    """
    values = _values.session(session)
    if run(raw, "session_exists", id=session.id):
        if raw.repeated:
            return False
        raise InvalidDataError(f"a session with the id {session.id} exists already")
    if session.name is not None:
        check_name(raw, session.id, session.name)
    run(raw, "create_session", **values)
    if used or _is_newest(raw, session):
        run(raw, "mark_used", id=session.id)
    return True


def _is_newest(raw: Raw, session: Session) -> bool:
    """Whether what is being stored was used after everything that is there."""
    rows = run(raw, "latest_time")
    return not rows or session.updated_at >= timestamps.readable(rows[0][0])


def lock(raw: Raw, session_id: str) -> tuple[Any, ...] | None:
    """The row of a session that is about to be changed; None if there is none."""
    rows = run(raw, "lock_session", id=session_id) if _values.is_id(session_id) else []
    return rows[0] if rows else None


def expect_session(raw: Raw, session_id: str) -> tuple[Any, ...]:
    """As `lock`. Raises NotFoundError."""
    row = lock(raw, session_id)
    if row is None:
        refuse_what_is_anothers(raw, session_id)
        raise NotFoundError(f"no session has the id {session_id}")
    return row


def expect_to_see(raw: Raw, session_id: str) -> None:
    """For what changes nothing of it. Raises NotFoundError."""
    if lock(raw, session_id) is None and _owner_of(raw, session_id) is None:
        raise NotFoundError(f"no session has the id {session_id}")


def _owner_of(raw: Raw, session_id: str) -> str | None:
    rows = run(raw, "owner_of_anothers", id=session_id) if _values.is_id(session_id) else []
    return rows[0][0] if rows else None


def refuse_what_is_anothers(raw: Raw, session_id: str) -> None:
    """A session that is seen but can't be locked was shared to be read, or its owner has put it
    into the trash, or has just destroyed it. Raises DatabaseReadOnly.
    """
    owner = _owner_of(raw, session_id)
    if owner is not None:
        short = handle(session_id)
        raise DatabaseReadOnly(
            f"the session {short} is {owner}'s: you may read it, but not change it",
            Advice("Go on in a copy of your own:  ", "sessions fork", short),
            Advice(f"Or ask {owner} for:  ", "db grant", short, "ROLE", write=True),
        )


def expect_live_session(raw: Raw, session_id: str) -> None:
    """One that is in the trash comes out of it: what is being used must not be destroyed."""
    row = lock(raw, session_id)
    if row is None:
        refuse_what_is_anothers(raw, session_id)
        raise NotFoundError(
            f"the session {handle(session_id)} is not in the database",
            "It was purged, or a backup without it was restored.",
        )
    take_out_of_trash(raw, row)


def take_out_of_trash(raw: Raw, row: tuple[Any, ...]) -> bool:
    """Whether it was there, by its locked row. Its name stays, unless another session has been
    given it meanwhile.
    """
    session_id, name = row[:2]
    if row[7] is None:
        return False
    moment = timestamps.now()
    if name is not None and not is_shared(name):
        hold_name(raw, name)
        if holders(raw, name):
            rename(raw, session_id, free_name(raw, name), moment)
    run(raw, "restore_session", id=session_id, restored_at=moment)
    note_change(raw, session_id, "trash", moment)
    return True


def note_change(raw: Raw, session_id: str, what: str, moment: datetime) -> None:
    """Say when a field of the session was changed; see `stores.merging`."""
    run(raw, "note_change", session_id=session_id, what=what, changed_at=moment)


def is_shared(name: str) -> bool:
    """Names of the Rust program's Telegram bot, by which it finds all sessions of a chat."""
    return name.startswith("tg:")


def hold_name(raw: Raw, name: str) -> None:
    """Until the transaction ends, nobody else gives or takes this name."""
    raw.dialect.hold_name(raw, folded(name))


def holders(raw: Raw, name: str) -> Rows:
    """The live sessions that are called so."""
    return run(raw, "find_by_name", name_key=folded(name), deleted=False)


def check_name(raw: Raw, session_id: str, name: str) -> None:
    """Raise NameTaken if another live session has the name; hold it until the transaction ends."""
    hold_name(raw, name)
    for row in holders(raw, name):
        if row[0] != session_id:
            raise NameTaken(f"the session {handle_of(raw, row[0])} is called {row[1]!r} already")


def handle_of(raw: Raw, session_id: str) -> str:
    """What is shown for a session."""
    from synapse.stores.servers._handles import longer_handles

    longer = longer_handles(raw.execute, raw.dialect, [session_id])
    return longer.get(session_id) or handle(session_id)


def free_name(raw: Raw, name: str) -> str:
    """`NAME-2`, or with the first number that nobody has; held until the transaction ends."""
    number = 2
    while True:
        candidate = f"{name}-{number}"
        hold_name(raw, candidate)
        if not holders(raw, candidate):
            return candidate
        number += 1


def rename_session(raw: Raw, session_id: str, name: str | None, moment: datetime) -> None:
    """See SessionStore.rename_session."""
    row = expect_session(raw, session_id)
    if name is not None:
        check_name(raw, session_id, name)
    if row[1] != _values.optional(name):
        rename(raw, session_id, name, moment)


def rename(raw: Raw, session_id: str, name: str | None, moment: datetime) -> None:
    """Of a locked session, whatever it was called."""
    text, key = (None, None) if name is None else (storable(name), folded(name))
    run(raw, "rename_session", id=session_id, name=text, name_key=key)
    note_change(raw, session_id, "name", moment)


def retitle_session(
    raw: Raw, session_id: str, title: str | None, moment: datetime, unasked: bool
) -> bool:
    """See SessionStore.retitle_session."""
    row = expect_session(raw, session_id)
    if unasked and run(raw, "has_been_titled", id=session_id):
        return False
    text, key = (None, None) if title is None else (storable(title), folded(title))
    if row[11] != text:
        run(raw, "retitle_session", id=session_id, title=text, title_key=key)
        if not unasked:  # what a person says elsewhere is to win over it, however early he said it
            note_change(raw, session_id, "title", moment)
    return True


def pin_session(raw: Raw, session_id: str, pinned: bool, moment: datetime) -> bool:
    """See SessionStore.pin_session."""
    row = expect_session(raw, session_id)
    if bool(row[8]) == pinned:
        return False
    run(raw, "pin_session", id=session_id, pinned=pinned)
    note_change(raw, session_id, "pinned", moment)
    return True


def touch_session(raw: Raw, session_id: str, moment: datetime) -> None:
    """See SessionStore.touch_session."""
    expect_session(raw, session_id)
    run(raw, "touch_session", id=session_id, updated_at=moment)


def fork_session(raw: Raw, session_id: str, fork: Session, last: int) -> int:
    """See SessionStore.fork_session."""
    expect_to_see(raw, session_id)
    if not insert_session(raw, fork):
        [row] = run(raw, "get_summary", id=fork.id)
        return int(row[12])
    originals = messages(run, raw, session_id=session_id, first=1, last=last)
    copies = [_copy(_rows.message(row), fork.id, place) for place, row in enumerate(originals, 1)]
    [(added,)] = run(raw, "position")
    values = [
        _values.message(copy)
        | {"seq": copy.index, "added": added + copy.index, "attachment_count": row[16]}
        for copy, row in zip(copies, originals, strict=True)
    ]
    insert = raw.dialect.statements("queries")["insert_message"]
    for start in range(0, len(values), _AT_ONCE):
        raw.execute_all(insert, values[start : start + _AT_ONCE])
    for copy, row in zip(copies, originals, strict=True):
        if row[16]:
            run(
                raw,
                "copy_attachments",
                session_id=session_id,
                message_id=row[0],
                copy_id=fork.id,
                copied_id=copy.id,
            )
    from synapse.stores.servers import _summaries  # a list has no branch

    places = {row[5]: copy.index for copy, row in zip(copies, originals, strict=True)}
    _summaries.copy(raw, session_id, fork.id, places)
    run(raw, "count_anew", id=fork.id)
    shown = next((value["preview"] for value in values if value["preview"]), "")
    run(raw, "set_preview", id=fork.id, preview=shown, preview_key=folded(shown))
    return len(copies)


def _copy(message: StoredMessage, session_id: str, index: int) -> StoredMessage:
    streaming = message.status is Status.STREAMING
    return message.replace(
        id=new_id(),
        session_id=session_id,
        index=index,
        status=Status.INCOMPLETE if streaming else message.status,
    )


def insert_message(
    raw: Raw, message: StoredMessage, holder: str | None = None
) -> StoredMessage | None:
    """Append a message with its attachments to a live session; None if the session is not live, or
    has the message already.
    """
    seq = raw.dialect.append_message(raw, _values.message(message, holder))
    if seq is None:
        return None
    for n, attachment in enumerate(message.attachments, 1):
        values = _values.attachment(message.session_id, message.id, n, attachment)
        run(raw, "add_attachment", **values)
    return message.replace(index=seq)


def add_message(raw: Raw, message: StoredMessage) -> None:
    """See SessionStore.add_message."""
    if run(raw, "session_of_message", id=message.id):
        return
    expect_live_session(raw, message.session_id)
    insert_message(raw, message)
