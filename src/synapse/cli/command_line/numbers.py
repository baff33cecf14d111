"""Numbers as values of options."""

from __future__ import annotations


def number(text: str) -> int:
    """A number from 0 on that every engine can hold. Raises ValueError."""
    value = int(text)
    if not 0 <= value < 1 << 62:
        raise ValueError
    return value
