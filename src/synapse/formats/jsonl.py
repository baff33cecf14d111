"""JSON Lines: one line a session, and one for each of its messages below it.

Files can be put one behind the other, cut between sessions, and read line by line.
"""

from __future__ import annotations

import json

from synapse.formats._json_objects import message_object, session_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from synapse.archived import ArchivedSession

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class JsonlExporter:
    """See Exporter."""

    def write(self, sessions: Iterable[ArchivedSession], file: BinaryIO) -> None:
        """See Exporter."""
        for archived in sessions:
            file.write(_line({"type": "session", **session_object(archived)}))
            for message in archived.messages:
                file.write(_line({"type": "message", **message_object(message)}))


def _line(value: object) -> bytes:
    return _encode(value).encode("utf-8", "replace") + b"\n"
