"""Many small sessions at once, as a copy of a whole archive reads and writes them: what is asked or
said of each alone is asked or said of all of them, in one way over the network.
"""

from __future__ import annotations

from synapse.archived import ArchivedMessage
from synapse.stores import _rows, _summaries
from synapse.stores.merging_sessions import closed
from synapse.stores.servers import _values
from synapse.stores.servers.archive.reading import archived_by, message_extras
from synapse.stores.servers.archive.writing import Writing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from synapse.archived import ArchivedSession, Merged
    from synapse.domain import StoredMessage, Summary
    from synapse.stores.servers.dialect import Connection, Dialect, Raw, Rows

_AT_ONCE = 500
"""Ids of a statement."""
_MOST_BYTES = 1 << 23
"""Of the texts that are held at a time; of a session that would be too much, nothing is read."""
_GATHERED = 2000
"""Statements that are held back."""
_PIECE = 1 << 19
"""Characters of a statement."""
_PLACES = 1024
"""Of `added`, that a session takes: those of a microsecond."""
_OF_SESSIONS = ("changes_of", "import_of", "extras_of")
_LAST = (1 << 31) - 1


# reading


def archived_all(connection: Connection, session_ids: Sequence[str]) -> dict[str, ArchivedSession]:
    """See CopiesTogether."""
    reading = _Reading(connection)
    found: dict[str, ArchivedSession] = {}
    for ids in _pages(filter(_values.is_id, session_ids)):
        found |= reading.page(ids)
    return found


class _Reading:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        self._held = 0
        self._known: dict[tuple[str, str], Rows] = {}
        """What is known of a session, by the statement that asks for it and its id."""

    def page(self, ids: tuple[str, ...]) -> dict[str, ArchivedSession]:
        """Those of some sessions that are small and have no attachments."""
        ids = tuple(self._small(ids))
        if not ids:
            return {}
        self._learn("session_of", self._asked("archive", "session_of"), ids, hidden=0)
        for name in _OF_SESSIONS:
            asked = self._asked("archive", name).removeprefix("SELECT")
            self._learn(name, f"SELECT session_id,{asked}", ids)
        messages = self._messages(ids)
        summaries = self._summaries(ids)
        found = {
            id: archived_by(
                self._ask, id, self._archived(id, messages.get(id, ())), summaries.get(id, ())
            )
            for id in ids
        }
        self._known.clear()
        return {id: archived for id, archived in found.items() if archived is not None}

    def _asked(self, file: str, name: str) -> str:
        """The statement, which asks for one session, asking for several."""
        statement = self._dialect.statements(file)[name]
        many = self._dialect.placeholder("ids")
        for column in ("session_id", "id"):
            for value in ("session_id", "id"):
                one = f" {column} = {self._dialect.placeholder(value)}"
                statement = statement.replace(one, f" {column} IN {many}")
        return statement

    def _small(self, ids: tuple[str, ...]) -> Iterator[str]:
        rows = self._connection.read(self._dialect.statements("together")["sizes_of"], {"ids": ids})
        sizes = {id: (int(size or 0), int(files or 0)) for id, size, files in rows}
        for id in ids:
            size, files = sizes.get(id, (0, 0))
            if files == 0 and self._held + size <= _MOST_BYTES:
                self._held += size
                yield id

    def _learn(self, name: str, sql: str, ids: tuple[str, ...], *, hidden: int = 1) -> None:
        """`hidden`: columns in front that are the key alone."""
        for id in ids:
            self._known[name, id] = []
        for row in self._connection.read(sql, {"ids": ids}):
            self._known[name, row[0]].append(row[hidden:])

    def _messages(self, ids: tuple[str, ...]) -> dict[str, list[StoredMessage]]:
        sql = self._asked("queries", "get_messages")
        found: dict[str, list[StoredMessage]] = {}
        for row in self._connection.read(sql, {"ids": ids, "first": -_LAST, "last": _LAST}):
            found.setdefault(row[1], []).append(_rows.message(row))
        return found

    def _summaries(self, ids: tuple[str, ...]) -> dict[str, list[Summary]]:
        found: dict[str, list[Summary]] = {}
        for row in self._connection.read(self._asked("summaries", "summaries"), {"ids": ids}):
            found.setdefault(row[1], []).append(_summaries.summary(row))
        return found

    def _archived(self, id: str, messages: Iterable[StoredMessage]) -> tuple[ArchivedMessage, ...]:
        extras = message_extras(self._ask, id)
        found = []
        for message in messages:
            after, extra = extras.get(message.id, (None, {}))
            found.append(closed(ArchivedMessage(message=message, after=after, extra=extra)))
        return tuple(found)

    def _ask(self, query: str, **values: Any) -> Rows:
        known = self._known.get((query, values.get("id", "")))
        if known is not None:
            return known
        return self._connection.read(self._dialect.statements("archive")[query], values)


def receiving(connection: Connection, session_ids: Sequence[str]) -> list[str]:
    """Sessions with an answer that is being received, or was when its owner died."""
    query = connection.dialect.statements("together")["receiving"]
    rows = (connection.read(query, {"ids": ids}) for ids in _pages(session_ids))
    return list({id for page in rows for (id,) in page})


# writing


