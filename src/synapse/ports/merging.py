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


class CopiesTogether(Protocol):
    """What a store may offer besides, if each question takes a way over a network: a copy of a
    whole archive asks whether it does. All of it is of sessions that are small and have no
    attachments.
    """

    def archived_sessions(self, session_ids: Sequence[str]) -> dict[str, ArchivedSession]:
        """`SessionStore.archived_session` of each, by their ids, with the messages in memory. Left
        out are those that are not there, are not small, or have attachments.
        """

    def add_sessions(self, sessions: Sequence[ArchivedSession]) -> list[Merged]:
        """`SessionStore.merge_session` as copies, in one transaction, of those that are new: of
        others, or with a message that is in another session, nothing is done or said. Their
        messages may be gone through more than once. Raises StorageError; nothing is stored then.
        """

    def answering(self, session_ids: Sequence[str]) -> list[str]:
        """Those in which an answer is being received by somebody who is there."""
