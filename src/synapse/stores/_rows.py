"""Rows become domain objects, and domain objects values; nowhere else. Every engine gives its rows
in the same order of columns; the values that are written are those of SQLite.
"""

from __future__ import annotations

from synapse.domain import (
    Attachment,
    Role,
    Session,
    SessionSummary,
    Status,
    StoredMessage,
    Usage,
    plausible_count,
)
from synapse.stores._text import folded, storable
from synapse.timestamps import readable, to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_ROLES = {role.value: role for role in Role}
_STATUSES = {status.value: status for status in Status}
_UNTOLD = Usage()
_NOTHING_MORE = (None,) * 5
"""What most messages have in the columns behind `refused`."""


def session(row: tuple[Any, ...]) -> Session:
    """From the first twelve columns of a session query."""
    id, name, provider, model, instructions, created_at, updated_at, deleted_at = row[:8]
    pinned, forked_from, forked_at, title = row[8:12]
    return Session(
        id=text(id),
        name=text(name),
        provider=text(provider),
        model=text(model),
        system_prompt=text(instructions),
        created_at=readable(created_at),
        updated_at=readable(updated_at),
        deleted_at=None if deleted_at is None else readable(deleted_at),
        pinned=bool(pinned),
        forked_from=text(forked_from),
        forked_at=plausible_count(forked_at),
        title=text(title),
    )


def summary(row: tuple[Any, ...]) -> SessionSummary:
    """From the sixteen columns of a summary query."""
    return SessionSummary(
        session=session(row),
        message_count=row[12],
        preview=text(row[13]),
        last_status=_status(row[14]),
        tags=tags(row[15]),
    )


def tags(joined: Any) -> tuple[str, ...]:
    """From a column that holds them, with a space around each."""
    return tuple(text(joined).split()) if joined else ()


def joined_tags(words: list[str]) -> str | None:
    """What such a column holds; None for no tag."""
    return f" {' '.join(words)} " if words else None


def session_values(session: Session) -> dict[str, Any]:
    """The named values of the statement `create_session`."""
    return {
        "id": session.id,
        "name": optional(session.name),
        "name_key": None if session.name is None else folded(session.name),
        "provider": storable(session.provider),
        "model": storable(session.model),
        "instructions": optional(session.system_prompt),
        "created_at": to_text(session.created_at),
        "updated_at": to_text(session.updated_at),
        "deleted_at": None if session.deleted_at is None else to_text(session.deleted_at),
        "pinned": int(session.pinned),
        "forked_from": session.forked_from,
        "forked_at": session.forked_at,
        "title": optional(session.title),
        "title_key": None if session.title is None else folded(session.title),
        "model_key": folded(session.model),
    }


def message(row: tuple[Any, ...]) -> StoredMessage:
    """From the 23 columns of a message query, but for the number of attachments."""
    return StoredMessage(
        id=text(row[0]),
        session_id=text(row[1]),
        role=_role(row[2]),
        content=text(row[3]),
        timestamp=readable(row[4]),
        index=row[5],
        status=_status(row[6]),
        reasoning=text(row[7]),
        finish_reason=text(row[8]),
        error=text(row[9]),
        provider=text(row[10]),
        model=text(row[11]),
        usage=usage(row[12], row[13], row[18:23]),
        elapsed_ms=plausible_count(row[14]),
        superseded=bool(row[15]),
        refused=text(row[17]),
    )


def usage(sent: object, received: object, more: tuple[Any, ...] = _NOTHING_MORE) -> Usage:
    """From the columns of tokens that were sent and received; cached, put into the cache, of the
    reasoning; the cost and its source.
    """
    if more != _NOTHING_MORE:
        counts = [plausible_count(count) for count in (sent, received, *more[:4])]
        return Usage(
            input_tokens=counts[0],
            output_tokens=counts[1],
            cached_tokens=counts[2],
            cache_write_tokens=counts[3],
            reasoning_tokens=counts[4],
            cost=counts[5],
            cost_source=text(more[4]),
        )
    if sent is None and received is None:
        return _UNTOLD
    return Usage(input_tokens=plausible_count(sent), output_tokens=plausible_count(received))


def message_values(message: StoredMessage, owner: str | None = None) -> dict[str, Any]:
    """The named values of the statements that write a message."""
    return {
        "id": message.id,
        "session_id": message.session_id,
        "role": message.role.value,
        "content": storable(message.content),
        "timestamp": to_text(message.timestamp),
        "status": message.status.value,
        "reasoning": storable(message.reasoning),
        "finish_reason": optional(message.finish_reason),
        "error": optional(message.error),
        "provider": optional(message.provider),
        "model": optional(message.model),
        "elapsed_ms": plausible_count(message.elapsed_ms),
        "superseded": int(message.superseded),
        "refused": optional(message.refused),
        "owner": owner,
        **usage_values(message.usage),
    }


def usage_values(usage: Usage) -> dict[str, Any]:
    """The named values of its columns."""
    return {
        "input_tokens": plausible_count(usage.input_tokens),
        "output_tokens": plausible_count(usage.output_tokens),
        "cached_tokens": plausible_count(usage.cached_tokens),
        "cache_write_tokens": plausible_count(usage.cache_write_tokens),
        "reasoning_tokens": plausible_count(usage.reasoning_tokens),
        "cost": plausible_count(usage.cost),
        "cost_source": optional(usage.cost_source),
    }


def attachment(row: tuple[Any, ...]) -> Attachment:
    """From the four columns of an attachment query."""
    return Attachment(name=text(row[0]), media_type=text(row[1]), data=row[2], source=text(row[3]))


def attachment_values(message_id: str, n: int, attachment: Attachment) -> dict[str, Any]:
    """The named values of the statement `add_attachment`."""
    return {
        "message_id": message_id,
        "n": n,
        "name": storable(attachment.name),
        "media_type": storable(attachment.media_type),
        "source": storable(attachment.source),
        "data": attachment.data,
    }


def has_name(row: tuple[Any, ...], key: str) -> bool:
    """Whether the folded name of a summary query's row is `key`."""
    return row[1] is not None and folded(text(row[1])) == key


def optional(value: str | None) -> str | None:
    """A text as it can be stored, if there is one."""
    return None if value is None else storable(value)


# What another program stored in a form that is none of ours is read as the nearest thing that is,
# for one bad row must not hide all others. `checks.sql` finds such rows.


def text(value: Any) -> Any:
    """A text that was stored as bytes, as the shell's readfile() does; anything else as it is."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _role(word: str) -> Role:
    """An unknown one is taken for a tool's: shown, and sent to nobody."""
    return _ROLES.get(word, Role.TOOL)


def _status(word: str) -> Status:
    """An unknown one is that of an answer that may not be whole."""
    return _STATUSES.get(word, Status.INCOMPLETE)
