"""What other terminals have made of the session meanwhile."""

from __future__ import annotations

from synapse import ids
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.repl.talk import Talk


def look_again(talk: Talk) -> int:
    """Look at the session before it goes on, and say what has changed; how many messages it has
    gained. One that was put into the trash comes back, or the answer would be lost with it.

    Raises UsageError if the session has been destroyed; the talk is at a new one then.
    """
    if talk.summary is None:
        return 0
    from synapse.cli.output import count

    context, choice = talk.context, talk.choice
    known, handle = talk.message_count, ids.handle(talk.summary.session.id)
    talk.refresh()
    if talk.summary is None:
        talk.begin(choice=choice)
        raise UsageError(
            f"{handle} has been destroyed by another terminal",
            "Ask again, and it begins a new session.",
        )
    if talk.summary.session.deleted_at is not None:
        context.store.restore_session(talk.summary.session.id)
        talk.refresh()
        context.say(f"{handle} had been deleted elsewhere; it goes on, and is restored.")
    added = max(0, talk.message_count - known)
    if added:
        were = "was" if added == 1 else "were"
        context.say(f"{count(added, 'message')} {were} added elsewhere: /show")
    return added
