"""Domain objects become the named values of statements; what follows from them for a session's row.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.domain import Role, plausible_count
from synapse.errors import InvalidDataError
from synapse.ids import handle, hyphenated
from synapse.stores._rows import usage_values
from synapse.stores._text import folded, storable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.domain import Attachment, Session, StoredMessage

_HEX = frozenset("0123456789abcdef")
_HYPHENS = (8, 13, 18, 23)
_LARGEST_INDEX = (1 << 31) - 1
_SHOWN, _LOOKED_AT = 50, 200
_WHITE = "\t\n\r "


def is_id(text: str) -> bool:
    """Whether it has the form of an id: 36 lower-case characters of a UUID."""
    return (
        len(text) == 36
        and all(text[place] == "-" for place in _HYPHENS)
        and _HEX.issuperset(text.replace("-", "", 4))
        and text.count("-") == 4
    )


def are_digits(text: str) -> bool:
    """Whether it may be the beginning or the end of an id without its hyphens, or is empty."""
    return len(text) <= 32 and _HEX.issuperset(text)


def index(number: int) -> int:
    """The nearest index that an engine can compare."""
    return max(-_LARGEST_INDEX, min(number, _LARGEST_INDEX))


def session(session: Session) -> dict[str, Any]:
    """The named values of `create_session`. Raises InvalidDataError for an id that is none."""
    for id in (session.id, session.forked_from):
        if id is not None and not is_id(id):
            raise InvalidDataError(f"{id!r} is no id: a session's is a UUID")
    return {
        "id": session.id,
        "handle": handle_number(session.id),
        "name": optional(session.name),
        "name_key": None if session.name is None else folded(session.name),
        "title": optional(session.title),
        "title_key": None if session.title is None else folded(session.title),
        "provider": storable(session.provider),
        "model": storable(session.model),
        "model_key": folded(session.model),
        "instructions": optional(session.system_prompt),
        "created_at": session.created_at,
        "updated_at": session.updated_at,
        "deleted_at": session.deleted_at,
        "pinned": session.pinned,
        "forked_from": session.forked_from,
        "forked_at": session.forked_at,
    }


def lowest_id(digits: str) -> str:
    """The first of the ids that begin with these hex digits."""
    return hyphenated(digits[:32].ljust(32, "0"))


def highest_id(digits: str) -> str:
    """The last of them."""
    return hyphenated(digits[:32].ljust(32, "f"))


def handle_number(id: str) -> int:
    """The number that the last eight digits of an id are."""
    return int(handle(id), 16)


def message(message: StoredMessage, holder: str | None = None) -> dict[str, Any]:
    """The named values of the statements that write a message. Raises InvalidDataError for an id
    that is none.
    """
    if not is_id(message.id):
        raise InvalidDataError(f"{message.id!r} is no id: a message's is a UUID")
    shown = preview(message.content) if message.role is Role.USER else ""
    return {
        "id": message.id,
        "session_id": message.session_id,
        "role": message.role.value,
        "content": storable(message.content),
        "timestamp": message.timestamp,
        "status": message.status.value,
        "reasoning": storable(message.reasoning),
        "finish_reason": optional(message.finish_reason),
        "error": optional(message.error),
        "provider": optional(message.provider),
        "model": optional(message.model),
        **usage_values(message.usage),
        "elapsed_ms": plausible_count(message.elapsed_ms),
        "superseded": message.superseded,
        "refused": optional(message.refused),
        "attachment_count": len(message.attachments),
        "holder": holder,
        "preview": shown,
        "preview_key": folded(shown),
    }


def attachment(session_id: str, message_id: str, n: int, attachment: Attachment) -> dict[str, Any]:
    """The named values of `add_attachment`."""
    return {
        "session_id": session_id,
        "message_id": message_id,
        "n": n,
        "name": storable(attachment.name),
        "media_type": storable(attachment.media_type),
        "source": storable(attachment.source),
        "data": attachment.data,
    }


def preview(content: str) -> str:
    """What a list shows of a user's message: its first 50 characters, without leading white space,
    on one line. Only the first 200 are looked at, as SQLite's view does.
    """
    beginning = storable(content).lstrip(_WHITE)[:_LOOKED_AT]
    line = beginning.replace("\r", "").replace("\n", " ").replace("\t", " ")
    return line[:_SHOWN].rstrip(" ")


def optional(text: str | None) -> str | None:
    """As it can be stored; None stays None."""
    return None if text is None else storable(text)
