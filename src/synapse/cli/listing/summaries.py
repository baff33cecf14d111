"""Sessions in lists: as JSON, as tab-separated values."""

from __future__ import annotations

from synapse.moments import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import SessionSummary

TSV_HEADER = ("id", "updated", "provider", "model", "messages", "name", "preview")


def tsv_fields(summary: SessionSummary) -> tuple[str, ...]:
    """The fields of a session, as TSV_HEADER names them."""
    session = summary.session
    return (
        session.id,
        rfc3339(session.updated_at),
        session.provider,
        session.model,
        str(summary.message_count),
        session.name or "",
        summary.preview,
    )


def summary_object(summary: SessionSummary) -> dict[str, object]:
    """A session as JSON has it."""
    session = summary.session
    return {
        "id": session.id,
        "handle": session.handle,
        "name": session.name,
        "title": session.title,
        "provider": session.provider,
        "model": session.model,
        "system_prompt": session.system_prompt,
        "created_at": rfc3339(session.created_at),
        "updated_at": rfc3339(session.updated_at),
        "deleted_at": rfc3339(session.deleted_at) if session.deleted_at is not None else None,
        "pinned": session.pinned,
        "forked_from": session.forked_from,
        "forked_at": session.forked_at,
        "message_count": summary.message_count,
        "preview": summary.preview,
        "last_status": summary.last_status.value,
    }
