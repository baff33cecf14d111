"""What of a session is sent to the model, and why the rest is not.

It stands beside the rest of `context`, not in it: every turn loads it, most turns nothing else of
that. What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.domain import IMAGE_REFUSED, Role, refusal_of
from synapse.ports import ChatMessage
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    from synapse.domain import Session, StoredMessage, Summary
    from synapse.ports import ImageSupport

    Fate = Literal[
        "sent",  # a system message: as a part of the system prompt
        "superseded",  # asked again or taken back
        "refused",  # the server refused it, or its question, for its content
        "summarized",  # the session's notes stand for it
        "truncated",  # too old to find room
        "empty",  # an answer of which nothing arrived, or a question without words
        "replaced",  # a system prompt in whose place a later one stands
        "tool",  # what a tool of another program said
    ]
    """What becomes of a stored message when the session is sent. No class: that would cost each
    turn more than all of its choosing.
    """

_SENT = (Role.USER, Role.ASSISTANT)
ACKNOWLEDGEMENT = "Understood."
"""What the model is said to have answered to the notes: some providers refuse two of a user's
messages in a row.
"""
BEFORE_THE_FIRST_QUESTION = "(The conversation begins with your words.)"
"""Stands for the question where a conversation begins with an answer, which some providers and the
templates of many models refuse.
"""


class Selection(Record):
    """What of a session is sent, and what becomes of each of its messages."""

    messages: tuple[ChatMessage, ...]
    """What is sent; the first is a user's, and no two of the same role follow each other."""
    fates: tuple[Fate, ...]
    """Of each message of the history, in its order."""
    places: tuple[int, ...]
    """Of each message of the history: the index in `messages` of the one that it is a part of, or
    -1.
    """
    images_left_out: tuple[str, ...]
    """Names of images that the provider does not take; a line stands in the place of each."""


def select(
    history: Iterable[StoredMessage],
    provider_name: str,
    images: ImageSupport | None = None,
    *,
    summary: Summary | None = None,
    first: int = 1,
) -> Selection:
    """Choose what of a session is sent to the provider `provider_name`, in the form in which it
    takes it. Reads nothing and changes nothing; the same history gives the same bytes, and a
    longer one the same beginning.

    Superseded answers and those without a word are left out, a cut-off answer is sent as it
    stands, and neighbours of the same role become one message, since some providers refuse two
    in a row. Reasoning goes back only to the provider that it came from.

    A question that was refused for its content is left out with what came of its answer, or every
    later one would be refused, too; but not the last question, which is being asked.

    Of attachments, texts become a part of the content. An image that is none of `images` is
    replaced by a line that names it, and its name is told; one that was refused, by such a line
    alone: its refusal was told.

    `summary` stands for the messages up to its `last_index`, which need not be a part of
    `history`: its notes are a user's message, since nothing that was said gets the authority of
    the system prompt. One without any is of messages that were left out for want of room. Messages
    with an index below `first` are left out.
    """
    history = list(history)
    fates: list[Fate] = [
        "superseded" if message.superseded
        else "sent" if message.role in _SENT
        else "replaced" if message.role is Role.SYSTEM
        else "tool"
        for message in history
    ]  # fmt: skip
    standing = [place for place, fate in enumerate(fates) if fate == "sent"]
    refused = _refused(history, standing)
    blind = _blind_before(history, refused)
    sent = [] if summary is None or not summary.content else _notes(summary)
    summarized = 0 if summary is None else summary.last_index
    places = [-1] * len(history)
    left_out: list[str] = []
    for place in standing:
        message = history[place]
        code = refused.get(place)
        if code is not None and (code != IMAGE_REFUSED or message.role is Role.ASSISTANT):
            fates[place] = "refused"
        elif not (message.content.strip() or any(each.is_sent for each in message.attachments)):
            fates[place] = "empty"
        elif 0 < message.index <= summarized:
            fates[place] = "summarized" if summary and summary.content else "truncated"
        elif 0 < message.index < first:
            fates[place] = "truncated"
        else:
            reasoning = message.reasoning if message.provider == provider_name else ""
            new = ChatMessage(role=message.role, content=message.content, reasoning=reasoning)
            if message.attachments:
                # few turns have any
                from synapse.app.attachments import message_parts

                seen = code is None and place >= blind
                parts = message_parts(message, images if seen else None)
                left_out += parts.left_out if seen else ()
                new = new.replace(content=parts.content, images=parts.images)
            _append(sent, new)
            places[place] = len(sent) - 1
    if "replaced" in fates:
        for place in _system_places(history, whole=summary is None)[0]:
            fates[place] = "sent" if history[place].content else "empty"
    return Selection(
        messages=tuple(sent),
        fates=tuple(fates),
        places=tuple(places),
        images_left_out=tuple(left_out),
    )


