"""Moments as other programs write them. None for what is none; nothing here raises."""

from __future__ import annotations

import re

from synapse.light.dates import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = 1e11
"""From here on a number counts milliseconds: as seconds it would be the year 5138."""
_MICROSECONDS = 1e14
_NANOSECONDS = 1e17
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No conversation with a program that these files come from is older; 0 and -1 say "unknown"."""
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_GO = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d{4}) [A-Z]+\b")
"""What Go prints: `2025-01-02 15:04:05.999 +0000 UTC m=+0.1`."""
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
_CROCKFORD = {
    character: place for place, character in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
}


def moment(value: object, *, is_local: bool = False) -> datetime | None:
    """The moment, aware, in UTC: of a number, seconds, milli-, micro- or nanoseconds since 1970; of
    a text, ISO 8601 with `T` or a blank, or such a number. A text without an offset is UTC, or of
    this machine's zone with `is_local`.
    """
    found = None
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found = _of_number(value)
        elif isinstance(value, str) and len(value) < 100:
            found = _of_text(value.strip(), is_local)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found is not None and _EARLIEST <= found < _LATEST else None


def _of_number(value: float) -> datetime:
    for limit, divisor in ((_NANOSECONDS, 10**9), (_MICROSECONDS, 10**6), (_MILLISECONDS, 1000)):
        if abs(value) >= limit:
            if isinstance(value, int):  # exact, where a float would round
                return _EPOCH + timedelta(microseconds=value * 10**6 // divisor)
            return _EPOCH + timedelta(seconds=value / divisor)
    return _EPOCH + timedelta(seconds=value)


def _of_text(text: str, is_local: bool) -> datetime | None:
    if not text:
        return None
    if text.replace(".", "", 1).isdigit() and text.isascii() and len(text) > 8:
        return _of_number(float(text) if "." in text else int(text))
    go = _GO.match(text)
    if go:
        text = go[1] + go[2]
    found = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", text))
    if found.tzinfo is None:
        found = found.astimezone() if is_local else found.replace(tzinfo=UTC)
    return found.astimezone(UTC)


def ulid_moment(id: object) -> datetime | None:
    """The moment that a ULID begins with, upper or lower case."""
    if not isinstance(id, str) or len(id) != 26:
        return None
    digits = [_CROCKFORD.get(character) for character in id[:10].upper()]
    milliseconds = 0
    for digit in digits:
        if digit is None:
            return None
        milliseconds = milliseconds << 5 | digit
    return moment(milliseconds)
