"""What of a session is sent to the model."""

from __future__ import annotations

from synapse.domain import Role
from synapse.ports import ChatMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.domain import Session, StoredMessage

_SENT = (Role.USER, Role.ASSISTANT)


def messages_to_send(
    history: Iterable[StoredMessage], provider_name: str
) -> tuple[ChatMessage, ...]:
    """The messages of a session in the form in which a provider takes them.

    Superseded answers and those without a text are left out, a cut-off answer is sent as it
    stands, and neighbours of the same role become one message, since some providers refuse two
    in a row. Reasoning goes back only to the provider that it came from.
    """
    sent: list[ChatMessage] = []
    for message in history:
        if message.superseded or not message.content or message.role not in _SENT:
            continue
        reasoning = message.reasoning if message.provider == provider_name else ""
        if sent and sent[-1].role == message.role:
            sent[-1] = _joined(sent[-1], message.content, reasoning)
        else:
            sent.append(
                ChatMessage(role=message.role, content=message.content, reasoning=reasoning)
            )
    return tuple(sent)


def system_prompt_to_send(session: Session, history: Iterable[StoredMessage]) -> str | None:
    """The session's system prompt, then the system messages that other programs stored."""
    parts = [session.system_prompt or ""]
    parts += [message.content for message in history if message.role is Role.SYSTEM]
    return "\n\n".join(part for part in parts if part) or None


def _joined(earlier: ChatMessage, content: str, reasoning: str) -> ChatMessage:
    return earlier.replace(
        content=f"{earlier.content}\n\n{content}",
        reasoning=f"{earlier.reasoning}\n\n{reasoning}".strip(),
    )
