"""Asking a provider and keeping all that it said, the error included."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from synapse.cli.advice.as_command import hint_lines
from synapse.config.providers import open_provider
from synapse.domain import Role
from synapse.errors import SynapseError
from synapse.ports import (
    Cancellation,
    ChatMessage,
    ChatRequest,
    Finished,
    ProviderOptions,
    Retrying,
    TextDelta,
    UsageReport,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synapse.ports import LlmProvider, StreamEvent

KEY = "sk-canary-0123456789abcdef"
"""The key that tests use; it must never appear in anything that is shown."""


def request(*texts: str, model: str = "loopback-1", **more: Any) -> ChatRequest:
    """A request whose messages alternate between user and assistant."""
    roles = (Role.USER, Role.ASSISTANT)
    messages = tuple(
        ChatMessage(role=roles[number % 2], content=text)
        for number, text in enumerate(texts or ("Hello?",))
    )
    return ChatRequest(model=model, messages=messages, **more)


class Outcome:
    """All that came of one request."""

    def __init__(self, events: Iterable[StreamEvent]) -> None:
        self.events: list[StreamEvent] = []
        self.error: SynapseError | None = None
        try:
            for event in events:
                self.events.append(event)
        except SynapseError as error:
            self.error = error

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(e.text for e in self.events if isinstance(e, TextDelta) and not e.reasoning)

    @property
    def reasoning(self) -> str:
        """What came before it."""
        return "".join(e.text for e in self.events if isinstance(e, TextDelta) and e.reasoning)

    @property
    def finish(self) -> str | None:
        """The word for why it ended, None if there was none."""
        reasons = [event.reason for event in self.events if isinstance(event, Finished)]
        assert len(reasons) < 2
        return reasons[0] if reasons else None

    @property
    def usage(self) -> tuple[int | None, int | None]:
        """Input and output tokens, after all reports."""
        sent, received = None, None
        for event in self.events:
            if isinstance(event, UsageReport):
                sent = event.usage.input_tokens if event.usage.input_tokens is not None else sent
                if event.usage.output_tokens is not None:
                    received = event.usage.output_tokens
        return sent, received

    @property
    def retries(self) -> list[Retrying]:
        """The announcements of further attempts."""
        return [event for event in self.events if isinstance(event, Retrying)]

    @property
    def said(self) -> str:
        """Everything that a user could see of the error."""
        assert self.error is not None, f"no error; {self.events}"
        return "\n".join((self.error.message, *hint_lines(self.error.hints)))


def opened(url: str, name: str = "openai", **options: Any) -> LlmProvider:
    """A provider at this address."""
    environ = options.pop("environ", {})
    settings: dict[str, Any] = {"base_url": url, "api_key": KEY, **options}
    return open_provider(name, ProviderOptions(**settings), environ=environ)


def ask(url: str, name: str = "openai", *, stream: bool = True, **options: Any) -> Outcome:
    """The outcome of one simple request."""
    return Outcome(opened(url, name, **options).stream(request(stream=stream), Cancellation()))


class Asking:
    """A request that is answered in a thread of its own, so that a test can interrupt it."""

    def __init__(self, provider: LlmProvider, sent: ChatRequest | None = None) -> None:
        self.cancellation = Cancellation()
        self.first = threading.Event()
        """Set at the first event."""
        self._events = provider.stream(sent or request(), self.cancellation)
        self._outcome: Outcome | None = None
        self._crash: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome = Outcome(self._watched())
        except BaseException as crash:
            self._crash = crash

    def _watched(self) -> Iterator[StreamEvent]:
        for event in self._events:
            self.first.set()
            yield event

    def outcome(self, timeout: float = 20) -> Outcome:
        """What came of it; an AssertionError if it does not return."""
        self._thread.join(timeout)
        if self._crash is not None:
            raise self._crash
        assert self._outcome is not None, f"it did not return within {timeout} s"
        return self._outcome
