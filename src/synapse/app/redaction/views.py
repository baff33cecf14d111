"""A text as a reader of its escapes sees it, and back: `anna%40x.org`, `anna\\u0040x.org`."""

from __future__ import annotations

import re
from bisect import bisect_right

_ESCAPE = re.compile(
    r"""[\\%&](?:(?<=\\)(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[nrt/"'\\@_.])|(?<=%)[0-9a-fA-F]{2}"""
    r"""|(?<=&)(?:\#\d{1,6}|\#[xX][0-9a-fA-F]{1,5}|amp|lt|gt|quot|apos|commat|colon);)"""
)
_WIDE = re.compile(r"[\uff01-\uff5e\u3000\u200b\u00ad\U0001d400-\U0001d7ff]")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
_ENTITIES = {
    "amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "commat": "@", "colon": ":",
}  # fmt: skip
_DEEPEST = 3
"""Escapes inside escapes that are looked through: JSON in JSON in a URL."""


class View:
    """A text without its escapes, and where each of its characters stood."""

    def __init__(self, text: str, inner: View | None, escapes: re.Pattern[str]) -> None:
        self._inner = inner
        self._view_starts: list[int] = []
        self._text_starts: list[int] = []
        pieces: list[str] = []
        length = at = 0

        def take(start: int, piece: str) -> None:
            nonlocal length
            self._view_starts.append(length)
            self._text_starts.append(start)
            pieces.append(piece)
            length += len(piece)

        line_end = -1
        for match in escapes.finditer(text):
            start, end = match.span()
            if start >= line_end:  # lines without an escape have been looked at
                if line_end >= 0:
                    take(at, text[at : line_end + 1])
                at = text.rfind("\n", 0, start) + 1
                line_end = text.find("\n", end)
                line_end = len(text) if line_end < 0 else line_end
            take(at, text[at:start])
            take(start, _decoded(match.group()))
            at = end
        take(at, text[at:line_end])
        take(line_end, "")
        self.text = "".join(pieces)

    def position(self, index: int) -> int:
        """Where the character at `index` stood in the text."""
        segment = bisect_right(self._view_starts, index) - 1
        place = self._text_starts[segment] + index - self._view_starts[segment]
        return place if self._inner is None else self._inner.position(place)


def views(text: str) -> list[View]:
    """The lines of the text that have escapes, with these read, once, twice, three times."""
    found: list[View] = []
    inner = None
    while len(found) < _DEEPEST:
        if ("\\" in text or "%" in text or "&" in text) and _ESCAPE.search(text):
            inner = View(text, inner, _ESCAPE)
        elif not text.isascii() and _WIDE.search(text):
            inner = View(text, inner, _WIDE)
        else:
            break
        found.append(inner)
        text = inner.text
    return found


def _decoded(escape: str) -> str:
    if escape[0] == "\\":
        letter = escape[1]
        return chr(int(escape[2:], 16)) if letter in "ux" else _LETTERS.get(letter, letter)
    if escape[0] == "%":
        return chr(int(escape[1:], 16))
    if escape[0] == "&":
        return _entity(escape[1:-1])
    if escape in "\u200b\u00ad":
        return ""
    if escape == "\u3000":
        return " "
    if "\uff01" <= escape <= "\uff5e":
        return chr(ord(escape) - 0xFEE0)
    import unicodedata  # a megabyte, for letters that few texts have

    return unicodedata.normalize("NFKC", escape)


def _entity(name: str) -> str:
    if name in _ENTITIES:
        return _ENTITIES[name]
    number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(number) if 0 < number < 0x110000 else "?"
