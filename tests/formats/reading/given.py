"""Sources for tests, of bytes in memory."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from synapse.formats.reading.sources import StreamSource

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO


def given(content: bytes, name: str = "FILE") -> StreamSource:
    """A source that can be read once."""
    return StreamSource(io.BytesIO(content), name)


class Dripping(io.RawIOBase):
    """A pipe that holds `size` bytes at a time, and tells how many were taken."""

    def __init__(self, content: bytes, size: int) -> None:
        self.taken = 0
        self._content = content
        self._size = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._content[self.taken : self.taken + min(self._size, max(size, 0))]
        self.taken += len(piece)
        return piece


def dripping(content: bytes, size: int) -> BinaryIO:
    pipe: object = Dripping(content, size)
    return pipe  # type: ignore[return-value]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
