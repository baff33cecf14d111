"""One conversation of a Claude export."""

from __future__ import annotations

import hashlib
import re

from synapse.domain import Attachment, Role
from synapse.formats._answers import Answer, call_text, fenced, result_text
from synapse.formats._branches import sessions
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, items, key, objects, text
from synapse.formats.accounts._citations import link
from synapse.formats.apps._kept import kept
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession, Unreadable

PROGRAM = "claude"
PROVIDER = "anthropic"
_TAKEN = (
    "uuid name created_at updated_at account chat_messages model is_starred"
    " current_leaf_message_uuid"
).split()
_TAKEN_OF_MESSAGE = (
    "uuid text content sender created_at updated_at attachments files files_v2 parent_message_uuid"
    " index stop_reason truncated"
).split()
_ROOT = re.compile(r"^0{8}-0{4}-[04]0{3}-[08]0{3}-0{12}$")
_ARTIFACT = re.compile(r"<antArtifact\b([^>]*)>(.*?)(?:</antArtifact>|\Z)", re.DOTALL)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_THINKING = re.compile(r"<antThinking>(.*?)(?:</antThinking>|\Z)", re.DOTALL)
_PLACEHOLDER = "This block is not supported on your current device yet."
"""What stands in `text` for every block that is no text."""


class Conversation:
    """Its sessions: what was shown last, and a fork for every other branch."""

    def __init__(self, value: dict[str, Any], modified_at: datetime | None) -> None:
        self._value = value
        self._modified_at = modified_at
        self._messages: dict[str, dict[str, Any]] = {}
        self._parents: dict[str, str | None] = {}
        before: str | None = None
        for place, message in enumerate(objects(value.get("chat_messages")), 1):
            id = key(message.get("uuid")) or f"message {place}"
            if id in self._messages:
                id = f"{id}#{place}"
            self._messages[id] = message
            parent = message.get("parent_message_uuid", before)
            is_root = isinstance(parent, str) and _ROOT.match(parent)
            self._parents[id] = None if is_root else key(parent) or None
            before = id

    def sessions(self) -> Iterator[ArchivedSession | Unreadable]:
        """None, if nothing was said."""
        current = key(self._value.get("current_leaf_message_uuid")) or None
        yield from sessions(self._parents, current, self._begin, self._add)

    def _begin(self, branch: str | None) -> SessionBuilder:
        value = self._value
        id = key(value.get("uuid")) or self._digest()
        return SessionBuilder(
            PROGRAM,
            f"{id}#{branch}" if branch else id,
            started=moment(value.get("created_at")),
            used=None if branch else moment(value.get("updated_at")),
            fallback=self._modified_at,
            title=text(value.get("name")),
            provider=PROVIDER,
            model=text(value.get("model")) or None,
            pinned=value.get("is_starred") is True,
            extra={} if branch else kept(value, _TAKEN),
        )

    def _digest(self) -> str:
        names = "\n".join(self._messages)
        return hashlib.sha256(names.encode("utf-8", "replace")).hexdigest()[:32]

    def _add(self, session: SessionBuilder, id: str) -> None:
        message = self._messages[id]
        at = moment(message.get("created_at"))
        extra = kept(message, _TAKEN_OF_MESSAGE)
        if message.get("sender") == "assistant":
            self._add_answer(session, id, message, at, extra)
            return
        held, named = _attached(message)
        words = "\n\n".join(part for part in (_words(message), *named) if part)
        if named:
            extra["files"] = [*objects(message.get("files"))]
        if words or held:
            session.add(Role.USER, words, source_id=id, at=at, attachments=held, extra=extra)

    def _add_answer(
        self,
        session: SessionBuilder,
        id: str,
        message: dict[str, Any],
        at: datetime | None,
        extra: dict[str, Any],
    ) -> None:
        model = text(self._value.get("model")) or None
        answer = Answer(session, id, at=at, provider=PROVIDER, model=model)
        answer.extra = extra
        answer.finish_reason = text(message.get("stop_reason")) or None
        blocks = list(objects(message.get("content")))
        for block in blocks:
            _add_block(answer, block)
        if not any(text(block.get("text")).strip() for block in blocks):
            words = text(message.get("text"))
            if _PLACEHOLDER not in words:
                _say(answer, words)
        held, named = _attached(message)
        answer.attach(held)
        for name in named:
            answer.say(name)
        answer.finish()


