"""What importers of other programs share: stable ids, sessions built message by message, branches.

An importer says what stands in the file; how that becomes a session is decided here.
"""

from __future__ import annotations

import hashlib

from synapse import ids
from synapse.archived import ArchivedMessage, ArchivedSession, Origin
from synapse.domain import Attachment, Role, Session, Status, StoredMessage, Usage
from synapse.formats._secrets import without_secrets
from synapse.light.dates import timedelta
from synapse.timestamps import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Any

UNKNOWN_MODEL = "unknown"
"""The model of a session whose file names none."""


def stable_id(*names: str, at: datetime | None = None) -> str:
    """A UUIDv7 that is always the same for the same names: its random digits are their hash. `at`
    is its time, and must be as stable as the names; without it, the id is older than all others.
    """
    digest = int.from_bytes(hashlib.sha256("\x00".join(names).encode("utf-8", "replace")).digest())
    milliseconds = 0 if at is None else max(0, int(at.timestamp() * 1000))
    value = (
        (milliseconds & (1 << 48) - 1) << 80
        | 0x7 << 76
        | (digest >> 128 & 0xFFF) << 64
        | 0b10 << 62
        | digest & (1 << 62) - 1
    )
    return ids.hyphenated(f"{value:032x}")


class SessionBuilder:
    """Collects one conversation of another program, in the order of its messages.

    `program` is the name in IMPORTERS, `source_id` what the conversation is called there. `started`
    must come from the file, or be None: ids hold it. `fallback` stands for times that the file does
    not tell, such as that of its last change.
    """

    def __init__(
        self,
        program: str,
        source_id: str,
        *,
        started: datetime | None = None,
        used: datetime | None = None,
        fallback: datetime | None = None,
        title: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        system_prompt: str | None = None,
        pinned: bool = False,
        deleted_at: datetime | None = None,
        tags: Iterable[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.id = stable_id(program, source_id, at=started)
        self.system_prompt = system_prompt
        self.title = title
        self.model = model
        self.provider = provider
        self.extra = dict(extra or {})
        self._program = program
        self.source_id = source_id
        self._started = started
        self._used = used
        self._fallback = fallback
        self._pinned = pinned
        self._deleted_at = deleted_at
        self._tags = tuple(tags)
        self._messages: list[ArchivedMessage] = []
        self._ids: set[str] = set()
        self._forked: tuple[str, int, str] | None = None

    def __len__(self) -> int:
        return len(self._messages)

    def add(
        self,
        role: Role,
        content: str,
        *,
        source_id: str | None = None,
        at: datetime | None = None,
        reasoning: str = "",
        status: Status = Status.COMPLETE,
        finish_reason: str | None = None,
        error: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        usage: Usage | None = None,
        elapsed_ms: int | None = None,
        superseded: bool = False,
        attachments: Iterable[Attachment] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Append a message. Without a `source_id`, its place and text are its identity; with one
        that another message has already, its place is a part of it. Without a time, it gets the one
        of the message before it.
        """
        place = len(self._messages) + 1
        own_id = source_id or f"{place}\x00{role}\x00{content}"
        if own_id in self._ids:
            own_id = f"{own_id}\x00{place}"
        self._ids.add(own_id)
        message = StoredMessage(
            id=stable_id(self._program, self.source_id, own_id, at=at or self._started),
            session_id=self.id,
            role=role,
            content=content,
            timestamp=at or self._last_time(),
            index=place,
            status=status,
            reasoning=reasoning,
            finish_reason=finish_reason,
            error=error,
            provider=provider,
            model=model,
            usage=usage or Usage(),
            elapsed_ms=elapsed_ms,
            superseded=superseded,
            attachments=tuple(attachments),
        )
        self._messages.append(ArchivedMessage(message=message, extra=without_secrets(extra or {})))

    def fork_of(self, origin: SessionBuilder, shared: int) -> None:
        """Say that the first `shared` messages are those of `origin`."""
        last = origin._messages[shared - 1].message.id if shared else ""
        self._forked = (origin.id, shared, last)

    def fork_of_same(self, origin: SessionBuilder) -> None:
        """Say that the first messages are those of `origin`, as many as say the same."""
        shared = 0
        for ours, theirs in zip(self._messages, origin._messages, strict=False):
            mine, others = ours.message, theirs.message
            if (mine.role, mine.content) != (others.role, others.content):
                break
            shared += 1
        self.fork_of(origin, shared)

    def finished(self) -> ArchivedSession:
        """The session. Its times are those of the file; where it tells none, of its messages."""
        times = [message.message.timestamp for message in self._messages]
        known = [time for time in times if time != UNKNOWN]
        started = self._started or (min(known) if known else self._fallback or UNKNOWN)
        used = self._used or (max(known) if known else started)
        forked_from, forked_at, forked_after = self._forked or (None, None, None)
        session = Session(
            id=self.id,
            provider=self.provider or self._program,
            model=self.model or self._last_model() or UNKNOWN_MODEL,
            created_at=started,
            updated_at=max(used, started),
            system_prompt=self.system_prompt or None,
            title=_one_line(self.title),
            deleted_at=self._deleted_at,
            pinned=self._pinned,
            forked_from=forked_from,
            forked_at=forked_at,
        )
        return ArchivedSession(
            session=session,
            messages=tuple(self._messages),
            tags=self._tags,
            origin=Origin(program=self._program, id=self.source_id),
            forked_after=forked_after or None,
            extra=without_secrets(self.extra),
        )

    def _last_time(self) -> datetime:
        if self._messages:
            return self._messages[-1].message.timestamp + timedelta(microseconds=1)
        return self._started or self._fallback or UNKNOWN

    def _last_model(self) -> str | None:
        models = (archived.message.model for archived in reversed(self._messages))
        return next((model for model in models if model), None)


def _one_line(title: str | None) -> str | None:
    """As titles are: one line of up to 200 characters; None for nothing."""
    line = " ".join((title or "").split())
    return (line if len(line) <= 200 else line[:199] + "…") or None
