"""Times as people read and write them: `2 h ago`, `yesterday 18:02`, `90d`, `2026-11-01`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from synapse.errors import UsageError

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "mo": 30.0, "y": 365.0}


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


def parse_moment(text: str, now: datetime | None = None) -> datetime:
    """The moment that `90d`, `12h`, `2w`, `3mo`, `1y` (ago), `today`, `yesterday` or
    `2026-11-01[T14:00]` names. Raises UsageError.
    """
    now = (now or datetime.now(UTC)).astimezone()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if text == "today":
        return midnight
    if text == "yesterday":
        return midnight - timedelta(days=1)
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(number) :]
    if unit == "m":
        raise UsageError(f'"{text}" may be minutes or months: write {number}mo, or {number}h')
    try:
        if unit in _UNITS and number.isascii() and number.isdigit():
            return now - timedelta(days=int(number) * _UNITS[unit])
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f'"{text}" is no time', "Write:  90d  12h  2w  3mo  1y  today  2026-11-01"
        ) from None
    return moment if moment.tzinfo is not None else moment.astimezone()


def _date(local: datetime, now: datetime) -> str:
    text = f"{local.day} {_MONTHS[local.month - 1]}"
    return text if local.year == now.year else f"{text} {local.year}"
