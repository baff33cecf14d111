"""Receiving an answer: shown, saved on a clock, closed.

The provider works in a thread of its own, and so does what saves, so that the caller's thread can
show, and hear signals, whatever the transport and the store do:

    provider's thread   stream() → events ──┐ queue
    caller's thread     begin ──── show ◄───┘── show … ──┐ ── close … told
    saver's thread                 checkpoint … renew … ◄┘── finish
"""

from __future__ import annotations

import time
from _queue import Empty, SimpleQueue
from _thread import start_new_thread

from synapse.app.saving import HEARING_SECONDS, PATIENCE_SECONDS, SaveOutcome, Saver
from synapse.domain import Status, StoredMessage, Usage, plausible_count
from synapse.errors import (
    AnswerCutShort,
    AnswerTooLong,
    StoreUnreachable,
    SynapseError,
)
from synapse.ports import Finished, ModelReport, TextDelta, UsageReport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from synapse.ports import Cancellation, ChatRequest, SessionStore, StreamEvent

    class Streams(Protocol):
        """What answers a request: a provider, or who asks one."""

        def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
            """See LlmProvider."""


_CHECKPOINT_SECONDS = 0.2
"""Age of the oldest unsaved text at which it is saved; the promise is 0.25."""
_NEVER = float("inf")
LARGEST_ANSWER = 64 << 20
"""Bytes of an answer, what the model thinks included, unless the caller says otherwise."""
_MANY_PIECES = 4096
_LONGEST_NAME = 1000
"""Characters of a model's name: some servers give the path of a file."""
_LONGEST_REASON = 200
_LONGEST_ERROR = 2000


class _End:
    """What the provider's thread puts into the queue last, with the error if there was one."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Text:
    """A text that grows by small pieces, using little more memory than its bytes."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._fresh: list[str] = []

    def append(self, piece: str) -> None:
        self._fresh.append(piece)
        if len(self._fresh) >= _MANY_PIECES:
            self._join()

    def _join(self) -> None:
        self._blocks.append("".join(self._fresh))
        self._fresh.clear()

    def take(self) -> str:
        """The whole text; it is not kept here any longer."""
        self._join()
        whole = "".join(self._blocks)
        self._blocks.clear()
        return whole


