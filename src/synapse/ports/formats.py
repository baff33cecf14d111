"""The interfaces of formats: what writes sessions into files, and what reads them from there."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO, Protocol

    from synapse.archived import ArchivedSession, Remark, Unreadable
else:
    Protocol = object


class Exporter(Protocol):
    """Writes sessions in one format."""

    def write(self, sessions: Iterable[ArchivedSession], file: BinaryIO) -> None:
        """Write them into `file`, one after the other: memory does not grow with their number.

        A format of one session a file (`FormatEntry.holds_many` is False) gets exactly one. Raises
        what reading the sessions or writing the file raises.
        """


class ArchiveWriter(Protocol):
    """Writes many sessions into a folder that can be browsed."""

    def add(self, archived: ArchivedSession) -> Path:
        """Write one session; returns the file, relative to the folder."""

    def finish(self) -> Path:
        """Write what ties them together; returns the file to begin with, relative to the folder."""


class ImportSource(Protocol):
    """A file that is imported: on disk, in a zip, or standard input."""

    @property
    def name(self) -> str:
        """For messages: the path as it was typed, `FILE.zip: conversations.json`, or `-`."""

    @property
    def path(self) -> Path | None:
        """The file on disk; None within a zip and for standard input."""

    @property
    def modified_at(self) -> datetime | None:
        """When the file was last changed; aware, UTC. None if nobody knows."""

    def head(self) -> bytes:
        """The first 64 KiB."""

    def open(self) -> BinaryIO:
        """The content from its beginning. May be called again, but for standard input only after a
        `head`.
        """

    def progress(self) -> tuple[int, int] | None:
        """How many bytes of those that were opened last have been read, and of how many; None where
        that is not known.
        """

    def neighbours(self) -> Iterable[str]:
        """Names of the files beside it, with `/` between folders: the members of the same zip, or
        what is in the same folder. Empty for standard input.
        """

    def neighbour(self, name: str) -> ImportSource | None:
        """The file of this name beside it; None if there is none or it is no ordinary file."""


class Importer(Protocol):
    """Reads what one program has written."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether this looks like a file of that program, by its `head`. Raises nothing."""

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable | Remark]:
        """The sessions in it, one after the other, however large the file is; an Unreadable in the
        place of each that can't be read. The same file gives the same ids each time.

        Raises ImportFailed if the file as a whole can't be read (any further).
        """
