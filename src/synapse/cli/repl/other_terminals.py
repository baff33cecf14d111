"""Changes that other terminals make to the session meanwhile."""

from __future__ import annotations

from synapse.app.sessions import close_abandoned_answers
from synapse.cli.listing.tables import count
from synapse.cli.repl.last_turn import cut_off_warning, render_messages_from
from synapse.domain import Status
from synapse.errors import StorageError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.cli.repl.repl_conversation import ReplConversation
    from synapse.domain import SessionSummary


class AwaitedAnswer:
    """An answer that another terminal is receiving. It is announced once, and shown when it is
    complete.
    """

    def __init__(self, conversation: ReplConversation) -> None:
        self._talk = conversation
        self._session_id = ""
        self._shown = 0
        """The index of the last message that has been shown here."""

    def announce(self, *, question_is_shown: bool) -> str | None:
        """A line to show if another terminal has begun to answer in this session; else None."""
        summary = self._current()
        if summary is None or summary.last_status is not Status.STREAMING:
            self._session_id = ""
            return None
        if self._session_id == summary.session.id:
            return None
        self._session_id = summary.session.id
        self._shown = summary.message_count - (1 if question_is_shown else 2)
        handle = summary.session.handle
        return f"{handle} is being answered in another terminal; the answer will appear here."

    def updates(self) -> Callable[[], str | None] | None:
        """The method `arrived`, if an answer is awaited; else None."""
        return self.arrived if self._session_id else None

    def arrived(self) -> str | None:
        """The answer as it is to be shown, once it is complete; None until then, or if none is
        awaited.
        """
        if not self._session_id:
            return None
        summary = self._current()
        if summary is not None and summary.last_status is Status.STREAMING:
            return None
        self._session_id = ""
        if summary is None:
            return None  # whoever asks next will hear of it
        conversation = self._talk
        shown = render_messages_from(conversation.context, summary, self._shown + 1)
        conversation.catch_up()
        warning = cut_off_warning(conversation.context, summary)
        return shown + (f"{conversation.context.glyphs().warning} {warning}\n" if warning else "")

    def _current(self) -> SessionSummary | None:
        known = self._talk.summary
        if known is None:
            return None
        try:
            summary = self._talk.context.store.get_summary(known.session.id)
            if summary is None:
                return None
            return close_abandoned_answers(self._talk.context.store, [summary])[0]
        except StorageError:
            return None


def refresh_before_turn(conversation: ReplConversation) -> int:
    """Read the session again before the next turn, and tell the user what has changed. Returns how
    many messages were added. A session that was put into the trash is restored, or the answer would
    be lost with it.

    Raises UsageError if the session has been destroyed; the conversation then is at a new one.
    """
    if conversation.summary is None:
        return 0
    context, choice = conversation.context, conversation.choice
    known, handle = conversation.message_count, conversation.summary.session.handle
    conversation.refresh()
    if conversation.summary is None:
        conversation.begin(choice=choice)
        raise UsageError(
            f"{handle} has been destroyed by another terminal",
            "Or a backup without it was restored. Ask again, and it begins a new session.",
        )
    if conversation.summary.session.deleted_at is not None:
        context.store.restore_session(conversation.summary.session.id)
        conversation.refresh()
        context.say(f"{handle} had been deleted in another terminal; it is restored and goes on.")
    added = max(0, conversation.message_count - known)
    if added:
        were = "was" if added == 1 else "were"
        context.say(f"{count(added, 'message')} {were} added in another terminal: /show")
    return added
