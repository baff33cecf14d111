"""A whole archive into another database, session by session; see `synapse db copy`.

A copy can be stopped at any moment and run again: what is the same on both sides is compared by its
hash and not sent. What the target has already is merged, and nothing is removed there. A session in
which an answer is being received is put off until the others are copied.
"""

from __future__ import annotations

import time

from synapse.app.copying.together import MOST, MOST_MESSAGES, Together, is_in_use
from synapse.app.digests import Digesting, digest_of
from synapse.app.exporting import all_sessions
from synapse.domain import SessionFilter
from synapse.errors import DatabaseError, SessionBusy, StorageError, StoreUnreachable
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from synapse.app.digests import Digest
    from synapse.archived import ArchivedMessage
    from synapse.domain import SessionSummary, SessionTotals
    from synapse.ports import SessionStore

PATIENCE = 10.0
"""Seconds that the sessions in use are waited for, once the others are copied."""
_LOOK_EVERY = 0.2
"""Seconds between two looks whether an answer is there."""
_TRIES = 3
"""At a session that changes while it is copied."""


class Left(Record):
    """A session that is not, or not wholly, in the target."""

    handle: str
    reason: str
    """The rest of a sentence: `is being answered`."""
    is_in_use: bool = False
    """Whether another run will do."""


class Copied:
    """What came of a copy so far; the numbers are true at any moment."""

    def __init__(self) -> None:
        self.new = 0
        self.updated = 0
        """Sessions that were there and have changed."""
        self.unchanged = 0
        """Sessions that were there as they are."""
        self.messages = 0
        """That were not there."""
        self.equal = 0
        """Sessions whose hash is the same on both sides."""
        self.equal_messages = 0
        """Messages of these."""
        self.merged = 0
        """Sessions that the target has with all that the source has, and with more."""
        self.left: list[Left] = []

    @property
    def sessions(self) -> int:
        """That are wholly in the target."""
        return self.equal + self.merged


