"""What a session, a message and an answer are in JSON, wherever they are printed.

docs/schema.json describes the same: `session_name`, `session`, `message`, `answered`.
"""

from __future__ import annotations

from synapse.cli.listing.json_output import SCHEMA
from synapse.human_time import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import Session, SessionSummary, StoredMessage

_ONLY_STORED = frozenset(("timestamp", "elapsed_ms", "superseded", "refused", "attachments"))
"""Fields of a message that the answer to a question just asked does not have."""


def session_name(session: Session) -> dict[str, object]:
    """Which session it is."""
    return {
        "id": session.id,
        "handle": session.handle,
        "name": session.name,
        "title": session.title,
    }


def session_object(summary: SessionSummary) -> dict[str, object]:
    """A session without its messages."""
    session = summary.session
    return {
        **session_name(session),
        "provider": session.provider,
        "model": session.model,
        "system_prompt": session.system_prompt,
        "created_at": rfc3339(session.created_at),
        "updated_at": rfc3339(session.updated_at),
        "deleted_at": rfc3339(session.deleted_at) if session.deleted_at is not None else None,
        "pinned": session.pinned,
        "tags": [*summary.tags],
        "forked_from": session.forked_from,
        "forked_at": session.forked_at,
        "message_count": summary.message_count,
        "preview": summary.preview,
        "last_status": summary.last_status.value,
    }


def message_object(message: StoredMessage) -> dict[str, object]:
    """A message of a session."""
    return {
        "id": message.id,
        "index": message.index,
        "role": message.role.value,
        "content": message.content,
        "reasoning": message.reasoning,
        "timestamp": rfc3339(message.timestamp),
        "status": message.status.value,
        "finish_reason": message.finish_reason,
        "error": message.error,
        "provider": message.provider,
        "model": message.model,
        "usage": {**message.usage.__dict__},
        "elapsed_ms": message.elapsed_ms,
        "superseded": message.superseded,
        "refused": message.refused,
        "attachments": [
            {
                "name": attachment.name,
                "media_type": attachment.media_type,
                "source": attachment.source,
                "size": len(attachment.data),
            }
            for attachment in message.attachments
        ],
    }


def answer_object(session: Session | None, answer: StoredMessage) -> dict[str, object]:
    """What `--json` prints of a turn; the session is null if nothing is saved."""
    answered = {
        field: value for field, value in message_object(answer).items() if field not in _ONLY_STORED
    }
    return {
        "schema": SCHEMA,
        "session": session_name(session) if session is not None else None,
        "message": answered,
        "elapsed_ms": answer.elapsed_ms,
    }
