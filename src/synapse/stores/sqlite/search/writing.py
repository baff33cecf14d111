"""The index's own tables: made, written and dropped by Synapse alone, and whole only by chance.

Each is a table of FTS5 without content, positions or sizes, for 2^22 row numbers: one look-up in it
is short, whatever is asked. A text is cut into terms here, so that any tokenizer will do. To take a
message out, its old text is needed. `secure-delete` and `secure_delete` together leave none of its
terms in the file, each alone does.
"""

from __future__ import annotations

import time

import apsw

from synapse.errors import DatabaseError
from synapse.stores.search_terms import RECIPE, THOUGHT, is_plain, terms
from synapse.stores.sqlite._pauses import GAP
from synapse.stores.sqlite.search import QUERIES
from synapse.stores.sqlite.search.index import (
    SHADOWS,
    index_state,
    shard_of,
    state_within,
    table,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from synapse.stores.sqlite.connection import Connection

    Texts = tuple[str, str, str]
    """Content, reasoning, and the texts of the attachments."""

_OPTIONS = (("secure-delete", 1), ("automerge", 0), ("crisismerge", 1000))
"""Each step adds a piece to the index; pieces are merged between the steps, not in them."""
_DROPPED_AT_ONCE = 100
"""Pages of a table that is dropped, some 4 kB each."""


def texts_of(content: Any, reasoning: Any, files: Any) -> Texts:
    """As a row has them: what others have written may be no text."""
    return _text(content), _text(reasoning), _text(files)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def document(texts: Texts) -> str:
    """What FTS5 is given for a message: its terms, each between characters of which none is part
    of one. A function of the texts alone, or nothing could be taken out again.
    """
    content, reasoning, files = texts
    parts = [content] if is_plain(content) else list(terms(content))
    if files:
        parts += terms(files)
    if reasoning:
        parts += [THOUGHT + term for term in terms(reasoning)]
    return " ".join(parts)


class Writer:
    """Adds and takes out, inside one write transaction."""

    def __init__(self, raw: apsw.Connection) -> None:
        self._raw = raw
        self._known = set(state_within(raw).shards)
        self.written: set[int] = set()
        """Shards that something was added to, or taken out of."""

    def add(self, place: int, words: str) -> None:
        """Index a document at a place where none is."""
        shard = shard_of(place)
        if shard not in self._known:
            self._make(shard)
        self.written.add(shard)
        self._raw.execute(
            f"INSERT INTO {table(shard)} (rowid, terms) VALUES (?, ?)", (place, words)
        )

    def take_out(self, place: int, words: str) -> None:
        """Forget the document that is indexed there."""
        self.written.add(shard_of(place))
        name = table(shard_of(place))
        self._raw.execute(
            f"INSERT INTO {name} ({name}, rowid, terms) VALUES ('delete', ?, ?)", (place, words)
        )

    def _make(self, shard: int) -> None:
        name = table(shard)
        self._raw.execute(
            f"CREATE VIRTUAL TABLE {name} USING fts5("
            "terms, content='', detail=none, columnsize=0, tokenize='ascii')"
        )
        for option, value in _OPTIONS:
            self._raw.execute(f"INSERT INTO {name} ({name}, rank) VALUES (?, ?)", (option, value))
        self._known.add(shard)


def securely(work: Callable[[apsw.Connection], Any]) -> Callable[[apsw.Connection], Any]:
    """The same work, with everything overwritten that it frees: pages of the index hold words of
    many messages, in parts of them that no longer count, too.
    """

    def overwriting(raw: apsw.Connection) -> Any:
        raw.pragma("secure_delete", True)
        try:
            return work(raw)
        finally:
            raw.pragma("secure_delete", "fast")

    return overwriting


def begin(raw: apsw.Connection) -> bool:
    """In a write transaction: have an index from now on, if nothing is left of an older one."""
    now = state_within(raw)
    if now.is_usable or now.shards:
        return now.is_usable
    raw.execute(QUERIES["begin"], {"recipe": RECIPE})
    raw.execute(QUERIES["forget_all_stale"])
    raw.execute(QUERIES["forget_times"])
    return True


def advance(raw: apsw.Connection, indexed_to: int | None = None) -> None:
    """In a write transaction: that everything is indexed up to this place, or as far as it was; and
    which message is the last of those now.
    """
    raw.execute(QUERIES["advance"], {"indexed_to": indexed_to})


def give_up(raw: apsw.Connection) -> None:
    """In a write transaction: have everything read again. The tables themselves are dropped by
    `drop_unused`.
    """
    raw.execute(QUERIES["begin"], {"recipe": 0})
    raw.execute(QUERIES["forget_all_stale"])
    raw.execute(QUERIES["forget_times"])


def drop_unused(connection: Connection) -> None:
    """Drop the tables of an index that was given up, in transactions so short that nobody else
    waits for long.
    """
    for shard in index_state(connection).shards:
        while connection.transaction(securely(_emptying(shard)), durable=False):
            time.sleep(GAP)
        connection.transaction(securely(_dropping(shard)), durable=False)


def _emptying(shard: int) -> Callable[[apsw.Connection], bool]:
    def empty(raw: apsw.Connection) -> bool:
        """Whether there is more."""
        if state_within(raw).is_usable:
            return False  # another process has begun a new one
        data = f"{table(shard)}_data"
        try:
            raw.execute(
                f"DELETE FROM {data} WHERE id IN (SELECT id FROM {data} LIMIT {_DROPPED_AT_ONCE})"
            )
        except apsw.SQLError:
            return False  # it is not even there
        return raw.changes() > 0

    return empty


def _dropping(shard: int) -> Callable[[apsw.Connection], None]:
    def drop(raw: apsw.Connection) -> None:
        if state_within(raw).is_usable:
            return
        name = table(shard)
        try:
            raw.execute(f"DROP TABLE {name}")
        except apsw.Error:
            _drop_by_force(raw, name)

    return drop


def _drop_by_force(raw: apsw.Connection, name: str) -> None:
    """FTS5 drops only what it can open, and it can't open everything that is damaged."""
    for shadow in SHADOWS:
        raw.execute(f"DROP TABLE IF EXISTS {name}_{shadow}")
    raw.config(apsw.SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1)
    try:
        raw.execute("DELETE FROM sqlite_schema WHERE name = ?", (name,))
        version = raw.pragma("schema_version")
        raw.pragma("schema_version", int(version) + 1)
    finally:
        raw.config(apsw.SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0)


def abandon(connection: Connection) -> bool:
    """Give the index up for good, as far as that can be done now; whether nothing is left of it.
    What was found in it is found by reading from now on.
    """
    try:
        connection.transaction(securely(give_up), durable=False)
        drop_unused(connection)
    except DatabaseError:
        return False
    return not index_state(connection).shards
