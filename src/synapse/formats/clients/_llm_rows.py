"""What all generations of llm's log have in common."""

from __future__ import annotations

import mimetypes
from pathlib import PurePath

from synapse.domain import Attachment, Usage, plausible_count
from synapse.formats._fields import fields, others, text
from synapse.formats._providers import provider_name, provider_of_model
from synapse.formats.reading.json_values import json_field
from synapse.formats.reading.limits import LARGEST_ATTACHMENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from synapse.formats.reading.databases import Database

PROGRAM = "llm"
_JSON = ("options_json", "token_details", "response_json", "provider_metadata")
_NOT_KEPT = (
    "id conversation_id thread_id model prompt system prompt_json response datetime_utc reasoning"
    " input_tokens output_tokens duration_ms reply_to_id chat_id timestamp timestamp_utc debug"
    " parent_message_hash tip_message_hash schema_id provider"
).split()
"""Fields of an answer that have a place of their own; and `prompt_json`, which repeats the whole
conversation in each of its answers."""


def kept(row: dict[str, Any]) -> dict[str, Any]:
    """Fields of an answer for which there is no place."""
    return {
        name: json_field(value) if name in _JSON else value
        for name, value in others(row, _NOT_KEPT).items()
        if not isinstance(value, bytes) and value != "{}"
    }


def model_of(row: dict[str, Any]) -> tuple[str | None, str | None]:
    """The provider, as far as the model's name tells it, and the model: `openrouter/x/y` is `x/y`
    of openrouter.
    """
    model = text(row.get("model"))
    start, slash, rest = model.partition("/")
    if slash and rest and provider_name(start) != start:
        return provider_name(start), rest
    if slash and rest and start in _SERVERS:
        return start, rest
    return provider_of_model(model), model or None


_SERVERS = frozenset(
    "anthropic deepseek fireworks gemini groq mistral openai openrouter together xai".split()
)
"""Prefixes of the names of models, made by plug-ins, that are names of our providers."""


def usage_of(row: dict[str, Any]) -> Usage:
    """The tokens that were counted."""
    return Usage(
        input_tokens=plausible_count(row.get("input_tokens")),
        output_tokens=plausible_count(row.get("output_tokens")),
    )


def schema_of(database: Database, row: dict[str, Any]) -> dict[str, Any]:
    """The schema that an answer had to have, as an extra field."""
    id = row.get("schema_id")
    if not id or not database.has("schemas", "id", "content"):
        return {}
    for (content,) in database.rows("SELECT content FROM schemas WHERE id = ?", (id,)):
        return {"schema": json_field(content)}
    return {}


def attachments_of(
    database: Database, ids: Iterable[object]
) -> tuple[list[Attachment], list[dict[str, Any]]]:
    """Those whose bytes are in the log, and for the others what is known of them: a path or a URL
    is not followed.
    """
    held: list[Attachment] = []
    named: list[dict[str, Any]] = []
    for id in ids:
        for row in database.records("attachments", "WHERE id = ?", id):
            content = row.pop("content", None)
            if isinstance(content, bytes) and len(content) <= LARGEST_ATTACHMENT:
                kind = text(row.get("type")) or "application/octet-stream"
                held.append(Attachment(name=_name(row, kind), media_type=kind, data=content))
            else:
                named.append({name: value for name, value in row.items() if value is not None})
    return held, named


def naming(named: Iterable[dict[str, Any]]) -> str:
    """Lines that name attachments whose bytes are not there."""
    lines = [f"[Attachment: {one.get('path') or one.get('url') or one.get('id')}]" for one in named]
    return "\n".join(lines)


def _name(row: dict[str, Any], kind: str) -> str:
    path = text(row.get("path")) or text(row.get("url"))
    name = PurePath(path.replace("\\", "/")).name
    return name or f"{text(row.get('id'))[:8]}{mimetypes.guess_extension(kind) or ''}"


def arguments_of(payload: object) -> Any:
    """Arguments of a call, which are JSON in a text."""
    return json_field(payload) if isinstance(payload, str) else payload


def first_line(words: str) -> str:
    """For a title: the words as one line, of up to 100 characters."""
    line = " ".join(words[:1000].split())
    return line if len(line) <= 100 else line[:99] + "…"


def name_of(row: dict[str, Any]) -> str | None:
    """What llm calls it: the beginning of the first question."""
    return text(row.get("name")) or None


def part_of(row: dict[str, Any]) -> dict[str, Any]:
    """The structure of a part of a message."""
    return fields(json_field(row.get("payload")))
