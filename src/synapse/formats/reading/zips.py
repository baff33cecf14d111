"""Files in a zip, which anybody may have made: nothing is unpacked to the disk under its name, and
what looks like a trap is left out with the reason.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib

from synapse.archived import Unreadable
from synapse.errors import ImportFailed
from synapse.formats.reading.limits import (
    HEAD,
    LARGEST_ARCHIVE,
    LARGEST_DIRECTORY,
    LARGEST_RATIO,
    SMALL,
)
from synapse.formats.reading.sources import is_safe_name, is_trifle
from synapse.formats.reading.texts import buffered
from synapse.light.dates import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO, Any, BinaryIO

    from synapse.formats.reading.sources import FileSource
    from synapse.ports import ImportSource

_END_MARK = b"PK\x05\x06"
_END = struct.Struct("<4s4H2LH")
_LONGEST_COMMENT = 0xFFFF
_ZIP64_MARK = b"PK\x06\x07"
_ZIP64_LOCATOR = 20
_ZIP64_END = struct.Struct("<4sQ2H2L4Q")
_ENCRYPTED = 0x1
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading a damaged, or an unusual, member raises beside OSError."""


class ZipArchive:
    """A zip that was opened. It is closed with the last of its members."""

    def __init__(self, source: FileSource) -> None:
        """Raises ImportFailed for what is no zip, or has a directory that is too large."""
        self.name = source.name
        try:
            with source.open() as file:
                size = _directory_size(file)
            if size > LARGEST_DIRECTORY:
                raise ImportFailed(f"{self.name}: its directory alone has {size:,} bytes")
            self._zip = zipfile.ZipFile(str(source.path))
        except (OSError, *_FAULTS) as error:
            raise ImportFailed(f"{self.name}: no complete zip: {error}") from error
        self.refused: list[Unreadable] = []
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._look()

    def sources(self) -> Iterator[ZipSource]:
        """Its files, sorted by name, without those that were `refused`."""
        for name in sorted(self._members):
            yield ZipSource(self, name)

    def names(self) -> Iterator[str]:
        """Their names."""
        return iter(self._members)

    def info(self, name: str) -> zipfile.ZipInfo | None:
        """What the directory says of a file; None if there is none of this name."""
        return self._members.get(name)

    def open(self, info: zipfile.ZipInfo) -> _Member:
        """The content of a file. Raises OSError, with the reason, for what can't be read."""
        try:
            return _Member(self._zip.open(info))
        except _FAULTS as error:
            raise OSError(f"damaged in the zip: {error}") from error

    def _look(self) -> None:
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        packed = sum(info.compress_size for info in infos)
        unpacked = sum(info.file_size for info in infos)
        if unpacked > LARGEST_ARCHIVE or (unpacked > SMALL and unpacked > packed * LARGEST_RATIO):
            raise ImportFailed(
                f"{self.name}: {unpacked:,} bytes in {packed:,}: this looks like a zip bomb",
                "If it is not one, unpack it and import the folder.",
            )
        for info in infos:
            name = info.filename
            if is_trifle(name):
                continue
            reason = _objection(info)
            if reason:
                self.refused.append(Unreadable(place=f"{self.name}: {name!r}", reason=reason))
            else:
                self._members[name] = info


class ZipSource:
    """A file in a zip."""

    path: Path | None = None

    def __init__(self, archive: ZipArchive, member: str) -> None:
        self.name = f"{archive.name}: {member}"
        self.member = member
        self._archive = archive
        self._head: bytes | None = None
        self._opened: _Member | None = None

    @property
    def modified_at(self) -> datetime | None:
        """When the file was last changed, as far as the zip tells."""
        info = self._archive.info(self.member)
        try:
            return datetime(*info.date_time, tzinfo=UTC) if info else None
        except ValueError:
            return None

    def head(self) -> bytes:
        """The first 64 KiB. Raises OSError."""
        if self._head is None:
            with self.open() as file:
                self._head = file.read(HEAD)
        return self._head

    def open(self) -> BinaryIO:
        """The content from its beginning. Raises OSError."""
        info = self._archive.info(self.member)
        if info is None:
            raise FileNotFoundError(self.name)
        self._opened = self._archive.open(info)
        return buffered(self._opened)

    def progress(self) -> tuple[int, int] | None:
        """How far the reading is: bytes, and of how many; None if it has not begun."""
        info = self._archive.info(self.member)
        if self._opened is None or info is None:
            return None
        return self._opened.passed, info.file_size

    def neighbours(self) -> Iterator[str]:
        """Names of the files in the same folder of the zip and below."""
        start = self._folder()
        for name in self._archive.names():
            if name.startswith(start):
                yield name[len(start) :]

    def neighbour(self, name: str) -> ImportSource | None:
        """The file of this name in the same folder of the zip or below."""
        member = self._folder() + name
        if not is_safe_name(name) or self._archive.info(member) is None:
            return None
        return ZipSource(self._archive, member)

    def _folder(self) -> str:
        folder, slash, _ = self.member.rpartition("/")
        return folder + slash


class _Member(io.RawIOBase):
    """A file in a zip that is being read: every fault is an OSError."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.passed = 0
        """Bytes that were read."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = self._file.read(len(buffer))
        except _FAULTS as error:
            raise OSError(f"damaged in the zip: {error}") from error
        buffer[: len(piece)] = piece
        self.passed += len(piece)
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _objection(info: zipfile.ZipInfo) -> str:
    """Why a member is not read; empty if it is."""
    mode = info.external_attr >> 16
    if not is_safe_name(info.orig_filename) or not is_safe_name(info.filename):
        return "its name leads out of the zip"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "a link, or no ordinary file"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    if info.file_size > SMALL and info.file_size > info.compress_size * LARGEST_RATIO:
        return f"{info.file_size:,} bytes in {info.compress_size:,}: this looks like a zip bomb"
    if info.filename.lower().endswith(".zip"):
        return "a zip in a zip"
    return ""


def _directory_size(file: BinaryIO) -> int:
    """Bytes of the directory, as the end of the file tells; 0 if that is no zip's."""
    size = file.seek(0, 2)
    start = file.seek(max(0, size - _END.size - _LONGEST_COMMENT - _ZIP64_LOCATOR))
    tail = file.read()
    place = tail.rfind(_END_MARK)
    if place < 0 or len(tail) < place + _END.size:
        return 0
    locator = tail[max(0, place - _ZIP64_LOCATOR) : place]
    if locator.startswith(_ZIP64_MARK) and len(locator) == _ZIP64_LOCATOR:
        end = start + place - _ZIP64_LOCATOR - _ZIP64_END.size
        file.seek(max(0, end))
        zip64 = file.read(_ZIP64_END.size)
        return int(_ZIP64_END.unpack(zip64)[8]) if len(zip64) == _ZIP64_END.size else 0
    return int(_END.unpack(tail[place : place + _END.size])[5])
