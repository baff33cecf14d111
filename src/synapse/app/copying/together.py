"""Small sessions of a copy, many at once: where a store is on a server, each question takes a way
over the network, and a session alone asks twenty.
"""

from __future__ import annotations

from synapse.app.digests import digest_of
from synapse.domain import Status
from synapse.errors import DatabaseError, StorageError, StoreUnreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from synapse.app.copying import Copied
    from synapse.app.digests import Digest
    from synapse.archived import ArchivedMessage, ArchivedSession
    from synapse.domain import SessionSummary
    from synapse.ports import SessionStore

MOST = 64
"""Sessions of a group."""
MOST_MESSAGES = 1000
"""Of a group, of which one session alone may have more."""
_MOST_BYTES = 1 << 23
"""Of texts and attachments that are held in memory."""


class Together:
    """Copies groups of sessions as far as that is simple."""

    def __init__(self, source: SessionStore, target: SessionStore, copied: Copied) -> None:
        self._source: Any = source
        self._target: Any = target
        self._copied = copied
        self.is_possible = hasattr(target, "add_sessions")

    def copy(self, group: Sequence[SessionSummary]) -> set[str]:
        """The ids of those that are copied, and verified: for the others, nothing is said. Raises
        DatabaseError or StoreUnreachable if one of the two can't be used any more.
        """
        idle = [one.session.id for one in group if one.last_status is not Status.STREAMING]
        if not self.is_possible or len(idle) < 2:
            return set()
        archived = self._read(idle)
        digests = {id: digest_of(one) for id, one in archived.items()}
        equal = self._equal(archived, digests)
        self._copied.unchanged += len(equal)
        new = [one for id, one in archived.items() if id not in equal]
        added = self._added(new)
        arrived = self._equal(added, digests)
        self._copied.new += len(arrived)
        done = equal | arrived
        for id in done:
            self._copied.equal += 1
            self._copied.equal_messages += digests[id].messages
        return done

    def _read(self, ids: Sequence[str]) -> dict[str, ArchivedSession]:
        """What the source has of them, whole."""
        if hasattr(self._source, "archived_sessions"):
            read: dict[str, ArchivedSession] = self._source.archived_sessions(ids)
            return read
        found = {}
        left = _MOST_BYTES
        for id in ids:
            archived = self._source.archived_session(id)
            messages = None if archived is None else _small(archived.messages, left)
            if archived is not None and messages is not None:
                left -= sum(map(_size, messages))
                found[id] = archived.replace(messages=messages)
        return found

    def _equal(self, ids: Iterable[str], digests: Mapping[str, Digest]) -> set[str]:
        """Those that the target has as the source had them, and has still."""
        asked = list(ids)
        if not asked:
            return set()
        there = self._target.archived_sessions(asked)
        equal = {id for id, one in there.items() if digest_of(one) == digests[id]}
        return equal - set(self._answering(list(equal)))

    def _added(self, sessions: Sequence[ArchivedSession]) -> list[str]:
        if not sessions:
            return []
        try:
            added = self._target.add_sessions(sessions)
        except (DatabaseError, StoreUnreachable):
            raise
        except StorageError:
            return []  # one of them: each is tried alone
        self._copied.messages += sum(merged.added for merged in added)
        return [merged.session_id for merged in added]

    def _answering(self, ids: Sequence[str]) -> Iterable[str]:
        """Those that are in use in the source by now."""
        if hasattr(self._source, "answering"):
            found: list[str] = self._source.answering(ids)
            return found
        return [id for id in ids if is_in_use(self._source, id)]


def is_in_use(store: SessionStore, id: str) -> bool:
    """Whether an answer is being received by somebody who is there."""
    summary = store.get_summary(id)
    if summary is None or summary.last_status is not Status.STREAMING:
        return False
    last = store.get_messages(id, first=max(1, summary.message_count))
    return any(message.status is Status.STREAMING for message in last)


def _small(messages: Iterable[ArchivedMessage], most: int) -> tuple[ArchivedMessage, ...] | None:
    """None if they have attachments or more bytes."""
    held = []
    size = 0
    for one in messages:
        size += _size(one)
        if size > most or one.message.attachments:
            return None
        held.append(one)
    return tuple(held)


def _size(one: ArchivedMessage) -> int:
    return len(one.message.content) + len(one.message.reasoning)
