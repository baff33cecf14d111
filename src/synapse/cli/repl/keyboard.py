"""Lines from the keyboard: the editor at the prompt, and a plain one for terminals without."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

from synapse.terminal.unfinished import is_unfinished

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from synapse.cli.context import Context

    News = Callable[[], str | None]

    class Keyboard(Protocol):
        """Where the next input comes from."""

        can_edit: bool
        """Whether what stands at the prompt can be changed there, and an editor be opened."""

        def read(
            self, default: str = "", *, in_editor: bool = False, updates: News | None = None
        ) -> str:
            """What the user sends; `default` stands there to be edited, at once in the user's
            editor if `in_editor`. `updates` is asked again and again what is to be shown above.
            Raises EOFError when there is no more, Ended after TERM or HUP.
            """


UPDATE_SECONDS = 0.5
"""Between two looks at what another terminal has done."""


class EndedBySignal(Exception):
    """A signal ended the program while it waited for a key; `status` is the exit status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


TWICE_SECONDS = 2.0
"""Within which a second Ctrl-C quits."""


def _wait_for(descriptor: int, seconds: float | None) -> bool:
    """Wait until there is something to read, or the seconds are over; whether there is. A signal
    that comes just before the wait ends it too; a mere `read` would not hear of that one until the
    next key.
    """
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    previous = signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    try:
        while True:
            ready = select.select([descriptor, woken], [], [], seconds)[0]
            if woken not in ready:
                return bool(ready)
            os.read(woken, 1)
            if descriptor in ready:
                return True
    finally:
        signal.set_wakeup_fd(previous)
        os.close(woken)
        os.close(wakes)


class PlainKeyboard:
    """Line by line, as the terminal edits them: for screen readers and terminals on which the
    cursor can't be moved.
    """

    can_edit = False

    def __init__(self, context: Context) -> None:
        self._context = context
        self._interrupted_at = float("-inf")
        self._news: News | None = None

    def read(
        self, default: str = "", *, in_editor: bool = False, updates: News | None = None
    ) -> str:
        """See Keyboard. What stands there to be edited is only shown."""
        self._news = updates
        if default:
            self._context.say("This terminal can't edit it. It was:")
            self._context.stdout.show(f"{default}\n")
        text = self._line("You: ")
        while is_unfinished(text):
            text = text.removesuffix("\\") + "\n" + self._line("... ")
        return text

    def _line(self, prompt: str) -> str:
        try:
            self._context.stdout.write(prompt)
            return self._read_line(prompt)
        except KeyboardInterrupt:
            self._context.stdout.write("\n")
            self._tell_how_to_quit()
            raise

    def _read_line(self, prompt: str) -> str:
        data = b""
        while not data.endswith(b"\n"):
            seconds = None if self._news is None else UPDATE_SECONDS
            while not _wait_for(self._context.streams.stdin, seconds):
                updates = self._news() if self._news is not None else None
                if updates:
                    self._context.stdout.write(f"\n{updates}{prompt}")
            piece = os.read(self._context.streams.stdin, 4096)
            if not piece:
                self._context.stdout.write("\n")
                raise EOFError
            data += piece
        return data.decode("utf-8", "replace").rstrip("\r\n")

    def _tell_how_to_quit(self) -> None:
        now = time.monotonic()
        if now - self._interrupted_at < TWICE_SECONDS:
            raise EOFError
        self._interrupted_at = now
        self._context.say("Ctrl-D or Ctrl-C again to quit")
