"""What an import reads goes into the store, session by session."""

from __future__ import annotations

from synapse.archived import ArchivedSession, Remark, Unreadable
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

    from synapse.archived import ArchivedMessage
    from synapse.ports import SessionStore

_KEPT = 20_000
"""Messages of a session that are held for a second try, should its transaction be run again."""


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
    """Merge what is read into the store, each session in a transaction of its own: it is there
    whole or not at all. What can't be read or stored is counted, and the rest goes on. With
    `dry_run`, only say what would come.

    Raises the store's error if nothing can be written any more: what came in before stays.
    """
    sessions = iter(read)
    while True:
        try:
            one = next(sessions, None)
        except ImportFailed as error:
            tally.fail(error.message)
            return
        if one is None:
            return
        _take(store, one, tally, dry_run)
        after_each(tally)


def with_name(
    name: str, read: Iterable[ArchivedSession | Unreadable | Remark]
) -> Iterator[ArchivedSession | Unreadable | Remark]:
    """What is read from the file of that name; of what can't be read, the place tells the file."""
    for one in read:
        if isinstance(one, Unreadable) and name not in one.place:
            yield one.replace(place=f"{name}: {one.place}")
        else:
            yield one


def _take(
    store: SessionStore, one: ArchivedSession | Unreadable | Remark, tally: Tally, dry_run: bool
) -> None:
    if isinstance(one, Remark):
        tally.remarks.append(one.text)
    elif isinstance(one, Unreadable):
        tally.fail(f"{one.place}: {one.reason}")
    elif dry_run:
        _plan(store, one, tally)
    else:
        _merge(store, one, tally)


def _merge(store: SessionStore, archived: ArchivedSession, tally: Tally) -> None:
    try:
        merged = store.merge_session(archived.replace(messages=_Messages(archived.messages)))
    except (DatabaseError, StoreUnreachable):
        raise
    except SynapseError as error:
        tally.fail(_of_session(archived, error))
        return
    tally.messages += merged.added
    if merged.is_new:
        tally.new_ids.append(merged.session_id)
    elif merged.changed:
        tally.updated += 1
    else:
        tally.unchanged += 1


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


class _Messages:
    """Messages that are read once from a file, but can be gone through again by a transaction that
    has to be run again, unless there are very many.
    """

    def __init__(self, messages: Iterable[ArchivedMessage]) -> None:
        self._rest = iter(messages)
        self._seen: list[ArchivedMessage] = []
        self._is_lost = False

    def __iter__(self) -> Iterator[ArchivedMessage]:
        if self._is_lost:
            raise InvalidDataError("a very long session could not be stored at once; try again")
        yield from list(self._seen)
        for one in self._rest:
            if self._is_lost:
                pass
            elif len(self._seen) < _KEPT:
                self._seen.append(one)
            else:
                self._is_lost = True
                self._seen.clear()
            yield one
