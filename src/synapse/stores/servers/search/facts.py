"""What is to be known of messages and their sessions before their texts are looked at.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.domain import Role
from synapse.stores import _rows
from synapse.stores.search_judging import is_searched, text_of
from synapse.stores.servers import _values
from synapse.timestamps import microseconds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal

    from synapse.domain import Attachment
    from synapse.search_query import SearchQuery
    from synapse.stores.search_properties import Required, SessionFacts
    from synapse.stores.servers.dialect import Connection, Rows

_ROLES = {role.value: role for role in Role}
_AT_ONCE = 500
"""Ids of a statement."""


class Candidate:
    """A message that may be a hit: a row of the statements in search.sql."""

    __slots__ = ("_facts", "_row", "id", "place", "session_id", "text", "time")

    def __init__(self, row: tuple[Any, ...], facts: Facts, text: str) -> None:
        self._facts = facts
        self._row = row
        self.session_id: str = row[0]
        self.id: str = row[1]
        self.time = microseconds_of(row[3])
        self.place: tuple[int, str, int] = (row[4], row[0], row[2])
        self.text = text

    @property
    def seq(self) -> int:
        """The number of the message in its session."""
        found: int = self._row[2]
        return found

    @property
    def timestamp(self) -> Any:
        """The time as it is stored."""
        return self._row[3]

    @property
    def added(self) -> int:
        """When it came into the store."""
        return self.place[0]

    @property
    def role(self) -> Role:
        """Who said it; of an unknown one, a tool."""
        return _ROLES.get(self._row[5], Role.TOOL)

    @property
    def provider(self) -> str | None:
        """What answered, if that is known."""
        found: str | None = self._row[6]
        return found

    @property
    def model(self) -> str | None:
        """What answered, if that is known."""
        found: str | None = self._row[7]
        return found

    @property
    def is_streaming(self) -> bool:
        """Whether it is an answer that is being received."""
        return bool(self._row[8] == "streaming")

    @property
    def attachment_count(self) -> int:
        """Of all, those that an agent has read, too."""
        found: int = self._row[9]
        return found

    def has_attachment(self) -> bool:
        """Whether it has one that is sent; has to be looked up."""
        return any(file.is_sent for file in self._facts.attachments(self))


class Facts:
    """Judges by what is cheap to know, and remembers it of sessions."""

    def __init__(self, connection: Connection, query: SearchQuery) -> None:
        self._connection = connection
        self._statements = connection.dialect.statements("search")
        self._deleted = query.deleted
        self._in_reasoning = query.in_reasoning
        self._required: Required | None = None
        """None if any message of the sessions in question may be found."""
        if query.has_properties:
            from synapse.stores.search_properties import Required

            self._required = Required(query)
        self._sessions: dict[str, SessionFacts | Literal[True] | None] = {}
        """By id; None if no message may be found, True if nothing more is asked of it."""

    def candidates(self, rows: Rows) -> list[Candidate]:
        """Of rows whose last column is the text."""
        return [Candidate(row, self, self._text(row)) for row in rows]

    def _text(self, row: tuple[Any, ...]) -> str:
        text: str = row[10]
        if row[8] != "streaming":
            return text
        values = {
            "session_id": row[0],
            "message_id": row[1],
            "reasoning": self._in_reasoning,
        }
        return text + "".join(
            piece for (piece,) in self._connection.read(self._statements["chunks"], values)
        )

    def learn(self, batch: list[Candidate]) -> None:
        """Read what is not known yet of the sessions of these."""
        unknown = {one.session_id for one in batch} - self._sessions.keys()
        self._sessions |= dict.fromkeys(unknown)
        for ids in pages(unknown):
            for row in self._connection.read(self._statements["session_facts"], {"ids": ids}):
                self._sessions[row[0]] = self._allowed(row)

    def _allowed(self, row: tuple[Any, ...]) -> SessionFacts | Literal[True] | None:
        if self._required is None:
            return True if bool(row[1]) == self._deleted else None
        facts = _session_facts(row)
        return facts if self._required.allows_session(row[0], facts) else None

    def described(self, *, deleted: bool, tagged: bool) -> list[str]:
        """The sessions that may be meant by their names, titles or tags."""
        values = {"deleted": deleted, "tagged": tagged}
        found = self._connection.read(self._statements["described"], values)
        return [row[0] for row in found if self._allowed(row)]

    def message_count(self, session_ids: list[str]) -> int:
        """Of sessions, together."""
        query = self._statements["messages_of_sessions"]
        return sum(
            int(count)
            for ids in pages(session_ids)
            for (count,) in self._connection.read(query, {"ids": ids})
        )

    def allow(self, candidate: Candidate) -> bool:
        """Whether the message may be found, as far as its text does not decide."""
        session = self._sessions.get(candidate.session_id)
        if session is None or session is True or self._required is None:
            return session is True
        return self._required.allows(candidate, session)

    def attachments(self, candidate: Candidate) -> list[Attachment]:
        """What goes with the message."""
        if not candidate.attachment_count:
            return []
        query = self._connection.dialect.statements("queries")["get_attachments"]
        values = {"session_id": candidate.session_id, "message_id": candidate.id}
        return [_rows.attachment(row) for row in self._connection.read(query, values)]

    def texts_of_files(self, candidate: Candidate) -> list[str]:
        """Of those that are searched."""
        attached = self.attachments(candidate)
        return [text_of(file) for file in attached if is_searched(file)]


def pages(ids: Iterable[str]) -> Iterable[tuple[str, ...]]:
    """For `IN`: what has the form of an id, some at a time."""
    known = [id for id in ids if _values.is_id(id)]
    for first in range(0, len(known), _AT_ONCE):
        yield tuple(known[first : first + _AT_ONCE])


def _session_facts(row: tuple[Any, ...]) -> SessionFacts:
    from synapse.stores.search_properties import SessionFacts

    _, deleted, name, title, provider, model, tag_keys = row
    return SessionFacts(
        deleted=bool(deleted),
        name=name,
        title=title,
        provider=provider,
        model=model,
        tags=tuple((tag_keys or "").split()),
    )
