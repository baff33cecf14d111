"""The messages that may match, in batches, those first that may be the newest."""

from __future__ import annotations

from synapse.stores.search_judging import EVER, FLUSHED, HELD
from synapse.stores.sqlite.search import QUERIES, index
from synapse.stores.sqlite.search.facts import Candidate, as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from synapse.ports import SearchProgress
    from synapse.search_query import SearchQuery
    from synapse.stores.search_judging import Batch
    from synapse.stores.sqlite.connection import Connection
    from synapse.stores.sqlite.search.asking import Asked
    from synapse.stores.sqlite.search.facts import Facts
    from synapse.stores.sqlite.search.naming import Run

_BATCH = 256
"""Messages that are read at once."""
_SORTED = 4096
"""Messages that are not in the index, of which the newest is looked for; of more, those that were
stored last are taken for the newest, or nothing would be shown before all were read.
"""
_RARE = 256
"""Candidates that are all read before the first is shown."""
_FEW_AT_ONCE = 32
"""Candidates of the index that are worth being read together; more where most don't match."""
_READ_AT_ONCE = 1024
_FEW_MESSAGES = 20_000
"""In sessions that were named: fewer are read without asking the index."""


class Candidates:
    """Names and reads them. Whatever is wrong with the index, everything is named."""

    def __init__(
        self,
        connection: Connection,
        query: SearchQuery,
        asked: Asked,
        facts: Facts,
        *,
        after: int,
        progress: SearchProgress | None,
    ) -> None:
        self._connection = connection
        self._query = query
        self._asked = asked
        self._of_texts, self._tested = asked.of_texts()
        self._facts = facts
        self._after = after
        self._progress = progress
        self._at_once = _FEW_AT_ONCE
        self._done = 0
        self._total = 0

    def batches(self) -> Iterator[Batch]:
        """Each message once, unless it is changed meanwhile."""
        if self._query.deleted:
            yield from self._kept()
        sessions = self._named_sessions()
        if sessions is not None:
            yield from self._of_sessions(sessions)
            return
        index_state = index.index_state(self._connection)
        self._total = index_state.last - min(index_state.indexed_to, 0)
        stale = {place for (place,) in self._connection.read(QUERIES["stale_places"])}
        if not index_state.is_usable:
            stale = set()
        behind = index_state.last - index_state.indexed_to
        bound = HELD if behind + len(stale) <= _SORTED else FLUSHED
        for first in range(0, len(stale), _BATCH):
            yield self._at(sorted(stale, reverse=True)[first : first + _BATCH]), bound
        yield from self._behind(index_state.last, index_state.indexed_to, bound)
        if index_state.is_usable and index_state.shards:
            yield from self._indexed(index_state, stale)

    # what is not asked of the index

    def _kept(self) -> Iterator[Batch]:
        [(last,)] = self._connection.read(QUERIES["last_kept"])
        while last > 0:
            values = {"last": last, "first": 0, "limit": _BATCH, **self._which_text()}
            found = self._connection.read(QUERIES["kept_rows"], values)
            if not found:
                return
            yield [Candidate(row, self._facts, is_kept=True) for row in found], HELD
            last = found[-1][0] - 1

    def _behind(self, last: int, first: int, bound: int) -> Iterator[Batch]:
        """Those between two places, backwards."""
        query = QUERIES["rows"] + QUERIES["rows_between"] + self._of_texts
        while last > first:
            values = {"last": last, "first": first, "limit": _READ_AT_ONCE}
            [(beginning,)] = self._connection.read(QUERIES["beginning"], values)
            if beginning is None:
                return
            values = {"last": last, "first": beginning, **self._which_text()}
            found = self._connection.read(query, values)
            self._tell(last - beginning + 1)
            yield [Candidate(row, self._facts) for row in found], bound
            last = beginning - 1

    def _at(self, places: Sequence[int]) -> list[Candidate]:
        query = QUERIES["rows"] + QUERIES["rows_at"] + self._of_texts
        values = {"places": as_json(places), **self._which_text()}
        return [Candidate(row, self._facts) for row in self._connection.read(query, values)]

    def _which_text(self) -> dict[str, Any]:
        return {"reasoning": self._query.in_reasoning, **self._tested}

    def _named_sessions(self) -> list[str] | None:
        """The sessions that the query means, if they are few enough to be read; else None."""
        query = self._query
        if query.session_ids:
            named = list(dict.fromkeys(query.session_ids))
        elif query.names or query.tags:
            named = self._facts.described(deleted=query.deleted, tagged=bool(query.tags))
        else:
            return None
        [(messages,)] = self._connection.read(QUERIES["message_count"], {"ids": as_json(named)})
        if messages > _FEW_MESSAGES and self._asked.match is not None:
            return None
        self._total = messages
        return named

    def _of_sessions(self, sessions: list[str]) -> Iterator[Batch]:
        query = QUERIES["rows"] + QUERIES["rows_of_session"]
        for session_id in sessions:
            last = (1 << 63) - 1
            while True:
                values = {"session_id": session_id, "last": last, "limit": _BATCH}
                found = self._connection.read(query, values | self._which_text())
                if not found:
                    break
                self._tell(len(found))
                yield [Candidate(row, self._facts) for row in found], HELD
                last = found[-1][2] - 1

    # what the index names

    def _indexed(self, index_state: index.IndexState, stale: set[int]) -> Iterator[Batch]:
        from synapse.stores.sqlite.search.naming import Named, runs  # small archives have no index

        named = Named(self._connection, index_state, self._asked)
        few = named.few(_RARE)
        if few is not None:
            self._tell(self._total)
            wanted = [place for place in few if place not in stale]
            for first in range(0, len(wanted), _BATCH):
                yield self._at(wanted[first : first + _BATCH]), HELD
            return
        if named.is_broken:
            bound = HELD if index_state.indexed_to <= _SORTED else FLUSHED
            for batch, _ in self._behind(index_state.indexed_to, -EVER, bound):
                yield [one for one in batch if one.place not in stale], bound
            return
        for run in runs(self._connection.read, self._after):
            places = named.between(run)
            if places is None:
                found = [
                    one
                    for batch, _ in self._behind(
                        min(run.last, index_state.indexed_to), run.first - 1, HELD
                    )
                    for one in batch
                    if one.place not in stale
                ]
                yield found, run.behind
                continue
            run.is_named = True
            yield from self._of_run(run, [place for place in places if place not in stale])
            self._tell(run.size)

    def _of_run(self, run: Run, places: list[int]) -> Iterator[Batch]:
        begin, block = 0, -1
        for at, next_block in enumerate(run.blocks_of(places)):
            if next_block == block:
                continue
            block = next_block
            if at - begin >= self._at_once:
                yield self._of_index(places[begin:at]), run.times[block]
                begin = at
        yield self._of_index(places[begin:]), run.behind

    def _of_index(self, places: list[int]) -> list[Candidate]:
        found = self._at(places)
        if len(found) * 4 < len(places):
            self._at_once = min(_READ_AT_ONCE, self._at_once * 2)
        return found

    def _tell(self, count: int) -> None:
        self._done = min(self._total, self._done + count)
        if self._progress is not None:
            self._progress(self._done, self._total)
