"""A whole archive in another database: the same by hash, however often it is copied."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import NOON, a_prompt, a_session, an_answer
from contract.engines import fresh_url
from contract.full_archive import an_import, digests, fill

from synapse.app.copying import Copying, total_of
from synapse.app.digests import digest_of
from synapse.domain import Attachment, Status, Usage
from synapse.errors import DatabaseError
from synapse.ids import handle
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from synapse.app.copying import Copied
    from synapse.archived import ArchivedMessage, ArchivedSession, Merged
    from synapse.domain import Session
    from synapse.ports import SessionStore

COPIED = ("sqlite", "postgres")
"""Engines of which every pair is copied."""
Stores = tuple["SessionStore", "SessionStore"]


@pytest.fixture(params=product(COPIED, COPIED), ids="-to-".join)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """A full one and an empty one, of every pair of engines."""
    opened = []
    for number, engine in enumerate(request.param):
        folder = tmp_path / str(number)
        folder.mkdir()
        opened.append(open_store(fresh_url(engine, folder)))
    fill(opened[0])
    yield opened[0], opened[1]
    for store in opened:
        store.close()


def run(source: SessionStore, target: SessionStore, *, patience: float = 0) -> Copied:
    copying = Copying(source, target, patience=patience)
    copying.run()
    return copying.copied


def test_a_copy_is_the_same_by_hash(stores: Stores) -> None:
    source, target = stores
    copied = run(source, target)
    assert digests(target) == digests(source)
    totals = total_of(source)
    assert (copied.new, copied.equal, copied.left) == (totals.sessions, totals.sessions, [])
    assert copied.messages == copied.equal_messages == totals.messages > 10
    last, there = source.last_used(), target.last_used()
    assert last is not None
    assert there is not None
    assert there.session.id == last.session.id


def test_a_copy_of_the_copy_is_the_original(stores: Stores, tmp_path: Path) -> None:
    source, target = stores
    run(source, target)
    with open_store(f"sqlite:{tmp_path}/back.db") as back:
        run(target, back)
        assert digests(back) == digests(source)
    assert run(target, source).unchanged == total_of(source).sessions


def test_copying_again_sends_nothing(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = stores
    first = run(source, target)
    monkeypatch.setattr(type(target), "merge_session", None)
    again = run(source, target)
    assert (again.new, again.updated, again.messages) == (0, 0, 0)
    assert again.unchanged == again.equal == first.new


def test_only_what_has_changed_is_sent(stores: Stores) -> None:
    source, target = stores
    run(source, target)
    [one, two, *_] = source.list_sessions()
    source.rename_session(one.session.id, "another name")
    source.add_message(a_prompt(two.session, "one more"))
    source.create_session(a_session())
    copied = run(source, target)
    assert (copied.new, copied.updated, copied.messages) == (1, 2, 1)
    assert digests(target) == digests(source)


def test_a_mark_that_moves_no_time_is_copied(stores: Stores) -> None:
    source, target = stores
    run(source, target)
    session = next(one.session for one in source.list_sessions() if one.session.name is None)
    source.add_message(a_prompt(session))
    run(source, target)
    before = source.get_session(session.id)
    source.supersede_messages(session.id, 1)
    assert source.get_session(session.id) == before
    assert run(source, target).updated == 1
    assert digests(target) == digests(source)


class Cut(Exception):
    """Stands for Ctrl-C, a kill, or a cut connection."""


@pytest.mark.parametrize("at", [1, 3, 6])
def test_a_copy_that_was_cut_goes_on(
    stores: Stores, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = stores
    monkeypatch.setattr("synapse.app.copying.MOST", 1)  # each session alone
    whole, calls = type(target).merge_session, []

    def cut(self: SessionStore, archived: ArchivedSession, **how: bool) -> Merged:
        calls.append(archived.session.id)
        if len(calls) == at:

            def messages(sent: Iterable[ArchivedMessage]) -> Iterator[ArchivedMessage]:
                yield from [*sent][:1]
                raise Cut

            archived = archived.replace(messages=messages(archived.messages))
        return whole(self, archived, **how)

    with monkeypatch.context() as patch:
        patch.setattr(type(target), "merge_session", cut)
        with pytest.raises(Cut):
            run(source, target)
    assert len(digests(target)) == at - 1
    copied = run(source, target)
    assert copied.new == total_of(source).sessions - (at - 1)
    assert digests(target) == digests(source)


def test_a_session_in_use_is_left_for_the_next_run(stores: Stores) -> None:
    source, target = stores
    session = a_session()
    _, answer = source.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    copied = run(source, target)
    assert [(left.handle, left.is_in_use) for left in copied.left] == [(session.handle, True)]
    assert target.get_session(session.id) is None
    assert copied.equal == total_of(source).sessions - 1
    source.finish_turn(answer.replace(content="there", status=Status.COMPLETE))
    assert run(source, target).new == 1
    assert digests(target) == digests(source)


def test_an_answer_that_ends_meanwhile_is_waited_for(stores: Stores) -> None:
    source, target = stores
    session = a_session()
    _, answer = source.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    waited: list[int] = []

    def end(number: int) -> None:
        waited.append(number)
        source.finish_turn(answer.replace(content="there", status=Status.COMPLETE))

    copying = Copying(source, target, on_wait=end, patience=60)
    copying.run()
    assert waited == [1]
    assert copying.copied.left == []
    assert digests(target) == digests(source)


def test_a_session_that_is_answered_in_the_target_is_left(stores: Stores) -> None:
    source, target = stores
    run(source, target)
    session = next(one.session for one in source.list_sessions() if one.session.name is None)
    source.add_message(a_prompt(session, "meanwhile"))
    _, answer = target.begin_turn(session, a_prompt(session), an_answer(session), create=False)
    [left] = run(source, target).left
    assert left.is_in_use
    target.finish_turn(answer.replace(content="there", status=Status.COMPLETE))
    copied = run(source, target)
    assert (copied.left, copied.merged) == ([], 1)
    texts = [message.content for message in target.get_messages(session.id)]
    assert {"meanwhile", "there"} <= {*texts}


def test_what_the_target_has_besides_stays(stores: Stores) -> None:
    source, target = stores
    run(source, target)
    own = a_session()
    shared = next(one.session for one in target.list_sessions() if one.session.name is None)
    target.create_session(own)
    target.add_message(a_prompt(shared, "only there"))
    copied = run(source, target)
    assert (copied.left, copied.merged, copied.updated) == ([], 1, 0)
    assert target.get_session(own.id) is not None
    assert "only there" in [one.content for one in target.get_messages(shared.id)]


def test_a_message_of_another_session_fails_alone(stores: Stores) -> None:
    source, target = stores
    first = next(one for one in source.list_sessions() if one.message_count)
    [message, *_] = source.get_messages(first.session.id)
    other = a_session()
    target.create_session(other)
    target.add_message(message.replace(session_id=other.id, index=0))
    copied = run(source, target)
    [left] = copied.left
    assert (left.handle, left.is_in_use) == (first.session.handle, False)
    assert message.id in left.reason
    assert copied.new == total_of(source).sessions - 1


def test_a_session_that_is_used_meanwhile_is_not_missed(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It jumps to the top of the list, past the page that is asked for next."""
    source, target = stores
    monkeypatch.setattr("synapse.app.exporting._PAGE", 1)
    oldest: Session = source.list_sessions()[-1].session
    moved: list[int] = []

    def use(done: int) -> None:
        if not moved:
            moved.append(done)
            source.add_message(a_prompt(oldest, "just now"))

    copying = Copying(source, target, progress=use, patience=0)
    copying.run()
    assert copying.copied.left == []
    assert digests(target) == digests(source)


