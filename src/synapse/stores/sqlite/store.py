"""The SQLite store: one file, many processes.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.domain import (
    LONGEST_RECALLED,
    CleanupPlan,
    CleanupResult,
    ClockJump,
    Session,
    SessionSummary,
    StatisticsRow,
    Status,
    StoredMessage,
)
from synapse.errors import InvalidDataError
from synapse.ids import hyphenated
from synapse.stores import _owner, _rows
from synapse.stores._text import folded
from synapse.stores.sqlite._handles import longer_handles
from synapse.stores.sqlite._open import open_connection
from synapse.stores.sqlite._searchable import Searchable
from synapse.stores.sqlite._statements import (
    QUERIES,
    add_message,
    begin_turn,
    change_session,
    checkpoint,
    close_abandoned,
    finish_turn,
    fork_session,
    insert_session,
    now,
    rename_session,
    renew_lease,
    retitle_session,
    supersede_messages,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Any, Self

    from synapse.domain import (
        Retention,
        SessionFilter,
        SessionOrder,
        SessionTotals,
    )
    from synapse.ports import Erasure, Upgrading
    from synapse.stores._retention import Cleanup

_BRIEF_WAIT = 0.05
"""Seconds that a checkpoint waits for other writers: the screen waits with it."""
_FIRST_INDEX, _LAST_INDEX = -1 << 63, (1 << 63) - 1
"""Of a row, whoever wrote it: ours are numbered from 1."""


class SqliteStore(Searchable):
    """A SessionStore in one SQLite file, or in memory (`:memory:`)."""

    def __init__(
        self,
        url: str | os.PathLike[str],
        *,
        busy_timeout: float = 5.0,
        on_upgrade: Callable[[Upgrading], object] | None = None,
        read_only: bool = False,
    ) -> None:
        self._connection = open_connection(
            url, busy_timeout=busy_timeout, on_upgrade=on_upgrade, read_only=read_only
        )
        self._closed = False

    @property
    def location(self) -> str:
        """The path of the database file."""
        return self._connection.location

    def close(self) -> None:
        """Release the file; a second call does nothing."""
        if not self._closed:
            self._closed = True
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def has_replaced_text(self) -> bool:
        """See SessionStore."""
        return self._connection.raw.replaced

    def __repr__(self) -> str:
        return f"SqliteStore({self.location!r})"

    # sessions

    def create_session(self, session: Session) -> None:
        """See SessionStore."""
        self._connection.transaction(lambda raw: insert_session(raw, session))

    def get_session(self, session_id: str) -> Session | None:
        """See SessionStore."""
        summary = self.get_summary(session_id)
        return summary.session if summary else None

    def get_summary(self, session_id: str) -> SessionSummary | None:
        """See SessionStore."""
        found = self._summaries("get_summary", id=session_id)
        if not found:
            found = self._summaries("get_summary", deleted=True, id=session_id)
        return found[0] if found else None

    def list_sessions(
        self,
        *,
        limit: int | None = None,
        after: SessionSummary | None = None,
        deleted: bool = False,
        which: SessionFilter | None = None,
        order: SessionOrder | None = None,
        reverse: bool = False,
    ) -> list[SessionSummary]:
        """See SessionStore."""
        if which is None and order is None and not reverse and after is None:
            most = -1 if limit is None else limit
            query = "list_trash" if deleted else "list_live"
            return self._summaries(query, deleted=deleted, limit=most)
        from synapse.stores.sqlite import _selection

        rows = _selection.summaries(
            self._connection,
            which,
            order,
            reverse=reverse,
            deleted=deleted,
            limit=limit,
            after=after,
        )
        return self._with_unique_handles([_rows.summary(row) for row in rows])

    def nth_session(self, number: int, *, deleted: bool = False) -> SessionSummary | None:
        """See SessionStore."""
        if number < 1:
            return None
        query = "nth_trash" if deleted else "nth_live"
        return next(iter(self._summaries(query, deleted=deleted, passed=number - 1)), None)

    def last_used(self) -> SessionSummary | None:
        """See SessionStore."""
        return next(iter(self._summaries("last_used")), None)

    def count_sessions(self, *, deleted: bool = False) -> int:
        """See SessionStore."""
        query = QUERIES["count_trash" if deleted else "count_live"]
        if deleted:
            from synapse.stores.sqlite import _externally_deleted

            query = _externally_deleted.in_trash(query)
        [(count,)] = self._connection.read(query)
        return int(count)

    def total_sessions(self, which: SessionFilter, *, deleted: bool = False) -> SessionTotals:
        """See SessionStore."""
        from synapse.stores.sqlite import _selection

        return _selection.total(self._connection, which, deleted=deleted)

    def find_by_prefix(
        self, digits: str, *, deleted: bool = False, limit: int = 10
    ) -> list[SessionSummary]:
        """See SessionStore."""
        id_prefix = hyphenated(digits)
        return self._summaries(
            "find_by_prefix",
            id_from=id_prefix,
            id_to=f"{id_prefix}~",
            handle_from=digits,
            handle_to=f"{digits}~",
            deleted=deleted,
            limit=limit,
        )

    def find_by_name(self, name: str, *, deleted: bool = False) -> list[SessionSummary]:
        """See SessionStore."""
        key = folded(name)
        rows = self._read("find_by_name", name_key=key, deleted=deleted)
        found = [row for row in rows if _rows.has_name(row, key)]
        if len(found) < len(rows):  # of the others, a folded form is missing
            from synapse.stores.sqlite import _folding

            _folding.catch_up(self._connection, seconds=_folding.FOR_A_SEARCH)
        return self._with_unique_handles([_rows.summary(row) for row in found])

    def rename_session(self, session_id: str, name: str | None) -> None:
        """See SessionStore."""
        self._connection.transaction(lambda raw: rename_session(raw, session_id, name))

    def retitle_session(self, session_id: str, title: str | None, *, unasked: bool = False) -> bool:
        """See SessionStore."""
        return self._connection.transaction(
            lambda raw: retitle_session(raw, session_id, title, unasked=unasked)
        )

    def touch_session(self, session_id: str) -> None:
        """See SessionStore."""
        self._connection.transaction(
            lambda raw: change_session(raw, "touch_session", session_id, updated_at=now())
        )

    def pin_session(self, session_id: str, pinned: bool = True) -> bool:
        """See SessionStore."""
        return self._connection.transaction(
            lambda raw: change_session(raw, "pin_session", session_id, pinned=int(pinned))
        )

    def fork_session(self, session_id: str, fork: Session, *, at: int | None = None) -> int:
        """See SessionStore."""
        last = _LAST_INDEX if at is None else at
        return self._connection.transaction(lambda raw: fork_session(raw, session_id, fork, last))

    def trash_session(self, session_id: str) -> bool:
        """See SessionStore."""
        return bool(self.trash_sessions([session_id]))

    def restore_session(self, session_id: str) -> bool:
        """See SessionStore."""
        return bool(self.restore_sessions([session_id]))

    def delete_session(self, session_id: str) -> bool:
        """See SessionStore."""
        return bool(self.delete_sessions([session_id]))

    def trash_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """See SessionStore."""
        from synapse.stores.sqlite import _bulk

        return _bulk.trash(self._connection, session_ids)

    def restore_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """See SessionStore."""
        from synapse.stores.sqlite import _bulk

        return _bulk.restore(self._connection, session_ids)

    def delete_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """See SessionStore."""
        from synapse.stores.sqlite import _bulk

        return _bulk.purge(self._connection, session_ids)

    @property
    def erases(self) -> Erasure:
        """See SessionStore."""
        return "at once"

    def erasure_pending(self) -> bool:
        """See SessionStore."""
        return bool(self._connection.read("SELECT 1 FROM erasures LIMIT 1"))

    # messages

    def add_message(self, message: StoredMessage) -> None:
        """See SessionStore."""
        self._connection.transaction(lambda raw: add_message(raw, message))

    def get_messages(
        self, session_id: str, *, first: int = 1, last: int | None = None
    ) -> list[StoredMessage]:
        """See SessionStore."""
        values: dict[str, Any] = {
            "session_id": session_id,
            "first": first if first > 1 else _FIRST_INDEX,
            "last": _LAST_INDEX if last is None else last,
        }
        rows, attachments = self._read("get_messages", **values), QUERIES["get_attachments"]
        if not rows:
            from synapse.stores.sqlite import _externally_deleted

            attachments = _externally_deleted.QUERIES["get_attachments"]
            rows = self._connection.read(_externally_deleted.QUERIES["get_messages"], values)
        messages = [_rows.message(row) for row in rows]
        for place, row in enumerate(rows):
            if row[16]:
                files = self._connection.read(
                    attachments, {"session_id": session_id, "message_id": row[0]}
                )
                attached = tuple(map(_rows.attachment, files))
                messages[place] = messages[place].replace(attachments=attached)
        if not any(message.status is Status.STREAMING for message in messages):
            return messages
        gone = {id for id, owner in self._streaming(session_id) if owner is None}
        return [
            message.replace(status=Status.INCOMPLETE) if message.id in gone else message
            for message in messages
        ]

    def _streaming(self, session_id: str) -> list[tuple[str, str | None]]:
        return _owner.owners(self._read("streaming_answers", session_id=session_id))

    def supersede_messages(self, session_id: str, first: int) -> int:
        """See SessionStore."""
        return self._connection.transaction(lambda raw: supersede_messages(raw, session_id, first))

    def recent_prompts(self, limit: int, *, before: str | None = None) -> list[tuple[str, str]]:
        """See SessionStore. The position is the rowid."""
        rows = self._read(
            "recent_prompts",
            limit=limit,
            before=_LAST_INDEX if before is None else _place(before),
            longest=LONGEST_RECALLED,
        )
        return [(str(position), content) for position, content in rows]

    # the turn

    def begin_turn(
        self, session: Session, prompt: StoredMessage | None, answer: StoredMessage, *, create: bool
    ) -> tuple[StoredMessage | None, StoredMessage]:
        """See SessionStore."""
        _owner.receiving.add(answer.id)
        try:
            return self._connection.transaction(
                lambda raw: begin_turn(raw, session, prompt, answer, create=create)
            )
        except BaseException:
            # a commit whose sync failed may still be found in the file by whoever opens it next
            _owner.receiving.discard(answer.id)
            raise

    def checkpoint(self, answer_id: str, content: str, reasoning: str = "") -> None:
        """See SessionStore."""
        self._connection.transaction(
            lambda raw: checkpoint(raw, answer_id, content, reasoning),
            durable=False,
            patience=_BRIEF_WAIT,
        )

    def renew_lease(self, answer_id: str) -> bool:
        """See SessionStore."""
        return self._connection.transaction(
            lambda raw: renew_lease(raw, answer_id), durable=False, patience=_BRIEF_WAIT
        )

    def finish_turn(self, answer: StoredMessage) -> None:
        """See SessionStore."""
        try:
            self._connection.transaction(lambda raw: finish_turn(raw, answer))
        finally:
            _owner.receiving.discard(answer.id)  # saved elsewhere, if not here

    def close_abandoned(self, session_id: str) -> int:
        """See SessionStore."""
        if not self._read("streaming_answers", session_id=session_id):
            return 0
        return self._connection.transaction(
            lambda raw: close_abandoned(raw, session_id, refuse_living=False)
        )

    # statistics

    def statistics(self, by: str, *, since: datetime | None = None) -> list[StatisticsRow]:
        """See SessionStore."""
        from synapse.stores.sqlite import _statistics

        return _statistics.summed(self._connection, by, since)

    # clean-up

    def notice_clock(self, retention: Retention) -> ClockJump | None:
        """See SessionStore."""
        from synapse.stores.sqlite._cleanup import notice_clock

        jump = notice_clock(self._connection, next(iter(self._read("clock")), None))
        if jump is None:
            return None
        return ClockJump(by=jump, matters=self._cleaning().is_due(retention))

    def cleanup(
        self, retention: Retention, *, spare: Collection[str] = (), at_most: int | None = None
    ) -> CleanupResult:
        """See SessionStore."""
        return self._cleaning().run(retention, spare, at_most)

    def plan_cleanup(self, retention: Retention, *, spare: Collection[str] = ()) -> CleanupPlan:
        """See SessionStore."""
        return self._cleaning().plan(retention, spare)

    def _cleaning(self) -> Cleanup:
        from synapse.stores._retention import Cleanup
        from synapse.stores.sqlite._cleanup import Steps

        return Cleanup(Steps(self._connection, QUERIES))

    # helpers

    def _read(self, query: str, *, deleted: bool = False, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query; if `deleted`, one for summaries of sessions in the trash."""
        statement = QUERIES[query]
        if deleted:
            from synapse.stores.sqlite import _externally_deleted

            statement = _externally_deleted.listed(statement)
        return self._connection.read(statement, values | {"deleted": deleted})

    def _summaries(self, query: str, **values: Any) -> list[SessionSummary]:
        return self._with_unique_handles(
            [_rows.summary(row) for row in self._read(query, **values)]
        )

    def _with_unique_handles(self, found: list[SessionSummary]) -> list[SessionSummary]:
        longer = longer_handles(self._connection.read, [summary.session.id for summary in found])
        if not longer:
            return found
        return [
            summary.replace(
                session=summary.session.replace(longer_handle=longer.get(summary.session.id))
            )
            for summary in found
        ]


def _place(position: str) -> int:
    try:
        return int(position)
    except ValueError:
        raise InvalidDataError(f"no prompt has the position {position!r}") from None
