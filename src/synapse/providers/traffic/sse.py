"""Server-sent events: bytes, split anywhere, become events. Pure.

WHATWG HTML §9.2: lines end with LF, CR or CRLF; a leading BOM and lines that begin with a colon
say nothing; the `data` lines of an event are joined by LF; an empty line ends it. `id` and
`retry` are for reconnecting, which nobody does to an answer.
"""

from __future__ import annotations

LONGEST_EVENT = 16 * 2**20
"""Bytes that a line, or the data of an event, may have before it counts as an attack."""

_LINE_COST = 32
"""Bytes of memory that a line takes beside its own: a million empty ones are no small event."""

_BOM = b"\xef\xbb\xbf"


class TooLong(ValueError):
    """A line or an event has more than LONGEST_EVENT bytes."""


class EventParser:
    """Takes bytes as they come, gives `(type, data)` pairs; the type is b"" if none was named."""

    __slots__ = ("_begun", "_data", "_data_size", "_pending", "_pending_size", "_skip_lf", "_type")

    def __init__(self) -> None:
        self._pending: list[bytes] = []  # pieces of a line whose end has not come
        self._pending_size = 0
        self._data: list[bytes] = []
        self._data_size = 0
        self._type = b""
        self._begun = False
        self._skip_lf = False

    def feed(self, piece: bytes) -> list[tuple[bytes, bytes]]:
        """The events that these bytes complete. Raises TooLong."""
        if self._skip_lf and piece:  # the second half of a CRLF that was split
            self._skip_lf = False
            if piece[0] == 10:
                piece = piece[1:]
        lines = piece.splitlines()
        if not lines:
            return []
        last = piece[-1]
        ended = last == 10 or last == 13
        if self._pending:
            if len(lines) == 1 and not ended:
                self._keep(piece)
                return []
            lines[0] = b"".join((*self._pending, lines[0]))
            self._pending.clear()
            self._pending_size = 0
        if ended:
            self._skip_lf = last == 13
        else:
            self._keep(lines.pop())
        return self._read(lines)

    def close(self) -> list[tuple[bytes, bytes]]:
        """The event that the end of the stream cut off before its empty line, if it has data.

        The standard drops it; some servers end on `data: [DONE]` without a line end.
        """
        lines = [b"".join(self._pending)] if self._pending else []
        self._pending.clear()
        return self._read([*lines, b""])

    @property
    def is_between_events(self) -> bool:
        """Whether the next byte is the first of an event, or of nothing."""
        return self._begun and not (self._pending or self._data or self._type or self._skip_lf)

    @property
    def is_in_data(self) -> bool:
        """Whether the data of an event has begun to come, and not ended."""
        return bool(self._data) or bool(self._pending and self._pending[0].startswith(b"data"))

    def _keep(self, piece: bytes) -> None:
        self._pending_size += len(piece)
        if self._pending_size > LONGEST_EVENT:
            raise TooLong
        self._pending.append(piece)

    def _read(self, lines: list[bytes]) -> list[tuple[bytes, bytes]]:
        if not self._begun and lines:
            self._begun = True
            lines[0] = lines[0].removeprefix(_BOM)
        events = []
        for line in lines:
            if not line:
                if self._data:
                    events.append((self._type, b"\n".join(self._data)))
                    self._data = []
                    self._data_size = 0
                self._type = b""
            elif line.startswith(b"data: "):
                self._add(line[6:])
            else:
                self._field(line)
        return events

    def _add(self, value: bytes) -> None:
        self._data_size += len(value) + _LINE_COST
        if self._data_size > LONGEST_EVENT:
            raise TooLong
        self._data.append(value)

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._add(value)
        elif name == b"event":
            self._type = value
