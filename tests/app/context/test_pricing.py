"""What an answer cost: whose word counts, and when it stays unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from synapse import model_table
from synapse.app.context.pricing import Pricing, cliff_crossed, pricing_of
from synapse.domain import Role, StoredMessage, Usage
from synapse.model_table import with_cost
from synapse.model_table.known import Prices, find

if TYPE_CHECKING:
    from collections.abc import Mapping

MOMENT = datetime(2026, 11, 27, 20, tzinfo=UTC)
SONNET = "claude-sonnet-5-5"
MINE = Prices(input=1_000_000, output=2_000_000)
COUNTED = {"input_tokens": 1000, "output_tokens": 200}


def an_answer(
    provider: str = "anthropic", model: str | None = SONNET, **usage: Any
) -> StoredMessage:
    message = StoredMessage.new("s", Role.ASSISTANT, "x")
    return message.replace(
        provider=provider, model=model, timestamp=MOMENT, usage=Usage(**{**COUNTED, **usage})
    )


def cost(
    answer: StoredMessage, asked: str = SONNET, configured: Mapping[str, Prices] | None = None
) -> tuple[object, object]:
    usage = with_cost(answer, asked, None, configured or {})
    assert usage.replace(cost=None, cost_source=None) == (
        answer.usage.replace(cost=None, cost_source=None)
    )
    return usage.cost, usage.cost_source


def test_the_table_s_price_and_its_date() -> None:
    known = find("anthropic", SONNET)
    assert known is not None
    assert cost(an_answer()) == (1000 * 2000 + 200 * 10_000, known.date)


def test_what_the_provider_charged_wins() -> None:
    told = an_answer(cost=7, cost_source="provider")
    assert cost(told, configured={f"anthropic/{SONNET}": MINE}) == (7, "provider")
    assert cost(an_answer(cost=0, cost_source="provider")) == (0, "provider")


def test_then_the_configuration_under_either_name() -> None:
    dated = an_answer(model=f"{SONNET}-20261001")
    mine = (1000 * 1000 + 200 * 2000, "config")
    assert cost(dated, configured={f"anthropic/{SONNET}": MINE}) == mine
    exact = {f"anthropic/{SONNET}-20261001": MINE}
    assert cost(dated, configured=exact) == mine
    assert cost(dated, configured={f"openai/{SONNET}": MINE})[1] != "config"


def test_a_configured_price_that_lacks_a_part_is_not_made_whole_from_the_table() -> None:
    assert cost(an_answer(cached_tokens=10), configured={f"anthropic/{SONNET}": MINE}) == (
        None,
        None,
    )
    assert cost(an_answer(cached_tokens=0), configured={f"anthropic/{SONNET}": MINE})[1] == "config"


def test_the_name_in_the_answer_is_more_exact_than_the_one_asked_for() -> None:
    answer = an_answer("openrouter", "anthropic/claude-haiku-5.5")
    known = find("openrouter", "anthropic/claude-haiku-5.5")
    assert known is not None
    assert cost(answer, "openrouter/auto") == (1000 * 100 + 200 * 500, known.date)
    assert cost(an_answer(model="what the server calls it"), SONNET)[0] is not None
    assert cost(an_answer(model=None), SONNET)[0] is not None


@pytest.mark.parametrize(
    "answer",
    [
        an_answer("mine"),
        an_answer(model="unheard-of"),
        an_answer("litellm", "gpt-6-luna"),
        an_answer("cohere", "command-a-plus-05-2026"),
        an_answer("ollama", "gpt-oss:120b-cloud"),
        an_answer(output_tokens=None),
        an_answer(input_tokens=None),
        an_answer("groq", "llama-3.3-70b-versatile", cache_write_tokens=1),
        an_answer(cached_tokens=800, cache_write_tokens=201),
    ],
    ids=lambda answer: f"{answer.provider}/{answer.model}",
)
def test_an_unknown_cost_is_none_and_never_0(answer: StoredMessage) -> None:
    assert cost(answer, answer.model or "") == (None, None)


@pytest.mark.parametrize("provider", model_table.FREE)
def test_a_model_on_a_machine_of_ones_own_is_free_unless_a_price_is_configured(
    provider: str,
) -> None:
    answer = an_answer(provider, "m")
    assert cost(answer, "m") == (0, "free")
    assert cost(answer, "m", configured={f"{provider}/m": MINE}) == (1_400_000, "config")


def test_a_vendor_by_its_address() -> None:
    answer = an_answer("mine")
    assert with_cost(answer, SONNET, "anthropic", {}).cost == 4_000_000


def test_what_is_told_of_a_model_agrees_with_what_an_answer_costs() -> None:
    for provider, model in (
        ("deepseek", "deepseek-flash"),
        ("openai", "gpt-6-luna-2026-10-01"),
        ("gemini", "models/gemini-flash-latest"),
        ("perplexity", "sonar-pro"),
        ("azure", "gpt-6-luna"),
    ):
        for sent in (1000, 272_001):
            answer = an_answer(provider, model, input_tokens=sent)
            pricing = pricing_of(provider, None, [model], MOMENT, {})
            assert pricing is not None
            expected = (pricing.prices.cost(answer.usage), pricing.source)
            assert cost(answer, model) == expected, model


def test_prices_and_who_says_so() -> None:
    configured = {"openai/m": MINE}
    assert pricing_of("openai", None, ["m"], MOMENT, configured) == Pricing(
        prices=MINE, source="config"
    )
    free = pricing_of("ollama", None, ["m"], MOMENT, {})
    assert free is not None
    assert free.source == "free"
    assert pricing_of("mine", None, ["m"], MOMENT, {}) is None


@pytest.mark.parametrize(
    ("before", "after", "crossed"),
    [
        (0, 100, None),
        (0, 101, 100),
        (100, 101, 100),
        (101, 150, None),
        (150, 90, None),
        (99, 500, 300),
        (101, 301, 300),
        (301, 9_999, None),
    ],
)
def test_a_cliff_is_crossed_once(before: int, after: int, crossed: int | None) -> None:
    prices = Prices(tiers=((100, MINE), (300, MINE)))
    assert cliff_crossed(before, after, prices) == crossed
    assert cliff_crossed(before, after, MINE) is None
