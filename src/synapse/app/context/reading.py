"""Reading a session as far as it is sent: what a summary stands for is not read."""

from __future__ import annotations

from synapse.domain import Role
from synapse.search_query import SearchQuery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import StoredMessage, Summary
    from synapse.ports import SessionStore


def read_after(
    store: SessionStore, standing: Summary, last: int | None = None
) -> list[StoredMessage]:
    """The messages behind those that a summary stands for, up to the index `last`, and before them
    the system messages of the rest: no summary stands for these.
    """
    query = SearchQuery(session_ids=(standing.session_id,), roles=(Role.SYSTEM,))
    system = [
        hit.message for hit in store.search(query) if hit.message.index <= standing.last_index
    ]
    system.sort(key=lambda message: message.index)
    return system + store.get_messages(
        standing.session_id, first=standing.last_index + 1, last=last
    )