class Receiver:
    """Receives one answer: shows it, saves it, and closes it in the store."""

    def __init__(
        self,
        store: SessionStore | None,
        answer: StoredMessage,
        show: Callable[[StreamEvent], object],
        tick: Callable[[], float | None] | None,
        cancellation: Cancellation,
        spill_folder: str | None,
        max_bytes: int,
        with_cost: Callable[[StoredMessage], Usage] = lambda closed: closed.usage,
    ) -> None:
        self._max_bytes = max_bytes
        self._with_cost = with_cost
        self._store = store
        self._answer = answer
        self._show = show
        self._tick = tick
        self._tick_at = _NEVER
        self._cancellation = cancellation
        self._spill_folder = spill_folder
        self._queue: SimpleQueue[StreamEvent | _End | SaveOutcome | None] = SimpleQueue()
        self._content = _Text()
        self._reasoning = _Text()
        self._saver: Saver | None = None
        self._usage = Usage()
        self._model = answer.model
        self._finish_reason: str | None = None

    def show_first(self, event: StreamEvent) -> None:
        """Show this event before all others."""
        self._queue.put(event)

    def run(self, provider: Streams, request: ChatRequest) -> StoredMessage:
        """Receive the answer until it ends, fails, is cancelled or can't be shown. Returns it as it
        was stored.
        """
        started = time.monotonic()
        # put() of SimpleQueue is safe in a signal handler, which is where most cancels come from
        self._cancellation.on_cancel(lambda: self._queue.put(None))
        failure: BaseException | None = None
        unshown: BaseException | None = None
        try:
            if self._store is not None:
                self._saver = Saver(
                    self._store, self._answer.id, _CHECKPOINT_SECONDS, self._queue.put
                )
            start_new_thread(self._work, (provider, request))
            failure = self._receive()
            self._drain(self._show)
        except BaseException as error:
            unshown = error
            self._cancellation.cancel("what arrives can't be shown")
        self._drain()
        closed = self._closed(failure, int((time.monotonic() - started) * 1000))
        unshown = self._save(closed, unshown)
        if unshown is not None:
            if not isinstance(unshown, Exception):
                unshown.__dict__["answer"] = closed
            raise unshown
        if failure is not None and closed.status is Status.FAILED:
            if isinstance(failure, SynapseError):
                failure.answer = closed
            raise failure
        return closed

    def _work(self, provider: Streams, request: ChatRequest) -> None:
        error: BaseException | None = None
        size = 0
        try:
            for event in provider.stream(request, self._cancellation):
                checked = _checked(event)
                self._queue.put(checked)
                # here and not where it is shown: what waits to be shown takes memory, too
                size += _bytes_of(checked)
                if size > self._max_bytes:
                    error = _too_long(self._max_bytes)
                    break
        except BaseException as raised:  # it belongs to the caller's thread
            error = raised
        self._queue.put(_End(error))

    def _receive(self) -> BaseException | None:
        """Until the end of the stream or a cancel; the provider's error, if it raised one."""
        self._tick_now()
        while not self._cancellation:
            event = self._next()
            if isinstance(event, _End):
                return event.error or self._missing_end()
            if event is not None and not isinstance(event, SaveOutcome):
                self._take(event)
                self._show(event)
            self._tick_now()
        return None

    def _tick_now(self) -> None:
        if self._tick is not None:
            seconds = self._tick()
            self._tick_at = _NEVER if seconds is None else time.monotonic() + seconds

    def _missing_end(self) -> SynapseError | None:
        if self._finish_reason is not None or self._cancellation:
            return None
        return AnswerCutShort("the connection closed before the answer was complete")

    def _next(self, until: float = _NEVER) -> StreamEvent | _End | SaveOutcome | None:
        """The next event; None at `until`, when it is time to tick, or after a cancel."""
        wake_at = min(until, self._tick_at)
        while True:
            left = max(0.0, wake_at - time.monotonic())
            try:
                return self._queue.get(timeout=min(left, HEARING_SECONDS))
            except Empty:
                if left <= HEARING_SECONDS or self._cancellation:
                    return None

    def _take(self, event: StreamEvent) -> None:
        if isinstance(event, TextDelta):
            text = self._reasoning if event.reasoning else self._content
            text.append(event.text)
            if self._saver is not None:
                self._saver.add(event.text, reasoning=event.reasoning)
        elif isinstance(event, UsageReport):
            self._usage = _merged(self._usage, event.usage)
        elif isinstance(event, ModelReport):
            self._model = event.model
        elif isinstance(event, Finished):
            self._finish_reason = event.reason

    def _drain(self, show: Callable[[StreamEvent], object] = lambda event: None) -> None:
        """What has arrived is kept, also after a cancel, and shown as far as it can be: what is
        seen and what is stored is the same.
        """
        while True:
            try:
                event = self._queue.get_nowait()
            except Empty:
                return
            if event is not None and not isinstance(event, _End | SaveOutcome):
                self._take(event)
                show(event)  # in many small pieces, so that a second Ctrl-C is heard

    def _closed(self, failure: BaseException | None, elapsed_ms: int) -> StoredMessage:
        status, error = self._outcome(failure)
        closed = self._answer.replace(
            content=self._content.take(),
            reasoning=self._reasoning.take(),
            status=status,
            finish_reason=self._finish_reason,
            error=error,
            model=self._model,
            usage=self._usage,
            elapsed_ms=elapsed_ms,
        )
        if closed.usage.input_tokens is None or closed.usage.cost is not None:
            return closed
        return closed.replace(usage=self._with_cost(closed))

    def _outcome(self, failure: BaseException | None) -> tuple[Status, str | None]:
        if failure is None:
            complete = self._finish_reason is not None
            return (Status.COMPLETE if complete else Status.INTERRUPTED), None
        if self._cancellation:
            return Status.INTERRUPTED, None
        if isinstance(failure, SynapseError):
            return Status.FAILED, f"{failure.code()}: {failure.message}"[:_LONGEST_ERROR]
        return Status.FAILED, f"internal: {type(failure).__name__}"

    def _save(self, closed: StoredMessage, unshown: BaseException | None) -> BaseException | None:
        """Have the answer closed in the store; what could not be shown until then.

        Whatever goes wrong here: what was shown is kept, and the error says where.
        """
        if self._store is None:
            return unshown
        if self._saver is None:  # no thread could be started
            self._saver = Saver(self._store, closed.id, _CHECKPOINT_SECONDS, self._queue.put)
        self._saver.close(closed)
        saved: SaveOutcome | None = None
        while saved is None:
            try:
                saved = self._wait_until_saved(ticking=unshown is None)
            except BaseException as error:
                unshown = unshown or error
                self._cancellation.cancel("what arrives can't be shown")
        if saved.error is not None:
            self._spill(closed, self._store.location, saved.error)
        return unshown

    def _wait_until_saved(self, *, ticking: bool) -> SaveOutcome:
        """The saver's word; its stand-in, if the user wants to stop and the store takes too long.

        The screen goes on, for what has come last may not have been painted yet.
        """
        if not ticking:
            self._tick_at = _NEVER
        until = _NEVER
        while True:
            now = time.monotonic()
            if self._cancellation and until == _NEVER:
                until = now + PATIENCE_SECONDS
            if now >= until:
                assert self._saver is not None
                self._saver.give_up()
                return SaveOutcome(StoreUnreachable("the store did not answer in time"))
            event = self._next(until)
            if isinstance(event, SaveOutcome):
                return event
            if ticking and time.monotonic() >= self._tick_at:
                self._tick_now()

    def _spill(self, closed: StoredMessage, location: str, error: BaseException) -> None:
        from synapse.app.spill import spill_answer  # only after a fault

        spill = spill_answer(closed, location, self._spill_folder, error)
        spill.answer = closed
        if not isinstance(error, Exception):  # somebody wants the program to end
            raise error
        raise spill from error


