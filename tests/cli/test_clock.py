"""A clock that was wrong for a while: it destroys nothing, and what was used last stays so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import apsw
import pytest
from program import Ran, run, sessions

from synapse import ids, timestamps
from synapse.domain import Session
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

TODAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
IN_2000 = datetime(2000, 1, 1, 0, 5, tzinfo=UTC)
SOON = timedelta(minutes=5)


class Clock:
    """Stands for the system's clock."""

    def __init__(self) -> None:
        self.moment = TODAY

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def time_ns(self) -> int:
        return int(self.now().timestamp() * 1e9)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ids, "time", clock)
    monkeypatch.setattr(timestamps, "now", clock.now)
    for name, value in (("RETENTION_DAYS", "90"), ("MAX_SESSIONS", "100"), ("TRASH_DAYS", "30")):
        monkeypatch.setenv(f"SYNAPSE_{name}", value)
    return clock


def ask(prompt: str, *words: str) -> Ran:
    ran = run("-p", "echo", *words, prompt)
    assert ran.status == 0, ran
    return ran


def live() -> list[str]:
    return sorted(row["preview"] for row in sessions())


def trash() -> list[str]:
    return sorted(
        row["preview"] for row in run("sessions", "list", "--deleted", "--json").json()["sessions"]
    )


def sessions_of(preview: str) -> str:
    return next(
        str(row["id"])
        for row in run("sessions", "list", "--json").json()["sessions"]
        if row["preview"] == preview
    )


def prompts_of(reference: str) -> list[str]:
    shown = run("sessions", "show", reference, "--json").json()["messages"]
    return [message["content"] for message in shown if message["role"] == "user"]


def with_trash(clock: Clock) -> None:
    """Sessions `old` and `new` in the trash for ten days and for seconds, and `kept`."""
    ask("old")
    run("sessions", "delete", "@1")
    for day in range(1, 11):  # somebody who is there every day
        clock.moment = TODAY + timedelta(days=day)
        run("sessions", "list")
    ask("new")
    ask("kept")
    run("sessions", "delete", "@2")


def test_a_clock_far_ahead_destroys_nothing_and_that_is_said_once(clock: Clock) -> None:
    with_trash(clock)
    right = clock.moment
    clock.moment += timedelta(days=400)
    first = run("sessions", "list")
    assert first.err == (
        "Clean-up skipped this once: the clock went forward by 400 days since the last one; these"
        " days don't count. If it is wrong, correct it.\n"
    )
    for _ in range(3):  # and as often as the wrong clock is used
        clock.moment += timedelta(hours=2)
        assert run("sessions", "list").err == ""
    assert (trash(), live()) == (["new", "old"], ["kept"])
    clock.moment = right + SOON
    assert (
        "Clean-up skipped this once: the clock went back by 400 days."
        in run("sessions", "list").err
    )
    assert run("sessions", "list").err == ""
    assert (trash(), live()) == (["new", "old"], ["kept"])


def test_the_last_session_is_the_one_that_was_used_last(clock: Clock) -> None:
    ask("first")
    clock.moment += timedelta(days=400)
    ask("of the future")
    clock.moment -= timedelta(days=400)
    clock.moment += SOON
    ask("after that")
    ask("more", "-c")
    assert prompts_of("@2") == ["after that", "more"]
    first = next(row["id"] for row in sessions() if row["preview"] == "first")
    ask("and more", "-s", first)
    ask("again", "-c")
    assert prompts_of(first) == ["first", "and more", "again"]


def test_another_programs_use_counts_as_one(clock: Clock, home: Path) -> None:
    ask("first")
    first = sessions()[0]["id"]
    ask("second")
    raw = apsw.Connection(str(home / ".config" / "synapse" / "sessions.db"))
    later = timestamps.to_text(clock.now())
    raw.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (later, first))
    raw.close()
    ask("third", "-c")
    assert prompts_of(first) == ["first", "third"]


def test_an_old_session_that_comes_in_is_not_the_last_one(clock: Clock, home: Path) -> None:
    ask("mine")
    with open_store(home / ".config" / "synapse" / "sessions.db") as store:
        old = TODAY - timedelta(days=30)
        store.create_session(Session.new("echo", "echo").replace(created_at=old, updated_at=old))
    ask("more", "-c")
    assert [row["message_count"] for row in sessions()] == [4, 0]


