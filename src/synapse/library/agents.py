"""The history of an agent of openai-agents, kept in a store: an adapter for its `Session` protocol.

Every item of a history is one message, in order, that the other commands can show:

- What a user, an assistant or the system says is a message of that role; the rest, calls of tools,
  what these returned and what a model thought, is a message of the role `tool`, as a text.
- An item that such a message does not give back exactly is attached to it as JSON, with the source
  `agent`: it comes back equal, and is never sent to a model by Synapse itself.
- Items that are taken back are marked as superseded, and are kept.

What was said with Synapse, at the prompt or by `reply`, is a part of the agent's history, too.
"""

from __future__ import annotations

import asyncio
import json
import threading
from base64 import b64encode
from typing import TYPE_CHECKING

from synapse.app.attachments import message_parts
from synapse.app.names import check_name
from synapse.domain import AGENT, Attachment, Role, Session, StoredMessage
from synapse.errors import InvalidDataError, NameTaken, NotFoundError
from synapse.ids import hyphenated
from synapse.ports import ImageSupport
from synapse.providers import PROVIDERS

if TYPE_CHECKING:
    from typing import Any

    from agents import SessionSettings, TResponseInputItem

    from synapse.app.attachments import MessageParts
    from synapse.ports import SessionStore

    Item = dict[str, Any]
    """A TResponseInputItem of openai-agents, whatever its type."""

_ROLES = {
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
}
_ANY_IMAGE = ImageSupport(
    media_types=("image/png", "image/jpeg", "image/gif", "image/webp"), max_bytes=1 << 62
)


class AgentsSession:
    """A `Session` of openai-agents, for `Runner.run(…, session=AgentsSession(store, "user 42"))`.

    `session_id` is a session's name, or a UUID, which is its id. The session is created with its
    first item; `provider` and `model` are what `synapse` then goes on with. The store stays the
    caller's. Methods raise StorageError.
    """

    session_settings: SessionSettings | None = None
    """The protocol's: how many items are read where nobody says how many."""

    def __init__(
        self,
        store: SessionStore,
        session_id: str,
        *,
        provider: str = "openai",
        model: str | None = None,
        session_settings: SessionSettings | None = None,
    ) -> None:
        """Raises UsageError for an id that is neither a UUID nor a possible name."""
        self._store = store
        self._uuid = _uuid(session_id)
        self.session_id = session_id if self._uuid else check_name(session_id)
        self.session_settings = session_settings
        row = PROVIDERS.get(provider)
        self._new = (provider, model or (row and row.default_model) or "")
        self._id: str | None = None
        self._lock = threading.Lock()

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """The history, the oldest item first; of more than `limit` items, the latest."""
        if limit is None and self.session_settings is not None:
            from agents.memory.session_settings import resolve_session_limit  # optional

            limit = resolve_session_limit(limit, self.session_settings)
        items = [item for _, item in await asyncio.to_thread(self._locked, self._items)]
        return items if limit is None else items[len(items) - max(0, min(limit, len(items))) :]

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Append the items; the session is created if there is none."""
        if items:
            await asyncio.to_thread(self._locked, self._add, [_written(item) for item in items])

    async def pop_item(self) -> TResponseInputItem | None:
        """Take back the latest item; None if there is none."""
        popped: TResponseInputItem | None = await asyncio.to_thread(self._locked, self._pop)
        return popped

    async def clear_session(self) -> None:
        """Take back all items. They are kept, as superseded: `synapse sessions purge` destroys."""
        await asyncio.to_thread(self._locked, self._clear)

    def _locked(self, act: Any, *values: Any) -> Any:
        with self._lock:
            return act(*values)

    def _find(self) -> str | None:
        """The session's id. Looked for until it is there; from then on, its name may change."""
        if self._id is None and self._uuid:
            found = self._store.get_session(self._uuid)
            self._id = found.id if found else None
        elif self._id is None:
            named = self._store.find_by_name(self.session_id)
            self._id = named[0].session.id if named else None
        return self._id

    def _create(self) -> str:
        session = Session.new(*self._new)
        if self._uuid:
            session = session.replace(id=self._uuid)
        else:
            session = session.with_name(self.session_id)
        try:
            self._store.create_session(session)
        except (InvalidDataError, NameTaken):
            found = self._find()  # another process was quicker
            if found is None:
                raise
            return found
        self._id = session.id
        return session.id

    def _items(self) -> list[tuple[StoredMessage, Item]]:
        session_id = self._find()
        messages = self._store.get_messages(session_id) if session_id else []
        read = [(message, _read(message)) for message in messages if not message.superseded]
        return [(message, item) for message, item in read if item is not None]

    def _add(self, messages: list[tuple[Role, str, tuple[Attachment, ...]]]) -> None:
        session_id = self._find() or self._create()
        for role, content, attachments in messages:
            try:
                self._store.add_message(_message(session_id, role, content, attachments))
            except NotFoundError:  # it has been purged meanwhile: what is said begins it anew
                self._id = None
                session_id = self._find() or self._create()
                self._store.add_message(_message(session_id, role, content, attachments))

    def _pop(self) -> Item | None:
        items = self._items()
        if not items:
            return None
        message, item = items[-1]
        self._store.supersede_messages(message.session_id, message.index)
        return item

    def _clear(self) -> None:
        session_id = self._find()
        if session_id is not None:
            try:
                self._store.supersede_messages(session_id, 1)
            except NotFoundError:
                self._id = None  # it has been purged


