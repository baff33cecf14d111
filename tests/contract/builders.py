"""Sessions and messages in which a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from synapse import ids, timestamps
from synapse.archived import ArchivedMessage, ArchivedSession
from synapse.domain import Role, Session, Status, StoredMessage, Summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.ports import SessionStore

NOON = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)


def a_session(*, updated: datetime | None = None, **fields: Any) -> Session:
    """A session that was last used at `updated`."""
    session = Session.new("echo", "echo")
    if updated is not None:
        session = session.replace(created_at=updated, updated_at=updated)
    return session.replace(**fields)


def a_prompt(session: Session, content: str = "What is Rust?", **fields: Any) -> StoredMessage:
    """A user's message."""
    return StoredMessage.new(session.id, Role.USER, content).replace(**fields)


def an_answer(session: Session, content: str = "", **fields: Any) -> StoredMessage:
    """An answer that is being received."""
    answer = StoredMessage.new(session.id, Role.ASSISTANT, content)
    return answer.replace(status=Status.STREAMING, provider="echo", model="echo").replace(**fields)


def a_finished_turn(
    store: SessionStore,
    session: Session,
    prompt: str = "hello",
    answer: str = "hi",
    *,
    create: bool,
) -> StoredMessage:
    """A turn in the store, complete."""
    _, begun = store.begin_turn(
        session, a_prompt(session, prompt), an_answer(session), create=create
    )
    closed = begun.replace(content=answer, status=Status.COMPLETE, finish_reason="stop")
    store.finish_turn(closed)
    return closed


def add_many_turns(store: SessionStore, session: Session, questions: Iterable[str]) -> None:
    """Turns behind those that a session has, if it is there, complete and all at once: what would
    take long one by one.
    """
    there = store.archived_session(session.id)
    messages = [] if there is None else list(there.messages)
    for question in questions:
        for one in (a_prompt(session, question), an_answer(session, "answer")):
            message = one.replace(status=Status.COMPLETE, index=len(messages) + 1)
            messages.append(ArchivedMessage(message=message))
    store.merge_session(ArchivedSession(session=session, messages=messages))


def a_summary(session: Session, last_index: int, **fields: Any) -> Summary:
    """A summary of as many messages, of which none is superseded."""
    summary = Summary(
        id=ids.new_id(),
        session_id=session.id,
        last_index=last_index,
        messages=last_index,
        content=f"What was said up to #{last_index}.",
        created_at=timestamps.now(),
        prompt_version=1,
        session_length=last_index,
    )
    return summary.replace(**fields)


def days_ago(days: float) -> datetime:
    """A moment in the past."""
    return datetime.now(UTC) - timedelta(days=days)
