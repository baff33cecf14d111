"""Backups of Cherry Studio: a zip with `data.json`, or that file. Its list of providers, with their
keys, is never looked at.
"""

from __future__ import annotations

from synapse.archived import Unreadable
from synapse.domain import Role, Status, Usage, plausible_count
from synapse.formats._answers import Answer, call_text, fenced, result_text, split_thoughts
from synapse.formats._attachments import from_data_url
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, items, key, objects, text
from synapse.formats._providers import provider_name, provider_of_model
from synapse.formats.apps._kept import kept
from synapse.formats.apps._spool import Spool
from synapse.formats.reading.json_values import entries, parsed
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.ports import ImportSource

PROGRAM = "cherry-studio"
_STORE = "persist:cherry-studio"
_TAKEN = frozenset(
    "id role topicId createdAt updatedAt status modelId model usage blocks content"
    " reasoning_content foldSelected".split()
)
_TAKEN_OF_TOPIC = frozenset("id name messages createdAt updatedAt pinned prompt".split())


class CherryStudioImporter:
    """Reads a backup."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether it is one. What tells is not always at its beginning."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form is not Form.OBJECT:
            return False
        if isinstance(shape.first.get("indexedDB"), dict):
            return True
        begins = {"time", "version"} <= shape.first.keys()
        return begins and any(word in shape.text for word in (_STORE, '"redux"', '"localStorage"'))

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its topics, one after the other."""
        about = _topics(source)
        with Spool() as blocks:
            for entry in entries(source, "indexedDB", "message_blocks"):
                block = fields(entry.value)
                if entry.error:
                    yield Unreadable(place=f"block: {entry.place}", reason=entry.error)
                elif key(block.get("id")):
                    blocks.put(key(block["id"]), block)
            for entry in entries(source, "indexedDB", "topics"):
                topic = fields(entry.value)
                if entry.error or not topic:
                    yield Unreadable(place=entry.place, reason=entry.error or "no object")
                else:
                    yield from _session(topic, about.get(key(topic.get("id")), {}), blocks, source)


