"""Databases of the Rust program are adopted in place, and it may go on writing to them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import apsw
import pytest
from contract.builders import a_finished_turn, a_session
from stores.sqlite import rust

from synapse import timestamps
from synapse.app.references import SeveralSessions, resolve
from synapse.domain import Role, Status
from synapse.stores import open_store
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=[rust.SY9, rust.NEWEST], ids=["SY-9", "later"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "sessions.db"
    rust.make_database(path, request.param)
    return path


def test_nothing_is_lost(path: Path) -> None:
    with rust.connect(path) as database:
        before = database.execute(
            "SELECT id, content, timestamp FROM messages ORDER BY id"
        ).fetchall()
    database.close()
    with open_store(f"sqlite:{path}") as store:
        listed = store.list_sessions()
        assert [(s.session.id, s.message_count, s.preview) for s in listed] == [
            (rust.OLD, 3, "text 0"),
            (rust.NEW, 0, ""),
        ]
        assert [m.content for m in store.get_messages(rust.OLD)] == ["text 0", "text 1", "text 2"]
        assert [m.index for m in store.get_messages(rust.OLD)] == [1, 2, 3]
        for name in ("Älteste", "älteste", "A\u0308LTESTE"):
            assert [s.session.id for s in store.find_by_name(name)] == [rust.OLD]
    with rust.connect(path) as database:
        after = database.execute(
            "SELECT id, content, timestamp FROM messages ORDER BY id"
        ).fetchall()
    database.close()
    assert after == before


def test_adopting_restricts_the_modes(path: Path) -> None:
    path.chmod(0o644)
    open_store(f"sqlite:{path}").close()
    assert {file.stat().st_mode & 0o777 for file in path.parent.glob("sessions.db*")} == {0o600}


def test_a_system_prompt_can_be_stored_in_an_adopted_database(path: Path) -> None:
    session = a_session().with_system_prompt("Be brief.")
    with open_store(f"sqlite:{path}") as store:
        store.create_session(session)
        assert store.get_session(session.id) == session


def test_the_old_program_goes_on_writing(path: Path) -> None:
    with open_store(f"sqlite:{path}") as store:
        with rust.connect(path) as database:
            rust.add_session(database, "s-new", "2026-01-01T00:00:00+00:00", name="Docker")
            rust.add_message(database, "n1", "s-new", " \nhow?", "2026-01-01T00:00:01+00:00")
            rust.add_message(
                database, "n2", "s-new", "so.", "2026-01-01T00:00:00+00:00", role="assistant"
            )
            rust.add_message(database, "n3", rust.OLD, "more", "2024-12-07T08:00:00+00:00")
        database.close()
        summary = store.get_summary("s-new")
        assert summary is not None
        assert (summary.message_count, summary.preview) == (2, "how?")
        assert [(m.content, m.role, m.status) for m in store.get_messages("s-new")] == [
            (" \nhow?", Role.USER, Status.COMPLETE),
            ("so.", Role.ASSISTANT, Status.COMPLETE),
        ]
        assert [m.content for m in store.get_messages(rust.OLD)][-1] == "more"
        assert [s.session.id for s in store.find_by_name("docker")] == ["s-new"]
        a_finished_turn(store, summary.session, create=False)
        assert [m.index for m in store.get_messages("s-new")] == [1, 2, 3, 4]


def test_of_names_that_differ_by_case_the_one_that_is_written_so_is_meant(path: Path) -> None:
    with rust.connect(path) as database:
        for id, name in (("s-lower", "docker"), ("s-upper", "Docker"), ("s-twin", "TWIN")):
            rust.add_session(database, id, "2026-01-01T00:00:00+00:00", name=name)
        rust.add_session(database, "s-other", "2026-01-01T00:00:00+00:00", name="TWIN")
    database.close()
    with open_store(f"sqlite:{path}") as store:
        for reference, id in (("docker", "s-lower"), ("name:Docker", "s-upper")):
            assert resolve(store, reference).session.id == id
        for unclear in ("DOCKER", "TWIN"):
            with pytest.raises(SeveralSessions):
                resolve(store, unclear)


def test_what_the_old_program_changes_and_deletes_is_followed(path: Path) -> None:
    with open_store(f"sqlite:{path}") as store:
        with rust.connect(path) as database:
            database.execute("UPDATE messages SET content = 'changed' WHERE id = 'm0'")
            database.execute("DELETE FROM messages WHERE id = 'm2'")
            database.execute("UPDATE sessions SET name = 'Renamed' WHERE id = ?", (rust.OLD,))
            database.execute("DELETE FROM sessions WHERE id = ?", (rust.NEW,))
            assert database.changes() == 1
        database.close()
        [summary] = store.list_sessions()
        assert (summary.message_count, summary.preview) == (2, "changed")
        assert [s.session.id for s in store.find_by_name("renamed")] == [rust.OLD]
        assert store.find_by_name("Älteste") == []


@pytest.mark.parametrize(
    ("time", "stored"),
    [
        ("2024-12-07T11:00:00.5+02:00", "2024-12-07T09:00:00.500000+00:00"),
        ("2024-12-07 09:00:00", "2024-12-07T09:00:00.000000+00:00"),
        ("2024-12-07T09:00:00Z", "2024-12-07T09:00:00.000000+00:00"),
    ],
)
def test_times_in_other_words_are_turned_into_utc(path: Path, time: str, stored: str) -> None:
    ids = [f"01939f00-0000-7000-8000-0000000000c{n}" for n in range(3)]
    database = rust.connect(path)
    rust.add_session(database, ids[0], time)
    with open_store(f"sqlite:{path}"):
        rust.add_session(database, ids[1], time)
        rust.add_session(database, ids[2], "2023-01-01T00:00:00+00:00")
        database.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (time, ids[2]))
    times = dict(database.execute("SELECT id, updated_at FROM sessions"))
    database.close()
    assert [times[id] for id in ids] == [stored] * 3


@pytest.mark.parametrize("time", ["soon", "", "5", "20241207", 7, "2024-13-77T00:00:00"])
def test_what_is_no_time_becomes_the_moment_of_its_writing(path: Path, time: str) -> None:
    database = rust.connect(path)
    with open_store(f"sqlite:{path}") as store:
        before = timestamps.now() - timedelta(seconds=1)  # the engine rounds
        rust.add_session(database, "01939f00-0000-7000-8000-0000000000c0", time)
        newest = store.list_sessions()[0].session
        assert newest.id.endswith("c0")
        assert before < newest.updated_at < timestamps.now() + timedelta(seconds=1)
        assert newest.created_at == newest.updated_at
    database.close()


def test_a_row_in_words_of_its_own_hides_no_other(path: Path) -> None:
    with open_store(f"sqlite:{path}") as store:
        with rust.connect(path) as database:
            rust.add_message(database, "m3", rust.OLD, "Grüße", "2024-12-07T09:01:00+00:00", "bot")
            rust.add_message(database, "m4", rust.OLD, "\n", "never")
            database.execute("UPDATE messages SET content = x'4772c3bcff' WHERE id = 'm4'")
            database.execute("UPDATE messages SET status = 'done' WHERE id = 'm4'")
            database.execute("UPDATE sessions SET model = x'6d' WHERE id = ?", (rust.OLD,))
        database.close()
        messages = store.get_messages(rust.OLD)
        assert [(m.role, m.content, m.status) for m in messages[3:]] == [
            (Role.TOOL, "Grüße", Status.COMPLETE),
            (Role.USER, "Grü\ufffd", Status.INCOMPLETE),
        ]
        assert messages[4].timestamp == timestamps.UNKNOWN
        assert {s.session.model for s in store.list_sessions()} == {"deepseek-chat", "m"}
        assert {s.last_status for s in store.list_sessions()} == {
            Status.COMPLETE,
            Status.INCOMPLETE,
        }


def test_the_old_program_reads_what_was_written_here(path: Path) -> None:
    session = a_session()
    with open_store(f"sqlite:{path}") as store:
        a_finished_turn(store, session, "question", "answer", create=True)
        with rust.connect(path) as database:
            rows = database.execute(
                "SELECT role, content FROM messages WHERE session_id = ? ORDER BY timestamp",
                (session.id,),
            ).fetchall()
        database.close()
    assert rows == [("user", "question"), ("assistant", "answer")]


def test_the_table_of_the_old_program_s_migrations_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    rust.make_database(path, rust.NEWEST)
    open_store(f"sqlite:{path}").close()
    database = apsw.Connection(str(path))
    assert database.execute("SELECT version, description FROM _sqlx_migrations").fetchall() == [
        (20250125, "001 initial"),
        (20260208, "002 add tool columns"),
        (20260226, "003 drop system prompt"),
    ]
    database.close()


DROP_A_COLUMN = "ALTER TABLE sessions DROP COLUMN system_prompt"
MAKE_ANEW = """
PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;
CREATE TABLE new (id TEXT PRIMARY KEY NOT NULL, name TEXT, provider TEXT NOT NULL,
    model TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
INSERT INTO new SELECT id, name, provider, model, created_at, updated_at FROM sessions;
DROP TABLE sessions;
ALTER TABLE new RENAME TO sessions;
"""


@pytest.mark.parametrize("change", [DROP_A_COLUMN, MAKE_ANEW], ids=["dropped", "made anew"])
def test_an_adopted_database_survives_the_old_program_s_own_migrations(
    tmp_path: Path, change: str
) -> None:
    path = tmp_path / "sessions.db"
    rust.make_database(path)
    session = a_session()
    with open_store(f"sqlite:{path}") as store:
        a_finished_turn(store, session, "question", "answer", create=True)
    database = rust.connect(path)
    rust.add_message(database, "late", rust.OLD, "more", "2026-01-01T00:00:00+00:00")
    database.execute(change)
    database.close()
    with open_store(f"sqlite:{path}") as store:
        assert [s.message_count for s in store.list_sessions()] == [2, 4, 0]
        assert [m.content for m in store.get_messages(rust.OLD)][-1] == "more"
        assert [s.session.id for s in store.find_by_name("Älteste")] == [rust.OLD]
        a_finished_turn(store, session, "again", "so", create=False)
        assert len(store.get_messages(session.id)) == 4
    assert SqliteMaintenance(f"sqlite:{path}").check() == []
