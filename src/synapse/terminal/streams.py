"""The three standard streams as file descriptors, each judged by its own terminal.

Descriptors instead of `sys.stdout`: what was written is written, so an exit that skips the
interpreter's finalisation loses nothing, and a pipe gets exactly the bytes that it was given.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import errno
import os
from _thread import get_ident

from synapse.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class TerminalGone(BrokenPipeError):
    """The window was closed."""


class Output:
    """A stream that the program writes to. Nothing is buffered.

    Raises BrokenPipeError when nobody reads any longer (of a terminal: TerminalGone),
    StorageError when the bytes find no room (`> file` on a full disk).
    """

    __slots__ = ("_writer", "descriptor", "is_terminal", "label", "written")

    def __init__(self, descriptor: int, label: str) -> None:
        self.descriptor = descriptor
        self.label = label
        self.is_terminal = os.isatty(descriptor)
        self.written = 0
        """Bytes, in all."""
        self._writer: int | None = None

    def write(self, text: str) -> None:
        """Write text of our own making, as UTF-8."""
        if text:
            self.write_bytes(encoded(text))

    def show(self, text: str) -> None:
        """Write text for people that came from elsewhere, harmless: what is read through `head`
        or `grep` ends on a terminal, too.
        """
        from synapse.terminal.safe import clean

        self.write(clean(text))

    def show_exactly(self, text: str) -> None:
        """Write the text itself, a message or a path: exact in a pipe, harmless on a terminal."""
        self.write(self.exact(text))

    def exact(self, text: str) -> str:
        """The text itself as it may stand on this stream."""
        if not self.is_terminal:
            return text
        from synapse.terminal.safe import clean

        return clean(text)

    def write_bytes(self, data: bytes) -> None:
        """Write all of the bytes."""
        rest = memoryview(data)
        self._writer = get_ident()
        try:
            while rest:
                try:
                    count = os.write(self.descriptor, rest)
                    self.written += count
                    rest = rest[count:]
                except BlockingIOError:
                    _wait_for_room(self.descriptor)
        except BrokenPipeError:
            raise
        except OSError as error:
            if error.errno == errno.EIO and self.is_terminal:
                raise TerminalGone(error.errno, "the terminal is gone") from error
            raise StorageError(f"can't write to {self.label}: {error.strerror}") from error
        finally:
            self._writer = None

    @property
    def is_stuck(self) -> bool:
        """Whether the calling thread, in a signal handler, is in a write that nobody makes room
        for at this moment.
        """
        return self._writer == get_ident() and not self.has_room()

    def has_room(self) -> bool:
        """Whether a short write would not block."""
        import select  # few runs wait for it

        waiter = select.poll()
        waiter.register(self.descriptor, select.POLLOUT)
        return bool(waiter.poll(0))

    def width(self, environ: Mapping[str, str]) -> int:
        """Columns: `COLUMNS`, else what the terminal says, else 80."""
        return self._size(environ)[0]

    def height(self, environ: Mapping[str, str]) -> int:
        """Rows: `LINES`, else what the terminal says, else 24."""
        return self._size(environ)[1]

    def _size(self, environ: Mapping[str, str]) -> tuple[int, int]:
        try:
            columns, rows = os.get_terminal_size(self.descriptor)
        except OSError:
            columns, rows = 0, 0
        columns = _positive(environ.get("COLUMNS")) or columns or 80
        return columns, _positive(environ.get("LINES")) or rows or 24


class Streams:
    """Standard input, output and error of one run."""

    __slots__ = ("stderr", "stdin", "stdin_is_terminal", "stdout")

    def __init__(self, stdin: int, stdout: int, stderr: int) -> None:
        self.stdin = stdin
        self.stdin_is_terminal = os.isatty(stdin)
        self.stdout = Output(stdout, "standard output")
        self.stderr = Output(stderr, "standard error")

    @classmethod
    def standard(cls) -> Streams:
        """The process's own. Closed ones are opened on the null device first: otherwise the
        next file, a database for one, would get their numbers and our output with them.
        """
        for descriptor in (0, 1, 2):
            try:
                os.fstat(descriptor)
            except OSError:
                os.open(os.devnull, os.O_RDWR)
        return cls(0, 1, 2)


def encoded(text: str) -> bytes:
    """The text in UTF-8; a lone surrogate, which has no such form, as U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _wait_for_room(descriptor: int) -> None:
    """Another program made the pipe non-blocking: wait until it takes bytes again."""
    import select  # few runs wait for it

    waiter = select.poll()
    waiter.register(descriptor, select.POLLOUT)
    waiter.poll()


def _positive(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0