def _uuid(text: str) -> str | None:
    digits = text.replace("-", "").lower()
    is_hex = len(digits) == 32 and all(digit in "0123456789abcdef" for digit in digits)
    return hyphenated(digits) if is_hex else None


def _message(
    session_id: str, role: Role, content: str, attachments: tuple[Attachment, ...]
) -> StoredMessage:
    return StoredMessage.new(session_id, role, content).replace(attachments=attachments)


# --------------------------------------------------------------------------- items and messages


def _written(item: Item) -> tuple[Role, str, tuple[Attachment, ...]]:
    """An item as a message: role, text, and itself as JSON where these don't say it all."""
    role = _ROLES.get(str(item.get("role", "")), Role.TOOL)
    content = _shown(item) if role is Role.TOOL else _text_of(item.get("content"))
    is_plain = bool(content) and role is not Role.TOOL and item == _plain(role, content)
    if is_plain and _is_storable(content):
        return role, content, ()
    # In ASCII, so that no character of it can be one that a store does not hold.
    exact = json.dumps(item, separators=(",", ":")).encode("ascii")
    attachment = Attachment(name="item.json", media_type="application/json", data=exact)
    return role, content, (attachment.replace(source=AGENT),)


def _read(message: StoredMessage) -> Item | None:
    """A message as an item; None for one that an agent can't be told: an answer of which nothing
    came, what a tool said to another program.
    """
    for attachment in message.attachments:
        if attachment.source == AGENT:
            exact: Item = json.loads(attachment.data)
            return exact
    if message.role is Role.TOOL:
        return None
    told = message_parts(message, _ANY_IMAGE)
    if told.images:
        return {"role": message.role.value, "content": _with_images(told)}
    return _plain(message.role, told.content) if told.content else None


def _plain(role: Role, content: str) -> Item:
    return {"role": role.value, "content": content}


def _with_images(told: MessageParts) -> list[Item]:
    images = [
        {
            "type": "input_image",
            "detail": "auto",
            "image_url": f"data:{image.media_type};base64,{b64encode(image.data).decode()}",
        }
        for image in told.images
    ]
    return [*images, *([{"type": "input_text", "text": told.content}] if told.content else [])]


def _text_of(content: object) -> str:
    """The texts of a message's content; what is none is named: `[input_image]`."""
    if isinstance(content, str):
        return content
    pieces = content if isinstance(content, list) else []
    return "\n\n".join(filter(None, map(_text_of_part, pieces)))


def _text_of_part(part: object) -> str:
    if not isinstance(part, dict):
        return ""
    for name in ("text", "refusal"):
        if isinstance(part.get(name), str):
            return str(part[name])
    return f"[{part.get('type', 'part')}]"


def _shown(item: Item) -> str:
    """An item that is no message as a reader of the session sees it."""
    kind = str(item.get("type", "item"))
    if "name" in item and "arguments" in item:
        return f"{item['name']}({item['arguments']})"
    for name in ("output", "summary"):
        if text := _text_of(item.get(name)):
            return text
    return f"[{kind}]"


def _is_storable(text: str) -> bool:
    """Whether every store gives it back as it is: NUL and lone surrogates become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
