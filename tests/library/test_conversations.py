"""A conversation as an object: its answers, read while they arrive or whole, and stopped."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from synapse import (
    Attachment,
    Cancellation,
    ChatRequest,
    Conversation,
    Finished,
    ModelInfo,
    ModelReport,
    NoSuchSession,
    NotFoundError,
    RateLimited,
    Role,
    Session,
    SessionStore,
    Status,
    StreamEvent,
    TextDelta,
    UsageError,
    open_provider,
    open_store,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from synapse import Answer

    Read = Callable[[Answer], object]

LONG = 10.0
"""Seconds after which something that a test waits for is missing."""


class Talker:
    """A provider that says what a test says, and waits where the test wants it to."""

    name = "talker"
    default_model = "talker-1"

    def __init__(self, *events: StreamEvent | Exception | threading.Event) -> None:
        self.events = events
        self.requests: list[ChatRequest] = []
        self.stopped = threading.Event()

    def check(self, request: ChatRequest) -> None:
        if request.parameters:
            raise UsageError("talker takes no parameters")

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        self.requests.append(request)
        cancellation.on_cancel(self.stopped.set)
        for event in self.events:
            if isinstance(event, threading.Event):
                cancellation.on_cancel(event.set)
                event.wait(LONG)
            elif isinstance(event, Exception):
                raise event
            else:
                yield event

    def list_models(self) -> list[ModelInfo]:
        return []


def says(*words: str) -> Talker:
    return Talker(*map(TextDelta, words), Finished(reason="stop"))


def stuck(*words: str) -> Talker:
    """Says these words, and then nothing until it is stopped."""
    return Talker(*map(TextDelta, words), threading.Event())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(tmp_path / "sessions.db") as opened:
        yield opened


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def stored(conversation: Conversation) -> list[tuple[str, Status]]:
    return [(message.content, message.status) for message in conversation.messages]


class TestAnAnswer:
    def test_is_read_while_it_arrives(self, store: SessionStore) -> None:
        more = threading.Event()
        talker = Talker(TextDelta("one "), more, TextDelta("two"), Finished(reason="stop"))
        pieces = Conversation(store, talker).ask("?")
        assert next(pieces) == "one "
        assert not more.is_set()
        more.set()
        assert list(pieces) == ["two"]
        assert pieces.text() == "one two"

    def test_is_had_in_one_call(self, store: SessionStore) -> None:
        conversation = Conversation(store, says("one ", "two"))
        message = conversation.ask("?").message()
        assert message == conversation.messages[1]
        assert (message.content, message.status) == ("one two", Status.COMPLETE)
        assert conversation.ask("?").text() == str(conversation.ask("?")) == "one two"

    def test_gives_every_event_to_whoever_wants_them(self, store: SessionStore) -> None:
        events = (
            ModelReport(model="talker-1.1"),
            TextDelta("hm", reasoning=True),
            TextDelta("so"),
            Finished(reason="stop"),
        )
        conversation = Conversation(store, Talker(*events))
        assert tuple(conversation.ask("?").events()) == events
        assert list(conversation.ask("?")) == ["so"]

    def test_is_stored_though_nobody_reads_it(self, store: SessionStore) -> None:
        conversation = Conversation(store, says("one"))
        conversation.ask("first")
        gc.collect()
        assert conversation.ask("second").text() == "one"
        assert stored(conversation) == [
            ("first", Status.COMPLETE),
            ("one", Status.COMPLETE),
            ("second", Status.COMPLETE),
            ("one", Status.COMPLETE),
        ]

    def test_is_saved_on_the_clock_though_it_is_read_slowly(self, store: SessionStore) -> None:
        conversation = Conversation(store, stuck("one ", "two"))
        with conversation.ask("?") as pieces:
            assert next(pieces) == "one "
            wait_until(lambda: stored(conversation)[1] == ("one two", Status.STREAMING))

    def test_that_is_closed_early_is_stored_as_interrupted(self, store: SessionStore) -> None:
        talker = stuck("one ", "two")
        conversation = Conversation(store, talker)
        answer = conversation.ask("?")
        assert next(answer) == "one "
        answer.close()
        assert talker.stopped.is_set()
        assert stored(conversation)[1][1] is Status.INTERRUPTED
        assert answer.message() == conversation.messages[1]
        assert list(answer) == []
        answer.close()

    def test_that_is_left_by_its_block_is_closed(self, store: SessionStore) -> None:
        conversation = Conversation(store, stuck("one"))
        with conversation.ask("?") as answer:
            assert next(answer) == "one"
        assert stored(conversation)[1] == ("one", Status.INTERRUPTED)

    def test_that_is_forgotten_half_read_is_stopped(self, store: SessionStore) -> None:
        talker = stuck("one")
        conversation = Conversation(store, talker)
        for piece in conversation.ask("?"):
            assert piece == "one"
            break
        gc.collect()
        assert talker.stopped.wait(LONG)
        wait_until(lambda: stored(conversation)[1] == ("one", Status.INTERRUPTED))

    def test_that_is_closed_when_it_is_complete_stays_so(self, store: SessionStore) -> None:
        conversation = Conversation(store, says("one"))
        answer = conversation.ask("?")
        answer.message()
        answer.close()
        assert stored(conversation)[1] == ("one", Status.COMPLETE)

    @pytest.mark.parametrize("read", [list, str, lambda answer: list(answer.events())])
    def test_raises_what_went_wrong_where_it_is_read(self, store: SessionStore, read: Read) -> None:
        conversation = Conversation(store, Talker(TextDelta("half"), RateLimited("too many")))
        answer = conversation.ask("?")
        with pytest.raises(RateLimited) as caught:
            read(answer)
        assert caught.value.answer == conversation.messages[1]
        assert stored(conversation)[1] == ("half", Status.FAILED)
        assert list(answer) == []
        with pytest.raises(RateLimited):
            answer.message()
        answer.close()

    def test_gives_what_came_before_it_failed(self, store: SessionStore) -> None:
        answer = Conversation(store, Talker(TextDelta("half"), RateLimited("too many"))).ask("?")
        assert next(answer) == "half"
        with pytest.raises(RateLimited):
            next(answer)

    def test_of_a_mistaken_question_leaves_no_trace(self, store: SessionStore) -> None:
        conversation = Conversation(store, says("one"), parameters={"warmth": 1})
        with pytest.raises(UsageError, match="no parameters"):
            conversation.ask("?").text()
        assert conversation.messages == []
        assert store.count_sessions() == 0

    def test_stops_at_ctrl_c_and_at_the_end_of_the_program(self, tmp_path: Path) -> None:
        script = f"""
