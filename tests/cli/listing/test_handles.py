"""Sessions whose handles are alike: whatever is printed for one means it and no other."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from program import Terminal, run, sessions
from prompt import echo

from synapse.domain import Role, Session, StoredMessage
from synapse.stores import open_inspection, open_store

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "01900000-0000-7000-8000-0133abcdef01"
SECOND = "01900000-0000-7000-8000-0463abcdef01"
"""They differ in the tenth digit from the end."""
LONGER = {FIRST: "33abcdef01", SECOND: "63abcdef01"}


@pytest.fixture(autouse=True)
def alike(home: Path) -> Path:
    path = home / ".config" / "synapse" / "sessions.db"
    add(path, FIRST)
    add(path, SECOND)
    return path


def add(path: Path, id: str, name: str | None = None) -> None:
    with open_store(path) as store:
        session = Session.new("echo", "echo").replace(id=id, name=name)
        store.create_session(session)
        store.add_message(StoredMessage.new(id, Role.USER, f"asked in {id[-12:-8]}"))


def handles() -> dict[str, str]:
    return {row["id"]: row["handle"] for row in sessions()}


def test_lists_show_as_many_digits_as_tell_them_apart() -> None:
    assert handles() == LONGER
    table = run("sessions", "list", "-F", "table").text
    assert [line.split()[0] for line in table.splitlines()[1:]] == [LONGER[SECOND], LONGER[FIRST]]
    for id, handle in LONGER.items():
        shown = run("sessions", "show", handle, "--json").json()
        assert (shown["session"]["id"], shown["session"]["handle"]) == (id, handle)


def test_a_lone_session_has_eight(alike: Path) -> None:
    run("sessions", "delete", FIRST, "--purge", "-y")
    assert handles() == {SECOND: "abcdef01"}


def test_the_trash_counts_and_the_undo_means_one() -> None:
    deleted = run("sessions", "delete", FIRST)
    assert LONGER[FIRST] in deleted.err
    assert handles() == {SECOND: LONGER[SECOND]}
    run("sessions", "delete", SECOND)
    undo = deleted.err.rpartition("Undo:  synapse ")[2]
    assert run(*shlex.split(undo)).status == 0
    assert list(handles()) == [FIRST]


def test_the_undo_of_a_clean_up_means_what_it_moved() -> None:
    ran = run("sessions", "list", environ={"SYNAPSE_MAX_SESSIONS": "1"})
    undo = ran.err.rpartition("Undo:  synapse ")[2]
    assert run(*shlex.split(undo)).status == 0
    assert set(handles()) == {FIRST, SECOND}


def test_what_is_ambiguous_lists_what_is_not() -> None:
    ran = run("sessions", "show", "abcdef01")
    assert ran.status == 3
    assert set(re.findall(r"\w*abcdef01", ran.err)) >= set(LONGER.values())


def test_every_message_names_one(program: Path) -> None:
    handle = LONGER[FIRST]
    assert handle in run("sessions", "rename", FIRST, "--title", "about this").err
    assert handle in run("sessions", "pin", FIRST).err
    assert handle in run("sessions", "rename", FIRST, "first").err
    assert handle in run("sessions", "rename", SECOND, "first").err  # it is taken
    assert run("ask", "-s", FIRST, "hello", "--json").json()["session"]["handle"] == handle
    with Terminal([str(program), "ask", "-s", handle, "hello"]) as terminal:
        assert terminal.end() == 0
        assert handle in terminal.text


def test_the_prompt_says_how_to_come_back_to_this_one(program: Path) -> None:
    handle = LONGER[FIRST]
    with echo(program, "-r", "-s", handle) as window:
        assert window.quit() == 0
        assert any(f"synapse -r -s {handle}" in line for line in window.lines)


def test_completion_inserts_one() -> None:
    ran = run("__complete", "sessions", "show", "abcdef01")
    inserted = [row[0] for row in ran.rows if row]
    assert set(LONGER.values()) <= set(inserted)
    ran = run("__complete", "sessions", "show", LONGER[FIRST])
    assert LONGER[FIRST] in ran.text


def test_an_id_or_a_name_that_begins_like_a_handle_counts(alike: Path) -> None:
    run("sessions", "delete", FIRST, "--purge", "-y")
    add(alike, "abcdef01-0000-7000-8000-000000000001")
    assert handles()[SECOND] == "3abcdef01"
    run("sessions", "delete", "id:abcdef01-0000", "--purge", "-y")
    assert handles()[SECOND] == "abcdef01"
    add(alike, "01900000-0000-7000-8000-000000000002", name="ABCDEF01")
    assert handles()[SECOND] == "3abcdef01"
    assert run("sessions", "show", "3abcdef01", "--json").json()["session"]["id"] == SECOND


def test_ids_that_differ_only_at_their_beginning_are_shown_whole(alike: Path) -> None:
    whole = "11900000-0000-7000-8000-0133abcdef01"
    add(alike, whole)
    found = handles()
    assert (found[whole], found[FIRST]) == (whole, FIRST)
    assert run("sessions", "show", found[whole], "--json").json()["session"]["id"] == whole


def test_a_diagnosis_and_a_busy_session_are_told_apart(alike: Path) -> None:
    with open_store(alike) as store:
        session = store.get_session(FIRST)
        assert session is not None
        assert session.handle == LONGER[FIRST]
        assert [s.session.id for s in store.find_by_prefix(LONGER[FIRST])] == [FIRST]
        assert len(store.find_by_prefix("abcdef01")) == 2
        answer = StoredMessage.new(FIRST, Role.ASSISTANT, "")
        store.begin_turn(session, None, answer, create=False)
    assert open_inspection(f"sqlite:{alike}").check() == []
