"""What was found in an export, and where."""

from __future__ import annotations

from synapse.app.redaction.kinds import KINDS, Kind
from synapse.record import Record

_NUMBERS_KEPT = 20


class Place(Record):
    """Where in one session something was found."""

    session: str
    """Its handle."""
    messages: tuple[int, ...]
    """Numbers of messages, the first few; 0 stands for what is said of the session itself."""
    message_count: int
    """Of all of them."""
    counts: tuple[tuple[Kind, int], ...]


class Report(Record):
    """What was found in an export."""

    counts: tuple[tuple[Kind, int], ...]
    """How many different ones of each kind, in the order of KINDS; none that is 0."""
    places: tuple[Place, ...]
    """The first sessions, in the order of the export."""
    session_count: int
    """Sessions with a finding in all."""
    unseen: int = 0
    """Attachments that nobody can look into: images."""


class Collected:
    """What is found in one session, while it is."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.number = 0
        self._messages: list[int] = []
        self._message_count = 0
        self._last = -1
        self._counts: dict[str, int] = {}

    def note(self, kind: Kind) -> None:
        self._counts[kind.name] = self._counts.get(kind.name, 0) + 1
        if self.number != self._last:
            self._last = self.number
            self._message_count += 1
            if len(self._messages) < _NUMBERS_KEPT:
                self._messages.append(self.number)

    def told(self) -> Place:
        return Place(
            session=self.session,
            messages=tuple(self._messages),
            message_count=self._message_count,
            counts=tuple((k, self._counts[k.name]) for k in KINDS if k.name in self._counts),
        )
