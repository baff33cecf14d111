"""Threads of Jan: a folder each, with `thread.json` and `messages.jsonl`."""

from __future__ import annotations

import os
from pathlib import Path

from synapse.archived import Unreadable
from synapse.domain import Role, Status, Usage, plausible_count
from synapse.errors import ImportFailed
from synapse.formats._answers import Answer, call_text, result_text, split_thoughts
from synapse.formats._attachments import from_data_url
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, key, objects, text
from synapse.formats._providers import provider_name, provider_of_model
from synapse.formats.apps._kept import kept
from synapse.formats.reading.json_values import whole
from synapse.formats.reading.records import json_lines
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.domain import Attachment
    from synapse.ports import ImportSource

PROGRAM = "jan"
_TAKEN = frozenset("id object thread_id role content status created_at completed_at".split())
_TAKEN_OF_THREAD = frozenset("id object title created updated assistants".split())


def places() -> list[Path]:
    """Folders in which Jan keeps threads on this machine."""
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    found = [
        data / "Jan" / "data",
        home / "Library" / "Application Support" / "Jan" / "data",
        home / "jan",
    ]
    return [path for each in found if (path := each / "threads").is_dir()]


class JanImporter:
    """Reads the messages of a thread; what is beside them tells its title and model."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether its lines are messages of a thread."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form not in (Form.LINES, Form.OBJECT):
            return False
        return any(_is_message(fields(value)) for value in shape.values)

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """The thread. Of a message that was written again, the last writing counts."""
        messages: dict[str, dict[str, Any]] = {}
        for entry in json_lines(source):
            if entry.error or not isinstance(entry.value, dict):
                yield Unreadable(place=entry.place, reason=entry.error or "no object")
            else:
                messages[key(entry.value.get("id")) or f"#{len(messages)}"] = entry.value
        thread = _thread(source)
        threads = (key(message.get("thread_id")) for message in messages.values())
        assistant = next(objects(thread.get("assistants")), {})
        model = fields(assistant.get("model"))
        name = first_text(model.get("id"), model.get("model")) or None
        provider = provider_name(model.get("engine")) or provider_of_model(name)
        session = SessionBuilder(
            PROGRAM,
            key(thread.get("id")) or next(filter(None, threads), "") or source.name,
            started=moment(thread.get("created")),
            used=moment(thread.get("updated")),
            fallback=source.modified_at,
            title=text(thread.get("title")),
            provider=provider,
            model=name,
            system_prompt=text(assistant.get("instructions")),
            extra=kept(thread, _TAKEN_OF_THREAD),
        )
        for id, message in messages.items():
            _add(session, id, message, provider, name)
        if len(session):
            yield session.finished()


def _is_message(line: dict[str, Any]) -> bool:
    return "thread_id" in line and (
        line.get("object") == "thread.message" or {"role", "content", "created_at"} <= line.keys()
    )


def _thread(source: ImportSource) -> dict[str, Any]:
    beside = source.neighbour("thread.json")
    if beside is None:
        return {}
    try:
        return fields(whole(beside))
    except (ImportFailed, OSError):
        return {}  # the messages are worth more than their title


def _add(
    session: SessionBuilder,
    id: str,
    message: dict[str, Any],
    provider: str | None,
    model: str | None,
) -> None:
    role, at = text(message.get("role")), moment(message.get("created_at"))
    extra = kept(message, _TAKEN)
    content = message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else objects(content)
    parts = list(parts)
    if role in ("user", "system"):
        words = "\n\n".join(filter(None, map(_words, parts)))
        files = [one for part in parts for one in _picture(part)]
        if words or files:
            named = Role.USER if role == "user" else Role.SYSTEM
            session.add(named, words, source_id=id, at=at, attachments=files, extra=extra)
        return
    about = fields(message.get("metadata"))
    answer = Answer(session, id, at=at, provider=provider)
    answer.model = first_text(about.get("model"), about.get("modelId"), model) or None
    usage = fields(about.get("usage"))
    answer.usage = Usage(
        input_tokens=plausible_count(usage.get("prompt_tokens", usage.get("input_tokens"))),
        output_tokens=plausible_count(usage.get("completion_tokens", usage.get("output_tokens"))),
    )
    answer.extra = extra
    if role == "tool":
        output = "\n\n".join(filter(None, map(_words, parts)))
        answer.tool(result_text("", output))
        return
    for part in parts:
        _add_part(answer, part)
    for call in objects(about.get("tool_calls")):
        _add_call(answer, call)
    status = text(message.get("status"))
    if status == "error":
        code = first_text(message.get("error_code"), about.get("error"))
        answer.finish(Status.FAILED, code or "error")
    elif status == "stopped":
        answer.finish(Status.INTERRUPTED)
    else:
        answer.finish(Status.INCOMPLETE if status == "pending" else Status.COMPLETE)


def _words(part: dict[str, Any]) -> str:
    inner = part.get("text")
    return first_text(inner, fields(inner).get("value"))


def _picture(part: dict[str, Any]) -> Iterator[Attachment]:
    url = part.get("image_url")
    yield from from_data_url(fields(url).get("url") or url)


def _add_part(answer: Answer, part: dict[str, Any]) -> None:
    kind = text(part.get("type"))
    if kind == "text":
        thought, said = split_thoughts(_words(part))
        answer.think(thought)
        answer.say(said)
    elif kind == "reasoning":
        answer.think(_words(part))
    elif kind == "tool_call":
        content = call_text(text(part.get("tool_name")), part.get("input"))
        if part.get("output") is not None:
            content += "\n\n" + result_text("", part["output"])
        answer.tool(content, extra=kept(part, ("output",)))
    elif kind == "image_url":
        answer.attach(_picture(part))
    elif part:
        answer.extra.setdefault("parts", []).append(kept(part, ()))


def _add_call(answer: Answer, call: dict[str, Any]) -> None:
    """A call as newer versions keep it, beside the content."""
    function = fields(fields(call.get("tool")).get("function"))
    content = call_text(text(function.get("name")), function.get("arguments"))
    response = call.get("response")
    told = [_words(part) for part in objects(fields(response).get("content"))]
    if response is not None:
        content += "\n\n" + result_text("", "\n\n".join(filter(None, told)) or response)
    answer.tool(content, extra=kept(call, ()))
