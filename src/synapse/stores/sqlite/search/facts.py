"""What is to be known of messages and their sessions before their texts are looked at.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.domain import Role
from synapse.stores import _rows
from synapse.stores.sqlite._statements import QUERIES as STORE_QUERIES
from synapse.stores.sqlite.search import QUERIES
from synapse.timestamps import microseconds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any, Literal

    from synapse.domain import Attachment
    from synapse.search_query import SearchQuery
    from synapse.stores.search_properties import Required, SessionFacts
    from synapse.stores.sqlite.connection import Connection

_ROLES = {role.value: role for role in Role}


class Candidate:
    """A message that may be a hit: a row of the statements `rows` or `kept_rows`."""

    __slots__ = ("_facts", "_row", "is_kept", "place", "session_id", "time")

    def __init__(self, row: tuple[Any, ...], facts: Facts, *, is_kept: bool = False) -> None:
        self._facts = facts
        self._row = row
        self.place: int = row[0]
        self.session_id: str = _rows.text(row[1])
        self.time = microseconds_of(row[3])
        self.is_kept = is_kept

    # most are never judged, as enough has been found: nothing of the rest is made for them

    @property
    def seq(self) -> int:
        """The number of the message in its session; 0 if it has none."""
        return self._row[2] or 0

    @property
    def role(self) -> Role:
        """Who said it; of an unknown one, a tool."""
        return _ROLES.get(self._row[4], Role.TOOL)

    @property
    def provider(self) -> str | None:
        """What answered, if that is known."""
        found: str | None = _rows.text(self._row[5])
        return found

    @property
    def model(self) -> str | None:
        """What answered, if that is known."""
        found: str | None = _rows.text(self._row[6])
        return found

    @property
    def attachment_count(self) -> int:
        """Of all, those that an agent has read, too."""
        found: int = self._row[8]
        return found

    @property
    def text(self) -> str:
        """What is searched; empty if there is none."""
        found: str | None = _rows.text(self._row[9])
        return found or ""

    @property
    def id(self) -> str:
        """The id of the message."""
        found: str = _rows.text(self._row[10])
        return found

    def has_attachment(self) -> bool:
        """Whether it has one that is sent; has to be looked up."""
        return self._facts.has_attachment(self)


class Facts:
    """Judges by what is cheap to know, and remembers it of sessions."""

    def __init__(self, connection: Connection, query: SearchQuery) -> None:
        self._connection = connection
        self._deleted = query.deleted
        self._required: Required | None = None
        """None if any message of the sessions in question may be found."""
        if query.has_properties:
            from synapse.stores.search_properties import Required

            self._required = Required(query)
        self._sessions: dict[tuple[str, bool], SessionFacts | Literal[True] | None] = {}
        """By id, and whether another program has deleted it; None if no message may be found, True
        if nothing more is asked of it.
        """

    def learn(self, batch: list[Candidate]) -> None:
        """Read what is not known yet of the sessions of these."""
        for is_kept, query in ((False, "sessions"), (True, "kept")):
            ids = {c.session_id for c in batch if c.is_kept == is_kept}
            unknown = [id for id in ids if (id, is_kept) not in self._sessions]
            if not unknown:
                continue
            for id in unknown:
                self._sessions[id, is_kept] = None
            for row in self._connection.read(QUERIES[query], {"ids": as_json(unknown)}):
                self._sessions[_rows.text(row[0]), is_kept] = self._allowed(row)

    def _allowed(self, row: tuple[Any, ...]) -> SessionFacts | Literal[True] | None:
        if self._required is None:
            return True if bool(row[1]) == self._deleted else None
        id, facts = session_facts(row)
        return facts if self._required.allows_session(id, facts) else None

    def described(self, *, deleted: bool, tagged: bool) -> list[str]:
        """The sessions that may be meant by their names, titles or tags."""
        values = {"deleted": deleted, "tagged": tagged}
        found = self._connection.read(QUERIES["described"], values)
        return [_rows.text(row[0]) for row in found if self._allowed(row)]

    def allow(self, candidate: Candidate) -> bool:
        """Whether the message may be found, as far as its text does not decide."""
        session = self._sessions.get((candidate.session_id, candidate.is_kept))
        if session is None or session is True or self._required is None:
            return session is True
        return self._required.allows(candidate, session)

    def has_attachment(self, candidate: Candidate) -> bool:
        """Whether the message has one that is sent."""
        return any(file.is_sent for file in self.attachments(candidate))

    def attachments(self, candidate: Candidate) -> list[Attachment]:
        """What goes with the message."""
        if not candidate.attachment_count:
            return []
        queries = STORE_QUERIES
        if candidate.is_kept:
            from synapse.stores.sqlite import _externally_deleted  # few archives have any

            queries = _externally_deleted.QUERIES
        values = {"session_id": candidate.session_id, "message_id": candidate.id}
        found = self._connection.read(queries["get_attachments"], values)
        return [_rows.attachment(row) for row in found]


def session_facts(row: tuple[Any, ...]) -> tuple[str, SessionFacts]:
    """From a row of the statements `sessions`, `kept` and `described`."""
    from synapse.stores.search_properties import SessionFacts

    id, deleted, name, title, provider, model, tag_keys = row
    facts = SessionFacts(
        deleted=bool(deleted),
        name=_rows.text(name),
        title=_rows.text(title),
        provider=_rows.text(provider) or "",
        model=_rows.text(model) or "",
        tags=tuple(str(_rows.text(tag_keys) or "").split()),
    )
    return _rows.text(id), facts


def as_json(values: Collection[str | int]) -> str:
    """For json_each."""
    if any(isinstance(value, str) and not _is_simple(value) for value in values):
        from synapse.light import json  # for ids that others made

        return json.encoder()(list(values))
    encoded = [f'"{value}"' if isinstance(value, str) else str(value) for value in values]
    return f"[{','.join(encoded)}]"


def _is_simple(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum()
