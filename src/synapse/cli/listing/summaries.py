"""Sessions in lists: as JSON, as tab-separated values."""

from __future__ import annotations

from synapse.human_time import rfc3339

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
