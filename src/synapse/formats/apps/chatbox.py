"""Exports of Chatbox: its store as one object of JSON. Its settings, with the keys of providers,
are never looked at.
"""

from __future__ import annotations

import re

from synapse.archived import Unreadable
from synapse.domain import Role, Status, Usage, plausible_count
from synapse.formats import _branches
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._attachments import from_base64, from_data_url
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, key, objects, text
from synapse.formats._providers import provider_name, provider_of_model
from synapse.formats.apps._kept import kept
from synapse.formats.apps._spool import Spool
from synapse.formats.reading.json_values import entries
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.domain import Attachment
    from synapse.ports import ImportSource

PROGRAM = "chatbox"
_SESSION = "session:"
_OLD = "chat-sessions"
_PICTURE = "picture:"
_MARK = re.compile(r'"(?:chat-sessions(?:-list)?|session:[^"]{1,100}|__exported_items)"\s*:')
_TAKEN = frozenset(
    "id role content contentParts timestamp model aiProvider usage error errorExtra generating"
    " reasoningContent finishReason tokensUsed".split()
)
_TAKEN_OF_SESSION = frozenset(
    "id name messages threads threadName messageForksHash starred settings".split()
)


class ChatboxImporter:
    """Reads an export."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether it is one; settings may come before the sessions."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form is not Form.OBJECT:
            return False
        names = [name for name in shape.first if isinstance(name, str)]
        if any(name.startswith((_OLD, _SESSION)) for name in names):
            return True
        return "settings" in names and bool(_MARK.search(shape.text))

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its sessions, each with its older threads and branches."""
        with Spool() as pictures:
            for entry in entries(source, wanted=lambda name: name.startswith(_PICTURE)):
                pictures.put(str(entry.key), entry.value)
            for entry in entries(source, wanted=_is_wanted):
                found = entry.value if entry.key == _OLD else [entry.value]
                if entry.error or not isinstance(found, list):
                    yield Unreadable(place=entry.place, reason=entry.error or "no list")
                    continue
                for value in found:
                    if isinstance(value, dict):
                        yield from _sessions(value, pictures, source)
                    else:
                        yield Unreadable(place=entry.place, reason="no object")


def _is_wanted(name: str) -> bool:
    return name == _OLD or name.startswith(_SESSION)


def _sessions(
    value: dict[str, Any], pictures: Spool, source: ImportSource
) -> Iterator[ArchivedSession | Unreadable]:
    id = key(value.get("id"))
    name = text(value.get("name"))
    for number, thread in enumerate(objects(value.get("threads")), 1):
        own = f"{id}/{key(thread.get('id')) or number}"
        title = first_text(thread.get("name"), name)
        yield from _session(own, title, thread, value, pictures, source)
    title = first_text(value.get("threadName"), name)
    yield from _session(id, title, value, value, pictures, source)


def _session(
    id: str,
    title: str,
    thread: dict[str, Any],
    whole: dict[str, Any],
    pictures: Spool,
    source: ImportSource,
) -> Iterator[ArchivedSession | Unreadable]:
    messages, parents, current = _tree(thread, fields(whole.get("messageForksHash")))
    settings = fields(whole.get("settings"))
    times = [moment(message.get("timestamp")) for message in messages.values()]
    started = next((time for time in times if time is not None), None)
    prompts = [each for each in messages.values() if text(each.get("role")) == "system"]
    own = id or next(iter(messages), "")
    model = first_text(settings.get("modelId"), settings.get("model")) or None

    def begin(branch: str | None) -> SessionBuilder:
        return SessionBuilder(
            PROGRAM,
            f"{own}#{branch}" if branch else own,
            started=moment(thread.get("createdAt")) or started,
            fallback=source.modified_at,
            title=title,
            provider=provider_name(settings.get("provider")) or provider_of_model(model),
            model=model,
            system_prompt=_words(prompts[0]) if prompts else None,
            pinned=whole.get("starred") is True and branch is None,
            extra=kept(whole, _TAKEN_OF_SESSION) if branch is None else {},
        )

    def add(session: SessionBuilder, node: str) -> None:
        if not prompts or messages[node] is not prompts[0]:
            _add(session, node, messages[node], pictures)

    yield from _branches.sessions(parents, current, begin, add)


