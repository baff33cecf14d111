"""Folded texts: stored with the text by us, caught up with where another program wrote, and never
missed by a search meanwhile.
"""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import NOON, a_finished_turn, a_prompt, a_session
from contract.model import folded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores.sqlite import rust

from synapse.app.references import resolve
from synapse.domain import SessionFilter, SessionOrder
from synapse.errors import NameTaken
from synapse.ids import new_id
from synapse.stores import open_store, sessions_for_completion
from synapse.stores.sqlite import _folding, _migrations, _schema, _session_completion
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance
from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNFOLDED = " UNION ALL ".join(
    f"SELECT id FROM {table} WHERE {_folding.UNFOLDED}" for table in _folding.TABLES
)
ADD_SESSION = """
INSERT INTO sessions (id, name, provider, model, created_at, updated_at)
VALUES (?, ?, 'p', ?, ?, ?)"""
ADD_MESSAGE = """
INSERT INTO messages (id, session_id, role, content, timestamp) VALUES (?, ?, 'user', ?, ?)"""
WORDS = st.sampled_from(
    [
        "",
        "docker",
        "Docker",
        "STRASSE",
        "straße",
        "Å",
        "A\u030a",
        "å",
        "İ",
        "ﬀ",
        "東京 旅行",
        "K",
        "\u212a",
    ]
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(str(path)) as store:
        yield store


def add(path: Path, name: str | None, model: str = "m", prompt: str = "") -> str:
    """What a program does that knows nothing of us; the id."""
    id, now = new_id(), "2026-11-20T10:00:00.123456789+00:00"
    change(path, ADD_SESSION, id, name, model, now, now)
    if prompt:
        change(path, ADD_MESSAGE, new_id(), id, prompt, now)
    return id


def change(path: Path, sql: str, *values: str | bytes | None) -> None:
    database = rust.connect(path)
    database.execute(sql, values)
    database.close()


def unfolded(path: Path) -> int:
    """How many sessions lack a folded form."""
    database = rust.connect(path)
    count = len(database.execute(UNFOLDED).fetchall())
    database.close()
    return count


@contextmanager
def others_write(path: Path) -> Iterator[None]:
    """A block in which somebody else holds the lock for writing."""
    database = rust.connect(path)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        database.execute("ROLLBACK")
        database.close()


def found(store: SqliteStore, *, deleted: bool = False, **which: Any) -> set[str]:
    listed = store.list_sessions(which=SessionFilter(**which), deleted=deleted)
    totals = store.total_sessions(SessionFilter(**which), deleted=deleted)
    assert totals.sessions == len(listed)
    return {summary.session.id for summary in listed}


class TestOurs:
    def test_whatever_we_write_is_folded_with_it(self, store: SqliteStore, path: Path) -> None:
        session = a_session(name="Ärger", title="Über Straßen", model="É-1")
        a_finished_turn(store, session, "Wo ist Århus?", create=True)
        other = a_session()
        a_finished_turn(store, other, "Où ?", create=True)
        store.rename_session(other.id, "Öl")
        store.rename_session(other.id, "ÖL")
        store.retitle_session(other.id, "Ñandú")
        store.retitle_session(other.id, "ñandú")
        store.fork_session(other.id, a_session(name="Gabel 東"))
        store.trash_session(session.id)
        store.create_session(a_session(name="ärger", title="a\0b", model="\ud800"))
        store.restore_session(session.id)
        added = a_session(name="a\0")
        store.create_session(added)
        store.add_message(a_prompt(added, "\0 Ä"))
        assert unfolded(path) == 0
        assert SqliteMaintenance(str(path)).check() == []
        assert {s.session.name for s in store.list_sessions(which=SessionFilter(text="RGE"))} == {
            "ärger",
            "Ärger-2",
        }
        assert len(found(store, text="OÙ ?")) == 2

    def test_a_session_that_comes_back_is_folded(self, store: SqliteStore, path: Path) -> None:
        session = a_session(name="Ärger", title="Über")
        a_finished_turn(store, session, "Wo ist Århus?", create=True)
        change(path, "DELETE FROM sessions")
        assert unfolded(path) == 0
        assert found(store, text="ÅRHUS", deleted=True) == {session.id}
        assert unfolded(path) == 0
        store.restore_session(session.id)
        assert unfolded(path) == 0
        assert found(store, text="ÜBER") == {session.id}


class TestOthers:
    def test_another_sqlite_without_our_functions_can_write(
        self, store: SqliteStore, path: Path
    ) -> None:
        code = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
now = "2026-11-20T10:00:00+00:00"
with database:
    for id, name in (("one", "Docker"), ("two", "Ärger")):
        database.execute(
            "INSERT INTO sessions (id, name, provider, model, created_at, updated_at)"
            " VALUES (?, ?, 'p', 'M', ?, ?)", (id, name, now, now))
        database.execute(
            "INSERT INTO messages (id, session_id, role, content, timestamp)"
            " VALUES (?, ?, 'user', 'Å', ?)", (id + "m", id, now))
        database.execute("UPDATE sessions SET model = 'É' WHERE id = ?", (id,))
"""
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
        assert unfolded(path) == 2
        assert found(store, text="å", model="é") == {"one", "two"}
        assert found(store, text="ärger") == {"two"}
        assert unfolded(path) == 0

    def test_ascii_is_folded_by_the_triggers(self, store: SqliteStore, path: Path) -> None:
        id = add(path, "Docker", "GPT-5", "Hello World")
        assert unfolded(path) == 0
        change(path, "UPDATE sessions SET name = 'Podman', model = 'O9', title = 'A Title'")
        assert unfolded(path) == 0
        for text in ("PODMAN", "hello w", "a title"):
            assert found(store, text=text) == {id}
        assert found(store, text="docker") == set()
        assert found(store, model="o9") == {id}

    def test_a_search_is_right_before_and_after_it_has_caught_up(
        self, store: SqliteStore, path: Path
    ) -> None:
        first = add(path, "Ärger", "É-1", "Wo ist Århus?")
        second = add(path, "STRASSE", "m", "東京 旅行")
        assert unfolded(path) == 2
        expected = {
            "ÄRGER": first,
            "a\u0308rger": first,
            "ÅRHUS": first,
            "straße": second,
            "旅": second,
        }
        with others_write(path):
            for text, id in expected.items():
                assert found(store, text=text) == {id}
            assert found(store, model="é") == {first}
            for name in ("ÄRGER", "A\u0308rger"):
                assert resolve(store, name).session.id == first
            for word in ("ärg", "århus"):
                [row] = sessions_for_completion(str(path), word, deleted=False, limit=5)
                assert row[0] == first
        assert unfolded(path) == 2
        for text, id in expected.items():
            assert found(store, text=text) == {id}
        assert unfolded(path) == 0
        assert resolve(store, "äRGER").session.id == first

    def test_a_look_up_of_a_name_catches_up_as_well(self, store: SqliteStore, path: Path) -> None:
        id = add(path, "Ärger")
        assert store.find_by_name("nobody") == []
        assert unfolded(path) == 0
        [summary] = store.find_by_name("ÄRGER")
        assert summary.session.id == id

    def test_a_plain_list_leaves_it_to_others(self, store: SqliteStore, path: Path) -> None:
        add(path, "Ärger")
        assert len(store.list_sessions()) == 1
        assert len(store.list_sessions(limit=20)) == 1
        assert sessions_for_completion(str(path), "ä", deleted=False, limit=5)
        assert unfolded(path) == 1

    def test_a_name_is_taken_that_is_not_folded_yet(self, store: SqliteStore, path: Path) -> None:
        add(path, "Ärger")
        session = a_session()
        store.create_session(session)
        with pytest.raises(NameTaken):
            store.rename_session(session.id, "ärger")
        with pytest.raises(NameTaken):
            store.create_session(a_session(name="A\u0308RGER"))
        assert unfolded(path) == 1

    def test_what_they_delete_is_found_in_the_trash(self, store: SqliteStore, path: Path) -> None:
        id = add(path, "Ärger", prompt="Wo ist Århus?")
        change(path, "DELETE FROM sessions")
        with others_write(path):
            assert found(store, text="århus", deleted=True) == {id}
            assert [s.session.id for s in store.find_by_name("ÄRGER", deleted=True)] == [id]
            [row] = sessions_for_completion(str(path), "ärg", deleted=True, limit=5)
            assert row[0] == id
        assert unfolded(path) == 1
        assert found(store, text="århus", deleted=True) == {id}
        assert unfolded(path) == 0

    def test_thousands_are_caught_up_with_in_short_transactions(
        self, store: SqliteStore, path: Path
    ) -> None:
        now = "2026-11-20T10:00:00+00:00"
        database = rust.connect(path)
        rows = [(new_id(), f"Ä{number}", "é", now, now) for number in range(1000)]
        with database:
            database.executemany(ADD_SESSION, rows)
        database.close()
        assert unfolded(path) == 1000
        _folding.catch_up(store._connection)
        assert unfolded(path) == 0
        assert len(found(store, text="ä99")) == 11

    @pytest.mark.parametrize("value", [b"caf\xe9 \xff", b"a\0B\0", b"\xc3\x84", b"ABC"])
    @pytest.mark.parametrize("cast", ["CAST(? AS TEXT)", "?"])
    def test_what_is_no_text_is_searched_as_it_is_shown(
        self, store: SqliteStore, path: Path, value: bytes, cast: str
    ) -> None:
        id = add(path, "plain")
        change(path, f"UPDATE sessions SET name = {cast}, title = {cast}", value, value)
        [summary] = store.list_sessions()
        shown = (summary.session.name or "").replace("\0", "\ufffd")
        for _ in range(2):
            assert found(store, text=shown) == {id}
            assert found(store, text=shown[0].swapcase()) == {id}
        assert unfolded(path) == 0
        maintenance = SqliteMaintenance(str(path))
        assert {finding.subject for finding in maintenance.check()} <= {"texts"}
        maintenance.repair()
        assert maintenance.check() == []
        assert found(store, text=shown) == {id}

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        rows=st.lists(st.tuples(st.none() | WORDS, WORDS, WORDS, WORDS), min_size=1, max_size=6),
        text=WORDS,
        locked=st.booleans(),
    )
    def test_every_answer_is_that_of_the_folded_texts(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        rows: list[tuple[str | None, str, str, str]],
        text: str,
        locked: bool,
    ) -> None:
        path = tmp_path_factory.mktemp("folding") / "sessions.db"
        with SqliteStore(str(path)) as store:
            ids = {}
            for row in rows:
                name, model, prompt, later = row
                id = add(path, later, model, prompt)
                change(path, "UPDATE sessions SET name = ? WHERE id = ?", name, id)
                ids[id] = row
            if locked:
                with others_write(path):
                    self.compare(store, ids, text)
            self.compare(store, ids, text)
            assert SqliteMaintenance(str(path)).check() == []

    @staticmethod
    def compare(
        store: SqliteStore, ids: dict[str, tuple[str | None, str, str, str]], text: str
    ) -> None:
        part = folded(text)
        with_text = {
            id
            for id, (name, _, prompt, _) in ids.items()
            if part in folded(prompt) or (name is not None and part in folded(name))
        }
        assert found(store, text=text) == with_text
        assert found(store, model=text) == {
            id for id, (_, model, _, _) in ids.items() if part in folded(model)
        }
        assert {s.session.id for s in store.find_by_name(text)} == {
            id for id, (name, *_) in ids.items() if name is not None and folded(name) == part
        }
        by_name = [s.session.name for s in store.list_sessions(order=SessionOrder.NAME)]
        assert by_name == sorted(by_name, key=lambda name: (name is None, folded(name or "")))


class TestCare:
    def test_a_missing_form_is_no_fault_and_a_wrong_one_is(
        self, store: SqliteStore, path: Path
    ) -> None:
        id = add(path, "Ärger", "É")
        maintenance = SqliteMaintenance(str(path))
        assert maintenance.check() == []
        change(path, "UPDATE sessions SET model_key = 'lies'")
        [finding] = maintenance.check()
        assert finding.subject == "folded texts"
        assert id in finding.text
        assert maintenance.repair()
        assert maintenance.check() == []
        assert unfolded(path) == 0
        assert found(store, model="é") == {id}

    def test_columns_that_are_gone_are_put_back_and_filled(self, path: Path) -> None:
        with SqliteStore(str(path)) as store:
            a_finished_turn(store, a_session(name="Ärger", title="É"), "Å", create=True)
        database = apsw.Connection(str(path))
        for kind, name in database.execute(
            "SELECT type, name FROM sqlite_schema WHERE sql LIKE '%_key%' AND type <> 'table'"
        ).fetchall():
            database.execute(f"DROP {kind} {name}")
        for column in ("title_key", "model_key", "preview_key"):
            database.execute(f"ALTER TABLE sessions DROP COLUMN {column}")
        database.close()
        with SqliteStore(str(path)) as store:
            assert len(found(store, text="å")) == 1
            assert len(found(store, text="ÉÉ")) == 0
        assert SqliteMaintenance(str(path)).check() == []

    def test_what_is_saved_from_a_damaged_file_is_folded(self, path: Path, tmp_path: Path) -> None:
        with SqliteStore(str(path)) as store:
            a_finished_turn(store, a_session(name="Ärger", title="É"), "Å", create=True)
        SqliteMaintenance(str(path)).salvage(str(tmp_path / "new.db"))
        assert unfolded(tmp_path / "new.db") == 0

    @pytest.mark.parametrize("version", [rust.SY9, rust.NEWEST])
    def test_an_older_database_is_folded_when_it_is_upgraded(
        self, path: Path, version: int
    ) -> None:
        rust.Rust(path, version).close()
        ids = [add(path, name, "É", "Å") for name in ("Ärger", "plain", "東京")]
        old = SqliteMaintenance(str(path))
        with open_store(path) as store:
            assert unfolded(path) == 0
            assert isinstance(store, SqliteStore)
            assert [s.session.id for s in store.find_by_name("ärger")] == [ids[0]]
            assert found(store, text="å") == set(ids)
        assert old.check() == []

    def test_names_that_an_older_schema_folded_by_half_are_folded_anew(self, path: Path) -> None:
        database = apsw.Connection(str(path))
        for number, file in _migrations.migrations()[: _session_completion._FIRST_FOLDED - 1]:
            with open(file, encoding="utf-8") as sql:
                database.execute(sql.read())
            database.pragma("user_version", number)
        database.pragma("application_id", _schema.APPLICATION_ID)
        database.close()
        id = add(path, "ÄRGER", "M", "Ångström")
        for word in ("ärger", "ÅNGSTRÖM"):
            [row] = sessions_for_completion(str(path), word, deleted=False, limit=5)
            assert row[0] == id
        with SqliteStore(str(path)) as store:
            assert [s.session.id for s in store.find_by_name("ärger")] == [id]
            assert unfolded(path) == 0


class TestPlans:
    @pytest.mark.parametrize("table", _folding.TABLES)
    def test_what_is_missing_is_found_along_its_index(self, store: SqliteStore, table: str) -> None:
        queries = [
            _folding._SOME.format(table=table),
            f"SELECT 1 FROM {table} WHERE {_folding.UNFOLDED} LIMIT 1",
        ]
        for query in queries:
            values = dict.fromkeys(re.findall(r":(\w+)", query), 1)
            plan = store._connection.read(f"EXPLAIN QUERY PLAN {query}", values)
            assert [row[3] for row in plan] == [f"SCAN {table} USING INDEX idx_{table}_unfolded"]


class TestLooking:
    def test_names_are_completed_among_all_sessions(self, store: SqliteStore, path: Path) -> None:
        old = a_session(name="Ärger-of-old", updated=NOON - timedelta(days=900))
        store.create_session(old)

        def many(raw: apsw.Connection) -> None:
            for number in range(1600):
                moment = f"2026-11-23T12:00:00.{number:06}+00:00"
                raw.execute(ADD_SESSION, (new_id(), None, "m", moment, moment))

        store._connection.transaction(many)
        for word in ("ärger", "ÄRGER-O", "A\u0308"):
            assert [
                row[0] for row in sessions_for_completion(str(path), word, deleted=False, limit=5)
            ] == [old.id]
        assert sessions_for_completion(str(path), "rger", deleted=False, limit=5) == []


class TestPages:
    def test_times_that_are_finer_than_ours_are_not_passed_over(
        self, store: SqliteStore, path: Path
    ) -> None:
        """As another program writes them, within one microsecond."""
        for digits in (1, 5, 9, 999, 0, 500):
            moment = f"2026-11-20T10:00:00.123456{digits:03}+00:00"
            id = new_id()
            change(path, ADD_SESSION, id, None, "m", moment, moment)
        for order in SessionOrder:
            for reverse in (False, True):
                listed = store.list_sessions(order=order, reverse=reverse)
                paged: list[str] = []
                last = None
                for _ in range(6):
                    [last] = store.list_sessions(limit=1, after=last, order=order, reverse=reverse)
                    paged.append(last.session.id)
                assert paged == [summary.session.id for summary in listed]
        first, second, *rest = [s.session.id for s in store.list_sessions()]
        [gone] = [s for s in store.list_sessions(limit=2) if s.session.id == second]
        store.delete_session(second)
        behind = [s.session.id for s in store.list_sessions(after=gone)]
        assert behind[-4:] == rest
        assert set(behind) <= {first, *rest}
