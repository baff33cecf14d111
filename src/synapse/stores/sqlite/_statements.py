"""The statements of queries.sql, and what is done with several of them inside a transaction.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse import timestamps
from synapse.domain import Role, refusal_of
from synapse.errors import InvalidDataError, NameTaken, NotFoundError
from synapse.ids import handle, new_id
from synapse.stores import _owner, _queries, _rows
from synapse.stores._text import folded, storable
from synapse.stores.sqlite._handles import handle_of
from synapse.stores.sqlite._raw_rows import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import apsw

    from synapse.domain import Session, StoredMessage

QUERIES = _queries.load(os.path.join(os.path.dirname(__file__), "queries.sql"))


def now() -> str:
    return timestamps.to_text(timestamps.now())


def run(raw: apsw.Connection, query: str, **values: Any) -> list[tuple[Any, ...]]:
    return rows(raw, QUERIES[query], values)


def insert_session(raw: apsw.Connection, session: Session) -> None:
    if run(raw, "session_exists", id=session.id):
        raise InvalidDataError(f"a session with the id {session.id} exists already")
    if session.name is not None:
        check_name(raw, session.id, session.name)
    run(raw, "create_session", **_rows.session_values(session))


def insert_message(
    raw: apsw.Connection, message: StoredMessage, owner: str | None = None
) -> StoredMessage:
    [(index,)] = run(raw, "add_message", **_rows.message_values(message, owner))
    for n, attachment in enumerate(message.attachments, 1):
        run(raw, "add_attachment", **_rows.attachment_values(message.id, n, attachment))
    if message.role is Role.USER and not _is_plain(message.content):
        _fold(raw, message.session_id)
    return message.replace(index=index)


def copy_messages(raw: apsw.Connection, session_id: str, copy_id: str, last: int) -> int:
    """Copy the messages up to index `last` into an empty session; how many. What is still being
    received has no owner there.
    """
    raw.create_scalar_function("synapse_new_id", lambda *_: new_id(), 0)
    values = {"session_id": session_id, "copy_id": copy_id, "last": last}
    run(raw, "copy_messages", **values)
    copies: int = raw.changes()
    run(raw, "copy_attachments", **values)
    return copies


def begin_turn(
    raw: apsw.Connection,
    session: Session,
    prompt: StoredMessage | None,
    answer: StoredMessage,
    *,
    create: bool,
) -> tuple[StoredMessage | None, StoredMessage]:
    """See SessionStore.begin_turn."""
    if create:
        insert_session(raw, session)
    else:
        expect_live_session(raw, session.id)
        close_abandoned(raw, session.id, refuse_living=True)
    from synapse.stores._turns import in_order_of_time  # a list has no turn

    [(last, question)] = run(raw, "last_times", session_id=answer.session_id)
    prompt, answer = in_order_of_time(prompt, answer, last, question)
    if prompt is None:
        _drop_summaries(raw, session.id)
        run(raw, "supersede_answers", session_id=session.id)
    else:
        prompt = insert_message(raw, prompt)
    answer = insert_message(raw, answer, _owner.this_process())
    run(raw, "lease", id=answer.id, seconds=_owner.LEASE_SECONDS)
    _advance(raw, session.id, answer)
    return prompt, answer


def checkpoint(raw: apsw.Connection, answer_id: str, content: str, reasoning: str) -> None:
    """See SessionStore.checkpoint."""
    added = run(
        raw,
        "add_chunk",
        message_id=answer_id,
        content=storable(content),
        reasoning=storable(reasoning),
        saved_at=now(),
    )
    if not added and not run(raw, "message_exists", id=answer_id):
        raise NotFoundError(f"no message has the id {answer_id}")


def renew_lease(raw: apsw.Connection, answer_id: str) -> bool:
    """See SessionStore.renew_lease."""
    return bool(run(raw, "lease", id=answer_id, seconds=_owner.LEASE_SECONDS))


def finish_turn(raw: apsw.Connection, answer: StoredMessage) -> None:
    """See SessionStore.finish_turn."""
    values = _rows.message_values(answer)
    if not run(raw, "message_exists", id=answer.id):
        from synapse.stores.sqlite import _externally_deleted

        if _externally_deleted.finish_answer(raw, values, now()):
            return
        raise NotFoundError(f"no message has the id {answer.id}")
    if run(raw, "finish_answer", **values):
        run(raw, "advance_session", id=answer.session_id, updated_at=now())
        _note_refusal(raw, answer)
    drop_chunks(raw, answer.id)


def _note_refusal(raw: apsw.Connection, answer: StoredMessage) -> None:
    """Mark what the server refused for its content; a question that it answers is no longer so."""
    code = refusal_of(answer)
    if code is not None:
        run(raw, "mark_refused", session_id=answer.session_id, id=answer.id, refused=code)
    else:
        run(raw, "unmark_refused", session_id=answer.session_id, id=answer.id)


def add_message(raw: apsw.Connection, message: StoredMessage) -> None:
    """See SessionStore.add_message."""
    if run(raw, "message_exists", id=message.id):
        return
    expect_live_session(raw, message.session_id)
    if run(raw, "message_exists", id=message.id):
        return  # it came back with its session
    insert_message(raw, message)
    _advance(raw, message.session_id, message)


def _advance(raw: apsw.Connection, session_id: str, message: StoredMessage) -> None:
    moment = timestamps.to_text(message.timestamp)
    run(raw, "advance_session", id=session_id, updated_at=moment)


def supersede_messages(raw: apsw.Connection, session_id: str, first: int) -> int:
    """See SessionStore.supersede_messages."""
    expect_session(raw, session_id)
    close_abandoned(raw, session_id, refuse_living=True)
    _drop_summaries(raw, session_id, first)
    run(raw, "supersede_messages", session_id=session_id, first=first)
    return raw.changes()


def _drop_summaries(raw: apsw.Connection, session_id: str, first: int | None = None) -> None:
    """Before messages from an index on are superseded; without one, the last answers."""
    if run(raw, "standing_summary", session_id=session_id):
        from synapse.stores.sqlite import _summaries  # most sessions have none

        _summaries.remove_superseded(raw, session_id, first)


def fork_session(raw: apsw.Connection, session_id: str, fork: Session, last: int) -> int:
    """See SessionStore.fork_session."""
    expect_session(raw, session_id)
    insert_session(raw, fork)
    copies = copy_messages(raw, session_id, fork.id, last)
    if run(raw, "standing_summary", session_id=session_id):
        from synapse.stores.sqlite import _summaries  # most sessions have none

        _summaries.copy(raw, session_id, fork.id, last)
    _fold(raw, fork.id)
    return copies


def rename_session(raw: apsw.Connection, session_id: str, name: str | None) -> None:
    """See SessionStore.rename_session."""
    expect_session(raw, session_id)
    if name is not None:
        check_name(raw, session_id, name)
    rename(raw, session_id, name)


def change_session(raw: apsw.Connection, query: str, session_id: str, **values: Any) -> bool:
    """Run a statement that changes a session, which must be there; whether it did."""
    expect_session(raw, session_id)
    run(raw, query, id=session_id, **values)
    return raw.changes() > 0


def expect_session(raw: apsw.Connection, session_id: str) -> tuple[Any, ...]:
    """The row of a session that is about to be changed. One that another program has deleted, and
    that was kept, is brought back first.
    """
    row = found_to_change(raw, session_id)
    if row is None:
        raise NotFoundError(f"no session has the id {session_id}")
    return row


def found_to_change(raw: apsw.Connection, session_id: str) -> tuple[Any, ...] | None:
    """As expect_session; None if there is no such session."""
    rows = run(raw, "get_summary", id=session_id)
    if not rows:
        from synapse.stores.sqlite import _externally_deleted

        if _externally_deleted.bring_back(raw, session_id):
            rows = run(raw, "get_summary", id=session_id)
    return rows[0] if rows else None


def expect_live_session(raw: apsw.Connection, session_id: str) -> None:
    """One that is in the trash comes out of it: what is being used must not be destroyed."""
    if not take_out_of_trash(raw, session_id) and not run(raw, "get_summary", id=session_id):
        raise NotFoundError(
            f"the session {handle(session_id)} is not in the database",
            "It was purged, or a backup without it was restored.",
        )


def take_out_of_trash(raw: apsw.Connection, session_id: str) -> bool:
    """Whether it was there. Its name stays, unless another session has been given it meanwhile."""
    row = found_to_change(raw, session_id)
    if row is None or row[7] is None:
        return False
    name = row[1]
    if name is not None and not is_shared(name) and holders(raw, name):
        rename(raw, session_id, free_name(raw, name))
    run(raw, "restore_session", id=session_id, restored_at=now())
    return True


def is_shared(name: str) -> bool:
    """Names of the Rust program's Telegram bot, by which it finds all sessions of a chat."""
    return name.startswith("tg:")


