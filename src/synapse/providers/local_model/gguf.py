"""The header of a GGUF file: as much of it as tells what kind of model the file holds.

The format: github.com/ggml-org/ggml, docs/gguf.md. Little-endian, versions 2 and 3.
"""

from __future__ import annotations

import os
import struct

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_FORMS = ["<B", "<b", "<H", "<h", "<I", "<i", "<f", "<?", None, None, "<Q", "<q", "<d"]
"""By type number, for `struct`; numbers 8 and 9 have no fixed size."""
_STRING, _ARRAY = 8, 9
_MOST_PAIRS = 100_000
_LONGEST_STRING = 1 << 20
"""Bytes of a text that is read rather than skipped."""


class NotGguf(Exception):
    """The bytes are no GGUF header, or not all of one; the text says what is wrong."""


class Header(Record):
    """What a GGUF file says of its model."""

    architecture: str
    """`llama`, `qwen3`, `clip`, …"""
    context_length: int | None = None
    """Tokens that the model was trained to see at once; None if the file does not tell."""


def read_header(stream: BinaryIO) -> Header:
    """Read from the start of a file. Raises NotGguf, OSError."""
    reader = _Reader(stream)
    if reader.take(4) != _MAGIC:
        raise NotGguf("it does not begin like a GGUF file")
    version = reader.integer("<I")
    if version not in _VERSIONS:
        raise NotGguf(f"its GGUF version is {version}; only 2 and 3 are understood")
    reader.integer("<Q")  # the number of tensors
    pairs = reader.integer("<Q")
    if pairs > _MOST_PAIRS:
        raise NotGguf("its header is damaged")
    return _header(reader, pairs)


def _header(reader: _Reader, pairs: int) -> Header:
    """Reads no further than it must: the vocabulary, which mostly comes last, is long."""
    found: dict[str, object] = {}
    for _ in range(pairs):
        key, value = reader.pair()
        found[key] = value
        architecture = found.get("general.architecture")
        length = found.get(f"{architecture}.context_length")
        if isinstance(architecture, str) and isinstance(length, int) and length > 0:
            return Header(architecture=architecture, context_length=length)
    architecture = found.get("general.architecture")
    if not isinstance(architecture, str):
        raise NotGguf("its header does not name an architecture")
    return Header(architecture=architecture)


class _Reader:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size

    def take(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) < count:
            raise NotGguf("it ends within its header")
        return data

    def skip(self, count: int) -> None:
        if count > self._size or self._stream.seek(count, os.SEEK_CUR) > self._size:
            raise NotGguf("it ends within its header")

    def integer(self, form: str) -> int:
        return int(self._scalar(form))

    def _scalar(self, form: str) -> int | float | bool:
        value: int | float | bool = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return value

    def pair(self) -> tuple[str, object]:
        key = self._text()
        kind = self.integer("<I")
        if kind == _STRING:
            return key, self._text()
        if kind == _ARRAY:
            self._skip_array()
            return key, None
        return key, self._scalar(self._form(kind))

    def _text(self) -> str:
        length = self.integer("<Q")
        if length > _LONGEST_STRING:
            self.skip(length)
            return ""
        return self.take(length).decode("utf-8", "replace")

    def _skip_array(self) -> None:
        kind, count = self.integer("<I"), self.integer("<Q")
        if kind == _STRING:
            for _ in range(count):  # ends at the latest with the file
                self.skip(self.integer("<Q"))
        elif kind == _ARRAY:
            raise NotGguf("its header is damaged")
        else:
            self.skip(count * struct.calcsize(self._form(kind)))

    def _form(self, kind: int) -> str:
        form = _FORMS[kind] if kind < len(_FORMS) else None
        if form is None:
            raise NotGguf("its header is damaged")
        return form
