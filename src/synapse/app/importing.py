"""What an import reads goes into the store, session by session."""

from __future__ import annotations

from synapse.archived import ArchivedSession, Remark, Streamed, Unreadable, pages_of, whole
from synapse.errors import (
    DatabaseError,
    ImportFailed,
    InvalidDataError,
    StoreUnreachable,
    SynapseError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from synapse.archived import ArchivedMessage, Merged, PlainMessage
    from synapse.ports import SessionStore

_KEPT = 20_000
"""Messages of a session that are held for a second try, should its transaction be run again."""
_MOST_WEIGHT = 1 << 20
_WEIGHT_OF_ONE = 2_000
"""Of sessions that are written together: the characters and bytes in them, and as many as these for
each message and each session."""


class Tally:
    """What came of an import so far; the numbers are true at any moment."""

    def __init__(self) -> None:
        self.new_ids: list[str] = []
        self.updated = 0
        """Sessions that were there and have changed."""
        self.unchanged = 0
        """Sessions that were there as they are."""
        self.messages = 0
        """That were not there."""
        self.failures: list[str] = []
        """`line 88: no "messages"`, the first of them."""
        self.failed = 0
        self.remarks: list[str] = []

    @property
    def sessions(self) -> int:
        """That were read."""
        return len(self.new_ids) + self.updated + self.unchanged

    def fail(self, reason: str) -> None:
        """Count a failure; names in a damaged file can be anything."""
        self.failed += 1
        if len(self.failures) < MOST_TOLD:
            shown = (character if character.isprintable() else "\ufffd" for character in reason)
            self.failures.append("".join(shown))


MOST_TOLD = 20
"""Failures that are told one by one."""


def import_all(
    store: SessionStore,
    read: Iterable[ArchivedSession | Unreadable | Remark],
    tally: Tally,
    *,
    dry_run: bool = False,
    after_each: Callable[[Tally], object] = lambda _: None,
) -> None:
    """Merge what is read into the store, each session whole or not at all: long ones in a
    transaction of their own, some hundred short messages in one. What can't be read or stored is
    counted, and the rest goes on. With `dry_run`, only say what would come.

    Raises the store's error if nothing can be written any more: what came in before stays.
    """
    sessions = iter(read)
    batch = _Batch(store, tally, after_each)
    while True:
        try:
            one = next(sessions, None)
        except ImportFailed as error:
            tally.fail(error.message)
            break
        if one is None:
            break
        if isinstance(one, ArchivedSession) and not dry_run:
            batch.add(one)
            continue
        _take(store, one, tally)
        after_each(tally)
    batch.write()


def with_name(
    name: str, read: Iterable[ArchivedSession | Unreadable | Remark]
) -> Iterator[ArchivedSession | Unreadable | Remark]:
    """What is read from the file of that name; of what can't be read, the place tells the file."""
    for one in read:
        if isinstance(one, Unreadable) and name not in one.place:
            yield one.replace(place=f"{name}: {one.place}")
        else:
            yield one


def _take(store: SessionStore, one: ArchivedSession | Unreadable | Remark, tally: Tally) -> None:
    if isinstance(one, Remark):
        tally.remarks.append(one.text)
    elif isinstance(one, Unreadable):
        tally.fail(f"{one.place}: {one.reason}")
    else:
        _plan(store, one, tally)


class _Batch:
    """Small sessions that are read, to be written together: a transaction for each would take
    longer than its messages. Nobody waits for the file while the store is locked.
    """

    def __init__(
        self, store: SessionStore, tally: Tally, after_each: Callable[[Tally], object]
    ) -> None:
        self._store = store
        self._tally = tally
        self._after_each = after_each
        self._sessions: list[ArchivedSession] = []
        self._weight = 0

    def add(self, archived: ArchivedSession) -> None:
        """Have it written, together with others or now."""
        messages = _Messages(archived.messages, archived.session.id)
        archived = archived.replace(messages=messages)
        try:
            weight = messages.read_ahead(_MOST_WEIGHT)
        except SynapseError as error:
            self.write()
            self._count(archived, error)
            return
        if self._weight + weight > _MOST_WEIGHT:
            self.write()
        self._sessions.append(archived)
        self._weight += weight
        if weight > _MOST_WEIGHT:  # it is not read to its end
            self.write()

    def write(self) -> None:
        """Write what is there."""
        sessions, self._sessions, self._weight = self._sessions, [], 0
        if len(sessions) > 1 and hasattr(self._store, "merge_sessions"):
            try:
                merged = self._store.merge_sessions(sessions)
            except (DatabaseError, StoreUnreachable):
                raise
            except SynapseError:
                pass  # one by one, all that can be stored are
            else:
                for archived, outcome in zip(sessions, merged, strict=True):
                    self._count(archived, outcome)
                return
        for archived in sessions:
            self._count(archived, self._outcome(archived))

    def _outcome(self, archived: ArchivedSession) -> Merged | SynapseError:
        try:
            return self._store.merge_session(archived)
        except (DatabaseError, StoreUnreachable):
            raise
        except SynapseError as error:
            return error

    def _count(self, archived: ArchivedSession, outcome: Merged | SynapseError) -> None:
        tally = self._tally
        if isinstance(outcome, SynapseError):
            tally.fail(_of_session(archived, outcome))
        else:
            tally.messages += outcome.added
            if outcome.is_new:
                tally.new_ids.append(outcome.session_id)
            elif outcome.changed:
                tally.updated += 1
            else:
                tally.unchanged += 1
        self._after_each(tally)


def _of_session(archived: ArchivedSession, error: SynapseError) -> str:
    """What is wrong, and with which session if that is not said."""
    title = archived.session.title or archived.session.name
    words = f"session {archived.session.handle}{f' ({title[:40]})' if title else ''}"
    return error.message if isinstance(error, ImportFailed) else f"{words}: {error.message}"


def _plan(store: SessionStore, archived: ArchivedSession, tally: Tally) -> None:
    there = store.get_summary(archived.session.id)
    try:
        count = sum(1 for _ in archived.messages)
    except SynapseError as error:
        tally.fail(_of_session(archived, error))
        return
    if there is None:
        tally.new_ids.append(archived.session.id)
        tally.messages += count
    elif count > there.message_count:
        tally.updated += 1
        tally.messages += count - there.message_count
    else:
        tally.unchanged += 1


class _Messages(Streamed):
    """Messages that are read once from a file, but can be gone through again by a transaction that
    has to be run again, unless there are very many.
    """

    def __init__(self, messages: Iterable[ArchivedMessage], session_id: str) -> None:
        self._rest = pages_of(messages)
        self._session_id = session_id
        self._seen: list[list[PlainMessage | ArchivedMessage]] = []
        self._count = 0
        self._is_lost = False

    def pages(self) -> Iterator[list[PlainMessage | ArchivedMessage]]:
        """See Streamed."""
        if self._is_lost:
            raise InvalidDataError("a very long session could not be stored at once; try again")
        yield from [*self._seen]
        for page in self._rest:
            self._keep(page)
            yield page

    def read_ahead(self, most: int) -> int:
        """Read all of it, or until it weighs more; how much that is. Raises what reading raises."""
        weight = _WEIGHT_OF_ONE
        for page in self._rest:
            self._keep(page)
            weight += sum(map(_weight, page))
            if weight > most:
                break
        return weight

    def _keep(self, page: list[PlainMessage | ArchivedMessage]) -> None:
        self._count += len(page)
        if self._count <= _KEPT:
            self._seen.append(page)
        else:
            self._is_lost = True
            self._seen.clear()

    def __iter__(self) -> Iterator[ArchivedMessage]:
        """See Streamed."""
        for page in self.pages():
            for one in page:
                yield whole(one, self._session_id)


def _weight(one: PlainMessage | ArchivedMessage) -> int:
    if isinstance(one, tuple):
        return _WEIGHT_OF_ONE + len(one[2]) + len(one[4])
    message = one.message
    attached = sum(len(attachment.data) for attachment in message.attachments)
    return _WEIGHT_OF_ONE + len(message.content) + len(message.reasoning) + attached
