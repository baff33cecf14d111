"""What a file looks like by its first 64 KiB, so that importers can tell whose it is."""

from __future__ import annotations

import re
from functools import lru_cache

from synapse.formats.reading.json_values import parsed
from synapse.formats.reading.limits import DEEPEST
from synapse.formats.reading.texts import utf8_head
from synapse.light.enums import StrEnum
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.ports import ImportSource

_FIRST_LINES = 20
_TOKEN = re.compile(rb'[^"{}\[\],]++|"(?:[^"\\]++|\\.)*+"|[{}\[\],]', re.DOTALL)
_CLOSING = {b"{": b"}", b"[": b"]"}


class Form(StrEnum):
    """The kinds of files that importers tell apart."""

    ARRAY = "a JSON array"
    OBJECT = "a JSON object"
    LINES = "a JSON object on each line"
    SQLITE = "a SQLite database"
    ZIP = "a zip"
    TEXT = "text"
    EMPTY = "an empty file"
    BINARY = "a binary file"


class Shape(Record):
    """The form of a file, and its first values as far as they were read."""

    form: Form
    values: tuple[Any, ...] = ()
    """Of an array: its first item; of an object: itself; of lines: the first twenty. Where the 64
    KiB end, what follows is missing.
    """
    text: str = ""
    """Of anything but binary files: the beginning."""

    @property
    def first(self) -> dict[str, Any]:
        """The first value, if it is an object; otherwise an empty one."""
        value = self.values[0] if self.values else None
        return value if isinstance(value, dict) else {}


def shape_of(source: ImportSource) -> Shape:
    """What the file looks like. Raises OSError if it can't be read."""
    return _shape(source.head())


@lru_cache(maxsize=4)  # every importer asks
def _shape(head: bytes) -> Shape:
    if head.startswith(b"SQLite format 3\x00"):
        return Shape(form=Form.SQLITE)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Shape(form=Form.ZIP)
    start = utf8_head(head).strip(b" \t\r\n\x00")
    if not start:
        return Shape(form=Form.EMPTY)
    text = start.decode("utf-8", "replace")
    if start[:1] == b"[" and not re.match(rb"\[[\w.-]+\]\s*\n", start):  # [a table] of TOML
        items = _partial(start)
        if isinstance(items, list):
            return Shape(form=Form.ARRAY, values=tuple(items[:1]), text=text)
    elif start[:1] == b"{":
        return _of_objects(start, text)
    is_text = text.count("\ufffd") + text.count("\x00") <= len(text) // 20
    return Shape(form=Form.TEXT, text=text) if is_text else Shape(form=Form.BINARY)


def _of_objects(start: bytes, text: str) -> Shape:
    lines = [line for line in start.splitlines() if line.strip(b" \t\x00")]
    whole = [_whole(line) for line in lines[:_FIRST_LINES]]
    values = tuple(value for value in whole if isinstance(value, dict))
    goes_on = whole[0] is None and lines[0].rstrip().endswith((b"[", b"{", b","))
    if len(lines) > 1 and values and not goes_on:
        return Shape(form=Form.LINES, values=values, text=text)
    return Shape(form=Form.OBJECT, values=(_partial(start),), text=text)


def _whole(line: bytes) -> Any:
    try:
        return parsed(line.strip(b" \t\x00"))
    except ValueError:
        return None


def _partial(start: bytes) -> Any:
    """The value that begins a text, without what is missing at its end; None if it is none."""
    safe = 0
    needed = b""
    closing: list[bytes] = []
    for token in _TOKEN.finditer(start):
        mark = token[0]
        if mark in _CLOSING:
            closing.append(_CLOSING[mark])
            if len(closing) > DEEPEST:
                break
        elif mark in (b"}", b"]"):
            if not closing or closing.pop() != mark:
                return None
        elif mark != b",":
            continue
        safe = token.start() if mark == b"," else token.end()
        needed = b"".join(reversed(closing))
        if not closing:
            break
    return _whole(start[:safe] + needed)
