"""Chats of Open WebUI: an export as JSON, or the database `webui.db`."""

from __future__ import annotations

import os
from pathlib import Path

from synapse.archived import Unreadable
from synapse.formats import _branches
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, items, key, objects, text
from synapse.formats._providers import provider_of_model
from synapse.formats.apps._kept import kept
from synapse.formats.apps._open_webui_messages import add_message
from synapse.formats.reading.databases import opened, tables_of
from synapse.formats.reading.json_values import entries, parsed, whole
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.ports import ImportSource

PROGRAM = "open-webui"
_TAKEN = frozenset("id title chat created_at updated_at pinned".split())
_TAKEN_OF_CHAT = frozenset("id title history messages tags timestamp system".split())


def places() -> list[Path]:
    """The database on this machine, where it was said to be."""
    folder = os.environ.get("DATA_DIR")
    path = Path(folder) / "webui.db" if folder else None
    return [path] if path is not None and path.is_file() else []


class OpenWebUiImporter:
    """Reads an export of one or all chats, or the database."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether it is one of these."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form is Form.SQLITE:
            return {"id", "title", "chat"} <= set(tables_of(source).get("chat", ()))
        return shape.form in (Form.ARRAY, Form.OBJECT) and _is_chat(shape.first)

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """The chats, one after the other, with their branches."""
        form = shape_of(source).form
        if form is Form.SQLITE:
            yield from _of_database(source)
        elif form is Form.ARRAY:
            for entry in entries(source):
                if entry.error or not isinstance(entry.value, dict):
                    yield Unreadable(place=entry.place, reason=entry.error or "no object")
                else:
                    yield from _sessions(entry.value, source, entry.place)
        else:
            yield from _sessions(fields(whole(source)), source, source.name)


def _is_chat(value: dict[str, Any]) -> bool:
    chat = value.get("chat", value)
    if not isinstance(chat, dict):
        return False
    history = chat.get("history")
    if isinstance(history, dict) and "messages" in history:
        return True
    return "chat" in value and isinstance(chat.get("messages"), list)


def _of_database(source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
    with opened(source) as database:
        order = "ORDER BY created_at, id" if database.has("chat", "created_at") else "ORDER BY id"
        for row in database.records("chat", order):
            place = f"chat {key(row.get('id'))}"
            try:
                for name in ("chat", "meta"):
                    if isinstance(row.get(name), str):
                        row[name] = parsed(row[name].encode())
            except ValueError as error:
                yield Unreadable(place=place, reason=str(error))
                continue
            yield from _sessions(row, source, place)


def _sessions(
    value: dict[str, Any], source: ImportSource, place: str
) -> Iterator[ArchivedSession | Unreadable]:
    chat = fields(value.get("chat")) or (value if "history" in value else {})
    messages = _messages(chat)
    if not messages:
        if not isinstance(fields(chat.get("history")).get("messages"), dict) and not isinstance(
            chat.get("messages"), list
        ):
            yield Unreadable(place=place, reason='no "messages"')
        return
    id = first_text(value.get("id"), chat.get("id")) or _beginning(messages)
    models = [name for name in items(chat.get("models")) if isinstance(name, str) and name]
    parameters = fields(chat.get("params"))
    tags = [*items(fields(value.get("meta")).get("tags")), *items(chat.get("tags"))]

    def begin(branch: str | None) -> SessionBuilder:
        is_main = branch is None
        extra = kept(value, (*_TAKEN, *(_TAKEN_OF_CHAT if chat is value else ())))
        if chat is not value and (inner := kept(chat, _TAKEN_OF_CHAT)):
            extra["chat"] = inner
        return SessionBuilder(
            PROGRAM,
            id if is_main else f"{id}#{branch}",
            started=moment(value.get("created_at")) or moment(chat.get("timestamp")),
            used=moment(value.get("updated_at")) if is_main else None,
            fallback=source.modified_at,
            title=first_text(value.get("title"), chat.get("title")),
            provider=provider_of_model(models[-1]) if models else None,
            model=models[-1] if models else None,
            system_prompt=first_text(chat.get("system"), parameters.get("system")),
            pinned=value.get("pinned") in (True, 1) and is_main,
            tags=dict.fromkeys(filter(None, map(_tag, tags))),
            extra=extra if is_main else {},
        )

    def add(session: SessionBuilder, node: str) -> None:
        add_message(session, node, messages[node])

    parents = {node: key(message.get("parentId")) or None for node, message in messages.items()}
    current = key(fields(chat.get("history")).get("currentId")) or None
    yield from _branches.sessions(parents, current, begin, add)


def _messages(chat: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By id, each with its parent. The oldest exports have no tree but a list, where each follows
    the one before it.
    """
    tree = fields(fields(chat.get("history")).get("messages"))
    found = {node: each for node, each in tree.items() if isinstance(each, dict)}
    if found:
        return found
    last = ""
    for number, message in enumerate(objects(chat.get("messages")), 1):
        node = key(message.get("id")) or f"#{number}"
        if node in found:
            node = f"{node}#{number}"
        found[node] = {**message, "parentId": last}
        last = node
    return found


def _tag(value: object) -> str:
    return text(value) or first_text(fields(value).get("name"), fields(value).get("id"))


def _beginning(messages: dict[str, dict[str, Any]]) -> str:
    """What tells a chat without an id apart."""
    first = next(iter(messages.items()))
    return f"{first[0]} {first[1].get('timestamp')} {text(first[1].get('content'))[:200]}"