@pytest.mark.parametrize("limit", ["0", "2"])
def test_a_session_of_the_year_2000_stays_its_whole_term(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    ask("before")
    right = clock.moment
    clock.moment = IN_2000
    ask("wrong")
    clock.moment = right + SOON
    monkeypatch.setenv("SYNAPSE_MAX_SESSIONS", limit)
    for _ in range(3):
        run("sessions", "list")
        clock.moment += timedelta(hours=2)
    assert live() == ["before", "wrong"]
    for _ in range(100):
        clock.moment += timedelta(days=1)
        run("sessions", "list")
    assert trash() == ["before", "wrong"]


def test_the_first_session_of_all_may_be_of_the_year_2000(clock: Clock) -> None:
    clock.moment = IN_2000
    ask("wrong")
    clock.moment = TODAY
    for _ in range(4):
        run("sessions", "list")
        clock.moment += timedelta(hours=2)
    assert live() == ["wrong"]


def test_what_is_deleted_in_the_year_2000_is_not_destroyed_in_the_next_moment(clock: Clock) -> None:
    ask("deleted")
    ask("kept")
    right = clock.moment
    clock.moment = IN_2000
    run("sessions", "delete", "@2")
    clock.moment = right + SOON
    for _ in range(4):
        run("sessions", "list")
        clock.moment += timedelta(hours=2)
    assert (trash(), live()) == (["deleted"], ["kept"])


def test_a_machine_that_slept_for_200_days_ages_nothing_by_them(clock: Clock) -> None:
    with_trash(clock)
    clock.moment += timedelta(days=200)
    assert "went forward by 200 days" in run("sessions", "list").err
    destroyed = {}
    for day in range(1, 95):
        clock.moment += timedelta(days=1)
        err = run("sessions", "list").err
        destroyed[day] = (trash(), live(), err)
    # ten days of thirty had passed for the one, none for the other
    assert destroyed[18][0] == ["new", "old"]
    assert destroyed[21][0] == ["new"]
    assert destroyed[29][:2] == (["new"], ["kept"])
    assert destroyed[31][:2] == ([], ["kept"])
    told = [err for _, _, err in destroyed.values() if err.startswith("Destroyed")]
    assert told == ["Destroyed 1 session after 30 days in the trash.\n"] * 2
    assert "Moved 1 session to the trash (1 not used for 90 days)" in "".join(
        d[2] for d in destroyed.values()
    )


def test_a_jump_that_makes_no_difference_is_not_talked_about(clock: Clock) -> None:
    ask("hello")
    clock.moment += timedelta(days=20)
    assert run("sessions", "list").err == ""


def test_a_clean_up_by_hand_believes_the_clock(clock: Clock) -> None:
    ask("hello")
    clock.moment += timedelta(days=200)
    assert run("sessions", "prune", "-y").err.startswith("not used for 90 days: 1 ")
    assert trash() == ["hello"]


def test_another_program_s_session_of_the_year_2000_was_used_since_the_last_clean_up(
    clock: Clock, home: Path
) -> None:
    ask("mine")
    mine = sessions_of("mine")
    theirs = Session.new("echo", "echo").id
    then = timestamps.to_text(IN_2000)
    raw = apsw.Connection(str(home / ".config" / "synapse" / "sessions.db"))
    raw.execute(
        "INSERT INTO sessions (id, provider, model, created_at, updated_at)"
        " VALUES (?, 'echo', 'echo', ?, ?)",
        (theirs, then, then),
    )
    raw.execute(
        "INSERT INTO messages (id, session_id, role, content, timestamp)"
        " VALUES ('m', ?, 'user', 'theirs', ?)",
        (theirs, then),
    )
    raw.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (then, theirs))
    raw.close()
    clock.moment += SOON
    ask("more of mine", "-s", mine)
    clock.moment += timedelta(hours=2)
    assert run("sessions", "list").err == ""
    assert live() == ["mine", "theirs"]
    ask("last", "-c")  # what sets a time right is no use
    assert prompts_of(mine) == ["mine", "more of mine", "last"]


def test_an_old_session_that_is_deleted_in_the_year_2000_stays_in_the_trash(clock: Clock) -> None:
    ask("old")
    for day in range(1, 41):
        clock.moment = TODAY + timedelta(days=day)
        run("sessions", "list")
    ask("kept")
    right = clock.moment
    clock.moment = IN_2000
    run("sessions", "delete", "@2")
    clock.moment = right + SOON
    for _ in range(3):
        run("sessions", "list")
        clock.moment += timedelta(hours=2)
    assert (trash(), live()) == (["old"], ["kept"])


@pytest.mark.parametrize("then", [-20, 20, 400])
def test_a_clock_that_is_wrong_a_second_time_ages_nothing_by_the_first(
    clock: Clock, then: int
) -> None:
    wrong = clock.moment
    clock.moment = IN_2000
    for day in range(4):  # long enough for clean-ups that take this time for the right one
        clock.moment = IN_2000 + timedelta(days=day)
        ask(f"of day {day}")
    clock.moment = wrong + timedelta(days=5)
    run("sessions", "list")
    for days in (then, 0):
        clock.moment = wrong + timedelta(days=6 + days)
        for _ in range(3):
            run("sessions", "list")
            clock.moment += timedelta(hours=2)
        assert live() == ["of day 0", "of day 1", "of day 2", "of day 3"]
    assert trash() == []
