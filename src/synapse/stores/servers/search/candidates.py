"""The messages that may match, in batches, those first that may be the newest.

What is not indexed is read before the index is asked: another process may index it meanwhile, and
would hide it from whoever asked in the other order.
"""

from __future__ import annotations

from synapse.record import Record
from synapse.stores.search_judging import EVER, FLUSHED, HELD
from synapse.stores.servers.search.asking import asked_for, begins_words, pattern_of
from synapse.stores.servers.search.facts import pages
from synapse.stores.servers.search.index import WEEK, moment, week_of
from synapse.timestamps import microseconds, microseconds_of, readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from synapse.ports import SearchProgress
    from synapse.search_query import SearchQuery
    from synapse.stores.search_judging import Batch
    from synapse.stores.servers.dialect import Connection, Rows
    from synapse.stores.servers.search.asking import Asked
    from synapse.stores.servers.search.facts import Candidate, Facts

_BATCH = 512
"""Messages that are not indexed, or of a session, that are read at once."""
_SORTED = 4096
"""Messages that are not in the index, of which the newest is looked for; of more, the newest of
those come first, or nothing would be shown before all were read.
"""
_FEW_AT_ONCE, _MANY_AT_ONCE = 64, 1024
"""Of what the index names: first a page of hits, more where most don't match."""
_WANTED = 256
"""Candidates for which a window of weeks is made wide enough."""
_WIDEST = 16
"""Weeks of a window: beyond, the index is asked without regard to weeks. In PostgreSQL, to put the
messages of 64 weeks together takes eight times as long as to look for two common words in all.
"""
_GROWTH = 4
_READ_FIRST = 512
"""Newest messages that are read where beginnings of words are looked for: most are common, and then
this is enough, while the index has to put all words together that begin so.
"""
_FEW_MESSAGES = 20_000
"""In sessions that were named: fewer are read without asking the index."""
LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
"""Behind every id."""


class Cursor(Record):
    """Up to where messages have been named, from the newest backwards."""

    said: datetime
    session_id: str = LAST_ID
    message_id: str = LAST_ID


class Window(Record):
    """What the index is asked."""

    asked: Asked | None
    """None: for every message."""
    weeks: range | None
    """In which messages are meant; None: in any."""
    after: datetime
    cursor: Cursor
    most: int


