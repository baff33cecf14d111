"""What a summary is in JSON; docs/schema.json describes the same: `summary`."""

from __future__ import annotations

from synapse.human_time import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import Summary


def summary_object(summary: Summary) -> dict[str, object]:
    """What stands for the older messages of a session."""
    return {
        "id": summary.id,
        "last_index": summary.last_index,
        "messages": summary.messages,
        "content": summary.content,
        "provider": summary.provider,
        "model": summary.model,
        "created_at": rfc3339(summary.created_at),
        "parent": summary.parent,
        "generation": summary.generation,
        "focus": summary.focus,
        "tokens_before": summary.tokens_before,
        "tokens_after": summary.tokens_after,
        "usage": {**summary.usage.__dict__},
    }
