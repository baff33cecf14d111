"""What is said when a conversation has grown so long that all its tokens cost more from now on."""

from __future__ import annotations

from synapse.app.context.pricing import cliff_crossed, pricing_of
from synapse.cli.listing.money import per_million
from synapse.cli.listing.prices import above
from synapse.ports import capabilities_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.config.choosing import Choice
    from synapse.domain import StoredMessage
    from synapse.model_table.known import Prices
    from synapse.ports import LlmProvider

_FAR = 40
"""Messages among which an answer with counted tokens is looked for."""


def cliff_line(
    context: Context, choice: Choice, provider: LlmProvider, answer: StoredMessage
) -> str | None:
    """`From 200,000 tokens on grok-4.7 costs twice as much: …`, after the first answer for which
    so much was sent; None after every other.
    """
    sent = answer.usage.input_tokens or 0
    pricing = pricing_of(
        choice.provider,
        capabilities_of(provider).vendor,
        (answer.model or choice.model, choice.model),
        answer.timestamp,
        context.settings.prices,
    )
    if pricing is None or not pricing.prices.tiers or sent <= pricing.prices.tiers[0][0]:
        return None
    start = cliff_crossed(_sent_before(context, answer), sent, pricing.prices)
    if start is None:
        return None
    return _told(answer.model or choice.model, start, pricing.prices)


def _sent_before(context: Context, answer: StoredMessage) -> int:
    """Tokens sent with the answer before this one, as far as was told; 0 if there is none."""
    if answer.index <= 1:
        return 0
    first = max(1, answer.index - _FAR)
    earlier = context.store.get_messages(answer.session_id, first=first, last=answer.index - 1)
    counts = (message.usage.input_tokens for message in reversed(earlier))
    return next((count for count in counts if count is not None), 0)


def _told(model: str, start: int, prices: Prices) -> str:
    before, after = prices.of_request(start), prices.of_request(start + 1)
    where = above(start)
    line = f"{where[0].upper()}{where[1:]} {model} costs {_more(before, after)}"
    if None in (after.input, after.output):
        return f"{line}, for all of them."
    sent, received = (per_million(price or 0) for price in (after.input, after.output))
    return f"{line}, for all of them: ${sent} for a million sent, ${received} for one received."


def _more(before: Prices, after: Prices) -> str:
    pairs = ((before.input, after.input), (before.output, after.output))
    factors = {new / old for old, new in pairs if old and new}
    factor = factors.pop() if len(factors) == 1 else 0.0
    if factor < 2 or not factor.is_integer():
        return "more" if (after.input or 0) >= (before.input or 0) else "less"
    return "twice as much" if factor == 2 else f"{factor:.0f} times as much"