def test_a_store_that_fails_ends_the_copy(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = stores

    def fail(*_: object, **__: object) -> None:
        raise DatabaseError("no room")

    for way in {"merge_session", "add_sessions"} & {*dir(type(target))}:
        monkeypatch.setattr(type(target), way, fail)
    with pytest.raises(DatabaseError, match="no room"):
        run(source, target)


@pytest.mark.parametrize(
    "change",
    [
        {"content": "x"},
        {"timestamp": NOON + timedelta(microseconds=1)},
        {"status": Status.INTERRUPTED},
        {"superseded": True},
        {"refused": "bad_request"},
        {"reasoning": "x"},
        {"usage": Usage(output_tokens=0)},
        {"attachments": (Attachment(name="", media_type="", data=b""),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_hash_tells_every_field_of_a_message(change: dict[str, object]) -> None:
    archived = an_import()
    [*others, last] = archived.messages
    changed = last.replace(message=last.message.replace(**change))
    assert digest_of(archived) != digest_of(archived.replace(messages=(*others, changed)))


def test_a_hash_tells_the_order_of_messages() -> None:
    archived = an_import()
    assert digest_of(archived) != digest_of(archived.replace(messages=[*archived.messages][::-1]))


def _many(store: SessionStore, count: int) -> list[str]:
    """Small sessions, every third without messages; their ids."""
    made = [a_session() for _ in range(count)]
    for number, session in enumerate(made):
        store.create_session(session)
        for text in ("question", "more") if number % 3 else ():
            store.add_message(a_prompt(session, f"{text} {number}"))
    return [session.id for session in made]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(fresh_url("postgres", tmp_path)) as store:
        yield store


@pytest.fixture
def source(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(f"sqlite:{tmp_path}/source.db") as store:
        yield store


def test_small_sessions_go_together(
    source: SessionStore, server: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _many(source, 30)
    sent: list[int] = []
    connection = server._connection  # type: ignore[attr-defined]
    run_once = type(connection).run

    def counted(self: object, *values: object) -> object:
        sent.append(1)
        return run_once(self, *values)

    with monkeypatch.context() as patch:
        patch.setattr(type(server), "merge_session", None)
        patch.setattr(type(connection), "run", counted)
        copied = run(source, server)
    assert (copied.new, copied.equal, copied.messages) == (30, 30, 40)
    assert len(sent) < 30  # less than one a session
    assert digests(server) == digests(source)
    counts = {id: server.get_summary(id).message_count for id in made}  # type: ignore[union-attr]
    assert sorted(counts.values()) == [0] * 10 + [2] * 20


def test_together_all_are_stored_or_none(
    source: SessionStore, server: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _many(source, 9)
    monkeypatch.setattr("synapse.app.copying.MOST", 4)
    whole: Any = type(server).add_sessions  # type: ignore[attr-defined]
    calls: list[int] = []

    def cut(self: SessionStore, sessions: list[ArchivedSession]) -> list[Merged]:
        calls.append(len(sessions))
        if len(calls) == 2:

            def messages(sent: Iterable[ArchivedMessage]) -> Iterator[ArchivedMessage]:
                yield from sent
                if len(calls) == 3:
                    raise Cut
                calls.append(0)

            again = _Again(lambda: messages(last.messages))
            *others, last = sessions
            sessions = [*others, last.replace(messages=again)]
        merged: list[Merged] = whole(self, sessions)
        return merged

    with monkeypatch.context() as patch:
        patch.setattr(type(server), "add_sessions", cut)
        with pytest.raises(Cut):
            run(source, server)
    assert len(digests(server)) == 4
    assert run(source, server).new == 5
    assert digests(server) == digests(source)


class _Again:
    """Messages that can be gone through more than once."""

    def __init__(self, read: Callable[[], Iterator[ArchivedMessage]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[ArchivedMessage]:
        return self._read()


def test_together_what_is_elsewhere_is_told_of_one_alone(
    source: SessionStore, server: SessionStore
) -> None:
    made = _many(source, 6)
    [message, *_] = source.get_messages(made[1])
    other = a_session()
    server.create_session(other)
    server.add_message(message.replace(session_id=other.id, index=0))
    copied = run(source, server)
    assert [left.handle for left in copied.left] == [handle(made[1])]
    assert copied.new == 5


def test_together_names_are_given_once(source: SessionStore, server: SessionStore) -> None:
    made = _many(source, 4)
    source.rename_session(made[0], "plan")
    other = a_session(name="plan")
    server.create_session(other)
    copied = run(source, server)
    assert (copied.left, copied.new) == ([], 4)
    names = sorted(one.session.name or "" for one in server.list_sessions())
    assert names[-2:] in (["plan", f"plan-{handle(made[0])}"], ["plan", f"plan-{handle(other.id)}"])
