"""Writes a large archive into a database on PostgreSQL, as fast as COPY does: sessions, messages,
and the index of their words, as the store would have written them one by one.
"""

from __future__ import annotations

import io
import os
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any

import psycopg2
import search

from synapse.stores import set_up
from synapse.stores.postgres import _search
from synapse.stores.servers import _values
from synapse.stores.servers.search.index import Document, lexemes, week_of
from synapse.timestamps import from_text, microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_BUILT_AFTERWARDS = (
    "messages_prompts",
    "messages_not_indexed",
    "words_words",
    "words_said",
    "sessions_live",
    "sessions_used",
    "sessions_cleaned",
    "sessions_handle",
)
"""Indexes, which are made quicker when the rows are there."""
_AT_ONCE = 6_000
"""Messages; whole sessions, of 1, 2, 3, 4, 5, 6, 10 or 20 messages."""
_DIFFERENT = 480_000
"""Messages with texts of their own, which are repeated after that: the server does so in a tenth of
the time.
"""
_SESSION = (
    "id, handle, provider, model, model_key, created_at, updated_at, used_at, last_seq,"
    " message_count, preview, preview_key"
)
_MESSAGE = "session_id, seq, id, role, content, timestamp, added, indexed"
_WORDS = "session_id, message_id, part, said, words"
_COPIED = (("sessions", _SESSION), ("messages", _MESSAGE), ("words", _WORDS))


def make(
    url: str, messages: int, a_session: int, *, superuser: str, heard: Callable[[int], object]
) -> None:
    """Set a database up with so many messages, so many a session, the oldest first; `heard` is told
    how many are written. `superuser` is another URL of the database: under row-level security there
    is no COPY.
    """
    set_up(url)
    owner = psycopg2.extensions.parse_dsn(url)["user"]
    connection = psycopg2.connect(superuser)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SET search_path = synapse; SET maintenance_work_mem = '512MB'")
    names = ",".join(f"'{name}'" for name in _BUILT_AFTERWARDS)
    cursor.execute(f"SELECT indexname, indexdef FROM pg_indexes WHERE indexname IN ({names})")
    dropped = cursor.fetchall()
    for name, _ in dropped:
        cursor.execute(f"DROP INDEX {name}")
    different = min(messages, _DIFFERENT)
    with ProcessPoolExecutor(os.cpu_count()) as writers:
        firsts = range(0, different, _AT_ONCE)
        pieces = writers.map(_piece, firsts, repeat(different), repeat(a_session), repeat(owner))
        for first, piece in zip(firsts, pieces, strict=True):
            for (table, columns), lines in zip(_COPIED, piece, strict=True):
                copied = f"COPY {table} (owner, {columns}) FROM STDIN"
                cursor.copy_expert(copied, io.StringIO(lines))
            heard(min(first + _AT_ONCE, different))
    _repeat(cursor, different, messages, heard)
    for _, definition in dropped:
        cursor.execute(definition)
    cursor.execute("VACUUM ANALYZE")
    connection.close()


def _repeat(cursor: Any, different: int, messages: int, heard: Callable[[int], object]) -> None:
    """Write the messages again, with other ids and at later times, until there are enough."""
    cursor.execute(_FUNCTIONS)
    cursor.execute("SET session_replication_role = replica")  # nothing is looked up for each row
    written = different
    while written < messages:
        values = {"step": written, "behind": messages - written}
        for statement in _REPEATED:
            cursor.execute(statement, {**values, "seconds": search.SECONDS * written})
        written = min(2 * written, messages)
        heard(written)
    cursor.execute("RESET session_replication_role")


