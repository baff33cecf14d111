"""Deleting, restoring and destroying all the sessions that a rule names."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_session, days_ago
from launching import go_on, stopping_at, wait_until_it_stands
from program import Installed, Terminal, run

from synapse import ids
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

    import apsw

    from synapse.ports import SessionStore

COUNT = 450


@pytest.fixture
def url(home: Path) -> str:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    return f"sqlite:{folder}/sessions.db"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_AUTO_CLEANUP", "false")


def fill(store: SessionStore, count: int, *, age: float = 0.0) -> None:
    """Sessions `draft 0` … whose age is some days, many of them of the same moment."""
    for number in range(count):
        moment = days_ago(age) - timedelta(seconds=number // 50)
        store.create_session(a_session(name=f"draft {number}", updated=moment))


@pytest.fixture
def many(url: str) -> str:
    """COUNT old sessions, and `kept`, new, with a turn."""
    with open_store(url) as store:
        fill(store, COUNT, age=100)
        a_finished_turn(store, a_session(name="kept"), create=True)
    return url


def live(*options: str) -> int:
    return len(run("sessions", "list", "-a", *options).rows)


# ------------------------------------------------------------------------------------- by a rule


@pytest.mark.parametrize("rule", [["--match", "DRAFT"], ["--older-than", "90d"]])
def test_all_that_a_rule_names_go_into_the_trash_and_come_back(many: str, rule: list[str]) -> None:
    ran = run("sessions", "delete", *rule, "-y")
    assert (
        ran.err == f"Deleted {COUNT} sessions (0 messages). Undo:  synapse sessions restore --all\n"
    )
    assert [row[5] for row in run("sessions", "list").rows] == ["kept"]
    assert live("--deleted") == COUNT
    assert run("sessions", "restore", "--all").err == f"Restored {COUNT} sessions (0 messages).\n"
    assert (live(), live("--deleted")) == (COUNT + 1, 0)


def test_rules_hold_together(many: str) -> None:
    run("sessions", "delete", "--match", "draft 44", "--older-than", "90d", "-y")
    assert live("--deleted") == 11  # 44, 440 … 449


def test_the_undo_brings_back_no_more_than_what_was_deleted(many: str) -> None:
    run("sessions", "delete", "kept")
    ran = run("sessions", "delete", "--match", "draft", "-y")
    undo = ran.err.rpartition("Undo:  synapse ")[2]
    assert run(*shlex.split(undo)).status == 0
    assert [row[5] for row in run("sessions", "list", "--deleted").rows] == ["kept"]


def test_pinned_sessions_are_spared_and_that_is_said(many: str) -> None:
    run("sessions", "pin", "kept")
    ran = run("sessions", "delete", "--all", "-y")
    assert ran.err.startswith("spared because pinned: 1\nDeleted 450 sessions")
    assert [row[5] for row in run("sessions", "list").rows] == ["kept"]


def test_a_dry_run_names_the_first_five_and_the_total_and_changes_nothing(many: str) -> None:
    ran = run("sessions", "delete", "--all", "-n")
    lines = ran.err.splitlines()
    assert "kept" in lines[0]
    assert lines[5:] == ["  … and 446 more", "Would move 451 sessions (2 messages) to the trash."]
    assert live() == COUNT + 1


def test_where_nobody_can_be_asked_the_flag_is_named(many: str) -> None:
    for command in (
        ["delete", "--match", "draft"],
        ["delete", "--all"],
        ["delete", "--purge", "-a"],
    ):
        ran = run("sessions", *command)
        assert ran.status == 2
        assert "Pass --yes (or --dry-run)" in ran.err
    assert live() == COUNT + 1


@pytest.mark.parametrize(
    "words",
    [[], ["kept", "--all"], ["kept", "--match", "x"], ["--match", " "], ["--older-than=5m"]],
)
def test_what_is_meant_has_to_be_said_once(many: str, words: list[str]) -> None:
    assert run("sessions", "delete", "-y", *words).status == 2
    assert live() == COUNT + 1


def test_a_rule_that_names_nothing_is_no_failure(many: str) -> None:
    ran = run("sessions", "delete", "--match", "nowhere")
    assert (ran.status, ran.err) == (0, "Nothing to delete: no session matches.\n")
    assert run("sessions", "restore", "--since", "1h").err == "Nothing was deleted since.\n"


def test_purging_a_large_trash_leaves_no_byte_of_it(home: Path, url: str) -> None:
    with open_store(url) as store:
        for number in range(COUNT):
            a_finished_turn(store, a_session(), f"remarkable {number}", "answer", create=True)
    run("sessions", "delete", "--all", "-y")
    assert "Destroyed 450 sessions (900 messages)." in run("sessions", "purge", "-y").err
    assert live("--deleted") == 0
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert not any(b"remarkable" in data for data in files)


def test_live_sessions_can_be_destroyed_at_once(many: str) -> None:
    ran = run("sessions", "delete", "--match", "draft", "--purge", "-y")
    assert "Destroyed 450 sessions (0 messages)." in ran.err
    assert (live(), live("--deleted")) == (1, 0)


# ------------------------------------------------------------------------------- with a question


def test_the_answer_to_all_is_their_number(many: str, program: Path) -> None:
    command = [str(program), "sessions", "delete", "--all"]
    for typed, status in (("y\n", 1), ("\n", 1), ("\x03", 1), ("450\n", 1), ("451\n", 0)):
        with Terminal(command) as terminal:
            shown = terminal.expect("to go on: ")
            assert "Move 451 sessions (2 messages) to the trash? Type the number, 451," in shown
            terminal.type(typed)
            assert terminal.end() == status
        assert live() == (0 if status == 0 else COUNT + 1)


def test_what_comes_while_the_question_is_open_is_not_deleted(many: str, program: Path) -> None:
    with Terminal([str(program), "sessions", "delete", "--match", "draft"]) as terminal:
        terminal.expect("Move 450 sessions (0 messages) to the trash? [y/N]")
        with open_store(many) as store:
            store.create_session(a_session(name="draft of tomorrow"))
            [used] = store.find_by_name("draft 7")
            store.touch_session(used.session.id)
        terminal.type("y\n")
        assert terminal.end() == 0
    assert {row[5] for row in run("sessions", "list").rows} == {
        "draft of tomorrow", "draft 7", "kept",
    }  # fmt: skip


def test_a_stopped_deletion_says_how_far_it_came_and_can_go_on(url: str, tmp_path: Path) -> None:
    with open_store(url) as store:
        fill(store, 1000)
    delete = ["sessions", "delete", "--match", "draft", "-y"]
    command = stopping_at("Deleting", tmp_path / "updates", delete)
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as deleting,
        open_store(url) as store,
    ):
        wait_until_it_stands(deleting)
        deleting.send_signal(signal.SIGINT)
        go_on(deleting)
        _, err = deleting.communicate()
        assert deleting.returncode == -signal.SIGINT, err
        gone = store.count_sessions(deleted=True)
        assert 0 < gone < 1000
        assert err.decode() == (
            f"Stopped after {gone:,} of 1,000 sessions. Run the same command again to go on.\n"
        )
        assert run(*delete).status == 0
        assert store.count_sessions(deleted=True) == 1000


def test_memory_does_not_grow_with_the_trash(url: str, program: Path) -> None:
    """The peak of a run over 20,000 sessions is that of a run over 200, and a little."""
    peaks = []
    with open_store(url) as store:
        for count in (200, 20_000):
            fill_quickly(store, count)
            peaks.append(peak_of(program, "sessions", "delete", "--all", "-y"))
            peaks.append(peak_of(program, "sessions", "restore", "--all"))
            peaks.append(peak_of(program, "sessions", "delete", "--purge", "--all", "-y"))
            assert store.count_sessions() == 0
    assert max(peaks[3:]) < max(peaks[:3]) + 8 * 1024


def fill_quickly(store: SessionStore, count: int) -> None:
    moment = "2026-01-01T00:00:00+00:00"

    def fill(raw: apsw.Connection) -> None:
        raw.executemany(
            "INSERT INTO sessions (id, provider, model, created_at, updated_at, preview)"
            " VALUES (?, 'p', 'm', ?, ?, 'some text')",
            ((ids.new_id(), moment, moment) for _ in range(count)),
        )

    store._connection.transaction(fill)  # type: ignore[attr-defined]


def peak_of(program: Path, *words: str) -> int:
    """Kilobytes that the program took at the most."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    measured = Installed(program)(*words, wrapper=[sys.executable, "-c", script])
    assert measured.status == 0, measured
    return int(measured.text)
