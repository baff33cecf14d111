"""`synapse db copy`: what it says, and how it ends."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from contract.builders import a_prompt, a_session, an_answer
from large_archive import write_large_archive
from program import Installed, run, sessions, wait_until

from synapse.app.copying import total_of
from synapse.domain import Status
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path


def ask(*prompts: str) -> None:
    for prompt in prompts:
        assert run("-p", "echo", prompt).status == 0


def test_everything_is_there_afterwards_and_verified(home: Path, tmp_path: Path) -> None:
    ask("one", "two")
    [last, first] = sessions()
    assert run("sessions", "delete", first["id"]).status == 0
    target = tmp_path / "new" / "copy.db"
    ran = run("db", "copy", f"sqlite:{target}")
    assert (ran.status, ran.out) == (0, b"")
    assert f"Copied 2 sessions to {target} (4 messages)." in ran.err
    assert "Verified: 2 sessions and 4 messages have the same hashes on both sides." in ran.err
    assert target.stat().st_mode & 0o777 == 0o600
    listed = run("--db", str(target), "sessions", "list", "--json").json()["sessions"]
    assert [one["id"] for one in listed] == [last["id"]]
    trash = run("--db", str(target), "sessions", "list", "--deleted", "-F", "id").text
    assert trash == f"{first['id']}\n"
    again = run("db", "copy", str(target))
    assert (again.status, again.out) == (0, b"")
    assert f"Copied 0 sessions to {target}, 2 already there (0 messages)." in again.err


def test_it_tells_programs_what_came_of_it(home: Path, tmp_path: Path) -> None:
    ask("one")
    told = run("db", "copy", "--json", str(tmp_path / "copy.db")).json()
    assert told["command"] == "db copy"
    assert (told["status"], told["copied"], told["messages"], told["equal"]) == (0, 1, 2, 1)
    assert (told["updated"], told["unchanged"], told["merged"], told["left"]) == (0, 0, 0, [])
    assert told["target"] == str(tmp_path / "copy.db")
    assert told["only_there"] == 0


def test_what_only_the_target_has_is_told(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    ask("one")
    assert run("--db", str(target), "-p", "echo", "mine").status == 0
    ran = run("db", "copy", str(target))
    assert ran.status == 0
    assert "1 session there is not part of this archive." in ran.err


def test_a_session_that_is_answered_is_left_and_named(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synapse.app.copying.PATIENCE", 0)
    ask("one")
    session = a_session()
    with open_store(f"sqlite:{home}/.config/synapse/sessions.db") as store:
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        ran = run("db", "copy", str(tmp_path / "copy.db"))
        assert ran.status == 8
        assert f"left: {session.handle} is being answered" in ran.err
        assert "error: 1 session of 2 could not be copied" in ran.err
        assert "Run the same command again when the answers are there" in ran.err
        store.finish_turn(answer.replace(content="there", status=Status.COMPLETE))
    assert run("db", "copy", str(tmp_path / "copy.db")).status == 0


@pytest.mark.parametrize("link", [False, True], ids=["itself", "a link to it"])
def test_the_database_in_use_is_no_target(home: Path, tmp_path: Path, link: bool) -> None:
    ask("one")
    target = home / ".config" / "synapse" / "sessions.db"
    if link:
        (tmp_path / "link.db").symlink_to(target)
        target = tmp_path / "link.db"
    before = sessions()
    ran = run("db", "copy", str(target))
    assert ran.status == 2
    assert f"error: {target} is the database in use itself" in ran.err
    assert sessions() == before


def test_a_source_that_is_not_there_is_not_made(home: Path, tmp_path: Path) -> None:
    ran = run("--db", str(tmp_path / "typo.db"), "db", "copy", str(tmp_path / "copy.db"))
    assert ran.status == 6
    assert "there is no database" in ran.err
    assert list(tmp_path.glob("*.db*")) == []


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_database_in_memory_is_not_copied(home: Path, side: str) -> None:
    ask("one")
    words = (
        ["db", "copy", ":memory:"] if side == "target" else ["--db", ":memory:", "db", "copy", "x"]
    )
    ran = run(*words)
    assert ran.status in (2, 6)
    assert "memory" in ran.err


def test_a_target_of_an_unknown_kind_is_refused_without_its_password(home: Path) -> None:
    ask("one")
    ran = run("db", "copy", "oracle://me:secret@server/archive")
    assert ran.status == 7
    assert "oracle://me:***@server/archive" in ran.err
    assert "secret" not in ran.err


def test_a_target_that_is_no_database_is_not_written_over(home: Path, tmp_path: Path) -> None:
    ask("one")
    target = tmp_path / "letter.txt"
    target.write_text("Dear reader, " * 400)
    before = target.read_bytes()
    assert run("db", "copy", str(target)).status == 6
    assert target.read_bytes() == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_stopped_anywhere_the_next_run_completes_it(
    home: Path, program: Path, tmp_path: Path, how: signal.Signals
) -> None:
    installed = Installed(program)
    source, target = tmp_path / "source.db", tmp_path / "copy.db"
    write_large_archive(source, 20_000)
    words = ("--db", str(source), "db", "copy", str(target))
    running = installed.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def has_begun() -> bool:
        if running.poll() is not None:
            return True
        try:
            with open_store(f"sqlite:{target}", read_only=True) as store:
                return bool(store.list_sessions(limit=1))
        except Exception:
            return False  # it is being made

    wait_until(has_begun)
    running.send_signal(how)
    _, err = running.communicate(timeout=60)
    assert running.returncode in (-how, 0)
    if running.returncode == -signal.SIGINT:
        assert b"Stopped. Run the same command again to go on." in err
    ran = run(*words)
    assert ran.status == 0
    assert "Verified: 1,000 sessions and 20,000 messages" in ran.err
    with open_store(f"sqlite:{target}") as store:
        assert total_of(store).messages == 20_000
