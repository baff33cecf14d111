"""When a request is sent again, and after how long. Pure.

The rules of the openai (3.54) and anthropic (2.12) SDKs, but for what can't help: no credit
left, an unverifiable certificate, nothing listening on this machine, a full wait without a byte.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WAIT = 60.0
"""Seconds; a server that asks for more is not waited for, nor one that loads its model longer."""
LONGEST_TOLD = 60 * 86_400.0
"""Seconds; what asks for more is a clock that is wrong, and says nothing."""

_RETRY_DELAY = re.compile(rb'\\*"retryDelay\\*"\s*:\s*\\*"(\d{1,12}(?:\.\d{1,9})?)(m?s)\\*"')
"""Of Google's RetryInfo, also within the body of a gateway that quotes it."""


def asked_wait(headers: Mapping[str, str], now: float, body: bytes = b"") -> float | None:
    """The seconds that `retry-after-ms`, `Retry-After` or the RetryInfo in the body asks for, None
    without a usable one.

    `now` is the time as `time.time()`: the field may hold a date.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    seconds = _number(value)
    if seconds is not None:
        return seconds
    moment = _date(value)
    if moment is not None:
        return max(moment - now, 0.0)
    delay = _RETRY_DELAY.search(body)
    if delay is None:
        return None
    return float(delay[1]) / (1000 if delay[2] == b"ms" else 1)


def loading_wait(tries: int) -> float:
    """Seconds before a server that is loading its model is asked again: 0.25, 0.375, … 2."""
    return float(min(0.25 * 1.5 ** min(tries - 1, 10), 2.0))


def is_worthwhile(status: int, headers: Mapping[str, str], wait: float | None) -> bool:
    """Whether a request that got this answer may succeed when it is sent again."""
    if wait is not None and wait > LONGEST_WAIT:
        return False
    told = headers.get("x-should-retry")
    if told in ("true", "false"):
        return told == "true"
    return status in (408, 409, 429) or status >= 500


def backoff(failures: int, random: float) -> float:
    """Seconds after the nth failure: 0.5, 1, 2, … 8, less up to a quarter by `random` (0 to 1)."""
    longest: float = min(0.5 * 2 ** (failures - 1), 8.0)
    return longest * (1 - 0.25 * random)


def _number(text: str) -> float | None:
    try:
        return float(text) if text[:1].isdigit() else None
    except ValueError:
        return None


def _date(text: str) -> float | None:
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # heavy

    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
