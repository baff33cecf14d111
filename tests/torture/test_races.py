"""Many processes at once: nobody is told that the database is locked, and all of them agree."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from stores.sqlite import rust
from torture import children
from torture.campaign import LONG, SEED, report, times
from torture.processes import Child, context
from torture.soundness import faults
from torture.talk import answer

from synapse.domain import Role
from synapse.stores import open_inspection, open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROUNDS = times(3, 50, "RACE_ROUNDS")
OPENERS = 12


def race(path: Path, number: int) -> None:
    """Open the same file from many processes at one moment; each stores a turn."""
    start = context().Barrier(OPENERS)
    openers = [
        Child(children.first_open, str(path), f"{number}-{opener}", start)
        for opener in range(OPENERS)
    ]
    ended = [opener.wait_for("ended")[2] for opener in openers]
    for opener in openers:
        opener.join(10)
    assert ended == [""] * OPENERS
    assert faults(path) == []
    with open_store(f"sqlite:{path}") as store:
        listed = store.list_sessions(limit=OPENERS)
        assert {summary.preview for summary in listed} == {
            f"prompt {number}-{opener}" for opener in range(OPENERS)
        }
        for summary in listed:
            prompt, answered = store.get_messages(summary.session.id)
            assert answered.content == answer(prompt.content)


@pytest.mark.timeout(0 if LONG else 120)
def test_many_create_one_database(tmp_path: Path) -> None:
    for number in range(ROUNDS):
        race(tmp_path / str(number) / "sessions.db", number)
    report("first openings", rounds=ROUNDS, processes=OPENERS)


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.parametrize("version", [rust.SY9, rust.NEWEST], ids=["SY-9", "newest"])
def test_many_upgrade_one_database(tmp_path: Path, version: int) -> None:
    made = tmp_path / "made.db"
    rust.make_database(made, version)
    for number in range(ROUNDS):
        path = tmp_path / str(number) / "sessions.db"
        path.parent.mkdir()
        shutil.copyfile(made, path)
        race(path, number)
        with open_store(f"sqlite:{path}") as store:
            texts = [message.content for message in store.get_messages(rust.OLD)]
        assert texts == ["text 0", "text 1", "text 2"]
        assert len(list(path.parent.glob("*.bak-*"))) == 1, "one upgrade, one backup"
    report("upgrades at once", rounds=ROUNDS, processes=OPENERS)


def contend(
    path: Path, workers: int, seconds: float, work: Callable[..., None] = children.contend
) -> dict[str, Any]:
    """Have many processes do anything for some seconds; figures."""
    start = context().Barrier(workers)
    running = [
        Child(work, str(path), f"{SEED}-{number}", start, seconds) for number in range(workers)
    ]
    ended = [child.wait_for("ended", seconds + 60) for child in running]
    for child in running:
        child.join(10)
    assert [told[4] for told in ended] == [""] * workers
    kept = 0
    with open_store(f"sqlite:{path}") as store:
        for session, prompt in [turn for told in ended for turn in told[3]]:
            messages = store.get_messages(session)
            if messages:  # it may have been purged
                kept += 1
                asked = [m for m in messages if m.content == prompt]
                assert [m.role for m in asked] == [Role.USER]
                assert messages[asked[0].index].content == answer(prompt)
    assert faults(path) == []
    assert open_inspection(f"sqlite:{path}").check() == []
    for copy in path.parent.glob("*.copy-*"):
        assert faults(copy) == []
        copy.unlink()
    return {
        "processes": workers,
        "operations": sum(told[2] for told in ended),
        "turns": sum(len(told[3]) for told in ended),
        "of_them_not_purged": kept,
    }


@pytest.mark.timeout(0 if LONG else 120)
def test_whatever_is_done_at_once_nothing_breaks(tmp_path: Path) -> None:
    """Turns, deletions of what another writes, restorations, purges, clean-ups, forks, backups."""
    figures = contend(tmp_path / "sessions.db", 8, times(4, 120, "RACE_SECONDS"))
    assert figures["turns"]
    assert figures["of_them_not_purged"]
    report("contention", **figures)


def test_a_process_that_is_told_of_a_lock_is_noticed(tmp_path: Path) -> None:
    """So that the tests above can fail."""
    with pytest.raises(AssertionError, match="DatabaseLocked"):
        contend(tmp_path / "sessions.db", 8, 4, children.contend_impatiently)
