"""The line that shows that something is under way until the first token comes.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import time
from _thread import allocate_lock, start_new_thread

from synapse.terminal import style
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context

_ERASE = "\r\x1b[K"


class WaitingLine:
    """One dim line on standard error, `gpt-5-mini …  3 s`, that ticks once a second and leaves
    no trace. Nothing at all where there is no terminal, or one that can't erase.
    """

    def __init__(self, context: Context, label: str) -> None:
        self._context = context
        self._stderr = context.stderr
        self._label = label
        # Where the answer goes into a pipe, a quick one needs no line at all.
        self._delay = 0.08 if context.stdout.is_terminal else 1.0
        self._over = not self._is_possible()
        self._shown = False
        self._lock = allocate_lock()
        self._wake = allocate_lock()

    def _is_possible(self) -> bool:
        return (
            self._stderr.is_terminal
            and not self._context.quiet
            and style.moves_cursor(self._context.environ.get("TERM"))
            and not self._context.settings.ui.accessible
        )

    def start(self) -> None:
        """Begin to wait."""
        if not self._over:
            self._wake.acquire()
            start_new_thread(self._tick, (time.monotonic(),))

    def relabel(self, label: str) -> None:
        """Wait for something else from now on."""
        self._label = label

    def stop(self) -> None:
        """Erase the line; it does not come back."""
        if self._over:
            return
        with self._lock:
            self._over = True
            if self._shown:
                self._shown = False
                self._stderr.write(_ERASE)
        self._wake.release()

    def erase_now(self) -> None:
        """As `stop`, from a signal handler that is about to end the process."""
        if self._shown:
            self._stderr.write(_ERASE)

    def interrupt(self, text: str) -> None:
        """Put a line of text above the waiting line."""
        with self._lock:
            erased = _ERASE if self._shown else ""
            self._stderr.write(f"{erased}{self._context.wrapped(text)}\n")
            self._shown = False

    def _tick(self, started: float) -> None:
        delay = self._delay
        while not self._wake.acquire(timeout=delay):
            with self._lock:
                if self._over:
                    return
                self._draw(int(time.monotonic() - started))
            delay = 1.0

    def _draw(self, seconds: int) -> None:
        from synapse.terminal.cells import clip_to_max_width

        text = f"{clean_line(self._label)} …" + (f"  {seconds} s" if seconds else "")
        text = clip_to_max_width(text, self._stderr.width(self._context.environ) - 1)
        dim = style.style(self._context.color_level(of_stderr=True), style.DIM)
        if not self._stderr.has_room():  # who stops the program must not have to wait for us
            return
        try:
            self._stderr.write(_ERASE + style.paint(dim, text))
        except Exception:  # the terminal is gone; whoever writes next will say so
            self._over = True
            return
        self._shown = True
