"""What stands for older messages, and what an answer cost, as objects of JSON, and back."""

from __future__ import annotations

from synapse.domain import Summary, Usage, plausible_count
from synapse.formats._json_values import Malformed, id_of, list_of, moment_of, text_of, told
from synapse.timestamps import to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

USAGE_FIELDS = frozenset(Usage._fields)
_NEEDED = ("last_index", "messages", "prompt_version", "session_length")


def usage_object(usage: Usage) -> dict[str, Any]:
    """What is known of it."""
    return {name: value for name, value in usage.__dict__.items() if value is not None}


def usage_of(fields: Mapping[str, Any]) -> Usage:
    """The usage that an object describes; what no count can be is unknown."""
    source = fields.get("cost_source")
    counts: dict[str, Any] = {
        name: plausible_count(fields.get(name)) for name in USAGE_FIELDS if name in fields
    }
    return Usage(**{**counts, "cost_source": source if isinstance(source, str) else None})


def summary_object(summary: Summary) -> dict[str, Any]:
    """A summary within its session. Fields that say nothing are left out."""
    return {
        "id": summary.id,
        "last_index": summary.last_index,
        "messages": summary.messages,
        "content": summary.content,
        "created_at": to_text(summary.created_at),
        "generation": summary.generation,
        "prompt_version": summary.prompt_version,
        "session_length": summary.session_length,
        **told(
            provider=summary.provider,
            model=summary.model,
            parent=summary.parent,
            focus=summary.focus,
            tokens_before=summary.tokens_before,
            tokens_after=summary.tokens_after,
            usage=usage_object(summary.usage) or None,
        ),
    }


def summaries_of(fields: Mapping[str, Any], session_id: str) -> tuple[Summary, ...]:
    """Those that the object of a session holds. Raises Malformed."""
    return tuple(_summary(one, session_id) for one in list_of(fields, "summaries"))


def _summary(fields: Any, session_id: str) -> Summary:
    if not isinstance(fields, dict):
        raise Malformed("a summary is no object")
    content, usage = fields.get("content"), fields.get("usage")
    if not isinstance(content, str):
        raise Malformed('a summary without "content"')
    counts = {name: _count(fields, name) for name in _NEEDED}
    return Summary(
        id=id_of(fields, "id"),
        session_id=session_id,
        last_index=counts["last_index"],
        messages=counts["messages"],
        content=content,
        provider=text_of(fields, "provider"),
        model=text_of(fields, "model"),
        created_at=moment_of(fields, "created_at"),
        parent=id_of(fields, "parent") if fields.get("parent") else None,
        generation=plausible_count(fields.get("generation")) or 1,
        focus=text_of(fields, "focus"),
        tokens_before=plausible_count(fields.get("tokens_before")),
        tokens_after=plausible_count(fields.get("tokens_after")),
        usage=usage_of(usage if isinstance(usage, dict) else {}),
        prompt_version=counts["prompt_version"],
        session_length=counts["session_length"],
    )


def _count(fields: Mapping[str, Any], name: str) -> int:
    number = plausible_count(fields.get(name))
    if number is None:
        raise Malformed(f'"{name}" of a summary is no count')
    return number
