"""The parts of one answer: text, thoughts, calls of tools and what these gave, in their order.

Programs keep them as blocks of one message, as messages of their own, or both. Here they become
messages that can be read: what the model said is an answer, with the thoughts before it; a call
and a result are a message of a tool each, which is shown and found, and not sent to a model.
"""

from __future__ import annotations

import json
import re

from synapse.domain import Role, Status, Usage
from synapse.formats.reading.json_values import parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Any

    from synapse.domain import Attachment
    from synapse.formats._building import SessionBuilder

_THOUGHT = re.compile(r"\s*<(think(?:ing)?|thought)>(.*?)</\1>\s*", re.DOTALL)
_TICKS = re.compile("`{3,}")


def fenced(content: str, language: str = "") -> str:
    """A block of code whose fence nothing in it can close."""
    longest = max(map(len, _TICKS.findall(content)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{content.removesuffix(chr(10))}\n{fence}"


def json_text(value: object) -> str:
    """As JSON, to be read; never fails."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def call_text(name: str, arguments: object) -> str:
    """A call of a tool, in Markdown. Arguments that are JSON in a text are shown as JSON; of an
    object with a single text, the text, as that of a command or a patch reads best so.
    """
    heading = f"**{_inline(name) or 'tool'}**"
    if isinstance(arguments, str):
        try:
            given = parsed(arguments.encode())
        except ValueError:
            return f"{heading}\n\n{fenced(arguments)}" if arguments.strip() else heading
    else:
        given = arguments
    if isinstance(given, dict) and len(given) == 1:
        ((field, value),) = given.items()
        if isinstance(value, str):
            return f"{heading} ({_inline(field)})\n\n{fenced(value)}"
    if given in (None, {}, [], ""):
        return heading
    return f"{heading}\n\n{fenced(json_text(given), 'json')}"


def result_text(name: str, output: object, *, failed: bool = False) -> str:
    """What a tool gave back, whole, in Markdown."""
    heading = f"**{_inline(name)}**: " if name else ""
    heading += "error" if failed else "result"
    if output is None or output == "":
        return f"{heading} (empty)"
    if isinstance(output, str):
        return f"{heading}\n\n{fenced(output)}"
    return f"{heading}\n\n{fenced(json_text(output), 'json')}"


def split_thoughts(words: str) -> tuple[str, str]:
    """The thoughts that a model wrote before its answer, between `<think>` and `</think>`, and the
    answer.
    """
    found = _THOUGHT.match(words)
    return (found[2].strip(), words[found.end() :]) if found else ("", words)


def _inline(name: str) -> str:
    return " ".join(name.replace("*", "").replace("`", "").split())[:200]


class Answer:
    """Collects the parts of one answer and appends them to a session, when it is finished or a
    tool comes between.

    `source_id` is what the answer is called there; its first message bears it, the others a number
    behind it.
    """

    def __init__(
        self,
        session: SessionBuilder,
        source_id: str,
        *,
        at: datetime | None = None,
        provider: str | None = None,
        model: str | None = None,
    ) -> None:
        self.at = at
        self.provider = provider
        self.model = model
        self.usage: Usage | None = None
        """Counted with its first message."""
        self.finish_reason: str | None = None
        self.elapsed_ms: int | None = None
        self.is_superseded = False
        self.extra: dict[str, Any] = {}
        """Of the answer as a whole; kept with its first message."""
        self._session = session
        self._source_id = source_id
        self._count = 0
        self._said: list[str] = []
        self._thought: list[str] = []
        self._attachments: list[Attachment] = []

    def go_on(self, at: datetime | None) -> None:
        """What follows was written then, unless it belongs to words that are collected already."""
        if at is not None and not (self._said or self._thought):
            self.at = at

    def say(self, words: str) -> None:
        """Text that the model wrote."""
        if words:
            self._said.append(words)

    def think(self, words: str) -> None:
        """A thought; of what was said before it, it makes a message of its own."""
        if words:
            if self._said:
                self._flush()
            self._thought.append(words)

    def attach(self, attachments: Iterable[Attachment]) -> None:
        """What goes with the text."""
        self._attachments += attachments

    def tool(
        self,
        content: str,
        *,
        at: datetime | None = None,
        extra: Mapping[str, Any] | None = None,
        source_id: str | None = None,
        attachments: Iterable[Attachment] = (),
    ) -> None:
        """A call of a tool or its result, in the place where it stands. Thoughts before it are its
        own, if nothing was said after them: a message without words is none to look at.
        """
        if self._said or self._attachments:
            self._flush()
        thought, self._thought = "\n\n".join(self._thought), []
        self._session.add(
            Role.TOOL,
            content,
            source_id=source_id or self._next_id(),
            at=at or self.at,
            reasoning=thought,
            provider=self.provider if self.usage or thought else None,
            model=self.model if self.usage or thought else None,
            usage=self.usage,
            superseded=self.is_superseded,
            attachments=attachments,
            extra={**self._take_extra(), **(extra or {})},
        )
        self.usage = None

    def finish(self, status: Status = Status.COMPLETE, error: str | None = None) -> None:
        """Append what has not been yet; with nothing said, an empty message for how it ended."""
        if status is Status.COMPLETE or self._said or self._thought or self._attachments:
            self._flush(status, error)
        else:
            self._append("", "", status, error)

    def _flush(self, status: Status = Status.COMPLETE, error: str | None = None) -> None:
        if self._said or self._thought or self._attachments:
            said, thought = "\n\n".join(self._said), "\n\n".join(self._thought)
            self._said, self._thought = [], []
            self._append(said, thought, status, error)

    def _append(self, said: str, thought: str, status: Status, error: str | None) -> None:
        attachments, self._attachments = self._attachments, []
        self._session.add(
            Role.ASSISTANT,
            said,
            source_id=self._next_id(),
            at=self.at,
            reasoning=thought,
            status=status,
            finish_reason=self.finish_reason,
            error=error,
            provider=self.provider,
            model=self.model,
            usage=self.usage,
            elapsed_ms=self.elapsed_ms,
            superseded=self.is_superseded,
            attachments=attachments,
            extra=self._take_extra(),
        )
        self.usage = self.finish_reason = self.elapsed_ms = None

    def _take_extra(self) -> dict[str, Any]:
        extra, self.extra = self.extra, {}
        return extra

    def _next_id(self) -> str:
        self._count += 1
        return self._source_id if self._count == 1 else f"{self._source_id}#{self._count}"
