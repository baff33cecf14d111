"""Saving a turn in threads of its own: whatever the store waits for, neither the screen nor a
signal waits with it.

    caller's thread   begin … ── add ── add ──┐ queue              ┌──► told
    saver's thread                            └► checkpoint ── renew ── finish
"""

from __future__ import annotations

import time
from _queue import Empty, SimpleQueue
from _thread import allocate_lock, start_new_thread

from synapse.domain import Status, StoredMessage
from synapse.errors import DatabaseLocked, StorageError, StoreUnreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from synapse.ports import Cancellation, SessionStore

    BegunTurn: TypeAlias = tuple[StoredMessage | None, StoredMessage]

PATIENCE_SECONDS = 1.0
"""For which a store is waited for once the user wants to stop."""
HEARING_SECONDS = 0.1
"""For which the caller's thread waits at a time: a signal may reach another thread, which notes it
and does not wake this one.
"""
_RENEW_SECONDS = 4.0
"""Between two renewals of the lease: a few fit into one."""
_RETRY_SECONDS = 0.05
"""Pause after a try that found the store busy or unreachable."""
_UNREACHABLE_SECONDS = 5.0
"""For which a store that can't be reached is tried anew when the answer is closed."""
_MOST_UNSAVED = 1 << 20
"""Characters that are saved at once, whatever the clock says: what waits takes memory."""
_NEVER = float("inf")


