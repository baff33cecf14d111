"""Rows become domain objects, and domain objects values; nowhere else."""

from __future__ import annotations

from synapse.domain import Attachment, Role, Session, SessionSummary, Status, StoredMessage, Usage
from synapse.errors import InvalidDataError
from synapse.stores._text import storable
from synapse.timestamps import from_text, to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def session(row: tuple[Any, ...]) -> Session:
    """From the first twelve columns of a session query.

    Raises InvalidDataError if a time is none.
    """
    id, name, provider, model, system_prompt, created_at, updated_at, deleted_at = row[:8]
    pinned, forked_from, forked_at, title = row[8:12]
    try:
        return Session(
            id=id,
            name=name,
            provider=provider,
            model=model,
            system_prompt=system_prompt,
            created_at=from_text(created_at),
            updated_at=from_text(updated_at),
            deleted_at=None if deleted_at is None else from_text(deleted_at),
            pinned=bool(pinned),
            forked_from=forked_from,
            forked_at=forked_at,
            title=title,
        )
    except (TypeError, ValueError) as error:
        raise InvalidDataError(f"session {id} holds what is no time: {error}") from error


def summary(row: tuple[Any, ...]) -> SessionSummary:
    """From the fifteen columns of a summary query. Raises InvalidDataError."""
    return SessionSummary(
        session=session(row),
        message_count=row[12],
        preview=row[13],
        last_status=_status(row[0], row[14]),
    )


def session_values(session: Session) -> dict[str, Any]:
    """The named values of the statement `create_session`."""
    return {
        "id": session.id,
        "name": _optional(session.name),
        "name_key": None if session.name is None else name_key(storable(session.name)),
        "provider": storable(session.provider),
        "model": storable(session.model),
        "system_prompt": _optional(session.system_prompt),
        "created_at": to_text(session.created_at),
        "updated_at": to_text(session.updated_at),
        "deleted_at": None if session.deleted_at is None else to_text(session.deleted_at),
        "pinned": int(session.pinned),
        "forked_from": session.forked_from,
        "forked_at": session.forked_at,
        "title": _optional(session.title),
    }


def message(row: tuple[Any, ...]) -> StoredMessage:
    """From the first sixteen columns of a message query. Raises InvalidDataError."""
    try:
        return StoredMessage(
            id=row[0],
            session_id=row[1],
            role=Role(row[2]),
            content=row[3],
            timestamp=from_text(row[4]),
            index=row[5],
            status=Status(row[6]),
            reasoning=row[7],
            finish_reason=row[8],
            error=row[9],
            provider=row[10],
            model=row[11],
            usage=Usage(input_tokens=row[12], output_tokens=row[13]),
            elapsed_ms=row[14],
            superseded=bool(row[15]),
        )
    except (TypeError, ValueError) as error:
        raise InvalidDataError(f"message {row[0]} can't be read: {error}") from error


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
        "finish_reason": _optional(message.finish_reason),
        "error": _optional(message.error),
        "provider": _optional(message.provider),
        "model": _optional(message.model),
        "input_tokens": message.usage.input_tokens,
        "output_tokens": message.usage.output_tokens,
        "elapsed_ms": message.elapsed_ms,
        "superseded": int(message.superseded),
        "owner": owner,
    }


def attachment(row: tuple[Any, ...]) -> Attachment:
    """From the four columns of an attachment query."""
    return Attachment(name=row[0], media_type=row[1], data=row[2], source=row[3])


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


def name_key(name: str) -> str:
    """The form in which names are compared: NFC, case folded."""
    if name.isascii():
        return name.lower()
    from unicodedata import normalize

    return normalize("NFC", normalize("NFC", name).casefold())


def _optional(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _status(id: str, text: str) -> Status:
    try:
        return Status(text)
    except ValueError as error:
        raise InvalidDataError(f"session {id} has a message of status {text!r}") from error