def _refused(history: Sequence[StoredMessage], standing: Sequence[int]) -> dict[int, str]:
    """By place, the code with which a question, and what came of its answer, was refused. The last
    question is not among them. `standing` are the places that count.

    It is stored; of a store that does not, or of a time when none did, the answers tell.
    """
    found: dict[int, str] = {}
    code: str | None = None
    asked = -1
    for place in reversed(standing):
        message = history[place]
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
            asked = max(asked, place)
    found.pop(asked, None)
    return found


def _blind_before(history: Sequence[StoredMessage], refused: dict[int, str]) -> int:
    """The place before which no image is sent: behind it, one was refused with a question that had
    none of its own.
    """
    return max(
        (
            place
            for place, code in refused.items()
            if code == IMAGE_REFUSED
            and history[place].role is Role.USER
            and all(each.is_text for each in history[place].attachments if each.is_sent)
        ),
        default=0,
    )


def _notes(summary: Summary) -> list[ChatMessage]:
    """The notes as the beginning of a conversation."""
    head = "Notes on our conversation so far, in the place of its first"
    text = f"{head} {summary.messages} messages:\n\n{summary.content}"
    return [
        ChatMessage(role=Role.USER, content=text, cache_mark=True),
        ChatMessage(role=Role.ASSISTANT, content=ACKNOWLEDGEMENT),
    ]


def _append(sent: list[ChatMessage], new: ChatMessage) -> None:
    """Add a message: to the last one, if that has the same role."""
    if sent and sent[-1].role == new.role:
        last = sent[-1]
        sent[-1] = last.replace(
            content=f"{last.content}\n\n{new.content}",
            reasoning=f"{last.reasoning}\n\n{new.reasoning}".strip(),
            images=last.images + new.images,
        )
        return
    if not sent and new.role is Role.ASSISTANT:
        sent.append(ChatMessage(role=Role.USER, content=BEFORE_THE_FIRST_QUESTION))
    sent.append(new)


def system_prompt_to_send(
    session: Session, history: Iterable[StoredMessage], *, whole: bool = True
) -> str | None:
    """The session's system prompt, then the system messages that other programs stored before the
    first question. A later one stands in their place, as `/system` at the prompt says; an empty
    one for none. Without `whole`, other messages than system messages may be missing.
    """
    history = list(history)
    places, is_replaced = _system_places(history, whole=whole)
    parts = [] if is_replaced else [session.system_prompt]
    parts += [history[place].content for place in places]
    return "\n\n".join(part for part in parts if part) or None


def _system_places(history: Sequence[StoredMessage], *, whole: bool) -> tuple[list[int], bool]:
    """Where the system messages are that hold, and whether they stand in the place of the
    session's own system prompt. If not the `whole` history is there, a question is among what is
    missing before one.
    """
    places: list[int] = []
    asked = is_replaced = False
    for place, message in enumerate(history):
        if message.role is Role.USER:
            asked = True
        elif message.role is Role.SYSTEM and not message.superseded:
            asked = asked or (not whole and message.index > place + 1)
            places = [place] if asked else [*places, place]
            is_replaced = asked
    return places, is_replaced
