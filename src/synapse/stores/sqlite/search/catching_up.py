"""Brings the index up to date, in steps between which everybody else gets in.

A step reads, cuts into terms and writes in one transaction, or a purge could fall in between; what
takes long, the cutting of large texts, has been done before it. One that is interrupted leaves
nothing: the next one begins where the last has ended.
"""

from __future__ import annotations

import time

import apsw

from synapse.errors import DatabaseDamaged, DatabaseError, StorageError
from synapse.stores.sqlite._pauses import GAP
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite.search import QUERIES, index, times
from synapse.stores.sqlite.search.index import (
    IndexState,
    index_state,
    is_worth_an_index,
    table,
    waiting,
)
from synapse.stores.sqlite.search.writing import (
    Writer,
    abandon,
    advance,
    begin,
    document,
    securely,
    texts_of,
)
from synapse.timestamps import microseconds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from synapse.stores.sqlite.connection import Connection
    from synapse.stores.sqlite.search.writing import Texts

    Progress = Callable[[int, int], object]

_STEP = 0.005
"""Seconds that a step may keep other writers waiting."""
_MOST, _LEAST = 512, 8
"""Messages of a step."""
_MERGED_AT_ONCE = 32
"""Pages of the index, some 4 kB each: a few milliseconds."""
_MERGES = 12
"""Times that so much is merged after a step; more than that is seldom left, and waits."""
_LARGE = 1 << 16
"""Characters after which a step reads no further message."""


def catch_up(
    connection: Connection,
    *,
    everything: bool,
    progress: Progress | None,
    seconds: float | None,
) -> int:
    """See SessionStore.catch_up_search, which asks first whether it `is_due`."""
    try:
        return _Run(connection, progress, seconds).run(everything)
    except DatabaseError as error:
        if isinstance(error, DatabaseDamaged) or isinstance(error.__cause__, apsw.SQLError):
            abandon(connection)
    except StorageError:
        pass  # no room, read-only, in use for long: what is not indexed is read
    return waiting(connection)


