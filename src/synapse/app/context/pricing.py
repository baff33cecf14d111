"""What a model's tokens cost, and what an answer did."""

from __future__ import annotations

from synapse.model_table import FREE, Prices, find
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from synapse.domain import StoredMessage, Usage

CONFIGURED = "config"
"""The source of prices that the configuration names."""
OF_CHARGE = "free"
"""The source of those of models that run on a machine of the user's own."""
_NOTHING = Prices(input=0, cached=0, cache_write=0, output=0)
_ELSEWHERE = "cloud"
"""How the names of models end that Ollama has run elsewhere, for a fee of its own kind."""


class Pricing(Record):
    """Prices, and who says so."""

    prices: Prices
    source: str
    """CONFIGURED, OF_CHARGE, or the date of the table, `2026-11-20`."""


def pricing_of(
    provider: str,
    vendor: str | None,
    models: Iterable[str],
    moment: datetime,
    configured: Mapping[str, Prices],
) -> Pricing | None:
    """The prices of a provider's model at a moment, in UTC; None if nobody knows them.

    `models` are its names, the most exact one first: what the provider called it, then what was
    asked for. What is `configured`, by PROVIDER/MODEL, comes before the table of the `vendor`
    (Capabilities.vendor).
    """
    names = [*dict.fromkeys(models)]
    for name in names:
        own = configured.get(f"{provider}/{name}")
        if own is not None:
            return Pricing(prices=own, source=CONFIGURED)
    if provider in FREE:
        is_here = not any(name.endswith(_ELSEWHERE) for name in names)
        return Pricing(prices=_NOTHING, source=OF_CHARGE) if is_here else None
    for name in names:
        known = find(vendor or provider, name)
        prices = None if known is None else known.prices(moment)
        if known is not None and prices is not None:
            return Pricing(prices=prices, source=known.date)
    return None


def with_cost(
    answer: StoredMessage,
    asked: str,
    vendor: str | None,
    configured: Mapping[str, Prices],
) -> Usage:
    """The usage of an answer with its cost, at the prices of the moment when it was begun; as it
    is, if that is known already or can't be known. `asked` is the model that was asked for.
    """
    usage, provider = answer.usage, answer.provider
    if usage.cost is not None or provider is None:
        return usage
    names = (answer.model or asked, asked)
    pricing = pricing_of(provider, vendor, names, answer.timestamp, configured)
    cost = None if pricing is None else pricing.prices.cost(usage)
    if pricing is None or cost is None:
        return usage
    return usage.replace(cost=cost, cost_source=pricing.source)


def cliff_crossed(before: int, after: int, prices: Prices) -> int | None:
    """The number of tokens sent above which all tokens have other prices, if a request with
    `after` tokens is the first one above it, after one with `before`; of several, the last. None
    if there is none between them.
    """
    crossed = [start for start, _ in prices.tiers if before <= start < after]
    return crossed[-1] if crossed else None
