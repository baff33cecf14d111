"""Prices of models: as columns of a table, and for programs."""

from __future__ import annotations

from synapse.app.context.pricing import OF_CHARGE
from synapse.cli.listing.money import dollars, per_million

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.app.context.pricing import Pricing
    from synapse.model_table.known import Prices

_PARTS = ("input", "cached", "cache_write", "output")
_MILLION, _DOLLAR = 10**6, 10**12
"""Pico-dollars per token in a dollar per million tokens, and pico-dollars in a dollar."""
_NANO = 1000
"""Pico-dollars in a nano-dollar."""


def paid(pricing: Pricing | None) -> tuple[str, str]:
    """Dollars for a million tokens sent, and received; "" where that is not known, or free."""
    if pricing is None or pricing.source == OF_CHARGE:
        return "", ""
    prices = (pricing.prices.input, pricing.prices.output)
    sent, received = ("" if price is None else per_million(price) for price in prices)
    return sent, received


def notes(pricing: Pricing | None) -> list[str]:
    """What the two columns don't show: other prices of long requests, and the request's own."""
    if pricing is None:
        return []
    found = [f"other prices {above(start)}" for start, _ in pricing.prices.tiers[:1]]
    if fee := pricing.prices.request:
        found.append(f"{dollars(fee // _NANO)} a request")
    return found


def price_object(pricing: Pricing) -> dict[str, object]:
    """Numbers of dollars: per million tokens, and of the request, only if that has a price."""
    above = [{"tokens": start, **_rates(prices)} for start, prices in pricing.prices.tiers]
    return {**_rates(pricing.prices), "above": above, "source": pricing.source}


def above(start: int) -> str:
    """Where a price begins that is for more than `start` tokens: `above 272,000 tokens`, or
    `from 200,000 tokens on`, if that is the rounder number.
    """
    if str(start).endswith("999"):
        return f"from {start + 1:,} tokens on"
    return f"above {start:,} tokens"


def _rates(prices: Prices) -> dict[str, object]:
    rates: dict[str, object] = {part: _per(getattr(prices, part), _MILLION) for part in _PARTS}
    return {**rates, "request": _per(prices.request, _DOLLAR)} if prices.request else rates


def _per(pico: int | None, unit: int) -> float | int | None:
    if pico is None:
        return None
    return pico / unit if pico % unit else pico // unit
