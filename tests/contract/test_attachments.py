"""What every SessionStore does with what goes beside a message's text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.builders import a_finished_turn, a_prompt, a_session, an_answer
from contract.engines import ENGINES, fresh_url
from synapse.domain import Attachment, Role, Status, StoredMessage
from synapse.errors import SessionBusy
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.ports import SessionStore

NOTES = Attachment(name="notes.txt", media_type="text/plain", data="tränen\n".encode())
IMAGE = Attachment(name="dot.png", media_type="image/png", data=bytes(range(256)) * 3)
PIPED = Attachment(name="stdin", media_type="text/plain", data=b"diff", source="stdin")
ALL = (NOTES, IMAGE, PIPED)


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh_url(request.param, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[SessionStore]:
    with open_store(url) as opened:
        yield opened


def begin_turn_in_thread(
    store: SessionStore, *attachments: Attachment
) -> tuple[str, StoredMessage]:
    """A session whose prompt has attachments; its id and the open answer."""
    session = a_session()
    prompt = a_prompt(session, attachments=attachments)
    _, answer = store.begin_turn(session, prompt, an_answer(session), create=True)
    return session.id, answer


def test_a_prompt_keeps_its_attachments_in_order_and_to_the_byte(
    store: SessionStore, url: str
) -> None:
    session_id, answer = begin_turn_in_thread(store, *ALL)
    store.finish_turn(answer.replace(status=Status.COMPLETE, content="seen"))
    for reader in (store, open_store(url)):
        prompt, closed = reader.get_messages(session_id)
        assert prompt.attachments == ALL
        assert closed.attachments == ()
    reader.close()


def test_begin_turn_gives_the_prompt_back_with_them(store: SessionStore) -> None:
    session = a_session()
    prompt, _ = store.begin_turn(
        session, a_prompt(session, attachments=ALL), an_answer(session), create=True
    )
    assert prompt is not None
    assert prompt.attachments == ALL


def test_added_messages_of_every_role_keep_them(store: SessionStore) -> None:
    session = a_session()
    store.create_session(session)
    for role in Role:
        message = StoredMessage.new(session.id, role, "text").replace(attachments=(IMAGE,))
        store.add_message(message)
        store.add_message(message.replace(attachments=ALL))  # it is there already
    assert [m.attachments for m in store.get_messages(session.id)] == [(IMAGE,)] * len(Role)


def test_finishing_an_answer_leaves_its_attachments_alone(store: SessionStore) -> None:
    session = a_session()
    _, answer = store.begin_turn(
        session, a_prompt(session), an_answer(session, attachments=(IMAGE,)), create=True
    )
    store.finish_turn(answer.replace(content="x", status=Status.COMPLETE, attachments=()))
    assert store.get_messages(session.id)[1].attachments == (IMAGE,)


def test_only_the_messages_asked_for_come_with_theirs(store: SessionStore) -> None:
    session_id, answer = begin_turn_in_thread(store, NOTES)
    store.finish_turn(answer.replace(status=Status.COMPLETE, content="seen"))
    session = store.get_session(session_id)
    assert session is not None
    a_finished_turn(store, session, create=False)
    assert [m.attachments for m in store.get_messages(session_id, first=2)] == [(), (), ()]
    assert [m.attachments for m in store.get_messages(session_id, last=1)] == [(NOTES,)]


def test_a_fork_has_copies_that_outlive_the_original(store: SessionStore) -> None:
    session_id, answer = begin_turn_in_thread(store, *ALL)
    store.finish_turn(answer.replace(status=Status.COMPLETE, content="seen"))
    fork = a_session()
    store.fork_session(session_id, fork)
    store.delete_session(session_id)
    assert store.get_messages(fork.id)[0].attachments == ALL
    assert store.get_messages(session_id) == []


def test_a_turn_that_is_refused_leaves_none_behind(store: SessionStore) -> None:
    session_id, _ = begin_turn_in_thread(store)
    session = store.get_session(session_id)
    assert session is not None
    with pytest.raises(SessionBusy):
        store.begin_turn(
            session, a_prompt(session, attachments=ALL), an_answer(session), create=False
        )
    assert [m.attachments for m in store.get_messages(session_id)] == [(), ()]


def test_names_are_stored_as_every_engine_can_hold_them(store: SessionStore) -> None:
    odd = NOTES.replace(name="a\0b\udcff.txt", data=b"\0\xff")
    session_id, _ = begin_turn_in_thread(store, odd)
    [stored] = store.get_messages(session_id)[0].attachments
    assert (stored.name, stored.data) == ("a\ufffdb\ufffd.txt", b"\0\xff")


def test_an_empty_one_is_kept(store: SessionStore) -> None:
    empty = NOTES.replace(data=b"")
    session_id, _ = begin_turn_in_thread(store, empty)
    assert store.get_messages(session_id)[0].attachments == (empty,)


def test_previews_come_from_the_text_alone(store: SessionStore) -> None:
    session_id, _ = begin_turn_in_thread(store, PIPED)
    summary = store.get_summary(session_id)
    assert summary is not None
    assert summary.preview == "What is Rust?"
