"""Conversations of gemini-cli: `~/.gemini/tmp/PROJECT/chats`, and what `/chat save` has kept."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from synapse.archived import Unreadable
from synapse.domain import Role, Status, Usage, plausible_count
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._attachments import from_base64, without_data
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, items, key, objects, others, text
from synapse.formats.agents._injected import typed
from synapse.formats.reading.json_values import whole
from synapse.formats.reading.records import json_lines
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.domain import Attachment
    from synapse.ports import ImportSource

PROGRAM = "gemini-cli"
_TAKEN = frozenset(
    "id timestamp type content displayContent toolCalls thoughts tokens model".split()
)
_OF_ANSWERS = ("model", "tokens", "thoughts", "toolCalls")
_TAKEN_OF_SESSION = frozenset("sessionId startTime lastUpdated messages summary".split())


def places() -> list[Path]:
    """The folder in which gemini-cli keeps conversations on this machine."""
    home = Path(os.environ.get("GEMINI_CLI_HOME") or Path.home())
    path = home / ".gemini" / "tmp"
    return [path] if path.is_dir() else []


class GeminiCliImporter:
    """Reads a recording, as lines or as one object, or a checkpoint."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether it begins as one of these does."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form is Form.LINES:
            return any(_is_recording(fields(value)) for value in shape.values)
        if shape.form is Form.ARRAY:
            return _is_content(shape.first)
        if shape.form is not Form.OBJECT:
            return False
        history = items(shape.first.get("history"))
        return _is_recording(shape.first) or bool(history and _is_content(fields(history[0])))

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """The conversation, and what of it can't be read."""
        shape = shape_of(source)
        if shape.form is Form.LINES or source.name.endswith(".jsonl"):
            record = _Recording()
            for entry in json_lines(source):
                if entry.error or not isinstance(entry.value, dict):
                    yield Unreadable(place=entry.place, reason=entry.error or "no object")
                else:
                    record.read(entry.value)
            yield from _sessions(record, source)
            return
        value = whole(source)
        if isinstance(value, dict) and "history" not in value:
            record = _Recording()
            record.read({"$set": value})
            yield from _sessions(record, source)
        else:
            yield from _checkpoint(value, source)


def _is_recording(line: dict[str, Any]) -> bool:
    return "sessionId" in line and "projectHash" in line


def _is_content(value: dict[str, Any]) -> bool:
    return value.get("role") in ("user", "model") and isinstance(value.get("parts"), list)


