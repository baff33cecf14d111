"""The REPL in a window: keys go in, and what matters is on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from program import messages
from window import Window

if TYPE_CHECKING:
    from pathlib import Path

ENTER, CTRL_C, CTRL_D, CTRL_J, CTRL_R, CTRL_Z = "\r", "\x03", "\x04", "\n", "\x12", "\x1a"
CTRL_L, CTRL_O, BACKSPACE = "\x0c", "\x0f", "\x7f"
ALT_ENTER, ALT_M, UP, DOWN, TAB, ESCAPE = "\x1b\r", "\x1bm", "\x1b[A", "\x1b[B", "\t", "\x1b"
PASTE_BEGIN, PASTE_END = "\x1b[200~", "\x1b[201~"


class Prompt(Window):
    """A window in which the REPL waits for input."""

    def ready(self) -> Prompt:
        """Wait until the cursor stands at an empty prompt."""
        self.until(lambda lines: bool(lines) and lines[-1] in ("❯", ">"), "no empty prompt")
        return self

    def offers(self, text: str) -> Prompt:
        """Wait until the cursor stands at the prompt behind `text`. A key that is pressed sooner
        is one that was typed ahead.
        """
        self.until(lambda lines: lines[-1:] == [f"❯ {text}"], f"not offered: {text!r}")
        return self

    def enter(self, text: str) -> Prompt:
        """Type a line and send it, once the prompt is there and shows it."""
        self.ready().type(text)
        self.shows(text.splitlines()[-1])
        self.type(ENTER)
        return self

    def quit(self) -> int:
        """Leave by Ctrl-D; the exit status."""
        self.ready().type(CTRL_D)
        return self.end()


def echo(program: Path, *options: str, columns: int = 80, rows: int = 24, **environ: str) -> Prompt:
    """The REPL with the provider that repeats."""
    return Prompt(
        [str(program), "-p", "echo", *options], columns=columns, rows=rows, environ=environ
    )


def here(program: Path, *options: str, **environ: str) -> Prompt:
    """The REPL with the provider whose mouth the test moves."""
    return Prompt([str(program), *options], environ=environ)


def contents(reference: str = "@1") -> list[str]:
    return [message["content"] for message in messages(reference)]
