"""Conversations of LM Studio: `~/.lmstudio/conversations/**/*.conversation.json`."""

from __future__ import annotations

from pathlib import Path

from synapse.domain import Role, Status, Usage, plausible_count
from synapse.formats._answers import Answer, call_text, result_text, split_thoughts
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, items, key, objects, text
from synapse.formats.apps._kept import kept
from synapse.formats.reading.json_values import whole
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedSession, Unreadable
    from synapse.ports import ImportSource

PROGRAM = "lm-studio"
_ENDING = ".conversation.json"
_TAKEN_OF_SESSION = frozenset(
    "name pinned createdAt systemPrompt messages lastUsedModel userLastMessagedAt"
    " assistantLastMessagedAt perChatPredictionConfig".split()
)
_PROMPT = "llm.prediction.systemPrompt"


def places() -> list[Path]:
    """Folders in which LM Studio keeps conversations on this machine."""
    home = Path.home()
    found = [home / ".lmstudio" / "conversations", home / ".cache" / "lm-studio" / "conversations"]
    return [path for path in found if path.is_dir()]


class LmStudioImporter:
    """Reads one conversation."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether it is one."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form is not Form.OBJECT:
            return False
        messages = shape.first.get("messages")
        if source.name.endswith(_ENDING) and isinstance(messages, list):
            return True
        return any("versions" in message for message in objects(messages))

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """The conversation. Versions that are not selected are superseded."""
        value = fields(whole(source))
        created = value.get("createdAt")
        name = source.name.replace("\\", "/").rpartition("/")[2].removesuffix(_ENDING)
        last = (value.get("userLastMessagedAt"), value.get("assistantLastMessagedAt"))
        used = [time for time in map(moment, last) if time is not None]
        model = fields(value.get("lastUsedModel"))
        session = SessionBuilder(
            PROGRAM,
            key(created) or name,
            started=moment(created),
            used=max(used, default=None),
            fallback=source.modified_at,
            title=text(value.get("name")),
            provider="lmstudio",
            model=first_text(model.get("identifier"), model.get("indexedModelIdentifier")) or None,
            system_prompt=text(value.get("systemPrompt")) or _configured_prompt(value),
            pinned=value.get("pinned") is True,
            extra=kept(value, _TAKEN_OF_SESSION),
        )
        for number, message in enumerate(objects(value.get("messages")), 1):
            _add(session, number, message)
        if len(session):
            yield session.finished()


def _configured_prompt(value: dict[str, Any]) -> str:
    for field in objects(fields(value.get("perChatPredictionConfig")).get("fields")):
        if field.get("key") == _PROMPT:
            return text(field.get("value"))
    return ""


def _add(session: SessionBuilder, number: int, message: dict[str, Any]) -> None:
    versions = [each for each in items(message.get("versions")) if isinstance(each, dict)]
    chosen = message.get("currentlySelected")
    if type(chosen) is not int or not 0 <= chosen < len(versions):
        chosen = len(versions) - 1
    order = [*(place for place in range(len(versions)) if place != chosen), chosen]
    for place in order if versions else ():
        id = f"{number}.{place}"
        _add_version(session, id, versions[place], is_superseded=place != chosen)


def _add_version(
    session: SessionBuilder, id: str, version: dict[str, Any], *, is_superseded: bool
) -> None:
    role = text(version.get("role"))
    extra = kept(version, ("role", "type", "content", "steps"))
    if role in ("user", "system"):
        words = _words(version.get("content"))
        files = [kept(each, ()) for each in objects(version.get("content")) if _is_file(each)]
        if files:
            extra["files"] = files
        if words or files:
            session.add(
                Role.USER if role == "user" else Role.SYSTEM,
                words,
                source_id=id,
                superseded=is_superseded,
                extra=extra,
            )
        return
    answer = Answer(session, id, provider="lmstudio")
    answer.is_superseded = is_superseded
    answer.extra = extra
    steps = list(objects(version.get("steps")))
    if not steps:
        _say(answer, _words(version.get("content")))
    tools: dict[str, str] = {}
    status = Status.COMPLETE
    for step in steps:
        status = _add_step(answer, step, tools) or status
    answer.finish(status)


def _add_step(answer: Answer, step: dict[str, Any], tools: dict[str, str]) -> Status | None:
    """Take a step in; how the answer ended, if it says something else than that it is complete."""
    if text(step.get("type")) != "contentBlock":
        if inner := kept(step, ()):
            answer.extra.setdefault("steps", []).append(inner)
        return None
    about = fields(step.get("genInfo"))
    stats = fields(about.get("stats"))
    model = first_text(about.get("identifier"), about.get("indexedModelIdentifier"))
    answer.model = model or answer.model
    if stats:
        answer.usage = Usage(
            input_tokens=plausible_count(stats.get("promptTokensCount")),
            output_tokens=plausible_count(stats.get("predictedTokensCount")),
        )
        answer.finish_reason = text(stats.get("stopReason")) or None
    is_thought = text(fields(step.get("style")).get("type")) == "thinking"
    for part in objects(step.get("content")):
        kind, words = text(part.get("type")), text(part.get("text"))
        id = key(part.get("callId")) or key(part.get("toolCallId"))
        if kind == "text":
            if is_thought:
                answer.think(words)
            else:
                _say(answer, words)
        elif kind == "toolCallRequest":
            tools[id] = first_text(part.get("name"), part.get("toolName"))
            arguments = part.get("parameters", part.get("arguments"))
            answer.tool(call_text(tools[id], arguments), extra=kept(part, ()))
        elif kind == "toolCallResult":
            output = part.get("content", part.get("result"))
            answer.tool(result_text(tools.get(id, ""), output), extra=kept(part, ("content",)))
        elif part:
            answer.extra.setdefault("parts", []).append(kept(part, ()))
    return Status.INTERRUPTED if stats.get("stopReason") == "userStopped" else None


def _say(answer: Answer, words: str) -> None:
    thought, said = split_thoughts(words)
    answer.think(thought)
    answer.say(said)


def _is_file(part: dict[str, Any]) -> bool:
    return text(part.get("type")) == "file"


def _words(content: object) -> str:
    if isinstance(content, str):
        return content
    return "\n\n".join(filter(None, (text(part.get("text")) for part in objects(content))))
