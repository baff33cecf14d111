"""Words that the user has put on sessions."""

from __future__ import annotations

from synapse import timestamps
from synapse.stores import _tagging
from synapse.stores._text import TAG, folded
from synapse.stores.servers._bulk import each, run
from synapse.stores.servers._sessions import note_change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from synapse.stores.servers.dialect import Connection, Raw


def put_on(connection: Connection, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
    """See SessionStore.tag_sessions."""
    return each(connection, session_ids, _changing(_tagging.putting_on(tags)))


def take_off(connection: Connection, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
    """See SessionStore.untag_sessions."""
    return each(connection, session_ids, _changing(_tagging.taking_off(tags)))


def counted(connection: Connection, *, deleted: bool) -> list[tuple[str, int]]:
    """See SessionStore.tags."""
    query = connection.dialect.statements("bulk")["tagged"]
    return _tagging.counted_in(connection.read(query, {"deleted": deleted}))


def _changing(
    change: Callable[[_tagging.Tags], _tagging.Tags],
) -> Callable[[Raw, tuple[Any, ...]], bool]:
    def work(raw: Raw, row: tuple[Any, ...]) -> bool:
        known = {folded(tag): tag for tag in (row[15] or "").split()}
        new = change(known)
        if new.keys() == known.keys():
            return False
        run(raw, "set_tags", id=row[0], **_tagging.columns(new))
        moment = timestamps.now()
        for key in sorted(new.keys() ^ known.keys()):
            note_change(raw, row[0], TAG + key, moment)
        return True

    return work
