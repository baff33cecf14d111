"""What is done with an answer while it is received, inside a transaction.

An answer is held by a lease of the server's clock. Who closes an abandoned answer changes its
status, and every statement of its late owner asks for that: so a late checkpoint writes nothing.
The session's row is locked by whoever begins or ends an answer, so that two can't begin at once.

No advisory lock tells faster than the lease that an owner has died: on one machine the process
table does that at once (`_owner`), between machines the lease does within its seconds, and a lock
would be held on when the way to its owner is cut, gone after a fail-over, and lost behind a pooler.
"""

from __future__ import annotations

from synapse import timestamps
from synapse.domain import Status, refusal_of
from synapse.errors import NotFoundError, SessionBusy
from synapse.stores import _owner
from synapse.stores._text import storable
from synapse.stores._turns import busy, in_order_of_time
from synapse.stores.servers import _summaries, _values
from synapse.stores.servers._sessions import (
    expect_live_session,
    expect_session,
    handle_of,
    insert_message,
    insert_session,
    lock,
    refuse_what_is_anothers,
    run,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import Session, StoredMessage
    from synapse.stores.servers.dialect import Raw

_ANSWER_FIELDS = (
    "content",
    "status",
    "reasoning",
    "finish_reason",
    "error",
    "provider",
    "model",
    "input_tokens",
    "output_tokens",
    "elapsed_ms",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost",
    "cost_source",
)


def begin_turn(
    raw: Raw,
    session: Session,
    prompt: StoredMessage | None,
    answer: StoredMessage,
    *,
    create: bool,
) -> tuple[StoredMessage | None, StoredMessage]:
    """See SessionStore.begin_turn."""
    if raw.repeated and (begun := _begun(raw, session.id, prompt, answer)):
        return begun
    if create:
        insert_session(raw, session, used=True)
        last = question = None
    else:
        expect_live_session(raw, session.id)
        close_abandoned(raw, session.id, refuse_living=True)
        [(last, question)] = run(raw, "last_times", session_id=answer.session_id)
    prompt, answer = in_order_of_time(prompt, answer, last, question)
    if prompt is None:
        _supersede_answers(raw, session.id)
    else:
        prompt = _appended(raw, prompt)
    answer = _appended(raw, answer, _owner.this_process())
    run(raw, "lease", session_id=session.id, id=answer.id, seconds=_owner.LEASE_SECONDS)
    return prompt, answer


def _appended(raw: Raw, message: StoredMessage, holder: str | None = None) -> StoredMessage:
    stored = insert_message(raw, message, holder)
    if stored is None:
        raise NotFoundError(f"no session has the id {message.session_id}")
    return stored


def _begun(
    raw: Raw, session_id: str, prompt: StoredMessage | None, answer: StoredMessage
) -> tuple[StoredMessage | None, StoredMessage] | None:
    """What an earlier run of the same work has stored; None if it has not."""
    stored = [message and _stored(raw, session_id, message) for message in (prompt, answer)]
    return (stored[0], stored[1]) if stored[1] else None


def _stored(raw: Raw, session_id: str, message: StoredMessage) -> StoredMessage | None:
    rows = run(raw, "message_seq", session_id=session_id, id=message.id)
    if not rows:
        return None
    return message.replace(index=rows[0][0], timestamp=timestamps.readable(rows[0][1]))


def _supersede_answers(raw: Raw, session_id: str) -> None:
    for (question,) in run(raw, "last_question", session_id=session_id):
        if _summaries.has_any(raw, session_id):
            _summaries.remove_of_answers(raw, session_id, question)
        run(raw, "supersede_answers", session_id=session_id, question=question)


def checkpoint(
    raw: Raw, session_id: str, answer_id: str, n: int, content: str, reasoning: str
) -> None:
    """See SessionStore.checkpoint. `n` is the number of this piece: one that is sent again, because
    the server's reply was lost, takes the place of the first.
    """
    run(
        raw,
        "add_chunk",
        session_id=session_id,
        message_id=answer_id,
        n=n,
        content=storable(content),
        reasoning=storable(reasoning),
    )
    if not raw.changed and not run(raw, "message_exists", session_id=session_id, id=answer_id):
        raise NotFoundError(f"no message has the id {answer_id}")


def renew_lease(raw: Raw, session_id: str, answer_id: str) -> bool:
    """See SessionStore.renew_lease."""
    run(raw, "lease", session_id=session_id, id=answer_id, seconds=_owner.LEASE_SECONDS)
    return raw.changed > 0


def finish_turn(raw: Raw, answer: StoredMessage) -> None:
    """See SessionStore.finish_turn."""
    session_id = answer.session_id
    found = []
    if _values.is_id(answer.id) and lock(raw, session_id):
        found = run(raw, "get_answer", session_id=session_id, id=answer.id)
    if not found:
        if lock(raw, session_id) is None:
            refuse_what_is_anothers(raw, session_id)
        raise NotFoundError(f"no message has the id {answer.id}")
    stored = dict(zip(_ANSWER_FIELDS, found[0], strict=True))
    values = _values.message(answer)
    given = {name: values[name] for name in _ANSWER_FIELDS}
    if stored["status"] != Status.COMPLETE.value and stored != given:
        run(raw, "finish_answer", session_id=session_id, id=answer.id, **given)
        run(
            raw,
            "advance_session",
            id=session_id,
            updated_at=timestamps.now(),
            more_input=(given["input_tokens"] or 0) - (stored["input_tokens"] or 0),
            more_output=(given["output_tokens"] or 0) - (stored["output_tokens"] or 0),
        )
        _note_refusal(raw, answer)
    run(raw, "drop_chunks", session_id=session_id, message_id=answer.id)


def _note_refusal(raw: Raw, answer: StoredMessage) -> None:
    """Mark what the server refused for its content; a question that it answers is no longer so."""
    code = refusal_of(answer)
    if code is None:
        run(raw, "unmark_refused", session_id=answer.session_id, id=answer.id)
        return
    rows = run(raw, "message_seq", session_id=answer.session_id, id=answer.id)
    places = [row[0] for row in rows]
    for (question,) in run(raw, "last_question", session_id=answer.session_id):
        places += [question, *_unanswered_before(raw, answer, question)]
    run(
        raw,
        "mark_refused",
        session_id=answer.session_id,
        refused=code,
        places=tuple(places),
    )


def _unanswered_before(raw: Raw, answer: StoredMessage, question: int) -> list[int]:
    """Indexes of earlier questions that were never answered, as soon as a second one that was sent
    together with them has been refused: they may be what the server minds.
    """
    answered = run(raw, "answered", session_id=answer.session_id, id=answer.id)
    rows = run(
        raw,
        "questions_between",
        session_id=answer.session_id,
        after=answered[0][0] if answered else 0,
        before=question,
    )
    last_refused = max((seq for seq, refused, _ in rows if refused is not None), default=0)
    return [
        seq
        for seq, refused, superseded in rows
        if refused is None and not superseded and seq < last_refused
    ]


def close_abandoned(raw: Raw, session_id: str, *, refuse_living: bool) -> int:
    """Close what nobody receives any longer, in a locked session; how many. Raises SessionBusy for
    an answer that has a living owner, if `refuse_living`.
    """
    rows = run(raw, "streaming_answers", session_id=session_id)
    begun = {row[0]: row[3] for row in rows}
    closed = 0
    for answer_id, owner in _owner.owners(rows):
        if owner is None:
            run(raw, "join_chunks", session_id=session_id, id=answer_id)
            run(raw, "unmark_refused", session_id=session_id, id=answer_id)
            run(raw, "drop_chunks", session_id=session_id, message_id=answer_id)
            closed += 1
        elif refuse_living:
            raise _busy(raw, session_id, owner, begun[answer_id])
    if closed:
        run(raw, "set_last_status", id=session_id)
    return closed


def _busy(raw: Raw, session_id: str, owner: str, begun: str) -> SessionBusy:
    return busy(handle_of(raw, session_id), owner, begun)


def supersede_messages(raw: Raw, session_id: str, first: int) -> int:
    """See SessionStore.supersede_messages."""
    expect_session(raw, session_id)
    close_abandoned(raw, session_id, refuse_living=True)
    first = _values.index(first)
    if _summaries.has_any(raw, session_id):
        _summaries.remove_of_messages(raw, session_id, first)
    run(raw, "supersede_messages", session_id=session_id, first=first)
    return raw.changed


def close_all_abandoned(raw: Raw, session_id: str) -> int:
    """See SessionStore.close_abandoned."""
    if lock(raw, session_id) is None:
        return 0
    return close_abandoned(raw, session_id, refuse_living=False)
