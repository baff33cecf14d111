"""What the commands say of a database whose main file, or whose WAL, is somewhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest
from program import Installed, run
from stores.sqlite.parts import digests, make_young

from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def database(home: Path) -> Path:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    path = folder / "sessions.db"
    make_young(path)
    return path


EVERY_COMMAND = [
    "sessions list",
    "sessions show @1",
    "sessions list word",
    "sessions stats",
    "sessions prune -n",
    "-p echo hello",
    "-c hello",
    "retry",
    "db info",
    "db check",
    "db check --repair",
    "db vacuum",
    "db init",
    "db backup B",
]


@pytest.mark.parametrize("words", EVERY_COMMAND)
@pytest.mark.parametrize("empty", [False, True], ids=["missing", "empty"])
def test_every_command_refuses_a_wal_without_its_main_file(
    database: Path,
    words: str,
    empty: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = database.read_bytes()
    database.unlink()
    if empty:
        database.touch()
    before = digests(database)
    ran = run(*words.split())
    assert (ran.status, ran.out) == (6, b"")
    assert f"{database} is {'empty' if empty else 'missing'}, but {database}-wal" in ran.err
    assert "synapse db recover" in ran.err
    assert digests(database) == before
    database.write_bytes(whole)
    assert len(run("sessions", "list").rows) == 3
    assert run("db", "check").status == 0


def test_recover_makes_it_whole(database: Path) -> None:
    database.unlink()
    ran = run("db", "recover")
    assert ran.status == 0
    assert ran.err.startswith(f"Made {database} whole again")
    assert len(run("sessions", "list").rows) == 3
    assert run("db", "check").status == 0


def test_recover_says_what_is_missing(database: Path) -> None:
    for number in range(3):
        run("-p", "echo", f"{number} " + "x" * 9000)
    with open_store(database) as store:
        store.touch_session(store.list_sessions()[0].session.id)
        wal = database.with_name("sessions.db-wal").read_bytes()
    database.unlink()
    database.with_name("sessions.db-wal").write_bytes(wal)
    ran = run("db", "recover")
    assert ran.status == 6
    assert "Put that file back" in ran.err
    assert database.with_name("sessions.db-wal").read_bytes() == wal
    assert not database.exists()


def test_doctor_says_so(database: Path) -> None:
    database.unlink()
    before = digests(database)
    ran = run("doctor", environ={"SYNAPSE_PROVIDER": "echo"})
    assert ran.status == 1
    assert f"!!  content: the database {database} is missing, but {database}-wal" in ran.text
    assert digests(database) == before


def test_a_copy_of_the_one_file_is_no_empty_archive(database: Path) -> None:
    database.with_name("sessions.db-wal").unlink()
    ran = run("sessions", "list")
    assert ran.status == 6
    assert f"{database} is only a part of a database" in ran.err
    assert "No sessions" not in ran.err


def test_path_names_both_files_while_both_are_needed(database: Path) -> None:
    ran = run("db", "path")
    assert ran.text == f"{database}\n"
    assert f"A part of it is in {database}-wal" in ran.err
    run("sessions", "list")
    assert run("db", "path").err == ""


def test_info_and_doctor_know_both_files(database: Path) -> None:
    other = apsw.Connection(str(database))
    other.execute("BEGIN; SELECT * FROM sessions").fetchall()
    try:
        info = run("db", "info", "--json").json()
        held = database.with_name("sessions.db-wal").stat().st_size
        assert info["files"] == [
            {"path": str(database), "size": database.stat().st_size},
            {"path": f"{database}-wal", "size": held},
        ]
        assert info["size"] == database.stat().st_size + held > held > 0
        assert f"{database}-wal (" in run("db", "info").text
        assert f"{database}-wal, a part of the database" in run("doctor").text
    finally:
        other.close()
    run("sessions", "list")
    assert "the main file is whole" in run("doctor").text


def test_each_program_leaves_a_whole_file(program: Path, home: Path, tmp_path: Path) -> None:
    synapse = Installed(program)
    for number in range(3):
        assert synapse("-p", "echo", f"question {number}").status == 0
        copy = tmp_path / "copy.db"
        copy.write_bytes((home / ".config" / "synapse" / "sessions.db").read_bytes())
        assert len(run("sessions", "list", "--db", str(copy)).rows) == number + 1
        for file in tmp_path.glob("copy.db*"):
            file.unlink()
