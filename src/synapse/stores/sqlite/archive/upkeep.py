"""What a store notes of a session for `last_used` and for clean-ups: see `archived.Upkeep`."""

from __future__ import annotations

from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite.archive.reading import QUERIES
from synapse.timestamps import to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    import apsw

    from synapse.archived import Upkeep


def write(raw: apsw.Connection, session_id: str, upkeep: Upkeep) -> None:
    """Behind everything that sets the session's times: a trigger takes that for a use."""
    values = {
        "id": session_id,
        "use_order": upkeep.used,
        "imported_at": _optional_text(upkeep.imported_at),
        "restored_at": _optional_text(upkeep.restored_at),
    }
    rows(raw, QUERIES["set_upkeep"], values)


def write_copied(raw: apsw.Connection, session_id: str, upkeep: Upkeep) -> None:
    """As it was noted elsewhere: what was used there is not taken for a use of today with an old
    time, which a wrong clock would have set.
    """
    write(raw, session_id, upkeep)
    rows(raw, QUERIES["raise_mark"])


def _optional_text(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)
