"""What would be sent of a session now, with what each part takes and why the rest stays behind."""

from __future__ import annotations

from synapse.app.context.estimate import text_tokens
from synapse.app.context.fitting import Known, with_recalled
from synapse.app.context.measuring import Tokens, measure
from synapse.app.selection import select, system_prompt_to_send
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synapse.app.context.estimate import Family
    from synapse.app.context.measuring import Asked, Measurement
    from synapse.app.context.planning import Limits
    from synapse.app.selection import Fate, Selection
    from synapse.domain import Session, StoredMessage, Summary
    from synapse.ports import ImageSupport, SessionStore


class ContextView(Record):
    """A session as it would be sent."""

    history: tuple[StoredMessage, ...]
    """All of its messages; last the question that is being asked, if there is one."""
    selection: Selection
    measured: Measurement
    system_prompt: str | None
    summary: Summary | None
    """What stands for older messages."""
    recalled: tuple[str, Tokens] | None = None
    """Old turns that stand before the last question in its message, and about what they take."""

    @property
    def total(self) -> Tokens:
        """What all of it takes."""
        total = self.measured.total
        if self.recalled is None:
            return total
        return Tokens(count=total.count + self.recalled[1].count, exact=False)

    def items(self) -> Iterator[Item]:
        """What is sent, in its order."""
        total = 0
        for item in self._items():
            total += item.tokens.count
            yield item.replace(total=total)

    def _items(self) -> Iterator[Item]:
        if self.system_prompt:
            yield Item(role="system", tokens=self.measured.system_prompt, text=self.system_prompt)
        if self.measured.notes.count:
            notes = self.selection.messages[0].content
            yield Item(role="notes", tokens=self.measured.notes, text=notes)
        for message, place, tokens in zip(
            self.history, self.selection.places, self.measured.messages, strict=True
        ):
            if place >= 0 and self.recalled is not None and message is self.history[-1]:
                yield Item(role="recalled", tokens=self.recalled[1], text=self.recalled[0])
            if place >= 0:
                yield Item(
                    role=message.role.value, tokens=tokens, text=message.content, message=message
                )

    def left_out(self) -> Iterator[tuple[StoredMessage, Fate]]:
        """What is not sent, and why. System messages that are a part of the prompt are sent."""
        for message, fate in zip(self.history, self.selection.fates, strict=True):
            if fate != "sent":
                yield message, fate

    def texts(self) -> Iterator[tuple[str, tuple[int, ...], str]]:
        """What is sent to the letter: role, indexes of the messages that it is made of, text."""
        if self.system_prompt:
            yield "system", (), self.system_prompt
        for place, sent in enumerate(self.selection.messages):
            made_of = tuple(
                message.index
                for message, where in zip(self.history, self.selection.places, strict=True)
                if where == place
            )
            images = [f"[image {image.name}]" for image in sent.images]
            yield sent.role.value, made_of, "\n\n".join([*images, sent.content])


class Item(Record):
    """A part of what is sent."""

    role: str
    """Of a message; or `system`, `notes`, `recalled`."""
    tokens: Tokens
    text: str
    message: StoredMessage | None = None
    total: int = 0
    """Tokens up to here."""


def view(
    session: Session,
    history: Sequence[StoredMessage],
    summaries: Sequence[Summary],
    asked: Asked,
    images: ImageSupport | None = None,
) -> ContextView:
    """What would be sent of a session, all of whose messages `history` holds."""
    summary = summaries[-1] if summaries else None
    selection = select(history, asked.provider, images, summary=summary)
    system_prompt = system_prompt_to_send(session, history)
    return ContextView(
        history=tuple(history),
        selection=selection,
        measured=measure(
            history, selection, asked, system_prompt=system_prompt, summaries=summaries
        ),
        system_prompt=system_prompt,
        summary=summary,
    )


def with_recalled_turns(
    seen: ContextView, store: SessionStore, session: Session, bounds: Limits | None, family: Family
) -> ContextView:
    """The same with the old turns that are recalled by the words of the last question, if some
    are.
    """

    def about(text: str) -> int:
        return int(text_tokens(text, family) * seen.measured.factor) + 1

    known = Known(session=session, history=[*seen.history], standing=seen.summary)
    messages = with_recalled(store, known, seen.selection, about, bounds)
    if messages == seen.selection.messages:
        return seen
    added = messages[-1].content.removesuffix(seen.selection.messages[-1].content)
    return seen.replace(
        selection=seen.selection.replace(messages=messages),
        recalled=(added, Tokens(count=about(added), exact=False)),
    )
