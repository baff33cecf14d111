"""A look at the sessions for the completion of a command line: leaves no trace at all.

The file is neither created nor migrated nor locked for anybody, and no error is told. What can't
be read like that, or was made by a newer version, has no sessions.
"""

from __future__ import annotations

import os

import apsw

from synapse.ids import handle, hyphenated
from synapse.stores._text import folded
from synapse.stores.sqlite._files import MEMORY, path_of, size
from synapse.stores.sqlite._handles import longer_handles
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite._schema import APPLICATION_ID, SCHEMA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OLDEST_SCHEMA = 2
"""The first one that has previews."""
_FIRST_WITH_TITLES = 4
_FIRST_WITH_KEPT = 6
"""The first one that keeps what other programs delete."""
_FIRST_FOLDED = 12
"""The first one that stores folded texts."""
_NEWEST_SESSIONS = 500
"""So many are searched for a word in their names, titles and first words: two million instructions
at the most, a thirtieth of what completing takes."""
_LAST_SIGN = chr(0x10FFFF)
_HEX = frozenset("0123456789abcdef")
_HEADER = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
_WITH_KEPT = """
CREATE TEMP VIEW sessions AS
SELECT id, name, title, preview, updated_at, deleted_at{keys}
FROM main.sessions
UNION ALL
SELECT id, name, title, preview, updated_at, deleted_at{keys}
FROM main.kept_sessions
WHERE id NOT IN (SELECT id FROM main.sessions)"""
"""In the place of the table: what is in the trash, wherever it is kept."""
_BY_TEXT = """
SELECT id, coalesce(name, ''), coalesce(title, ''), preview, updated_at FROM (
    SELECT id, name, {title} AS title, preview, updated_at{keys}
    FROM sessions WHERE deleted_at IS {state} ORDER BY {age} DESC, id DESC LIMIT :newest
)
WHERE instr({preview_key}, :part) OR (name IS NOT NULL AND instr({name_key}, :part))
   OR (title IS NOT NULL AND instr({title_key}, :part))
LIMIT :limit"""
_KEYS = ", name_key, title_key, preview_key"
_BY_NAME = """
SELECT id, name, coalesce(title, ''), preview, updated_at FROM sessions
WHERE name_key >= :part AND name_key < :part || :last AND +deleted_at IS {state}
ORDER BY name_key LIMIT :limit"""
"""Along the index of the names: of all sessions, however many there are."""
_BY_ID = """
SELECT id, coalesce(name, ''), coalesce(title, ''), preview, updated_at FROM sessions
WHERE id = :id"""
_TAGGED = "SELECT tags, tag_keys FROM sessions WHERE tag_keys IS NOT NULL AND deleted_at IS NULL"
_LEAST_SAID = 2
"""Characters of a word that is looked for in what was said, too."""
_BY_PREFIX = """
SELECT id, coalesce(name, ''), coalesce({title}, ''), preview, updated_at FROM sessions
WHERE id >= :id AND id < :id || '~' AND +deleted_at IS {state}
UNION
SELECT id, coalesce(name, ''), coalesce({title}, ''), preview, updated_at FROM sessions
WHERE substr(id, -8) >= :digits AND substr(id, -8) < :digits || '~' AND +deleted_at IS {state}
UNION
SELECT id, coalesce(name, ''), coalesce({title}, ''), preview, updated_at FROM sessions
WHERE length(:digits) > 8 AND substr(id, -8) = substr(:digits, -8)
  AND substr(replace(id, '-', ''), -length(:digits)) = :digits AND +deleted_at IS {state}
ORDER BY updated_at DESC LIMIT :limit"""


def sessions_for_completion(
    url: str, word: str, *, deleted: bool, limit: int
) -> list[tuple[str, ...]]:
    """Id, name, title (or ""), preview, last use, handle of the sessions that `word` may mean.

    First those whose handle or id begins so, then the newest with the word in name, title or
    preview, compared after NFC and case folding, each the last used first; then others whose name
    begins so. If there are none, live sessions in which the word was said: beside them, a name that
    only one session has would no longer be completed at once.
    """
    path = path_of(url)
    if path == MEMORY or size(path) == 0:  # SQLite would delete the WAL of an empty file
        return []
    try:
        connection = apsw.Connection(
            _uri(path), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        )
    except apsw.Error:
        return []
    try:
        [(application, schema)] = connection.execute(_HEADER)
        if application != APPLICATION_ID or not _OLDEST_SCHEMA <= schema <= SCHEMA:
            return []
        if deleted and schema >= _FIRST_WITH_KEPT:
            keys = _KEYS if schema >= _FIRST_FOLDED else ""
            connection.execute(_WITH_KEPT.format(keys=keys))
        found = _matching(connection, word, schema, deleted=deleted, limit=limit)
        if not found and not deleted and schema == SCHEMA:
            found = _by_content(connection, word, limit)
        longer = longer_handles(
            lambda sql, values: rows(connection, sql, values), [row[0] for row in found]
        )
        return [(*row, longer.get(row[0]) or handle(row[0])) for row in found]
    except (apsw.Error, ValueError):
        return []
    finally:
        connection.close()