class SaveOutcome:
    """Sent when the answer has been closed, with the error if it could not be."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Saver:
    """Saves an answer while it arrives: checkpoints text, renews the lease, and closes the answer.

    Text is saved when the oldest unsaved piece is `seconds` old. When all is done, `tell` is called
    in the saver's thread.
    """

    def __init__(
        self,
        store: SessionStore,
        answer_id: str,
        seconds: float,
        tell: Callable[[SaveOutcome], object],
    ) -> None:
        self._store = store
        self._answer_id = answer_id
        self._seconds = seconds
        self._tell = tell
        self._queue: SimpleQueue[tuple[str, bool, float] | StoredMessage] = SimpleQueue()
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._unsaved = 0
        self._refused = False
        self._save_at = _NEVER
        self._renew_at = time.monotonic() + _RENEW_SECONDS
        self._checkpoints = True
        self._given_up = False
        start_new_thread(self._work, ())

    def add(self, text: str, *, reasoning: bool) -> None:
        """Save this text, which has been shown or is about to be."""
        self._queue.put((text, reasoning, time.monotonic()))

    def close(self, answer: StoredMessage) -> None:
        """Close the answer, as nothing more will come, and call `tell`."""
        self._queue.put(answer)

    def give_up(self) -> None:
        """Stop trying: nobody waits for the end any longer."""
        self._given_up = True

    def _work(self) -> None:
        error: BaseException | None = None
        try:
            self._finish(self._until_closed())
        except BaseException as raised:  # it belongs to the caller's thread
            error = raised
        self._tell(SaveOutcome(error))

    def _until_closed(self) -> StoredMessage:
        while True:
            wake_at = min(self._save_at, self._renew_at)
            try:
                item = self._queue.get(timeout=max(0.0, wake_at - time.monotonic()))
                while True:  # all that came while the store was busy
                    if isinstance(item, StoredMessage):
                        self._stop_saving()
                        return item
                    self._take(*item)
                    if self._is_much:
                        break
                    item = self._queue.get_nowait()
            except Empty:
                pass
            now = time.monotonic()
            if now >= self._save_at or self._is_much:
                self._checkpoint()
            if now >= self._renew_at:
                self._renew_lease()

    @property
    def _is_much(self) -> bool:
        """Whether to save before it is time; not if the store would not have it a moment ago: the
        end of the answer must not wait behind all that has come.
        """
        return self._unsaved > _MOST_UNSAVED and not self._refused

    def _take(self, text: str, reasoning: bool, shown_at: float) -> None:
        if self._checkpoints:
            (self._reasoning if reasoning else self._content).append(text)
            self._unsaved += len(text)
            if not self._refused:
                self._save_at = min(self._save_at, shown_at + self._seconds)

    def _checkpoint(self) -> None:
        content, reasoning = "".join(self._content), "".join(self._reasoning)
        self._content, self._reasoning = [content], [reasoning]
        try:
            self._store.checkpoint(self._answer_id, content, reasoning)
        except (DatabaseLocked, StoreUnreachable):
            self._refused = True
            self._save_at = time.monotonic() + _RETRY_SECONDS
        except Exception:
            self._stop_saving()
        else:
            self._forget()

    def _forget(self) -> None:
        self._content, self._reasoning = [], []
        self._unsaved, self._refused = 0, False
        self._save_at = _NEVER

    def _stop_saving(self) -> None:
        """The answer goes on to the screen; closing it will tell, and save all of it."""
        self._checkpoints = False
        self._forget()

    def _renew_lease(self) -> None:
        self._renew_at = time.monotonic() + _RENEW_SECONDS
        try:
            if not self._store.renew_lease(self._answer_id):
                self._stop_saving()
        except (DatabaseLocked, StoreUnreachable):
            self._renew_at = time.monotonic() + _RETRY_SECONDS
        except Exception:
            pass  # as long as others believe the lease, it holds

    def _finish(self, answer: StoredMessage) -> None:
        until = time.monotonic() + _UNREACHABLE_SECONDS
        while True:
            try:
                self._store.finish_turn(answer)
                return
            except StoreUnreachable:
                if self._given_up or time.monotonic() >= until:
                    raise
            time.sleep(_RETRY_SECONDS)


def begin_turn_in_thread(
    store: SessionStore, begin: Callable[[], BegunTurn], cancellation: Cancellation
) -> BegunTurn:
    """Call `begin` in a thread of its own, and return its result.

    Raises what `begin` raises. Raises StoreUnreachable if the user wants to stop and the store has
    still not answered a second later; if the turn begins after all, it is closed as INTERRUPTED at
    once.
    """
    return _TurnStart(store, cancellation).run(begin)


class _TurnStart:
    def __init__(self, store: SessionStore, cancellation: Cancellation) -> None:
        self._store = store
        self._cancellation = cancellation
        self._told: SimpleQueue[BegunTurn | BaseException | None] = SimpleQueue()
        self._lock = allocate_lock()
        self._given_up = False

    def run(self, begin: Callable[[], BegunTurn]) -> BegunTurn:
        start_new_thread(self._work, (begin,))
        self._cancellation.on_cancel(lambda: self._told.put(None))
        outcome: BegunTurn | BaseException | None = None
        try:
            outcome = self._wait()
        finally:
            if outcome is None:
                outcome = self._give_up()
        if isinstance(outcome, BaseException):
            raise outcome
        if outcome is None:
            raise StoreUnreachable("the store did not answer in time", "Nothing was sent.")
        return outcome

    def _work(self, begin: Callable[[], BegunTurn]) -> None:
        try:
            outcome: BegunTurn | BaseException = begin()
        except BaseException as error:  # it belongs to the caller's thread
            outcome = error
        with self._lock:
            if not self._given_up:
                self._told.put(outcome)
                return
        self._undo(outcome)

    def _wait(self) -> BegunTurn | BaseException | None:
        """What came of it; None if it takes too long."""
        until = _NEVER
        while time.monotonic() < until:
            try:
                outcome = self._told.get(timeout=HEARING_SECONDS)
            except Empty:
                continue
            if outcome is not None:
                return outcome
            until = time.monotonic() + PATIENCE_SECONDS
        return None

    def _give_up(self) -> BegunTurn | BaseException | None:
        """What has come of it at the last moment."""
        with self._lock:
            self._given_up = True
        while not self._told.empty():
            outcome = self._told.get_nowait()
            if outcome is not None:
                return outcome
        return None

    def _undo(self, outcome: BegunTurn | BaseException) -> None:
        if isinstance(outcome, BaseException):
            return
        try:
            self._store.finish_turn(outcome[1].replace(status=Status.INTERRUPTED))
        except StorageError:
            pass  # with this process, its owner will be gone
