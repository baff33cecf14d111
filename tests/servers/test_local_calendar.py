"""Statistics by day, week and month on a server: what the local calendar says, as on SQLite."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import postgres_server
import pytest
from contract.builders import a_prompt, a_session

from synapse.domain import Status, Usage
from synapse.stores import _calendar, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "EST5EDT,M3.2.0,M11.1.0",
    "HERE-5:30:15",
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Have this process live in a time zone."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ZONES)
def test_the_offsets_are_those_of_each_hour(in_zone: Callable[[str], None], zone: str) -> None:
    in_zone(zone)
    first, last = datetime(2009, 12, 1, tzinfo=UTC), datetime(2012, 3, 1, 7, tzinfo=UTC)
    offsets = _calendar.offsets(first, last)
    moment = first
    while moment <= last:
        ahead = next((o for since, o in offsets if moment >= since), offsets[-1][1])
        assert ahead == time.localtime((moment - EPOCH).total_seconds()).tm_gmtoff, moment
        moment += timedelta(minutes=30)


def moments(chance: random.Random) -> list[datetime]:
    """Near the turn of days, weeks and years, and of the clocks; long ago and far ahead, too."""
    found = []
    for year in (1890, 1969, 1970, 1999, 2008, 2026, 2037, 2038, 2110):
        for month, day in ((1, 1), (3, 30), (12, 31), (10, 26)):
            noon = datetime(year, month, day, 12, tzinfo=UTC)
            found += [noon + timedelta(seconds=chance.randrange(-86_400, 86_400)) for _ in "12"]
            found.append(noon.replace(hour=23, minute=59, second=59, microsecond=999_999))
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_periods_are_those_that_sqlite_finds(
    in_zone: Callable[[str], None], tmp_path: Path, zone: str
) -> None:
    in_zone(zone)
    chance = random.Random(zone)
    times = moments(chance)
    with (
        open_store(f"sqlite:{tmp_path}/sessions.db") as sqlite,
        open_store(postgres_server.fresh_archive()) as server,
    ):
        for _ in range(3):
            session = a_session(updated=times[0])
            messages = [
                a_prompt(
                    session,
                    timestamp=moment,
                    status=Status.COMPLETE,
                    usage=Usage(input_tokens=chance.randrange(9), output_tokens=1),
                )
                for moment in chance.sample(times, 40)
            ]
            for store in (sqlite, server):
                store.create_session(session)
                for message in messages:
                    store.add_message(message)
        for by in ("day", "week", "month", "model", "role"):
            for since in (None, datetime(2008, 3, 1, tzinfo=UTC)):
                assert server.statistics(by, since=since) == sqlite.statistics(by, since=since), by
        assert server.statistics("day", since=datetime(2200, 1, 1, tzinfo=UTC)) == []
