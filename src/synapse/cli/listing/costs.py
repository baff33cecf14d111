"""What answers cost together: as a text, and as the rows of `sessions stats --cost`."""

from __future__ import annotations

from synapse.cli.listing.money import dollars
from synapse.cli.listing.tables import count
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.domain import StatisticsRow, StoredMessage

_NANO_DECIMALS = 9


class Cost(Record):
    """What some answers cost."""

    nano: int | None = None
    """Nano-dollars of those whose cost is known; None if nothing's is."""
    unpriced: int = 0
    """Answers with counted tokens whose cost is not known."""


def cost_of(messages: Iterable[StoredMessage]) -> Cost:
    """What these messages cost together."""
    usages = [message.usage for message in messages]
    known = [usage.cost for usage in usages if usage.cost is not None]
    unpriced = [u for u in usages if u.cost is None and (u.input_tokens or u.output_tokens)]
    return Cost(nano=sum(known) if known else None, unpriced=len(unpriced))


def total_of(rows: Iterable[StatisticsRow]) -> Cost:
    """The sum of some rows."""
    rows = [*rows]
    known = [row.cost for row in rows if row.cost is not None]
    return Cost(nano=sum(known) if known else None, unpriced=sum(row.unpriced for row in rows))


def amount(nano: int | None, dash: str = "–") -> str:
    """`$0.0012`; a dash for what is not known, and for what is free."""
    return dollars(nano) if nano else dash


def exact(nano: int | None) -> str:
    """Dollars for programs, `0.001234567`; "" for what is not known."""
    if nano is None:
        return ""
    whole, part = divmod(nano, 10**_NANO_DECIMALS)
    return f"{whole}.{part:0{_NANO_DECIMALS}}"


def without_price(unpriced: int) -> str:
    """`3 answers without a price`."""
    return f"{count(unpriced, 'answer')} without a price"


def told(cost: Cost) -> str | None:
    """`$0.0123, and 3 answers without a price`; None if nothing is known to have cost anything."""
    if not cost.nano:
        return None
    others = f", and {without_price(cost.unpriced)}" if cost.unpriced else ""
    return dollars(cost.nano) + others
