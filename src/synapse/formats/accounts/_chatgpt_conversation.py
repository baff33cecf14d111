"""One conversation of a ChatGPT export: a tree of messages, of which one way was shown."""

from __future__ import annotations

import hashlib

from synapse.domain import Role, Status
from synapse.formats._branches import sessions
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, key, text
from synapse.formats.accounts._chatgpt_content import (
    answered,
    called,
    instructions,
    said,
    thoughts,
)
from synapse.formats.accounts._citations import with_links
from synapse.formats.apps._kept import kept
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession, Unreadable
    from synapse.formats.accounts._chatgpt_content import Said
    from synapse.formats.accounts._files import Files

PROGRAM = "chatgpt"
PROVIDER = "openai"
_TAKEN = (
    "id conversation_id title create_time update_time mapping current_node default_model_slug"
    " is_archived is_starred"
).split()
_TAKEN_OF_MESSAGE = (
    "id author create_time content status end_turn weight recipient metadata".split()
)
_TAKEN_OF_METADATA = (
    "model_slug citations content_references parent_id timestamp_ message_type attachments"
    " is_complete"
).split()
_STATUSES = {"in_progress": Status.INCOMPLETE, "finished_partial_completion": Status.INTERRUPTED}
_REASONS = {"max_tokens": "length"}
"""Words for the end of an answer for which the provider's interface has another one."""


