"""Bytes as text: encodings that programs and shells choose, and lines of any length."""

from __future__ import annotations

import codecs
import io
from typing import NamedTuple

from synapse.formats.reading.limits import CHUNK, LARGEST_ITEM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO

REPLACEMENT = "\ufffd"
_BOMS = (
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def clean(text: str) -> str:
    """The text as it can be stored: U+FFFD for NUL and for half a surrogate pair; two halves that
    belong together are one character.
    """
    if "\x00" in text:
        text = text.replace("\x00", REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def encoding_of(head: bytes) -> tuple[int, str]:
    """How many bytes a byte order mark has at the beginning, and the encoding, where it is not
    UTF-8. PowerShell's `>` writes UTF-16.
    """
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return len(mark), encoding
    if len(head) >= 4 and head[0] and not head[1] and head[2] and not head[3]:
        return 0, "utf-16-le"
    if len(head) >= 4 and not head[0] and head[1] and not head[2] and head[3]:
        return 0, "utf-16-be"
    return 0, ""


def utf8(file: BinaryIO) -> BinaryIO:
    """The file's content as UTF-8 without a byte order mark, read as it is needed."""
    start = file.read(4)
    length, encoding = encoding_of(start)
    rest = resumed(start[length:], file)
    return buffered(_Recoded(rest, encoding)) if encoding else rest


def resumed(start: bytes, file: BinaryIO, *, closes: bool = True) -> BinaryIO:
    """A file whose first bytes were read already. It waits for no more than there is."""
    return buffered(_Resumed(start, file, closes))


def buffered(raw: io.RawIOBase) -> BinaryIO:
    """With a buffer before it."""
    file: Any = raw  # typeshed asks for a `read` that never returns None
    return io.BufferedReader(file, CHUNK)


def utf8_head(head: bytes) -> bytes:
    """The beginning of a file as UTF-8 without a byte order mark."""
    length, encoding = encoding_of(head)
    if not encoding:
        return head[length:]
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(head[length:]).encode("utf-8", "replace")


class Line(NamedTuple):
    """One line of a file, without its end."""

    number: int
    """From 1."""
    offset: int
    """Of its first byte, in the file as UTF-8."""
    content: bytes
    """Empty, if it is too long."""
    is_too_long: bool = False


def lines(file: BinaryIO) -> Iterator[Line]:
    """The lines of a file, which end with LF, CR LF or the file. Runs of NUL at either end, which
    a crash leaves, are cut off; one that is longer than LARGEST_ITEM comes without its content.
    """
    content = utf8(file)
    offset = number = 0
    while piece := content.readline(LARGEST_ITEM + 1):
        number += 1
        start = offset
        offset += len(piece)
        if len(piece) <= LARGEST_ITEM:
            yield Line(number, start, piece.rstrip(b"\r\n\x00").lstrip(b"\x00"))
            continue
        while piece and not piece.endswith(b"\n"):
            piece = content.readline(CHUNK)
            offset += len(piece)
        yield Line(number, start, b"", is_too_long=True)


class _Resumed(io.RawIOBase):
    def __init__(self, start: bytes, file: BinaryIO, closes: bool) -> None:
        self._start = memoryview(start)
        self._file = file
        self._closes = closes
        self._read: Callable[[int], bytes] = getattr(file, "read1", file.read)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece: memoryview | bytes = self._start[: len(buffer)]
        self._start = self._start[len(piece) :]
        if not piece:
            piece = self._read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if self._closes and not self.closed:
            self._file.close()
        super().close()


class _Recoded(io.RawIOBase):
    """A file of another encoding as UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = memoryview(b"")
        self._is_at_end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._is_at_end:
            piece = self._file.read(CHUNK)
            self._is_at_end = not piece
            self._ready = memoryview(self._decoder.decode(piece, final=self._is_at_end).encode())
        taken = self._ready[: len(buffer)]
        self._ready = self._ready[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
