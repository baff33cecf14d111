"""Brings the index up to date, in transactions that hold up only who changes the same messages.

A step takes some messages that are not indexed, marks them, and writes their lexemes, in one
transaction: one that is interrupted leaves nothing. What has been deleted meanwhile is not found in
the first statement, or takes the lexemes with it. Two processes may do so at once; the one that
finds that another was faster stops.
"""

from __future__ import annotations

import time
from functools import partial

from synapse.errors import StorageError
from synapse.stores import _rows
from synapse.stores.search_judging import is_searched, text_of
from synapse.stores.servers.search.index import Document, lexemes, week_of
from synapse.timestamps import microseconds, readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.ports import SearchProgress
    from synapse.stores.servers.dialect import Connection, Raw

WORTH_IT = 256
"""Messages below which a search reads them as fast as it indexes them."""
_STEP = 0.1
"""Seconds of a step."""
_FIRST, _LEAST, _MOST = 64, 8, 512
"""Messages of a step."""


def waiting(connection: Connection, most: int = 1 << 31) -> int:
    """How many messages are not indexed, up to so many; those that are still coming in, too."""
    query = connection.dialect.statements("search")["waiting"]
    [(count,)] = connection.read(query, {"most": most})
    return int(count)


def catch_up(
    connection: Connection,
    *,
    everything: bool,
    progress: SearchProgress | None,
    seconds: float | None,
) -> int:
    """See SessionStore.catch_up_search."""
    if not everything and (few := waiting(connection, WORTH_IT)) < WORTH_IT:
        return few
    until = None if seconds is None else time.monotonic() + seconds
    total, done, limit = waiting(connection), 0, _FIRST
    try:
        while True:
            begun = time.monotonic()
            count = connection.transaction(partial(_step, limit=limit), durable=False)
            took = time.monotonic() - begun
            done += count
            if progress is not None and count:
                progress(min(done, total), total)
            if not count or (until is not None and time.monotonic() >= until):
                break
            limit = max(_LEAST, min(_MOST, int(limit * min(2.0, _STEP / max(took, 1e-4)))))
    except StorageError:
        pass  # no room, read-only, in use for long: what is not indexed is read
    return waiting(connection)


def _step(raw: Raw, limit: int) -> int:
    """Index some messages; how many."""
    search = raw.dialect.search
    rows = search.take(raw, limit)
    if not rows:
        return 0
    files = _files(raw, [row for row in rows if row[5]])
    documents = []
    for session_id, id, timestamp, content, reasoning, _ in rows:
        said = readable(timestamp)
        documents.append(
            Document(
                session_id=session_id,
                message_id=id,
                said=said,
                week=week_of(microseconds(said)),
                lexemes=lexemes(content, reasoning, files.get(id, [])),
            )
        )
    values = {
        "session_ids": tuple({row[0] for row in rows}),
        "ids": tuple(row[1] for row in rows),
    }
    raw.execute(raw.dialect.statements("search")["forget_words"], values)
    search.write(raw, documents)
    return len(rows)


def _files(raw: Raw, rows: list[tuple[str, ...]]) -> dict[str, list[str]]:
    """The texts that go with messages, by their ids."""
    found: dict[str, list[str]] = {}
    query = raw.dialect.statements("queries")["get_attachments"]
    for session_id, id, *_ in rows:
        values = {"session_id": session_id, "message_id": id}
        attached = [_rows.attachment(row) for row in raw.execute(query, values)]
        found[id] = [text_of(file) for file in attached if is_searched(file)]
    return found
