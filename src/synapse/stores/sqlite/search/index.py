"""What the search index says of itself; see `writing` for what it is made of."""

from __future__ import annotations

from synapse.stores.search_terms import RECIPE
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite.search import QUERIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import apsw

    from synapse.stores.sqlite.connection import Connection

FEW = 4000
"""Messages that are read as fast as an index is asked: an archive that has no more gets none."""
WORTH_IT = 256
"""Messages below which a step of catching up costs more than it saves."""
SHARD_BITS = 22
SHADOWS = ("data", "idx", "content", "docsize", "config")


class IndexState:
    """What the index says of itself, at one moment."""

    def __init__(self, read: Callable[[str], list[tuple[Any, ...]]]) -> None:
        [(indexed_to, recipe, unmoved, last, before_first)] = read(QUERIES["state"])
        self.is_there = indexed_to is not None
        self.recipe: int = recipe
        self.last: int = last
        """The highest place that a message has."""
        self.before_first: int = before_first
        self.shards = _shards([name for (name,) in read(QUERIES["tables"])])
        """The highest first."""
        self.is_usable = bool(recipe == RECIPE and unmoved)
        self.indexed_to: int = indexed_to if self.is_usable else min(before_first, 0)

    @property
    def is_wrong(self) -> bool:
        """Whether there is an index that can't be used as it is."""
        return not self.is_usable and (self.recipe != 0 or bool(self.shards))


def state_within(raw: apsw.Connection) -> IndexState:
    return IndexState(lambda sql: rows(raw, sql))


def _shards(tables: list[str]) -> list[int]:
    found = set()
    for name in tables:
        sign, rest = (-1, name[14:]) if name.startswith("search_before_") else (1, name[7:])
        number, _, shadow = rest.partition("_")
        if number.isdecimal() and (not shadow or shadow in SHADOWS):
            found.add(sign * int(number))
    return sorted(found, reverse=True)


def index_state(connection: Connection) -> IndexState:
    """The current state of the index."""
    return IndexState(connection.read)


def waiting(connection: Connection) -> int:
    """How many messages the index has not yet as they are; roughly."""
    return _waiting(connection, index_state(connection))


def _waiting(connection: Connection, now: IndexState) -> int:
    [(stale,)] = connection.read("SELECT count(*) FROM search_stale")
    return max(0, now.last - now.indexed_to) + int(stale)


def is_worth_an_index(connection: Connection) -> bool:
    """Whether the archive has so many messages that to ask an index is faster than to read."""
    [(large,)] = connection.read(QUERIES["is_large"], {"few": FEW})
    return bool(large)


def is_due(connection: Connection) -> tuple[bool, int]:
    """Whether the index should be brought up to date, or be begun; and how many messages wait."""
    now = index_state(connection)
    count = _waiting(connection, now)
    if now.is_usable:
        return count >= WORTH_IT, count
    return now.is_wrong or is_worth_an_index(connection), count


def shard_of(place: int) -> int:
    """The number of the table that a message at this place is indexed in."""
    return place >> SHARD_BITS


def table(shard: int) -> str:
    """The name of a table of the index."""
    return f"search_{shard}" if shard >= 0 else f"search_before_{-shard}"