def holders(raw: apsw.Connection, name: str) -> list[tuple[Any, ...]]:
    key = folded(name)
    rows = run(raw, "find_by_name", name_key=key, deleted=False)
    return [row for row in rows if _rows.has_name(row, key)]


def check_name(raw: apsw.Connection, session_id: str, name: str) -> None:
    for row in holders(raw, name):
        if row[0] != session_id:
            raise NameTaken(f"the session {_handle(raw, row[0])} is called {row[1]!r} already")


def _handle(raw: apsw.Connection, session_id: str) -> str:
    return handle_of(lambda sql, values: rows(raw, sql, values), session_id)


def rename(raw: apsw.Connection, session_id: str, name: str | None) -> None:
    run(raw, "rename_session", id=session_id, name=None if name is None else storable(name))
    if name is not None and not _is_plain(name):
        _fold(raw, session_id)


def retitle_session(
    raw: apsw.Connection, session_id: str, title: str | None, *, unasked: bool
) -> bool:
    """See SessionStore.retitle_session."""
    text = None if title is None else storable(title)
    expect_session(raw, session_id)
    if unasked and run(raw, "has_been_titled", id=session_id):
        return False
    run(raw, "retitle_session", id=session_id, title=text)
    if unasked:
        run(raw, "forget_titling", id=session_id)
    if text is not None and not _is_plain(text):
        _fold(raw, session_id)
    return True