def _topics(source: ImportSource) -> dict[str, dict[str, Any]]:
    """What the assistants say of their topics: names, prompts. The phone has it as it is, the
    desktop as JSON in texts of JSON.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in entries(source, "redux", wanted=lambda name: name == "assistants"):
        _learn(fields(entry.value), found)
    for entry in entries(source, "localStorage", wanted=lambda name: name == _STORE):
        inner = fields(_unpacked(entry.value))
        _learn(fields(_unpacked(inner.get("assistants"))), found)
    return found


def _unpacked(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parsed(value.encode())
    except ValueError:
        return None


def _learn(value: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    assistants = [*objects(value.get("assistants")), fields(value.get("defaultAssistant"))]
    for assistant in assistants:
        about = {
            "prompt": text(assistant.get("prompt")),
            "assistant": text(assistant.get("name")),
            "model": fields(assistant.get("model")),
        }
        for topic in objects(assistant.get("topics")):
            found.setdefault(key(topic.get("id")), {**about, **_without_nothing(topic)})


def _without_nothing(topic: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in topic.items() if value not in (None, "")}


def _session(
    topic: dict[str, Any], about: dict[str, Any], blocks: Spool, source: ImportSource
) -> Iterator[ArchivedSession]:
    messages = list(objects(topic.get("messages")))
    times = [time for each in messages if (time := moment(each.get("createdAt"))) is not None]
    created = moment(topic.get("createdAt")) or moment(about.get("createdAt"))
    model = fields(about.get("model"))
    extra = kept(topic, _TAKEN_OF_TOPIC)
    if about.get("assistant"):
        extra["assistant"] = about["assistant"]
    session = SessionBuilder(
        PROGRAM,
        key(topic.get("id")) or (key(messages[0].get("id")) if messages else ""),
        started=created or (times[0] if times else None),
        fallback=source.modified_at,
        title=first_text(topic.get("name"), about.get("name")),
        provider=provider_name(model.get("provider")),
        model=text(model.get("id")) or None,
        system_prompt=first_text(topic.get("prompt"), about.get("prompt")),
        pinned=about.get("pinned") is True or topic.get("pinned") is True,
        extra=extra,
    )
    shown = _shown(messages)
    for number, message in enumerate(messages):
        names = items(message.get("blocks"))
        parts = [fields(blocks.get(name)) for name in names if isinstance(name, str)]
        _add(session, message, parts, is_superseded=number not in shown)
    if len(session):
        yield session.finished()


def _shown(messages: list[dict[str, Any]]) -> set[int]:
    """The places of the messages that stand: of several answers to one question the one that is
    marked, or the last.
    """
    answers: dict[str, list[int]] = {}
    shown = set()
    for number, message in enumerate(messages):
        question = key(message.get("askId"))
        if text(message.get("role")) == "assistant" and question:
            answers.setdefault(question, []).append(number)
        else:
            shown.add(number)
    for places in answers.values():
        marked = [place for place in places if messages[place].get("foldSelected") is True]
        shown.add((marked or places)[-1])
    return shown


def _add(
    session: SessionBuilder,
    message: dict[str, Any],
    parts: list[dict[str, Any]],
    *,
    is_superseded: bool,
) -> None:
    role, id = text(message.get("role")), key(message.get("id")) or None
    at = moment(message.get("createdAt"))
    extra = kept(message, _TAKEN)
    if role in ("user", "system"):
        words = [text(message.get("content"))]
        words += [text(part.get("content")) for part in parts if _kind(part) == "main_text"]
        files = [kept(part.get("file"), ()) for part in parts if part.get("file")]
        if files:
            extra["files"] = files
        pictures = [one for part in parts for one in from_data_url(part.get("url"))]
        if any(words) or files or pictures:
            session.add(
                Role.USER if role == "user" else Role.SYSTEM,
                "\n\n".join(filter(None, words)),
                source_id=id,
                at=at,
                attachments=pictures,
                extra=extra,
            )
        return
    model = fields(message.get("model"))
    name = first_text(model.get("id"), message.get("modelId")) or None
    provider = provider_name(model.get("provider")) or provider_of_model(name)
    answer = Answer(session, id or f"#{len(session)}", at=at, provider=provider, model=name)
    answer.is_superseded = is_superseded
    usage = fields(message.get("usage"))
    answer.usage = Usage(
        input_tokens=plausible_count(usage.get("prompt_tokens")),
        output_tokens=plausible_count(usage.get("completion_tokens")),
    )
    answer.extra = extra
    answer.think(text(message.get("reasoning_content")))  # versions before 5 have no blocks
    thought, said = split_thoughts(text(message.get("content")))
    answer.think(thought)
    answer.say(said)
    failed = ""
    for part in parts:
        failed = _add_part(answer, part) or failed
    status = text(message.get("status"))
    if failed or status == "error":
        answer.finish(Status.FAILED, failed or "error")
    else:
        answer.finish(Status.INTERRUPTED if status == "paused" else Status.COMPLETE)


def _kind(part: dict[str, Any]) -> str:
    return text(part.get("type"))


def _add_part(answer: Answer, part: dict[str, Any]) -> str:
    """Take a block in; what it says went wrong, if it says so. Of an error, only its words: beside
    them is the whole request.
    """
    kind, words = _kind(part), text(part.get("content"))
    if kind == "main_text":
        thought, said = split_thoughts(words)
        answer.think(thought)
        answer.say(said)
    elif kind == "thinking":
        answer.think(words)
    elif kind == "code":
        answer.say(fenced(words, "".join(text(part.get("language")).split())[:30]))
    elif kind == "tool":
        inner = fields(fields(part.get("metadata")).get("rawMcpToolResponse"))
        tool = fields(inner.get("tool"))
        name = first_text(part.get("toolName"), tool.get("name"), part.get("toolId"))
        content = call_text(name, part.get("arguments", inner.get("arguments")))
        output = part.get("content", inner.get("response"))
        if output is not None:
            content += "\n\n" + result_text("", _plain(output))
        answer.tool(content, extra=kept(part, ("content", "metadata")))
    elif kind == "error":
        error = fields(part.get("error"))
        return first_text(error.get("message"), error.get("name"), words) or "error"
    elif kind == "image":
        answer.attach(from_data_url(part.get("url")))
        if part.get("file"):
            answer.extra.setdefault("files", []).append(kept(part.get("file"), ()))
    elif part:
        answer.extra.setdefault("blocks", []).append(kept(part, ()))
    return ""


def _plain(output: object) -> object:
    told = [text(part.get("text")) for part in objects(fields(output).get("content"))]
    return "\n\n".join(filter(None, told)) or output
