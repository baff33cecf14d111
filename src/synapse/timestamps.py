"""Moments as the store keeps them: RFC 3339 in UTC, so that text order is time order."""

from __future__ import annotations

from synapse.light.dates import UTC, datetime

UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a moment that another program wrote in a form that is none."""


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """`2026-11-23T18:02:11.000421+00:00`: always six fractional digits, always `+00:00`.

    SY-9's writers use none, three, six or nine digits; `+` sorts before every digit and
    before `.` does not matter after it, so their texts and ours compare as moments.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: str) -> datetime:
    """The moment that an RFC 3339 text names; digits beyond microseconds are cut off.

    Raises ValueError for anything else. A text without an offset is taken as UTC.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def readable(text: object) -> datetime:
    """Like `from_text`, but UNKNOWN for a text that is not a time."""
    try:
        return from_text(text)  # type: ignore[arg-type]  # whatever a program has stored
    except (TypeError, ValueError):
        return UNKNOWN


def microseconds(moment: datetime) -> int:
    """Since 1970; of earlier moments 0."""
    since = moment - UNKNOWN
    return max(0, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def microseconds_of(text: object) -> int:
    """The same of what is stored as a time."""
    return microseconds(readable(text))