class Candidates:
    """Names and reads them."""

    def __init__(
        self,
        connection: Connection,
        query: SearchQuery,
        facts: Facts,
        *,
        after: int,
        before: int,
        progress: SearchProgress | None = None,
        asked: Asked | None = None,
    ) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        self._statements = connection.dialect.statements("search")
        self._query = query
        self._facts = facts
        self._after = after
        self._before = before
        self._progress = progress
        self._asked = self._whole = asked
        self._pattern = pattern_of(query.expression)
        if query.expression is not None:
            self._asked = asked_for(query.expression, in_reasoning=query.in_reasoning)
            self._whole = asked_for(
                query.expression, in_reasoning=query.in_reasoning, beginnings=False
            )
        self._seen: set[str] = set()
        """Ids of messages that have been named already."""
        self._done = 0
        self._total = 0

    def batches(self) -> Iterator[Batch]:
        """Each message once, unless it is changed meanwhile."""
        sessions = self._named_sessions()
        if sessions is not None:
            yield from self._of_sessions(sessions)
        else:
            if self._progress is not None:
                self._total = self._read_in_all()
            yield from self._not_indexed()
            yield from self._indexed()
        self._total = self._done
        self._tell(0)

    def _read_in_all(self) -> int:
        [(total,)] = self._connection.read(self._statements["searched_in_all"])
        if self._asked is None:
            values = {"after": moment(self._after), "before": moment(self._before)}
            [(more,)] = self._connection.read(self._statements["indexed_in_all"], values)
            total += more
        return int(total)

    def _tell(self, count: int) -> None:
        self._done += count
        self._total = max(self._total, self._done)
        if self._progress is not None:
            self._progress(self._done, self._total)

    # what is not asked of the index

    def _named_sessions(self) -> list[str] | None:
        """The sessions that the query means, if they are few enough to be read; else None."""
        query = self._query
        if query.session_ids:
            named = list(dict.fromkeys(query.session_ids))
        elif query.names or query.tags:
            named = self._facts.described(deleted=query.deleted, tagged=bool(query.tags))
        else:
            return None
        messages = self._facts.message_count(named)
        if messages > _FEW_MESSAGES and self._asked is not None and not query.session_ids:
            return None
        self._total = messages
        return named

    def _of_sessions(self, sessions: list[str]) -> Iterator[Batch]:
        query = self._statements["rows_of_session"]
        for ids in pages(sessions):
            for session_id in ids:
                last = (1 << 31) - 1
                while True:
                    values = {"session_id": session_id, "last": last, "limit": _BATCH}
                    found = self._read(query, values)
                    if not found:
                        break
                    self._tell(len(found))
                    yield found, HELD
                    last = found[-1].seq - 1

    def _not_indexed(self) -> Iterator[Batch]:
        query = self._statements["not_indexed"]
        cursor: dict[str, Any] = {
            "before": moment(self._before),
            "added": (1 << 63) - 1,
            "session_id": LAST_ID,
            "seq": (1 << 31) - 1,
        }
        read = 0
        while True:
            values = cursor | {"after": moment(self._after), "limit": _BATCH}
            found = self._read(query, values)
            read += len(found)
            self._seen.update(one.id for one in found)
            bound = HELD if read <= _SORTED else FLUSHED
            if found:
                self._tell(len(found))
                yield found, bound
            if len(found) < _BATCH:
                return
            last = found[-1]
            cursor = {
                "before": readable(last.timestamp),
                "added": last.added,
                "session_id": last.session_id,
                "seq": last.seq,
            }

    def _read(self, query: str, values: dict[str, Any]) -> list[Candidate]:
        values["reasoning"] = self._query.in_reasoning
        return self._facts.candidates(self._connection.read(query, values))

    # what the index names

    def _indexed(self) -> Iterator[Batch]:
        cursor = Cursor(said=moment(self._before))
        if begins_words(self._asked):
            for batch, bound, behind in self._walk(self._whole, cursor, at_most=_READ_FIRST):
                yield batch, bound
                if behind is None:
                    return
                cursor = behind
        for batch, bound, _ in self._walk(self._asked, cursor):
            yield batch, bound

    def _walk(
        self, asked: Asked | None, cursor: Cursor, *, at_most: int = EVER
    ) -> Iterator[tuple[list[Candidate], int, Cursor | None]]:
        """What the index names, window by window, and where it goes on, if it does. A window is as
        wide as it takes to find a page in it: of a common word a week is enough, and of a rare one
        all that there are cost no more.
        """
        width, most, named, is_full = 1, _FEW_AT_ONCE, 0, False
        while named < at_most:
            newest = microseconds(cursor.said) if is_full else self._newest(cursor)
            last = week_of(newest)
            is_bound = asked is not None and width <= min(_WIDEST, last)
            weeks = range(last - width + 1, last + 1) if is_bound else None
            window = Window(
                asked=asked, weeks=weeks, after=moment(self._after), cursor=cursor, most=most
            )
            rows = self._dialect.search.named(self._connection, window)
            named += len(rows)
            is_full = len(rows) == most
            if is_full:
                said, session_id, message_id = readable(rows[-1][2]), *rows[-1][:2]
                cursor = Cursor(said=said, session_id=session_id, message_id=message_id)
                most = min(_MANY_AT_ONCE, most * 2)
                width = width if is_bound else 1  # there are more of them than was thought
            elif weeks is None:
                self._tell(len(rows))
                yield self._of_index(rows), FLUSHED, None
                return
            else:
                cursor = Cursor(said=moment(weeks.start * WEEK - 1))
                width = _wider(width, len(rows))
            self._tell(len(rows))
            yield self._of_index(rows), microseconds(cursor.said), cursor

    def _newest(self, cursor: Cursor) -> int:
        """The time of the newest message that the index has behind there, or 0."""
        rows = self._connection.read(self._statements["newest_said"], {"before": cursor.said})
        return microseconds_of(rows[0][0]) if rows else 0

    def _of_index(self, rows: Rows) -> list[Candidate]:
        session_ids = {row[1]: row[0] for row in rows if row[1] not in self._seen}
        found: list[Candidate] = []
        for ids in pages(session_ids):
            values = {
                "ids": ids,
                "session_ids": tuple({session_ids[id] for id in ids}),
                "pattern": self._pattern,
            }
            found += self._read(self._statements["rows_at"], values)
        return found


def _wider(width: int, found: int) -> int:
    """How many weeks the next window has, after one in which so many were found."""
    return max(1, min(width * _GROWTH, width * _WANTED // max(found, 1)))
