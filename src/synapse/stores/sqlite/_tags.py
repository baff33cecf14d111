"""Words that the user has put on sessions."""

from __future__ import annotations

import os

from synapse.stores import _queries, _rows
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
    new = {folded(tag): storable(tag) for tag in reversed(tags)}
    return each(connection, session_ids, _changing(lambda known: new | known))


def take_off(connection: Connection, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
    """See SessionStore.untag_sessions."""
    gone = set(map(folded, tags))
    return each(
        connection,
        session_ids,
        _changing(lambda known: {key: tag for key, tag in known.items() if key not in gone}),
    )


def counted(connection: Connection, *, deleted: bool) -> list[tuple[str, int]]:
    """See SessionStore.tags."""
    return counted_in(connection.read(QUERIES["tagged"], {"deleted": deleted}))


def counted_in(rows: Iterable[tuple[object, object]]) -> list[tuple[str, int]]:
    """Each tag of rows with the tags of a session, and as they are compared; by name."""
    found: dict[str, tuple[str, int]] = {}
    for tags, keys in rows:
        for tag, key in zip(_rows.tags(tags), _rows.tags(keys), strict=False):
            word, count = found.get(key, (tag, 0))
            found[key] = word, count + 1
    return [found[key] for key in sorted(found)]


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
        ordered = sorted(words)
        right = _rows.joined_tags([words[key] for key in ordered]), _rows.joined_tags(ordered)
        if right != (tags, keys):
            found.append((_rows.text(id), *right))
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
        ordered = sorted(new)
        values = {
            "id": session_id,
            "tags": _rows.joined_tags([new[key] for key in ordered]),
            "tag_keys": _rows.joined_tags(ordered),
        }
        raw.execute(QUERIES["set_tags"], values)
        for key in new.keys() ^ known.keys():
            raw.execute(QUERIES["note_tag"], {"id": session_id, "what": TAG + key, "now": now()})
        return True

    return work