def has_table(path: str, table: str) -> bool:
    """Whether the file can be read and has a table of this name."""
    if size(path) == 0:
        return False
    try:
        connection = apsw.Connection(
            _uri(path), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        )
        try:
            return connection.table_exists("main", table)
        finally:
            connection.close()
    except apsw.Error:
        return False


def _uri(path: str) -> str:
    """Without a WAL, the file is what it says, and nothing beside it is needed. With one, the
    index of the WAL is read as it is, or made anew in memory; it is never written.
    """
    try:
        pending = os.path.getsize(f"{path}-wal") > 0
    except OSError:
        pending = False
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file:{quoted}?mode=ro&{'readonly_shm=1' if pending else 'immutable=1'}"


def _matching(
    connection: apsw.Connection, word: str, schema: int, *, deleted: bool, limit: int
) -> list[tuple[str, ...]]:
    parts = _parts(schema, deleted=deleted)
    found: list[tuple[str, ...]] = []
    digits = word.lower().replace("-", "")
    if digits and _HEX.issuperset(digits):
        values: dict[str, object] = {"id": hyphenated(digits), "digits": digits, "limit": limit}
        found += rows(connection, _BY_PREFIX.format(**parts), values)
    connection.create_scalar_function("folded", _folded, 1, deterministic=True)
    values = {"part": folded(word), "newest": _NEWEST_SESSIONS, "limit": limit}
    found += rows(connection, _BY_TEXT.format(**parts), values)
    if word and len(found) < limit and schema >= _FIRST_FOLDED:
        found += rows(connection, _BY_NAME.format(**parts), values | {"last": _LAST_SIGN})
    each: dict[str, tuple[str, ...]] = {}
    for row in found:
        each.setdefault(row[0], row)
    return list(each.values())[:limit]


def _by_content(connection: apsw.Connection, word: str, limit: int) -> list[tuple[str, ...]]:
    """The sessions in which it was said."""
    if len(word) < _LEAST_SAID:
        return []
    from synapse.stores.sqlite.search.completing import sessions_that_say  # few words get so far

    ids = sessions_that_say(connection, word, limit)
    return [row for session_id in ids for row in rows(connection, _BY_ID, {"id": session_id})]


def tags_for_completion(url: str) -> list[tuple[str, int]]:
    """Each tag of live sessions, and how many have it."""
    path = path_of(url)
    if path == MEMORY or size(path) == 0:
        return []
    try:
        connection = apsw.Connection(
            _uri(path), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        )
    except apsw.Error:
        return []
    try:
        [(application, schema)] = connection.execute(_HEADER)
        if application != APPLICATION_ID or schema != SCHEMA:
            return []
        from synapse.stores.sqlite._tags import counted_in  # only where a tag is typed

        return counted_in(rows(connection, _TAGGED))
    except (apsw.Error, ValueError):
        return []
    finally:
        connection.close()


def _parts(schema: int, *, deleted: bool) -> dict[str, str]:
    """What differs in the statements: the names of columns, and what does for one that an older
    schema does not have.
    """
    state, age = ("NOT NULL", "deleted_at") if deleted else ("NULL", "updated_at")
    is_folded = schema >= _FIRST_FOLDED
    parts = {
        "state": state,
        "age": age,
        "title": "title" if schema >= _FIRST_WITH_TITLES else "NULL",
        "keys": _KEYS if is_folded else "",
    }
    for column in ("name", "title", "preview"):
        folded = f"folded(CAST({column} AS BLOB))"
        parts[f"{column}_key"] = f"coalesce({column}_key, {folded})" if is_folded else folded
    return parts


def _folded(*values: Any) -> str | None:
    """What is not stored, or not yet; of the bytes of a text."""
    return None if values[0] is None else folded(values[0].decode("utf-8", "replace"))
