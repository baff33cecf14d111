"""An answer that is received and saved in a thread of its own, while the caller reads it.

`app.conversation.reply` blocks and calls `show` for each event, but a program would rather iterate.
So `reply` runs in a thread, and its events go through a queue. However slowly the answer is read,
it is received and saved as fast as it arrives.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from synapse.ports import Cancellation, TextDelta

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator
    from types import TracebackType
    from typing import Any, Self

    from synapse.domain import StoredMessage
    from synapse.ports import StreamEvent

    Show = Callable[[StreamEvent], object]
    Receive = Callable[[Show, Cancellation], StoredMessage]
    """Takes the turn, shows its events, returns the answer as it was stored; may be cancelled."""


class AnswerThread:
    """The state shared by the thread that receives an answer and its reader. It does not refer to
    the reader, so that a reader that was dropped can be noticed.
    """

    def __init__(self, receive: Receive, show: Show, ended: Callable[[], object]) -> None:
        self._receive = receive
        self._show = show
        self._ended = ended
        self._message: StoredMessage | None = None
        self._error: BaseException | None = None
        self.cancellation = Cancellation()
        self.done = threading.Event()

    def start(self) -> None:
        """Start receiving."""
        _running.add(self)
        threading.Thread(target=self._run, name="synapse-answer", daemon=True).start()

    def outcome(self) -> StoredMessage:
        """The answer as it was stored; raises what `reply` raised. Only once `done` is set."""
        if self._error is not None:
            raise self._error
        assert self._message is not None
        return self._message

    def kept(self) -> object:
        """What is stored of the answer, however it ended; None if the turn was never begun."""
        return getattr(self._error, "answer", self._message)

    def _run(self) -> None:
        try:
            self._message = self._receive(self._show, self.cancellation)
        except BaseException as error:  # it belongs to the reader
            self._error = error
        _running.discard(self)
        self.done.set()
        self._ended()


_running: set[AnswerThread] = set()


@atexit.register
def _stop_all() -> None:
    """When the program ends, nobody waits any longer; what has come is to be stored."""
    for thread in list(_running):
        thread.cancellation.cancel("the program ends")
        thread.done.wait()


class Answer:
    """One answer: an iterator of its text while it arrives, or the whole of it in one call.

    It begins to arrive when it is asked for, and is saved whether or not it is read. The errors
    of `synapse.reply` are raised by whatever reads it. `close`, leaving its `with` block, Ctrl-C
    while it is waited for, forgetting it half-read and the end of the program stop it: what has
    come is stored as INTERRUPTED.
    """

    _begun = False
    _ended = False

    def __init__(self, receive: Receive) -> None:
        self._events: SimpleQueue[StreamEvent | None] = SimpleQueue()
        events = self._events
        self._thread = AnswerThread(receive, events.put, lambda: events.put(None))
        self._thread.start()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        while (event := self._next()) is not None:
            if isinstance(event, TextDelta) and event.text and not event.reasoning:
                return event.text
        raise StopIteration

    def events(self) -> Iterator[StreamEvent]:
        """Everything that arrives: text, what the model thinks (`TextDelta.reasoning`), counts of
        tokens, retries. Takes from the same stream as iterating does.
        """
        while (event := self._next()) is not None:
            yield event

    def message(self) -> StoredMessage:
        """The whole answer as it was stored, with its status and figures; waits for its end. Of
        one that was closed: what had come.
        """
        self._wait(self._thread.done.wait)
        self._ended = True
        return self._thread.outcome()

    def text(self) -> str:
        """The whole text of the answer; waits for its end."""
        return self.message().content

    def __str__(self) -> str:
        return self.text()

    def close(self) -> None:
        """Stop the answer if it is still arriving, and wait until what has come is stored. A
        second call does nothing. Raises nothing of what went wrong before: `message` does.
        """
        self._ended = True
        self._thread.cancellation.cancel("closed")
        self._thread.done.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if self._begun and not self._ended:
            self._thread.cancellation.cancel("forgotten")

    def _next(self) -> StreamEvent | None:
        """The next event; None at the end. Raises what ended the answer, once."""
        if self._ended:
            return None
        self._begun = True
        event: StreamEvent | None = self._wait(self._events.get)
        if event is None:
            self._ended = True
            self._thread.outcome()
        return event

    def _wait(self, wait: Callable[[], Any]) -> Any:
        try:
            return wait()
        except BaseException as error:  # Ctrl-C
            self.close()
            error.__dict__["answer"] = self._thread.kept()
            raise


class AsyncAnswer:
    """As `Answer`, for a program that runs on asyncio: `async for` gives its text while it arrives,
    `await` the whole StoredMessage.

    Cancelling the task that waits for it stops it; what has come is stored as INTERRUPTED before
    the CancelledError goes on.
    """

    _begun = False
    _ended = False

    def __init__(self, receive: Receive) -> None:
        loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[StreamEvent | None] = asyncio.Queue()
        self._done = asyncio.Event()
        put, done = self._events.put_nowait, self._done.set

        def ended() -> None:
            try:
                loop.call_soon_threadsafe(done)
                loop.call_soon_threadsafe(put, None)
            except RuntimeError:
                pass  # the loop is closed: nobody waits any longer

        # Of a loop that is closed it raises, and so ends the answer.
        self._thread = AnswerThread(receive, lambda e: loop.call_soon_threadsafe(put, e), ended)
        self._thread.start()

    def __await__(self) -> Generator[Any, None, StoredMessage]:
        return self.message().__await__()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while (event := await self._next()) is not None:
            if isinstance(event, TextDelta) and event.text and not event.reasoning:
                return event.text
        raise StopAsyncIteration

    async def events(self) -> AsyncIterator[StreamEvent]:
        """As `Answer.events`."""
        while (event := await self._next()) is not None:
            yield event

    async def message(self) -> StoredMessage:
        """As `Answer.message`."""
        self._begun = True
        try:
            await self._done.wait()
        except asyncio.CancelledError:
            await self.aclose()
            raise
        self._ended = True
        return self._thread.outcome()

    async def text(self) -> str:
        """As `Answer.text`."""
        return (await self.message()).content

    async def aclose(self) -> None:
        """As `Answer.close`."""
        self._ended = True
        self._thread.cancellation.cancel("closed")
        await self._done.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if self._begun and not self._ended:
            self._thread.cancellation.cancel("forgotten")

    async def _next(self) -> StreamEvent | None:
        if self._ended:
            return None
        self._begun = True
        try:
            event = await self._events.get()
        except asyncio.CancelledError:
            await self.aclose()
            raise
        if event is None:
            self._ended = True
            self._thread.outcome()
        return event
