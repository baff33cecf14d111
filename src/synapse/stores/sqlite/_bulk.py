"""The same for many sessions, in transactions so short that nobody else waits for long.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import time

from synapse.ids import new_id
from synapse.stores.sqlite import _erasure
from synapse.stores.sqlite._pauses import GAP
from synapse.stores.sqlite._statements import now, run, take_out_of_trash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import apsw

    from synapse.stores.sqlite.connection import Connection

_WORK = 0.005
"""Seconds of work after which a transaction is committed."""


def trash(connection: Connection, session_ids: Sequence[str]) -> list[str]:
    """See SessionStore.trash_sessions."""
    return each(connection, session_ids, _trash)


def restore(connection: Connection, session_ids: Sequence[str]) -> list[str]:
    """See SessionStore.restore_sessions."""
    return each(connection, session_ids, take_out_of_trash)


def purge(
    connection: Connection, session_ids: Sequence[str], *, only_trash: bool = False
) -> list[str]:
    """See SessionStore.delete_sessions. With `only_trash`, those that somebody has taken out of the
    trash since they were named stay.

    `secure_delete` overwrites their pages, and emptying the WAL removes the older copies. Where
    another process reads at this moment, that is owed: see `_erasure`.
    """
    purge_id = new_id()
    change = _delete_trash if only_trash else _delete

    def delete(raw: apsw.Connection, session_id: str) -> bool:
        if not change(raw, session_id):
            return False
        _erasure.record_purge(raw, purge_id, now())
        return True

    connection.read("PRAGMA secure_delete = ON")
    try:
        gone = each(connection, session_ids, delete)
    finally:
        connection.read("PRAGMA secure_delete = FAST")
    if gone:
        _erasure.finish(connection)
    return gone


def each(
    connection: Connection,
    session_ids: Sequence[str],
    change: Callable[[apsw.Connection, str], bool],
) -> list[str]:
    """Those of the sessions that `change` changed, some in each transaction."""
    changed: list[str] = []
    done = 0

    def work(raw: apsw.Connection) -> tuple[list[str], int]:
        """Those of the next few, and how many these are."""
        batch: list[str] = []
        until = time.monotonic() + _WORK
        for number, session_id in enumerate(session_ids[done:], 1):
            if change(raw, session_id):
                batch.append(session_id)
            if time.monotonic() > until:
                return batch, number
        return batch, len(session_ids) - done

    while done < len(session_ids):
        if done:
            time.sleep(GAP)
        batch, count = connection.transaction(work)
        changed += batch
        done += count
    return changed


def _trash(raw: apsw.Connection, session_id: str) -> bool:
    moment = now()
    run(raw, "trash_session", id=session_id, deleted_at=moment)
    if not raw.changes():
        return False
    run(raw, "clock_runs_behind", now=moment)
    return True


def _delete_trash(raw: apsw.Connection, session_id: str) -> bool:
    rows = run(raw, "get_summary", id=session_id)
    return not (rows and rows[0][7] is None) and _delete(raw, session_id)


def _delete(raw: apsw.Connection, session_id: str) -> bool:
    from synapse.stores.sqlite import _externally_deleted

    run(raw, "mark_purged", id=session_id)
    run(raw, "delete_session", id=session_id)
    found = raw.changes() > 0
    _externally_deleted.forget_archive(raw, session_id)
    return _externally_deleted.forget(raw, session_id) or found
