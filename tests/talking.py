"""A conversation with a provider that does what a test says, in a window of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synapse.app.context import ContextPolicy
from synapse.app.conversation import reply
from synapse.domain import Role, Usage
from synapse.errors import ContextTooLong
from synapse.ports import (
    Compacted,
    Compacting,
    Finished,
    NotCompacted,
    TextDelta,
    UsageReport,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.domain import ModelInfo, Session, StoredMessage
    from synapse.ports import Cancellation, ChatRequest, SessionStore, StreamEvent

GOOD = "Facts:\n[#{first}] The user likes colour {first}.\nCourse:\nColours were talked about."


def tokens_of(request: ChatRequest) -> int:
    """What a request takes by this provider's own tokenizer: one for five bytes, and four for each
    message.
    """
    texts = [request.system_prompt or "", *(message.content for message in request.messages)]
    return sum(len(text.encode()) // 5 + 4 for text in texts)


def is_for_notes(request: ChatRequest) -> bool:
    """Whether a summary is asked for."""
    return (request.system_prompt or "").startswith("You keep the notes of a conversation")


class Model:
    """A provider with a window of its own: refuses what is longer, and never takes two messages of
    the same role in a row.
    """

    def __init__(
        self,
        window: int = 8_192,
        *,
        name: str = "script",
        notes: Callable[[ChatRequest, Cancellation], Iterator[StreamEvent] | str] | None = None,
        answer: Callable[[str], str] = lambda question: "It is noted, and all is well.",
    ) -> None:
        self.name = name
        self.window = window
        self.notes = notes or good_notes
        self.answer = answer
        self.asked: list[ChatRequest] = []
        """The questions, without those for notes."""
        self.asked_for_notes: list[ChatRequest] = []

    def check(self, request: ChatRequest) -> None:
        """Takes everything."""

    def list_models(self) -> list[ModelInfo]:
        """Says nothing."""
        return []

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """Notes, or an answer."""
        roles = [message.role for message in request.messages]
        assert roles[::2] == [Role.USER] * len(roles[::2])
        assert roles[1::2] == [Role.ASSISTANT] * len(roles[1::2])
        assert roles[-1] is Role.USER
        sent = tokens_of(request)
        if is_for_notes(request):
            self.asked_for_notes.append(request)
            if sent > self.window:
                raise ContextTooLong("the notes are too long to ask for")
            written = self.notes(request, cancellation)
            if not isinstance(written, str):
                yield from written
                return
        else:
            self.asked.append(request)
            if sent > self.window:
                raise ContextTooLong(f"{sent} tokens are more than {self.window}")
            written = self.answer(request.messages[-1].content)
        yield TextDelta(written)
        yield UsageReport(usage=Usage(input_tokens=sent, output_tokens=len(written.encode()) // 5))
        yield Finished(reason="stop")


def first_index(request: ChatRequest) -> int:
    """The index of the first message that is to be summarised."""
    return int(request.messages[0].content.split("\n#", 1)[1].split(" ", 1)[0])


def good_notes(request: ChatRequest, cancellation: Cancellation) -> str:
    """Notes that stand, of a conversation about colours."""
    return GOOD.format(first=first_index(request))


class Talk:
    """A session with such a model."""

    def __init__(
        self, store: SessionStore, session: Session, model: Model, policy: ContextPolicy
    ) -> None:
        self.store = store
        self.session = session
        self.model = model
        self.policy = policy
        self.events: list[StreamEvent] = []
        """Of the last turn."""

    def ask(self, prompt: str | None, **more: object) -> StoredMessage:
        """Take a turn."""
        self.events = []
        return reply(
            self.store,
            self.model,
            self.session,
            prompt,
            show=self.events.append,
            policy=self.policy,
            **more,  # type: ignore[arg-type]
        )

    def told(self) -> list[str]:
        """What the user heard of compactions in the last turn."""
        kinds = (Compacting, Compacted, NotCompacted)
        return [type(event).__name__ for event in self.events if isinstance(event, kinds)]

    def colours(self, turns: int, *, words: int = 300) -> None:
        """Talk about colours for so many turns."""
        for _ in range(turns):
            number = len(self.store.get_messages(self.session.id)) + 1
            self.ask(f"I like colour {number}." + f" It is word{number}" * words)


def policy(window: int | None, **fields: object) -> ContextPolicy:
    """What is done in a window of so many tokens."""
    return ContextPolicy(known_window=window, window=lambda: window, **fields)  # type: ignore[arg-type]
