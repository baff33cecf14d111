"""A conversation within its model's window: how much it is, what stands for what is no longer sent;
and here, what a turn needs to know beforehand: what is to be done, as it was configured.
"""

from __future__ import annotations

from synapse.ports import capabilities_of
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Literal

    from synapse.domain import StoredMessage
    from synapse.model_table.known import Prices
    from synapse.ports import LlmProvider

_IMAGE = 3_000
"""Tokens that an image takes at the most, as far as is known."""


class Summariser(Record):
    """Who writes summaries."""

    provider: LlmProvider
    model: str
    window: int | None = None
    """Tokens of its window; None if it is not known."""
    prices: Mapping[str, Prices] | None = None
    """What models cost, by PROVIDER/MODEL, where the configuration says so."""


def _unknown() -> int | None:
    return None


class ContextPolicy(Record):
    """How a conversation is kept within its model's window.

    Without a window nothing is done until the provider refuses a request for its length.
    """

    known_window: int | None = None
    """Tokens of the window of the model that answers, if it need not be looked up."""
    window: Callable[[], int | None] = _unknown
    """Looks it up; None if nobody knows it. Asked only if a conversation may be long."""
    strategy: Literal["summarize", "truncate", "error"] = "summarize"
    compact_at: float = 0.8
    """A share of the window, or above 1 a number of tokens, at which a prompt is made shorter."""
    summariser: Callable[[], Summariser] | None = None
    """Opens who writes summaries; None: the model that answers."""
    prices: Mapping[str, Prices] | None = None
    """What models cost, by PROVIDER/MODEL, where the configuration says so."""
    cache_folder: str | None = None
    """Where is kept what was learned of the models' tokenisers; None: nowhere. Looked into only if
    a conversation may be long.
    """


def default_policy(provider: LlmProvider) -> ContextPolicy:
    """What is done where nothing is configured: the window is what the provider says it is."""
    known = capabilities_of(provider).context_window
    return ContextPolicy(known_window=known, window=lambda: known)


def most_tokens(
    history: Sequence[StoredMessage], system_prompt: str | None, provider_name: str
) -> int:
    """More tokens than what is sent of these messages takes: by the figures of the last answer, if
    this provider gave it, and the bytes of what came since; a token has one byte at least.
    """
    size = len(system_prompt.encode("utf-8", "replace")) if system_prompt else 0
    for message in reversed(history):
        told = message.usage.input_tokens
        if told is not None and message.provider == provider_name and not message.superseded:
            return size + told + (message.usage.output_tokens or 0)
        size += 4 + len(message.content.encode("utf-8", "replace"))
        for each in message.attachments:
            size += len(each.data) if each.is_text else _IMAGE
    return size
