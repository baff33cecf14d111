"""What the table says of a model, and what a model's tokens cost."""

from __future__ import annotations

from synapse import model_table
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from synapse.domain import Usage


class Prices(Record):
    """What a model costs: pico-dollars (10⁻¹² dollars) per token, that is, millionths of a dollar
    per million tokens. None where it is not known.
    """

    input: int | None = None
    """Of a token that is sent, if it was in no cache."""
    cached: int | None = None
    """Of one that the provider has read from its cache."""
    cache_write: int | None = None
    """Of one that it has put into its cache."""
    output: int | None = None
    """Of one that is received."""
    request: int = 0
    """Of the request itself, beside its tokens."""
    tiers: tuple[tuple[int, Prices], ...] = ()
    """Ascending: above so many tokens sent, all tokens of the request have these prices."""

    def of_request(self, sent: int) -> Prices:
        """The prices of a request with so many tokens sent, those in a cache among them."""
        found = self
        for start, prices in self.tiers:
            if sent > start:
                found = prices
        return found

    def cost(self, usage: Usage) -> int | None:
        """Nano-dollars, rounded to the nearest; None if a count or a price that is needed is not
        known, or if the counts contradict each other.
        """
        prices = self.of_request(usage.input_tokens or 0)
        rates = (prices.input, prices.cached, prices.cache_write, prices.output, prices.request)
        return model_table.cost(rates, usage)


class KnownModel(Record):
    """What the table says of a model."""

    window: int | None
    """Tokens that a request and its answer may have together."""
    max_output: int | None
    """Tokens that an answer may have."""
    listed: str
    """Its prices, as they stand in the file."""
    date: str
    """When the table was drawn up: `2026-11-27`."""

    def prices(self, moment: datetime) -> Prices | None:
        """Those in force at that moment, which is in UTC; None if none are known."""
        found = model_table.in_force(self.listed, moment)
        if not found:
            return None
        starts = [int(tier[1:].partition(":")[0]) for tier in found.split(" ")[1:]]
        tiers = tuple((start, _prices(found, start + 1)) for start in starts)
        return _prices(found, 0).replace(tiers=tiers)


def find(vendor: str, model: str) -> KnownModel | None:
    """What the table says of the model, by its name as the vendor's API knows it; None if nothing.
    See model_table.row.
    """
    found = model_table.row(vendor, model)
    if found is None:
        return None
    window, max_output, *prices = found[0].split(" ", 2)
    return KnownModel(
        window=_number(window),
        max_output=_number(max_output),
        listed="".join(prices),
        date=found[1],
    )


def date(vendor: str) -> str | None:
    """When the vendor's table was drawn up; None if it has none."""
    text = model_table.read(vendor)
    return model_table.numbered(text, "")[1] if text else None


def _prices(prices: str, sent: int) -> Prices:
    first, cached, write, output, *request = model_table.rates_of(prices, sent)
    return Prices(
        input=first,
        cached=cached,
        cache_write=write,
        output=output,
        request=(request[0] or 0) if request else 0,
    )


def _number(text: str) -> int | None:
    return None if text == "-" else int(text)
