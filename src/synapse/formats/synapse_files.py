"""What `sessions export` writes without loss, read again: JSON Lines, JSON, Markdown."""

from __future__ import annotations

from itertools import islice

from synapse.archived import Remark, Streamed, Unreadable
from synapse.archived import whole as whole_message
from synapse.errors import ImportFailed
from synapse.formats._json_objects import (
    FORMAT,
    VERSION,
    PlainMessages,
    archived_message,
    archived_session,
)
from synapse.formats._json_values import Malformed
from synapse.formats.json_document import ARCHIVE
from synapse.formats.markdown_document import read_markdown
from synapse.formats.reading.json_values import Entry, entries, whole
from synapse.formats.reading.records import line_values
from synapse.formats.reading.shapes import Form, shape_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedMessage, ArchivedSession, PlainMessage
    from synapse.ports import ImportSource


_AT_ONCE = 500


class SynapseImporter:
    """See Importer."""

    def recognizes(self, source: ImportSource) -> bool:
        """See Importer."""
        if source.head().startswith(b"---\nformat: synapse-session"):
            return True
        return shape_of(source).first.get("format") in (FORMAT, ARCHIVE)

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable | Remark]:
        """See Importer."""
        if source.head().startswith(b"---\n"):
            yield from read_markdown(source)
            return
        shape = shape_of(source)
        if shape.first.get("format") == ARCHIVE:
            newer = _Newer()
            for entry in entries(source, "sessions"):
                yield from _whole_session(entry, newer)
        elif shape.form is Form.OBJECT and "messages" in shape.first:
            yield from _whole_session(Entry(key=1, offset=0, value=whole(source)), _Newer())
        else:
            yield from _Lines(source).sessions()


class _Newer:
    """Says once that a file is of a newer version."""

    def __init__(self) -> None:
        self._is_said = False

    def remarks(self, fields: dict[str, Any]) -> Iterator[Remark]:
        version = fields.get("version")
        if isinstance(version, int) and version > VERSION and not self._is_said:
            self._is_said = True
            yield Remark(
                text=f"written by a newer Synapse (version {version} of the format, {VERSION} is"
                " known): read as far as it can be; update Synapse to read all of it"
            )


def _whole_session(entry: Entry, newer: _Newer) -> Iterator[ArchivedSession | Unreadable | Remark]:
    """Of an object that holds its messages."""
    fields = entry.value
    if entry.error or not isinstance(fields, dict):
        yield Unreadable(place=entry.place, reason=entry.error or "no session")
        return
    yield from newer.remarks(fields)
    messages = fields.get("messages")
    if not isinstance(messages, list):
        yield Unreadable(place=entry.place, reason='no "messages"')
        return
    try:
        session = archived_session(fields, ())
        read = [
            archived_message(_an_object(message), session.session.id, index)
            for index, message in enumerate(messages, 1)
        ]
    except Malformed as error:
        yield Unreadable(place=entry.place, reason=str(error))
        return
    yield session.replace(messages=tuple(read))


def _an_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("a message is no object")
    return value


class _Lines:
    """JSON Lines, of which no more is in memory than some messages."""

    def __init__(self, source: ImportSource) -> None:
        self._lines = line_values(source)
        self._next: tuple[int, int, Any, str] | None = None
        self._newer = _Newer()
        self._plain = PlainMessages()

    def sessions(self) -> Iterator[ArchivedSession | Unreadable | Remark]:
        while (line := self._peek()) is not None:
            self._next = None
            number, _, fields, error = line
            place = _place(number)
            if error or not isinstance(fields, dict):
                yield Unreadable(place=place, reason=error or "no JSON object")
            elif fields.get("type") == "session":
                yield from self._newer.remarks(fields)
                yield from self._session(place, fields)
            elif fields.get("type") == "message":
                yield Unreadable(place=place, reason="a message without its session")
                self._skip()
            else:
                yield Remark(text=f"{place}: unknown, and left out: {str(fields)[:60]}")

    def messages(self, session_id: str) -> Iterator[PlainMessage | ArchivedMessage]:
        """Those below its line. Raises ImportFailed for one that can't be read: the session is not
        whole without it.
        """
        index = 0
        line = self._peek()
        while line is not None and _may_be_message(line):
            self._next = None
            index += 1
            number, _, fields, error = line
            try:
                if error:
                    raise Malformed(error)
                fields = _an_object(fields)
                plain = self._plain.of(fields, index)
                yield archived_message(fields, session_id, index) if plain is None else plain
            except Malformed as fault:
                raise ImportFailed(f"{_place(number)}: {fault}") from None
            self._next = line = next(self._lines, None)

    def _session(
        self, place: str, fields: dict[str, Any]
    ) -> Iterator[ArchivedSession | Unreadable]:
        try:
            session = archived_session(fields, ())
        except Malformed as error:
            yield Unreadable(place=place, reason=str(error))
        else:
            yield session.replace(messages=_Messages(self, session.session.id))
        self._skip()

    def _skip(self) -> None:
        """Go on to the next session."""
        while (line := self._peek()) is not None and _may_be_message(line):
            self._next = None

    def _peek(self) -> tuple[int, int, Any, str] | None:
        if self._next is None:
            self._next = next(self._lines, None)
        return self._next


class _Messages(Streamed):
    """The messages of the session that the lines are at."""

    def __init__(self, lines: _Lines, session_id: str) -> None:
        self._lines = lines
        self._session_id = session_id

    def pages(self) -> Iterator[list[PlainMessage | ArchivedMessage]]:
        """See Streamed."""
        messages = self._lines.messages(self._session_id)
        while page := [*islice(messages, _AT_ONCE)]:
            yield page

    def __iter__(self) -> Iterator[ArchivedMessage]:
        """See Streamed."""
        for one in self._lines.messages(self._session_id):
            yield whole_message(one, self._session_id)


def _place(number: int) -> str:
    return f"line {number:,}"


def _may_be_message(line: tuple[int, int, Any, str]) -> bool:
    """What can't be read may have been one: the session above it is then not whole."""
    _, _, value, error = line
    return bool(error) or not isinstance(value, dict) or value.get("type") == "message"