class _Changing(Exception):
    """The session is in use, or was changed while it was copied."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def total_of(store: SessionStore) -> SessionTotals:
    """Sessions and messages of an archive, the trash included. Reads them all."""
    live, trash = (
        store.total_sessions(SessionFilter(), deleted=deleted) for deleted in (False, True)
    )
    return live.replace(
        sessions=live.sessions + trash.sessions, messages=live.messages + trash.messages
    )


class Copying:
    """One run."""

    def __init__(
        self,
        source: SessionStore,
        target: SessionStore,
        *,
        progress: Callable[[int], object] = lambda _: None,
        on_wait: Callable[[int], object] = lambda _: None,
        patience: float | None = None,
    ) -> None:
        """`progress` hears how many of the source's messages are done, `on_wait` how many sessions
        are in use now that the others are copied.
        """
        self.copied = Copied()
        self._source = source
        self._target = target
        self._progress = progress
        self._on_wait = on_wait
        self._patience = PATIENCE if patience is None else patience
        self._done = 0
        self._together = Together(source, target, self.copied)

    def run(self) -> None:
        """Copy everything. Raises StorageError if one of the two can't be used any more: what is
        copied stays.
        """
        put_off: dict[str, Left] = {}
        newest = {deleted: self._newest(deleted=deleted) for deleted in (False, True)}
        seen: set[tuple[str, datetime]] = set()
        for deleted, since in newest.items():
            for group in self._groups(all_sessions(self._source, None, deleted=deleted)):
                self._copy_group(group, put_off)
                seen |= {
                    (summary.session.id, _listed_at(summary))
                    for summary in group
                    if since is None or _listed_at(summary) >= since
                }
        # once more those that were used, or put into the trash, since they were first listed: they
        # may have moved past the page that was asked for next
        for deleted, since in newest.items():
            which = SessionFilter(since=since)
            for summary in all_sessions(self._source, which, deleted=deleted):
                if (summary.session.id, _listed_at(summary)) not in seen:
                    self._copy_group([summary], put_off)
        self._wait_for(put_off)

    def _newest(self, *, deleted: bool) -> datetime | None:
        first = self._source.list_sessions(limit=1, deleted=deleted)
        return _listed_at(first[0]) if first else None

    def _groups(self, listed: Iterable[SessionSummary]) -> Iterator[list[SessionSummary]]:
        """Small ones together, if the target takes them so."""
        most = MOST if self._together.is_possible else 1
        group: list[SessionSummary] = []
        for summary in listed:
            group.append(summary)
            if len(group) >= most or sum(one.message_count for one in group) > MOST_MESSAGES:
                yield group
                group = []
        if group:
            yield group

    def _copy_group(self, group: list[SessionSummary], put_off: dict[str, Left]) -> None:
        done = self._together.copy(group)
        for summary in group:
            id, handle = summary.session.id, summary.session.handle
            left = None if id in done else self._try(id, handle)
            if left is not None:
                put_off[id] = left
            self._done += summary.message_count
            self._progress(self._done)

    def _wait_for(self, put_off: dict[str, Left]) -> None:
        in_use = [id for id, left in put_off.items() if left.is_in_use]
        if in_use and self._patience > 0:
            self._on_wait(len(in_use))
        until = time.monotonic() + self._patience
        while in_use and time.monotonic() < until:
            time.sleep(_LOOK_EVERY)
            for id in in_use:
                left = self._try(id, put_off[id].handle)
                if left is None:
                    del put_off[id]
                else:
                    put_off[id] = left
            in_use = [id for id in in_use if id in put_off and put_off[id].is_in_use]
        self.copied.left += put_off.values()

    def _try(self, id: str, handle: str) -> Left | None:
        """None if the session is copied, or gone from the source."""
        reason = ""
        for _ in range(_TRIES):
            try:
                if is_in_use(self._source, id):
                    return Left(handle=handle, reason="is being answered", is_in_use=True)
                self._copy(id)
            except _Changing as changing:
                reason = changing.reason
            except SessionBusy:
                reason = "is being answered in the other database"
                return Left(handle=handle, reason=reason, is_in_use=True)
            except (DatabaseError, StoreUnreachable):
                raise
            except StorageError as error:
                reason = error.message
            else:
                return None
        return Left(handle=handle, reason=reason)

    def _copy(self, id: str) -> None:
        archived = self._source.archived_session(id)
        if archived is None:
            return
        there = self._target.archived_session(id)
        if there is not None:
            digest = digest_of(archived)
            if digest == digest_of(there):
                self.copied.unchanged += 1
                self._count_equal(digest)
                return
            archived = archived.replace(messages=self._messages(id))
        sent = Digesting(
            archived,
            lambda count: self._progress(self._done + count),
            lambda: self._messages(id),
        )
        merged = self._target.merge_session(archived.replace(messages=sent), as_copy=True)
        self.copied.messages += merged.added
        if is_in_use(self._source, id):
            raise _Changing("was used while it was copied")
        self._verify(id, sent.digest)
        if merged.is_new:
            self.copied.new += 1
        elif merged.changed:
            self.copied.updated += 1
        else:
            self.copied.unchanged += 1

    def _messages(self, id: str) -> Iterable[ArchivedMessage]:
        again = self._source.archived_session(id)
        return () if again is None else again.messages

    def _verify(self, id: str, sent: Digest | None) -> None:
        """By reading it back. Where the target had more than was sent, merging must be done: to
        merge the same once more changes nothing.
        """
        there = self._target.archived_session(id)
        if there is None:
            raise _Changing("is not there after it was stored")
        arrived = digest_of(there)
        if arrived == sent:
            self._count_equal(arrived)
            return
        again = self._source.archived_session(id)
        if again is not None and self._target.merge_session(again, as_copy=True).changed:
            raise _Changing("was used while it was copied")
        self.copied.merged += 1

    def _count_equal(self, digest: Digest) -> None:
        self.copied.equal += 1
        self.copied.equal_messages += digest.messages


def _listed_at(summary: SessionSummary) -> datetime:
    session = summary.session
    return session.deleted_at or session.updated_at
