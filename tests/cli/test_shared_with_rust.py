"""The commands of the trash, for what the Rust program has deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from program import run
from stores.sqlite import rust

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(home: Path) -> Path:
    """A database with two sessions, of which the Rust program has deleted one."""
    run("-p", "echo", "--name", "stays", "a first phrase")
    run("-p", "echo", "--name", "goes", "a very remarkable phrase")
    path = home / ".config" / "synapse" / "sessions.db"
    with rust.Rust(path) as program:
        program.delete(program.list()[0][0])
    return path


@pytest.mark.usefixtures("path")
def test_it_is_listed_shown_and_restored() -> None:
    assert "goes" not in run("sessions", "list").out.decode()
    assert "goes" in run("sessions", "list", "--deleted").out.decode()
    assert "remarkable" in run("sessions", "show", "--deleted", "goes").out.decode()
    refused = run("-s", "goes", "more")
    assert refused.status == 3
    assert '"goes" is in the trash' in refused.err
    before = run("sessions", "show", "--deleted", "goes", "--json").json()
    restored = run("sessions", "restore", "goes")
    assert restored.status == 0
    assert restored.err.endswith('"goes" (2 messages).\n')
    after = run("sessions", "show", "goes", "--json").json()
    assert before["messages"] == after["messages"]
    assert run("sessions", "list", "--deleted").out == b""


def test_a_purge_reaches_it_and_says_what_it_can_t_promise(path: Path) -> None:
    assert "Would destroy 1 session" in run("sessions", "purge", "-n").err
    purged = run("sessions", "purge", "-y")
    assert purged.status == 0
    assert "may still be on unused pages" in purged.err
    assert "text is gone" not in purged.err
    assert run("db", "vacuum").status == 0
    assert b"remarkable" not in path.read_bytes()
    assert run("db", "check").status == 0


@pytest.mark.usefixtures("path")
def test_info_and_doctor_say_who_is_about() -> None:
    info = run("db", "info").out.decode()
    assert "in the trash  1, 1 of them deleted by another program\n" in info
    assert "also used by  the Rust Synapse: " in info
    document = run("db", "info", "--json").json()
    assert (document["kept"], document["trashed"], document["programs"]) == (
        1, 1, ["the Rust Synapse"],
    )  # fmt: skip
    diagnosed = run("doctor").out.decode()
    assert "ok  other programs: the Rust Synapse uses this file, too." in diagnosed
    assert "counts our trash towards its limit" in diagnosed


@pytest.mark.usefixtures("home")
def test_nobody_is_named_who_is_not_about() -> None:
    run("-p", "echo", "hello")
    assert "Rust" not in run("db", "info").out.decode() + run("doctor").out.decode()
    assert run("db", "info", "--json").json()["programs"] == []
