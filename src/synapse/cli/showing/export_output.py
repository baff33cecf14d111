"""Where an export is written: a file that is there whole or not at all, or standard output."""

from __future__ import annotations

import io
import os
from typing import cast

from synapse.errors import StorageError, UsageError
from synapse.private_files import NewFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, BinaryIO

    from synapse.archived import ArchivedSession
    from synapse.ports import ArchiveWriter
    from synapse.terminal.streams import Output

_AT_ONCE = 1 << 16
"""Bytes that are written together."""


def to_stdout(stdout: Output, write: Callable[[BinaryIO], object]) -> None:
    """Have `write` fill standard output: exactly in a pipe, harmless on a terminal."""
    with io.BufferedWriter(cast("Any", _Stream(stdout)), _AT_ONCE) as file:
        write(file)


def to_file(path: str, write: Callable[[BinaryIO], object], *, force: bool) -> int:
    """Have `write` fill a file of mode 0600 that gets its name when it is complete; its size in
    bytes. Raises UsageError for one that is there, unless `force`, StorageError.
    """
    try:
        with NewFile(path, replace=force) as new:
            with io.BufferedWriter(cast("Any", _NewFile(new)), _AT_ONCE) as file:
                write(file)
            size = os.fstat(new.descriptor).st_size
            new.commit()
    except FileExistsError:
        raise exists(path) from None
    except OSError as error:
        raise StorageError(f"can't write {path}: {error.strerror or error}") from error
    return size


def to_archive(
    folder: str, writer: ArchiveWriter, sessions: Iterable[ArchivedSession]
) -> tuple[str, int]:
    """Have `writer` fill the folder; the file to begin with, and the bytes of all pages. Raises
    StorageError.
    """
    size = 0
    try:
        for archived in sessions:
            size += os.path.getsize(os.path.join(folder, writer.add(archived)))
        first = os.path.join(folder, writer.finish())
        return first, size + os.path.getsize(first)
    except OSError as error:
        raise StorageError(
            f"can't write the archive {folder}: {error.strerror or error}"
        ) from error


def exists(path: str) -> UsageError:
    """What to say of a file that is not to be written over."""
    return UsageError(f"{path} exists already", "Overwrite it:  --force")


class _Stream(io.RawIOBase):
    """Standard output as a file."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._rest = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        data = bytes(data)
        if self._output.is_terminal:
            self._show(data)
        else:
            self._output.write_bytes(data)
        return len(data)

    def _show(self, data: bytes) -> None:
        """Up to the last whole line: a character is never cut."""
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if newline:
            self._output.show_exactly((whole + newline).decode("utf-8", "replace"))

    def close(self) -> None:
        if not self.closed and self._rest:
            self._output.show_exactly(self._rest.decode("utf-8", "replace"))
            self._rest = b""
        super().close()


class _NewFile(io.RawIOBase):
    """A new file as a file of Python's."""

    def __init__(self, new: NewFile) -> None:
        self._new = new

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._new.write(bytes(data))
        return len(data)
