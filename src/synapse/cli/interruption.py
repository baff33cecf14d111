"""Ctrl-C, TERM and HUP while an answer comes in."""

from __future__ import annotations

import os
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any

    from synapse.cli.streams import Output
    from synapse.ports import Cancellation


class OutputStopped(BaseException):
    """The user stopped a write that was blocked: nobody read the pipe."""


_STATUSES = {"SIGINT": -signal.SIGINT, "SIGTERM": 143, "SIGHUP": 129}
"""Only SIGINT is died of, so that a shell's loop stops; the others' numbers suffice."""


_SAME_KEY_SECONDS = 0.1
"""Programs that start others pass on a Ctrl-C that the terminal has sent already: two that come
so close together are one.
"""


class Interruption:
    """While it is entered, the first signal cancels the answer, so that it is closed and saved;
    a second Ctrl-C ends the process at once.
    """

    def __init__(
        self, cancellation: Cancellation, output: Output, before_leaving: Callable[[], object]
    ) -> None:
        self._cancellation = cancellation
        self._output = output
        self._before_leaving = before_leaving
        self._previous: dict[signal.Signals, Any] = {}
        self._since = 0.0

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
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
        self._cancellation.cancel(signal.Signals(number).name)
        if self._output.writing and not (number == signal.SIGINT and self._output.is_terminal):
            # The write would be taken up again after this handler, for as long as nobody reads.
            # A terminal that was stopped (Ctrl-S) is set going by Ctrl-C itself.
            raise OutputStopped
