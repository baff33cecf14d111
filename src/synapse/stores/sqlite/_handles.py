"""As many digits of a session's id as tell it from every other, live or in the trash.

Eight nearly always do: they are random, and new sessions get none that is taken. What comes in from
elsewhere may have the eight of another, or an id or a name that begins with them.
"""

from __future__ import annotations

from synapse.ids import handle, hyphenated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Read = Callable[[str, dict[str, Any]], list[tuple[Any, ...]]]

_DIGITS = frozenset("0123456789abcdef-")
_PAGE = 500
_MOST_RIVALS = 1000
_SHARED = """
SELECT value FROM json_each(:ids) AS mine
WHERE EXISTS (SELECT 1 FROM sessions
              WHERE substr(id, -8) = substr(mine.value, -8) AND id <> mine.value)
   OR EXISTS (SELECT 1 FROM sessions
              WHERE id >= substr(mine.value, -8) AND id < substr(mine.value, -8) || '~'
                AND id <> mine.value)
   OR EXISTS (SELECT 1 FROM sessions WHERE name_key = substr(mine.value, -8))"""
"""By the indexes of the handles, the ids and the names."""
_RIVALS = "SELECT id FROM sessions WHERE substr(id, -8) = :handle AND id <> :id LIMIT :most"
_MEANT = """
SELECT 1 FROM sessions WHERE id >= :id_from AND id < :id_to AND id <> :id
UNION ALL SELECT 1 FROM sessions WHERE name_key = :digits LIMIT 1"""


def longer_handles(read: Read, ids: Iterable[str]) -> dict[str, str]:
    """By the ids of those that need more than their handle: what tells them apart."""
    known = [id for id in ids if len(id) == 36 and _DIGITS.issuperset(id)]
    found: dict[str, str] = {}
    for start in range(0, len(known), _PAGE):
        page = known[start : start + _PAGE]
        listed = "[" + ",".join(f'"{id}"' for id in page) + "]"
        for (id,) in read(_SHARED, {"ids": listed}):
            found[id] = _longer(read, id)
    return found


def handle_of(read: Read, id: str) -> str:
    """What is shown for the session with this id."""
    return longer_handles(read, [id]).get(id) or handle(id)


def _longer(read: Read, id: str) -> str:
    values = {"id": id, "handle": handle(id), "most": _MOST_RIVALS}
    rivals = [row[0].replace("-", "") for row in read(_RIVALS, values)]
    digits = id.replace("-", "")
    if len(rivals) == _MOST_RIVALS:
        return id
    for length in range(len(handle(id)) + 1, len(digits)):
        end = digits[-length:]
        if any(rival.endswith(end) for rival in rivals):
            continue
        beginning = hyphenated(end)
        meant = {"id": id, "digits": end, "id_from": beginning, "id_to": f"{beginning}~"}
        if not read(_MEANT, meant):
            return end
    return id