def _tree(
    thread: dict[str, Any], forks: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], dict[str, str | None], str | None]:
    """The messages by id, their parents, and the last one of those that are shown. What else was
    answered to a message is in lists of their own.
    """
    messages: dict[str, dict[str, Any]] = {}
    parents: dict[str, str | None] = {}

    def follow(listed: object, above: str | None) -> str | None:
        for message in objects(listed):
            id = key(message.get("id")) or f"#{len(messages) + 1}"
            if id not in messages:
                messages[id], parents[id] = message, above
            above = id
        return above

    current = follow(thread.get("messages"), None)
    ahead = [name for name in forks if name in messages]
    seen: set[str] = set()
    while ahead:
        name = ahead.pop(0)
        if name in seen:
            continue
        seen.add(name)
        for branch in objects(fields(forks.get(name)).get("lists")):
            follow(branch.get("messages"), name)
        ahead += [each for each in forks if each in messages and each not in seen]
    return messages, parents, current


def _add(session: SessionBuilder, node: str, message: dict[str, Any], pictures: Spool) -> None:
    role, at = text(message.get("role")), moment(message.get("timestamp"))
    extra = kept(message, _TAKEN)
    parts = list(objects(message.get("contentParts")))
    if role in ("user", "system"):
        shown = [*parts, *objects(message.get("pictures"))]
        files = [one for part in shown for one in _picture(part, pictures)]
        words = _words(message)
        if words or files:
            named = Role.USER if role == "user" else Role.SYSTEM
            session.add(named, words, source_id=node, at=at, attachments=files, extra=extra)
        return
    model = text(message.get("model")) or None
    provider = provider_name(message.get("aiProvider")) or provider_of_model(model)
    answer = Answer(session, node, at=at, provider=provider, model=model)
    usage = fields(message.get("usage"))
    answer.usage = Usage(
        input_tokens=plausible_count(usage.get("inputTokens", usage.get("promptTokens"))),
        output_tokens=plausible_count(usage.get("outputTokens", usage.get("completionTokens"))),
    )
    answer.finish_reason = text(message.get("finishReason")) or None
    answer.extra = extra
    answer.think(text(message.get("reasoningContent")))
    if role == "tool" and not parts:
        answer.tool(result_text(text(message.get("name")), message.get("content")))
        return
    for part in parts:
        _add_part(answer, part, pictures)
    if not parts:
        answer.say(text(message.get("content")))
    for each in objects(message.get("pictures")):
        answer.attach(_picture(each, pictures))
    error = first_text(message.get("error"), fields(message.get("error")).get("message"))
    if error:
        answer.finish(Status.FAILED, error)
    else:
        is_open = message.get("generating") is True
        answer.finish(Status.INCOMPLETE if is_open else Status.COMPLETE)


def _add_part(answer: Answer, part: dict[str, Any], pictures: Spool) -> None:
    kind, words = text(part.get("type")), text(part.get("text"))
    if kind == "text":
        answer.say(words)
    elif kind == "reasoning":
        answer.think(words)
    elif kind == "tool-call":
        content = call_text(text(part.get("toolName")), part.get("args"))
        if part.get("result") is not None:
            failed = text(part.get("state")) == "error"
            content += "\n\n" + result_text("", part["result"], failed=failed)
        call = key(part.get("toolCallId"))
        source_id = f"call {call}" if call else None
        answer.tool(content, extra=kept(part, ("result",)), source_id=source_id)
    elif kind == "image":
        answer.attach(_picture(part, pictures))
    elif part:
        answer.extra.setdefault("parts", []).append(kept(part, ()))


def _words(message: dict[str, Any]) -> str:
    parts = [text(part.get("text")) for part in objects(message.get("contentParts"))]
    return "\n\n".join(filter(None, parts)) or text(message.get("content"))


def _picture(part: dict[str, Any], pictures: Spool) -> Iterator[Attachment]:
    """A picture that is in the part, or elsewhere in the export."""
    yield from from_data_url(part.get("url"))
    stored = pictures.get(text(part.get("storageKey")))
    if isinstance(stored, str):
        if stored.startswith("data:"):
            yield from from_data_url(stored)
        else:
            yield from from_base64(stored, "image/png")
