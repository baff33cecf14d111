"""Saving off the thread that shows: on a clock, kept while the model is silent, and tried again."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_session
from program import wait_until

from synapse.app import saving, spill
from synapse.app.conversation import reply
from synapse.domain import Status
from synapse.errors import AnswerSpilled, StoreUnreachable
from synapse.ports import Cancellation, ChatRequest, Finished, TextDelta
from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from synapse.domain import ModelInfo, StoredMessage
    from synapse.ports import StreamEvent


class Meanwhile:
    """Says two words, and in between something happens."""

    name = "meanwhile"

    def __init__(self, happen: Callable[[], object]) -> None:
        self._happen = happen

    def check(self, request: ChatRequest) -> None:
        pass

    def list_models(self) -> list[ModelInfo]:
        return []

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        yield TextDelta("one ")
        self._happen()
        yield TextDelta("two")
        yield Finished(reason="stop")


class Faraway(SqliteStore):
    """A store to which the way is broken as often as it is said."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.broken: dict[str, int] = {}
        self.calls: list[str] = []

    def _go(self, method: str, *arguments: Any) -> Any:
        self.calls.append(method)
        if self.broken.get(method, 0) > 0:
            self.broken[method] -= 1
            raise StoreUnreachable("the server closed the connection")
        return getattr(SqliteStore, method)(self, *arguments)

    def checkpoint(self, answer_id: str, content: str, reasoning: str = "") -> None:
        self._go("checkpoint", answer_id, content, reasoning)

    def renew_lease(self, answer_id: str) -> bool:
        return bool(self._go("renew_lease", answer_id))

    def finish_turn(self, answer: StoredMessage) -> None:
        self._go("finish_turn", answer)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Faraway]:
    with Faraway(f"sqlite:{tmp_path / 'sessions.db'}") as opened:
        yield opened


def test_a_way_that_is_broken_for_a_while_loses_nothing(store: Faraway) -> None:
    session = a_session()
    store.broken = {"checkpoint": 3, "finish_turn": 3}

    def stored() -> str:
        return store.get_messages(session.id)[1].content

    reply(store, Meanwhile(lambda: wait_until(lambda: stored() == "one ")), session, "?")
    assert stored() == "one two"
    assert (store.calls.count("checkpoint"), store.calls.count("finish_turn")) == (4, 4)


def test_a_way_that_stays_broken_ends_in_a_file(
    store: Faraway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_UNREACHABLE_SECONDS", 0.2)
    store.broken = {"finish_turn": 1 << 30}
    with pytest.raises(AnswerSpilled, match="closed the connection"):
        reply(
            store, Meanwhile(lambda: None), a_session(), "?", spill_folder=str(tmp_path / "spills")
        )
    store.broken = {}
    assert spill.recover(store, str(tmp_path / "spills")) == 1
    [summary] = store.list_sessions()
    assert store.get_messages(summary.session.id)[1].content == "one two"


def test_an_answer_is_kept_while_the_model_is_silent(
    store: Faraway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_RENEW_SECONDS", 0.01)
    store.broken = {"renew_lease": 2}
    leases: set[float] = set()

    def renewed() -> bool:
        [(lease,)] = store._connection.read(
            "SELECT leased_until FROM messages WHERE status = 'streaming'"
        )
        leases.add(lease)
        return len(leases) > 4

    reply(store, Meanwhile(lambda: wait_until(renewed)), a_session(), "?")
    assert store.calls.count("renew_lease") > 4


def test_a_store_that_does_not_answer_is_left_when_the_user_wants_to_stop(
    store: Faraway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what it does later is no harm."""
    session, go_on, stuck = a_session(), threading.Event(), threading.Event()
    cancellation = Cancellation()
    real = store.checkpoint

    def checkpoint(*arguments: Any) -> None:
        stuck.set()
        assert go_on.wait(60)
        real(*arguments)

    monkeypatch.setattr(store, "checkpoint", checkpoint)

    def stop() -> None:
        assert stuck.wait(60)
        cancellation.cancel()

    with pytest.raises(AnswerSpilled, match="in time") as caught:
        reply(
            store,
            Meanwhile(stop),
            session,
            "?",
            cancellation=cancellation,
            spill_folder=str(tmp_path / "spills"),
        )
    assert not go_on.is_set()
    go_on.set()
    wait_until(lambda: store.get_messages(session.id)[1].status is not Status.STREAMING)
    before = store.get_messages(session.id)
    assert caught.value.answer == before[1]
    assert spill.recover(store, str(tmp_path / "spills")) == 1
    assert store.get_messages(session.id) == before


@pytest.mark.parametrize("fails", [False, True])
def test_a_turn_that_is_begun_too_late_is_closed_at_once(
    store: Faraway, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    session, go_on, stuck = a_session(), threading.Event(), threading.Event()
    cancellation = Cancellation()
    real = store.begin_turn

    def begin_turn(*arguments: Any, **named: Any) -> Any:
        stuck.set()
        assert go_on.wait(60)
        if fails:
            raise StoreUnreachable("no")
        return real(*arguments, **named)

    monkeypatch.setattr(store, "begin_turn", begin_turn)

    def stop() -> None:
        assert stuck.wait(60)
        cancellation.cancel()

    threading.Thread(target=stop).start()
    with pytest.raises(StoreUnreachable, match="in time"):
        reply(store, Meanwhile(lambda: None), session, "?", cancellation=cancellation)
    go_on.set()
    if fails:
        assert store.list_sessions() == []
        return
    wait_until(lambda: bool(store.list_sessions()))
    wait_until(lambda: store.get_messages(session.id)[1].status is Status.INTERRUPTED)
    monkeypatch.undo()
    assert reply(store, Meanwhile(lambda: None), session, "again").content == "one two"


@pytest.mark.parametrize("refused", [0, 1 << 30])
def test_much_text_is_saved_before_it_is_time_and_its_end_waits_for_nothing(
    store: Faraway, refused: int
) -> None:
    """At a megabyte, so that what waits takes little memory; but a busy store is not asked anew
    for each piece.
    """

    class Flood(Meanwhile):
        def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
            for _ in range(400):
                yield TextDelta("x" * 20_000)
            yield Finished(reason="stop")

    store.broken = {"checkpoint": refused}
    session = a_session()
    began = time.monotonic()
    reply(store, Flood(lambda: None), session, "?")
    seconds = time.monotonic() - began
    assert len(store.get_messages(session.id)[1].content) == 8_000_000
    calls = store.calls.count("checkpoint")
    if refused:
        assert calls <= 2 + seconds / saving._RETRY_SECONDS
    else:
        assert calls >= 7
