"""The turn: what is stored when, however it ends."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer

from synapse import paths
from synapse.app import receiving, spill
from synapse.app.conversation import reply, start_session
from synapse.app.selection import select, system_prompt_to_send
from synapse.cli.advice.as_command import hint_lines
from synapse.domain import Role, Session, Status, StoredMessage, Usage
from synapse.errors import (
    AnswerCutShort,
    AnswerSpilled,
    DatabaseFull,
    InvalidDataError,
    NotFoundError,
    RateLimited,
    SessionBusy,
    StorageError,
    UsageError,
)
from synapse.ports import (
    Cancellation,
    ChatMessage,
    ChatRequest,
    Finished,
    ModelReport,
    TextDelta,
    UsageReport,
)
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import apsw

    from synapse.domain import ModelInfo
    from synapse.ports import SessionStore, StreamEvent


class Script:
    """A provider that does what a test says, and remembers what it was asked."""

    name = "script"

    def __init__(self, play: Callable[[Cancellation], Iterable[StreamEvent]]) -> None:
        self.play = play
        self.requests: list[ChatRequest] = []

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        self.requests.append(request)
        yield from self.play(cancellation)

    def check(self, request: ChatRequest) -> None:
        if request.parameters:
            raise UsageError("script takes no parameters")

    def list_models(self) -> list[ModelInfo]:
        return []


def says(*words: str, reason: str | None = "stop") -> Script:
    """A provider that says these words and ends properly, or not if `reason` is None."""
    end = [Finished(reason=reason)] if reason else []
    return Script(lambda cancellation: [*map(TextDelta, words), *end])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SessionStore]:
    with open_store(f"sqlite:{path}") as opened:
        yield opened


def stored(store: SessionStore, session: Session) -> list[tuple[str, str]]:
    return [(m.content, m.status.value) for m in store.get_messages(session.id)]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


class TestATurn:
    def test_is_stored_with_everything_the_provider_said(self, store: SessionStore) -> None:
        def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
            yield ModelReport(model="script-1.1")
            yield TextDelta("Let me ", reasoning=True)
            yield TextDelta("think", reasoning=True)
            yield UsageReport(usage=Usage(input_tokens=7))
            yield TextDelta("So ")
            yield TextDelta("be it")
            yield UsageReport(usage=Usage(output_tokens=2))
            yield UsageReport(usage=Usage(output_tokens=5))
            yield Finished(reason="stop")

        session = a_session()
        shown: list[StreamEvent] = []
        answer = reply(store, Script(play), session, "why?", create=True, show=shown.append)
        assert store.get_messages(session.id)[1] == answer
        assert (answer.content, answer.reasoning) == ("So be it", "Let me think")
        assert answer.usage == Usage(input_tokens=7, output_tokens=5)
        assert (answer.status, answer.finish_reason) == (Status.COMPLETE, "stop")
        assert (answer.provider, answer.model) == ("script", "script-1.1")
        assert answer.elapsed_ms is not None
        assert [e.text for e in shown if isinstance(e, TextDelta)] == [
            "Let me ",
            "think",
            "So ",
            "be it",
        ]

    def test_says_which_conversation_it_is_and_from_the_second_on_that_it_goes_on(
        self, store: SessionStore
    ) -> None:
        provider, session = says("Yes."), a_session()
        for number in range(2):
            reply(store, provider, session, "And?", create=not number)
        reply(store, provider, a_session(), "And?", create=True, goes_on=True)
        reply(None, provider, a_session(), "And?", goes_on=True)
        told = [(sent.conversation, sent.continues) for sent in provider.requests]
        assert told[:2] == [(session.id, False), (session.id, True)]
        assert told[2][0] not in (None, session.id)
        assert (told[2][1], told[3]) == (True, (None, False))

    def test_sends_the_whole_conversation(self, store: SessionStore) -> None:
        session = a_session().with_system_prompt("Be brief.")
        provider = says("A1")
        reply(store, provider, session, "Q1", create=True)
        reply(store, provider, session, "Q2", model="other", max_tokens=9)
        request = provider.requests[1]
        assert [(m.role, m.content) for m in request.messages] == [
            (Role.USER, "Q1"),
            (Role.ASSISTANT, "A1"),
            (Role.USER, "Q2"),
        ]
        assert (request.system_prompt, request.model) == ("Be brief.", "other")
        assert request.max_tokens == 9
        assert store.get_messages(session.id)[3].model == "other"

    def test_is_on_disk_before_the_request_leaves(self, store: SessionStore, path: Path) -> None:
        seen: list[list[tuple[str, str]]] = []
        session = a_session()

        def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
            with open_store(f"sqlite:{path}") as other:
                seen.append(stored(other, session))
            yield Finished(reason="stop")

        reply(store, Script(play), session, "why?", create=True)
        assert seen == [[("why?", "complete"), ("", "streaming")]]

    def test_is_checkpointed_while_nothing_arrives(self, store: SessionStore, path: Path) -> None:
        session = a_session()
        go_on = threading.Event()
        seen: list[str] = []

        def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
            yield TextDelta("first ")
            yield TextDelta("words")
            assert go_on.wait(10)
            yield Finished(reason="stop")

        def watch() -> None:
            with open_store(f"sqlite:{path}") as other:
                wait_until(lambda: len(other.get_messages(session.id)) == 2)
                wait_until(lambda: other.get_messages(session.id)[1].content == "first words")
                seen.append(other.get_messages(session.id)[1].status.value)
            go_on.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        reply(store, Script(play), session, "why?", create=True)
        watcher.join()
        assert seen == ["streaming"]
        assert stored(store, session)[1] == ("first words", "complete")

    def test_that_could_not_be_asked_so_leaves_no_trace(self, store: SessionStore) -> None:
        provider = says("x")
        with pytest.raises(UsageError):
            reply(
                store, provider, a_session(), "why?", create=True, parameters=(("temprature", 1),)
            )
        assert provider.requests == []
        assert store.list_sessions() == []

    def test_without_a_store_keeps_nothing(self, path: Path) -> None:
        answer = reply(None, says("hi"), a_session(), "hello")
        assert answer.content == "hi"
        assert not path.exists()

    def test_asking_again_supersedes_and_does_not_send_the_old_answer(
        self, store: SessionStore
    ) -> None:
        session = a_session()
        reply(store, says("one"), session, "Q", create=True)
        provider = says("two")
        reply(store, provider, session, None)
        assert [m.content for m in provider.requests[0].messages] == ["Q"]
        assert stored(store, session) == [
            ("Q", "complete"),
            ("one", "complete"),
            ("two", "complete"),
        ]


class TestAnEndingThatIsNone:
    def test_a_provider_error_keeps_what_came(self, store: SessionStore) -> None:
        def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
            yield TextDelta("half an ans")
            raise RateLimited("script answered 429 (rate limit)")

        session = a_session()
        with pytest.raises(RateLimited) as caught:
            reply(store, Script(play), session, "why?", create=True)
        answer = caught.value.answer
        assert isinstance(answer, StoredMessage)
        assert store.get_messages(session.id)[1] == answer
        assert (answer.content, answer.status) == ("half an ans", Status.FAILED)
        assert answer.error == "rate_limited: script answered 429 (rate limit)"

    def test_a_stream_without_its_end_is_cut_short(self, store: SessionStore) -> None:
        session = a_session()
        with pytest.raises(AnswerCutShort):
            reply(store, says("half", reason=None), session, "why?", create=True)
        assert stored(store, session)[1] == ("half", "failed")

    def test_a_cancel_stops_at_once_and_keeps_what_came(self, store: SessionStore) -> None:
        session = a_session()
        cancellation = Cancellation()
        released = threading.Event()

        def play(cancelled: Cancellation) -> Iterable[StreamEvent]:
            yield TextDelta("so far")
            released.wait(10)  # a transport that hears nothing

        def show(event: StreamEvent) -> None:
            threading.Thread(target=cancellation.cancel, args=("SIGINT",)).start()

        answer = reply(
            store, Script(play), session, "?", create=True, show=show, cancellation=cancellation
        )
        released.set()
        assert (answer.content, answer.status) == ("so far", Status.INTERRUPTED)
        assert cancellation.reason == "SIGINT"
        assert stored(store, session)[1] == ("so far", "interrupted")

    def test_a_cancel_before_the_start_stores_an_interrupted_turn(
        self, store: SessionStore
    ) -> None:
        cancellation = Cancellation()
        cancellation.cancel()
        session = a_session()
        reply(store, says("x"), session, "?", create=True, cancellation=cancellation)
        assert stored(store, session)[1][1] == "interrupted"

    def test_an_error_while_showing_interrupts_and_goes_on(self, store: SessionStore) -> None:
        def show(event: StreamEvent) -> None:
            raise BrokenPipeError

        session = a_session()
        with pytest.raises(BrokenPipeError):
            reply(store, says("a", "b", reason=None), session, "?", create=True, show=show)
        [_, (content, status)] = stored(store, session)
        assert status == "interrupted"
        assert content.startswith("a")

    def test_a_bug_in_a_provider_is_recorded_and_goes_on(self, store: SessionStore) -> None:
        def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
            yield TextDelta("x")
            raise ZeroDivisionError

        session = a_session()
        with pytest.raises(ZeroDivisionError):
            reply(store, Script(play), session, "?", create=True)
        assert store.get_messages(session.id)[1].error == "internal: ZeroDivisionError"

    def test_an_unanswered_prompt_and_the_next_are_sent_as_one(self, store: SessionStore) -> None:
        def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
            raise RateLimited("no")
            yield

        session = a_session()
        with pytest.raises(RateLimited):
            reply(store, Script(play), session, "first", create=True)
        provider = says("ok")
        reply(store, provider, session, "second")
        assert provider.requests[0].messages == (
            ChatMessage(role=Role.USER, content="first\n\nsecond"),
        )

    def test_a_session_that_is_being_answered_refuses_a_second_prompt(
        self, store: SessionStore
    ) -> None:
        session = a_session()
        store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        provider = says("x")
        with pytest.raises(SessionBusy):
            reply(store, provider, session, "second")
        assert provider.requests == []
        assert len(store.get_messages(session.id)) == 2

    def test_an_answer_that_had_arrived_whole_is_complete_though_nobody_reads_it(
        self, store: SessionStore
    ) -> None:
        arrived = threading.Event()

        def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
            yield TextDelta("a")
            yield TextDelta("b")
            yield Finished(reason="stop")
            arrived.set()

        def show(event: StreamEvent) -> None:
            assert arrived.wait(10)
            raise BrokenPipeError

        session = a_session()
        with pytest.raises(BrokenPipeError):
            reply(store, Script(play), session, "?", create=True, show=show)
        assert stored(store, session)[1] == ("ab", "complete")


class TestAStoreThatFails:
    """A real one, whose database is closed to writing by a page limit: a full disk."""

    @staticmethod
    def full(store: SessionStore) -> None:
        connection: apsw.Connection = store._connection.raw  # type: ignore[attr-defined]
        connection.pragma("max_page_count", 1)

    def test_before_the_request_nothing_is_sent(self, store: SessionStore) -> None:
        self.full(store)
        provider = says("x")
        with pytest.raises(DatabaseFull):
            reply(store, provider, a_session(), "x" * 1_000_000, create=True)
        assert provider.requests == []
        assert store.list_sessions() == []

    def test_after_text_was_shown_the_answer_goes_on_and_is_kept_in_a_file(
        self, store: SessionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(receiving, "_CHECKPOINT_SECONDS", 0.0)
        session = a_session()
        big = "x" * 200_000
        shown: list[str] = []

        def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
            self.full(store)
            yield TextDelta(big, reasoning=True)
            wait_until(lambda: bool(shown))
            yield TextDelta(big)
            yield Finished(reason="stop")

        def show(event: StreamEvent) -> None:
            if isinstance(event, TextDelta):
                shown.append(event.text)

        folder = tmp_path / "state" / "spill"
        with pytest.raises(AnswerSpilled) as caught:
            reply(
                store,
                Script(play),
                session,
                "?",
                create=True,
                show=show,
                spill_folder=str(folder),
            )
        assert shown == [big, big]
        [file] = folder.iterdir()
        assert str(file) == caught.value.path
        assert str(file) in " ".join(hint_lines(caught.value.hints))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

        with pytest.raises(StorageError):
            spill.recover(store, str(folder))
        assert file.exists()

        store._connection.raw.pragma("max_page_count", 1 << 30)  # type: ignore[attr-defined]
        assert spill.recover(store, str(folder)) == 1
        answer = store.get_messages(session.id)[1]
        assert answer == caught.value.answer
        assert (answer.content, answer.status) == (big, Status.COMPLETE)
        assert list(folder.iterdir()) == []

    def test_a_temporary_folder_that_somebody_else_may_have_made_is_not_used(
        self, store: SessionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        session = a_session()
        answer = a_finished_turn(store, session, create=True)
        error = StorageError("full")
        kept = spill.spill_answer(answer, store.location, None, error)
        folder = Path(paths.temporary_dir(os.environ))
        assert kept.path is not None
        assert Path(kept.path).parent == folder
        assert spill.recover(store, None) == 1
        spill.spill_answer(answer, store.location, None, error)
        folder.rename(tmp_path / "theirs")
        folder.symlink_to(tmp_path / "theirs")
        assert spill.recover(store, None) == 0
        assert spill.spill_answer(answer.replace(id="another"), "x", None, error).path is None

    def test_where_no_file_can_be_written_the_message_says_so(
        self, store: SessionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nowhere = tmp_path / "file"
        nowhere.touch()
        monkeypatch.setenv("TMPDIR", str(nowhere))

        def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
            self.full(store)
            yield TextDelta("x" * 200_000)
            yield Finished(reason="stop")

        with pytest.raises(AnswerSpilled) as caught:
            reply(store, Script(play), a_session(), "?", create=True, spill_folder=str(nowhere))
        assert caught.value.path is None
        assert isinstance(caught.value.answer, StoredMessage)

    def test_a_session_purged_meanwhile_is_an_error_of_its_own(self, store: SessionStore) -> None:
        session = a_session()

        def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
            yield TextDelta("x")
            store.delete_session(session.id)
            yield Finished(reason="stop")

        with pytest.raises(StorageError, match="purged"):
            reply(store, Script(play), session, "?", create=True)

    def test_spills_of_other_stores_are_left_alone(
        self, store: SessionStore, tmp_path: Path
    ) -> None:
        session = a_session()
        answer = a_finished_turn(store, session, create=True)
        spill.spill_answer(answer, "/elsewhere.db", str(tmp_path / "s"), StorageError("full"))
        (tmp_path / "s" / "answer-x.json").write_text("not JSON")
        assert spill.recover(store, str(tmp_path / "s")) == 0
        assert len(list((tmp_path / "s").iterdir())) == 2


class TestWhatIsSent:
    def test_cut_off_answers_are_sent_and_empty_ones_are_not(self) -> None:
        session = a_session()
        history = [
            a_prompt(session, "Q1"),
            an_answer(session, "half", status=Status.INTERRUPTED),
            a_prompt(session, "Q2"),
            an_answer(session, "", status=Status.FAILED),
            a_prompt(session, "Q3"),
        ]
        assert [(m.role.value, m.content) for m in select(history, "echo").messages] == [
            ("user", "Q1"),
            ("assistant", "half"),
            ("user", "Q2\n\nQ3"),
        ]

    def test_reasoning_goes_back_only_to_where_it_came_from(self) -> None:
        history = [an_answer(a_session(), "x", reasoning="thought")]
        assert select(history, "echo").messages[-1].reasoning == "thought"
        assert select(history, "other").messages[-1].reasoning == ""

    def test_system_messages_of_other_programs_join_the_system_prompt(self) -> None:
        session = a_session().with_system_prompt("A")
        history = [a_prompt(session, "B", role=Role.SYSTEM), a_prompt(session, "Q")]
        assert system_prompt_to_send(session, history) == "A\n\nB"
        assert [m.content for m in select(history, "echo").messages] == ["Q"]
        assert system_prompt_to_send(a_session(), []) is None


def test_a_new_session_has_a_handle_of_its_own(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = start_session(store, "echo", "echo")
    store.create_session(taken)
    rivals = iter([taken.id[:-9] + "0" + taken.id[-8:], "01a209b6-4069-7000-8000-000012345678"])
    monkeypatch.setattr("synapse.ids.new_id", lambda: next(rivals))
    assert start_session(store, "echo", "echo").id.endswith("12345678")


def test_the_clock_ticks_in_the_callers_thread_while_nothing_comes(store: SessionStore) -> None:
    ticks: list[int] = []
    enough = threading.Event()

    def tick() -> float:
        ticks.append(threading.get_ident())
        if len(ticks) >= 5:
            enough.set()
        return 0.001

    def play(cancellation: Cancellation) -> Iterable[StreamEvent]:
        assert enough.wait(10), "nobody ticked"
        return [TextDelta("Hello"), Finished(reason="stop")]

    answer = reply(store, Script(play), a_session(), "Hi", create=True, tick=tick)
    assert answer.content == "Hello"
    assert set(ticks) == {threading.get_ident()}


def test_without_anything_to_paint_the_clock_ticks_once_an_event(store: SessionStore) -> None:
    shown: list[StreamEvent] = []
    ticks: list[int] = []
    reply(
        store,
        says("a", "b"),
        a_session(),
        "Hi",
        create=True,
        show=shown.append,
        tick=lambda: ticks.append(len(shown)),
    )
    assert ticks == [0, 1, 2, 3]


class TestANewSession:
    def test_is_stored_with_its_first_turn_and_goes_on_with_the_next(
        self, store: SessionStore
    ) -> None:
        session = a_session()
        reply(store, says("one"), session, "first")
        reply(store, says("two"), session, "second")
        contents = [content for content, _ in stored(store, session)]
        assert contents == ["first", "one", "second", "two"]

    def test_may_have_been_stored_by_the_caller(self, store: SessionStore) -> None:
        session = a_session(name="mine")
        store.create_session(session)
        reply(store, says("one"), session, "first")
        assert len(stored(store, session)) == 2

    def test_is_not_made_of_one_that_was_purged(self, store: SessionStore) -> None:
        session = a_session()
        reply(store, says("one"), session, "first")
        used = store.get_session(session.id)
        assert used is not None
        store.delete_session(session.id)
        with pytest.raises(NotFoundError):
            reply(store, says("two"), used, "second")
        assert store.get_session(session.id) is None

    def test_has_no_question_that_could_be_asked_again(self, store: SessionStore) -> None:
        session = a_session()
        with pytest.raises(NotFoundError):
            reply(store, says("one"), session, None)
        assert store.get_session(session.id) is None

    def test_is_begun_by_one_of_two_that_ask_at_once(self, store: SessionStore) -> None:
        session = a_session()
        asked, go_on = threading.Event(), threading.Event()

        def play(cancellation: Cancellation) -> Iterator[StreamEvent]:
            asked.set()
            go_on.wait(10)
            yield Finished(reason="stop")

        first = threading.Thread(target=reply, args=(store, Script(play), session, "first"))
        first.start()
        try:
            assert asked.wait(10)
            with pytest.raises(SessionBusy):
                reply(store, says("two"), session, "second")
        finally:
            go_on.set()
            first.join()
        assert [content for content, _ in stored(store, session)] == ["first", ""]

    def test_must_not_be_there_where_the_caller_says_so(self, store: SessionStore) -> None:
        session = a_session()
        with pytest.raises(NotFoundError):
            reply(store, says("one"), session, "first", create=False)
        reply(store, says("one"), session, "first", create=True)
        with pytest.raises(InvalidDataError):
            reply(store, says("two"), session, "second", create=True)
        assert len(stored(store, session)) == 2
