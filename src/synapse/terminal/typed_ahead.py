"""What is typed while an answer comes in: lines that wait their turn, and one that is begun."""

from __future__ import annotations

import os
import re
import select
import termios
from typing import Any

from synapse.terminal.unfinished import is_unfinished

BRACKETED_PASTE, NO_BRACKETED_PASTE = "\x1b[?2004h", "\x1b[?2004l"
_PASTE_BEGIN, _PASTE_END = "\x1b[200~", "\x1b[201~"
_KEYS = re.compile(
    r"\x1b\[200~(?P<paste>.*?)(?:\x1b\[201~|\Z)"
    r"|\x1b(?P<newline>[\r\n])"
    r"|(?P<enter>[\r\n])"
    r"|(?P<erasing>[\x08\x15\x17\x7f])"
    r"|\x1b(?:\[[0-9;?<>=]*[ -/]*[@-~]|O.|.)?"
    r"|(?P<text>[^\x00-\x1f\x7f]+)"
    r"|.",
    re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LAST_WORD = re.compile(r"[^ \n]* *\Z")
_LOCAL_MODES, _CHARACTERS = 3, 6  # places in what tcgetattr returns
_PIECE = 4096
_MOST_LINES = 50
"""Lines that somebody types while an answer comes in. More have been pasted, where the terminal
does not say so: nobody wants a request for each."""


class TypedAhead:
    """Keys that nobody has asked for yet.

    A terminal keeps 4 kB of them, behind which even a Ctrl-C has to wait, and forgets them at a
    Ctrl-C: whoever keeps the user waiting calls `collect` now and then.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = b""
        self._read = 0
        """Bytes of `_data` that `lines` and `begun` speak of."""
        self.lines: list[str] = []
        """What was ended with Enter, in order: each a message or a command of its own."""
        self.begun = ""
        """What was typed after them."""

    def collect(self) -> None:
        """Take over what has come. The terminal must be ours, and give every key at once."""
        try:
            while select.select([self._descriptor], [], [], 0)[0]:
                piece = os.read(self._descriptor, _PIECE)
                if not piece:
                    break
                self._data += piece
        except OSError:  # the terminal is gone; whoever writes next will say so
            pass
        self._understand()

    def catch_up(self) -> None:
        """As `collect`, whatever the modes of the terminal are now."""
        try:
            modes = termios.tcgetattr(self._descriptor)
        except termios.error:
            return
        termios.tcsetattr(self._descriptor, termios.TCSANOW, key_by_key(modes))
        try:
            self.collect()
        finally:
            termios.tcsetattr(self._descriptor, termios.TCSANOW, modes)

    def add(self, keys: str, *, pasted: bool = False) -> None:
        """Keys that somebody else has read, and not used; all at once, if they were pasted."""
        keys = f"{_PASTE_BEGIN}{keys}{_PASTE_END}" if pasted else keys
        self._data += keys.encode("utf-8", "ignore")
        self._understand()

    def take_line(self) -> str | None:
        """The first of the lines; None if there is none."""
        if not self.lines:
            return None
        line, *self.lines = self.lines
        self._keep()
        return line

    def take_begun(self) -> str:
        """What was typed after the lines."""
        begun, self.begun = self.begun, ""
        self._keep()
        return begun

    def shown(self) -> str:
        """What waits, in a line: `queued: how long? · /help`; "" if nothing does."""
        waiting = [" ".join(line.split()) for line in (*self.lines, self.begun) if line.strip()]
        return f"queued: {' · '.join(waiting)}" if waiting else ""

    def _understand(self) -> None:
        if len(self._data) == self._read:
            return
        self._read = len(self._data)
        self.lines, self.begun = parsed(self._data.decode("utf-8", "ignore"))

    def _keep(self) -> None:
        """Only what has not been taken, as if it had been typed again."""
        pieces = [f"{_PASTE_BEGIN}{line}{_PASTE_END}\r" for line in self.lines]
        begun = f"{_PASTE_BEGIN}{self.begun}{_PASTE_END}" if self.begun else ""
        self._data = ("".join(pieces) + begun).encode("utf-8", "ignore")
        self._read = len(self._data)


def key_by_key(modes: list[Any]) -> list[Any]:
    """The modes, as tcgetattr has them, of a terminal that gives every key at once, shows none
    and waits for none; signals don't make it forget any.
    """
    changed = [*modes]
    changed[_LOCAL_MODES] &= ~(termios.ICANON | termios.ECHO)
    changed[_LOCAL_MODES] |= termios.NOFLSH
    changed[_CHARACTERS] = [*modes[_CHARACTERS]]
    changed[_CHARACTERS][termios.VMIN] = changed[_CHARACTERS][termios.VTIME] = 0
    return changed


def parsed(keys: str) -> tuple[list[str], str]:
    """The lines that the keys make, and what is begun after them. What is pasted stays in its
    line; where nothing says that it was pasted, its number of lines does.
    """
    lines: list[str] = []
    text = ""
    for found in _KEYS.finditer(keys):
        if found["enter"]:
            if not is_unfinished(text):
                lines.append(text)
                text = ""
                continue
            text = text.removesuffix("\\") + "\n"
        elif found["newline"]:
            text += "\n"
        elif found["erasing"]:
            text = _erased(text, found["erasing"])
        elif found["paste"] is not None:
            pasted = found["paste"].replace("\r\n", "\n").replace("\r", "\n")
            text += _CONTROL.sub("", pasted)
        elif found["text"]:
            text += found["text"]
    if len(lines) > _MOST_LINES:
        return [], "\n".join([*lines, text]).rstrip("\n")
    return [line for line in lines if line.strip()], text


def _erased(text: str, key: str) -> str:
    """What the terminal itself leaves of a line at Ctrl-U, Ctrl-W and Backspace."""
    if key == "\x15":
        return text[: text.rfind("\n") + 1]
    if key == "\x17":
        return _LAST_WORD.sub("", text)
    return text if text.endswith("\n") else text[:-1]
