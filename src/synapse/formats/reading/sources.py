"""Where files to import come from: the disk and standard input. Those in a zip are in `zips`."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path

from synapse.errors import UsageError
from synapse.formats.reading.limits import CHUNK, HEAD, MOST_FILES
from synapse.formats.reading.texts import resumed
from synapse.light.dates import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from synapse.ports import ImportSource

STANDARD_INPUT = "-"
_TRIFLES = frozenset((".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX"))
"""What file managers leave."""


class FileSource:
    """A file on disk, or, with an `origin`, a copy of that."""

    def __init__(self, path: Path, origin: ImportSource | None = None) -> None:
        self.path: Path | None = path
        self.name = str(path) if origin is None else origin.name
        self._file = path
        self._origin = origin
        self._head: bytes | None = None
        self._opened: BinaryIO | None = None

    @property
    def modified_at(self) -> datetime | None:
        """When the file was last changed."""
        if self._origin is not None:
            return self._origin.modified_at
        try:
            return datetime.fromtimestamp(self._file.stat().st_mtime, UTC)
        except (OSError, OverflowError, ValueError):
            return None

    def head(self) -> bytes:
        """The first 64 KiB. Raises OSError."""
        if self._head is None:
            with self.open() as file:
                self._head = file.read(HEAD)
        return self._head

    def open(self) -> BinaryIO:
        """The content from its beginning. Raises OSError."""
        self._opened = self._file.open("rb")
        return self._opened

    def progress(self) -> tuple[int, int] | None:
        """How far the reading is: bytes, and of how many; None if it has not begun."""
        if self._opened is None or self._opened.closed:
            return None
        return self._opened.tell(), os.fstat(self._opened.fileno()).st_size

    def neighbours(self) -> Iterator[str]:
        """Names of the files in the same folder and below."""
        if self._origin is not None:
            yield from self._origin.neighbours()
            return
        folder = self._file.parent
        for path in files_below(folder):
            yield path.relative_to(folder).as_posix()

    def neighbour(self, name: str) -> ImportSource | None:
        """The file of this name in the same folder or below, if it really is there."""
        if self._origin is not None:
            return self._origin.neighbour(name)
        if not is_safe_name(name):
            return None
        folder = self._file.parent
        path = folder / name
        try:
            is_inside = path.resolve().is_relative_to(folder.resolve())
            is_file = stat.S_ISREG(path.lstat().st_mode)
        except (OSError, ValueError, RuntimeError):
            return None
        return FileSource(path) if is_inside and is_file else None


class StreamSource:
    """Standard input, or a pipe: it is read once, as it comes."""

    path: Path | None = None
    modified_at: datetime | None = None

    def __init__(self, file: BinaryIO, name: str = STANDARD_INPUT, *, is_own: bool = False) -> None:
        self.name = name
        self._is_own = is_own
        self._file = file
        self._head: bytes | None = None
        self._is_open = False

    def head(self) -> bytes:
        """The first 64 KiB; waits for them, or for the end."""
        if self._head is None:
            self._head = _exactly(self._file, HEAD)
        return self._head

    def open(self) -> BinaryIO:
        """The content from its beginning, once."""
        if self._is_open:
            raise UsageError(f"{self.name}: what comes from a pipe can be read only once")
        self._is_open = True
        return resumed(self.head(), self._file, closes=self._is_own)

    def progress(self) -> None:
        """Nobody knows how much will come."""

    def neighbours(self) -> Iterator[str]:
        """None."""
        return iter(())

    def neighbour(self, name: str) -> ImportSource | None:
        """None."""
        return None


def source_of(path: Path) -> ImportSource:
    """The file: what can be read once only, such as `<(command)`, as a stream. Raises OSError."""
    if stat.S_ISREG(path.stat().st_mode):
        return FileSource(path)
    return StreamSource(path.open("rb"), str(path), is_own=True)


@contextmanager
def on_disk(source: ImportSource) -> Iterator[FileSource]:
    """The source as a file that can be read anywhere, as often as need be: itself, or a private
    copy that is gone afterwards. Raises OSError, also for a disk that is full.
    """
    if isinstance(source, FileSource):
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="synapse-import-") as folder:
        copy = Path(folder) / "copy"
        with source.open() as file, copy.open("xb") as target:
            while piece := file.read(CHUNK):
                target.write(piece)
        yield FileSource(copy, source)


def files_below(folder: Path) -> Iterator[Path]:
    """The ordinary files in a folder and below, sorted; no link is followed, and what can't be read
    is left out. At most MOST_FILES.
    """
    count = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _TRIFLES)
        for name in sorted(names):
            path = Path(root, name)
            if is_trifle(name) or not _is_ordinary(path):
                continue
            count += 1
            if count > MOST_FILES:
                return
            yield path


def is_trifle(name: str) -> bool:
    """Whether a file manager has left this, with `/` between folders."""
    parts = name.split("/")
    return any(part in _TRIFLES for part in parts) or parts[-1].startswith("._")


def is_safe_name(name: str) -> bool:
    """Whether a name, with `/` between folders, stays below the folder that it is relative to, on
    every system.
    """
    parts = name.split("/")
    return (
        bool(name)
        and len(name) < 4096
        and "\\" not in name
        and "\x00" not in name
        and ":" not in parts[0]
        and not any(part in ("", ".", "..") for part in parts)
    )


def _is_ordinary(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _exactly(file: BinaryIO, size: int) -> bytes:
    pieces: list[bytes] = []
    missing = size
    while missing and (piece := file.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
