"""Limits that the operating system sets: a quota, a file or a folder that can't be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_session
from torture import children
from torture.campaign import report, times
from torture.processes import Child
from torture.soundness import faults
from torture.talk import answer

from synapse.app import spill
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path


def test_a_quota_stops_turns_and_loses_nothing(tmp_path: Path) -> None:
    path, spills = tmp_path / "sessions.db", tmp_path / "spills"
    spills.mkdir()
    ended = []
    for limit in range(200_000, 330_000, times(16_000, 500)):
        child = Child(children.turns_until_full, str(path), str(spills), limit)
        child.wait_for("ended")
        child.join(10)
        [(_, _, refused, error, asked)] = child.told("refused")
        assert error == ("AnswerSpilled" if asked else "DatabaseFull")
        assert faults(path) == []
        with open_store(f"sqlite:{path}") as store:
            assert spill.recover(store, str(spills)) == int(asked)
            whole = [told[2] for told in child.told("done")] + [refused] * asked
            for session in whole:
                prompt, answered = store.get_messages(session)
                assert answered.content == answer(prompt.content, 6, 3000)
            a_finished_turn(store, a_session(), create=True)
        ended.append((error, len(whole)))
        for file in tmp_path.glob("sessions.db*"):
            file.unlink()
    report("quotas", runs=len(ended), answers_kept=sum(count for _, count in ended))


@pytest.mark.parametrize("locked", ["file", "folder", "both"])
def test_what_can_not_be_written_is_never_asked(tmp_path: Path, locked: str) -> None:
    path = tmp_path / "data" / "sessions.db"
    with open_store(f"sqlite:{path}") as store:
        a_finished_turn(store, a_session(), create=True)
        assert store._connection.truncate_wal()  # type: ignore[attr-defined]
    for leftover in path.parent.glob("sessions.db-*"):
        leftover.unlink()
    if locked != "folder":
        path.chmod(0o400)
    if locked != "file":
        path.parent.chmod(0o500)
    try:
        child = Child(children.turn_without_permission, str(path), str(tmp_path / "spills"))
        _, _, error, asked = child.wait_for("ended")
        child.join(10)
    finally:
        path.parent.chmod(0o700)
        path.chmod(0o600)
    assert (error, asked) == ("DatabaseReadOnly", 0)
    with open_store(f"sqlite:{path}") as store:
        assert len(store.list_sessions()) == 1
    assert faults(path) == []
