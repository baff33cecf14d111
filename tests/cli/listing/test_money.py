"""Amounts of money as they are read."""

from __future__ import annotations

import pytest

from synapse.cli.listing.money import dollars, per_million


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (0, "$0"),
        (1, "$0.000000001"),
        (34, "$0.000000034"),
        (345, "$0.00000035"),
        (1_200_000, "$0.0012"),
        (1_249_999, "$0.0012"),
        (1_250_000, "$0.0013"),
        (34_000, "$0.000034"),
        (999_999, "$0.001"),
        (9_999_999, "$0.01"),
        (10_000_000, "$0.01"),
        (21_340_000, "$0.0213"),
        (50_000_000, "$0.05"),
        (999_999_999, "$1.00"),
        (1_000_000_000, "$1.00"),
        (12_345_678_901, "$12.35"),
        (1_234_567_000_000_000, "$1,234,567.00"),
    ],
)
def test_dollars(nano: int, text: str) -> None:
    assert dollars(nano) == text


@pytest.mark.parametrize(
    ("pico", "text"),
    [
        (0, "0"),
        (3_000, "0.003"),
        (150_000, "0.15"),
        (2_000_000, "2"),
        (1_234_567_890, "1,234.56789"),
    ],
)
def test_per_million(pico: int, text: str) -> None:
    assert per_million(pico) == text
