"""Takes what was destroyed out of the index, so that no byte of its words stays."""

from __future__ import annotations

import time

import apsw

from synapse.errors import DatabaseError
from synapse.stores.sqlite._pauses import GAP
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite.search import QUERIES
from synapse.stores.sqlite.search.index import index_state
from synapse.stores.sqlite.search.writing import (
    Writer,
    abandon,
    advance,
    document,
    securely,
    texts_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.stores.sqlite.connection import Connection

_STEP = 0.005
"""Seconds of work after which a transaction is committed."""
_MOST = 64
"""Messages that one takes out."""
_LARGE = 16 << 20
"""Bytes of notes that are not written once more: to build an index anew takes no longer than to put
so many messages right.
"""


def take_out_purged(connection: Connection, *, patience: float | None = None) -> bool:
    """Take what was destroyed out of the index as well; whether nothing of it is left there."""
    if not index_state(connection).is_usable:
        return abandon(connection)
    try:
        while connection.transaction(securely(_take_out), durable=False, patience=patience):
            time.sleep(GAP)
        is_clean = connection.transaction(securely(_rewrite), durable=False, patience=patience)
    except DatabaseError as error:
        if isinstance(error.__cause__, (apsw.BusyError, apsw.FullError, apsw.ReadOnlyError)):
            return False
        return abandon(connection)  # damaged: what can't be taken out goes with all the rest
    return is_clean or abandon(connection)


def _take_out(raw: apsw.Connection) -> bool:
    """Whether there is more."""
    writer, until = Writer(raw), time.monotonic() + _STEP
    found = rows(raw, QUERIES["purged"], {"limit": _MOST})
    for place, *texts in found:
        writer.take_out(place, document(texts_of(*texts)))
        raw.execute(QUERIES["forget_stale"], {"place": place})
        raw.execute(QUERIES["note_unknown"], {"place": place})  # another may stand there now
        if time.monotonic() > until:
            return True
    if found:
        advance(raw)
    return len(found) == _MOST


def _rewrite(raw: apsw.Connection) -> bool:
    """Write the notes that are left once more, as copies of others stay in pages in which rows have
    moved: only an emptied table has none. Whether they were few enough.
    """
    [(size,)] = rows(raw, QUERIES["stale_bytes"])
    if size > _LARGE:
        return False
    notes = rows(raw, QUERIES["all_stale"])
    raw.execute(QUERIES["forget_all_stale"])
    raw.executemany(QUERIES["note_again"], notes)
    return True
