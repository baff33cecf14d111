"""Conversations in the form in which OpenAI's interface is asked: a line, or an item of an array,
with `messages`; or a preference, with `input` and two answers.
"""

from __future__ import annotations

from synapse.archived import Unreadable
from synapse.domain import Role
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._attachments import from_data_url, without_data
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, items, key, objects, text
from synapse.formats._providers import provider_of_model
from synapse.formats.apps._kept import kept
from synapse.formats.datasets._identity import digest
from synapse.formats.reading.records import records
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.domain import Attachment
    from synapse.ports import ImportSource

PROGRAM = "openai"
_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}
_PREFERRED, _OTHER = "preferred_output", "non_preferred_output"
_TAKEN = ("id", "messages", "model", "title", "created", "created_at", "input", _PREFERRED, _OTHER)
_TAKEN_OF_MESSAGE = (
    "role", "content", "tool_calls", "function_call", "reasoning_content", "reasoning", "name",
    "tool_call_id",
)  # fmt: skip


class OpenAiImporter:
    """Reads such a file."""

    def recognizes(self, source: ImportSource) -> bool:
        """By the roles of the first conversation's messages."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form not in (Form.ARRAY, Form.OBJECT, Form.LINES):
            return False
        said = list(objects(_messages(shape.first)))
        return bool(said) and text(said[0].get("role")) in _ROLES

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its conversations; the answer that was not preferred is a fork."""
        for entry in records(source):
            value = fields(entry.value)
            if entry.error or not isinstance(entry.value, dict):
                yield Unreadable(place=entry.place, reason=entry.error or "no object")
            elif not isinstance(_messages(value), list):
                yield Unreadable(place=entry.place, reason='no "messages"')
            else:
                yield from _sessions(value, source.modified_at)


def _messages(value: dict[str, Any]) -> Any:
    return value["messages"] if "messages" in value else fields(value.get("input")).get("messages")


def _sessions(value: dict[str, Any], modified_at: datetime | None) -> Iterator[ArchivedSession]:
    said = list(objects(_messages(value)))
    chosen = [*said, *objects(value.get(_PREFERRED))]
    shown = _built(value, chosen, modified_at, "")
    yield shown.finished()
    if value.get(_OTHER):
        other = _built(value, [*said, *objects(value.get(_OTHER))], modified_at, "#other")
        other.fork_of(shown, len(_built(value, said, modified_at, "")))
        yield other.finished()


def _built(
    value: dict[str, Any], said: list[dict[str, Any]], modified_at: datetime | None, ending: str
) -> SessionBuilder:
    model = text(value.get("model")) or None
    own = key(value.get("id"))
    name = digest({name: value.get(name) for name in ("messages", "input", _PREFERRED, _OTHER)})
    builder = SessionBuilder(
        PROGRAM,
        (f"{own}:{name}" if own else name) + ending,
        started=moment(value.get("created")) or moment(value.get("created_at")),
        fallback=modified_at,
        title=text(value.get("title")),
        provider=provider_of_model(model),
        model=model,
        extra={} if ending else kept(value, _TAKEN),
    )
    names: dict[str, str] = {}
    for message in said:
        _add(builder, message, names)
    return builder


def _add(builder: SessionBuilder, message: dict[str, Any], names: dict[str, str]) -> None:
    role = _ROLES.get(text(message.get("role")))
    words, held = _words(message.get("content"))
    extra = kept(message, _TAKEN_OF_MESSAGE)
    if isinstance(message.get("content"), list) and any(
        fields(part).get("type") != "text" for part in message["content"]
    ):
        extra["content"] = without_data(message["content"])
    if role is Role.ASSISTANT:
        _add_answer(builder, message, words, names, extra)
    elif role is Role.TOOL:
        id = text(message.get("tool_call_id"))
        name = first_text(message.get("name"), names.get(id))
        extra = {**extra, "tool_result": {"tool_call_id": id, "name": name}}
        builder.add(Role.TOOL, result_text(name, words), attachments=held, extra=extra)
    elif role is Role.SYSTEM and not len(builder) and not builder.system_prompt:
        builder.system_prompt = words
    elif words or held:
        if role is None:
            extra["role"] = message.get("role")
        if text(message.get("name")):
            extra["name"] = message["name"]
        builder.add(role or Role.USER, words, attachments=held, extra=extra)


def _add_answer(
    builder: SessionBuilder,
    message: dict[str, Any],
    words: str,
    names: dict[str, str],
    extra: dict[str, Any],
) -> None:
    place = str(len(builder) + 1)
    answer = Answer(builder, place, provider=builder.provider, model=builder.model)
    answer.extra = extra
    answer.think(first_text(message.get("reasoning_content"), message.get("reasoning")))
    answer.say(words or text(message.get("refusal")))
    calls = [*objects(message.get("tool_calls"))]
    if isinstance(message.get("function_call"), dict):  # as it was before there were tools
        calls.append({"function": message["function_call"]})
    for call in calls:
        function = fields(call.get("function"))
        names[text(call.get("id"))] = text(function.get("name"))
        shown = call_text(text(function.get("name")), function.get("arguments"))
        answer.tool(shown, extra={"tool_call": call})
    answer.finish()


def _words(content: object) -> tuple[str, list[Attachment]]:
    if not isinstance(content, list):
        return text(content), []
    words: list[str] = []
    held: list[Attachment] = []
    for part in items(content):
        url = text(fields(fields(part).get("image_url")).get("url"))
        found = list(from_data_url(url))
        held += found
        words.append(f"[Image: {url}]" if url and not found else text(fields(part).get("text")))
    return "\n\n".join(word for word in words if word), held
