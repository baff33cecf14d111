"""scripts/model_table.py, on small inputs of the shapes that genai-prices and litellm have."""

from __future__ import annotations

from datetime import UTC, date, time, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace as Made
from typing import Any

import model_table as script
import pytest

TODAY = date(2026, 11, 27)


def equals(name: str) -> Made:
    return Made(equals=name)


def model(match: Made, prices: object, window: int | None = None, name: str = "m") -> Made:
    return Made(id=name, match=match, context_window=window, prices=prices)


def flat(**parts: str) -> Made:
    return Made(**{part: Decimal(price) for part, price in parts.items()})


def entry(prices: Made, constraint: object = None) -> Made:
    return Made(prices=prices, constraint=constraint)


def drawn(models: list[Made], entries: dict[str, Any], vendor: str = "openai") -> tuple[str, list]:  # type: ignore[type-arg]
    odd: list[str] = []
    theirs = [Made(id=script.GENAI[vendor], models=models, fallback_model_providers=None)]
    text = script.table(vendor, theirs, entries, TODAY, "made up", odd)
    lines = text.splitlines()
    assert lines[:2] == ["synapse-models 1 2026-11-27", "# made up"]
    return "\n".join(lines[2:]), odd


def chat(provider: str = "openai", **fields: Any) -> dict[str, object]:
    return {"litellm_provider": provider, "mode": "chat", **fields}


def test_a_model_of_both_has_the_exact_window_and_the_price_that_is_dated() -> None:
    prices = flat(input_mtok="0.15", cache_read_mtok="0.003", output_mtok="0.6")
    ours = model(equals("Small"), prices, window=1_000_000)
    theirs = chat(
        max_input_tokens=1_048_576, max_output_tokens=65_536, input_cost_per_token=9e-07,
        output_cost_per_token=9e-07,
    )  # fmt: skip
    assert drawn([ours], {"small": theirs})[0] == (
        "=small 0\n@0 1048576 65536 150000/3000/-/600000"
    )


def test_the_whole_window_is_the_sum_of_both_parts_where_the_other_source_says_so() -> None:
    ours = model(equals("m"), flat(input_mtok="1", output_mtok="2"), window=400_000)
    theirs = chat(max_input_tokens=272_000, max_output_tokens=128_000)
    assert "@0 400000 128000 " in drawn([ours], {"m": theirs})[0]


def test_a_model_of_litellm_alone() -> None:
    theirs = chat(
        "mistral", max_input_tokens=262_144, input_cost_per_token=1.5e-06,
        cache_read_input_token_cost=4.2e-09, output_cost_per_token=7.5e-06,
    )  # fmt: skip
    assert drawn([], {"mistral/m-1": theirs}, "mistral")[0] == (
        "=m-1 0\n@0 262144 - 1500000/4200/-/7500000"
    )


def test_a_price_of_0_there_is_an_unknown_one() -> None:
    theirs = chat(max_input_tokens=8_000, input_cost_per_token=0.0, output_cost_per_token=0.0)
    assert drawn([], {"m": theirs})[0] == "=m 0\n@0 8000 -"


def test_a_price_of_0_that_is_stated_is_0() -> None:
    ours = model(equals("m"), flat(input_mtok="0", output_mtok="0"))
    assert drawn([ours], {})[0] == "=m 0\n@0 - - 0/-/-/0"


