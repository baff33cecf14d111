"""A provider that repeats what it is told, for trying Synapse, for scripts and for tests."""

from __future__ import annotations

from synapse.domain import ModelInfo, Role, Usage
from synapse.errors import UsageError
from synapse.ports import Finished, ModelReport, TextDelta, UsageReport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.ports import Cancellation, ChatRequest, ProviderOptions, StreamEvent


class EchoProvider:
    """Answers with the last user message, word by word. Needs no key and no network.

    Tokens are counted as words: those of all messages in, those of the answer out.
    """

    def __init__(self, options: ProviderOptions) -> None:
        self._options = options

    @property
    def name(self) -> str:
        """`echo`."""
        return "echo"

    def check(self, request: ChatRequest) -> None:
        """See LlmProvider: no parameter means anything here."""
        if request.parameters:
            raise UsageError(f'echo takes no parameter "{request.parameters[0][0]}"')

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """The prompt again. `max_tokens` cuts it after so many words, with reason `length`."""
        self.check(request)
        yield ModelReport(model=request.model)
        words = _words(_prompt(request))
        said = words if request.max_tokens is None else words[: request.max_tokens]
        for word in said if request.stream else ["".join(said)]:
            if cancellation:
                return
            yield TextDelta(word)
        sent = sum(len(message.content.split()) for message in request.messages)
        yield UsageReport(usage=Usage(input_tokens=sent, output_tokens=len(said)))
        yield Finished(reason="stop" if len(said) == len(words) else "length")

    def list_models(self) -> list[ModelInfo]:
        """The one model, `echo`."""
        return [ModelInfo(id="echo")]


def _prompt(request: ChatRequest) -> str:
    for message in reversed(request.messages):
        if message.role == Role.USER:
            return message.content
    return ""


def _words(text: str) -> list[str]:
    """The text in pieces that end before a word, so that joining them gives the text again."""
    pieces, start = [], 0
    for at in range(1, len(text)):
        if text[at].isspace() and not text[at - 1].isspace():
            pieces.append(text[start:at])
            start = at
    return [*pieces, text[start:]] if text else []
