"""What an answer took, as vendors tell it who tell it in other words than OpenAI, and its price."""

from __future__ import annotations

from synapse.domain import plausible_count
from synapse.providers._wire import count, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import Usage


def completed(usage: Usage, told: dict[str, object], read: dict[str, object], model: str) -> Usage:
    """The usage with what is `told` beside OpenAI's counts, and in the details of what was `read`.

    xAI counts thoughts beside the answer, and Gemini does without naming them; what came from the
    cache stands beside the rest where a server passes on what Anthropic counted. The total tells.
    """
    cached, cache_write = usage.cached_tokens, usage.cache_write_tokens
    reasoning = usage.reasoning_tokens
    if cached is None:
        cached = _first(told, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens")
    if cache_write is None:
        cache_write = _first(read, "cache_creation_tokens", "cache_creation_input_tokens")
    if cache_write is None:
        cache_write = count(told.get("cache_creation_input_tokens"))
    if reasoning is None:
        reasoning = count(told.get("reasoning_tokens"))
    sent, received = usage.input_tokens, usage.output_tokens
    total = count(told.get("total_tokens"))
    if total and sent is not None and received is not None and total > sent + received:
        beside = total - sent - received
        if reasoning is None and "gemini" in model:
            reasoning = beside
        if beside == reasoning:
            received += beside
        elif beside == (cached or 0) + (cache_write or 0) > sent:
            sent += beside
    return usage.replace(
        input_tokens=sent,
        output_tokens=received,
        cached_tokens=cached,
        cache_write_tokens=cache_write,
        reasoning_tokens=reasoning,
        cost=charged(told),
    )


def _first(value: dict[str, object], *fields: str) -> int | None:
    """The first of these fields that holds a count, be it 0."""
    for field in fields:
        number = count(value.get(field))
        if number is not None:
            return number
    return None


def nano_dollars(amount: object, power: int = 0) -> int | None:
    """`amount` times ten to the `power` dollars in nano-dollars, of which a half counts as a whole;
    None for what is no amount of money that an answer can cost.

    The shortest decimal that reads as the same number is what the server wrote: no digit is lost.
    """
    if type(amount) not in (int, float):
        return None
    number, _, exponent = repr(amount).partition("e")
    whole, _, part = number.partition(".")
    digits = whole + part
    if not digits.isdigit():  # negative, endless, or not a number
        return None
    power += int(exponent or 0) - len(part) + 9
    if power >= 0:
        return plausible_count(int(digits) * 10**power)
    unit: int = 10**-power
    return plausible_count((int(digits) + unit // 2) // unit)


def charged(usage: dict[str, object]) -> int | None:
    """What the provider charges for the answer, in nano-dollars; None if it does not say.

    OpenRouter's dollars, with what the user's own account at the vendor is charged beside them;
    Perplexity's sum, DeepInfra's estimate, xAI's ticks.
    """
    cost = usage.get("cost")
    amount = nano_dollars(cost.get("total_cost") if isinstance(cost, dict) else cost)
    if amount is None:
        amount = nano_dollars(usage.get("estimated_cost"))
    if amount is None:
        return nano_dollars(usage.get("cost_in_usd_ticks"), -10)
    if usage.get("is_byok") is True:
        upstream = table(usage.get("cost_details")).get("upstream_inference_cost")
        return plausible_count(amount + (nano_dollars(upstream) or 0))
    return amount
