"""A look at the sessions for the completion of a command line: it writes nothing, and asks little.

The same as SQLite's look finds (`sqlite/_session_completion.py`), where that finds it within a
moment: a server is asked at most five times.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.ids import handle
from synapse.stores._text import folded, storable
from synapse.stores.servers import _values
from synapse.stores.servers._handles import longer_handles
from synapse.timestamps import readable, to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.stores.servers.dialect import Connection

    Rows = list[tuple[str, ...]]

_NEWEST_SESSIONS = 500
"""So many are searched for a word in their names, titles and first words."""
_MOST_OF_A_HANDLE = 1000
_LAST_SIGN = chr(0x10FFFF)
_LEAST_SAID = 2
"""Characters of a word that is looked for in what was said, too."""
_MOST_HITS = 500
"""Messages that are looked at: a session may have many."""
_MOST_READ = 2000
"""Candidates that are read for that."""


def sessions(connection: Connection, word: str, *, deleted: bool, limit: int) -> Rows:
    """See `synapse.stores.sessions_for_completion`. Raises StorageError."""
    found = _matching(connection, word, deleted=deleted, limit=limit)
    if not found and not deleted and len(word) >= _LEAST_SAID:
        found = _by_content(connection, word, limit)
    longer = longer_handles(connection.read, connection.dialect, [row[0] for row in found])
    return [
        (*row[:4], to_text(readable(row[4])), longer.get(row[0]) or handle(row[0])) for row in found
    ]


def _matching(connection: Connection, word: str, *, deleted: bool, limit: int) -> Rows:
    """First those whose handle or id begins so, then the newest that say it, then names."""
    statements = connection.dialect.statements("completion")
    found: Rows = []
    digits = word.lower().replace("-", "")
    if _values.are_digits(digits):
        found += _by_digits(connection, digits, deleted=deleted, limit=limit)
    part = folded(word)
    values = {"part": part, "newest": _NEWEST_SESSIONS, "limit": limit}
    found += connection.read(statements["trashed_by_text" if deleted else "live_by_text"], values)
    if word and len(found) < limit:
        values = {"part": part, "behind": part + _LAST_SIGN, "deleted": deleted, "limit": limit}
        found += connection.read(statements["by_name"], values)
    each: dict[str, tuple[str, ...]] = {}
    for row in found:
        each.setdefault(row[0], row)
    return list(each.values())[:limit]


def _by_digits(connection: Connection, digits: str, *, deleted: bool, limit: int) -> Rows:
    end = handle(digits)
    is_longer = len(digits) > len(end)
    values = {
        "id_from": _values.lowest_id(digits),
        "id_to": _values.highest_id(digits),
        "handle_from": int(end.ljust(8, "0"), 16),
        "handle_to": int(end.ljust(8, "f"), 16),
        "deleted": deleted,
        "limit": _MOST_OF_A_HANDLE if is_longer else limit,
    }
    found = connection.read(connection.dialect.statements("completion")["by_prefix"], values)
    if is_longer:
        plain = ((row, row[0].replace("-", "")) for row in found)
        found = [row for row, id in plain if id.startswith(digits) or id.endswith(digits)]
    return found


def _by_content(connection: Connection, word: str, limit: int) -> Rows:
    """Those in which it was said: exactly it, or that begins so; each the newest first."""
    ids: dict[str, None] = {}
    for begins in (False, True):
        for number, session_id in enumerate(_saying(connection, word, begins=begins), 1):
            ids[session_id] = None
            if len(ids) >= limit or number == _MOST_HITS:
                break
    if not ids:
        return []
    query = connection.dialect.statements("completion")["by_id"]
    rows = {row[0]: row for row in connection.read(query, {"ids": tuple(ids)})}
    return [rows[id] for id in ids if id in rows][:limit]


def _saying(connection: Connection, word: str, *, begins: bool) -> Iterator[str]:
    """The session of each message that says it."""
    from synapse.search_query import SearchQuery, Word  # few words get so far
    from synapse.stores.search_judging import EVER
    from synapse.stores.search_matching import Matcher
    from synapse.stores.servers.search.candidates import Candidates
    from synapse.stores.servers.search.facts import Facts

    expression = Word(text=storable(word), prefix=begins)
    query = SearchQuery(expression=expression)
    matcher = Matcher(expression)
    facts = Facts(connection, query)
    read = 0
    for batch, _ in Candidates(connection, query, facts, after=0, before=EVER).batches():
        facts.learn(batch)
        for candidate in sorted(batch, key=lambda one: (-one.time, one.place)):
            if facts.allow(candidate) and matcher.matches(candidate.text):
                yield candidate.session_id
        read += len(batch)
        if read >= _MOST_READ:
            return
