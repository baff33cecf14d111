"""What was purged is gone from the files, or it is said, remembered and made up for."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Self

import pytest
from contract.builders import a_finished_turn, a_session
from program import Installed, run

from synapse.stores import open_store
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "Scheherazade-1001"

_READ = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN; SELECT count(*) FROM messages").fetchall()
print("reading", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
print("done", flush=True)
sys.stdin.readline()
"""


class Reader:
    """Another process, in a read transaction."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _READ, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._hears(b"reading\n")

    def _hears(self, word: bytes) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == word

    def stop_reading(self) -> None:
        """It goes on to have the file open."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        self._hears(b"done\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def path(home: Path) -> Path:
    """The database of the program, with one session that is a secret and one that is none."""
    path = home / ".config" / "synapse" / "sessions.db"
    with open_store(path) as store:
        session = a_session(name="secret")
        a_finished_turn(store, session, SECRET, f"{SECRET} " * 3000, create=True)
        store.trash_session(session.id)
        a_finished_turn(store, a_session(name="other"), "other", create=True)
    return path


def traces(path: Path) -> int:
    return sum(
        file.read_bytes().count(SECRET.encode())
        for file in path.parent.iterdir()
        if file.name in ("sessions.db", "sessions.db-wal")
    )


def purge(path: Path, **environ: str) -> str:
    ran = run("sessions", "purge", "-y", environ={"SYNAPSE_BUSY_TIMEOUT": "0.05", **environ})
    assert ran.status == 0
    return ran.err


def subjects(path: Path) -> list[str]:
    return [finding.subject for finding in SqliteMaintenance(f"sqlite:{path}").check()]


def test_alone_the_text_is_gone_at_once(path: Path) -> None:
    assert traces(path) > 0
    said = purge(path)
    assert "Their text is gone from the database." in said
    assert traces(path) == 0
    assert subjects(path) == []


def test_beside_a_reader_it_is_not_said_to_be_gone(path: Path) -> None:
    with Reader(path):
        said = purge(path)
        assert traces(path) > 0
        assert "is gone" not in said
        assert "can still be read" in said
        ran = run("db", "check", environ={"SYNAPSE_BUSY_TIMEOUT": "0.05"})
        assert ran.status == 1
        assert ran.text.startswith("erasure: text of sessions that were purged at 20")
        assert f"{path}-wal" in ran.text
        assert "synapse db check" in ran.err
        assert "--repair" not in ran.err


@pytest.mark.parametrize("words", ["sessions list", "-p echo hello", "db check", "sessions stats"])
def test_the_next_program_finishes_it(path: Path, program: Path, words: str) -> None:
    with Reader(path):
        purge(path)
    assert traces(path) > 0
    assert Installed(program)(*words.split()).status == 0
    assert traces(path) == 0
    assert subjects(path) == []


def test_the_last_to_leave_finishes_it(path: Path) -> None:
    reader = open_store(path)
    raw = reader._connection.raw  # type: ignore[attr-defined]
    raw.execute("BEGIN; SELECT count(*) FROM messages").fetchall()
    purge(path)
    assert traces(path) > 0
    raw.execute("ROLLBACK")
    reader.close()
    assert traces(path) == 0
    with open_store(path) as store:
        assert not store.erasure_pending()


def test_a_reader_that_only_has_it_open_prevents_nothing(path: Path) -> None:
    with Reader(path) as reader:
        reader.stop_reading()
        assert "is gone" in purge(path)
        assert traces(path) == 0


def test_a_purge_that_is_killed_is_finished(path: Path) -> None:
    killed = (
        "import os, sys\n"
        "from synapse.stores import open_store\n"
        "from synapse.stores.sqlite import _erasure\n"
        "_erasure.finish = lambda connection: os.kill(os.getpid(), 9)\n"
        "store = open_store(sys.argv[1])\n"
        "store.delete_sessions([s.session.id for s in store.list_sessions(deleted=True)])\n"
    )
    ended = subprocess.run([sys.executable, "-c", killed, str(path)], check=False)
    assert ended.returncode == -9
    assert traces(path) > 0
    with open_store(path) as store:
        assert store.erasure_pending()
    assert traces(path) == 0
    assert subjects(path) == []


def test_a_later_purge_stays_owed_when_an_earlier_one_is_finished(path: Path) -> None:
    with open_store(path, busy_timeout=0.05) as store:
        connection = store._connection  # type: ignore[attr-defined]
        with Reader(path):
            purge(path)
        from synapse.stores.sqlite import _erasure

        notes = _erasure.pending_purges(connection)
        assert connection.truncate_wal()
        with Reader(path):
            [other] = store.list_sessions()
            store.delete_session(other.session.id)
            _erasure.delete_records(connection, notes)
            assert store.erasure_pending()


def test_a_store_in_memory_owes_nothing() -> None:
    with open_store(":memory:") as store:
        session = a_session()
        a_finished_turn(store, session, create=True)
        assert store.delete_session(session.id)
        assert not store.erasure_pending()


@pytest.mark.parametrize(
    "words", ["sessions delete other --purge -y", "sessions delete --all --purge -y"]
)
def test_every_way_to_purge_tells_the_truth(path: Path, words: str) -> None:
    with Reader(path):
        ran = run(*words.split(), environ={"SYNAPSE_BUSY_TIMEOUT": "0.05"})
        assert ran.status == 0
        assert "is gone" not in ran.err
        assert "can still be read" in ran.err
    assert "is gone" in purge(path)
