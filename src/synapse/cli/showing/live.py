"""An answer as it grows: finished blocks stay, the one that is being written is repainted."""

from __future__ import annotations

import time

from synapse.cli.showing.block_by_block import IMPORT_AFTER, Rendered
from synapse.terminal.cells import clip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import Session, StoredMessage
    from synapse.terminal.screen import Screen

_SAY_AFTER = 0.1
"""Seconds of silence after which the user is told what is waited for."""
_LOOK_EVERY = 0.25
"""Seconds between two looks at the terminal: its size, and whether it is ours."""


class Live(Rendered):
    """The answer as it grows, the block that is being written repainted.

    What is waited for stands in the row where the answer will begin.
    """

    mode = "live"

    def __init__(
        self,
        context: Context,
        session: Session | None,
        label: str,
        screen: Screen,
        *,
        thinking: bool,
    ) -> None:
        super().__init__(context, session, label, thinking=thinking)
        screen.hides_cursor = True
        self._screen = screen
        self._waits = not context.quiet
        self._since = self.began
        self._reasons = False
        self._status_shown = False
        self._waiting_shown = False
        """Whether what is waited for is a part of the status, beside what was typed ahead."""
        self._held: list[str] = []
        self._away = False

    def start(self) -> None:
        self.began = self._since = time.monotonic()

    def tick(self) -> float | None:
        return self._screen.paint(self._tick)

    def _tick(self) -> float | None:
        if self._away or self._screen.resized or self._screen.resumed:
            self._look_at_the_terminal()
        if self._away:
            return _LOOK_EVERY
        if self.painted is not None or (self.parser.ready and self._waits):
            status = self._status()
            self._status_shown = status != ""
            seconds = self.stream.status(status)
            return _LOOK_EVERY if seconds is None else min(seconds, _LOOK_EVERY)
        super().tick()
        return IMPORT_AFTER

    def _look_at_the_terminal(self) -> None:
        was_away, self._away = self._away, not self._screen.is_ours
        if self._away:
            return
        if was_away:
            self._screen.retake()
        if self.painted is not None and (self._screen.resumed or was_away):
            self.painted.forget()
        elif self.painted is not None:
            self.painted.resize()
        self._screen.resumed = self._screen.resized = False
        self._feed_held()

    def _feed_held(self) -> None:
        """What came while the program was in the background."""
        if self._held:
            held = "".join(self._held)
            self._held.clear()
            self.stream.feed(held)

    def _status(self) -> str:
        """What is waited for, and what has been typed ahead, in one row."""
        waiting = self._waiting_for()
        self._waiting_shown = waiting != ""
        shown = " · ".join(part for part in (waiting, self._screen.queued) if part)
        columns = self.context.stdout.width(self.context.environ)
        return clip(shown, columns - 1, self.context.glyphs().ellipsis)

    def _waiting_for(self) -> str:
        if not self._waits:
            return ""
        seconds = time.monotonic() - self._since
        if seconds < _SAY_AFTER and not self._reasons:
            return ""
        shown = f"  {int(seconds)} s" if seconds >= 1 else ""
        if self._reasons:
            return f"thinking…{shown[1:]}"
        return f"{self.label} …{shown}"

    def wait_for(self, label: str) -> None:
        self.label = label
        self._since = time.monotonic()

    def waiting_is_over(self) -> None:
        self._waits = False

    def reasoning(self, text: str) -> None:
        if self.thinking is not None:
            self._clear_status()
            self.thinking.show(text)
        elif not self._reasons or not self._waits:
            self._reasons = True
            self._waits = not self.context.quiet
            self._since = time.monotonic()

    def text(self, text: str) -> None:
        if self._away:
            self._held.append(text)
            return
        if self.thinking is not None:
            self.thinking.end()
        self._screen.paint(lambda: self._feed(text))

    def _feed(self, text: str) -> float | None:
        if not self._waiting_shown:
            return self.stream.feed(text)
        status = self._status()  # nothing is waited for any longer
        self._status_shown = status != ""
        self.stream.status(status)
        seconds = self.stream.feed(text)
        self.stream.flush()  # the first words don't wait for the next frame
        return seconds

    def remark(self, text: str) -> None:
        waits = self._waits
        self._clear_status()
        self._waits = waits
        self.context.stderr.write(f"{self.context.wrapped(text)}\n")

    def stop_waiting(self) -> None:
        self._clear_status()

    def leave_now(self) -> None:
        pass  # what is on the screen stays there

    def _clear_status(self) -> None:
        """Take the status away at once, so that something else can be written in its row."""
        self._waits = False
        if self.painted is not None and self._status_shown:
            self._status_shown = False
            self.painted.status("")
            self.painted.flush()

    def finish(self, answer: StoredMessage) -> None:
        self._waits = False
        if self._away:
            if self.painted is not None:
                self.painted.forget()
            self._away = False
        self._feed_held()
        self._screen.paint(lambda: self._close(answer))

    def _close(self, answer: StoredMessage) -> None:
        super().finish(answer)
