"""Writes a large archive into a database on PostgreSQL, as fast as COPY does: sessions, messages,
and the index of their words, as the store would have written them one by one.
"""

from __future__ import annotations

import io
from itertools import islice
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
_AT_ONCE = 20_000
_SESSION = (
    "id, handle, provider, model, model_key, created_at, updated_at, used_at, last_seq,"
    " message_count, preview, preview_key"
)
_MESSAGE = "session_id, seq, id, role, content, timestamp, added, indexed"
_WORDS = "session_id, message_id, part, said, words"


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
    texts = search.Texts()
    for first in range(0, messages, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, messages))
        said = {number: texts.text(number) for number in numbers}
        begun = (number for number in numbers if number % a_session == 0)
        copy(cursor, "sessions", _SESSION, owner, (_session(n, a_session, said[n]) for n in begun))
        copy(
            cursor, "messages", _MESSAGE, owner, (_message(n, a_session, said[n]) for n in numbers)
        )
        copy(cursor, "words", _WORDS, owner, (_words(n, a_session, said[n]) for n in numbers))
        heard(numbers.stop)
    for _, definition in dropped:
        cursor.execute(definition)
    cursor.execute("VACUUM ANALYZE")
    connection.close()


def copy(
    cursor: Any, table: str, columns: str, owner: str, rows: Iterable[tuple[object, ...]]
) -> None:
    """Add rows to a table, which are this owner's."""
    while True:
        page = list(islice(rows := iter(rows), 5000))
        if not page:
            return
        lines = "".join("\t".join(map(_escaped, (owner, *row))) + "\n" for row in page)
        cursor.copy_expert(f"COPY {table} (owner, {columns}) FROM STDIN", io.StringIO(lines))


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
