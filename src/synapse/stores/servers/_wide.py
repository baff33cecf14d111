"""The part of the store that is about many sessions, or looks into texts: each method loads what it
needs when it is used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.stores.servers.dialect import Connection


class Wide:
    """Methods of SessionStore, for a store with a connection."""

    _connection: Connection
