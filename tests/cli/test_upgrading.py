"""An older database is brought up to date: how far that is, and where the backup is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest
from launching import with_bars_at_once
from program import Terminal, run
from stores.sqlite import rust

from synapse.stores import open_store
from synapse.stores.sqlite import _migrations
from synapse.stores.sqlite.care import backup as _backup

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.ports import Upgrading


@pytest.fixture
def old(home: Path) -> Path:
    """A database of the Rust program where ours will look for it."""
    path = home / ".config" / "synapse" / "sessions.db"
    path.parent.mkdir(parents=True, mode=0o700)
    rust.make_database(path)
    return path


def make_large(path: Path, messages: int = 20_000) -> None:
    database = apsw.Connection(str(path))
    with database:
        for number in range(messages):
            rust.add_message(database, f"n-{number}", rust.OLD, "x" * 800, "2026-01-01T00:00:00Z")
    database.close()


def test_where_the_backup_is_is_said_once(old: Path) -> None:
    ran = run("sessions", "list")
    assert ran.status == 0
    assert ran.err.startswith("The database was brought up to date.")
    assert f"kept in {old}.bak-0\n" in ran.err
    assert old.with_name("sessions.db.bak-0").exists()
    assert "brought up to date" not in run("sessions", "list").err


def test_a_new_database_is_not_worth_a_word() -> None:
    assert "brought up to date" not in run("sessions", "list").err


def test_quiet_says_nothing(old: Path) -> None:
    assert "brought up to date" not in run("-q", "sessions", "list").err
    assert old.with_name("sessions.db.bak-0").exists()


def test_the_library_hears_how_far_it_is(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_large(old)
    monkeypatch.setattr(_backup, "_STEP_PAGES", 100)
    monkeypatch.setattr(_migrations, "_STEPS_BETWEEN", 1000)
    heard: list[Upgrading] = []
    open_store(old, on_upgrade=heard.append).close()
    assert {upgrading.backup for upgrading in heard} == {f"{old}.bak-0"}
    copied = [u for u in heard if u.step == "Backing up"]
    assert len(copied) > 10
    assert [u.done for u in copied] == sorted(u.done for u in copied)
    assert copied[-1].done == copied[-1].total > 16_000_000
    applied = [u for u in heard if u.step == "Upgrading"]
    assert {u.done for u in applied} == set(range(len(_migrations.migrations())))
    assert len(applied) > 2 * len(_migrations.migrations()), "also within a step"
    heard.clear()
    open_store(old, on_upgrade=heard.append).close()
    assert heard == []


def test_a_terminal_gets_a_bar(old: Path) -> None:
    with Terminal(with_bars_at_once("sessions", "list")) as terminal:
        terminal.expect("Backing up")
        terminal.expect("Upgrading")
        terminal.expect("kept in")
        assert terminal.end() == 0


def test_a_large_upgrade_leaves_no_wal_to_read(old: Path) -> None:
    make_large(old)
    run("sessions", "list")
    assert old.with_name("sessions.db-wal").stat().st_size == 0


def test_a_large_wal_is_emptied_by_whoever_finds_it(old: Path) -> None:
    run("sessions", "list")
    raw = apsw.Connection(str(old))
    raw.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    raw.wal_autocheckpoint(0)
    with raw:
        for number in range(20_000):
            rust.add_message(raw, f"w-{number}", rust.OLD, "x" * 800, "2026-01-01T00:00:00Z")
    raw.close()
    wal = old.with_name("sessions.db-wal")
    assert wal.stat().st_size > 16_000_000
    assert run("sessions", "list").status == 0
    assert wal.stat().st_size == 0
