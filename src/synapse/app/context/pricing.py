"""What a model's tokens cost, and who says so."""

from __future__ import annotations

from synapse.model_table import ELSEWHERE, FREE
from synapse.model_table.known import Prices, find
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

OF_CHARGE = "free"
"""The source of prices of models that run on a machine of the user's own."""
_NOTHING = Prices(input=0, cached=0, cache_write=0, output=0)


class Pricing(Record):
    """Prices, and who says so."""

    prices: Prices
    source: str
    """`config`, OF_CHARGE, or the date of the table, `2026-11-20`."""


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
            return Pricing(prices=own, source="config")
    if provider in FREE:
        is_here = not any(name.endswith(ELSEWHERE) for name in names)
        return Pricing(prices=_NOTHING, source=OF_CHARGE) if is_here else None
    for name in names:
        known = find(vendor or provider, name)
        prices = None if known is None else known.prices(moment)
        if known is not None and prices is not None:
            return Pricing(prices=prices, source=known.date)
    return None


def cliff_crossed(before: int, after: int, prices: Prices) -> int | None:
    """The number of tokens sent above which all tokens have other prices, if a request with
    `after` tokens is the first one above it, after one with `before`; of several, the last. None
    if there is none between them.
    """
    crossed = [start for start, _ in prices.tiers if before <= start < after]
    return crossed[-1] if crossed else None
