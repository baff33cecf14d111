"""A database is its main file and its WAL: neither is opened without the other, and the main
file is whole as soon as nobody uses it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import apsw
import pytest
from contract.builders import a_finished_turn, a_session
from stores.sqlite import rust
from stores.sqlite.parts import digests, make_young, prompts

from synapse.cli.advice.as_command import hint_lines
from synapse.errors import DatabaseDamaged, DatabaseError, MigrationError
from synapse.stores import open_store, sessions_for_completion
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALL = {"prompt 0", "prompt 1", "prompt 2"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder / "sessions.db"


def care(path: Path) -> SqliteMaintenance:
    return SqliteMaintenance(f"sqlite:{path}")


def remove(path: Path) -> None:
    path.unlink()


def cut_to_nothing(path: Path) -> None:
    os.truncate(path, 0)


headless = pytest.mark.parametrize("behead", [remove, cut_to_nothing])


class TestAMainFileThatIsGone:
    @headless
    @pytest.mark.parametrize(
        "use",
        [
            lambda path: open_store(path),
            lambda path: care(path).info(),
            lambda path: care(path).check(),
            lambda path: care(path).repair(),
            lambda path: care(path).vacuum(),
            lambda path: care(path).back_up(f"{path}.copy"),
            lambda path: care(path.with_name("other.db")).restore(str(path)),
        ],
        ids=["open", "info", "check", "repair", "vacuum", "back_up", "restore from it"],
    )
    def test_is_refused_and_nothing_is_touched(
        self, path: Path, behead: Callable[[Path], None], use: Callable[[Path], object]
    ) -> None:
        make_young(path)
        open_store(path.with_name("other.db")).close()
        whole = path.read_bytes()
        behead(path)
        before = digests(path)
        with pytest.raises(DatabaseError):
            use(path)
        assert digests(path) == before
        path.write_bytes(whole)
        assert prompts(path) == ALL
        assert care(path).check() == []

    @headless
    def test_is_said_with_both_names_and_the_way_out(
        self, path: Path, behead: Callable[[Path], None]
    ) -> None:
        make_young(path)
        behead(path)
        with pytest.raises(DatabaseDamaged) as caught:
            open_store(path)
        said = " ".join((caught.value.message, *hint_lines(caught.value.hints)))
        assert str(path) in said
        assert f"{path}-wal" in said
        assert "synapse db recover" in said

    @headless
    def test_is_seen_through_a_link(
        self, path: Path, tmp_path: Path, behead: Callable[[Path], None]
    ) -> None:
        make_young(path)
        link = tmp_path / "link.db"
        link.symlink_to(path)
        behead(path)
        before = digests(path)
        with pytest.raises(DatabaseError):
            open_store(link)
        assert digests(path) == before

    @headless
    def test_completion_has_no_sessions_and_leaves_the_wal(
        self, path: Path, behead: Callable[[Path], None]
    ) -> None:
        make_young(path)
        behead(path)
        before = digests(path)
        assert sessions_for_completion(f"sqlite:{path}", "", deleted=False, limit=9) == []
        assert digests(path) == before

    @headless
    def test_is_a_finding_of_the_diagnosis(
        self, path: Path, behead: Callable[[Path], None]
    ) -> None:
        make_young(path)
        behead(path)
        before = digests(path)
        [wrong] = [finding for finding in care(path).diagnose() if not finding.ok]
        assert f"{path}-wal" in wrong.text
        assert "synapse db recover" in "\n".join(hint_lines(wrong.hints))
        assert digests(path) == before

    @headless
    def test_is_made_again_from_a_wal_that_holds_everything(
        self, path: Path, behead: Callable[[Path], None]
    ) -> None:
        make_young(path)
        behead(path)
        assert care(path).rebuild()
        assert path.stat().st_mode & 0o777 == 0o600
        assert prompts(path) == ALL
        assert care(path).check() == []
        assert not care(path).rebuild()
        assert sorted(file.name for file in path.parent.iterdir() if "db." in file.name) == []

    @headless
    def test_is_not_made_from_a_wal_that_holds_a_part(
        self, path: Path, behead: Callable[[Path], None]
    ) -> None:
        with open_store(path) as store:
            for number in range(3):
                a_finished_turn(store, a_session(), f"prompt {number}", "x" * 9000, create=True)
        with open_store(path) as store:
            a_finished_turn(store, a_session(), "newest", "answer", create=True)
            wal = path.with_name("sessions.db-wal").read_bytes()
        behead(path)
        path.with_name("sessions.db-wal").write_bytes(wal)
        before = digests(path)
        with pytest.raises(DatabaseDamaged, match="only what was written last"):
            care(path).rebuild()
        assert digests(path) == before

    @headless
    @pytest.mark.parametrize("wal", [b"x", b"rubbish" * 1000, bytes(8192)])
    def test_is_not_made_from_what_is_no_wal(
        self, path: Path, behead: Callable[[Path], None], wal: bytes
    ) -> None:
        path.touch()
        behead(path)
        path.with_name("sessions.db-wal").write_bytes(wal)
        with pytest.raises(DatabaseDamaged):
            open_store(path)
        with pytest.raises(DatabaseDamaged, match="no write-ahead log"):
            care(path).rebuild()
        assert path.with_name("sessions.db-wal").read_bytes() == wal

    @headless
    def test_what_the_wal_holds_can_be_saved_elsewhere(
        self, path: Path, behead: Callable[[Path], None]
    ) -> None:
        make_young(path)
        behead(path)
        before = digests(path)
        report = care(path).salvage(str(path.with_name("saved.db")))
        assert (report.sessions, report.messages, report.unreadable) == (3, 6, 0)
        assert prompts(path.with_name("saved.db")) == ALL
        assert digests(path) == before

    @headless
    def test_a_backup_takes_its_place_and_the_wal_is_kept(
        self, path: Path, behead: Callable[[Path], None]
    ) -> None:
        backup = path.with_name("backup.db")
        with open_store(backup) as store:
            a_finished_turn(store, a_session(), "of the backup", create=True)
        make_young(path)
        wal = path.with_name("sessions.db-wal").read_bytes()
        behead(path)
        kept = care(path).restore(str(backup))
        assert prompts(path) == {"of the backup"}
        assert care(path).check() == []
        assert kept is not None
        with open(f"{kept}-wal", "rb") as file:
            assert file.read() == wal

    def test_an_empty_wal_is_nothing_to_lose(self, path: Path) -> None:
        path.with_name("sessions.db-wal").touch()
        assert prompts(path) == set()


class TestAPartOfADatabase:
    def test_is_no_empty_database(self, path: Path) -> None:
        make_young(path)
        path.with_name("sessions.db-wal").unlink()
        before = digests(path)
        with pytest.raises(DatabaseDamaged, match="only a part of a database") as caught:
            open_store(path)
        assert "-wal" in " ".join(hint_lines(caught.value.hints))
        assert digests(path)[""] == before[""]

    def test_is_no_backup(self, path: Path) -> None:
        make_young(path)
        path.with_name("sessions.db-wal").unlink()
        other = path.with_name("other.db")
        with pytest.raises(DatabaseDamaged, match="only a part of a database"):
            care(other).restore(str(path))

    def test_is_the_beginning_of_a_file(self, path: Path) -> None:
        with open_store(path) as store:
            a_finished_turn(store, a_session(), create=True)
        os.truncate(path, 8192)
        with pytest.raises(DatabaseDamaged, match=r"only a part of a database: of its .* 2 are"):
            prompts(path)

    def test_with_its_other_part_it_is_whole(self, path: Path) -> None:
        make_young(path)
        assert prompts(path) == ALL

    def test_a_backup_never_goes_beside_the_wal_of_something_else(self, path: Path) -> None:
        open_store(path).close()
        target = path.with_name("target.db")
        make_young(target)
        before = digests(target)
        with pytest.raises(DatabaseError, match=r"target\.db-wal"):
            care(path).back_up(str(target), replace=True)
        target.unlink()
        with pytest.raises(DatabaseError, match=r"target\.db-wal"):
            care(path).back_up(str(target))
        assert digests(target)["-wal"] == before["-wal"]


def alone(path: Path) -> set[str]:
    """What a copy of the one file holds."""
    copy = path.with_name("copy.db")
    shutil.copyfile(path, copy)
    try:
        assert care(copy).check() == []
        return prompts(copy)
    finally:
        for file in path.parent.glob("copy.db*"):
            file.unlink()


_WORK = """
import sys
from contract.builders import a_finished_turn, a_session
from synapse.stores import open_store
store = open_store(sys.argv[1])
a_finished_turn(store, a_session(), sys.argv[2], create=True)
print("ready", flush=True)
sys.stdin.readline()
store.close()
"""


class Process:
    """Another process that has stored a turn, and has the database open."""

    def __init__(self, path: Path, prompt: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _WORK, str(path), prompt],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def leave(self) -> None:
        self.process.communicate(b"\n", timeout=30)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=30)


class TestTheMainFileAlone:
    def test_is_whole_once_the_schema_is_made(self, path: Path) -> None:
        with open_store(path):
            assert alone(path) == set()

    def test_is_whole_when_a_process_has_left(self, path: Path) -> None:
        Process(path, "one").leave()
        assert alone(path) == {"one"}
        assert path.with_name("sessions.db-wal").stat().st_size == 0

    def test_is_whole_when_the_last_process_has_left(self, path: Path) -> None:
        processes = [Process(path, f"of {number}") for number in range(4)]
        for process in processes:
            process.leave()
        assert alone(path) == {"of 0", "of 1", "of 2", "of 3"}

    def test_is_whole_when_a_reader_leaves_after_the_writer(self, path: Path) -> None:
        open_store(path).close()
        reader = open_store(path)
        raw = reader._connection.raw  # type: ignore[attr-defined]
        raw.execute("BEGIN; SELECT count(*) FROM messages").fetchall()
        Process(path, "written while another reads").leave()
        raw.execute("ROLLBACK")
        reader.close()
        assert alone(path) == {"written while another reads"}

    def test_is_whole_when_somebody_has_looked_after_a_kill(self, path: Path) -> None:
        Process(path, "killed").kill()
        assert prompts(path) == {"killed"}
        assert alone(path) == {"killed"}

    def test_can_be_moved_away_and_back_while_nobody_uses_it(self, path: Path) -> None:
        Process(path, "one").leave()
        elsewhere = path.with_name("elsewhere")
        path.rename(elsewhere)
        assert prompts(path) == set()
        elsewhere.rename(path)
        assert prompts(path) == {"one"}
        assert care(path).check() == []

    def test_leaving_waits_for_nobody(self, path: Path) -> None:
        open_store(path).close()
        other = apsw.Connection(str(path))
        with open_store(path, busy_timeout=30) as store:
            a_finished_turn(store, a_session(), "one", create=True)
            other.execute("BEGIN IMMEDIATE; SELECT count(*) FROM messages").fetchall()
        # 30 s of a busy timeout would end this test by its own limit
        other.execute("ROLLBACK")
        other.close()
        assert alone(path) == {"one"}

    def test_a_wal_in_a_place_that_can_t_be_written_is_left(self, path: Path) -> None:
        make_young(path)
        with open_store(path) as store:
            store._connection.raw.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]
            assert len(store.list_sessions()) == 3

    def test_an_upgrade_leaves_no_wal_behind(self, path: Path) -> None:
        rust.make_database(path)
        database = rust.connect(path)
        database.execute("PRAGMA journal_mode = WAL")
        for number in range(2000):
            rust.add_message(database, f"m-{number}", rust.OLD, "x" * 500, "2026-01-01T00:00:00Z")
        database.close()
        with open_store(path):
            assert path.with_name("sessions.db-wal").stat().st_size == 0

    def test_a_database_without_a_wal_gets_one(self, path: Path) -> None:
        open_store(path).close()
        database = apsw.Connection(str(path))
        assert database.pragma("journal_mode", "DELETE") == "delete"
        database.close()
        open_store(path).close()
        database = apsw.Connection(str(path))
        assert database.pragma("journal_mode") == "wal"
        database.close()


class TestManyAtOnce:
    def test_who_waits_in_vain_looks_less_often(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses: list[float] = []
        with open_store(path, busy_timeout=3600) as store:
            monkeypatch.setattr("time.sleep", pauses.append)
            wait = store._connection._wait  # type: ignore[attr-defined]
            assert all(wait(calls) for calls in range(1000))
        assert max(pauses[:40]) < 0.0031, "few who wait are not kept waiting"
        assert sum(pauses[-100:]) > 4 * sum(pauses[:100])
        assert max(pauses) < 0.03, "nobody is starved by those who come later"

    def test_a_reader_keeps_nobody_from_opening_a_database_without_a_wal(self, path: Path) -> None:
        open_store(path).close()
        other = apsw.Connection(str(path))
        other.pragma("journal_mode", "DELETE")
        other.execute("BEGIN; SELECT * FROM sessions").fetchall()
        with open_store(path, busy_timeout=0.05) as store:
            assert store.list_sessions() == []
        other.execute("ROLLBACK")
        assert other.pragma("journal_mode") == "delete"
        with open_store(path) as store:
            a_finished_turn(store, a_session(), "one", create=True)
            fresh = apsw.Connection(str(path))
            assert fresh.pragma("journal_mode") == "wal"
            fresh.close()
        other.close()
        assert alone(path) == {"one"}


def test_a_restored_backup_of_an_older_version_is_brought_up_to_date(path: Path) -> None:
    open_store(path).close()
    old = path.with_name("old.db")
    rust.make_database(old)
    with open_store(path) as store:
        care(path).restore(str(old))
        assert [m.content for m in store.get_messages(rust.OLD)] == ["text 0", "text 1", "text 2"]
        a_finished_turn(store, a_session(), create=True)


def test_a_backup_of_a_newer_version_is_refused(path: Path) -> None:
    newer = path.with_name("newer.db")
    for file in (path, newer):
        with open_store(file) as store:
            a_finished_turn(store, a_session(), file.name, create=True)
    database = apsw.Connection(str(newer))
    database.pragma("user_version", 999)
    database.close()
    with pytest.raises(MigrationError, match="999"):
        care(path).restore(str(newer))
    assert prompts(path) == {"sessions.db"}
