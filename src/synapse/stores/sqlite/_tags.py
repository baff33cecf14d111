"""Words that the user has put on sessions."""

from __future__ import annotations

import os

from synapse.stores import _queries, _rows, _tagging
from synapse.stores._text import TAG, folded, storable
from synapse.stores.sqlite._bulk import each
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite._statements import found_to_change, now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import apsw

    from synapse.stores.sqlite.connection import Connection

QUERIES = _queries.load(os.path.join(os.path.dirname(__file__), "tags.sql"))


def put_on(connection: Connection, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
    """See SessionStore.tag_sessions."""
    return each(connection, session_ids, _changing(_tagging.putting_on(tags)))


def take_off(connection: Connection, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
    """See SessionStore.untag_sessions."""
    return each(connection, session_ids, _changing(_tagging.taking_off(tags)))


def counted(connection: Connection, *, deleted: bool) -> list[tuple[str, int]]:
    """See SessionStore.tags."""
    return counted_in(connection.read(QUERIES["tagged"], {"deleted": deleted}))


def counted_in(rows: Iterable[tuple[object, object]]) -> list[tuple[str, int]]:
    """Each tag of rows with the tags of a session, and as they are compared; by name."""
    return _tagging.counted_in(
        (_rows.text(tags) or "", _rows.text(keys) or "") for tags, keys in rows
    )


def wrong(raw: apsw.Connection) -> list[str]:
    """Ids of sessions whose tags are not written, or not folded, as they are here."""
    return [id for id, *_ in _ill_written(raw)]


def mend(raw: apsw.Connection) -> None:
    """In a write transaction: write and fold such tags anew."""
    for id, tags, keys in _ill_written(raw):
        raw.execute(QUERIES["set_tags"], {"id": id, "tags": tags, "tag_keys": keys})


def _ill_written(raw: apsw.Connection) -> list[tuple[str, str | None, str | None]]:
    """Their ids, and what should stand there."""
    found = []
    for id, tags, keys in rows(raw, QUERIES["all_tags"]):
        words = {folded(word): storable(word) for word in reversed(_rows.tags(tags))}
        right = _tagging.columns(words)
        if (right["tags"], right["tag_keys"]) != (tags, keys):
            found.append((_rows.text(id), right["tags"], right["tag_keys"]))
    return found


def _changing(
    change: Callable[[dict[str, str]], dict[str, str]],
) -> Callable[[apsw.Connection, str], bool]:
    def work(raw: apsw.Connection, session_id: str) -> bool:
        if found_to_change(raw, session_id) is None:
            return False
        [(tags, keys)] = rows(raw, QUERIES["tags_of"], {"id": session_id})
        known = dict(zip(_rows.tags(keys), _rows.tags(tags), strict=False))
        new = change(known)
        if new.keys() == known.keys():
            return False
        raw.execute(QUERIES["set_tags"], {"id": session_id, **_tagging.columns(new)})
        for key in new.keys() ^ known.keys():
            raw.execute(QUERIES["note_tag"], {"id": session_id, "what": TAG + key, "now": now()})
        return True

    return work
