"""Whether a message and its session are what a query requires: the same for every engine."""

from __future__ import annotations

from synapse.record import Record
from synapse.search_query import Properties
from synapse.stores._text import folded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from synapse.domain import Role
    from synapse.search_query import SearchQuery
else:
    Protocol = object


class SessionFacts(Record):
    """What a query may ask of a session."""

    deleted: bool
    name: str | None
    title: str | None
    provider: str
    model: str
    tags: tuple[str, ...]
    """As they are compared."""


class MessageFacts(Protocol):
    """What a query may ask of a message."""

    session_id: str

    @property
    def role(self) -> Role:
        """Who said it."""

    @property
    def provider(self) -> str | None:
        """What answered, if that is known."""

    @property
    def model(self) -> str | None:
        """What answered, if that is known."""

    def has_attachment(self) -> bool:
        """Whether it has one that is sent; may have to be looked up."""


class Required:
    """The properties of a query, ready to be compared."""

    def __init__(self, query: SearchQuery) -> None:
        self._deleted = query.deleted
        self._with = _Properties(query)
        self._without = _Properties(query.without)
        asked = query.roles, query.models, query.providers, query.has_attachment
        self._asks_nothing = not any(asked) and query.without == Properties()

    def allows_session(self, session_id: str, session: SessionFacts) -> bool:
        """Whether any message of the session may be found."""
        return session.deleted == self._deleted and self._with.may_belong_to(session_id, session)

    def allows(self, message: MessageFacts, session: SessionFacts) -> bool:
        """Whether the message may be found, its session being allowed."""
        if self._asks_nothing:
            return True
        return self._with.hold(message, session) and not self._without.any_holds(message, session)


class _Properties:
    def __init__(self, which: Properties) -> None:
        self.roles = frozenset(which.roles)
        self.models = tuple(map(folded, which.models))
        self.providers = tuple(map(folded, which.providers))
        self.names = tuple(map(folded, which.names))
        self.tags = frozenset(map(folded, which.tags))
        self.session_ids = frozenset(which.session_ids)
        self.has_attachment = which.has_attachment

    def may_belong_to(self, session_id: str, session: SessionFacts) -> bool:
        return (
            (not self.session_ids or session_id in self.session_ids)
            and (not self.names or self._is_named(session))
            and (not self.tags or not self.tags.isdisjoint(session.tags))
        )

    def hold(self, message: MessageFacts, session: SessionFacts) -> bool:
        """Whether everything holds that is asked of the message itself."""
        return (
            (not self.roles or message.role in self.roles)
            and (not self.models or self._is_of_model(message, session))
            and (not self.providers or self._is_of_provider(message, session))
            and (not self.has_attachment or message.has_attachment())
        )

    def any_holds(self, message: MessageFacts, session: SessionFacts) -> bool:
        return (
            message.role in self.roles
            or message.session_id in self.session_ids
            or (bool(self.models) and self._is_of_model(message, session))
            or (bool(self.providers) and self._is_of_provider(message, session))
            or (bool(self.names) and self._is_named(session))
            or not self.tags.isdisjoint(session.tags)
            or (self.has_attachment and message.has_attachment())
        )

    def _is_named(self, session: SessionFacts) -> bool:
        texts = [folded(text) for text in (session.name, session.title) if text is not None]
        return any(part in text for text in texts for part in self.names)

    def _is_of_model(self, message: MessageFacts, session: SessionFacts) -> bool:
        model = folded(session.model if message.model is None else message.model)
        return any(part in model for part in self.models)

    def _is_of_provider(self, message: MessageFacts, session: SessionFacts) -> bool:
        provider = session.provider if message.provider is None else message.provider
        return folded(provider) in self.providers
