"""Where the index says that there may be hits, block after block, the newest first."""

from __future__ import annotations

from synapse.errors import DatabaseError, DatabaseLocked, StorageError
from synapse.stores.search_judging import FLUSHED
from synapse.stores.sqlite.search import index, times

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from synapse.stores.sqlite.connection import Connection
    from synapse.stores.sqlite.search.asking import Asked

_MOST_BLOCKS = 64
"""Blocks that are asked for at once."""
_READ_FIRST = 4
"""Blocks that are read rather than asked for where beginnings of words are looked for: most are
common, and then this is enough.
"""
_LONG = 200_000
"""Messages among which all beginnings of words are found in some 50 ms, at the most."""
_BRIEF = 0.05
"""Seconds of waiting for other writers: whoever searches waits, too."""


class Run:
    """Blocks that stand beside each other, and of which none is newer than one before it."""

    def __init__(self, newest: int, block: int) -> None:
        self.times = {block: newest}
        """The newest of each, the highest block first."""
        self.first = block * times.BLOCK
        self.last = self.first + times.BLOCK - 1
        self.behind = FLUSHED
        """The newest time of what comes after them, wherever it stands."""
        self.is_named = False
        """Whether the index has named what is to be read of it."""

    @property
    def size(self) -> int:
        """How many row numbers it spans."""
        return len(self.times) * times.BLOCK

    def blocks_of(self, places: list[int]) -> list[int]:
        """The block of each place."""
        return [place // times.BLOCK for place in places]

    def takes(self, newest: int, block: int) -> bool:
        """Whether the block stands beside them; it belongs to them from now on."""
        if block * times.BLOCK != self.first - times.BLOCK:
            return False
        self.times[block] = newest
        self.first -= times.BLOCK
        return True


def runs(read: Callable[[str], list[tuple[Any, ...]]], after: int) -> Iterator[Run]:
    """The blocks in their order, but for those with nothing of that time or later; in runs that
    grow, as where FTS5 is asked again it has to find its way again.
    """
    run: Run | None = None
    width = 1
    for newest, block in times.newest_first(read):
        if newest < after:
            break
        if run is None:
            run = Run(newest, block)
        elif len(run.times) >= width or not run.takes(newest, block):
            run.behind = newest
            yield run
            width = min(_MOST_BLOCKS, width * 2) if run.is_named else 1
            run = Run(newest, block)
    if run is not None:
        yield run


class Named:
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
        self._all: dict[int, Sequence[int]] = {}
        """Of a shard, in ascending order."""
        self._read = 0
        """Runs that are read rather than asked for."""

    def few(self, most: int) -> list[int] | None:
        """All of them; None if they are more, or too dear to be counted."""
        match = self._asked.match_of_whole_words
        if match is None:
            return None
        found: list[int] = []
        for shard in self._shards:
            rest = "WHERE rowid <= :last ORDER BY rowid DESC LIMIT :most"
            more = most + 1 - len(found)
            places = self._ask(shard, match, rest, last=self._last, most=more)
            if places is None:
                return None
            found += places
            if len(found) > most:
                return None
        return found

    def between(self, run: Run) -> list[int] | None:
        """Those in a run, the highest first; None for all that are there."""
        match = self._asked.match
        if match is None or self.is_broken:
            return None
        if self._asked.begins_words and self._read < _READ_FIRST:
            self._read += 1
            return None
        look = self._among_all if self._asked.begins_words else self._of_shard
        found: list[int] = []
        for shard in range(index.shard_of(run.last), index.shard_of(run.first) - 1, -1):
            if shard not in self._shards:
                return None
            places = look(shard, match, run.first, min(run.last, self._last))
            if places is None:
                return None
            found += places
        return found

    def _of_shard(self, shard: int, match: str, first: int, last: int) -> Sequence[int] | None:
        """FTS5 skips what comes before them in ascending order only: in the other one it passes by
        all that are higher.
        """
        order = "DESC" if last == self._last else "ASC"
        sql = f"WHERE rowid BETWEEN :first AND :last ORDER BY rowid {order}"
        places = self._ask(shard, match, sql, first=first, last=last)
        return places if places is None or order == "DESC" else places[::-1]

    def _among_all(self, shard: int, match: str, first: int, last: int) -> Sequence[int] | None:
        """FTS5 finds all of a shard, or none: once is enough."""
        if shard not in self._all:
            places = self._ask(shard, match, "ORDER BY rowid", is_long=self._last >= _LONG)
            if places is None:
                return None
            self._all[shard] = places
        from _bisect import bisect_left, bisect_right  # only for beginnings of words

        places = self._all[shard]
        return places[bisect_left(places, first) : bisect_right(places, last)][::-1]

    def _ask(
        self, shard: int, match: str, rest: str, *, is_long: bool = False, **values: int
    ) -> Sequence[int] | None:
        sql = f"SELECT rowid FROM {index.table(shard)}(:match) {rest}"
        try:
            if is_long:
                from synapse.stores.sqlite.search import aside  # in large archives alone

                return aside.numbers(self._connection, sql, {"match": match})
            found = self._connection.read(sql, {"match": match, **values})
        except DatabaseLocked:
            raise
        except DatabaseError:
            self.is_broken = True
            self._give_up()
            return None
        return [place for (place,) in found]

    def _give_up(self) -> None:
        """The next time that something is indexed, it begins anew."""
        from synapse.stores.sqlite.search.writing import give_up, securely  # few are damaged

        try:
            self._connection.transaction(securely(give_up), durable=False, patience=_BRIEF)
        except StorageError:
            pass  # then whoever asks next finds it out
