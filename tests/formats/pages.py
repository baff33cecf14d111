"""Sessions to write pages of, and the parser that looks at them."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from synapse import ids
from synapse.archived import ArchivedMessage, ArchivedSession
from synapse.domain import Role, Session, StoredMessage
from synapse.formats.html.page import HtmlExporter

if TYPE_CHECKING:
    from collections.abc import Iterable

BEGAN = datetime(2026, 11, 23, 18, 2, 11, tzinfo=UTC)


def message(role: Role, content: str, **fields: Any) -> StoredMessage:
    """A message; `archived` says where it stands."""
    return StoredMessage.new("", role, content).replace(**fields)


def asked(content: str, **fields: Any) -> StoredMessage:
    return message(Role.USER, content, **fields)


def answered(content: str, **fields: Any) -> StoredMessage:
    return message(Role.ASSISTANT, content, **fields)


def archived(
    *messages: StoredMessage, tags: tuple[str, ...] = (), **fields: Any
) -> ArchivedSession:
    """A session of these messages, a minute apart."""
    session = Session(
        **{
            "id": ids.new_id(),
            "provider": "echo",
            "model": "echo-1",
            "created_at": BEGAN,
            "updated_at": BEGAN + timedelta(hours=1),
            **fields,
        }
    )

    def numbered() -> Iterable[ArchivedMessage]:
        for index, each in enumerate(messages, 1):
            when = BEGAN + timedelta(minutes=index)
            yield ArchivedMessage(
                message=each.replace(session_id=session.id, index=index, timestamp=when)
            )

    return ArchivedSession(session=session, messages=numbered(), tags=tags)


def page(*messages: StoredMessage, **fields: Any) -> str:
    """The page of such a session."""
    file = io.BytesIO()
    HtmlExporter().write([archived(*messages, **fields)], file)
    return file.getvalue().decode()


class Read(HTMLParser):
    """What a page says and what it is made of; `of` is asked for both."""

    _VOID = frozenset(("meta", "link", "br", "hr", "img", "input"))

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.unbalanced: list[str] = []
        self._texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(source)
        self.close()
        self.unbalanced += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self._VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()
        else:
            self.unbalanced.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        for name in set(self._open):
            self._texts.setdefault(name, []).append(data)

    def text(self, within: str = "main") -> str:
        """All text within elements of one name."""
        return "".join(self._texts.get(within, []))

    def all(self, name: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of one name."""
        return [attributes for tag, attributes in self.elements if tag == name]
