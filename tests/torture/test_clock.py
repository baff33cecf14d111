"""A clock that jumps back and forth: the order stays, and so do ids and lists."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from torture.campaign import randomness, report, times
from torture.soundness import faults
from torture.talk import Talker

from synapse import ids, timestamps
from synapse.app.conversation import reply, start_session
from synapse.domain import Role
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


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
