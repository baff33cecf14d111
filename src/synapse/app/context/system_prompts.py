"""System prompts that a session gets on its way."""

from __future__ import annotations

from synapse.app.selection import system_prompt_to_send
from synapse.app.sessions import close_abandoned_answers
from synapse.domain import Role, Status, StoredMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.ports import SessionStore


def hold_system_prompt(store: SessionStore, session_id: str, text: str) -> None:
    """Have this one sent from now on, "" for none: it is kept as a message, unless it is what is
    sent already. While an answer of a living owner comes in, nothing is changed: no question can be
    asked then, either.
    """
    summary = store.get_summary(session_id)
    for found in close_abandoned_answers(store, [summary] if summary is not None else []):
        now = system_prompt_to_send(found.session, store.get_messages(session_id))
        if found.last_status is not Status.STREAMING and text != (now or ""):
            store.add_message(StoredMessage.new(session_id, Role.SYSTEM, text))