class _Run:
    def __init__(
        self, connection: Connection, progress: Progress | None, seconds: float | None
    ) -> None:
        self._connection = connection
        self._progress = progress
        self._until = None if seconds is None else time.monotonic() + seconds
        self._limit = 64
        self._written: set[int] = set()
        self._took = 0.0
        """Seconds of the last step."""
        self._documents: dict[Texts, str] = {}
        """Of the texts of the next step, made before it begins."""

    def run(self, everything: bool) -> int:
        connection = self._connection
        if not self._begins(everything):
            return waiting(connection)
        total = waiting(connection)
        done = 0
        for step in (self._renew, self._go_on):
            while True:
                count = self._step(step)
                done += count
                if self._progress is not None and count:
                    self._progress(min(done, total), total)
                if count == 0 or self._is_over():
                    break
                time.sleep(GAP)
            if self._is_over():
                break
        return waiting(connection)

    def _begins(self, everything: bool) -> bool:
        """Whether there is an index, or is one now, that something is to be added to."""
        connection = self._connection
        now = index_state(connection)
        if now.is_wrong:
            abandon(connection)
            now = index_state(connection)
        if not now.is_usable:
            if now.shards or not is_worth_an_index(connection):
                return False
            return bool(connection.transaction(begin, durable=False))
        return everything or waiting(connection) >= index.WORTH_IT

    def _is_over(self) -> bool:
        return self._until is not None and time.monotonic() >= self._until

    def _step(self, step: Callable[[apsw.Connection, bool], int]) -> int:
        """One transaction; how many messages it has put right."""
        self._documents = {}
        self._connection.read_within(lambda raw: step(raw, False))

        def write(raw: apsw.Connection) -> int:
            begun = time.monotonic()
            count = step(raw, True)
            self._took = time.monotonic() - begun
            return count

        count: int = self._connection.transaction(securely(write), durable=False)
        factor = min(2.0, _STEP / max(self._took, 1e-4))
        self._limit = max(_LEAST, min(_MOST, int(self._limit * factor)))
        for shard in self._written:
            merge(self._connection, shard, at_most=_MERGES)
        self._written.clear()
        return count

    def _document(self, texts: Texts) -> str:
        words = self._documents.get(texts)
        if words is None:
            words = self._documents[texts] = document(texts)
        return words

    def _some(self, raw: apsw.Connection, query: str, **values: Any) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        size = 0
        try:
            for row in raw.execute(QUERIES[query], {**values, "limit": self._limit}):
                found.append(row)
                size += sum(len(value) for value in row if isinstance(value, (str, bytes)))
                if size > _LARGE:
                    break
        except UnicodeDecodeError:
            return rows(raw, QUERIES[query], {**values, "limit": _LEAST})
        return found

    def _go_on(self, raw: apsw.Connection, writes: bool) -> int:
        """Index the next messages behind the watermark."""
        now = IndexState(lambda sql: rows(raw, sql))
        if not now.is_usable:
            return 0
        found = self._some(raw, "to_index", indexed_to=now.indexed_to)
        if not found:
            return 0
        writer = Writer(raw) if writes else None
        noted: list[tuple[int, int]] = []
        for place, _, content, reasoning, files, timestamp, status in found:
            if status == "streaming":
                if writer:
                    raw.execute(QUERIES["note_unknown"], {"place": place})
                continue
            words = self._document(texts_of(content, reasoning, files))
            if writer:
                writer.add(place, words)
                noted.append((place, microseconds_of(timestamp)))
        if writer:
            times.note(raw, noted)
            advance(raw, found[-1][0])
            self._written = writer.written
        return len(found)

    def _renew(self, raw: apsw.Connection, writes: bool) -> int:
        """Put right what is stale: take out what the index knows, add what there is now."""
        if not IndexState(lambda sql: rows(raw, sql)).is_usable:
            return 0
        found = self._some(raw, "to_renew")
        writer = Writer(raw) if writes else None
        noted: list[tuple[int, int]] = []
        for place, id, content, reasoning, files, timestamp, status, *old in found:
            if old[0] is not None:
                words = self._document(texts_of(*old))
                if writer:
                    writer.take_out(place, words)
            if id is not None and status == "streaming":
                if writer:
                    raw.execute(QUERIES["note_unknown"], {"place": place})
                continue
            if id is not None:
                words = self._document(texts_of(content, reasoning, files))
                if writer:
                    writer.add(place, words)
                    noted.append((place, microseconds_of(timestamp)))
            if writer:
                raw.execute(QUERIES["forget_stale"], {"place": place})
        if writer and found:
            times.note(raw, noted)
            advance(raw)
            self._written = writer.written
        return len(found)


def tidy(connection: Connection) -> None:
    """Merge the pieces that every step has added, so that a look-up finds its terms in one place.
    A step at a time, too.
    """
    now = index_state(connection)
    if now.is_usable:
        for shard in now.shards:
            merge(connection, shard, everything=True)


def merge(
    connection: Connection, shard: int, *, at_most: int | None = None, everything: bool = False
) -> None:
    """Merge pieces of which there are several of a size, or all, in so many transactions."""
    name = table(shard)
    pages = -_MERGED_AT_ONCE if everything else _MERGED_AT_ONCE  # negative: begin with all
    done = 0
    while done != at_most and connection.transaction(
        securely(_merging(name, pages)), durable=False
    ):
        pages = _MERGED_AT_ONCE
        done += 1
        time.sleep(GAP)


def _merging(name: str, pages: int) -> Callable[[apsw.Connection], bool]:
    def work(raw: apsw.Connection) -> bool:
        """Whether anything was merged: FTS5 says so by the rows that it has changed."""
        before = raw.total_changes()
        raw.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('merge', ?)", (pages,))
        return raw.total_changes() - before >= 2

    return work
