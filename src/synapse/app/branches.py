"""Branches: a session goes on in two ways."""

from __future__ import annotations

from synapse.app.conversation import start_session
from synapse.domain import Role
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import Session, SessionSummary, StoredMessage
    from synapse.ports import SessionStore


_MOST_RETRIED = 50
"""Messages that one question and the attempts to have it answered may have become."""


def fork(
    store: SessionStore, origin: SessionSummary, *, at: int | None = None, name: str | None = None
) -> tuple[Session, int]:
    """Store a new session with copies of the messages of `origin` up to index `at` (None: all).
    Returns it and the number of copies. It keeps the title and remembers its origin. Raises
    UsageError for an index that `origin` does not have, NameTaken, NotFoundError.
    """
    session = origin.session
    last = origin.message_count if at is None else at
    if at is not None and not 1 <= at <= origin.message_count:
        raise UsageError(
            f"there is no message {at} in {session.handle}; it has {origin.message_count}"
        )
    branch = start_session(store, session.provider, session.model)
    branch = branch.with_system_prompt(session.system_prompt).with_name(name)
    branch = branch.replace(title=session.title, forked_from=session.id, forked_at=last)
    return branch, store.fork_session(session.id, branch, at=at)


def has_earlier_turn(store: SessionStore, answer: StoredMessage) -> bool:
    """Whether a branch could begin before the question that this message answers. If the answer is
    not stored (`index` 0), the conversation is assumed to be longer.
    """
    if not 0 < answer.index <= _MOST_RETRIED:
        return True
    messages = store.get_messages(answer.session_id, last=answer.index)
    return sum(each.role is Role.USER and not each.superseded for each in messages) > 1
