"""Amounts of money, as people read them. Whole numbers in, text out."""

from __future__ import annotations

_DECIMALS = 9
"""Of a nano-dollar."""
_MILLION = 6
"""Decimals of pico-dollars per token, in dollars per million tokens."""
_SIGNIFICANT = 2
"""Digits of an amount below a cent."""


def dollars(nano: int) -> str:
    """`$12.34`, `$0.0213`, `$0.0012`, `$0.000034`: cents, below a dollar four decimals, below a
    cent two digits, rounded to the nearest. $0 is nothing at all.
    """
    if nano == 0:
        return "$0"
    digits = len(str(nano))
    if digits > _DECIMALS:
        decimals = 2
    elif digits >= _DECIMALS - 1:
        decimals = 4
    else:
        decimals = min(_DECIMALS, _DECIMALS - digits + _SIGNIFICANT)
    unit = 10 ** (_DECIMALS - decimals)
    rounded = (nano + unit // 2) // unit
    whole, part = divmod(rounded, 10**decimals)
    fraction = f"{part:0{decimals}}"
    if decimals > 2:  # `$0.05` and not `$0.0500`
        fraction = fraction[:2] + fraction[2:].rstrip("0")
    return f"${whole:,}.{fraction}"


def per_million(pico_per_token: int) -> str:
    """Dollars per million tokens: `0.15`, `2`, `0.003`."""
    whole, part = divmod(pico_per_token, 10**_MILLION)
    fraction = f"{part:0{_MILLION}}".rstrip("0")
    return f"{whole:,}" + (f".{fraction}" if fraction else "")


def priced_by(source: str | None) -> str:
    """Whose prices a cost goes by, in words; `source` is `Usage.cost_source`."""
    told = {"provider": "as the provider charged", "config": "by the prices of the configuration"}
    return told.get(
        source or "", f"by the prices known on {source}" if source else "by whom is lost"
    )
