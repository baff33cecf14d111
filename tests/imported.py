"""What an importer makes of a file that a test writes."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from synapse.archived import ArchivedSession, Unreadable
from synapse.formats import importer
from synapse.formats.reading.sources import FileSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.domain import StoredMessage
    from synapse.ports import ImportSource

SAMPLES = Path(__file__).parent / "formats" / "samples"


class Memory:
    """A file that is nowhere on a disk, and has nothing beside it."""

    path = None
    modified_at = datetime(2025, 1, 2, tzinfo=UTC)

    def __init__(self, content: bytes, name: str = "memory") -> None:
        self.name = name
        self._content = content

    def head(self) -> bytes:
        """The first 64 KiB."""
        return self._content[: 64 * 1024]

    def open(self) -> BinaryIO:
        """The content."""
        return BytesIO(self._content)

    def progress(self) -> None:
        """Nobody asks."""

    def neighbours(self) -> tuple[str, ...]:
        """None."""
        return ()

    def neighbour(self, name: str) -> None:
        """None."""


class Imported:
    """Sessions and faults that came out of a file."""

    def __init__(self, program: str, file: Path | ImportSource) -> None:
        source = FileSource(file) if isinstance(file, Path) else file
        found = list(importer(program).read(source))
        self.sessions = [each for each in found if isinstance(each, ArchivedSession)]
        self.faults = [each for each in found if isinstance(each, Unreadable)]

    @property
    def only(self) -> ArchivedSession:
        """The session, if there is exactly one and no fault."""
        assert self.faults == []
        (session,) = self.sessions
        return session


def messages(archived: ArchivedSession) -> list[StoredMessage]:
    """Its messages."""
    return [each.message for each in archived.messages]


def told(archived: ArchivedSession) -> list[tuple[str, str]]:
    """Roles and texts."""
    return [(message.role.value, message.content) for message in messages(archived)]


def written(folder: Path, name: str, *values: Any) -> Path:
    """A file of this text, of this JSON, or, if its name ends with jsonl, of a value a line. Bytes
    and texts among the lines are written as they are.
    """
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".jsonl"):
        path.write_bytes(b"".join(_raw(value) + b"\n" for value in values))
    else:
        path.write_bytes(_raw(values[0]))
    return path


def _raw(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass")


def database(path: Path, statements: str | Iterable[str]) -> Path:
    """A SQLite file that these statements make."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    script = statements if isinstance(statements, str) else ";\n".join(statements)
    connection.executescript(script)
    connection.commit()
    connection.close()
    return path


def recognizes(program: str, path: Path) -> bool:
    """Whether the importer takes the file for its own."""
    return importer(program).recognizes(FileSource(path))


def sample(program: str, ending: str = "") -> Path:
    """What the real program wrote."""
    (path,) = [each for each in (SAMPLES / program).iterdir() if each.name.endswith(ending)]
    return path
