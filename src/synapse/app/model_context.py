"""What of a session is sent to the model.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.domain import IMAGE_REFUSED, Role, refusal_of
from synapse.ports import ChatMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

    A question that was refused for its content is left out with what came of its answer, or every
    later one would be refused, too; but not the last question, which is being asked.

    Of attachments, texts become a part of the content. An image that is none of `images` is
    replaced by a line that names it, and its name is added to `left_out`; one that was refused, by
    such a line alone: its refusal was told.
    """
    standing = [m for m in history if not m.superseded and m.role in _SENT]
    refused = _refused(standing)
    blind = _blind_before(standing, refused)
    sent: list[ChatMessage] = []
    for place, message in enumerate(standing):
        code = refused.get(place)
        if code is not None and (code != IMAGE_REFUSED or message.role is Role.ASSISTANT):
            continue
        if not message.content and not any(each.is_sent for each in message.attachments):
            continue
        reasoning = message.reasoning if message.provider == provider_name else ""
        new = ChatMessage(role=message.role, content=message.content, reasoning=reasoning)
        if message.attachments:
            if code is not None or place < blind:
                parts = _parts(message, None, None)
            else:
                parts = _parts(message, images, left_out)
            new = new.replace(content=parts.content, images=parts.images)
        if sent and sent[-1].role == message.role:
            sent[-1] = _joined(sent[-1], new)
        else:
            sent.append(new)
    return tuple(sent)


def _refused(standing: Sequence[StoredMessage]) -> dict[int, str]:
    """By place, the code with which a question, and what came of its answer, was refused. The last
    question is not among them.

    It is stored; of a store that does not, or of a time when none did, the answers tell.
    """
    found: dict[int, str] = {}
    code: str | None = None
    for place in range(len(standing) - 1, -1, -1):
        message = standing[place]
        if message.role is Role.ASSISTANT:
            told = message.refused or refusal_of(message)
            if told is not None:
                found[place] = code = told
            elif message.content:
                code = None
        else:
            code = message.refused or code
            if code is not None:
                found[place] = code
            code = None
    asked = max((p for p, m in enumerate(standing) if m.role is Role.USER), default=-1)
    found.pop(asked, None)
    return found


def _blind_before(standing: Sequence[StoredMessage], refused: dict[int, str]) -> int:
    """The place before which no image is sent: behind it, one was refused with a question that had
    none of its own.
    """
    return max(
        (
            place
            for place, code in refused.items()
            if code == IMAGE_REFUSED
            and standing[place].role is Role.USER
            and all(each.is_text for each in standing[place].attachments if each.is_sent)
        ),
        default=0,
    )


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