def _bytes_of(event: StreamEvent) -> int:
    """Of text, in UTF-8."""
    if not isinstance(event, TextDelta):
        return 0
    return len(event.text) if event.text.isascii() else len(event.text.encode("utf-8", "replace"))


def _too_long(limit: int) -> AnswerTooLong:
    return AnswerTooLong(
        f"the answer has more than {limit:,} bytes and was broken off",
        "What arrived is kept. Allow more:  SYNAPSE_OUTPUT_MAX_BYTES=N  (or output.max_bytes)",
    )


def _checked(event: StreamEvent) -> StreamEvent:
    """The event as it may be shown and stored. Here passes everything that a server sends."""
    if isinstance(event, TextDelta):
        if "\0" in event.text:  # no store can hold it: what is seen is what is kept
            return TextDelta(event.text.replace("\0", "\ufffd"), reasoning=event.reasoning)
    elif isinstance(event, UsageReport):
        return UsageReport(usage=checked_usage(event.usage))
    elif isinstance(event, ModelReport):
        return ModelReport(model=_label(event.model, _LONGEST_NAME))
    elif isinstance(event, Finished):
        return Finished(reason=_label(event.reason, _LONGEST_REASON))
    return event


def checked_usage(usage: Usage) -> Usage:
    """The counts that can be: nobody reads more from a cache than was sent, or thinks more than
    was received.
    """
    sent, received = plausible_count(usage.input_tokens), plausible_count(usage.output_tokens)
    cost = plausible_count(usage.cost)
    return Usage(
        input_tokens=sent,
        output_tokens=received,
        cached_tokens=_part(usage.cached_tokens, sent),
        cache_write_tokens=_part(usage.cache_write_tokens, sent),
        reasoning_tokens=_part(usage.reasoning_tokens, received),
        cost=cost,
        cost_source=None if cost is None else "provider",
    )


def _part(number: object, whole: int | None) -> int | None:
    part = plausible_count(number)
    return None if part is not None and whole is not None and part > whole else part


def _label(text: str, longest: int) -> str:
    """`text` on one line and of a bounded length; what is no character to look at is U+FFFD."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _merged(earlier: Usage, later: Usage) -> Usage:
    """Counts are cumulative: what the later report names replaces what was known."""
    if earlier == Usage():  # most tell them once
        return later
    told = {name: value for name, value in later.__dict__.items() if value is not None}
    return checked_usage(earlier.replace(**told))