import os, signal, sys, threading
from synapse import Cancellation, Conversation, TextDelta, open_store
class Stuck:
    name = default_model = "stuck"
    def check(self, request): pass
    def list_models(self): return []
    def stream(self, request, cancellation):
        yield TextDelta("one")
        stopped = threading.Event()
        cancellation.on_cancel(stopped.set)
        if request.messages[-1].content == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
        stopped.wait({LONG})
store = open_store({str(tmp_path / "c.db")!r})
conversation = Conversation(store, Stuck())
try:
    conversation.ask("interrupt").text()
except KeyboardInterrupt as error:
    print(error.answer.status, conversation.messages[1].status)
answer = conversation.ask("never read to its end")
print(next(answer), conversation.session.id)
"""
        ended = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
        )
        assert ended.stderr == ""
        first, second = ended.stdout.splitlines()
        assert first == "interrupted interrupted"
        with open_store(tmp_path / "c.db") as store:
            statuses = [m.status for m in store.get_messages(second.split()[1])]
        assert statuses == [Status.COMPLETE, Status.INTERRUPTED] * 2


class TestAConversation:
    def test_goes_on_with_what_was_said(self, store: SessionStore) -> None:
        talker = says("yes")
        conversation = Conversation(store, talker, system_prompt="Be brief.", max_tokens=9)
        conversation.ask("first").text()
        conversation.ask("second").text()
        last = talker.requests[1]
        assert [(m.role, m.content) for m in last.messages] == [
            (Role.USER, "first"),
            (Role.ASSISTANT, "yes"),
            (Role.USER, "second"),
        ]
        assert (last.model, last.system_prompt, last.max_tokens) == ("talker-1", "Be brief.", 9)

    def test_takes_its_turns_in_the_order_of_the_questions(self, store: SessionStore) -> None:
        go_on = threading.Event()
        talker = Talker(go_on, TextDelta("so"), Finished(reason="stop"))
        conversation = Conversation(store, talker)
        answers = [conversation.ask(str(number)) for number in range(5)]
        go_on.set()
        assert [answer.text() for answer in answers] == ["so"] * 5
        questions = [m.content for m in conversation.messages if m.role is Role.USER]
        assert questions == ["0", "1", "2", "3", "4"]

    def test_may_be_asked_from_several_threads(self, store: SessionStore) -> None:
        conversation = Conversation(store, says("yes"))
        at_once = threading.Barrier(8)

        def ask() -> None:
            at_once.wait(LONG)
            conversation.ask("?").message()

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stored(conversation) == [("?", Status.COMPLETE), ("yes", Status.COMPLETE)] * 8

    def test_is_found_again_by_a_ref(self, store: SessionStore) -> None:
        session = Session.new("talker", "talker-9").with_name("docker")
        Conversation(store, says("one"), session).ask("first").text()
        talker = says("two")
        conversation = Conversation(store, talker, "docker")
        conversation.ask("second").text()
        assert conversation.session.id == session.id
        assert talker.requests[0].messages[0].content == "first"
        assert talker.requests[0].model == "talker-9"
        with pytest.raises(NoSuchSession):
            Conversation(store, talker, "kubernetes")

    def test_goes_on_with_another_provider_and_its_own_model(self, store: SessionStore) -> None:
        first = Conversation(store, open_provider("echo"))
        first.ask("Hello").text()
        talker = says("two")
        Conversation(store, talker, first.session).ask("again").text()
        assert talker.requests[0].model == "talker-1"

    def test_of_one_that_was_purged_ends(self, store: SessionStore) -> None:
        conversation = Conversation(store, says("one"))
        conversation.ask("first").text()
        store.delete_session(conversation.session.id)
        with pytest.raises(NotFoundError):
            conversation.ask("second").text()
        assert store.count_sessions() == 0

    def test_without_a_store_remembers_and_keeps_nothing(self, home: Path) -> None:
        talker = says("yes")
        conversation = Conversation(None, talker)
        conversation.ask("first").text()
        conversation.ask("second").text()
        assert len(talker.requests[1].messages) == 3
        assert list(home.rglob("*")) == []

    def test_asks_the_last_question_again(self, store: SessionStore) -> None:
        talker = says("yes")
        conversation = Conversation(store, talker)
        conversation.ask("first").text()
        assert conversation.retry().text() == "yes"
        assert [m.content for m in talker.requests[1].messages] == ["first"]
        assert [m.superseded for m in conversation.messages] == [False, True, False]

    def test_sends_what_is_attached(self, store: SessionStore) -> None:
        notes = Attachment(name="notes.md", media_type="text/plain", data=b"Volumes stay.\n")
        talker = says("yes")
        Conversation(store, talker).ask("What?", attachments=[notes]).text()
        assert "Volumes stay." in talker.requests[0].messages[0].content

    def test_needs_a_model(self, store: SessionStore) -> None:
        provider = open_provider("ollama")
        with pytest.raises(UsageError, match='"ollama" has no default model'):
            Conversation(store, provider)
        assert Conversation(store, provider, model="qwen3").session.model == "qwen3"


class TestAnAsyncAnswer:
    def test_is_awaited_or_iterated(self, store: SessionStore) -> None:
        conversation = Conversation(store, says("one ", "two"))

        async def main() -> None:
            assert [piece async for piece in conversation.aask("?")] == ["one ", "two"]
            assert (await conversation.aask("?")).content == "one two"
            assert await conversation.aask("?").text() == "one two"
            events = [event async for event in conversation.aretry().events()]
            assert events[-1] == Finished(reason="stop")

        asyncio.run(main())
        assert {status for _, status in stored(conversation)} == {Status.COMPLETE}

    def test_leaves_the_loop_free_while_it_arrives(self, store: SessionStore) -> None:
        """The loop itself lets the provider go on: were it blocked, the answer never came."""
        more = threading.Event()
        talker = Talker(TextDelta("one"), more, TextDelta("two"), Finished(reason="stop"))

        async def main() -> str:
            answer = Conversation(store, talker).aask("?")
            assert await anext(answer) == "one"
            asyncio.get_running_loop().call_soon(more.set)
            return await answer.text()

        assert asyncio.run(asyncio.wait_for(main(), LONG)) == "onetwo"

    def test_of_two_conversations_arrive_at_once(self, store: SessionStore) -> None:
        """Each waits for the other to have begun."""
        here, there = threading.Event(), threading.Event()

        class Meets(Talker):
            def stream(self, *args: object) -> Iterator[StreamEvent]:
                mine, other = (e for e in self.events if isinstance(e, threading.Event))
                mine.set()
                assert other.wait(LONG)
                yield Finished(reason="stop")

        async def main() -> list[Status]:
            first = Conversation(store, Meets(here, there)).aask("?")
            second = Conversation(store, Meets(there, here)).aask("?")
            return [message.status for message in await asyncio.gather(first, second)]

        assert asyncio.run(main()) == [Status.COMPLETE, Status.COMPLETE]

    @pytest.mark.parametrize("how", ["await", "async for"])
    def test_of_a_cancelled_task_is_stored_before_the_task_ends(
        self, store: SessionStore, how: str
    ) -> None:
        talker = stuck("one")
        conversation = Conversation(store, talker)
        seen = asyncio.Event()

        async def ask() -> None:
            answer = conversation.aask("?")
            assert await anext(answer) == "one"
            seen.set()
            if how == "await":
                await answer
            async for _ in answer:
                pass

        async def main() -> None:
            task = asyncio.create_task(ask())
            await seen.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert talker.stopped.is_set()
            assert stored(conversation)[1] == ("one", Status.INTERRUPTED)

        asyncio.run(asyncio.wait_for(main(), LONG))

    def test_is_stopped_by_a_time_out(self, store: SessionStore) -> None:
        conversation = Conversation(store, stuck("one"))

        async def main() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(conversation.aask("?").message(), 0.3)
            assert stored(conversation)[1][1] is Status.INTERRUPTED

        asyncio.run(main())

    def test_is_closed_by_its_block(self, store: SessionStore) -> None:
        conversation = Conversation(store, stuck("one"))

        async def main() -> None:
            async with conversation.aask("?") as answer:
                assert await anext(answer) == "one"
            assert (await answer).status is Status.INTERRUPTED

        asyncio.run(main())

    def test_raises_what_went_wrong(self, store: SessionStore) -> None:
        conversation = Conversation(store, Talker(TextDelta("half"), RateLimited("too many")))

        async def main() -> None:
            with pytest.raises(RateLimited):
                await conversation.aask("?")
            pieces = conversation.aask("?")
            assert await anext(pieces) == "half"
            with pytest.raises(RateLimited):
                await anext(pieces)

        asyncio.run(main())

    def test_whose_loop_has_ended_is_stopped(self, store: SessionStore) -> None:
        more = threading.Event()
        talker = Talker(TextDelta("one"), more, TextDelta("two"), threading.Event())
        conversation = Conversation(store, talker)

        async def main() -> None:
            assert await anext(conversation.aask("?")) == "one"

        asyncio.run(main())
        more.set()
        wait_until(lambda: stored(conversation)[1][1] is Status.INTERRUPTED)

    def test_needs_a_running_loop(self, store: SessionStore) -> None:
        with pytest.raises(RuntimeError, match="no running event loop"):
            Conversation(store, says("one")).aask("?")
