"""What must hold of the search index, which is derived, and built anew where it doesn't."""

from __future__ import annotations

import random
import re

import apsw

from synapse.ports import Finding
from synapse.stores.search_terms import LONGEST_TERM, RECIPE, terms_of
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite.search import index, times
from synapse.stores.sqlite.search.index import IndexState, table
from synapse.stores.sqlite.search.writing import texts_of
from synapse.timestamps import microseconds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SUBJECT = "search index"
_SAMPLE = 1000
"""Messages that are looked up by their words."""
_OURS = re.compile(r"\bsearch_(before_)?\d+\b")
_INDEXED = """
SELECT place, content, reasoning, files, timestamp FROM search_texts
WHERE place IN (SELECT value FROM json_each(?)) AND status <> 'streaming'
  AND place <= (SELECT indexed_to FROM search_state)
  AND place NOT IN (SELECT place FROM search_stale)"""


def problems(raw: apsw.Connection) -> Iterator[Finding]:
    """Everything that is wrong with the index; nothing if there is none yet."""
    try:
        for text in _problems(raw):
            yield Finding(subject=_SUBJECT, text=text, repairable=True)
    except apsw.Error as error:
        yield Finding(subject=_SUBJECT, text=f"can't be read: {error}", repairable=True)


def _problems(raw: apsw.Connection) -> Iterator[str]:
    yield from _named_elsewhere(raw)
    index_state = IndexState(lambda sql: rows(raw, sql))
    if not index_state.is_there:
        yield "says nothing of itself"
        return
    if index_state.recipe == 0:
        return  # there is none, or what is left of one is being dropped
    if index_state.recipe != RECIPE:
        yield f"is of another kind ({index_state.recipe}, this Synapse makes {RECIPE})"
        return
    if not index_state.is_usable:
        yield "knows the messages by row numbers that they no longer have"
        return
    for shard in index_state.shards:
        if not _is_secure(raw, table(shard)):
            yield f"would keep words of what is purged in {table(shard)}"
    missing, untimed = _missing(raw, index_state)
    if missing:
        yield f"does not have {missing} of {_SAMPLE} messages, or some of their words"
    if untimed:
        yield f"does not know how new {untimed} of {_SAMPLE} messages are"


def _named_elsewhere(raw: apsw.Connection) -> Iterator[str]:
    """A trigger that writes to the index refuses what a program stores that has no FTS5."""
    for kind, name, sql in raw.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'view')"
    ).fetchall():
        if _OURS.search(str(sql)):
            yield f"is named by the {kind} {name}, which other programs can't run"


def _is_secure(raw: apsw.Connection, name: str) -> bool:
    found = raw.execute(f"SELECT v FROM {name}_config WHERE k = 'secure-delete'").fetchall()
    return found == [(1,)]


def _missing(raw: apsw.Connection, index_state: IndexState) -> tuple[int, int]:
    """Of a sample of messages, how many are not found by their words, and how many are newer than
    the index says.
    """
    first, last = min(index_state.before_first, 0) + 1, index_state.indexed_to
    span = range(first, last + 1)
    places = span if len(span) <= _SAMPLE else random.sample(span, _SAMPLE)
    listed = f"[{','.join(map(str, places))}]"
    newest = {block: time for time, block in times.newest_first(lambda sql: rows(raw, sql))}
    missing = untimed = 0
    for place, content, reasoning, files, timestamp in rows(raw, _INDEXED, (listed,)):
        wanted = terms_of(*texts_of(content, reasoning, files))
        there = index.shard_of(place) in index_state.shards
        missing += not (there and _is_found(raw, place, wanted))
        untimed += newest.get(place // times.BLOCK, -1) < microseconds_of(timestamp)
    return missing, untimed


def _is_found(raw: apsw.Connection, place: int, wanted: set[str]) -> bool:
    ordered = sorted(wanted)
    name = table(index.shard_of(place))
    for begin in range(0, len(ordered), _TERMS_AT_ONCE):
        some = ordered[begin : begin + _TERMS_AT_ONCE]
        match = " AND ".join(_quoted(term) for term in some)
        query = f"SELECT 1 FROM {name}(?) WHERE rowid = ?"
        if not raw.execute(query, (match, place)).fetchall():
            return False
    return True


_TERMS_AT_ONCE = 32


def _quoted(term: str) -> str:
    # a longer word stands there whole where the text was taken as it is
    return f'"{term}"*' if len(term) >= LONGEST_TERM else f'"{term}"'
