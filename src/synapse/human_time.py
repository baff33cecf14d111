"""Times as people read and write them: `2 h ago`, `yesterday 18:02`, `90d`, `2026-11-01`."""

from __future__ import annotations

import os

from synapse.errors import UsageError
from synapse.light.dates import UTC, datetime, timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

UNITS = {
    "h": ("hour", timedelta(hours=1)),
    "d": ("day", timedelta(days=1)),
    "w": ("week", timedelta(weeks=1)),
    "mo": ("month", timedelta(days=30)),
    "y": ("year", timedelta(days=365)),
}
"""What a duration may be counted in: the noun, and how long one is."""


def relative(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, the shorter ago the finer; in local time."""
    now = (now or datetime.now(UTC)).astimezone()
    local = moment.astimezone()
    seconds = (now - local).total_seconds()
    days = (now.date() - local.date()).days
    if seconds < 60:
        return "just now" if seconds > -60 else _date(local, now)
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if days == 0 or seconds < 6 * 3600:
        return f"{int(seconds // 3600)} h ago"
    if days == 1:
        return f"yesterday {local:%H:%M}"
    if days < 7:
        return f"{_DAYS[local.weekday()]} {local:%H:%M}"
    return _date(local, now)


def short_age(moment: datetime, now: datetime | None = None) -> str:
    """As `relative`, in six characters at the most: `5 min`, `2 h`, `3 d`, `12 Nov`, `2025`."""
    now = (now or datetime.now(UTC)).astimezone()
    local = moment.astimezone()
    seconds = (now - local).total_seconds()
    days = (now.date() - local.date()).days
    if -60 < seconds < 60:
        return "now"
    if 0 < seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds > 0 and (days == 0 or seconds < 6 * 3600):
        return f"{int(seconds // 3600)} h"
    if 0 < days < 7:
        return f"{days} d"
    return f"{local.day} {_MONTHS[local.month - 1]}" if local.year == now.year else str(local.year)


def local_time(moment: datetime) -> str:
    """`12 Nov 2025 18:02`, in local time."""
    local = moment.astimezone()
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year} {local:%H:%M}"


def day(moment: datetime) -> str:
    """`Wed 12 Nov 2025`, in local time."""
    local = moment.astimezone()
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"


def clock(moment: datetime) -> str:
    """`18:02`, in local time."""
    return f"{moment.astimezone():%H:%M}"


def in_style(style: str, moment: datetime) -> str:
    """The moment as `ui.time` has it: relative, local or iso."""
    if style == "iso":
        return rfc3339(moment)
    return local_time(moment) if style == "local" else relative(moment)


def rfc3339(moment: datetime) -> str:
    """The moment in UTC for programs: `2026-11-12T17:02:11.000421Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def zone_name(environ: Mapping[str, str]) -> str:
    """The zone of local times: its name (`Europe/Berlin`), the rule in TZ that says it, or else
    the offset that holds now (`+01:00`).
    """
    rule = environ.get("TZ")
    if rule is None:
        _, found, name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")
        return name if found else datetime.now().astimezone().isoformat()[-len("+01:00") :]
    return rule.removeprefix(":") or "UTC"


def parse_moment(text: str, now: datetime | None = None) -> datetime:
    """The moment that `90d`, `12h`, `2w`, `3mo`, `1y` (ago), `today`, `yesterday` or
    `2026-11-01[T14:00]` names. Raises UsageError.

    A duration is so many hours, whatever the calendar or summer time does: a day has 24, a week 7
    days, a month 30, a year 365. A date, `today` and `yesterday` begin at the local midnight.
    """
    now = now or datetime.now(UTC)
    text = text.strip()
    number, unit = split_duration(text)
    if unit == "m":
        raise UsageError(f'"{text}" may be minutes or months: write {number}mo, or {number}h')
    try:
        if unit:
            return now - int(number) * UNITS[unit][1]
        if text in ("today", "yesterday"):
            # the offset of that midnight, not of this moment
            day = now.astimezone().replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
            return (day - timedelta(days=text == "yesterday")).astimezone()
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is not None else moment.astimezone()
    except (ValueError, OverflowError):
        raise UsageError(
            f'"{text}" is no time', "Write:  90d  12h  2w  3mo  1y  today  2026-11-01"
        ) from None


def parse_past(option: str, text: str, now: datetime | None = None) -> datetime:
    """Like `parse_moment`, for options that mean everything older. Raises UsageError for the
    future, too: everything is older than that.
    """
    now = now or datetime.now(UTC)
    moment = parse_moment(text, now)
    if moment > now:
        raise UsageError(f"{option} {text}: that is in the future, everything is older")
    return moment


def split_duration(text: str) -> tuple[str, str]:
    """The number and the unit of a duration; `("", "")` if it is not one. The unit is one of UNITS,
    or `m`, which is ambiguous.
    """
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(number) :]
    if (unit in UNITS or unit == "m") and number.isascii() and number.isdigit():
        return number, unit
    return "", ""


def _date(local: datetime, now: datetime) -> str:
    text = f"{local.day} {_MONTHS[local.month - 1]}"
    return text if local.year == now.year else f"{text} {local.year}"
