"""What of a session is sent to the model."""

from __future__ import annotations

from synapse.domain import Role
from synapse.ports import ChatMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.app.attachments import MessageParts
    from synapse.domain import Session, StoredMessage
    from synapse.ports import ImageSupport

_SENT = (Role.USER, Role.ASSISTANT)


def messages_to_send(
    history: Iterable[StoredMessage],
    provider_name: str,
    images: ImageSupport | None = None,
    left_out: list[str] | None = None,
) -> tuple[ChatMessage, ...]:
    """The messages of a session in the form in which a provider takes them.

    Superseded answers and those without a text are left out, a cut-off answer is sent as it
    stands, and neighbours of the same role become one message, since some providers refuse two
    in a row. Reasoning goes back only to the provider that it came from.

    Of attachments, texts become a part of the content. An image that is none of `images` is
    replaced by a line that names it, and its name is added to `left_out`.
    """
    sent: list[ChatMessage] = []
    for message in history:
        if message.superseded or message.role not in _SENT:
            continue
        if not message.content and not any(each.is_sent for each in message.attachments):
            continue
        reasoning = message.reasoning if message.provider == provider_name else ""
        new = ChatMessage(role=message.role, content=message.content, reasoning=reasoning)
        if message.attachments:
            parts = _parts(message, images, left_out)
            new = new.replace(content=parts.content, images=parts.images)
        if sent and sent[-1].role == message.role:
            sent[-1] = _joined(sent[-1], new)
        else:
            sent.append(new)
    return tuple(sent)


def system_prompt_to_send(session: Session, history: Iterable[StoredMessage]) -> str | None:
    """The session's system prompt, then the system messages that other programs stored before the
    first question. A later one stands in their place, as `/system` at the prompt says; an empty
    one for none.
    """
    parts = [session.system_prompt or ""]
    asked = False
    for message in history:
        asked = asked or message.role is Role.USER
        if message.role is Role.SYSTEM and not message.superseded:
            parts = [message.content] if asked else [*parts, message.content]
    return "\n\n".join(part for part in parts if part) or None


def _parts(
    message: StoredMessage, images: ImageSupport | None, left_out: list[str] | None
) -> MessageParts:
    from synapse.app.attachments import message_parts

    found = message_parts(message, images)
    if left_out is not None:
        left_out += found.left_out
    return found


def _joined(earlier: ChatMessage, later: ChatMessage) -> ChatMessage:
    return earlier.replace(
        content=f"{earlier.content}\n\n{later.content}",
        reasoning=f"{earlier.reasoning}\n\n{later.reasoning}".strip(),
        images=earlier.images + later.images,
    )
