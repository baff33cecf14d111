"""Conversations that LibreChat exported: a list or a tree of messages, one conversation a file."""

from __future__ import annotations

import re

from synapse.archived import Unreadable
from synapse.domain import Role, Status, Usage, plausible_count
from synapse.formats import _branches
from synapse.formats._answers import Answer, call_text, result_text, split_thoughts
from synapse.formats._attachments import from_data_url
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, items, key, objects, text
from synapse.formats._providers import provider_name, provider_of_model
from synapse.formats.apps._kept import kept
from synapse.formats.reading.json_values import entries, whole
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.ports import ImportSource

PROGRAM = "librechat"
_NO_PARENT = "00000000-0000-0000-0000-000000000000"
_TAKEN = frozenset(
    "messageId conversationId parentMessageId text content isCreatedByUser model createdAt"
    " updatedAt error unfinished finish_reason tokenCount children endpoint".split()
)
_TAKEN_OF_SESSION = frozenset(
    "conversationId title messages messagesTree branches recursive exportAt endpoint".split()
)
_THOUGHT = re.compile(r"\s*:::thinking\n(.*?)\n:::\s*", re.DOTALL)


class LibreChatImporter:
    """Reads one exported conversation, or a list of them."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether it is one."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        return shape.form in (Form.OBJECT, Form.ARRAY) and _is_conversation(shape.first)

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """The conversation with its branches."""
        if shape_of(source).form is not Form.ARRAY:
            yield from _sessions(fields(whole(source)), source, source.name)
            return
        for entry in entries(source):
            if entry.error:
                yield Unreadable(place=entry.place, reason=entry.error)
            else:
                yield from _sessions(fields(entry.value), source, entry.place)


def _is_conversation(value: dict[str, Any]) -> bool:
    return "conversationId" in value and ("messages" in value or "messagesTree" in value)


def _sessions(
    value: dict[str, Any], source: ImportSource, place: str
) -> Iterator[ArchivedSession | Unreadable]:
    listed = value.get("messagesTree", value.get("messages"))
    if not isinstance(listed, list):
        yield Unreadable(place=place, reason='no "messages"')
        return
    messages = _flat(listed)
    if not messages:
        return
    options = fields(value.get("options"))
    id = first_text(value.get("conversationId")) or next(iter(messages))
    endpoint = first_text(value.get("endpoint"), options.get("endpoint"))
    model = first_text(options.get("model"), value.get("model")) or None
    provider = (
        provider_name(endpoint)
        if endpoint.lower() not in ("", "agents", "assistants", "custom")
        else provider_of_model(model)
    )
    times = [moment(message.get("createdAt")) for message in messages.values()]
    started = min((time for time in times if time is not None), default=None)

    def begin(branch: str | None) -> SessionBuilder:
        return SessionBuilder(
            PROGRAM,
            id if branch is None else f"{id}#{branch}",
            started=started,
            fallback=source.modified_at,
            title=text(value.get("title")),
            provider=provider,
            model=model,
            system_prompt=first_text(options.get("promptPrefix"), options.get("system")),
            extra=kept(value, _TAKEN_OF_SESSION) if branch is None else {},
        )

    def add(session: SessionBuilder, node: str) -> None:
        _add(session, node, messages[node], endpoint)

    parents = {node: text(message["parentMessageId"]) for node, message in messages.items()}
    yield from _branches.sessions(parents, _current(messages), begin, add)


def _flat(listed: list[Any]) -> dict[str, dict[str, Any]]:
    """The messages by id, whether they are listed or nested, each with its parent's id. A parent
    that is not there was left out: then it is the message before.
    """
    found: dict[str, dict[str, Any]] = {}
    ahead: list[tuple[Any, str]] = [(message, "") for message in reversed(listed)]
    last = ""
    while ahead:
        message, above = ahead.pop()
        if not isinstance(message, dict):
            continue
        id = key(message.get("messageId")) or f"#{len(found) + 1}"
        if id not in found:
            parent = above or key(message.get("parentMessageId"))
            found[id] = {**message, "parentMessageId": parent, "before": last}
            last = id
        ahead += [(child, id) for child in reversed(items(message.get("children")))]
    for message in found.values():
        before = message.pop("before")
        if message["parentMessageId"] not in ("", _NO_PARENT, *found):
            message["parentMessageId"] = before
    return found


def _current(messages: dict[str, dict[str, Any]]) -> str | None:
    """The message that was written last: nothing says which branch was shown."""
    parents = {message["parentMessageId"] for message in messages.values()}
    leaves = [node for node in messages if node not in parents]
    times = [(moment(messages[node].get("createdAt")), node) for node in leaves]
    dated = [(time, node) for time, node in times if time is not None]
    if len(dated) < len(leaves) or not dated:
        return leaves[-1] if leaves else None
    return max(dated, key=lambda each: each[0])[1]


def _add(session: SessionBuilder, node: str, message: dict[str, Any], endpoint: str) -> None:
    at = moment(message.get("createdAt"))
    extra = kept(message, _TAKEN)
    parts = list(objects(message.get("content")))
    if message.get("isCreatedByUser") is True or text(message.get("sender")).lower() == "user":
        words = text(message.get("text")) or "\n\n".join(filter(None, map(_words, parts)))
        files = [one for part in parts for one in _picture(part)]
        if words or files:
            session.add(Role.USER, words, source_id=node, at=at, attachments=files, extra=extra)
        return
    model = first_text(message.get("model")) or None
    own = text(message.get("endpoint")) or endpoint
    is_vendor = own.lower() not in ("", "agents", "assistants", "custom")
    provider = provider_name(own) if is_vendor else provider_of_model(model)
    answer = Answer(session, node, at=at, provider=provider, model=model)
    answer.usage = Usage(output_tokens=plausible_count(message.get("tokenCount")))
    answer.finish_reason = text(message.get("finish_reason")) or None
    answer.extra = extra
    told = text(message.get("text"))
    if message.get("error") is True:
        answer.finish(Status.FAILED, told or "error")
        return
    failed = ""
    for part in parts:
        failed = _add_part(answer, part) or failed
    if not parts:
        old = _THOUGHT.match(told)
        thought, said = (old[1], told[old.end() :]) if old else split_thoughts(told)
        answer.think(thought)
        answer.say(said)
    if failed:
        answer.finish(Status.FAILED, failed)
    else:
        unfinished = message.get("unfinished") is True
        answer.finish(Status.INTERRUPTED if unfinished else Status.COMPLETE)


def _words(part: dict[str, Any]) -> str:
    inner = part.get("text")
    return first_text(inner, fields(inner).get("value"))


def _picture(part: dict[str, Any]) -> Iterator[Any]:
    url = part.get("image_url")
    yield from from_data_url(fields(url).get("url") or url)


def _add_part(answer: Answer, part: dict[str, Any]) -> str:
    """Take a part in; what it says went wrong, if it says so."""
    kind = text(part.get("type"))
    if kind == "text":
        answer.say(_words(part))
    elif kind == "think":
        inner = part.get("think")
        answer.think(first_text(inner, fields(inner).get("value")))
    elif kind == "tool_call":
        call = fields(part.get("tool_call"))
        function = fields(call.get("function"))
        name = first_text(call.get("name"), function.get("name"))
        content = call_text(name, call.get("args", function.get("arguments")))
        output = call.get("output", function.get("output"))
        if output:
            content += "\n\n" + result_text("", output)
        id = key(call.get("id"))
        answer.tool(content, extra=kept(call, ("output",)), source_id=f"call {id}" if id else None)
    elif kind == "error":
        return first_text(part.get("error"), _words(part)) or "error"
    elif kind == "image_url":
        answer.attach(_picture(part))
    elif part:
        answer.extra.setdefault("parts", []).append(kept(part, ()))
    return ""
