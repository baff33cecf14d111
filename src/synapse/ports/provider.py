"""The interface of a provider of answers."""

from __future__ import annotations

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Protocol

    from synapse.domain import Attachment, ModelInfo, Role, Summary, Usage
else:
    Protocol = object


class ChatMessage(Record):
    """One message as it is sent."""

    role: Role
    content: str
    reasoning: str = ""
    """Sent back only to providers that ask for it."""
    images: tuple[Attachment, ...] = ()
    """Sent before the text. Texts that were attached are a part of `content`."""
    cache_mark: bool = False
    """Whether everything up to its end will be sent again for longer than what comes after it, so
    that a provider that wants to be told what to cache is told so here, too.
    """


class ChatRequest(Record):
    """Everything that a provider needs for one answer."""

    model: str
    messages: tuple[ChatMessage, ...]
    """In order; never two of the same role in a row."""
    system_prompt: str | None = None
    max_tokens: int | None = None
    """Upper bound for the answer; None: the provider's own."""
    parameters: tuple[tuple[str, object], ...] = ()
    """Generation parameters by their common name: temperature, top_p, stop, seed, …"""
    stream: bool = True
    conversation: str | None = None
    """The same for all turns of a conversation: by it, a provider that asks for it finds the server
    that has the earlier turns in its cache. The session's id, or None to tell nobody.
    """
    continues: bool = False
    """Whether this is likely to be sent again with more behind it, so that a provider that charges
    for what it puts into its cache should do so.
    """


