"""SQLite files of other programs: read, and left as they are."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from formats.reading.given import given, tree
from synapse.errors import ImportFailed
from synapse.formats.reading import databases
from synapse.formats.reading.databases import opened, tables_of
from synapse.formats.reading.sources import FileSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CREATE = "CREATE TABLE t (a, b TEXT)"
COUNT = 2000


def filled(path: Path, journal: str = "delete") -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute(CREATE)
        rows = [(number, "x" * 100) for number in range(COUNT)]
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
        connection.commit()


def numbers(path: Path) -> list[object]:
    with opened(FileSource(path)) as database:
        return [row["a"] for row in database.records("t", "ORDER BY a")]


@pytest.mark.parametrize("journal", ["delete", "wal", "persist", "truncate"])
def test_a_database_is_read_without_a_trace(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "a ?%#b.db"
    filled(path, journal)
    before = tree(tmp_path)
    assert numbers(path) == list(range(COUNT))
    assert tree(tmp_path) == before


DIES = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = " + sys.argv[2])
connection.execute("PRAGMA cache_size = 5")
connection.execute("PRAGMA cache_spill = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE t SET a = a + 1000000")
if sys.argv[3]:
    connection.execute("COMMIT")
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(path: Path, journal: str, commits: bool) -> None:
    """Let a program change everything and die before it has tidied up."""
    words = [sys.executable, "-c", DIES, str(path), journal, "yes" if commits else ""]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL


def test_a_crash_is_rolled_back_in_a_copy_only(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    filled(path)
    killed(path, "delete", commits=False)
    assert (tmp_path / "a.db-journal").stat().st_size
    before = tree(tmp_path)
    assert numbers(path) == list(range(COUNT))
    assert tree(tmp_path) == before


@pytest.mark.parametrize("commits", [True, False])
def test_changes_that_wait_in_a_wal_are_read(tmp_path: Path, commits: bool) -> None:
    path = tmp_path / "a.db"
    filled(path)
    killed(path, "wal", commits)
    assert (tmp_path / "a.db-wal").stat().st_size
    before = tree(tmp_path)
    added = 1_000_000 if commits else 0
    assert numbers(path) == list(range(added, added + COUNT))
    assert tree(tmp_path) == before


HOLDS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2])
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(path: Path, statement: str) -> Iterator[None]:
    """Another program has run the statement, and keeps the file open."""
    words = [sys.executable, "-c", HOLDS, str(path), statement]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"ready\n"
        yield
        other.stdin.close()


def test_a_database_that_another_program_has_open_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    filled(path, "wal")
    with held(path, "INSERT INTO t VALUES (-1, 'new')"):
        before = tree(tmp_path)
        assert before["a.db-wal"]
        assert numbers(path) == [-1, *range(COUNT)]
        assert tree(tmp_path) == before


def test_a_database_that_is_locked_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.db"
    filled(path)
    monkeypatch.setattr(databases, "_BUSY_MILLISECONDS", 1)
    with (
        held(path, "BEGIN EXCLUSIVE"),
        pytest.raises(ImportFailed, match="another program keeps it locked"),
    ):
        numbers(path)


def test_a_read_only_folder_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    filled(path, "wal")
    tmp_path.chmod(0o500)
    try:
        assert numbers(path) == list(range(COUNT))
    finally:
        tmp_path.chmod(0o700)


def test_a_database_from_a_pipe_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    filled(path)
    with opened(given(path.read_bytes())) as database:
        assert len(list(database.records("t"))) == COUNT


def test_damage_is_a_failure_with_the_file_s_name(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    filled(path)
    content = path.read_bytes()
    for damaged in (content[:5000], content[:100], content[:16], content[:4096] + os.urandom(9000)):
        path.write_bytes(damaged)
        with pytest.raises(ImportFailed, match=r"a\.db"):
            numbers(path)
        assert isinstance(dict(tables_of(FileSource(path))), dict)


def test_tables_are_told_with_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute('CREATE TABLE "a ""quoted"" name" (x, "y z")')
        connection.execute("CREATE VIEW v AS SELECT 1")
        connection.commit()
    assert tables_of(FileSource(path)) == {'a "quoted" name': ("x", "y z")}
    assert tables_of(given(b"no database")) == {}


def test_texts_are_clean(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(CREATE)
        connection.execute("INSERT INTO t VALUES (1, 'a' || char(0) || 'b')")
        connection.commit()
    with opened(FileSource(path)) as database:
        assert [row["b"] for row in database.records("t")] == ["a\ufffdb"]


def test_a_text_that_is_no_utf_8_costs_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(CREATE)
        connection.execute(
            "INSERT INTO t VALUES (1, 'a'), (2, CAST(x'62ff' AS TEXT)), (3, x'ff'), (4, 'é')"
        )
        connection.commit()
    with opened(FileSource(path)) as database:
        found = [row["b"] for row in database.records("t", "ORDER BY a")]
    assert found == ["a", "b\ufffd", b"\xff", "é"]