def test_cliffs_of_both() -> None:
    tier = Made(start=199_999, price=Decimal(4))
    late = Made(start=500_000, price=Decimal(9))
    prices = Made(
        input_mtok=Made(base=Decimal(2), tiers=[tier]),
        output_mtok=Made(base=Decimal(6), tiers=[late]),
    )
    assert (
        "2000000/-/-/6000000 >199999:4000000/-/-/6000000 >500000:4000000/-/-/9000000"
        in (drawn([model(equals("m"), prices)], {})[0])
    )
    theirs = chat(
        input_cost_per_token=1e-07, output_cost_per_token=5e-07, cache_read_input_token_cost=1e-08,
        input_cost_per_token_above_100k_tokens=5e-07,
        output_cost_per_token_above_100k_tokens=2.5e-06,
        cache_read_input_token_cost_above_100k_tokens=5e-08,
        input_cost_per_token_above_100k_tokens_batches=1.0,
    )  # fmt: skip
    assert drawn([], {"m": theirs})[0].endswith(
        "100000/10000/-/500000 >100000:500000/50000/-/2500000"
    )
    ranges = [
        {"range": [256_000.0, 1e6], "input_cost_per_token": 2e-07, "output_cost_per_token": 2e-06},
        {"range": [0, 256_000.0], "input_cost_per_token": 5e-08, "output_cost_per_token": 4e-07},
    ]
    assert drawn([], {"m": chat(tiered_pricing=ranges, max_input_tokens=10**6)})[0].endswith(
        "50000/-/-/400000 >256000:200000/-/-/2000000"
    )


def test_entries_that_no_longer_hold_are_left_out_and_the_last_that_holds_counts() -> None:
    def costs(dollars: int) -> Made:
        return flat(input_mtok=str(dollars), output_mtok=str(dollars))

    listed = [
        entry(costs(1)),
        entry(costs(2), Made(start_date=date(2026, 5, 1))),
        entry(costs(3), Made(start_date=TODAY)),
        entry(costs(4), Made(start_date=date(2027, 1, 1))),
        entry(costs(5), Made(start_time=time(1, tzinfo=UTC), end_time=time(4, tzinfo=UTC))),
    ]
    assert drawn([model(equals("m"), listed)], {})[0].endswith(
        "@0 - - 3000000/-/-/3000000 | 2027-01-01 4000000/-/-/4000000"
        " | 01:00-04:00 5000000/-/-/5000000"
    )


def test_a_model_whose_prices_all_begin_later_has_the_first_ones_until_then() -> None:
    listed = [entry(flat(input_mtok="1", output_mtok="1"), Made(start_date=date(2027, 1, 1)))]
    assert drawn([model(equals("m"), listed)], {})[0].endswith("1000000/-/-/1000000")


def test_a_time_of_another_zone_is_put_into_utc() -> None:
    china = timezone(timedelta(hours=8))
    constraint = Made(start_time=time(9, tzinfo=china), end_time=time(12, tzinfo=china))
    listed = [
        entry(flat(input_mtok="1", output_mtok="1")),
        entry(flat(input_mtok="2", output_mtok="2"), constraint),
    ]
    assert " | 01:00-04:00 2000000/" in drawn([model(equals("m"), listed)], {})[0]


def test_the_first_model_that_fits_has_the_name() -> None:
    first = model(Made(starts_with="gpt-x"), flat(input_mtok="1", output_mtok="1"))
    second = model(equals("gpt-x-mini"), flat(input_mtok="2", output_mtok="2"))
    text, _ = drawn([first, second], {})
    assert text.splitlines() == ["=gpt-x-mini 0", "~gpt-x* 0", "@0 - - 1000000/-/-/1000000"]


def test_clauses_become_patterns() -> None:
    clause = Made(
        or_=[
            equals("A"),
            Made(ends_with="-b"),
            Made(contains="c"),
            Made(regex=r"^gpt-5\.6-luna-\d{4}-\d{2}-\d{2}$"),
            Made(regex=r"^x-ai/grok-4\.3-\d{8}$"),
            Made(regex=r"^claude-opus-5[-@]\d{8}$"),
            Made(regex=r"^gemini-3\.5-flash-\d"),
            Made(and_=[Made(starts_with="gem"), Made(regex=r"^(?!.*-[tT][tT][sS](?:$|-))")]),
        ]
    )
    assert script.patterns(clause) == [
        "a",
        "*-b",
        "*c*",
        "gpt-5.6-luna-####-##-##",
        "x-ai/grok-4.3-########",
        "claude-opus-5-########",
        "claude-opus-5@########",
        "gemini-3.5-flash-#*",
        "gem*!-tts",
    ]


