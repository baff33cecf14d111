"""Completion by what was said, of tags, and of a query."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from cli.completion.test_completion import complete, values
from contract.builders import a_finished_turn, a_session, add_many_turns
from program import run, sessions

from synapse.stores import open_store, sessions_for_completion, tags_for_completion

if TYPE_CHECKING:
    from pathlib import Path

TURNS = [
    ("docker", "Explain volumes", "They outlive containers."),
    (None, "Where is the disk", "Under /var/lib, in the containers' folder"),
    ("travel", "東京旅行の計画", "まず京都"),
]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is."""
    for look in (sessions_for_completion, tags_for_completion):
        assert look.__kwdefaults__ is not None
        monkeypatch.setitem(look.__kwdefaults__, "seconds", 60.0)


@pytest.fixture(autouse=True)
def said(home: Path) -> Path:
    """Three sessions; the file they are in."""
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    with open_store(f"sqlite:{folder}/sessions.db") as store:
        for name, question, answer in TURNS:
            a_finished_turn(store, a_session(name=name), question, answer, create=True)
    return folder / "sessions.db"


def handle(preview: str) -> str:
    return str(next(s["handle"] for s in sessions() if s["preview"] == preview))


def test_sessions_are_found_by_what_was_said_where_none_is_called_so() -> None:
    assert values("-s outlive") == [handle("Explain volumes")]
    assert values("-s 京都") == [handle("東京旅行の計画")]
    assert values("-s container") == [handle("Where is the disk"), handle("Explain volumes")]
    assert values("-s nothing-like-it") == []


def test_a_name_is_completed_at_once_whatever_was_said_elsewhere() -> None:
    run("-p", "echo", "--name", "containers", "hello")
    assert values("-s container") == ["containers"]


def test_a_look_for_what_was_said_leaves_no_trace(said: Path) -> None:
    before = {path.name: path.read_bytes() for path in said.parent.iterdir()}
    assert complete("-s outlive")
    assert {path.name: path.read_bytes() for path in said.parent.iterdir()} == before
    os.chmod(said, 0o400)
    assert complete("-s outlive")


def test_sessions_in_the_trash_are_not_found_by_what_was_said() -> None:
    run("sessions", "delete", "docker")
    assert values("-s outlive") == []


def test_a_word_is_found_by_the_index_however_long_ago_it_was_said(said: Path) -> None:
    with open_store(f"sqlite:{said}") as store:
        session = store.find_by_name("docker")[0].session
        add_many_turns(store, session, (f"question {number}" for number in range(2500)))
        store.catch_up_search(everything=True)
    assert values("-s outlive") == [handle("Explain volumes")]


def test_tags_are_completed() -> None:
    run("sessions", "tag", "docker", "work")
    run("sessions", "tag", "docker", "travel", "Wine")
    assert complete("sessions list --tag w") == {"Wine": "2 sessions", "work": "1 session"}
    assert values("sessions untag docker wor") == ["work"]
    assert values("sessions list tag:wo") == ["tag:work"]
    assert values("sessions delete --match tag:wi") == ["tag:Wine"]
    assert values("sessions search -tag:wo") == ["-tag:work"]


def test_a_query_is_completed_with_filters_and_what_they_take() -> None:
    assert values("sessions search ro") == ["role:"]
    assert values("sessions search disk role:a") == ["role:assistant"]
    assert values("sessions search in:dock") == ["in:docker"]
    assert values("sessions search has:") == ["has:attachment"]
    assert values("sessions search provider:echo") == ["provider:echo"]
    assert values("sessions search disk") == []
    assert values("sessions list ro") == []


def test_no_file_no_tags(home: Path) -> None:
    assert values(f"--db {home}/none.db sessions list --tag ") == []
    assert values("--db :memory: sessions list --tag ") == []
