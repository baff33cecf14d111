"""The messages that may match, in batches, those first that may be the newest."""

from __future__ import annotations

from synapse.errors import DatabaseError, DatabaseLocked, StorageError
from synapse.stores.sqlite.search import index, times
from synapse.stores.sqlite.search.facts import Candidate, as_json
from synapse.stores.sqlite.search.queries import QUERIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from synapse.ports import SearchProgress
    from synapse.search_query import SearchQuery
    from synapse.stores.sqlite.connection import Connection
    from synapse.stores.sqlite.search.asking import Asked
    from synapse.stores.sqlite.search.facts import Facts

    Batch = tuple[list[Candidate], int]
    """Some messages, in any order, and the time that nothing behind them is newer than: HELD if
    that is not known yet, FLUSHED if it is not worth knowing.
    """

EVER = 1 << 62
"""Behind every time."""
HELD, FLUSHED = EVER, -1
_BATCH = 256
"""Messages that are read at once."""
_SORTED = 4096
"""Messages that are not in the index, of which the newest is looked for; of more, those that were
stored last are taken for the newest, or nothing would be shown before all were read.
"""
_RARE = 256
"""Candidates that are all read before the first is shown."""
_FEW_AT_ONCE = 32
"""Candidates of the index that are worth being read together."""
_READ_AT_ONCE = 1024
_MOST_BLOCKS = 64
"""Blocks that are asked for at once."""
_READ_FIRST = 4
"""Blocks that are read rather than asked for where beginnings of words are looked for: most are
common, and then this is enough.
"""
_BRIEF = 0.05
"""Seconds of waiting for other writers: whoever searches waits, too."""
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
        self._facts = facts
        self._after = after
        self._progress = progress
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
        query = QUERIES["rows"] + QUERIES["rows_between"]
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
        query = QUERIES["rows"] + QUERIES["rows_at"]
        values = {"places": as_json(places), **self._which_text()}
        return [Candidate(row, self._facts) for row in self._connection.read(query, values)]

    def _which_text(self) -> dict[str, Any]:
        return {"reasoning": self._query.in_reasoning, "like": self._asked.like}

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
        named = _Named(self._connection, index_state, self._asked)
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
        blocks = times.newest_first(self._connection.read)
        blocks = [found for found in blocks if found[0] >= self._after]
        newest = {block: time for time, block in blocks}
        for run in _runs([block for _, block in blocks], named):
            behind = FLUSHED if run.next is None else newest[run.next]
            places = named.between(run.first, run.last)
            if places is None:
                found = [
                    one
                    for batch, _ in self._behind(
                        min(run.last, index_state.indexed_to), run.first - 1, HELD
                    )
                    for one in batch
                    if one.place not in stale
                ]
                yield found, behind
                continue
            run.named = len(places)
            some: list[int] = []
            for place in places:
                block = place // times.BLOCK
                if len(some) >= _FEW_AT_ONCE and some[-1] // times.BLOCK != block:
                    yield self._at(some), newest[block]
                    some = []
                if place not in stale:
                    some.append(place)
            yield self._at(some), behind
            self._tell(len(run.blocks) * times.BLOCK)

    def _tell(self, count: int) -> None:
        self._done = min(self._total, self._done + count)
        if self._progress is not None:
            self._progress(self._done, self._total)


class _Run:
    """Blocks that stand beside each other, and of which none is newer than one before it."""

    def __init__(self, blocks: Sequence[int], next: int | None) -> None:
        self.blocks = blocks
        """The highest first."""
        self.next = next
        """The block that comes after them, wherever it stands."""
        self.first = blocks[-1] * times.BLOCK
        self.last = (blocks[0] + 1) * times.BLOCK - 1
        self.named = times.BLOCK
        """How many places the index has named in it."""


def _runs(blocks: Sequence[int], named: _Named) -> Iterator[_Run]:
    """The blocks in their order, in runs that grow while little is found in them."""
    width, at = 1, 0
    while at < len(blocks):
        end = at + 1
        while end < len(blocks) and end - at < width and blocks[end] == blocks[end - 1] - 1:
            end += 1
        run = _Run(blocks[at:end], blocks[end] if end < len(blocks) else None)
        yield run
        named.done += len(run.blocks)
        if run.named < _BATCH // 2:
            width = min(_MOST_BLOCKS, width * 2)
        elif run.named > _BATCH * 2:
            width = max(1, width // 2)
        at = end


class _Named:
    """What the index names for a query; from where it can't be asked, nothing, and everything has
    to be read.
    """

    def __init__(self, connection: Connection, index_state: index.IndexState, asked: Asked) -> None:
        self._connection = connection
        self._shards = index_state.shards
        self._last = index_state.indexed_to
        """What is behind it has been read, even if another process has indexed it meanwhile."""
        self._asked = asked
        self.is_broken = False
        """Whether the index could not be asked."""
        self._all: list[int] | None = None
        """In ascending order."""
        self.done = 0
        """Blocks that have been looked at."""

    def few(self, most: int) -> list[int] | None:
        """All of them; None if they are more, or too dear to be counted."""
        if self._asked.match is None or self._asked.begins_words:
            return None
        found: list[int] = []
        for shard in self._shards:
            places = self._ask(
                shard,
                "WHERE rowid <= :last ORDER BY rowid DESC LIMIT :most",
                last=self._last,
                most=most + 1 - len(found),
            )
            if places is None:
                return None
            found += places
            if len(found) > most:
                return None
        return found

    def between(self, first: int, last: int) -> list[int] | None:
        """Those between two places, the highest first; None for all that are there."""
        if self._asked.match is None or self.is_broken:
            return None
        if self._asked.begins_words:
            return self._of_all(first, last)
        found: list[int] = []
        for shard in range(last >> index.SHARD_BITS, (first >> index.SHARD_BITS) - 1, -1):
            if shard not in self._shards:
                return None
            places = self._ask(
                shard,
                "WHERE rowid BETWEEN :first AND :last ORDER BY rowid DESC",
                first=first,
                last=min(last, self._last),
            )
            if places is None:
                return None
            found += places
        return found

    def _of_all(self, first: int, last: int) -> list[int] | None:
        if self.done < _READ_FIRST:
            return None
        if self._all is None:
            found: list[int] = []
            for shard in self._shards:
                places = self._ask(shard, "")
                if places is None:
                    return None
                found += places
            found.sort()
            self._all = found
        from _bisect import bisect_left, bisect_right  # only for beginnings of words

        last = min(last, self._last)
        return self._all[bisect_left(self._all, first) : bisect_right(self._all, last)][::-1]

    def _ask(self, shard: int, rest: str, **values: int) -> list[int] | None:
        sql = f"SELECT rowid FROM {index.table(shard)}(:match) {rest}"
        try:
            found = self._connection.read(sql, {"match": self._asked.match, **values})
        except DatabaseLocked:
            raise
        except DatabaseError:
            self.is_broken = True
            self._give_up()
            return None
        return [place for (place,) in found]

    def _give_up(self) -> None:
        """The next time that something is indexed, it begins anew."""
        try:
            self._connection.transaction(
                index.securely(index.give_up), durable=False, patience=_BRIEF
            )
        except StorageError:
            pass  # then whoever asks next finds it out