class TextDelta:
    """The next piece of the answer, or of the reasoning before it."""

    __slots__ = ("reasoning", "text")

    def __init__(self, text: str, *, reasoning: bool = False) -> None:
        self.text = text
        self.reasoning = reasoning

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextDelta) and (self.text, self.reasoning) == (
            other.text,
            other.reasoning,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"TextDelta({self.text!r}, reasoning={self.reasoning})"


class UsageReport(Record):
    """Token counts of the provider. A later report replaces the fields of an earlier one that it
    has.
    """

    usage: Usage


class ModelReport(Record):
    """The name by which the provider calls the model that answers."""

    model: str


class Finished(Record):
    """Why the answer ended, in the provider's word. An answer without this event was cut short."""

    reason: str


class LeftOut(Record):
    """Names of images in the conversation that the provider does not take. Comes before anything is
    sent.
    """

    names: tuple[str, ...]


class Adapted(Record):
    """The server is asked without fields that it refuses; nothing has arrived yet."""

    fields: tuple[str, ...]
    """As they are called on the wire, each with the name under which it is sent instead, if so."""


class Retrying(Record):
    """The request failed, but may work the next time: it will be sent again. Nothing has arrived
    yet.
    """

    error: str
    """What went wrong, in a few words."""
    delay: float
    """Seconds until the next attempt."""
    attempt: int
    """The number of the next attempt, from 2."""
    attempts: int
    """How many there will be at the most."""
    at_most: float | None = None
    """Seconds for which it is tried again and again without another word; None: once."""


class Compacting(Record):
    """The conversation has outgrown the model's window, and a model is being asked for a summary of
    its older messages. Comes before anything is sent.
    """

    messages: int
    """How many the summary will stand for."""


class Compacted(Record):
    """From now on, something stands for the older messages. Comes before anything is sent."""

    summary: Summary
    """As it is stored. Made without a model, it is what the user said of himself, word for word, or
    empty: then the messages are only left out.
    """
    reason: str = ""
    """Why it was made without a model, if one was asked."""


class NotCompacted(Record):
    """No summary came of it; what was to be summarised is sent as it is. Comes before anything is
    sent.
    """

    reason: str


StreamEvent = (
    TextDelta
    | UsageReport
    | ModelReport
    | Finished
    | Retrying
    | LeftOut
    | Adapted
    | Compacting
    | Compacted
    | NotCompacted
)
"""What a provider's stream is made of, and what `reply` shows."""


class Cancellation:
    """Tells whoever works on an answer that nobody waits for it any longer. Safe to use from a
    signal handler and from any thread.
    """

    __slots__ = ("_listeners", "reason")

    def __init__(self) -> None:
        self.reason: object = None
        """What `cancel` was given; None as long as the answer is wanted."""
        self._listeners: list[Callable[[], object]] = []

    def cancel(self, reason: object = "cancelled") -> None:
        """Stop the work. Only the first call counts."""
        if self.reason is None:
            self.reason = reason
            for listener in self._listeners:
                listener()

    def on_cancel(self, listener: Callable[[], object]) -> None:
        """Have `listener()` called by `cancel`, in the thread that calls it; at once if that has
        happened already.
        """
        self._listeners.append(listener)
        if self.reason is not None:
            listener()

    def __bool__(self) -> bool:
        return self.reason is not None


class ProviderOptions(Record):
    """What the user configured for one provider. None means the default in the provider's row."""

    kind: str | None = None
    """The wire format of a provider that is no row: `openai`, `anthropic` or `responses`."""
    like: str | None = None
    """The row of the table whose wire format a provider that is no row speaks."""
    base_url: str | None = None
    headers: Mapping[str, str] | None = None
    """Sent with every request, beside what Synapse sends."""
    query: Mapping[str, str] | None = None
    """Appended to every address."""
    extra_body: Mapping[str, object] | None = None
    """Merged into every question; what JSON can hold."""
    usage: bool | None = None
    """False if a stream must not be asked for token counts."""
    max_tokens_field: str | None = None
    """What the bound of an answer is called."""
    cache: bool | None = None
    """False if the provider must not be told what to cache, nor which session it is; True if it may
    be told though nothing is known of it.
    """
    api_key: str | None = None
    """The key itself. Never shown: see `__repr__`."""
    api_key_env: str | None = None
    """The environment variable that holds the key."""
    api_key_cmd: str | None = None
    """A command line that prints the key."""
    model: str | None = None
    """The model to use when none is named; for `local`, the path of a GGUF file."""
    connect_timeout: float = 5.0
    """Seconds to wait for a connection."""
    timeout: float = 120.0
    """Seconds without a part of the answer after which it counts as stalled; comments in the
    stream, which keep a connection open, are none.
    """
    total_timeout: float | None = None
    """Seconds that an answer may take in all; None: no limit."""
    attempts: int = 3
    """The most attempts for a request that fails, where another one may succeed."""

    def __repr__(self) -> str:
        secrets = {
            "api_key": self.api_key and "***",
            "headers": self.headers and dict.fromkeys(self.headers, "***"),
            "query": self.query and dict.fromkeys(self.query, "***"),
        }
        return Record.__repr__(self.replace(**secrets))


class ImageSupport(Record):
    """Which images a provider takes."""

    media_types: tuple[str, ...]
    max_bytes: int
    """Of one image, before it is encoded for the wire."""


class Capabilities(Record):
    """What a provider can do beside answering, and what is known about it."""

    images: ImageSupport | None = None
    """Which images it takes; None for none."""
    context_window: int | None = None
    """Tokens that a conversation with its model may have; None if it does not know."""
    resends_reasoning: bool = False
    """Whether it is sent the reasoning of its earlier answers again, which then takes room."""
    address: str | None = None
    """The server that it asks, fit for a message; None if it asks none."""
    vendor: str | None = None
    """Whose models it serves at whose prices: a name of the table that comes with Synapse; None for
    the provider's own name.
    """
    notice: str | None = None
    """What a user should know before a first question; None if there is nothing."""
    default_model: str | None = None
    """The model to ask where none is named; None if only the user can know."""


class LlmProvider(Protocol):
    """Answers conversations.

    An attribute is optional: `capabilities: Capabilities`, which `capabilities_of` reads. If the
    class itself has it, its default model is known without opening it.
    """

    @property
    def name(self) -> str:
        """The name by which the user chose it: a row of PROVIDERS or of the configuration."""

    def check(self, request: ChatRequest) -> None:
        """Raise every error that can be known without sending anything: UsageError for a parameter
        that the provider does not take, UnknownModel for a file that does not exist. Called before
        a turn is stored, so that a mistyped option leaves no trace.
        """

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """Yield the answer piece by piece, as it arrives. Finished comes last; only usage may
        follow it.

        May block between events, in any thread. Once `cancellation` is set, it returns or raises
        within 100 ms. Raises ProviderError or CredentialsError, after it has yielded everything
        that arrived before the error.
        """

    def list_models(self) -> list[ModelInfo]:
        """The models that the user may choose, in the provider's order.

        Raises ProviderError or CredentialsError.
        """


def capabilities_of(provider: object) -> Capabilities:
    """The `capabilities` of a provider or of its class; if it has none, a record that says nothing
    but its `default_model`, where it has an attribute of that name.
    """
    found: Capabilities = getattr(provider, "capabilities", _NONE)
    if found is _NONE:
        named = getattr(provider, "default_model", None)
        return Capabilities(default_model=named) if isinstance(named, str) else _NONE
    return found


_NONE = Capabilities()
