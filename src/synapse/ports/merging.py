"""What a store may offer for an import of many small sessions."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from synapse.archived import ArchivedSession, Merged
else:
    Protocol = object


class MergesTogether(Protocol):
    """What a store may offer besides, if a transaction for each of many sessions costs it much: an
    import asks whether it does.
    """

    def merge_sessions(self, sessions: Sequence[ArchivedSession]) -> list[Merged]:
        """`SessionStore.merge_session` of each, one after the other, in one transaction: all of
        them are stored, or none. Raises what that raises of the first that can't be stored. Their
        messages may be gone through more than once.
        """
