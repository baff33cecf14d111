"""Times as people read and write them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from synapse import human_time
from synapse.errors import UsageError

NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-23T18:29:30", "just now"),
        ("2026-11-23T18:30:20", "just now"),
        ("2026-11-23T18:25:00", "5 min ago"),
        ("2026-11-23T16:20:00", "2 h ago"),
        ("2026-11-23T00:10:00", "18 h ago"),
        ("2026-11-22T18:02:00", "yesterday 18:02"),
        ("2026-11-20T09:05:00", "Fri 09:05"),
        ("2026-11-17T00:00:00", "Tue 00:00"),
        ("2026-11-16T23:59:00", "16 Nov"),
        ("2025-11-12T10:00:00", "12 Nov 2025"),
        ("2027-01-01T00:00:00", "1 Jan 2027"),
    ],
)
def test_the_longer_ago_the_coarser(moment: str, text: str) -> None:
    assert human_time.relative(datetime.fromisoformat(moment).replace(tzinfo=UTC), NOW) == text


def test_two_hours_ago_is_not_yesterday_just_after_midnight() -> None:
    now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert human_time.relative(now - timedelta(hours=2), now) == "2 h ago"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-23T18:29:30", "now"),
        ("2026-11-23T18:25:00", "5 min"),
        ("2026-11-23T00:10:00", "18 h"),
        ("2026-11-22T18:02:00", "1 d"),
        ("2026-11-17T00:00:00", "6 d"),
        ("2026-11-16T23:59:00", "16 Nov"),
        ("2025-11-12T10:00:00", "2025"),
        ("2027-01-01T00:00:00", "2027"),
    ],
)
def test_an_age_can_be_told_in_six_characters(moment: str, text: str) -> None:
    told = human_time.short_age(datetime.fromisoformat(moment).replace(tzinfo=UTC), NOW)
    assert (told, len(told) <= 6) == (text, True)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90d", NOW - timedelta(days=90)),
        ("12h", NOW - timedelta(hours=12)),
        ("2w", NOW - timedelta(weeks=2)),
        ("3mo", NOW - timedelta(days=90)),
        ("1y", NOW - timedelta(days=365)),
        ("today", NOW.replace(hour=0, minute=0)),
        ("yesterday", NOW.replace(hour=0, minute=0) - timedelta(days=1)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T14:00", datetime(2026, 11, 1, 14, tzinfo=UTC)),
        ("2026-11-01T14:00+02:00", datetime(2026, 11, 1, 12, tzinfo=UTC)),
    ],
)
def test_moments_can_be_written_in_many_ways(text: str, moment: datetime) -> None:
    assert human_time.parse_moment(text, NOW) == moment


@pytest.mark.parametrize(
    ("zone", "midnights"),
    [  # the clocks went forwards on 29 March, after midnight, and back on 25 October
        ("Europe/Berlin", ["2026-03-28T23:00Z", "2026-03-27T23:00Z", "2026-10-24T22:00Z"]),
        ("America/New_York", ["2026-03-29T04:00Z", "2026-03-28T04:00Z", "2026-10-25T04:00Z"]),
        ("Asia/Kathmandu", ["2026-03-28T18:15Z", "2026-03-27T18:15Z", "2026-10-24T18:15Z"]),
    ],
)
def test_days_begin_at_the_midnight_of_their_own_offset(
    zone: str, midnights: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        spring = datetime(2026, 3, 29, 13, tzinfo=UTC)
        autumn = datetime(2026, 10, 25, 13, tzinfo=UTC)
        found = [
            human_time.parse_moment("today", spring),
            human_time.parse_moment("yesterday", spring),
            human_time.parse_moment("today", autumn),
        ]
        assert found == [datetime.fromisoformat(text) for text in midnights]
        # a duration is hours, whatever the clocks did
        assert autumn - human_time.parse_moment("1d", autumn) == timedelta(hours=24)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "text", ["", "d", "-1d", "1.5d", "\u0661d", "99999999y", "0001-01-01", "1M"]
)
def test_what_is_no_time_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")  # where the year 1 begins before the calendar
    time.tzset()
    try:
        with pytest.raises(UsageError, match="is no time"):
            human_time.parse_moment(text, NOW)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_is_older_than_the_future_is_everything_and_refused() -> None:
    assert human_time.parse_past("--older-than", "0h", NOW) == NOW
    with pytest.raises(UsageError, match="in the future"):
        human_time.parse_past("--older-than", "2026-11-24", NOW)


def test_a_lone_m_is_refused_because_it_could_be_minutes_or_months() -> None:
    with pytest.raises(UsageError, match="minutes or months"):
        human_time.parse_moment("5m", NOW)


def test_programs_get_rfc_3339_in_utc() -> None:
    assert human_time.rfc3339(NOW.astimezone()) == "2026-11-23T18:30:00Z"
