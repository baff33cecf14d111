"""What can be wrong with a database file, and what is said of it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

import apsw
import pytest
from contract.builders import a_finished_turn, a_session
from stores.sqlite import rust

from synapse.errors import (
    ConfigError,
    DatabaseDamaged,
    DatabaseError,
    DatabaseFull,
    DatabaseLocked,
    MigrationError,
    StorageError,
)
from synapse.stores import open_store, without_password
from synapse.stores.sqlite import _driver_errors as _faults
from synapse.stores.sqlite.connection import wal_is_safe

if TYPE_CHECKING:
    from pathlib import Path


def read_everything(path: Path) -> None:
    with open_store(f"sqlite:{path}") as store:
        for summary in store.list_sessions():
            store.get_messages(summary.session.id)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def filled(path: Path) -> Path:
    with open_store(f"sqlite:{path}") as store:
        for number in range(20):
            a_finished_turn(store, a_session(), f"prompt {number}", "x" * 5000, create=True)
        assert store._connection.truncate_wal()  # type: ignore[attr-defined]
    return path


def test_every_exception_of_the_driver_is_translated() -> None:
    for kind in vars(apsw).values():
        if isinstance(kind, type) and issubclass(kind, apsw.Error):
            assert isinstance(_faults.translate(kind("boom"), "/x/sessions.db"), DatabaseError)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="is a folder"):
        open_store(f"sqlite:{tmp_path}")


@pytest.mark.parametrize(
    "content", [b"This is a letter, not a database. " * 100, b"SQLite format 3"]
)
def test_another_kind_of_file_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DatabaseDamaged):
        open_store(f"sqlite:{path}")
    assert path.read_bytes() == content
    assert list(path.parent.glob("sessions*")) == [path]


def test_another_program_s_database_is_refused_and_left_alone(path: Path) -> None:
    database = apsw.Connection(str(path))
    database.execute("CREATE TABLE messages (id, guid); CREATE TABLE handle (id);")
    database.close()
    before = digest(path)
    with pytest.raises(DatabaseDamaged, match="handle, messages"):
        open_store(f"sqlite:{path}")
    assert digest(path) == before


def test_a_database_that_names_another_application_is_refused(path: Path) -> None:
    database = apsw.Connection(str(path))
    database.execute(rust.SY9_SCHEMA + "PRAGMA application_id = 7;")
    database.close()
    with pytest.raises(DatabaseDamaged, match="another program"):
        open_store(f"sqlite:{path}")


def test_a_newer_database_is_refused_with_both_versions(filled: Path) -> None:
    database = apsw.Connection(str(filled))
    database.execute("PRAGMA user_version = 999")
    database.close()
    before = digest(filled)
    with pytest.raises(MigrationError, match=r"its schema is 999, this one knows \d+"):
        open_store(f"sqlite:{filled}")
    assert digest(filled) == before


def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.touch()
    with open_store(f"sqlite:{path}") as store:
        assert store.list_sessions() == []


def test_an_empty_file_beside_its_backups_is_refused(path: Path) -> None:
    path.touch()
    (path.parent / "sessions.db.bak-1").write_bytes(b"x")
    with pytest.raises(DatabaseDamaged, match=r"sessions\.db\.bak-1"):
        open_store(f"sqlite:{path}")
    assert path.stat().st_size == 0


def test_a_file_cut_in_half_is_damaged(filled: Path) -> None:
    content = filled.read_bytes()
    filled.write_bytes(content[: len(content) // 2])
    with pytest.raises(DatabaseDamaged):
        read_everything(filled)


def test_flipped_bytes_never_cause_anything_but_a_storage_error(filled: Path) -> None:
    content = bytearray(filled.read_bytes())
    for position in range(0, len(content), max(1, len(content) // 60)):
        damaged = bytearray(content)
        for offset in range(min(16, len(content) - position)):
            damaged[position + offset] ^= 0xFF
        filled.write_bytes(damaged)
        for leftover in filled.parent.glob("sessions.db-*"):
            leftover.unlink()
        try:
            read_everything(filled)
        except StorageError:
            pass


def test_a_database_in_use_for_too_long_is_an_error_and_changes_nothing(filled: Path) -> None:
    blocker = apsw.Connection(str(filled))
    blocker.execute("BEGIN IMMEDIATE")
    with open_store(f"sqlite:{filled}", busy_timeout=0.05) as store:
        with pytest.raises(DatabaseLocked, match=r"waited 0\.05 s"):
            store.create_session(a_session())
        blocker.execute("ROLLBACK")
        assert len(store.list_sessions()) == 20
    blocker.close()


def test_a_quota_is_an_error_and_loses_nothing(path: Path) -> None:
    """In a process of its own, since the limit stays with the process."""
    script = f"""
import resource, sys
sys.path[:0] = {sys.path!r}
from contract.builders import a_finished_turn, a_session
from synapse.errors import DatabaseFull
from synapse.stores import open_store
store = open_store("sqlite:{path}")
acknowledged = []
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
try:
    for number in range(1000):
        session = a_session()
        a_finished_turn(store, session, "p", "x" * 5000, create=True)
        acknowledged.append(session.id)
except DatabaseFull as error:
    print(error.message, file=sys.stderr)
    for id in acknowledged:
        assert store.get_messages(id)[1].content == "x" * 5000
    print(*acknowledged)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "does not take any more" in run.stderr
    acknowledged = run.stdout.split()
    assert 3 < len(acknowledged) < 1000
    with open_store(f"sqlite:{path}") as store:
        assert all(store.get_messages(id)[1].content == "x" * 5000 for id in acknowledged)
        a_finished_turn(store, a_session(), create=True)


def test_missing_folders_are_made_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "sessions.db"
    session = a_session()
    with open_store(f"sqlite:{path}") as store:
        a_finished_turn(store, session, create=True)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert set(modes) == {"sessions.db", "sessions.db-wal", "sessions.db-shm"}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres:x", "can't be read"),
        ("oracle:x", "unknown kind of database 'oracle'"),
        ("mssql://me:secret@host/db", "unknown kind of database 'mssql'"),
        ("mssql+pyodbc://me:secret@host/db", "unknown kind of database"),
        ("sqlite:", "names no file"),
        ("sqlite://", "names no file"),
        ("", "names no file"),
    ],
)
def test_a_url_that_is_not_for_us_is_never_taken_for_a_file(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        open_store(url)
    assert "secret" not in str(caught.value) + str(caught.value.hints)


def test_a_password_in_a_url_is_masked() -> None:
    assert without_password("postgres://me:a@b@host/db") == "postgres://me:***@host/db"
    assert without_password("sqlite:/x") == "sqlite:/x"


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ("3.40.1", False),
        ("3.44.6", True),
        ("3.50.6", False),
        ("3.50.7", True),
        ("3.51.2", False),
        ("3.51.3", True),
        ("3.54.1", True),
        ("4.0.0", True),
    ],
)
def test_wal_is_used_only_where_it_is_sound(version: str, safe: bool) -> None:
    assert wal_is_safe(version) is safe


def test_a_full_disk_is_told_from_a_damaged_one() -> None:
    assert isinstance(_faults.translate(apsw.FullError("full"), "x"), DatabaseFull)
