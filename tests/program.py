"""Runs the program: in this process, as an installed command, and in a pseudo-terminal.

ran = run("-p", "echo", "hi")           # in-process, through files: fast
ended = Installed(program)("-p", "echo", "hi")
with Terminal([str(program)]) as terminal: terminal.expect("❯")
"""

from __future__ import annotations

import array
import fcntl
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
from typing import TYPE_CHECKING, Any, Self

from synapse.cli.app import run as run_program
from synapse.terminal.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_DEADLINE = 30.0
"""Seconds after which something that a test waits for is missing; never a pause."""


class Ran:
    """What came of a run."""

    def __init__(self, status: int, out: bytes, err: str) -> None:
        self.status = status
        self.out = out
        self.err = err

    @property
    def text(self) -> str:
        """Standard output, decoded."""
        return self.out.decode()

    @property
    def rows(self) -> list[list[str]]:
        """Standard output as tab-separated values."""
        return [line.split("\t") for line in self.text.splitlines()]

    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)

    def __repr__(self) -> str:
        return f"Ran({self.status}, out={self.out!r}, err={self.err!r})"


def run(*argv: str, stdin: bytes | None = None, environ: Mapping[str, str] | None = None) -> Ran:
    """Run the program in this process; its streams are files, `stdin` the null device if None."""
    with (
        tempfile.TemporaryFile() as given,
        open(os.devnull, "rb") as nothing,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        if stdin is not None:
            given.write(stdin)
            given.seek(0)
        source = nothing if stdin is None else given
        streams = Streams(source.fileno(), out.fileno(), err.fileno())
        status = run_program(list(argv), streams, {**os.environ, **(environ or {})})
        out.seek(0)
        err.seek(0)
        return Ran(status, out.read(), err.read().decode())


class Installed:
    """The installed program as a command."""

    def __init__(self, program: Path) -> None:
        self.program = str(program)

    def __call__(
        self,
        *argv: str,
        stdin: bytes | None = None,
        environ: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (),
    ) -> Ran:
        """Run it to its end; `wrapper` is a command line that is given the program's."""
        ended = subprocess.run(
            [*wrapper, self.program, *argv],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            env={**os.environ, **(environ or {})},
            timeout=_DEADLINE * 2,
            check=False,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr.decode())

    def start(self, *argv: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start it with pipes; the caller waits."""
        given = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            **options,
        }
        return subprocess.Popen([self.program, *argv], **given)


def read_until(stream: Any, wanted: bytes) -> bytes:
    """What a pipe gives until `wanted` is in it."""
    data = b""
    deadline = time.monotonic() + _DEADLINE
    while wanted not in data:
        if not select.select([stream], [], [], max(0, deadline - time.monotonic()))[0]:
            raise AssertionError(f"{wanted!r} did not come; got {data!r}")
        piece = os.read(stream.fileno(), 65536)
        if not piece:
            raise AssertionError(f"{wanted!r} did not come before the end; got {data!r}")
        data += piece
    return data


def wait_until(condition: Any, timeout: float = _DEADLINE) -> None:
    """Wait until `condition()` holds."""
    deadline = time.monotonic() + timeout
    pause = select.poll()
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("what was waited for did not happen")
        pause.poll(5)


def bytes_in(pipe: Any) -> int:
    """Bytes that are in a pipe, and that nobody has read."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


# The child makes the pseudo-terminal its own, so that Ctrl-C and a closed window reach it.
_IN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
_ESCAPE = re.compile(rb"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])")


class Terminal:
    """A program in a pseudo-terminal of its own; `stdout` may go elsewhere, as with `| …`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 110,
        rows: int = 40,
        environ: Mapping[str, str] | None = None,
        stdout: int | None = None,
    ) -> None:
        self.master, slave = os.openpty()
        termios.tcsetwinsize(slave, (rows, columns))
        self.seen = b""
        """Everything that the terminal got."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _IN_TERMINAL, *command],
            stdin=slave,
            stdout=slave if stdout is None else stdout,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", **(environ or {})},
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.close()

    def close(self) -> None:
        """Close the window."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1

    @property
    def text(self) -> str:
        """What the terminal got, without escape sequences and carriage returns."""
        return _ESCAPE.sub(b"", self.seen).replace(b"\r", b"").decode("utf-8", "replace")

    def type(self, keys: str) -> None:
        """Press keys; `\\x03` is Ctrl-C, `\\x04` Ctrl-D."""
        os.write(self.master, keys.encode())

    def expect(self, wanted: str) -> str:
        """Read until `wanted` is on the screen; the text so far."""
        deadline = time.monotonic() + _DEADLINE
        while wanted not in self.text:
            if not self._read(deadline):
                raise AssertionError(f"{wanted!r} is not on the screen: {self.seen!r}")
        return self.text

    def expect_match(self, pattern: str) -> re.Match[str]:
        """Read until the pattern is on the screen; its first match."""
        deadline = time.monotonic() + _DEADLINE
        while (found := re.search(pattern, self.text)) is None:
            if not self._read(deadline):
                raise AssertionError(f"{pattern!r} is not on the screen: {self.seen!r}")
        return found

    def end(self) -> int:
        """Read to the end; the exit status."""
        deadline = time.monotonic() + _DEADLINE
        while self._read(deadline):
            pass
        return self.process.wait(_DEADLINE)

    def _read(self, deadline: float) -> bool:
        if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
            raise AssertionError(f"nothing comes any more: {self.seen!r}")
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # Linux says EIO when nobody has the terminal open any longer
            return False
        self.seen += piece
        return bool(piece)


# File modes mean nothing to root, so permission tests give its privileges up first.
_WITHOUT_PRIVILEGES = (
    "import ctypes, os, sys; libc = ctypes.CDLL(None, use_errno=True);"
    "[libc.prctl(24, number, 0, 0, 0) for number in (1, 2, 3)];"  # PR_CAPBSET_DROP
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


def without_privileges() -> list[str]:
    """A wrapper for `Installed` in which file modes hold, for root, too."""
    return [sys.executable, "-c", _WITHOUT_PRIVILEGES]


def sessions() -> list[dict[str, Any]]:
    """The stored sessions as JSON has them."""
    listed: list[dict[str, Any]] = run("sessions", "list", "-a", "--json").json()["sessions"]
    return listed


def messages(reference: str = "@1") -> list[dict[str, Any]]:
    """The messages of a session as JSON has them."""
    shown: list[dict[str, Any]] = run("sessions", "show", reference, "--json").json()["messages"]
    return shown


SIGNALS = {"TERM": signal.SIGTERM, "HUP": signal.SIGHUP, "INT": signal.SIGINT}
