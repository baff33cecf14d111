"""What a store keeps of a session beside its messages: what stands for the older of them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from synapse.domain import Summary
else:
    Protocol = object


class SummaryStore(Protocol):
    """Keeps the summaries of sessions: a part of SessionStore.

    The summaries of a session are a chain, each made when the one before it stood. The newest one
    *stands*: it is sent in place of the messages up to its `last_index`. The messages stay what
    they are and can be sent again at any time.

    A summary stands for messages as they were. So it goes, without a word, when a message up to its
    `last_index` is superseded, or deleted by another program, and when an import puts one before
    that index. What stood before it, and still fits, stands again.
    """

    def add_summary(self, summary: Summary) -> bool:
        """Store a summary, durably, as the one that stands from now on. Returns False, and stores
        nothing, if it was made of what is no longer so: if another summary than its `parent`
        stands now; if there is no message with the index `last_index`; or if not exactly
        `messages` messages up to that index, of whatever role, are not superseded.

        Adding the one that stands already changes nothing and returns True. A summary whose
        `created_at` is not later than its parent's, because the clock went back, gets the next
        microsecond after that. Does not change the session's `updated_at`, nor take it out of the
        trash; an answer that is being received is no obstacle. Raises NotFoundError if the session
        does not exist, InvalidDataError if another summary has this id, or if its `last_index`,
        `messages`, `generation`, `prompt_version` or `session_length` is no plausible count.
        """

    def summaries(self, session_id: str) -> list[Summary]:
        """The summaries of a session, live or in the trash, oldest first: the last one stands.
        Empty if the session does not exist.
        """

    def standing_summary(self, session_id: str) -> Summary | None:
        """The last one of `summaries`; None if there is none. Costs a step in an index, for each
        turn asks: the messages that it stands for need not be read.
        """

    def remove_summary(self, summary_id: str) -> bool:
        """Destroy a summary, so that what it stood for is sent as it was; those that were made of
        it stay. Returns False if there is none with this id. Erases like `delete_session` only when
        its session is destroyed.
        """
