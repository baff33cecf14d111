"""`!COMMAND`: run it in the user's shell, and offer what it says for the next question."""

from __future__ import annotations

import os
import re
import select
import subprocess

from synapse.app.attachments import TEXT
from synapse.cli.listing.tables import count
from synapse.domain import Attachment
from synapse.errors import UsageError
from synapse.terminal.safe import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from subprocess import Popen

    from synapse.cli.repl.state import ReplState
    from synapse.terminal.streams import Output

_MOST_BYTES = 64 * 1024
"""Of the output that are offered: its end, where compilers and tests say what went wrong."""
_LONGEST_NAME = 60
_PIECE = 1 << 16
_AFTER_THE_END = 0.1
"""Seconds for which what the command left running may still say something."""
_SEQUENCE = r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-_])"
SOURCE = "command"
"""Where such an attachment came from."""


def run(repl: ReplState, command: str) -> None:
    """Run the command, its output on the screen as it comes. The keyboard is the command's, and
    Ctrl-C ends it alone. What it said goes with the next question, unless it is taken back.

    Raises UsageError if there is no command, or the shell can't be started.
    """
    if not command:
        raise UsageError("which command?", "For example:  !git diff", "To send it:   a blank first")
    status, output, size = _run(repl, command)
    if status:
        repl.context.say(f"exit status {status}" if status > 0 else f"ended by signal {-status}")
    text = _readable(output)
    if not text.strip():
        repl.context.hint("No output; nothing goes with the next question.")
        return
    name = " ".join(command.split())
    if len(name) > _LONGEST_NAME:
        name = name[: _LONGEST_NAME - 1] + "…"
    attachment = Attachment(
        name=f"$ {name}", media_type=TEXT, data=text.encode("utf-8", "replace"), source=SOURCE
    )
    repl.conversation.attachments = (*repl.conversation.attachments, attachment)
    lines = count(text.removesuffix("\n").count("\n") + 1, "line")
    if size > len(output):
        lines = f"the last {lines} ({_MOST_BYTES // 1024} of {size // 1024:,} kB)"
    goes = "goes" if lines == "1 line" else "go"
    repl.context.say(
        f"{lines[:1].upper()}{lines[1:]} of output {goes} with the next question."
        "\nTake back:  /file -"
    )


def _run(repl: ReplState, command: str) -> tuple[int, bytes, int]:
    """The exit status, the end of the output, and how many bytes it had in all."""
    shell = repl.context.environ.get("SHELL") or "/bin/sh"
    try:
        process = subprocess.Popen(
            [shell, "-c", command],
            stdin=repl.context.streams.stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise UsageError(f"can't start {shell}: {error.strerror}") from error
    captured = _CommandOutput()
    assert process.stdout is not None
    while not captured.is_over:
        try:
            captured.read_from(process, process.stdout.fileno(), repl.context.stdout)
        except KeyboardInterrupt:  # the command has been told, too; it may have something to say
            continue
    process.stdout.close()
    if captured.last != b"\n":
        repl.context.stdout.write("\n")
    return process.returncode, captured.kept, captured.size


class _CommandOutput:
    """What a command has said so far."""

    def __init__(self) -> None:
        self.kept = b""
        self.size = 0
        self.last = b"\n"
        self.is_over = False

    def read_from(self, process: Popen[bytes], descriptor: int, screen: Output) -> None:
        """Until the command has ended and nothing more comes; what it left running in the
        background may hold the pipe open for ever.
        """
        while select.select([descriptor], [], [], _AFTER_THE_END)[0]:
            piece = os.read(descriptor, _PIECE)
            if not piece:
                process.wait()
                self.is_over = True
                return
            self.size, self.last = self.size + len(piece), piece[-1:]
            self.kept = (self.kept + piece)[-_MOST_BYTES:]
            screen.write_bytes(piece)
        self.is_over = process.poll() is not None


def _readable(output: bytes) -> str:
    """The text without colours, and without what a progress bar painted over."""
    text = re.sub(_SEQUENCE, "", output.decode("utf-8", "replace"))
    lines = text.replace("\r\n", "\n").split("\n")
    return clean("\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines))
