"""Words that are stored and nearly the one that was looked for."""

from __future__ import annotations

from synapse.errors import DatabaseError
from synapse.stores.search_near import counted_in, edits_of, most_frequent
from synapse.stores.sqlite.search import QUERIES, index
from synapse.stores.sqlite.search.facts import as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    import apsw

    from synapse.stores.sqlite.connection import Connection

_READ = 4000
"""The newest messages, whose words are looked at where there is no index."""
_VOCABULARY = "temp.search_vocabulary"


def near(connection: Connection, word: str, most: int) -> list[str]:
    """Stored terms from which the folded word differs by one letter: one too many, one missing,
    a wrong one, or two that have changed places; those in most messages first.
    """
    edits = edits_of(word)
    if not edits:
        return []
    index_state = index.index_state(connection)
    counted = _counted_in_newest(connection, edits, index_state)
    if index_state.is_usable:
        for shard in index_state.shards:
            for term, count in _counted_in_index(connection, shard, edits):
                counted[term] = counted.get(term, 0) + count
    return most_frequent(counted, most)


def _counted_in_index(
    connection: Connection, shard: int, edits: Collection[str]
) -> list[tuple[Any, ...]]:
    """Those that are indexed, and in how many messages. Nothing if the index is damaged."""

    def ask(raw: apsw.Connection) -> list[tuple[Any, ...]]:
        raw.execute(f"DROP TABLE IF EXISTS {_VOCABULARY}")
        raw.execute(
            f"CREATE VIRTUAL TABLE {_VOCABULARY} USING fts5vocab(main, {index.table(shard)}, row)"
        )
        try:
            return raw.execute(
                f"SELECT term, doc FROM {_VOCABULARY}"
                " WHERE term IN (SELECT value FROM json_each(?))",
                (as_json(edits),),
            ).fetchall()
        finally:
            raw.execute(f"DROP TABLE {_VOCABULARY}")

    try:
        return connection.read_within(ask)
    except DatabaseError:
        return []


def _counted_in_newest(
    connection: Connection, edits: set[str], index_state: index.IndexState
) -> dict[str, int]:
    """The same of the newest messages that are not indexed."""
    values = {
        "first": index_state.indexed_to,
        "limit": _READ,
        "reasoning": False,
    }
    rows = connection.read(QUERIES["rows"] + QUERIES["newest_rows"], values)
    texts = [row[9] for row in rows if isinstance(row[9], str)]
    return counted_in(texts, edits)
