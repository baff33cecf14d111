"""A database that is moved, removed, replaced or raised to another schema while it is open."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer
from stores.sqlite import rust
from stores.sqlite.parts import prompts

from synapse.cli.advice.as_command import hint_lines
from synapse.errors import DatabaseReplaced, MigrationError, NotFoundError, StorageError
from synapse.stores import open_store
from synapse.stores.sqlite._schema import SCHEMA
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from synapse.ports import SessionStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SessionStore]:
    with open_store(path) as store:
        a_finished_turn(store, a_session(), "first", create=True)
        yield store


def elsewhere(*code: str) -> None:
    """Run lines of Python in another process."""
    subprocess.run([sys.executable, "-c", "\n".join(code)], check=True, timeout=30)


def move(path: Path) -> None:
    path.rename(path.with_name("moved.db"))


def move_both(path: Path) -> None:
    move(path)
    path.with_name("sessions.db-wal").rename(path.with_name("moved.db-wal"))


def remove(path: Path) -> None:
    path.unlink()


def remove_wal(path: Path) -> None:
    path.with_name("sessions.db-wal").unlink()


def remove_index(path: Path) -> None:
    path.with_name("sessions.db-shm").unlink()


def empty(path: Path) -> None:
    os.truncate(path, 0)


def rename_over(path: Path) -> None:
    """As a tool that synchronises folders does."""
    other = path.with_name("other.db")
    with open_store(other) as store:
        a_finished_turn(store, a_session(), "of another machine", create=True)
    other.rename(path)


def make_new(path: Path) -> None:
    move_both(path)
    elsewhere("from synapse.stores import open_store", f"open_store({str(path)!r}).close()")


HAPPENINGS = [move, move_both, remove, remove_wal, remove_index, empty, rename_over, make_new]
happenings = pytest.mark.parametrize("happen", HAPPENINGS)


@happenings
def test_no_turn_begins(store: SessionStore, path: Path, happen: Callable[[Path], None]) -> None:
    session = a_session()
    happen(path)
    with pytest.raises(DatabaseReplaced) as caught:
        store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    assert str(path) in caught.value.message
    assert caught.value.exit_status == 6
    with pytest.raises(DatabaseReplaced):
        store.create_session(a_session())


@happenings
def test_no_turn_ends(store: SessionStore, path: Path, happen: Callable[[Path], None]) -> None:
    session = a_session()
    _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    happen(path)
    with pytest.raises(DatabaseReplaced):
        store.finish_turn(answer.replace(content="all of it"))


def test_a_move_between_the_look_and_the_commit_is_noticed(store: SessionStore, path: Path) -> None:
    with pytest.raises(DatabaseReplaced):
        store._connection.transaction(lambda _: move(path))  # type: ignore[attr-defined]


def test_a_new_database_has_nothing_of_the_one_that_was_moved_away(
    store: SessionStore, path: Path
) -> None:
    make_new(path)
    with open_store(path) as new:
        a_finished_turn(new, a_session(), "new", create=True)
    store.close()
    assert prompts(path) == {"new"}
    assert prompts(path.with_name("moved.db")) == {"first"}


def test_what_is_put_back_is_gone_on_with(store: SessionStore, path: Path) -> None:
    move(path)
    with pytest.raises(DatabaseReplaced):
        a_finished_turn(store, a_session(), "lost", create=True)
    path.with_name("moved.db").rename(path)
    a_finished_turn(store, a_session(), "second", create=True)
    assert prompts(path) == {"first", "second"}


def test_a_file_that_was_moved_is_whole_once_the_process_has_left(path: Path) -> None:
    with open_store(path) as store:
        a_finished_turn(store, a_session(), "first", create=True)
        move(path)
    assert prompts(path.with_name("moved.db")) == {"first"}
    assert prompts(path) == set()


def test_the_wal_of_a_file_that_was_removed_stays(path: Path) -> None:
    with open_store(path) as store:
        a_finished_turn(store, a_session(), "first", create=True)
        wal = path.with_name("sessions.db-wal").read_bytes()
        remove(path)
    assert path.with_name("sessions.db-wal").read_bytes() == wal != b""


def test_what_was_open_is_kept_when_another_file_takes_its_place(path: Path) -> None:
    with open_store(path) as store:
        a_finished_turn(store, a_session(), "first", create=True)
        rename_over(path)
        with pytest.raises(DatabaseReplaced) as caught:
            a_finished_turn(store, a_session(), "second", create=True)
    kept = path.with_name("sessions.db.replaced-1")
    assert str(kept) in " ".join(hint_lines(caught.value.hints))
    assert prompts(kept) == {"first"}
    # and the one that is there now has no WAL of another
    assert prompts(path) == {"of another machine"}
    assert SqliteMaintenance(f"sqlite:{path}").check() == []


def test_leaving_keeps_what_was_open_when_another_file_took_its_place(path: Path) -> None:
    with open_store(path) as store:
        a_finished_turn(store, a_session(), "first", create=True)
        rename_over(path)
    assert prompts(path.with_name("sessions.db.replaced-1")) == {"first"}
    assert prompts(path) == {"of another machine"}


def test_a_schema_that_a_newer_program_made_is_noticed(store: SessionStore, path: Path) -> None:
    session = a_session()
    _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    elsewhere("import apsw", f"apsw.Connection({str(path)!r}).pragma('user_version', 999)")
    with pytest.raises(MigrationError, match=f"schema 999 by a newer .* knows {SCHEMA}"):
        store.finish_turn(answer.replace(content="all of it"))
    session = a_session()
    with pytest.raises(MigrationError):
        store.begin_turn(session, a_prompt(session), an_answer(session), create=True)


def test_a_schema_that_an_older_program_brought_back_is_noticed(
    store: SessionStore, path: Path
) -> None:
    elsewhere("import apsw", f"apsw.Connection({str(path)!r}).pragma('user_version', 1)")
    with pytest.raises(MigrationError, match="schema 1 by another"):
        a_finished_turn(store, a_session(), create=True)


def test_a_restore_by_another_process_takes_the_session_away(
    store: SessionStore, path: Path
) -> None:
    backup = path.with_name("backup.db")
    SqliteMaintenance(f"sqlite:{path}").back_up(str(backup))
    session = a_session()
    a_finished_turn(store, session, "later", create=True)
    _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=False)
    elsewhere(
        "from synapse.stores.sqlite.care.maintenance import SqliteMaintenance",
        f"SqliteMaintenance({f'sqlite:{path}'!r}).restore({str(backup)!r})",
    )
    with pytest.raises(NotFoundError):
        store.finish_turn(answer.replace(content="all of it"))
    with pytest.raises(NotFoundError, match="not in the database"):
        store.begin_turn(session, a_prompt(session), an_answer(session), create=False)
    a_finished_turn(store, a_session(), "after", create=True)
    assert prompts(path) == {"first", "after"}


def test_a_restore_of_a_damaged_file_by_another_process_is_noticed(
    store: SessionStore, path: Path
) -> None:
    backup = path.with_name("backup.db")
    SqliteMaintenance(f"sqlite:{path}").back_up(str(backup))
    shutil.copyfile(backup, path.with_name("b2.db"))
    path.write_bytes(b"rubbish" * 4000)
    path.with_name("sessions.db-wal").write_bytes(b"")
    elsewhere(
        "from synapse.stores.sqlite.care.maintenance import SqliteMaintenance",
        f"SqliteMaintenance({f'sqlite:{path}'!r}).restore({str(backup)!r})",
    )
    with pytest.raises(StorageError):
        a_finished_turn(store, a_session(), "second", create=True)
    assert prompts(path) == {"first"}


def test_a_database_in_memory_has_no_files() -> None:
    with open_store(":memory:") as store:
        a_finished_turn(store, a_session(), create=True)


def test_an_upgrade_by_this_process_is_no_finding(path: Path) -> None:
    rust.make_database(path)
    with open_store(path) as store:
        a_finished_turn(store, a_session(), create=True)
