"""A look for the sessions in which a word was said, by a connection that can only read."""

from __future__ import annotations

from synapse.errors import DatabaseReadOnly, StorageError
from synapse.search_query import SearchQuery, Word
from synapse.stores.search_matching import Matcher
from synapse.stores.sqlite._driver_errors import Translated
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite.search.asking import Asked
from synapse.stores.sqlite.search.candidates import Candidates
from synapse.stores.sqlite.search.facts import Facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

    import apsw

_MOST_READ = 2_000
"""Messages that are read for want of an index, or because too many words begin so: 10 ms."""
_MOST_HITS = 500
"""Messages that are looked at: a session may have many."""


def sessions_that_say(raw: apsw.Connection, word: str, most: int) -> list[str]:
    """The ids of live sessions in which a word was said: exactly it, or that begins so, then only
    among the newest messages; each the newest first.
    """
    connection = _Reading(raw)
    found: dict[str, None] = {}
    for begins in (False, True):
        try:
            for number, session_id in enumerate(_saying(connection, word, begins=begins), 1):
                found[session_id] = None
                if len(found) >= most or number == _MOST_HITS:
                    break
        except (_Enough, StorageError):
            continue
    return list(found)


class _Enough(Exception):
    """Whoever is typing waits."""


def _saying(connection: Any, word: str, *, begins: bool) -> Iterator[str]:
    """The session of each message that says it."""
    expression = Word(text=word, prefix=begins)
    query = SearchQuery(expression=expression)
    matcher = Matcher(expression)
    facts = Facts(connection, query)
    asked = Asked(expression, in_reasoning=False)
    candidates = Candidates(connection, query, asked, facts, after=0, progress=_stop_after)
    for batch, _ in candidates.batches():
        facts.learn(batch)
        for candidate in sorted(batch, key=lambda one: (-one.time, -one.place)):
            if facts.allow(candidate) and matcher.matches(candidate.text):
                yield candidate.session_id


def _stop_after(done: int, total: int) -> None:
    if done > _MOST_READ and done < total:
        raise _Enough


class _Reading:
    """What a search asks of a connection."""

    def __init__(self, raw: apsw.Connection) -> None:
        self.raw = raw
        self.translated = Translated("the database", 0.0)

    def read(self, sql: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows."""
        with self.translated:
            return rows(self.raw, sql, values)

    def transaction(self, *_: object, **__: object) -> NoReturn:
        """There is none: whoever completes a word writes nothing."""
        raise DatabaseReadOnly("a look at the sessions writes nothing")