_FUNCTIONS = """
CREATE FUNCTION pg_temp.number_of(id uuid) RETURNS bigint IMMUTABLE LANGUAGE sql AS $$
    SELECT CAST(CAST('x' || right(CAST(id AS text), 12) AS bit(48)) AS bigint) $$;
CREATE FUNCTION pg_temp.later(id uuid, step bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
    SELECT CAST('01900000-'
        || lpad(to_hex(pg_temp.number_of(id) + step >> 16 & 65535), 4, '0')
        || substr(CAST(id AS text), 14, 11)
        || lpad(to_hex(pg_temp.number_of(id) + step), 12, '0') AS uuid) $$;
CREATE FUNCTION pg_temp.week_of(said timestamptz) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT '#' || floor(extract(epoch FROM said) / 604800) $$"""
_LATER = "make_interval(secs => %(seconds)s)"
_REPEATED = (
    f"""
INSERT INTO sessions (owner, {_SESSION})
SELECT owner, pg_temp.later(id, %(step)s), handle + %(step)s, provider, model, model_key,
    created_at + {_LATER}, updated_at + {_LATER}, used_at + {_LATER}, last_seq, message_count,
    preview, preview_key
FROM sessions WHERE pg_temp.number_of(id) < %(behind)s""",
    f"""
INSERT INTO messages (owner, {_MESSAGE})
SELECT owner, pg_temp.later(session_id, %(step)s), seq, pg_temp.later(id, %(step)s), role, content,
    timestamp + {_LATER}, added + CAST(%(seconds)s AS bigint) * 1024000000, indexed
FROM messages WHERE pg_temp.number_of(id) < %(behind)s""",
    f"""
INSERT INTO words (owner, {_WORDS})
SELECT owner, pg_temp.later(session_id, %(step)s), pg_temp.later(message_id, %(step)s), part,
    said + {_LATER},
    ts_delete(words, pg_temp.week_of(said))
        || array_to_tsvector(ARRAY[pg_temp.week_of(said + {_LATER})])
FROM words WHERE pg_temp.number_of(message_id) < %(behind)s""",
)


def _piece(first: int, messages: int, a_session: int, owner: str) -> list[str]:
    """Some messages, their sessions and words, as COPY takes them."""
    numbers = range(first, min(first + _AT_ONCE, messages))
    texts = _texts()
    texts.begin(first)
    said = {number: texts.text(number) for number in numbers}
    begun = (number for number in numbers if number % a_session == 0)
    return [
        _lines(owner, (_session(n, min(a_session, messages - n), said[n]) for n in begun)),
        _lines(owner, (_message(n, a_session, said[n]) for n in numbers)),
        _lines(owner, (_words(n, a_session, said[n]) for n in numbers)),
    ]


@cache
def _texts() -> search.Texts:
    return search.Texts()


def _lines(owner: str, rows: Iterable[tuple[object, ...]]) -> str:
    return "".join("\t".join(map(_escaped, (owner, *row))) + "\n" for row in rows)


def _escaped(value: object) -> str:
    text = str(value)
    for sign, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(sign, escaped)
    return text


def _session(number: int, a_session: int, text: str) -> tuple[object, ...]:
    id, shown = search.id_of(number, 0), _values.preview(text)
    begun, last = search.moment(number), search.moment(number + a_session - 1)
    handle = _values.handle_number(id)
    return (
        id,
        handle,
        "echo",
        "echo",
        "echo",
        begun,
        last,
        last,
        a_session,
        a_session,
        shown,
        shown,
    )


def _message(number: int, a_session: int, text: str) -> tuple[object, ...]:
    session_id = search.id_of(number - number % a_session, 0)
    role = "assistant" if number % 2 else "user"
    moment = search.moment(number)
    added = microseconds(from_text(moment)) * 1024
    id = search.id_of(number, 1)
    return (session_id, number % a_session + 1, id, role, text, moment, added, True)


def _words(number: int, a_session: int, text: str) -> tuple[object, ...]:
    moment = from_text(search.moment(number))
    document = Document(
        session_id=search.id_of(number - number % a_session, 0),
        message_id=search.id_of(number, 1),
        said=moment,
        week=week_of(microseconds(moment)),
        lexemes=lexemes(text, "", []),
    )
    [vector] = _search.vectors(document)
    return (document.session_id, document.message_id, 1, search.moment(number), vector)
