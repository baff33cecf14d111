"""The same for many sessions, some in each transaction.

What is put into the trash or destroyed is named by one statement and changed by another, however
many there are: on a server each statement is a journey.
"""

from __future__ import annotations

from synapse import timestamps
from synapse.advice import Advice
from synapse.errors import DatabaseReadOnly
from synapse.ids import handle
from synapse.stores.servers import _values
from synapse.stores.servers._sessions import lock, take_out_of_trash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import Any

    from synapse.stores.servers.dialect import Connection, Raw, Rows

AT_ONCE = 100
"""Sessions a transaction."""
_LOCKED_AT_ONCE = 20
"""Sessions a transaction of those that are changed one by one."""


def run(raw: Raw, query: str, **values: Any) -> Rows:
    """The rows of a statement of bulk.sql."""
    return raw.execute(raw.dialect.statements("bulk")[query], values)


def trash(connection: Connection, session_ids: Sequence[str]) -> list[str]:
    """See SessionStore.trash_sessions."""
    return _some(connection, session_ids, _trash)


def purge(
    connection: Connection, session_ids: Sequence[str], *, only_trash: bool = False
) -> list[str]:
    """See SessionStore.delete_sessions. With `only_trash`, those that somebody has taken out of the
    trash since they were named stay.
    """
    return _some(connection, session_ids, _purge_trash if only_trash else _purge)


def restore(connection: Connection, session_ids: Sequence[str]) -> list[str]:
    """See SessionStore.restore_sessions."""
    return each(connection, session_ids, take_out_of_trash)


def each(
    connection: Connection,
    session_ids: Sequence[str],
    change: Callable[[Raw, tuple[Any, ...]], bool],
) -> list[str]:
    """Those of the sessions of which `change`, which is given the locked row, has changed one."""

    def some(raw: Raw, ids: Collection[str]) -> set[str]:
        rows = (lock(raw, id) for id in sorted(ids))  # whoever locks the same waits, and no more
        return {row[0] for row in rows if row is not None and change(raw, row)}

    return _some(connection, session_ids, some, at_once=_LOCKED_AT_ONCE)


def _some(
    connection: Connection,
    session_ids: Sequence[str],
    change: Callable[[Raw, Collection[str]], set[str]],
    *,
    at_once: int = AT_ONCE,
) -> list[str]:
    ids = [id for id in dict.fromkeys(session_ids) if _values.is_id(id)]
    changed: set[str] = set()
    for start in range(0, len(ids), at_once):
        work = _Remembering(change, ids[start : start + at_once])
        changed |= connection.transaction(work)
    if len(changed) < len(ids):
        _refuse_what_is_anothers(connection, [id for id in ids if id not in changed])
    return [id for id in ids if id in changed]


def _refuse_what_is_anothers(connection: Connection, ids: Sequence[str]) -> None:
    """A session that somebody has shared is left as it is."""
    statement = connection.dialect.statements("bulk")["of_others"]
    for session_id, owner in connection.read(statement, {"ids": tuple(ids)}):
        raise DatabaseReadOnly(
            f"the session {handle(session_id)} is {owner}'s: only its owner may do this",
            Advice("Go on in a copy of your own:  ", "sessions fork", handle(session_id)),
        )


class _Remembering:
    """Work on some sessions that tells what it has changed, also if that was in an earlier run of
    which nobody knows whether it was committed.
    """

    def __init__(
        self, change: Callable[[Raw, Collection[str]], set[str]], ids: Collection[str]
    ) -> None:
        self._change = change
        self._ids = ids
        self._before: set[str] = set()

    def __call__(self, raw: Raw) -> set[str]:
        changed = self._change(raw, self._ids)
        if raw.repeated:
            changed |= self._before
        self._before = changed
        return changed


def _trash(raw: Raw, ids: Collection[str]) -> set[str]:
    moment = timestamps.now()
    live = {id for (id,) in run(raw, "live", ids=tuple(ids))}
    if not live:
        return live
    run(raw, "trash", ids=tuple(live), now=moment)
    moved = live
    if raw.changed != len(live):  # somebody else was quicker with some of them
        moved = {id for (id,) in run(raw, "trashed_at", ids=tuple(live), now=moment)}
    note_trash(raw, moved, moment)
    run(raw, "clock_runs_behind", now=moment)
    return moved


def note_trash(raw: Raw, ids: Collection[str], moment: Any) -> None:
    """Say when these went into the trash; see `stores.merging`."""
    if ids:
        run(raw, "note_trash", ids=tuple(ids), now=moment)


def _purge_trash(raw: Raw, ids: Collection[str]) -> set[str]:
    trashed = {id for (id,) in run(raw, "in_trash", ids=tuple(ids))}
    if trashed:
        run(raw, "delete_trash", ids=tuple(trashed))
    if raw.changed == len(trashed):
        return trashed
    return trashed - {id for (id,) in run(raw, "existing", ids=tuple(trashed))}


def _purge(raw: Raw, ids: Collection[str]) -> set[str]:
    existing = {id for (id,) in run(raw, "existing", ids=tuple(ids))}
    if existing:
        run(raw, "delete", ids=tuple(existing))
    return existing
