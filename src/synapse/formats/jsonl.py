"""JSON Lines: one line a session, and one for each of its messages below it.

Files can be put one behind the other, cut between sessions, and read line by line.
"""

from __future__ import annotations

import json

from synapse.archived import Streamed
from synapse.domain import Usage
from synapse.formats._json_objects import message_object, session_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from synapse.archived import ArchivedSession, PlainMessage

_quoted = json.encoder.encode_basestring
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


_MOST_ENDS = 1000
_UNPRICED = (None,) * 5
"""What a PlainMessage says of caches, thoughts and costs where nothing is known of them."""


class JsonlExporter:
    """See Exporter."""

    def write(self, sessions: Iterable[ArchivedSession], file: BinaryIO) -> None:
        """See Exporter."""
        ends = _Ends()
        for archived in sessions:
            file.write(_line({"type": "session", **session_object(archived)}))
            messages = archived.messages
            for page in messages.pages() if isinstance(messages, Streamed) else [messages]:
                for one in page:
                    if isinstance(one, tuple):
                        file.write(_plain_line(one, ends))
                    else:
                        file.write(_line({"type": "message", **message_object(one)}))


def _plain_line(message: PlainMessage, ends: _Ends) -> bytes:
    """What `message_object` would tell of it."""
    id, role, content, timestamp, reasoning = message[:5]
    thought = f',"reasoning":{_quoted(reasoning)}' if reasoning else ""
    return (
        f'{{"type":"message","id":{_quoted(id)},"role":"{role}","content":{_quoted(content)}'
        f',"timestamp":"{timestamp}"{thought}{ends[message[5:16]]}\n'
    ).encode()


class _Ends(dict[tuple[object, ...], str]):
    """What comes behind the texts of a message, which is the same of many."""

    def __missing__(self, told: tuple[object, ...]) -> str:
        finish_reason, provider, model, sent, received, elapsed_ms = told[:6]
        counts: dict[str, object] = {"input_tokens": sent, "output_tokens": received}
        if told[6:] != _UNPRICED:
            counts |= zip(Usage._fields[2:], told[6:], strict=True)
        usage = {name: count for name, count in counts.items() if count is not None}
        fields = {
            "finish_reason": finish_reason,
            "provider": provider,
            "model": model,
            "usage": usage or None,
            "elapsed_ms": elapsed_ms,
        }
        known = {name: value for name, value in fields.items() if value is not None}
        end = f",{_encode(known)[1:]}" if known else "}"
        if not usage and elapsed_ms is None and len(self) < _MOST_ENDS:
            self[told] = end
        return end


def _line(value: object) -> bytes:
    return _encode(value).encode("utf-8", "replace") + b"\n"