def _is_plain(text: str) -> bool:
    """Whether the triggers have stored its folded form."""
    return text.isascii() and "\0" not in text


def _fold(raw: apsw.Connection, session_id: str) -> None:
    from synapse.stores.sqlite._folding import fold_session

    fold_session(raw, session_id)


def free_name(raw: apsw.Connection, name: str) -> str:
    number = 2
    while holders(raw, f"{name}-{number}"):
        number += 1
    return f"{name}-{number}"


def close_abandoned(raw: apsw.Connection, session_id: str, *, refuse_living: bool) -> int:
    closed = 0
    rows = run(raw, "streaming_answers", session_id=session_id)
    begun = {row[0]: row[3] for row in rows}
    for answer_id, owner in _owner.owners(rows):
        if owner is None:
            run(raw, "join_chunks", id=answer_id)
            run(raw, "unmark_refused", session_id=session_id, id=answer_id)
            drop_chunks(raw, answer_id)
            closed += 1
        elif refuse_living:
            from synapse.stores._turns import busy  # only after a refusal

            raise busy(_handle(raw, session_id), owner, begun[answer_id])
    return closed


def drop_chunks(raw: apsw.Connection, answer_id: str) -> None:
    """Overwritten, too: or a purge of the session would leave their text on free pages."""
    raw.pragma("secure_delete", True)
    try:
        run(raw, "drop_chunks", message_id=answer_id)
    finally:
        raw.pragma("secure_delete", "fast")
