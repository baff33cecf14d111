"""How many tokens a conversation with a model may have, and who says so."""

from __future__ import annotations

from synapse.ports import capabilities_of
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from synapse.domain import ModelInfo
    from synapse.ports import LlmProvider

SMALLEST, LARGEST = 256, 1_000_000_000
"""Tokens: servers and files name 0, -1 and 10¹², too, which are no windows."""


class Window(Record):
    """A model's window."""

    tokens: int
    """Of a request and its answer together."""
    source: str
    """Who says so: `configuration`, `provider`, `list`, what the provider told when its models were
    listed, or `table`, which comes with Synapse.
    """


def plausible_window(tokens: object) -> int | None:
    """`tokens` if a window can have so many, else None."""
    return tokens if type(tokens) is int and SMALLEST <= tokens <= LARGEST else None


def window_of(
    provider: LlmProvider,
    model: str,
    *,
    configured: int | None = None,
    listed: Callable[[], Iterable[ModelInfo]] = tuple,
    answered: str | None = None,
) -> Window | None:
    """The window of a provider's model; None if nobody knows it.

    What is `configured` comes first, then what the provider says itself, now and in the list of
    models that it gave last: `listed` reads it, and is called only if it is needed. Last comes the
    table. `answered` is what the provider calls the model in its answers: often the exact name of
    what `model` is an alias of.
    """
    capabilities = capabilities_of(provider)
    names = (model,) if answered is None else (model, answered)
    if configured:
        return Window(tokens=configured, source="configuration")
    own = plausible_window(capabilities.context_window)
    if own is not None:
        return Window(tokens=own, source="provider")
    told = {info.id: plausible_window(info.context_window) for info in listed()}
    for name in names:
        if tokens := told.get(name):
            return Window(tokens=tokens, source="list")
    vendor = capabilities.vendor or provider.name
    for name in names:
        if tokens := table_window(vendor, name):
            return Window(tokens=tokens, source="table")
    return None


def table_window(vendor: str, model: str) -> int | None:
    """Tokens, by the table; None if it does not say."""
    from synapse.model_table.known import find  # few runs get as far

    known = find(vendor, model)
    return None if known is None else known.window