class Conversation:
    """Its sessions: the way that was shown, and a fork for every other."""

    def __init__(self, value: dict[str, Any], files: Files, modified_at: datetime | None) -> None:
        self._value = value
        self._files = files
        self._modified_at = modified_at
        self._nodes = {id: fields(node) for id, node in fields(value.get("mapping")).items()}
        self._parents = {id: key(node.get("parent")) or None for id, node in self._nodes.items()}
        self._inner = {parent for parent in self._parents.values() if parent}
        self._thoughts: dict[str, list[str]] = {}

    def sessions(self) -> Iterator[ArchivedSession | Unreadable]:
        """None, if nothing was said."""
        current = key(self._value.get("current_node")) or None
        yield from sessions(self._parents, current, self._begin, self._add)

    def _begin(self, branch: str | None) -> SessionBuilder:
        value = self._value
        id = first_text(value.get("conversation_id"), value.get("id")) or self._digest()
        return SessionBuilder(
            PROGRAM,
            f"{id}#{branch}" if branch else id,
            started=moment(value.get("create_time")),
            used=None if branch else moment(value.get("update_time")),
            fallback=self._modified_at,
            title=text(value.get("title")),
            provider=PROVIDER,
            model=text(value.get("default_model_slug")) or None,
            pinned=value.get("is_starred") is True,
            tags=("archived",) if value.get("is_archived") is True else (),
            extra={} if branch else kept(value, _TAKEN),
        )

    def _digest(self) -> str:
        """What it is called, if it has no id: as its messages are, which have."""
        names = "\n".join(sorted(self._nodes))
        return hashlib.sha256(names.encode("utf-8", "replace")).hexdigest()[:32]

    def _add(self, session: SessionBuilder, node: str) -> None:
        message = fields(self._nodes[node].get("message"))
        if message:
            id = key(message.get("id")) or node
            self._add_message(session, id, message)
        if node not in self._inner:
            self._add_thoughts(session, node)

    def _add_thoughts(self, session: SessionBuilder, id: str) -> None:
        """Those after which nothing was said, before or in place of what has this id."""
        thought = self._take_thoughts(session)
        if thought:
            session.add(Role.ASSISTANT, "", source_id=f"{id}#thoughts", reasoning=thought)

    def _add_message(self, session: SessionBuilder, id: str, message: dict[str, Any]) -> None:
        content = fields(message.get("content"))
        kind = text(content.get("content_type"))
        role = text(fields(message.get("author")).get("role"))
        metadata = fields(message.get("metadata"))
        if kind == "user_editable_context" or metadata.get("is_user_system_message") is True:
            session.system_prompt = session.system_prompt or instructions(message)
        elif kind == "thoughts":
            self._thoughts.setdefault(session.id, []).append(thoughts(content))
        elif kind in ("reasoning_recap", "model_editable_context"):
            pass  # how long it took, and what the model remembers: no words of the conversation
        elif metadata.get("is_visually_hidden_from_conversation") is True:
            self._hide(session, message)
        elif role == "tool" or (role == "assistant" and _recipient(message) != "all"):
            self._add_tool(session, id, role, message)
        else:
            self._add_words(session, id, role, message)

    def _hide(self, session: SessionBuilder, message: dict[str, Any]) -> None:
        """What was never shown is no message, and is kept with the session."""
        if said(message, self._files).words:
            session.extra.setdefault("hidden_messages", []).append(message)

    def _add_tool(
        self, session: SessionBuilder, id: str, role: str, message: dict[str, Any]
    ) -> None:
        name = text(fields(message.get("author")).get("name"))
        held: Any = ()
        if role == "tool":
            found = said(message, self._files)
            if not found.words and not found.attachments:
                return
            words, held = answered(name, message, found), found.attachments
        else:
            words = called(_recipient(message), message)
        session.add(
            Role.TOOL,
            words,
            source_id=id,
            at=moment(message.get("create_time")),
            reasoning=self._take_thoughts(session) if role == "assistant" else "",
            attachments=held,
            extra={"message": message},
        )

    def _add_words(
        self, session: SessionBuilder, id: str, role: str, message: dict[str, Any]
    ) -> None:
        found = said(message, self._files)
        if not found.words and not found.attachments and not self._is_unfinished(message):
            return
        at = moment(message.get("create_time"))
        metadata = fields(message.get("metadata"))
        extra = {
            **kept(message, _TAKEN_OF_MESSAGE),
            **kept(metadata, _TAKEN_OF_METADATA),
        }
        if role == "assistant":
            self._add_answer(session, id, message, found, at, extra)
        elif role == "system":
            if not len(session) and not session.system_prompt:
                session.system_prompt = found.words
            else:
                session.add(Role.SYSTEM, found.words, source_id=id, at=at, extra=extra)
        else:
            self._add_thoughts(session, id)
            session.add(
                Role.USER,
                found.words,
                source_id=id,
                at=at,
                attachments=found.attachments,
                extra=extra,
            )

    def _add_answer(
        self,
        session: SessionBuilder,
        id: str,
        message: dict[str, Any],
        found: Said,
        at: datetime | None,
        extra: dict[str, Any],
    ) -> None:
        metadata = fields(message.get("metadata"))
        model = text(metadata.get("model_slug")) or None
        reason = text(fields(metadata.get("finish_details")).get("type"))
        status = _STATUSES.get(text(message.get("status")), Status.COMPLETE)
        error = None
        if reason == "interrupted":
            status = Status.INTERRUPTED
        if message.get("status") == "error":
            status, error = Status.FAILED, "provider: ChatGPT says no more than that it failed"
        session.add(
            Role.ASSISTANT,
            with_links(found.words, metadata),
            source_id=id,
            at=at,
            reasoning=self._take_thoughts(session),
            status=status,
            error=error,
            finish_reason=_REASONS.get(reason, reason) or None,
            provider=PROVIDER,
            model=model,
            attachments=found.attachments,
            extra=extra,
        )

    def _is_unfinished(self, message: dict[str, Any]) -> bool:
        return message.get("status") in ("error", "in_progress", "finished_partial_completion")

    def _take_thoughts(self, session: SessionBuilder) -> str:
        return "\n\n".join(each for each in self._thoughts.pop(session.id, []) if each)


def _recipient(message: dict[str, Any]) -> str:
    return text(message.get("recipient")) or "all"