class _Recording:
    """What stands after all lines: each may change what earlier ones said."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self._told: dict[str, dict[str, Any]] = {}

    def read(self, line: dict[str, Any]) -> None:
        """Take one line in."""
        if "$rewindTo" in line:
            self._rewind(key(line["$rewindTo"]))
        elif "id" in line:
            self._put(line)
        elif isinstance(line.get("$set"), dict):
            change = line["$set"]
            if isinstance(change.get("messages"), list):
                self.messages = {}
                for message in objects(change["messages"]):
                    self._put(message)
            self._learn(others(change, ("messages",)))
        else:
            self._learn(line)

    def _learn(self, facts: dict[str, Any]) -> None:
        first = self.facts.get("startTime", facts.get("startTime"))  # it is told anew when resumed
        self.facts |= {**facts, "startTime": first}

    def _put(self, message: dict[str, Any]) -> None:
        id = key(message.get("id")) or f"#{len(self.messages)}"
        # When a session is resumed, its messages are written anew, with the time of that, and
        # without what the answers told of themselves.
        told = self._told.setdefault(id, {})
        told |= {name: message[name] for name in _OF_ANSWERS if message.get(name)}
        told.setdefault("timestamp", message.get("timestamp"))
        self.messages[id] = {**message, **told}

    def _rewind(self, id: str) -> None:
        ids = list(self.messages)
        for later in ids[ids.index(id) :] if id in self.messages else ids:
            del self.messages[later]


def _sessions(record: _Recording, source: ImportSource) -> Iterator[ArchivedSession]:
    facts = record.facts
    session = SessionBuilder(
        PROGRAM,
        first_text(facts.get("sessionId")) or source.name.rpartition("/")[2],
        started=moment(facts.get("startTime")),
        fallback=source.modified_at,
        title=text(facts.get("summary")),
        provider="gemini",
        extra=others(facts, _TAKEN_OF_SESSION),
    )
    calls: dict[str, str] = {}
    context: list[Any] = []
    for id, message in record.messages.items():
        _add(session, id, message, calls, context)
    if context:
        session.extra["context"] = context
    if len(session):
        yield session.finished()


def _add(
    session: SessionBuilder,
    id: str,
    message: dict[str, Any],
    calls: dict[str, str],
    context: list[Any],
) -> None:
    kind, at = text(message.get("type")), moment(message.get("timestamp"))
    kept = others(message, _TAKEN)
    parts = list(_parts(message.get("content")))
    if kind == "user":
        shown = [text(part.get("text")) for part in _parts(message.get("displayContent"))]
        told = [text(part.get("text")) for part in parts]
        if any(shown):
            kept["content"], told = without_data(message.get("content")), shown
        _add_results(session, id, parts, calls, message)
        split = [typed(words) for words in told if words]
        asked = "\n\n".join(own for own, _ in split if own)
        context += [around for _, around in split if around]
        pictures = _attached(parts)
        if asked or pictures:
            kept |= _taken(context)
            session.add(Role.USER, asked, source_id=id, at=at, attachments=pictures, extra=kept)
    elif kind == "gemini":
        kept |= _taken(context)
        _add_answer(session, id, message, parts, calls, kept)
    else:
        words = "\n\n".join(filter(None, (text(part.get("text")) for part in parts)))
        if kind == "error":
            answer = Answer(session, id, at=at, provider="gemini")
            answer.extra = kept | _taken(context)
            answer.finish(Status.FAILED, words or "error")
        else:
            context.append({**kept, "type": kind, "text": words})


def _add_answer(
    session: SessionBuilder,
    id: str,
    message: dict[str, Any],
    parts: list[dict[str, Any]],
    calls: dict[str, str],
    kept: dict[str, Any],
) -> None:
    answer = Answer(
        session,
        id,
        at=moment(message.get("timestamp")),
        provider="gemini",
        model=text(message.get("model")) or None,
    )
    answer.extra = kept
    tokens = fields(message.get("tokens"))
    if tokens:
        sent = [plausible_count(tokens.get(name)) for name in ("input", "tool")]
        received = [plausible_count(tokens.get(name)) for name in ("output", "thoughts")]
        answer.usage = Usage(
            input_tokens=_total(sent),
            output_tokens=_total(received),
            cached_tokens=plausible_count(tokens.get("cached")),
            reasoning_tokens=received[1],
        )
    for thought in objects(message.get("thoughts")):
        told = (text(thought.get("subject")), text(thought.get("description")))
        answer.think(": ".join(filter(None, told)))
    has_thoughts = bool(message.get("thoughts"))
    for part in parts:
        words = text(part.get("text"))
        if part.get("thought") is True:
            answer.think("" if has_thoughts else words)
        else:
            answer.say(words)
    answer.attach(_attached(parts))
    told_calls = list(objects(message.get("toolCalls")))
    ids = {key(call.get("id")) for call in told_calls}
    for part in parts:
        call = fields(part.get("functionCall"))
        if call and key(call.get("id")) not in ids:
            _add_call(answer, call, calls)
    for call in told_calls:
        _add_call(answer, call, calls)
    answer.finish()


def _add_call(answer: Answer, call: dict[str, Any], calls: dict[str, str]) -> None:
    """A call, with its result if that is there already."""
    id, name = key(call.get("id")), first_text(call.get("name"), call.get("displayName"))
    at = moment(call.get("timestamp"))
    content = call_text(name, call.get("args"))
    has_result = bool(call.get("result"))
    calls[id] = "" if has_result else name
    if has_result or text(call.get("status")) in ("error", "cancelled"):
        failed = text(call.get("status")) in ("error", "cancelled")
        output = _output(call.get("result"))
        content += "\n\n" + result_text("", output, failed=failed)
    extra = others(without_data(call), ())
    answer.tool(content, at=at, extra=extra, source_id=f"call {id}" if id else None)


def _add_results(
    session: SessionBuilder,
    id: str,
    parts: list[dict[str, Any]],
    calls: dict[str, str],
    message: dict[str, Any],
) -> None:
    """Results that are told as a question, as the API wants them, unless their calls have them."""
    answer = Answer(session, id, at=moment(message.get("timestamp")))
    for part in parts:
        result = fields(part.get("functionResponse"))
        call = key(result.get("id"))
        if not result or calls.get(call) == "":
            continue
        name = calls.get(call) or text(result.get("name"))
        calls[call] = ""
        failed = "error" in fields(result.get("response"))
        answer.tool(
            result_text(name, _output([part]), failed=failed),
            extra=others(without_data(result), ()),
            source_id=f"result {call}" if call else None,
        )


def _output(result: object) -> object:
    """What a tool gave back, without the wrapping of the API."""
    if not isinstance(result, list):
        return without_data(result)
    told: list[Any] = []
    for part in result:
        response = fields(fields(part).get("functionResponse")).get("response")
        inner = fields(response).get("output", fields(response).get("error"))
        told.append(inner if isinstance(inner, str) else text(fields(part).get("text")) or part)
    if all(isinstance(each, str) for each in told):
        return "\n\n".join(told)
    return without_data(told)


def _parts(content: object) -> Iterator[dict[str, Any]]:
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            yield {"text": part}
        elif isinstance(part, dict):
            yield part


def _attached(parts: Iterable[dict[str, Any]]) -> list[Attachment]:
    found: list[Attachment] = []
    for part in parts:
        data = fields(part.get("inlineData"))
        name = text(data.get("displayName"))
        found += from_base64(data.get("data"), data.get("mimeType"), name)
    return found


def _taken(context: list[Any]) -> dict[str, Any]:
    kept = {"context": list(context)} if context else {}
    context.clear()
    return kept


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _checkpoint(value: object, source: ImportSource) -> Iterator[ArchivedSession]:
    """What `/chat save TAG` kept: the requests and answers as the API has them, without times."""
    contents = value if isinstance(value, list) else fields(value).get("history")
    name = source.name.replace("\\", "/").rpartition("/")[2].removesuffix(".json")
    tag = unquote(name.removeprefix("checkpoint-"), errors="replace")
    session = SessionBuilder(
        PROGRAM,
        f"checkpoint {tag} {_beginning(contents)}",
        fallback=source.modified_at,
        title=tag,
        provider="gemini",
    )
    calls: dict[str, str] = {}
    context: list[Any] = []
    for number, content in enumerate(objects(contents), 1):
        kind = {"user": "user", "model": "gemini"}.get(text(content.get("role")), "info")
        message = {**others(content, ("role", "parts")), "content": content.get("parts")}
        _add(session, f"#{number}", {**message, "type": kind}, calls, context)
    if len(session):
        yield session.finished()


def _beginning(contents: object) -> str:
    """The first words that were typed: two checkpoints of one name are not one conversation."""
    for content in objects(contents):
        for part in _parts(content.get("parts")):
            asked, _ = typed(text(part.get("text")))
            if asked and text(content.get("role")) == "user":
                return asked[:200]
    return ""