def add_new(raw: Raw, sessions: Sequence[ArchivedSession]) -> list[Merged]:
    """See CopiesTogether; in a transaction."""
    gathered = _Gathered(raw)
    known = gathered.elsewhere(one.message.id for each in sessions for one in each.messages)
    there = gathered.sessions(each.session.id for each in sessions)
    writing = _Adding(gathered, known)
    added = [
        writing.add(each)
        for each in sessions
        if each.session.id not in there
        and known.keys().isdisjoint(one.message.id for one in each.messages)
    ]
    gathered.flush()
    return added


class _Adding(Writing):
    """Of sessions of which none is there, nor any of their messages."""

    def __init__(self, raw: _Gathered, known: Mapping[str, str]) -> None:
        super().__init__(raw)
        self._gathered = raw
        self._known_messages = dict(known)

    def add(self, archived: ArchivedSession) -> Merged:
        """A copy."""
        self._gathered.begin()
        return self._add(archived, as_copy=True)

    def _elsewhere(self, messages: Sequence[StoredMessage]) -> dict[str, str]:
        known = self._known_messages
        found = {one.id: known[one.id] for one in messages if one.id in known}
        known.update((one.id, one.session_id) for one in messages)
        return found


class _Gathered:
    """A transaction in which changes are held back until something is asked; those of one statement
    are then sent at once. What is changed in one session does not depend on another's changes, and
    of one session the statements keep their order.
    """

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._held: dict[str, list[Mapping[str, Any]]] = {}
        self._order: list[str] = []
        """The statements that are held back, as they will be sent."""
        self._last = -1
        """The place there of what was last said of the session that is written now."""
        self._count = 0
        queries = raw.dialect.statements("queries")
        self._position_query, self._insert_query = queries["position"], queries["insert_message"]
        self._position: int | None = None
        self.changed = 0
        self.repeated = raw.repeated

    @property
    def dialect(self) -> Dialect:
        """The connection's."""
        return self._raw.dialect

    def execute(self, sql: str, values: Mapping[str, Any] | None = None) -> Rows:
        """See `stores.servers.dialect.Raw`."""
        if sql == self._position_query:
            return [(self._next_position(),)]
        if sql.lstrip()[:6] in ("INSERT", "UPDATE", "DELETE"):
            self.execute_all(sql, [values or {}])
            return []
        self.flush()
        return self._raw.execute(sql, values)

    def execute_all(self, sql: str, values: Sequence[Mapping[str, Any]]) -> None:
        """See `stores.servers.dialect.Raw`."""
        if not values:
            return
        if sql not in self._held:
            self._order.insert(self._last + 1, sql)
        elif self._order.index(sql) < self._last:
            self.flush()
            self._order.append(sql)
        self._last = self._order.index(sql)
        self._held.setdefault(sql, []).extend(values)
        self._count += len(values)
        if self._count > _GATHERED:
            self.flush()

    def begin(self) -> None:
        """Go on to another session."""
        self._last = -1

    def flush(self) -> None:
        """Send what is held back."""
        held, self._held, self._count = self._held, {}, 0
        order, self._order, self._last = self._order, [], -1
        for sql in order:
            values = held[sql]
            if sql == self._insert_query:
                for some in _pieces(values):
                    self._raw.execute(*_of_rows(self.dialect, sql, some))
            else:
                self._raw.execute_all(sql, values)

    def _next_position(self) -> int:
        if self._position is None:
            [(self._position,)] = self._raw.execute(self._position_query)
        self._position += _PLACES
        return self._position

    def elsewhere(self, message_ids: Iterable[str]) -> dict[str, str]:
        """The messages that are there, and in which session."""
        return dict(self._of_pages("archive", "messages_elsewhere", message_ids))

    def sessions(self, session_ids: Iterable[str]) -> set[str]:
        """Those that are there."""
        return {id for (id,) in self._of_pages("together", "sessions_there", session_ids)}

    def _of_pages(self, file: str, query: str, ids: Iterable[str]) -> Rows:
        statement = self.dialect.statements(file)[query]
        return [
            row
            for page in _pages(filter(_values.is_id, ids))
            for row in self._raw.execute(statement, {"ids": page})
        ]


def _pieces(values: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Messages, as many as a server takes in one statement."""
    piece: list[Mapping[str, Any]] = []
    size = 0
    for each in values:
        piece.append(each)
        size += len(each["content"]) + len(each["reasoning"])
        if size > _PIECE or len(piece) == _AT_ONCE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _of_rows(
    dialect: Dialect, sql: str, rows: Sequence[Mapping[str, Any]]
) -> tuple[str, dict[str, Any]]:
    """The statement that inserts one message, inserting several, into sessions of whoever connects:
    a server takes a third of the time for them.
    """
    columns, _, rest = sql.partition("SELECT id, owner,")
    names = [name.strip(" \n") for name in rest.partition("FROM sessions")[0].split(",")]
    by_placeholder = {dialect.placeholder(name): name for name in rows[0]}
    named = ["session_id", *(by_placeholder[name] for name in names)]
    values: dict[str, Any] = {}
    written = []
    for number, row in enumerate(rows):
        values |= {f"{name}{number}": row[name] for name in named}
        written.append(",".join(dialect.placeholder(f"{name}{number}") for name in named))
    columns = columns.replace("owner, ", "")
    return f"{columns}VALUES ({'),('.join(written)})", values


def _pages(ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    known = list(ids)
    for first in range(0, len(known), _AT_ONCE):
        yield tuple(known[first : first + _AT_ONCE])
