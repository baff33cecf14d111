"""The table of windows and prices: what it says of models that were looked up by hand, its form,
and which names a pattern stands for.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from synapse import model_table
from synapse.domain import Usage
from synapse.model_table.known import KnownModel, Prices, find
from synapse.model_table.known import date as date_of
from synapse.model_table.patterns import fits
from synapse.providers import PROVIDERS

FOLDER = Path(model_table.__file__).parent
FILES = sorted(FOLDER.glob("*.txt"))
AT_NIGHT = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)
AT_PEAK = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def prices(vendor: str, model: str, moment: datetime = AT_NIGHT) -> Prices:
    known = find(vendor, model)
    assert known is not None
    found = known.prices(moment)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("vendor", "model", "window"),
    [
        ("deepseek", "deepseek-v4-flash", 1_000_000),
        ("openai", "gpt-6-luna", 1_050_000),
        ("anthropic", "claude-sonnet-5-5", 1_000_000),
        ("mistral", "mistral-medium-latest", 262_144),
        ("groq", "openai/gpt-oss-120b", 131_072),
        ("xai", "grok-4.7", 500_000),
    ],
)
def test_windows(vendor: str, model: str, window: int) -> None:
    known = find(vendor, model)
    assert known is not None
    assert known.window == window


def test_prices_of_a_model_are_those_of_its_vendors_page() -> None:
    assert prices("anthropic", "claude-sonnet-5-5") == Prices(
        input=2_000_000, cached=100_000, cache_write=2_500_000, output=10_000_000
    )


def test_a_price_jumps_for_all_tokens_of_a_long_request() -> None:
    luna = prices("openai", "gpt-6-luna")
    assert luna.of_request(272_000).input == 100_000
    assert luna.of_request(272_001).input == 200_000
    assert luna.of_request(272_001).output == 750_000  # × 1.5
    haiku = prices("anthropic", "claude-haiku-5-5")
    base, above = haiku.of_request(100_000), haiku.of_request(100_001)
    assert (base.input, base.output) == (100_000, 500_000)
    assert (above.input, above.output) == (500_000, 2_500_000)  # × 5
    grok = prices("xai", "grok-4.7")
    assert (grok.of_request(199_999).input, grok.of_request(200_000).input) == (
        2_000_000,
        4_000_000,
    )


def test_a_price_depends_on_the_time_of_the_day() -> None:
    night, peak = (prices("deepseek", "deepseek-v4-flash", m) for m in (AT_NIGHT, AT_PEAK))
    assert night == Prices(input=150_000, cached=3_000, output=600_000)
    assert peak == Prices(input=300_000, cached=6_000, output=1_200_000)


@pytest.mark.parametrize(
    ("hour", "minute", "is_peak"),
    [(0, 59, False), (1, 0, True), (3, 59, True), (4, 0, False), (6, 0, True), (10, 0, False)],
)
def test_the_hours_begin_and_end_to_the_minute(hour: int, minute: int, is_peak: bool) -> None:
    moment = AT_NIGHT.replace(hour=hour, minute=minute)
    assert prices("deepseek", "deepseek-flash", moment).input == (300_000 if is_peak else 150_000)


def test_a_price_that_is_announced_holds_from_its_day_on() -> None:
    last = NEXT_YEAR.replace(year=2026, month=12, day=31, hour=23, minute=59)
    assert prices("gemini", "gemini-flash-latest", last).input == 750_000
    assert prices("gemini", "gemini-flash-latest", NEXT_YEAR).input == 1_500_000


def test_hours_that_go_over_midnight() -> None:
    model = KnownModel(
        window=None, max_output=None, date="2026-01-01", listed="1/-/-/1 | 22:00-04:00 2/-/-/2"
    )
    found = {
        hour: (model.prices(AT_NIGHT.replace(hour=hour, minute=0)) or Prices()).input
        for hour in (0, 3, 4, 21, 22)
    }
    assert found == {0: 2, 3: 2, 4: 1, 21: 1, 22: 2}


def test_names_are_found_however_the_vendor_writes_them() -> None:
    for vendor, model in (
        ("openai", "GPT-6-Luna"),
        ("openai", "gpt-6-luna-2026-10-01"),
        ("gemini", "models/gemini-flash-latest"),
        ("xai", "grok-4.7-20261001"),
        ("anthropic", "claude-haiku-5-5-20261101"),
        ("deepinfra", "deepseek-ai/DeepSeek-V4.1-Flash"),
        ("azure", "gpt-6-luna-2026-10-01"),  # a model of another vendor that it serves
    ):
        assert find(vendor, model) is not None, model


@pytest.mark.parametrize(
    ("vendor", "model"),
    [
        ("openai", "gpt-6-luna-2026"),
        ("openai", "no such model"),
        ("openai", ""),
        ("openai", "gpt-6-luna 0"),
        ("openai", "x\n=gpt-6-luna"),
        ("openai", "gpt-6-luna\u202e"),
        ("openai", "é" * 1000),
        ("nobody", "gpt-6-luna"),
        ("../model_table/openai", "gpt-6-luna"),
        ("NOTICE", "genai-prices"),
        ("", "gpt-6-luna"),
        ("openrouter", "openrouter/auto"),
    ],
)
def test_what_it_does_not_know_is_unknown(vendor: str, model: str) -> None:
    assert find(vendor, model) is None


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        ("a-##", ("a-12",), ("a-1", "a-123", "a-1x", "xa-12")),
        ("a*", ("a", "ab"), ("ba", "")),
        ("*a", ("a", "ba"), ("ab",)),
        ("*a#*", ("xa1y", "aa1"), ("xay",)),
        ("g*!-tts", ("g-1",), ("g-1-tts", "h")),
        ("a", ("a",), ("aa",)),
    ],
)
def test_patterns(pattern: str, fitting: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert [name for name in fitting if not fits(pattern, name)] == []
    assert [name for name in other if fits(pattern, name)] == []


# --------------------------------------------------------------------------------- the cost


SONNET = Prices(input=2_000_000, cached=100_000, cache_write=2_500_000, output=10_000_000)


def test_a_cost_is_exact() -> None:
    usage = Usage(
        input_tokens=10_000, output_tokens=321, cached_tokens=7_000, cache_write_tokens=2_000
    )
    # 1,000 × 2,000 + 7,000 × 100 + 2,000 × 2,500 + 321 × 10,000 nano-dollars
    assert SONNET.cost(usage) == 2_000_000 + 700_000 + 5_000_000 + 3_210_000
    assert Prices(input=1, output=1).cost(Usage(input_tokens=10**12, output_tokens=499)) == 10**9
    assert Prices(input=1, output=1).cost(Usage(input_tokens=10**12, output_tokens=500)) == (
        10**9 + 1
    )


def test_what_is_cached_counts_for_the_cliff() -> None:
    prices = Prices(
        input=1000, cached=100, output=0, tiers=((100, Prices(input=2000, cached=200)),)
    )
    nothing = Usage(input_tokens=101, output_tokens=0, cached_tokens=101)
    assert prices.cost(nothing) == 101 * 200 // 1000


def test_the_request_itself_may_cost() -> None:
    prices = Prices(input=1000, output=1000, request=14_000_000_000)
    assert prices.cost(Usage(input_tokens=1, output_tokens=1)) == 14_000_002


@pytest.mark.parametrize(
    "usage",
    [
        Usage(),
        Usage(input_tokens=10),
        Usage(output_tokens=10),
        Usage(input_tokens=10, output_tokens=1, cached_tokens=1),  # at an unknown price
        Usage(input_tokens=10, output_tokens=1, cache_write_tokens=1),
        Usage(input_tokens=10, output_tokens=1, cached_tokens=11),
        Usage(input_tokens=10, output_tokens=1, cached_tokens=6, cache_write_tokens=5),
    ],
    ids=str,
)
def test_a_cost_that_can_not_be_known_is_none_and_never_0(usage: Usage) -> None:
    assert Prices(input=1000, output=1000).cost(usage) is None


def test_no_token_has_no_price() -> None:
    prices = Prices(input=1000)
    assert prices.cost(Usage(input_tokens=10, output_tokens=0, cached_tokens=0)) == 10
    assert prices.cost(Usage(input_tokens=10, output_tokens=1)) is None


# --------------------------------------------------------------------------------- the files


def test_there_is_a_file_for_every_vendor_and_for_nobody_else() -> None:
    vendors = {name for name, row in PROVIDERS.items() if row.needs_key}
    assert {file.stem for file in FILES} == vendors | {"NOTICE"}


RATES = r"(?:(?:\d+|-)/){3}(?:\d+|-)(?:/\d+)?"
ENTRY = rf"{RATES}(?: >\d+:{RATES})*"
CONDITION = r"(?:\d{4}-\d\d-\d\d|\d\d:\d\d-\d\d:\d\d)"
LINES = re.compile(
    r"synapse-models 1 \d{4}-\d\d-\d\d|# .+|then [a-z ]+"
    r"|=[!-~]+ \d+|~[!-~]+ \d+"
    rf"|@\d+ (?:\d+|-) (?:\d+|-)(?: {ENTRY}(?: \| {CONDITION} {ENTRY})*)?"
)


def test_every_line_is_as_the_script_describes_it_and_every_row_is_sound() -> None:
    for file in FILES:
        if file.stem == "NOTICE":
            continue
        lines = file.read_text("ascii").splitlines()
        assert [line for line in lines if not LINES.fullmatch(line)] == [], file.name
        rows = {line[1:].split(" ", 1)[0] for line in lines if line[0] == "@"}
        named = {line.rpartition(" ")[2] for line in lines if line[0] in "=~"}
        assert rows == named, file.name
        names = [line for line in lines if line[0] == "="]
        assert len(names) == len(set(names))
        for line in lines:
            if line[0] == "@":
                window = line.split(" ")[1]
                assert window == "-" or 256 <= int(window) <= 1_000_000_000, f"{file.name} {line}"
                starts = [int(start) for start in re.findall(r">(\d+):", line.split(" | ")[0])]
                assert starts == sorted(set(starts)), f"{file.name} {line}"
        assert date.fromisoformat(date_of(file.stem) or "") <= date(2100, 1, 1)


def test_the_defaults_are_in_it() -> None:
    unknown = [
        name
        for name, row in PROVIDERS.items()
        if row.needs_key and find(name, row.default_model or "") is None
    ]
    assert unknown == ["openrouter"]  # which says itself what an answer cost
    # cohere's has no price that is known


def test_it_is_small() -> None:
    assert sum(file.stat().st_size for file in FILES) < 200_000
