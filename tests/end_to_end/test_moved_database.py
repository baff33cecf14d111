"""The database file is moved, removed or replaced while somebody talks at the prompt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from program import Installed, read_until, run, sessions, wait_until
from prompt import CTRL_C, ENTER, contents, echo, here

from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from speaker import Speaker


@pytest.fixture
def database(home: Path) -> Path:
    return home / ".config" / "synapse" / "sessions.db"


def spilled(home: Path) -> list[str]:
    folder = home / ".local" / "state" / "synapse"
    return [
        json.loads(file.read_text())["answer"]["content"] for file in folder.glob("answer-*.json")
    ]


def test_a_question_is_refused_until_the_file_is_back(program: Path, database: Path) -> None:
    with echo(program) as window:
        window.enter("one").shows("❯ one")
        window.ready()
        database.rename(database.with_name("moved.db"))
        window.enter("two").shows("moved or removed")
        window.offers("two")  # it can be asked again
        database.with_name("moved.db").rename(database)
        window.type(ENTER)
        wait_until(lambda: contents() == ["one", "one", "two", "two"])
        assert window.quit() == 0


@pytest.mark.parametrize("how", ["moved", "removed", "replaced"])
def test_an_answer_that_streams_is_shown_and_spilled(
    program: Path, home: Path, database: Path, speaker: Speaker, how: str
) -> None:
    with here(program) as window:
        window.enter("A question")
        speaker.say("The first half, ")
        window.shows("The first half,")
        if how == "removed":
            database.unlink()
        else:
            database.rename(database.with_name("moved.db"))
        if how == "replaced":
            other = database.with_name("other.db")
            open_store(other).close()
            other.rename(database)
        speaker.say("and the second.")
        speaker.end()
        window.shows("and the second.")
        window.shows("the answer could not be saved")
        window.quit()
    assert spilled(home) == ["The first half, and the second."]
    if how == "moved":
        database.with_name("moved.db").rename(database)
        assert "Brought in 1 answer" in run("sessions", "list").err
        assert contents() == ["A question", "The first half, and the second."]
        assert run("db", "check").status == 0


def test_a_one_shot_answer_is_shown_and_spilled(
    program: Path, home: Path, database: Path, speaker: Speaker
) -> None:
    with Installed(program).start("A question") as running:
        speaker.say("The answer.")
        read_until(running.stdout, b"The answer.")
        database.rename(database.with_name("moved.db"))
        speaker.end()
        _, said = running.communicate(timeout=30)
    assert running.returncode == 6
    assert b"was moved or removed while it was in use" in said
    assert spilled(home) == ["The answer."]


def test_a_schema_that_a_newer_program_made_is_noticed(program: Path, database: Path) -> None:
    import apsw

    with echo(program) as window:
        window.enter("one").shows("❯ one")
        window.ready()
        raw = apsw.Connection(str(database))
        raw.pragma("user_version", 999)
        window.enter("two").shows("the schema 999")
        raw.pragma("user_version", 1)
        raw.close()
        window.offers("two").type(CTRL_C)
        window.quit()


def test_a_restore_takes_the_session_away_and_says_so(
    program: Path, home: Path, database: Path, tmp_path: Path
) -> None:
    run("-p", "echo", "kept")
    backup = str(tmp_path / "backup.db")
    run("db", "backup", backup)
    with echo(program) as window:
        window.enter("one").shows("❯ one")
        window.ready()
        assert Installed(program)("db", "restore", backup).status == 0
        window.enter("two").shows("Or a backup without it was restored")
        window.offers("two").type(CTRL_C)
        window.quit()
    assert [session["preview"] for session in sessions()] == ["kept"]
