"""Many small sessions in one transaction, as an import brings them.

What a trigger does for each message costs more than to insert it. For sessions that are new and of
plain messages only, all of it follows from the messages: they are written with the triggers of this
connection switched off, and what those would have derived is derived once a session.
"""

from __future__ import annotations

import apsw

from synapse import timestamps
from synapse.archived import Merged, Upkeep
from synapse.stores import _rows
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite._statements import QUERIES as STATEMENTS
from synapse.stores.sqlite._statements import found_to_change
from synapse.stores.sqlite.archive.inserting import insert_plain
from synapse.stores.sqlite.archive.reading import QUERIES
from synapse.stores.sqlite.archive.writing import check_count, merge, write_origin, write_rest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from synapse.archived import ArchivedSession, PlainMessage


def merge_all(raw: apsw.Connection, sessions: Sequence[ArchivedSession]) -> list[Merged]:
    """See MergesTogether; in a write transaction."""
    merged = _add_all(raw, sessions, _new_and_plain(raw, sessions))
    for place, archived in enumerate(sessions):
        if place not in merged:
            merged[place] = merge(raw, archived)
    return [merged[place] for place in range(len(sessions))]


def _new_and_plain(
    raw: apsw.Connection, sessions: Sequence[ArchivedSession]
) -> dict[int, list[PlainMessage]]:
    """The messages of those that nothing in the store can have to do with, by their places."""
    [(places_are_new,)] = rows(raw, QUERIES["places_are_new"])
    if not places_are_new:
        return {}  # the index would have to forget what stood there
    found: dict[int, list[PlainMessage]] = {}
    ids: set[str] = set()
    for place, archived in enumerate(sessions):
        session = archived.session
        is_simple = (
            session.id not in ids
            and (session.name is None or session.deleted_at is not None)  # nobody has that name
            and session.forked_from is None
            and archived.origin is None
            and not archived.tags
            and not archived.summaries
        )
        ids.add(session.id)
        messages = _plain(archived) if is_simple else None
        if messages is not None and found_to_change(raw, session.id) is None:
            found[place] = messages
    return found


def _plain(archived: ArchivedSession) -> list[PlainMessage] | None:
    """The messages, if all are plain."""
    messages: Any = archived.messages
    plain = [one for page in messages.pages() for one in page]
    return plain if all(isinstance(one, tuple) for one in plain) else None


def _add_all(
    raw: apsw.Connection,
    sessions: Sequence[ArchivedSession],
    found: dict[int, list[PlainMessage]],
) -> dict[int, Merged]:
    if not found:
        return {}
    raw.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    try:
        return {place: _add(raw, sessions[place], messages) for place, messages in found.items()}
    finally:
        raw.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 1)


def _add(raw: apsw.Connection, archived: ArchivedSession, messages: list[PlainMessage]) -> Merged:
    id, count = archived.session.id, len(messages)
    check_count(archived, count)
    rows(raw, STATEMENTS["create_session"], _rows.session_values(archived.session))
    if messages:
        insert_plain(raw, messages, id, 0)
        values = {
            "id": id,
            "count": count,
            "sent": sum([one[8] or 0 for one in messages]),
            "received": sum([one[9] or 0 for one in messages]),
        }
        rows(raw, QUERIES["count_plain"], values)
        rows(raw, QUERIES["fold_preview"], {"id": id})
    write_rest(raw, id, archived.changes, Upkeep(imported_at=timestamps.now()))
    write_origin(raw, archived)
    return Merged(session_id=id, is_new=True, added=count, changed=True)
