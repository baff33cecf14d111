"""An archive in which everything is said that can be said of a session and of a message."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from contract.builders import NOON, a_finished_turn, a_prompt, a_session, a_summary, an_answer
from synapse.app.digests import digest_of
from synapse.archived import ArchivedMessage, ArchivedSession, Origin
from synapse.domain import Attachment, Role, Status, StoredMessage, Usage

if TYPE_CHECKING:
    from synapse.ports import SessionStore


def fill(store: SessionStore) -> None:
    """Everything that can be said of a session and of a message."""
    named = a_session(
        updated=NOON, name="Straße", title="What it is about", system_prompt="Be brief."
    )
    a_finished_turn(store, named, "Was ist NUL?", "東京 \ufffd \U0001f9ea", create=True)
    file = Attachment(name="a b.png", media_type="image/png", data=bytes(range(256)))
    piped = Attachment(name="in", media_type="text/plain", data=b"", source="stdin")
    store.add_message(a_prompt(named, "two files", attachments=(file, piped)))
    failed = an_answer(named).replace(elapsed_ms=1200, usage=Usage(input_tokens=3))
    _, begun = store.begin_turn(named, None, failed, create=False)
    store.finish_turn(
        begun.replace(status=Status.FAILED, error="bad_request: no", reasoning="why", elapsed_ms=7)
    )
    a_finished_turn(store, named, "again", "now", create=False)
    store.supersede_messages(named.id, 3)
    store.tag_sessions([named.id], ["work", "ÄRGER"])
    store.untag_sessions([named.id], ["work"])
    store.pin_session(named.id)
    fork = a_session(updated=NOON + timedelta(microseconds=1)).replace(
        forked_from=named.id, forked_at=2
    )
    store.fork_session(named.id, fork, at=2)
    trashed, restored, empty = (a_session(updated=NOON - timedelta(days=n)) for n in range(3))
    for session in (trashed, restored, empty):
        store.create_session(session)
    store.trash_session(trashed.id)
    store.trash_session(restored.id)
    store.restore_session(restored.id)
    summarise(store)
    store.merge_session(an_import())
    used = an_import()
    store.merge_session(used)
    store.touch_session(used.session.id)
    cut_off(store)
    store.touch_session(restored.id)


def summarise(store: SessionStore) -> None:
    """A session with all that can be said of summaries, and of what they and an answer cost."""
    session = a_session(updated=NOON)
    usage = Usage(
        input_tokens=4,
        output_tokens=3,
        cached_tokens=2,
        cache_write_tokens=1,
        reasoning_tokens=0,
        cost=12_345_678_901,
        cost_source="2026-11-20",
    )
    _, begun = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    store.finish_turn(begun.replace(status=Status.COMPLETE, content="x", usage=usage))
    a_finished_turn(store, session, create=False)
    first = a_summary(
        session,
        2,
        provider="echo",
        model="echo",
        focus="東京",
        tokens_before=900,
        tokens_after=300,
        usage=usage,
        session_length=4,
    )
    store.add_summary(first)
    store.add_summary(a_summary(session, 4, parent=first.id, generation=2))
    store.fork_session(session.id, a_session(updated=NOON), at=3)


def an_import() -> ArchivedSession:
    session = a_session(updated=NOON)
    roles = (Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL)
    messages = tuple(
        ArchivedMessage(
            message=StoredMessage.new(session.id, role, f"{role.value}\r\n").replace(
                timestamp=NOON, index=index
            ),
            after="" if index == 2 else None,
            extra={"parts": [None, True, {"ä": 1.5}]} if index == 3 else {},
        )
        for index, role in enumerate(roles, 1)
    )
    origin = Origin(program="chatgpt", id=session.id[-4:])
    return ArchivedSession(session=session, messages=messages, origin=origin, extra={"x": "y"})


def cut_off(store: SessionStore) -> None:
    session = a_session(updated=NOON)
    _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    store.checkpoint(answer.id, "as far as it ")
    store.finish_turn(answer.replace(content="as far as it came", status=Status.INTERRUPTED))


def digests(store: SessionStore) -> dict[str, str]:
    return {
        summary.session.id: digest_of(archived).hash
        for deleted in (False, True)
        for summary in store.list_sessions(deleted=deleted)
        if (archived := store.archived_session(summary.session.id)) is not None
    }
