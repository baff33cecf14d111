"""What is typed while an answer comes in: kept for the next prompt."""

from __future__ import annotations

import os
import re
import select
import termios
from typing import Any

_SEQUENCE = re.compile(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|O.|.)?")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_ERASING = re.compile(r"[\x08\x15\x17\x7f]")
_LAST_WORD = re.compile(r"[^ \n]* *\Z")
_LOCAL_MODES, _CHARACTERS = 3, 6  # places in what tcgetattr returns
_PIECE = 4096


class TypedAhead:
    """Keys that nobody has asked for yet.

    A terminal keeps 4 kB of them, behind which even a Ctrl-C has to wait, and forgets them at a
    Ctrl-C: whoever keeps the user waiting calls `collect` now and then.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = b""

    def collect(self) -> None:
        """Take over what has come. The terminal must be ours, and give every key at once."""
        try:
            while select.select([self._descriptor], [], [], 0)[0]:
                piece = os.read(self._descriptor, _PIECE)
                if not piece:
                    return
                self._data += piece
        except OSError:  # the terminal is gone; whoever writes next will say so
            return

    def take(self) -> str:
        """The text of it all, without the last Enter and without keys that are no characters."""
        try:
            modes = termios.tcgetattr(self._descriptor)
        except termios.error:
            return ""
        termios.tcsetattr(self._descriptor, termios.TCSANOW, key_by_key(modes))
        try:
            self.collect()
        finally:
            termios.tcsetattr(self._descriptor, termios.TCSANOW, modes)
        data, self._data = self._data, b""
        return _text(data.decode("utf-8", "ignore"))


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


def _text(keys: str) -> str:
    typed = _SEQUENCE.sub("", keys.replace("\r", "\n"))
    pieces = re.split(f"({_ERASING.pattern})", typed)
    text = pieces[0]
    for key, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        text = _erased(text, key) + piece
    return _CONTROL.sub("", text).rstrip("\n")


def _erased(text: str, key: str) -> str:
    """What the terminal itself leaves of a line at Ctrl-U, Ctrl-W and Backspace."""
    if key == "\x15":
        return text[: text.rfind("\n") + 1]
    if key == "\x17":
        return _LAST_WORD.sub("", text)
    return text if text.endswith("\n") else text[:-1]
