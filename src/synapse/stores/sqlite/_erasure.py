"""The text of purged sessions, until no byte of it is left in the files.

A purge leaves a note in its own transactions. Whoever empties the WAL after them takes it away:
the purge itself, else the last process to leave, else the next one to start. A note is read before
the WAL is emptied: what another process purges meanwhile is owed still.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.errors import DatabaseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import apsw

    from synapse.stores.sqlite.connection import Connection


_INDEX = "SELECT 1 FROM sqlite_schema WHERE name GLOB 'search_*[0-9]*' LIMIT 1"
"""Whether there is a search index, or what is left of one."""


def record_purge(raw: apsw.Connection, purge: str, moment: str) -> None:
    """In the transaction that destroys something: record that its text has to be erased."""
    raw.execute("INSERT OR IGNORE INTO erasures (id, purged_at) VALUES (?, ?)", (purge, moment))


def pending_purges(connection: Connection) -> list[tuple[str, str]]:
    """The recorded purges, oldest first: id and time of each."""
    return [
        (id, moment)
        for id, moment in connection.read("SELECT id, purged_at FROM erasures ORDER BY purged_at")
    ]


def finish(connection: Connection) -> bool:
    """Erase the text of all recorded purges; waits for readers as long as for writers. Returns
    whether nothing is left to erase.
    """
    notes = pending_purges(connection)
    if notes and is_out_of_index(connection) and connection.truncate_wal():
        delete_records(connection, notes)
    return not pending_purges(connection)


def is_out_of_index(connection: Connection, *, patience: float | None = None) -> bool:
    """Take the words of what was destroyed out of the search index; whether none is left there."""
    if not connection.read(_INDEX):
        return True
    from synapse.stores.sqlite.search.purging import take_out_purged

    return take_out_purged(connection, patience=patience)


def delete_records(connection: Connection, notes: list[tuple[str, str]]) -> None:
    """Delete the records. One that can't be deleted now only makes a later process look again."""

    def work(raw: apsw.Connection) -> None:
        raw.executemany("DELETE FROM erasures WHERE id = ?", [(id,) for id, _ in notes])

    try:
        connection.transaction(work, durable=False, patience=0.05)
    except DatabaseError:
        pass
