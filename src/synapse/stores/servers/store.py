"""The store on a server, whatever its engine.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse import timestamps
from synapse.domain import Session, SessionSummary, Status, StoredMessage
from synapse.errors import NotFoundError
from synapse.ids import handle
from synapse.light.modules import import_module
from synapse.stores import _owner, _rows
from synapse.stores._text import folded
from synapse.stores.servers import _values
from synapse.stores.servers._handles import longer_handles
from synapse.stores.servers._searchable import Searchable
from synapse.stores.servers._sessions import messages as message_rows
from synapse.stores.servers._sessions import read
from synapse.stores.servers._wide import Wide
from synapse.stores.servers.faults import AlreadyThere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, Self

    from synapse.domain import SessionFilter, SessionOrder
    from synapse.ports import Erasure
    from synapse.stores.servers.dialect import Connection, Raw

_BRIEF_WAIT = 0.05
"""Seconds that a checkpoint waits for other writers: the screen waits with it."""
_ALL = (1 << 31) - 1
_chunks: dict[str, int] = {}
"""Of answers that this process is receiving: how many pieces are stored, through whichever store of
its own. A piece that is sent again has its number again."""
_MOST_OF_A_HANDLE = 1000


class ServerStore(Searchable, Wide):
    """A SessionStore behind a connection to a server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._closed = False
        self._sessions: dict[str, str] = {}
        """Of answers that are being received: their sessions."""

    @property
    def location(self) -> str:
        """The URL without a password."""
        return self._connection.location

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
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
        """A server holds no text that is none."""
        return False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location!r})"

    # sessions

    def create_session(self, session: Session) -> None:
        """See SessionStore."""
        self._change("insert_session", session)

    def get_session(self, session_id: str) -> Session | None:
        """See SessionStore."""
        summary = self.get_summary(session_id)
        return summary.session if summary else None

    def get_summary(self, session_id: str) -> SessionSummary | None:
        """See SessionStore."""
        if not _values.is_id(session_id):
            return None
        return next(iter(self._summaries("get_summary", id=session_id)), None)

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
            most = _ALL if limit is None else max(0, _values.index(limit))
            return self._summaries("list_trash" if deleted else "list_live", limit=most, passed=0)
        selection = import_module("synapse.stores.servers._selection")
        rows = selection.summaries(
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
        if not 0 < number < _ALL:
            return None
        query = "list_trash" if deleted else "list_live"
        return next(iter(self._summaries(query, limit=1, passed=number - 1)), None)

    def last_used(self) -> SessionSummary | None:
        """See SessionStore."""
        return next(iter(self._summaries("last_used")), None)

    def count_sessions(self, *, deleted: bool = False) -> int:
        """See SessionStore."""
        [(count,)] = read(self._connection, "count_trash" if deleted else "count_live")
        return int(count)

    def find_by_prefix(
        self, digits: str, *, deleted: bool = False, limit: int = 10
    ) -> list[SessionSummary]:
        """See SessionStore."""
        if not _values.are_digits(digits):
            return []
        begins = {"id_from": _values.lowest_id(digits), "id_to": _values.highest_id(digits)}
        end = handle(digits)
        ends = {"handle_from": int(end.ljust(8, "0"), 16), "handle_to": int(end.ljust(8, "f"), 16)}
        longer = len(digits) > len(end)
        found = self._summaries(
            "find_by_prefix",
            **begins,
            **ends,
            deleted=deleted,
            limit=_MOST_OF_A_HANDLE if longer else _values.index(limit),
        )
        if longer:
            found = [summary for summary in found if _begins_or_ends(summary.session.id, digits)]
        return found[:limit]

    def find_by_name(self, name: str, *, deleted: bool = False) -> list[SessionSummary]:
        """See SessionStore."""
        return self._summaries("find_by_name", name_key=folded(name), deleted=deleted)

    def rename_session(self, session_id: str, name: str | None) -> None:
        """See SessionStore."""
        self._change("rename_session", session_id, name, timestamps.now())

    def retitle_session(self, session_id: str, title: str | None, *, unasked: bool = False) -> bool:
        """See SessionStore."""
        return bool(self._change("retitle_session", session_id, title, timestamps.now(), unasked))

    def touch_session(self, session_id: str) -> None:
        """See SessionStore."""
        self._change("touch_session", session_id, timestamps.now())

    def pin_session(self, session_id: str, pinned: bool = True) -> bool:
        """See SessionStore."""
        from synapse.stores.servers import _sessions

        moment = timestamps.now()
        return bool(
            self._connection.transaction(
                _counting(lambda raw: _sessions.pin_session(raw, session_id, pinned, moment))
            )
        )

    def fork_session(self, session_id: str, fork: Session, *, at: int | None = None) -> int:
        """See SessionStore."""
        last = _ALL if at is None else _values.index(at)
        return int(self._change("fork_session", session_id, fork, last))

    @property
    def erases(self) -> Erasure:
        """See SessionStore. When the server's vacuum, its logs, replicas and backups drop it."""
        return "eventually"

    def erasure_pending(self) -> bool:
        """See SessionStore."""
        return False

    # messages

    def add_message(self, message: StoredMessage) -> None:
        """See SessionStore."""
        if not self._appended(message):
            self._change("add_message", message)

    def _appended(self, message: StoredMessage) -> bool:
        """Whether one statement has done it, as it nearly always does."""
        if message.attachments or not _values.is_id(message.session_id):
            return False
        values = _values.message(message)
        append = self._connection.dialect.append_message
        try:
            index = self._connection.transaction(lambda raw: append(raw, values), alone=True)
        except AlreadyThere:  # added by two at the same moment
            return True
        return index is not None

    def get_messages(
        self, session_id: str, *, first: int = 1, last: int | None = None
    ) -> list[StoredMessage]:
        """See SessionStore."""
        if not _values.is_id(session_id):
            return []
        values = {
            "session_id": session_id,
            "first": _values.index(first),
            "last": _ALL if last is None else _values.index(last),
        }
        rows = message_rows(read, self._connection, **values)
        messages = [_rows.message(row) for row in rows]
        for place, row in enumerate(rows):
            if row[16]:
                files = read(
                    self._connection, "get_attachments", session_id=session_id, message_id=row[0]
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
        return _owner.owners(read(self._connection, "streaming_answers", session_id=session_id))

    def supersede_messages(self, session_id: str, first: int) -> int:
        """See SessionStore."""
        from synapse.stores.servers import _turn

        return self._connection.transaction(
            _counting(lambda raw: _turn.supersede_messages(raw, session_id, first))
        )

    # the turn

    def begin_turn(
        self, session: Session, prompt: StoredMessage | None, answer: StoredMessage, *, create: bool
    ) -> tuple[StoredMessage | None, StoredMessage]:
        """See SessionStore."""
        _owner.receiving.add(answer.id)
        try:
            begun: tuple[StoredMessage | None, StoredMessage] = self._turn(
                "begin_turn", session, prompt, answer, create=create
            )
        except BaseException:
            # a commit whose reply was lost may be found by whoever looks next
            _owner.receiving.discard(answer.id)
            raise
        self._sessions[answer.id] = session.id
        _chunks[answer.id] = 0
        return begun

    def checkpoint(self, answer_id: str, content: str, reasoning: str = "") -> None:
        """See SessionStore."""
        from synapse.stores.servers._turn import checkpoint  # a list has no turn

        session_id = self._session_of(answer_id)
        n = self._stored_chunks(session_id, answer_id) + 1
        self._connection.transaction(
            lambda raw: checkpoint(raw, session_id, answer_id, n, content, reasoning),
            durable=False,
            patience=_BRIEF_WAIT,
        )
        _chunks[answer_id] = n

    def _stored_chunks(self, session_id: str, answer_id: str) -> int:
        if answer_id not in _chunks:
            [(n,)] = read(
                self._connection, "last_chunk", session_id=session_id, message_id=answer_id
            )
            _chunks[answer_id] = n
        return _chunks[answer_id]

    def _session_of(self, answer_id: str) -> str:
        """Raises NotFoundError."""
        if answer_id not in self._sessions:
            rows = []
            if _values.is_id(answer_id):
                rows = read(self._connection, "session_of_message", id=answer_id)
            if not rows:
                raise NotFoundError(f"no message has the id {answer_id}")
            self._sessions[answer_id] = rows[0][0]
        return self._sessions[answer_id]

    def renew_lease(self, answer_id: str) -> bool:
        """See SessionStore."""
        from synapse.stores.servers._turn import renew_lease  # a list has no turn

        try:
            session_id = self._session_of(answer_id)
        except NotFoundError:
            return False
        return self._connection.transaction(
            lambda raw: renew_lease(raw, session_id, answer_id),
            durable=False,
            patience=_BRIEF_WAIT,
            alone=True,
        )

    def finish_turn(self, answer: StoredMessage) -> None:
        """See SessionStore."""
        try:
            self._turn("finish_turn", answer)
        finally:
            _owner.receiving.discard(answer.id)  # saved elsewhere, if not here
        self._sessions.pop(answer.id, None)
        _chunks.pop(answer.id, None)

    def close_abandoned(self, session_id: str) -> int:
        """See SessionStore."""
        if not _values.is_id(session_id) or not self._streaming(session_id):
            return 0
        return int(self._turn("close_all_abandoned", session_id))

    # helpers

    def _change(self, work: str, *values: Any) -> Any:
        from synapse.stores.servers import _sessions

        return self._connection.transaction(lambda raw: getattr(_sessions, work)(raw, *values))

    def _turn(self, work: str, *values: Any, **more: Any) -> Any:
        from synapse.stores.servers import _turn  # a list has no turn

        return self._connection.transaction(lambda raw: getattr(_turn, work)(raw, *values, **more))

    def _summaries(self, query: str, **values: Any) -> list[SessionSummary]:
        rows = read(self._connection, query, **values)
        return self._with_unique_handles([_rows.summary(row) for row in rows])

    def _with_unique_handles(self, found: list[SessionSummary]) -> list[SessionSummary]:
        connection = self._connection
        ids = [summary.session.id for summary in found]
        longer = longer_handles(connection.read, connection.dialect, ids)
        if not longer:
            return found
        return [
            summary.replace(
                session=summary.session.replace(longer_handle=longer.get(summary.session.id))
            )
            for summary in found
        ]


def _begins_or_ends(id: str, digits: str) -> bool:
    plain = id.replace("-", "")
    return plain.startswith(digits) or plain.endswith(digits)


def _counting(work: Callable[[Raw], int]) -> Callable[[Raw], int]:
    """Work that tells how much it has changed, also if that was in an earlier run of which nobody
    knows whether it was committed.
    """
    changed = 0

    def counted(raw: Raw) -> int:
        nonlocal changed
        changed = max(work(raw), changed if raw.repeated else 0)
        return changed

    return counted
