"""A hash over everything that belongs to a session, by which two databases are compared.

It covers what is in both whatever the engine: texts, times to the microsecond, order, marks, what
clean-ups go by, other programs' fields. The number of a message is its place among the others.
"""

from __future__ import annotations

import hashlib
import json

from synapse.domain import Status, Usage
from synapse.record import Record
from synapse.timestamps import to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from synapse.archived import ArchivedMessage, ArchivedSession
    from synapse.domain import Summary


class Digest(Record):
    """What a session is known by."""

    hash: str
    messages: int


class Digesting:
    """The messages of a session, as they pass: whoever goes through them to the end makes `digest`
    known. Going through them again reads them again.
    """

    def __init__(
        self,
        archived: ArchivedSession,
        passed: Callable[[int], object] = lambda _: None,
        again: Callable[[], Iterable[ArchivedMessage]] | None = None,
    ) -> None:
        self._archived = archived
        self._passed = passed
        self._again = again
        self._is_begun = False
        self.digest: Digest | None = None

    def __iter__(self) -> Iterator[ArchivedMessage]:
        messages = self._archived.messages
        if self._is_begun and self._again is not None:  # a transaction is run again
            messages = self._again()
        self._is_begun = True
        hashed = hashlib.sha256(_bytes(_of_session(self._archived)))
        count = 0
        for one in messages:
            hashed.update(_bytes(_of_message(one)))
            yield one
            count += 1
            self._passed(count)
        self.digest = Digest(hash=hashed.hexdigest(), messages=count)


def digest_of(archived: ArchivedSession) -> Digest:
    """Reads the messages, a few at a time."""
    digesting = Digesting(archived)
    for _ in digesting:
        pass
    assert digesting.digest is not None
    return digesting.digest


def _bytes(values: Iterable[object]) -> bytes:
    """Each value with its length, so that no two lists of values look alike."""
    parts = []
    for value in values:
        if isinstance(value, bytes):
            part = value
        elif value is None:
            parts.append(b"-")
            continue
        else:
            # not every engine can hold a NUL
            part = str(value).replace("\0", "\ufffd").encode("utf-8", "surrogatepass")
        parts.append(b"%d:%s" % (len(part), part))
    return b"".join(parts)


def _of_session(archived: ArchivedSession) -> Iterator[object]:
    session, upkeep = archived.session, archived.upkeep
    yield from (session.id, session.provider, session.model, session.name, session.title)
    yield from (session.system_prompt, int(session.pinned), session.forked_from, session.forked_at)
    yield from map(_time, (session.created_at, session.updated_at, session.deleted_at))
    yield from (upkeep.used, _time(upkeep.imported_at), _time(upkeep.restored_at))
    yield from (len(archived.tags), *sorted(archived.tags))
    yield len(archived.changes)
    for what, moment in sorted(archived.changes.items()):
        yield from (what, _time(moment))
    origin = archived.origin
    yield from (None, None) if origin is None else (origin.program, origin.id)
    yield _json(archived.extra)
    yield len(archived.summaries)
    for summary in archived.summaries:
        yield from _of_summary(summary)


def _of_summary(summary: Summary) -> Iterator[object]:
    yield from (summary.id, summary.last_index, summary.messages, summary.content)
    yield from (summary.provider, summary.model, _time(summary.created_at), summary.parent)
    yield from (summary.generation, summary.focus, summary.tokens_before, summary.tokens_after)
    yield from (summary.prompt_version, summary.session_length)
    yield from _of_usage(summary.usage)


def _of_usage(usage: Usage) -> Iterator[object]:
    yield from (getattr(usage, name) for name in Usage._fields)


def _of_message(one: ArchivedMessage) -> Iterator[object]:
    message = one.message
    # nobody receives it elsewhere
    is_received = message.status is Status.STREAMING
    status = Status.INCOMPLETE if is_received else message.status
    yield from (message.id, message.role.value, message.content, message.reasoning)
    yield from (_time(message.timestamp), status.value, message.finish_reason)
    yield from (message.error, message.provider, message.model, message.elapsed_ms)
    yield from _of_usage(message.usage)
    yield from (int(message.superseded), message.refused, one.after, _json(one.extra))
    yield len(message.attachments)
    for file in message.attachments:
        yield from (file.name, file.media_type, file.source, file.data)


def _time(moment: Any) -> str | None:
    return None if moment is None else to_text(moment)


def _json(extra: Mapping[str, Any]) -> str:
    return json.dumps(extra, sort_keys=True) if extra else ""
