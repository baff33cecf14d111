"""The terminal while an answer comes in: what is typed is not echoed, the cursor is not shown.

Otherwise typed keys, and the `^C` that stops the answer, would land in its text. Whatever way the
program ends or is suspended, the terminal gets back what it had.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse.light.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any

    from synapse.terminal.streams import Output
    from synapse.terminal.typed_ahead import TypedAhead

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_LOCAL_MODES = 3  # where the list that tcgetattr returns has ECHO
_COLLECT_EVERY = 0.25
"""Seconds between two looks at the keyboard."""


class Screen:
    """While it is entered, the terminal behind `output` belongs to the answer.

    A program in the background leaves the terminal alone: it belongs to somebody else. On what
    is no terminal, or another than the one that controls the program, nothing is done.
    """

    def __init__(self, output: Output, typed_ahead: TypedAhead | None = None) -> None:
        """`typed_ahead` keeps what is typed meanwhile; without one it is left to the terminal."""
        self._output = output
        self._typed_ahead = typed_ahead
        self.hides_cursor = False
        """Set by whoever repaints: the cursor would be seen jumping."""
        self._previous: dict[int, Any] = {}
        self._modes: list[Any] | None = None
        self._taken = False
        self._painting = False
        self._suspended = False
        self.resized = False
        """The size has changed since this was last set to False."""
        self.resumed = False
        """The program was stopped and goes on, since this was last set to False."""

    def __enter__(self) -> Screen:
        if self._output.is_terminal and _has_controlling_terminal(self._output.descriptor):
            self._handle(signal.SIGTSTP, self._on_suspend)
            self._handle(signal.SIGCONT, self._on_resume)
            self._handle(signal.SIGWINCH, self._on_resize)
            self._handle(signal.SIGQUIT, self._on_quit)
            self._take()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.give_back()
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous.clear()

    @property
    def is_ours(self) -> bool:
        """False while the program is in the background of this terminal."""
        return not self._previous or _is_foreground(self._output.descriptor)

    def paint(self, paint: Callable[[], float | None]) -> float | None:
        """Call `paint`, which writes; a Ctrl-Z waits until it has."""
        self._painting = True
        try:
            return paint()
        finally:
            self._painting = False
            if self._suspended:
                self._suspend()

    @property
    def queued(self) -> str:
        """What has been typed ahead, in a line; "" if nothing has."""
        return self._typed_ahead.shown() if self._typed_ahead is not None else ""

    def with_keys(self, tick: Callable[[], float | None]) -> Callable[[], float | None]:
        """`tick`, called often enough for no key to be lost."""
        if self._typed_ahead is None:
            return tick

        def collecting() -> float:
            self._collect()
            seconds = tick()
            return _COLLECT_EVERY if seconds is None else min(seconds, _COLLECT_EVERY)

        return collecting

    def _collect(self) -> None:
        if self._typed_ahead is not None and self._taken and self.is_ours:
            self._typed_ahead.collect()

    def give_back(self) -> None:
        """Restore the terminal; from a signal handler, too. Taken again only by `retake`."""
        if not self._taken:
            return
        self._collect()  # what is left would be typed into the shell
        self._taken = False
        if self._modes is not None and _is_foreground(self._output.descriptor):
            self._set_modes(self._modes)
            self._write(_SHOW)
            self._mark_pastes(False)

    def retake(self) -> None:
        """Take the terminal again, if the program has come to the foreground."""
        if self._previous and not self._taken:
            self._take()

    def _take(self) -> None:
        import termios  # few runs change the terminal

        if not _is_foreground(self._output.descriptor):
            return
        try:
            self._modes = termios.tcgetattr(self._output.descriptor)
        except termios.error:
            return
        self._taken = True
        self._silence(self._modes)

    def _silence(self, modes: list[Any]) -> None:
        import termios  # few runs change the terminal

        if self._typed_ahead is not None:
            from synapse.terminal.typed_ahead import key_by_key

            silent = key_by_key(modes)
        else:
            silent = [*modes]
            silent[_LOCAL_MODES] &= ~termios.ECHO
        self._set_modes(silent)
        self._write(_HIDE)
        self._mark_pastes(True)

    def _mark_pastes(self, marked: bool) -> None:
        """Whether the terminal tells what is pasted from what is typed: an Enter in it is none."""
        if self._typed_ahead is None:
            return
        from synapse.terminal.typed_ahead import BRACKETED_PASTE, NO_BRACKETED_PASTE

        self._write_now(BRACKETED_PASTE if marked else NO_BRACKETED_PASTE)

    def _set_modes(self, modes: list[Any]) -> None:
        import termios  # few runs change the terminal

        try:
            termios.tcsetattr(self._output.descriptor, termios.TCSANOW, modes)
        except termios.error:
            pass  # the terminal is gone

    def _write(self, sequence: str) -> None:
        if self.hides_cursor:
            self._write_now(sequence)

    def _write_now(self, sequence: str) -> None:
        try:
            if self._output.has_room():  # a terminal that takes nothing must not hold us
                self._output.write(sequence)
        except Exception:  # the terminal is gone; whoever writes next will say so
            pass

    def _handle(self, number: int, handler: Callable[[int, FrameType | None], None]) -> None:
        # Whoever started us with a signal ignored means it.
        if signal.getsignal(number) is not signal.SIG_IGN:
            self._previous[number] = signal.signal(number, handler)

    def _on_resize(self, number: int, frame: FrameType | None) -> None:
        self.resized = True

    def _on_suspend(self, number: int, frame: FrameType | None) -> None:
        if self._painting:
            self._suspended = True
        else:
            self._suspend()

    def _suspend(self) -> None:
        self._suspended = False
        self.give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        # Here the process stops, and from here it goes on.
        signal.signal(signal.SIGTSTP, self._on_suspend)
        self._on_resume(signal.SIGCONT, None)

    def _on_resume(self, number: int, frame: FrameType | None) -> None:
        self.resumed = True
        if not self._taken:
            self._take()
        elif self._modes is not None and _is_foreground(self._output.descriptor):
            self._silence(self._modes)  # SIGSTOP gave no chance to give anything back

    def _on_quit(self, number: int, frame: FrameType | None) -> None:
        self.give_back()
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGQUIT)


def _has_controlling_terminal(descriptor: int) -> bool:
    try:
        os.tcgetpgrp(descriptor)
    except OSError:
        return False
    return True


def _is_foreground(descriptor: int) -> bool:
    # Setting modes from the background would stop the program (SIGTTOU).
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False