def _add_block(answer: Answer, block: dict[str, Any]) -> None:
    kind = block.get("type")
    at = moment(block.get("start_timestamp")) or answer.at
    if kind == "text":
        _say(answer, text(block.get("text")) + _sources(block))
    elif kind == "thinking":
        answer.think(text(block.get("thinking")))
    elif kind == "tool_use":
        answer.tool(_called(block), at=at, extra={"tool_use": block})
    elif kind == "tool_result":
        words = _result(block.get("content"))
        shown = result_text(text(block.get("name")), words, failed=block.get("is_error") is True)
        answer.tool(shown, at=at, extra={"tool_result": block})
    elif kind not in ("token_budget", "flag", None):
        answer.extra.setdefault("blocks", []).append(block)


def _say(answer: Answer, words: str) -> None:
    """Text, with what old exports hide in it as tags."""
    for thought in _THINKING.findall(words):
        answer.think(thought.strip())
    words = _ARTIFACT.sub(_artifact_tag, _THINKING.sub("", words))
    answer.say(words.strip("\n"))


def _artifact_tag(found: re.Match[str]) -> str:
    given = dict(_ATTRIBUTE.findall(found[1]))
    return _artifact({**given, "content": found[2].strip("\n")})


def _called(block: dict[str, Any]) -> str:
    given = fields(block.get("input"))
    if block.get("name") == "artifacts" and isinstance(given.get("content"), str):
        return _artifact(given)
    return call_text(text(block.get("name")), block.get("input"))


def _artifact(given: dict[str, Any]) -> str:
    """A document or a program that the model wrote beside the conversation."""
    kind = text(given.get("type"))
    language = text(given.get("language")) or _LANGUAGES.get(kind, "")
    title = first_text(given.get("title"), given.get("id"), given.get("identifier"))
    heading = f"**artifact** ({' '.join(title.split())})" if title else "**artifact**"
    return f"{heading}\n\n{fenced(given['content'], language)}"


_LANGUAGES = {
    "text/markdown": "markdown",
    "text/html": "html",
    "image/svg+xml": "svg",
    "application/vnd.ant.react": "jsx",
    "application/vnd.ant.mermaid": "mermaid",
}


def _result(content: object) -> object:
    """What a tool gave: the texts of its blocks; anything else as it is."""
    if not isinstance(content, list):
        return content
    told = [text(fields(block).get("text")) for block in content]
    return "\n\n".join(told) if content and all(told) else content


def _sources(block: dict[str, Any]) -> str:
    links: list[str] = []
    for citation in objects(block.get("citations")):
        details = fields(citation.get("details"))
        url = first_text(citation.get("url"), details.get("url"))
        links.append(link(first_text(citation.get("title"), details.get("title")), url))
    told = [each for each in dict.fromkeys(links) if each]
    return f" ({', '.join(told)})" if told else ""


def _words(message: dict[str, Any]) -> str:
    blocks = [text(fields(block).get("text")) for block in items(message.get("content"))]
    return "\n\n".join(word for word in blocks if word.strip()) or text(message.get("text"))


def _attached(message: dict[str, Any]) -> tuple[list[Attachment], list[str]]:
    """Files whose text is in the export, and lines that name the others."""
    held: list[Attachment] = []
    named: list[str] = []
    for file in objects(message.get("attachments")):
        name = text(file.get("file_name")) or "pasted.txt"
        content = file.get("extracted_content")
        if isinstance(content, str) and content:
            data = content.encode("utf-8", "replace")
            held.append(Attachment(name=name, media_type="text/plain", data=data))
        else:
            named.append(f"[File: {name}]")
    seen = {file.name for file in held}
    for field in ("files", "files_v2"):
        for file in objects(message.get(field)):
            name = text(file.get("file_name"))
            if name and name not in seen:
                seen.add(name)
                named.append(f"[File: {name}]")
    return held, named
