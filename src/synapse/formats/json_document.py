"""One JSON document with all sessions, each with its messages inside."""

from __future__ import annotations

import json

from synapse.formats._json_objects import message_object, session_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from synapse.archived import ArchivedSession

ARCHIVE = "synapse-archive"
"""The `format` of a document that holds several sessions."""
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class JsonExporter:
    """See Exporter. A session is an object of its own if it is the only one."""

    def write(self, sessions: Iterable[ArchivedSession], file: BinaryIO) -> None:
        """See Exporter."""
        remaining = iter(sessions)
        first, second = next(remaining, None), next(remaining, None)
        if first is not None and second is None:
            _write_session(first, file)
            file.write(b"\n")
            return
        file.write(f'{{"format": "{ARCHIVE}", "version": 1, "sessions": ['.encode())
        separator = b"\n"
        for archived in _chained(first, second, remaining):
            file.write(separator)
            _write_session(archived, file)
            separator = b",\n"
        file.write(b"\n]}\n")


def _chained(
    first: ArchivedSession | None,
    second: ArchivedSession | None,
    others: Iterable[ArchivedSession],
) -> Iterable[ArchivedSession]:
    yield from (one for one in (first, second) if one is not None)
    yield from others


def _write_session(archived: ArchivedSession, file: BinaryIO) -> None:
    head = _encode(session_object(archived))
    file.write(_bytes(head[:-1] + ', "messages": ['))
    separator = "\n "
    for message in archived.messages:
        file.write(_bytes(separator + _encode(message_object(message))))
        separator = ",\n "
    file.write(b"\n]}")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
