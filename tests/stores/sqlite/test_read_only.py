"""A store that is opened to be read: nothing is created, changed or tidied up by it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import apsw
import pytest

from synapse import Role, Session, StoredMessage, open_store
from synapse.errors import (
    DatabaseDamaged,
    DatabaseMissing,
    MigrationError,
    StorageError,
    UsageError,
)
from synapse.search_query import SearchQuery, Word

if TYPE_CHECKING:
    from pathlib import Path

    from synapse import SessionStore


def fill(store: SessionStore, *said: str) -> Session:
    session = Session.new("echo", "echo")
    store.create_session(session)
    for text in said:
        store.add_message(StoredMessage.new(session.id, Role.USER, text))
    return session


def digests(folder: Path) -> dict[str, str]:
    """What is in the files of a folder; the index of a WAL, which is rebuilt at will, apart."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if not path.name.endswith("-shm") and path.stat().st_size
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder / "sessions.db"


def test_everything_can_be_read_and_nothing_changed(path: Path) -> None:
    with open_store(path) as store:
        session = fill(store, "a needle", "東京の天気")
    before = digests(path.parent)
    with open_store(path, read_only=True) as store:
        assert [found.session.id for found in store.list_sessions()] == [session.id]
        assert [message.content for message in store.get_messages(session.id)] == [
            "a needle",
            "東京の天気",
        ]
        [hit] = store.search(SearchQuery(expression=Word(text="天気")))
        assert hit.message.index == 2
        assert store.find_by_name("nobody") == []
        for change in (
            lambda: fill(store, "more"),
            lambda: store.rename_session(session.id, "name"),
            lambda: store.trash_session(session.id),
            lambda: store.delete_session(session.id),
            lambda: store.tag_sessions([session.id], ["tag"]),
        ):
            with pytest.raises(StorageError):
                change()
        store.catch_up_search(everything=True)
    assert digests(path.parent) == before


def test_what_a_killed_process_left_in_the_wal_is_read_and_left_there(path: Path) -> None:
    code = (
        "import os, sys; sys.path[:0] = sys.argv[2:]\n"
        "from synapse import *\n"
        "store = open_store(sys.argv[1])\n"
        "session = Session.new('echo', 'echo')\n"
        "store.create_session(session)\n"
        "store.add_message(StoredMessage.new(session.id, Role.USER, 'last words'))\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path), *sys.path], check=True, timeout=60)
    wal = path.with_name("sessions.db-wal")
    assert wal.stat().st_size > 0
    before = digests(path.parent)
    with open_store(path, read_only=True) as store:
        assert [found.preview for found in store.list_sessions()] == ["last words"]
    assert digests(path.parent) == before
    assert wal.stat().st_size > 0


def test_what_is_written_meanwhile_is_seen(path: Path) -> None:
    with open_store(path) as writer, open_store(path, read_only=True) as reader:
        session = fill(writer, "one")
        assert len(reader.get_messages(session.id)) == 1
        writer.add_message(StoredMessage.new(session.id, Role.USER, "two"))
        assert len(reader.get_messages(session.id)) == 2


def test_one_that_is_missing_is_not_created(path: Path) -> None:
    with pytest.raises(DatabaseMissing):
        open_store(path, read_only=True)
    assert list(path.parent.iterdir()) == []
    path.touch()
    with pytest.raises(DatabaseMissing):
        open_store(path, read_only=True)
    assert path.stat().st_size == 0
    with pytest.raises(DatabaseMissing):
        open_store(path.parent / "no" / "folder" / "sessions.db", read_only=True)
    assert os.listdir(path.parent) == ["sessions.db"]
    with pytest.raises(UsageError):
        open_store(":memory:", read_only=True)


def test_a_wal_without_its_file_is_left_alone(path: Path) -> None:
    wal = path.with_name("sessions.db-wal")
    wal.write_bytes(b"something that may be all there is")
    with pytest.raises(DatabaseDamaged):
        open_store(path, read_only=True)
    path.touch()
    with pytest.raises(DatabaseDamaged):
        open_store(path, read_only=True)
    assert wal.read_bytes() == b"something that may be all there is"


@pytest.mark.parametrize("version", [1, 1_000])
def test_one_of_another_version_is_refused_and_left_as_it_is(path: Path, version: int) -> None:
    with open_store(path) as store:
        fill(store, "hello")
    raw = apsw.Connection(str(path))
    raw.pragma("user_version", version)
    raw.close()
    with pytest.raises(MigrationError):
        open_store(path, read_only=True)
    raw = apsw.Connection(str(path))
    assert raw.pragma("user_version") == version
    raw.close()
    assert not [name for name in os.listdir(path.parent) if "backup" in name]


def test_another_programs_file_is_refused(path: Path) -> None:
    raw = apsw.Connection(str(path))
    raw.execute("CREATE TABLE cookies(name)")
    raw.close()
    before = digests(path.parent)
    with pytest.raises(DatabaseDamaged):
        open_store(path, read_only=True)
    assert digests(path.parent) == before
    path.write_bytes(b"no database at all, " * 500)
    with pytest.raises(DatabaseDamaged):
        open_store(path, read_only=True)


def test_one_that_came_out_of_a_backup_is_read_in_its_mode(path: Path, tmp_path: Path) -> None:
    with open_store(path) as store:
        fill(store, "kept")
    raw = apsw.Connection(str(path))
    raw.pragma("journal_mode", "delete")
    raw.close()
    copied = tmp_path / "copied.db"
    shutil.copy(path, copied)
    before = copied.read_bytes()
    with open_store(copied, read_only=True) as store:
        assert [found.preview for found in store.list_sessions()] == ["kept"]
    assert copied.read_bytes() == before
