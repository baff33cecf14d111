"""What the three tools do: arguments in, results out, and nothing of the protocol."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from synapse.app.search import did_you_mean
from synapse.app.tags import typed_filter
from synapse.domain import SessionFilter
from synapse.errors import UsageError
from synapse.human_time import parse_moment, rfc3339
from synapse.mcp_server import cursors
from synapse.mcp_server.live_sessions import LiveSessions
from synapse.mcp_server.reading import read
from synapse.mcp_server.results import (
    NOTICE,
    Hit,
    HitsPage,
    PassagesPage,
    SessionsPage,
    clipped,
    session_entry,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from synapse.app.search import Search
    from synapse.mcp_server.arguments import ListSessions, ReadSession, SearchMessages
    from synapse.ports import SessionStore
    from synapse.search_query import SearchHit

    Snippet = Callable[[str, Sequence[tuple[int, int]], int], str]
    """A piece of a text around what was found in it, in so many columns."""

_COLUMNS = 240
_MOST_NOTES = 10
_NEW_HITS = 1_000
"""Hits that may have been added in front of those of a page before they count as gone."""


class Interrupted(Exception):
    """Nobody waits for the result any more."""


class Call:
    """One call of a tool, which another thread can end."""

    def __init__(self) -> None:
        self._wanted = True

    def end(self) -> None:
        """Nobody waits for it any more."""
        self._wanted = False

    def check(self, *_: object) -> None:
        """Raise Interrupted if it was ended."""
        if not self._wanted:
            raise Interrupted


class Archive:
    """The tools. Each call opens the store and closes it: between calls nothing is held, so that
    a purge can erase, a restored backup is seen, and a database may come later than the server.
    """

    def __init__(self, open_store: Callable[[], SessionStore], snippet: Snippet) -> None:
        self._open = open_store
        self._snippet = snippet

    def list_sessions(self, wanted: ListSessions, call: Call) -> SessionsPage:
        """A page of the sessions, the last used first. Raises SynapseError."""
        after = None if wanted.cursor is None else cursors.after_session(wanted.cursor)
        which = _filter(wanted)
        with self._open() as store:
            found = LiveSessions(store).list_sessions(
                limit=wanted.limit + 1, after=after, which=which
            )
        page = found[: wanted.limit]
        return SessionsPage(
            notice=NOTICE,
            sessions=tuple(map(session_entry, page)),
            next=cursors.of_session(page[-1]) if found[wanted.limit :] else None,
        )

    def search(self, wanted: SearchMessages, call: Call) -> HitsPage:
        """A page of the messages that match. Raises SynapseError, Interrupted."""
        passed, last_id = (0, "") if wanted.cursor is None else cursors.after_hit(wanted.cursor)
        with self._open() as store:
            sessions = LiveSessions(store)
            search = _search(sessions, wanted)

            def hits() -> Iterator[SearchHit]:
                for hit in sessions.found(
                    search, rank=wanted.order == "relevant", progress=call.check
                ):
                    call.check()
                    yield hit

            begun = hits() if not passed else _behind(hits, passed, last_id)
            found = [*islice(begun, wanted.limit + 1)]
            nothing = not found and not passed
            meant = did_you_mean(sessions.as_store, search) if nothing else None
        page = found[: wanted.limit]
        more = bool(found[wanted.limit :])
        return HitsPage(
            notice=NOTICE,
            hits=tuple(map(self._hit, page)),
            notes=tuple(clipped(note) or "" for note in search.notes[:_MOST_NOTES]),
            did_you_mean=meant,
            next=cursors.of_hit(passed + len(page), page[-1].message) if more else None,
        )

    def read_session(self, wanted: ReadSession, call: Call) -> PassagesPage:
        """A page of what was said in a session. Raises SynapseError, Interrupted."""
        with self._open() as store:
            return read(LiveSessions(store), wanted, call.check)

    def _hit(self, hit: SearchHit) -> Hit:
        session, message = hit.session.session, hit.message
        return Hit(
            session=session.id,
            headline=clipped(session.name or hit.session.headline) or "",
            message=message.index,
            role=message.role.value,
            time=rfc3339(message.timestamp),
            where=hit.where,
            snippet=self._snippet(hit.text, hit.spans, _COLUMNS),
        )


def _filter(wanted: ListSessions) -> SessionFilter | None:
    which = typed_filter(wanted.query, wanted.tag).replace(
        since=None if wanted.after is None else parse_moment(wanted.after),
        until=None if wanted.before is None else parse_moment(wanted.before),
    )
    return None if which == SessionFilter() else which


def _search(sessions: LiveSessions, wanted: SearchMessages) -> Search:
    search = sessions.prepared(wanted.query)
    if search.is_empty:
        raise UsageError("the query says nothing that could be looked for")
    if wanted.session is None:
        return search
    session_id = sessions.named(wanted.session).session.id
    elsewhere = bool(search.query.session_ids) and session_id not in search.query.session_ids
    return search.replace(
        query=search.query.replace(session_ids=(session_id,)),
        finds_nothing=search.finds_nothing or elsewhere,
    )


def _behind(
    hits: Callable[[], Iterator[SearchHit]], passed: int, last_id: str
) -> Iterator[SearchHit]:
    """The hits behind the last one of a page, however many were added before it since; where it is
    gone, those behind as many as had passed.
    """
    begun = hits()
    for hit in islice(begun, passed + _NEW_HITS):
        if hit.message.id == last_id:
            return begun
    return islice(hits(), passed, None)
