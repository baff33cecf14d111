"""Output that is longer than the screen goes through the user's pager."""

from __future__ import annotations

from itertools import chain

from synapse.errors import ConfigError
from synapse.terminal.style import moves_cursor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from subprocess import Popen

    from synapse.cli.console import Console

_LESS = r"FRXPsq\: back   space\: further$"
"""Options for less, where the user has said none: among them the way out, for its last row."""
_CHUNK = 1 << 16
"""Characters that are written at once."""


def page(console: Console, pieces: Iterable[str]) -> None:
    """Write text that is ready for standard output; on a terminal that it would overrun,
    through `SYNAPSE_PAGER`, `ui.pager`, `PAGER` or `less`. Pieces are made as they are needed:
    of a long text the beginning is there at once, and what nobody scrolls to is never made.
    """
    rest = iter(pieces)
    head = "".join(_as_much_as_fits(console, rest)) if _may_page(console) else ""
    command = _pager(console) if _overruns(console, head) else ""
    chunks = _chunks(head, rest)
    for chunk in _through(console, command, chunks) if command else chunks:
        console.stdout.write(chunk)


def _may_page(console: Console) -> bool:
    return (
        console.stdout.is_terminal
        and not console.no_pager
        and moves_cursor(console.environ.get("TERM"))
    )


def _as_much_as_fits(console: Console, pieces: Iterator[str]) -> Iterator[str]:
    """The pieces up to the one that overruns the screen."""
    room = console.stdout.height(console.environ)
    for piece in pieces:
        yield piece
        room -= piece.count("\n")
        if room <= 0:
            return


def _overruns(console: Console, text: str) -> bool:
    return text.count("\n") >= console.stdout.height(console.environ)


def _chunks(head: str, rest: Iterator[str]) -> Iterator[str]:
    """The first piece at once, of the rest many together."""
    if head:
        yield head
    gathered, size = [], 0
    for piece in rest:
        gathered.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield "".join(gathered)
            gathered, size = [], 0
    yield "".join(gathered)


def _pager(console: Console) -> str:
    environ = console.environ
    try:
        configured = console.settings.ui.pager  # holds SYNAPSE_PAGER, too
    except ConfigError:  # help must work all the same
        configured = environ.get("SYNAPSE_PAGER")
    if configured is not None:
        return "" if configured == "cat" else configured
    if "PAGER" in environ:
        return "" if environ["PAGER"] == "cat" else environ["PAGER"]
    from shutil import which  # heavy

    return "less" if which("less", path=environ.get("PATH")) else ""


def _through(console: Console, command: str, chunks: Iterator[str]) -> Iterable[str]:
    """What is left to be written: nothing, or everything if the pager could not be started. That
    it was quit early is no error.
    """
    import subprocess  # heavy

    environ = {"LESS": _LESS, "LV": "-c", **console.environ}
    try:
        process = subprocess.Popen(
            command,
            shell=True,
            stdin=subprocess.PIPE,
            stdout=console.stdout.descriptor,
            env=environ,
        )
    except OSError:
        return chunks
    given = _feed(process, chunks)
    while True:
        try:
            return chain(given, chunks) if process.wait() == _NOT_FOUND else ()
        except KeyboardInterrupt:  # the pager's business
            continue


def _feed(process: Popen[bytes], chunks: Iterator[str]) -> list[str]:
    """Until all is written, the pager is quit, or Ctrl-C says that no more is wanted; what has
    been given to it.
    """
    assert process.stdin is not None
    given = []
    try:
        with process.stdin as pipe:
            for chunk in chunks:
                given.append(chunk)
                pipe.write(chunk.encode("utf-8", "replace"))
                pipe.flush()
    except (BrokenPipeError, KeyboardInterrupt):
        pass
    return given


_NOT_FOUND = 127
"""The shell's status when there is no such command."""
