"""Ctrl-C, TERM and HUP while an answer comes in."""

from __future__ import annotations

import os
import time

from synapse.light.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any

    from synapse.ports import Cancellation
    from synapse.terminal.streams import Output


class OutputStopped(BaseException):
    """A write that was blocked has been abandoned: the user wants to leave, and nobody reads.

    Raised in `Output.write_bytes`, wherever that was called.
    """


_NAMES: dict[int, str] = {
    signal.SIGINT: "SIGINT",
    signal.SIGTERM: "SIGTERM",
    signal.SIGHUP: "SIGHUP",
}
_STATUSES = {"SIGINT": -signal.SIGINT, "SIGTERM": 143, "SIGHUP": 129}
"""Only SIGINT is died of, so that a shell's loop stops; the others' numbers suffice."""


_SAME_KEY_SECONDS = 0.1
"""Programs that start others pass on a Ctrl-C that the terminal has sent already: two that come
so close together are one.
"""


_STUCK_SECONDS = 0.2
"""For which nobody has made room for a write before it is abandoned, once the user wants to leave:
who reads slowly still reads.
"""


class Interruption:
    """While it is entered, the first signal cancels the answer, so that it is closed and saved;
    a second Ctrl-C ends the process at once.

    The handler only notes the signal: nothing is raised where nobody waits for it. A write goes
    on, except one in which nothing moves any more.
    """

    def __init__(
        self,
        cancellation: Cancellation,
        outputs: tuple[Output, ...],
        before_leaving: Callable[[], object],
    ) -> None:
        self._cancellation = cancellation
        self._outputs = outputs
        self._before_leaving = before_leaving
        self._previous: dict[int, Any] = {}
        self._since = 0.0
        self._stuck_at: list[int] | None = None
        """How much had been written when a write was found blocked; None if none was."""

    @property
    def status(self) -> int | None:
        """The exit status of the signal that came; None if none did."""
        reason = self._cancellation.reason
        return _STATUSES.get(reason) if isinstance(reason, str) else None

    def __enter__(self) -> Interruption:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Whoever started us with a signal ignored (nohup, a background job) means it.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._handle)
        self._previous[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._look_at_writes)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if number == signal.SIGINT and self.status is not None:
            if now - self._since < _SAME_KEY_SECONDS:
                return
            self._before_leaving()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
            return
        self._since = now
        self._cancellation.cancel(_NAMES[number])
        # A terminal that was stopped (Ctrl-S) is set going by Ctrl-C itself.
        if number != signal.SIGINT or not self._outputs[0].is_terminal:
            signal.setitimer(signal.ITIMER_REAL, _STUCK_SECONDS, _STUCK_SECONDS)

    def _look_at_writes(self, number: int, frame: FrameType | None) -> None:
        """Every while from the first signal on: abandon a write that is where it was."""
        if not any(output.is_stuck for output in self._outputs):
            self._stuck_at = None
            return
        written = [output.written for output in self._outputs]
        if written == self._stuck_at:
            raise OutputStopped
        self._stuck_at = written
