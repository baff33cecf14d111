"""A session with everything that belongs to it, on its way out of one store and into another."""

from __future__ import annotations

from itertools import islice

from synapse.domain import Role, StoredMessage, Usage
from synapse.record import Record
from synapse.timestamps import from_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import Any, TypeAlias

    from synapse.domain import Session, Summary

    PlainMessage: TypeAlias = tuple[
        str, str, str, str, str, str | None, str | None, str | None,
        int | None, int | None, int | None, int | None, int | None, int | None, int | None,
        str | None, int,
    ]  # fmt: skip
    """Id, role, content, timestamp, reasoning, finish_reason, provider, model, input_tokens,
    output_tokens, elapsed_ms, cached_tokens, cache_write_tokens, reasoning_tokens, cost,
    cost_source and index of a message that is COMPLETE and has nothing else that could be told: no
    error, no attachment, no unknown field. Texts can be stored as they are
    (`storable`), the time is as `timestamps.to_text` writes it, numbers are plausible counts or
    None.

    Most messages are plain, and an object for each takes longer than to read or to write it.
    """


REDACTED = "redacted"
"""The field of `extra` that says that something is masked in a message, or in what a session is
called: such a copy never takes the place of what it was made of.
"""


class Origin(Record):
    """Where a session was before it was imported."""

    program: str
    """The name of the format in IMPORTERS: `chatgpt`, `llm`, …"""
    id: str
    """What it is called there, unique in that program; of a branch, with what tells it apart."""


class ArchivedMessage(Record):
    """A message, and what only exports tell of it."""

    message: StoredMessage
    """Its `session_id` is the session's, its `index` counts from 1 in the order of the file."""
    after: str | None = None
    """The id of the message that it was written after, if that is not the one before it: two
    machines have gone on with the same session, and the parts were merged.
    """
    extra: Mapping[str, Any] = {}
    """Fields that Synapse does not know: values of JSON, kept and exported again."""


class Streamed:
    """Messages of a session on their way out of a store, or of a file. They are ArchivedMessages to
    everybody but those that ask for `pages()`, to write them without an object for each.
    """

    def pages(self) -> Iterator[list[PlainMessage | ArchivedMessage]]:
        """All in their order, some at a time, each that is plain as a tuple."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[ArchivedMessage]:
        raise NotImplementedError


_AT_ONCE = 500


def pages_of(
    messages: Iterable[ArchivedMessage],
) -> Iterator[list[PlainMessage | ArchivedMessage]]:
    """Any messages, some at a time; the plain ones as tuples, if they come so."""
    if isinstance(messages, Streamed):
        yield from messages.pages()
        return
    rest = iter(messages)
    while page := [*islice(rest, _AT_ONCE)]:
        yield [*page]


def whole(one: PlainMessage | ArchivedMessage, session_id: str) -> ArchivedMessage:
    """The object that a plain message stands for."""
    if not isinstance(one, tuple):
        return one
    id, role, content, timestamp, reasoning, finish_reason, provider, model = one[:8]
    return ArchivedMessage(
        message=StoredMessage(
            id=id,
            session_id=session_id,
            index=one[16],
            role=Role(role),
            content=content,
            reasoning=reasoning,
            timestamp=from_text(timestamp),
            finish_reason=finish_reason,
            provider=provider,
            model=model,
            usage=Usage(
                input_tokens=one[8],
                output_tokens=one[9],
                cached_tokens=one[11],
                cache_write_tokens=one[12],
                reasoning_tokens=one[13],
                cost=one[14],
                cost_source=one[15],
            ),
            elapsed_ms=one[10],
        )
    )


class Upkeep(Record):
    """What a store notes of a session for `last_used` and for clean-ups. It goes along when an
    archive is copied into another database, but not into an export.
    """

    used: int | None = None
    """Its place in the order of uses: the greatest is the one that was used last. None if it has
    not been used since it was imported. An engine that notes the moment of a use by its own clock
    counts in microseconds since 1970.
    """
    imported_at: datetime | None = None
    """When it was imported; None if it began here or has been used since."""
    restored_at: datetime | None = None
    """When it was taken out of the trash, for the days in which clean-ups spare it."""


class ArchivedSession(Record):
    """A session with its messages. The messages may be an iterator that is read once."""

    session: Session
    messages: Iterable[ArchivedMessage]
    message_count: int | None = None
    """How many there are, or should be; None if nobody says."""
    tags: tuple[str, ...] = ()
    origin: Origin | None = None
    """None if it began here."""
    changes: Mapping[str, datetime] = {}
    """When a field of the session was last changed: `name`, `title`, `pinned`, `trash`, `model`,
    `system_prompt`; or a tag put on or taken off, as `tag:WORD` (folded). A field that is not named
    has been as it is since the session was created.
    """
    forked_after: str | None = None
    """The id of the last message that it shares with the session that it branched off."""
    extra: Mapping[str, Any] = {}
    """Fields that Synapse does not know: values of JSON, kept and exported again."""
    upkeep: Upkeep = Upkeep()
    """From a store. What reads an export leaves it as it is."""
    summaries: tuple[Summary, ...] = ()
    """What stands for older messages of it, the oldest first; of indexes as in `messages`."""


class Merged(Record):
    """What became of an ArchivedSession in a store."""

    session_id: str
    is_new: bool
    """Whether there was no such session."""
    added: int
    """Messages that were not there."""
    changed: bool
    """False if everything was there already."""


class Unreadable(Record):
    """A part of a file that could not be read; the parts around it are."""

    place: str
    """Where it is: `line 88`, `byte 10,240`, `conversation 3 ("Docker")`."""
    reason: str
    """What is wrong with it, as the rest of a sentence: `no "messages"`."""


class Remark(Record):
    """Something that the user should know of a file that is read all the same."""

    text: str
    """A sentence without its full stop."""
