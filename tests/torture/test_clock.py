"""A clock that jumps back and forth: the order stays, and so do ids and lists."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from torture.campaign import LONG, randomness, report, times
from torture.soundness import faults
from torture.talk import Talker

from synapse import ids, timestamps
from synapse.app.cleanup import clean_up
from synapse.app.conversation import reply, start_session
from synapse.domain import Retention, Role
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from synapse.ports import SessionStore


class Clock:
    """Stands for the system's clock; jumps by up to years, more often by hours, or stands still."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.nanoseconds = time.time_ns()

    def jump(self) -> None:
        scale = self._random.choice([0, 1, 1000, 3_600_000, 30_000_000_000])
        self.nanoseconds += self._random.randint(-scale, scale) * 1_000_000

    def time_ns(self) -> int:
        return self.nanoseconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=self.nanoseconds // 1000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(randomness("clock"))
    monkeypatch.setattr(ids, "time", clock)
    monkeypatch.setattr(timestamps, "now", clock.now)
    return clock


def test_ids_are_unique_and_in_order_whatever_the_clock_does(clock: Clock) -> None:
    count = times(20_000, 1_000_000)
    made = []
    for number in range(count):
        if number % 7 == 0:
            clock.jump()
        made.append(ids.new_id())
    assert made == sorted(made)
    assert len(set(made)) == count
    report("ids under a jumping clock", ids=count)


def test_a_conversation_keeps_its_order_whatever_the_clock_does(
    tmp_path: Path, clock: Clock
) -> None:
    turns = times(60, 1000)
    path = tmp_path / "sessions.db"
    random = randomness("clock sessions")
    asked: dict[str, list[str]] = {}
    used: dict[str, datetime] = {}
    with open_store(f"sqlite:{path}") as store:
        sessions = [start_session(store, "talker", "talker") for _ in range(5)]
        for number in range(turns):
            clock.jump()
            session = random.choice(sessions)
            prompt = f"prompt {number}"
            create = session.id not in asked
            reply(
                store,
                Talker(),
                session,
                prompt,
                create=create,
                show=lambda event: clock.jump(),
            )
            asked.setdefault(session.id, []).append(prompt)
            summary = store.get_summary(session.id)
            assert summary is not None
            assert summary.session.updated_at >= used.get(session.id, summary.session.updated_at)
            used[session.id] = summary.session.updated_at
            listed = store.list_sessions()
            moments = [found.session.updated_at for found in listed]
            assert moments == sorted(moments, reverse=True)
            assert {found.session.id for found in listed} == set(asked)
        for session in sessions:
            messages = store.get_messages(session.id)
            prompts = [m.content for m in messages if m.role is Role.USER]
            assert prompts == asked.get(session.id, [])
            assert [m.index for m in messages] == list(range(1, 2 * len(prompts) + 1))
    assert faults(path) == []
    report("turns under a jumping clock", turns=turns)


class WrongClock:
    """A clock that goes on by hours, and is wrong by weeks to years for a while, either way."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.true = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        self.wrong_by = timedelta(0)
        self.jumps = 0

    def go_on(self, *, rightly: bool) -> None:
        self.true += timedelta(hours=self._random.uniform(0.1, 60))
        if rightly:
            self.wrong_by = timedelta(0)
        elif self._random.random() < 0.12:
            back = self.wrong_by and self._random.random() < 0.6
            days = self._random.choice([20, 100, 400, 4000]) * self._random.choice([-1, 1])
            self.wrong_by = timedelta(0) if back else timedelta(days)
            self.jumps += 1

    def now(self) -> datetime:
        self.true += timedelta(milliseconds=1)
        return self.true + self.wrong_by

    def time_ns(self) -> int:
        return int(self.now().timestamp() * 1e9)


class Household:
    """What somebody does with sessions, and when it was truly done."""

    kept = Retention(retention_days=90, max_sessions=0, trash_days=30)
    tolerance = timedelta(days=1)

    def __init__(self, store: SessionStore, clock: WrongClock, random: Random) -> None:
        self._store, self._clock, self._random = store, clock, random
        self.used: dict[str, datetime] = {}
        self.restored: dict[str, datetime] = {}
        self.deleted: dict[str, datetime] = {}
        self.expired = self.destroyed = 0

    def start(self) -> None:
        """What each start of the program does to what is old; none of it may be too early."""
        clean_up(self._store, self.kept)
        live, trash = self._ids(deleted=False), self._ids(deleted=True)
        for id in self.used.keys() - live - self.deleted.keys():
            age = self._clock.true - self.used[id]
            assert age >= timedelta(90) - self.tolerance, age
            since = self._clock.true - self.restored.get(id, self.used[id])
            assert since >= timedelta(30) - self.tolerance, since
            self.deleted[id] = self._clock.true
            self.expired += 1
        for id in self.deleted.keys() - trash:
            age = self._clock.true - self.deleted.pop(id)
            assert age >= timedelta(30) - self.tolerance, age
            del self.used[id]
            self.destroyed += 1
        assert live | trash == self.used.keys()

    def do(self) -> None:
        """A new session, a turn in one, a deletion, a restoration."""
        live = sorted(self.used.keys() - self.deleted.keys())
        done = self._random.choice(["new", "turn", "turn", "delete", "restore"])
        if done == "restore" and self.deleted:
            id = self._random.choice(sorted(self.deleted))
            self._store.restore_session(id)
            del self.deleted[id]
            self.restored[id] = self._clock.true
        elif done == "delete" and live:
            id = self._random.choice(live)
            self._store.trash_session(id)
            self.deleted[id] = self._clock.true
        elif done == "turn" and live:
            id = self._random.choice(live[-5:])
            session = self._store.get_session(id)
            assert session is not None
            reply(self._store, Talker(1), session, "more")
            self.used[id] = self._clock.true
        elif done == "new":
            session = start_session(self._store, "talker", "talker")
            reply(self._store, Talker(1), session, "new", create=True)
            self.used[session.id] = self._clock.true

    def _ids(self, *, deleted: bool) -> set[str]:
        return {found.session.id for found in self._store.list_sessions(deleted=deleted)}


@pytest.mark.timeout(0 if LONG else 120)
def test_nothing_is_cleaned_away_too_early_whatever_the_clock_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, starts, rightly = times(1, 8, "CLOCKS"), times(80, 400), 120
    expired = destroyed = jumps = 0
    for number in range(runs):
        random = randomness(f"wrong clocks {number}")
        clock = WrongClock(random)
        monkeypatch.setattr(ids, "time", clock)
        monkeypatch.setattr(timestamps, "now", clock.now)
        path = tmp_path / f"{number}.db"
        with open_store(f"sqlite:{path}") as store:
            household = Household(store, clock, random)
            for start in range(starts + rightly):
                clock.go_on(rightly=start >= starts)
                household.start()
                household.do()
        assert faults(path) == []
        expired, destroyed = expired + household.expired, destroyed + household.destroyed
        jumps += clock.jumps
    assert destroyed
    report(
        "clean-ups under a wrong clock",
        starts=runs * (starts + rightly),
        jumps=jumps,
        expired=expired,
        destroyed=destroyed,
        too_early=0,
    )
