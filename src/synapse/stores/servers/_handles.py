"""As many digits of a session's id as tell it from every other: see the same of SQLite.

One statement a page of sessions, in which no table is joined with itself: a distributed engine
can't do that.
"""

from __future__ import annotations

from synapse.ids import handle, hyphenated
from synapse.stores.servers import _values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from synapse.stores.servers.dialect import Dialect, Rows

    Read = Callable[[str, dict[str, Any]], Rows]

_PAGE = 500


def longer_handles(read: Read, dialect: Dialect, ids: Iterable[str]) -> dict[str, str]:
    """By the ids of those that need more than their handle: what tells them apart."""
    known = list(ids)
    found: dict[str, str] = {}
    for start in range(0, len(known), _PAGE):
        found |= _of_page(read, dialect, known[start : start + _PAGE])
    return found


def _of_page(read: Read, dialect: Dialect, ids: list[str]) -> dict[str, str]:
    handles = [handle(id) for id in ids]
    rivals = _rivals(read, dialect, handles, handles)
    return {id: _longer(read, dialect, id) for id in ids if _is_meant_by(handle(id), id, rivals)}


def _longer(read: Read, dialect: Dialect, id: str) -> str:
    digits = id.replace("-", "")
    endings = [digits[-length:] for length in range(len(handle(id)) + 1, len(digits))]
    rivals = _rivals(read, dialect, [handle(id)], endings)
    return next((end for end in endings if not _is_meant_by(end, id, rivals)), id)


def _is_meant_by(digits: str, id: str, rows: Rows) -> bool:
    """Whether the digits could mean another session than this by how its id ends or begins; or a
    name, be it this session's own.
    """
    beginning = hyphenated(digits)
    return any(
        name_key == digits
        or (
            other != id and (other.replace("-", "").endswith(digits) or other.startswith(beginning))
        )
        for other, name_key in rows
    )


def _rivals(read: Read, dialect: Dialect, handles: list[str], texts: list[str]) -> Rows:
    """Id and folded name of all sessions that have one of the handles, or of which one of the texts
    is the name or the beginning of the id.
    """
    if not handles:
        return []
    values: dict[str, Any] = {
        "handles": tuple(int(digits, 16) for digits in handles),
        "names": tuple(texts),
    }
    ranges = []
    for n, digits in enumerate(texts):
        first, last = f"first_{_letters(n)}", f"last_{_letters(n)}"
        values |= {first: _values.lowest_id(digits), last: _values.highest_id(digits)}
        ranges.append(f"id BETWEEN {dialect.placeholder(first)} AND {dialect.placeholder(last)}")
    sql = dialect.statements("queries")["rivals"]
    return read(f"{sql} {' OR '.join(ranges)}", values)


def _letters(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(number))