@pytest.mark.parametrize(
    "clause",
    [
        Made(regex=r"^a|b-\d{8}$"),
        Made(regex=r"luna"),
        Made(regex=r"^a.c-\d{8}$"),
        Made(and_=[equals("a"), equals("b")]),
        equals("with a space"),
    ],
    ids=str,
)
def test_what_no_pattern_stands_for_is_told_and_left_out(clause: Made) -> None:
    good = model(equals("good"), flat(input_mtok="1", output_mtok="1"), name="good")
    text, odd = drawn([model(clause, flat(input_mtok="1", output_mtok="1")), good], {})
    assert text.splitlines() == ["=good 0", "@0 - - 1000000/-/-/1000000"]
    assert [line.partition(": ")[0] for line in odd] == ["openai/m"]


@pytest.mark.parametrize("price", ["-1", "NaN", "Infinity"])
def test_a_price_that_can_not_be_is_told_and_left_out(price: str) -> None:
    text, odd = drawn([model(equals("m"), flat(input_mtok=price, output_mtok="1"))], {})
    assert text == ""
    assert len(odd) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"output_cost_per_reasoning_token": 9e-07},
        {"off_peak_pricing": {"windows": []}},
        {"output_cost_per_token": None},
    ],
    ids=str,
)
def test_prices_with_parts_that_can_not_be_counted_are_unknown(fields: dict[str, Any]) -> None:
    priced = {
        "input_cost_per_token": 1e-07,
        "output_cost_per_token": 5e-07,
        "max_input_tokens": 999,
    }
    assert drawn([], {"m": chat(**{**priced, **fields})})[0] == "=m 0\n@0 999 -"


def test_reasoning_at_a_price_of_its_own_leaves_the_price_unknown() -> None:
    prices = flat(input_mtok="2", output_mtok="8", output_reasoning_mtok="3")
    assert drawn([model(equals("m"), prices, window=1000)], {})[0] == "=m 0\n@0 1000 -"


def test_a_fee_of_the_request() -> None:
    prices = flat(input_mtok="3", output_mtok="15", requests_kcount="14")
    assert drawn([model(equals("m"), prices)], {})[0].endswith("3000000/-/-/15000000/14000000000")


@pytest.mark.parametrize("window", [0, -1, 10**12, "max input tokens", 131072.0, True, None])
def test_what_is_no_window_is_none(window: object) -> None:
    theirs = chat(max_input_tokens=window, input_cost_per_token=1e-06, output_cost_per_token=1e-06)
    assert "@0 - - " in drawn([], {"m": theirs})[0]


def test_what_does_not_chat_and_other_vendors_are_left_out() -> None:
    entries: dict[str, Any] = {
        "a": {**chat(max_input_tokens=1000), "mode": "embedding"},
        "b": chat("bedrock", max_input_tokens=1000),
        "sample_spec": {"litellm_provider": "one of …", "mode": "one of: chat"},
        "azure/eu/c": chat("azure", max_input_tokens=1000),
    }
    assert drawn([], entries)[0] == ""
    assert drawn([], entries, "azure")[0] == ""


def test_a_vendor_that_serves_models_of_others_names_them() -> None:
    lent = model(equals("lent"), flat(input_mtok="1", output_mtok="1"), window=400_000)
    providers = [
        Made(id="azure", models=[], fallback_model_providers=["openai", "unknown"]),
        Made(id="openai", models=[lent], fallback_model_providers=None),
    ]
    entries = {"azure/lent": chat("azure", max_input_tokens=272_000, max_output_tokens=128_000)}
    text = script.table("azure", providers, entries, TODAY, "made up", [])
    assert text.splitlines()[2:] == [
        "then openai", "=lent 0", "@0 400000 128000 1000000/-/-/1000000",
    ]  # fmt: skip
