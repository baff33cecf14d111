"""A transaction is a function that the engine may run again: nothing is done twice by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import a_finished_turn, a_session
from contract.test_store_model import StoreMachine
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from stores.sqlite import rust

from synapse.stores import open_store
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance
from synapse.stores.sqlite.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every transaction is run, taken back and run again, as an engine does that could not put it
    in order with others; their names.
    """
    transaction = Connection.transaction
    names: list[str] = []

    def twice(self: Connection, work: Callable[[apsw.Connection], Any], **how: Any) -> Any:
        def work_twice(raw: apsw.Connection) -> Any:
            names.append(getattr(work, "__qualname__", ""))
            raw.execute("SAVEPOINT first")
            try:
                work(raw)
            except Exception:
                pass  # the second one says it again
            raw.execute("ROLLBACK TO first; RELEASE first")
            return work(raw)

        return transaction(self, work_twice, **how)

    monkeypatch.setattr(Connection, "transaction", twice)
    return names


@pytest.mark.timeout(300)
def test_a_store_whose_transactions_are_run_again_answers_as_its_model(runs: list[str]) -> None:
    configured = settings(
        max_examples=8,
        stateful_step_count=40,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    machine: Any = StoreMachine
    run_state_machine_as_test(machine, settings=configured)
    assert len(set(runs)) > 8


@pytest.mark.parametrize("version", [rust.SY9, rust.NEWEST])
def test_an_upgrade_that_is_run_again_loses_nothing(
    tmp_path: Path, version: int, runs: list[str]
) -> None:
    path = tmp_path / "sessions.db"
    rust.make_database(path)
    rust.Rust(path, version).close()
    with open_store(path) as store:
        assert {s.session.id: s.message_count for s in store.list_sessions()} == {
            rust.OLD: 3,
            rust.NEW: 0,
        }
    assert any("migrate" in name for name in runs)
    assert SqliteMaintenance(str(path)).check() == []


def test_a_repair_that_is_run_again_mends_the_same(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    with open_store(path) as store:
        for number in range(3):
            a_finished_turn(store, a_session(name=f"É{number}"), "Where?", create=True)
        before = store.list_sessions()
    raw = apsw.Connection(str(path))
    raw.execute("UPDATE sessions SET message_count = 9, preview = 'lies', name_key = 'lies'")
    raw.execute("UPDATE sessions SET title = CAST(x'ff' AS TEXT) WHERE rowid = 1")
    raw.execute("DROP TRIGGER message_added; DROP INDEX idx_sessions_live")
    raw.close()
    maintenance = SqliteMaintenance(str(path))
    assert {finding.subject for finding in maintenance.repair()} == {
        "schema",
        "texts",
        "counts",
        "previews",
        "folded texts",
    }
    assert maintenance.check() == []
    raw = apsw.Connection(str(path))
    assert raw.execute("SELECT count(*) FROM original_texts").fetchall() == [(1,)]
    raw.close()
    maintenance.vacuum()
    with open_store(path) as store:
        after = store.list_sessions()
    assert [s.session.name for s in after] == [s.session.name for s in before]
    assert [s.message_count for s in after] == [2, 2, 2]


def test_a_salvage_that_is_run_again_saves_each_thing_once(tmp_path: Path) -> None:
    path, target = tmp_path / "sessions.db", tmp_path / "new.db"
    with open_store(path) as store:
        for number in range(3):
            a_finished_turn(store, a_session(name=f"É{number}"), "Where?", create=True)
    raw = apsw.Connection(str(path))
    raw.execute("PRAGMA foreign_keys = OFF; UPDATE sessions SET deleted_at = 'purged'")
    raw.execute("DELETE FROM sessions WHERE rowid = 1")
    raw.close()
    saved = SqliteMaintenance(str(path)).salvage(str(target))
    assert (saved.sessions, saved.messages, saved.adopted, saved.unreadable) == (2, 6, 1, 0)
    assert SqliteMaintenance(str(target)).check() == []
