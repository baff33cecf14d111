"""What was typed before, for being recalled."""

from __future__ import annotations

from synapse.domain import LONGEST_RECALLED
from synapse.errors import InvalidDataError
from synapse.stores.servers import _values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.stores.servers.dialect import Connection

_FIRST, _LAST = -(1 << 63), (1 << 63) - 1
_WHITE = "\t\n\r "


def recent(connection: Connection, limit: int, before: str | None) -> list[tuple[str, str]]:
    """See SessionStore.recent_prompts. The position is when the message was added."""
    values = {
        "limit": max(0, _values.index(limit)),
        "before": _LAST if before is None else _place(before),
        "longest": LONGEST_RECALLED,
        "white": _WHITE,
    }
    rows = connection.read(connection.dialect.statements("prompts")["recent_prompts"], values)
    return [(str(position), content) for position, content in rows]


def _place(position: str) -> int:
    try:
        return max(_FIRST, min(int(position), _LAST))
    except ValueError:
        raise InvalidDataError(f"no prompt has the position {position!r}") from None
