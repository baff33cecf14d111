"""Backup, restore, check, repair, salvage, diagnosis: on healthy, broken and busy databases."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import apsw
import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer
from stores.sqlite import rust

from synapse.cli.advice.as_command import hint_lines
from synapse.errors import ConfigError, DatabaseError, MigrationError
from synapse.stores import open_inspection, open_store
from synapse.stores.sqlite import _migrations, _open, _schema
from synapse.stores.sqlite.care import backup as _backup
from synapse.stores.sqlite.care import diagnosis as _diagnosis
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance
from synapse.timestamps import to_text

if TYPE_CHECKING:
    from pathlib import Path


SY9_COLUMNS = (
    "SELECT id, name, provider, model, system_prompt, created_at, updated_at FROM sessions",
    "SELECT id, session_id, role, content, timestamp FROM messages ORDER BY id",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder / "sessions.db"


def fill(path: Path, sessions: int = 20) -> list[str]:
    ids = []
    with open_store(f"sqlite:{path}") as store:
        for number in range(sessions):
            session = a_session()
            a_finished_turn(
                store, session, f"prompt {number}", f"answer {number} " * 200, create=True
            )
            ids.append(session.id)
        store._connection.truncate_wal()  # type: ignore[attr-defined]
    return ids


def care(path: Path) -> SqliteMaintenance:
    return SqliteMaintenance(f"sqlite:{path}")


def contents(path: Path) -> dict[str, list[str]]:
    with open_store(f"sqlite:{path}") as store:
        return {
            s.session.id: [m.content for m in store.get_messages(s.session.id)]
            for s in store.list_sessions()
        }


class TestBackups:
    def test_a_backup_holds_what_the_journal_holds(self, path: Path) -> None:
        ids = fill(path)
        with open_store(f"sqlite:{path}") as store:
            session = a_session()
            a_finished_turn(store, session, create=True)
            target = path.parent / "copy.db"
            care(path).back_up(str(target))
        assert set(contents(target)) == {*ids, session.id}
        assert target.stat().st_mode & 0o777 == 0o600

    def test_a_backup_is_one_moment_while_others_write(self, path: Path) -> None:
        fill(path, 200)
        stop = threading.Event()

        def write() -> None:
            with open_store(f"sqlite:{path}") as store:
                while not stop.is_set():
                    a_finished_turn(store, a_session(), "p", "x" * 20_000, create=True)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(5):
                target = path.parent / f"copy-{number}.db"
                care(path).back_up(str(target))
                assert care(target).check() == []
        finally:
            stop.set()
            writer.join()

    def test_an_existing_file_is_not_overwritten_unasked(self, path: Path) -> None:
        fill(path, 1)
        target = path.parent / "copy.db"
        target.write_text("mine")
        with pytest.raises(DatabaseError, match="exists already"):
            care(path).back_up(str(target))
        assert target.read_text() == "mine"
        care(path).back_up(str(target), replace=True)
        assert len(contents(target)) == 1

    def test_a_failed_backup_leaves_nothing_behind(self, path: Path) -> None:
        fill(path, 1)
        with pytest.raises(DatabaseError):
            care(path).back_up(str(path.parent / "nowhere" / "copy.db"))
        assert not list(path.parent.rglob("*.partial"))

    def test_progress_is_told(self, path: Path) -> None:
        fill(path, 20)
        told: list[tuple[int, int]] = []
        care(path).back_up(str(path.parent / "c.db"), progress=lambda *step: told.append(step))
        assert told
        assert told[-1][0] == told[-1][1] > 0


class TestMigrating:
    def test_a_database_is_backed_up_before_it_is_migrated(self, path: Path) -> None:
        rust.make_database(path)
        before = rust.connect(path).execute("SELECT * FROM messages ORDER BY id").fetchall()
        open_store(f"sqlite:{path}").close()
        backup = path.parent / "sessions.db.bak-0"
        assert backup.stat().st_mode & 0o777 == 0o600
        old = rust.connect(backup)
        assert old.execute("SELECT * FROM messages ORDER BY id").fetchall() == before
        assert old.pragma("user_version") == 0
        old.close()
        open_store(f"sqlite:{path}").close()
        assert _backup.backups(str(path)) == [str(backup)]

    def test_a_new_database_needs_no_backup(self, path: Path) -> None:
        open_store(f"sqlite:{path}").close()
        assert _backup.backups(str(path)) == []

    def test_two_backups_are_kept(self, path: Path) -> None:
        fill(path, 1)
        for version in (3, 4, 5, 5):
            _backup.back_up_before(str(path), version)
        names = [os.path.basename(name) for name in _backup.backups(str(path))]
        assert names == ["sessions.db.bak-5", "sessions.db.bak-5.2"]

    def test_a_failed_migration_leaves_the_file_to_its_old_program(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        rust.make_database(path)
        broken = tmp_path / "9999_broken.sql"
        broken.write_text("-- Reason.\nCREATE TABLE half_done (x);\nSELECT no_such_function();")
        real = _migrations.migrations()
        monkeypatch.setattr(_migrations, "migrations", lambda: [*real, (9999, str(broken))])
        monkeypatch.setattr(_open, "SCHEMA", 9999)
        with pytest.raises(MigrationError, match="schema 9999"):
            open_store(f"sqlite:{path}")
        database = rust.connect(path)
        assert database.pragma("user_version") == 0
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
        assert not {"half_done", "answer_chunks"} & tables
        rust.add_message(database, "again", rust.OLD, "still works", "2026-01-01T00:00:00+00:00")
        database.close()

    @pytest.mark.parametrize("number", [number for number, _ in _migrations.migrations()])
    def test_data_written_at_every_earlier_schema_survives(self, path: Path, number: int) -> None:
        database = apsw.Connection(str(path))
        for at, file in _migrations.migrations()[:number]:
            with open(file, encoding="utf-8") as sql:
                database.execute(sql.read())
            database.pragma("user_version", at)
        database.pragma("application_id", _schema.APPLICATION_ID)
        rust.add_session(database, rust.OLD, "2024-12-07T09:00:00.123+00:00", name="Old")
        for index in range(3):
            rust.add_message(
                database, f"m{index}", rust.OLD, f"text {index}", f"2024-12-0{index + 1}"
            )
        before = [database.execute(query).fetchall() for query in SY9_COLUMNS]
        database.close()
        with open_store(f"sqlite:{path}") as store:
            assert [m.content for m in store.get_messages(rust.OLD)] == [
                "text 0",
                "text 1",
                "text 2",
            ]
            [summary] = store.list_sessions()
            assert (summary.message_count, summary.preview) == (3, "text 0")
            assert summary.session.title is None
            store.retitle_session(rust.OLD, "Texts")
            assert [s.headline for s in store.list_sessions()] == ["Texts"]
        database = apsw.Connection(str(path))
        assert [database.execute(query).fetchall() for query in SY9_COLUMNS] == before
        database.close()
        assert care(path).check() == []


class TestRestoring:
    def test_what_was_there_is_kept(self, path: Path) -> None:
        ids = fill(path, 3)
        backup = path.parent / "backup.db"
        care(path).back_up(str(backup))
        later = fill(path, 2)
        kept = care(path).restore(str(backup))
        assert set(contents(path)) == set(ids)
        assert kept is not None
        assert set(contents(path.parent / os.path.basename(kept))) == {*ids, *later}

    def test_a_process_that_has_it_open_goes_on(self, path: Path) -> None:
        ids = fill(path, 3)
        backup = path.parent / "backup.db"
        care(path).back_up(str(backup))
        fill(path, 2)
        with open_store(f"sqlite:{path}") as store:
            assert len(store.list_sessions()) == 5
            care(path).restore(str(backup))
            assert {s.session.id for s in store.list_sessions()} == set(ids)
            a_finished_turn(store, a_session(), create=True)
        assert care(path).check() == []
        assert len(contents(path)) == 4

    def test_a_damaged_database_is_moved_aside(self, path: Path) -> None:
        ids = fill(path)
        backup = path.parent / "backup.db"
        care(path).back_up(str(backup))
        path.write_bytes(b"rubbish" * 10_000)
        kept = care(path).restore(str(backup))
        assert set(contents(path)) == set(ids)
        assert kept is not None
        assert (path.parent / os.path.basename(kept)).read_bytes().startswith(b"rubbish")

    def test_a_missing_database_is_simply_restored(self, path: Path) -> None:
        fill(path, 1)
        backup = path.parent / "backup.db"
        care(path).back_up(str(backup))
        elsewhere = path.parent / "new" / "sessions.db"
        assert care(elsewhere).restore(str(backup)) is None
        assert len(contents(elsewhere)) == 1

    @pytest.mark.parametrize("content", [b"", b"no database" * 1000])
    def test_what_is_no_backup_is_refused(self, path: Path, content: bytes) -> None:
        fill(path, 1)
        source = path.parent / "source"
        source.write_bytes(content)
        before = path.read_bytes()
        with pytest.raises(DatabaseError):
            care(path).restore(str(source))
        with pytest.raises(DatabaseError):
            care(path).restore(str(path.parent / "absent"))
        assert path.read_bytes() == before

    def test_a_damaged_backup_is_refused(self, path: Path) -> None:
        fill(path)
        backup = path.parent / "backup.db"
        care(path).back_up(str(backup))
        content = bytearray(backup.read_bytes())
        content[9000:50000] = os.urandom(41000)
        backup.write_bytes(content)
        with pytest.raises(DatabaseError):
            care(path).restore(str(backup))


class TestChecking:
    def test_a_sound_database_has_no_findings(self, path: Path) -> None:
        fill(path)
        assert care(path).check() == []
        assert care(path).repair() == []

    @pytest.mark.parametrize(
        ("damage", "subject"),
        [
            ("UPDATE sessions SET message_count = 7", "counts"),
            ("UPDATE sessions SET preview = 'lies'", "previews"),
            ("UPDATE sessions SET last_status = 'failed'", "statuses"),
            ("UPDATE sessions SET input_tokens = -1", "token totals"),
            ("UPDATE messages SET seq = NULL", "order"),
            ("UPDATE sessions SET name_key = 'x'", "folded texts"),
            ("UPDATE sessions SET model_key = 'x'", "folded texts"),
            ("UPDATE sessions SET preview_key = 'x'", "folded texts"),
            ("UPDATE sessions SET tags = ' a B ', tag_keys = ' x '", "tags"),
            ("UPDATE sessions SET tag_keys = ' x '", "tags"),
            ("UPDATE sessions SET title_key = 'x'", "folded texts"),
            (
                "INSERT INTO answer_chunks SELECT id, 1, 'x', '', '2026' FROM messages LIMIT 1",
                "leftover chunks",
            ),
            ("DELETE FROM sessions", "messages without a session"),
            ("DROP TRIGGER message_added", "schema"),
            ("DROP INDEX idx_sessions_live", "schema"),
        ],
    )
    def test_what_is_derived_is_checked_and_derived_anew(
        self, path: Path, damage: str, subject: str
    ) -> None:
        fill(path, 5)
        before = contents(path)
        database = apsw.Connection(str(path))
        database.execute(damage)
        database.close()
        assert subject in {finding.subject for finding in care(path).check()}
        assert care(path).repair()
        assert care(path).check() == []
        assert contents(path) == before

    @pytest.mark.parametrize(
        ("damage", "subject"),
        [
            ("DROP TRIGGER session_times_changed; UPDATE sessions SET updated_at = 'x'", "times"),
            ("UPDATE messages SET timestamp = '2026-11-77'", "times"),
            ("UPDATE messages SET timestamp = 5", "times"),
            ("UPDATE messages SET content = CAST(content AS BLOB)", "texts"),
            ("UPDATE sessions SET model = CAST(model AS BLOB)", "texts"),
        ],
    )
    def test_what_is_of_the_wrong_kind_is_found_and_mended(
        self, path: Path, damage: str, subject: str
    ) -> None:
        fill(path, 5)
        database = apsw.Connection(str(path))
        database.execute(damage)
        before = [text for _, texts in contents(path).items() for text in texts]
        assert subject in {finding.subject for finding in care(path).check()}
        assert care(path).repair()
        assert care(path).check() == []
        assert [text for _, texts in contents(path).items() for text in texts] == before
        kinds = "SELECT DISTINCT typeof(content) || typeof(timestamp) FROM messages"
        assert database.execute(kinds).get == "texttext"
        database.close()

    def test_damage_beyond_repair_says_what_to_do(self, path: Path) -> None:
        fill(path)
        damage_a_leaf(path, "messages")
        findings = care(path).check()
        assert findings
        assert not findings[0].repairable
        with pytest.raises(DatabaseError) as caught:
            care(path).repair()
        assert "synapse db restore" in " ".join(hint_lines(caught.value.hints))


def damage_a_leaf(path: Path, table: str) -> None:
    """Overwrite one leaf page in the middle of a table."""
    database = apsw.Connection(str(path))
    [(size,)] = database.execute("PRAGMA page_size")
    pages = [
        page
        for (page,) in database.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path", (table,)
        )
    ]
    database.close()
    with open(path, "r+b") as file:
        file.seek((pages[len(pages) // 2] - 1) * size)
        file.write(os.urandom(size))


class TestSalvage:
    def test_what_can_be_read_is_saved(self, path: Path) -> None:
        ids = fill(path, 300)
        before = contents(path)
        damage_a_leaf(path, "messages")
        target = path.parent / "saved.db"
        report = care(path).salvage(str(target))
        after = contents(target)
        assert report.sessions == len(ids) == len(after)
        assert report.unreadable >= 1
        saved = sum(len(messages) for messages in after.values())
        assert 590 <= saved == report.messages < 600
        assert all(set(after[id]) <= set(before[id]) for id in ids)
        assert care(target).check() == []

    def test_names_and_titles_are_saved(self, path: Path) -> None:
        session = a_session(name="docker", title="What volumes are for 東京")
        with open_store(f"sqlite:{path}") as store:
            store.create_session(session)
        target = path.parent / "saved.db"
        care(path).salvage(str(target))
        with open_store(f"sqlite:{target}") as store:
            assert store.get_session(session.id) == session

    def test_messages_of_lost_sessions_get_a_stand_in(self, path: Path) -> None:
        fill(path, 300)
        damage_a_leaf(path, "sessions")
        target = path.parent / "saved.db"
        report = care(path).salvage(str(target))
        assert report.adopted > 0
        assert report.sessions + report.adopted == 300
        assert sum(len(messages) for messages in contents(target).values()) == 600

    def test_a_cut_off_answer_is_saved_with_its_pieces(self, path: Path) -> None:
        session = a_session()
        with open_store(f"sqlite:{path}") as store:
            _, answer = store.begin_turn(
                session, a_prompt(session), an_answer(session), create=True
            )
            store.checkpoint(answer.id, "half an ans")
            target = path.parent / "saved.db"
            care(path).salvage(str(target))
            store.finish_turn(answer)
        assert contents(target)[session.id][1] == "half an ans"

    def test_an_existing_file_is_not_touched(self, path: Path) -> None:
        fill(path, 1)
        with pytest.raises(DatabaseError, match="exists already"):
            care(path).salvage(str(path))


class TestDiagnosis:
    def test_a_healthy_place_has_nothing_to_report(self, path: Path) -> None:
        fill(path)
        assert [finding for finding in care(path).diagnose() if not finding.ok] == []

    def test_modes_that_let_others_read_are_found(self, path: Path) -> None:
        fill(path, 1)
        path.chmod(0o644)
        path.parent.chmod(0o755)
        found = [finding for finding in care(path).diagnose() if not finding.ok]
        assert [" ".join(hint_lines(finding.hints)) for finding in found] == [
            f"chmod 700 {path.parent}",
            f"chmod 600 {path}",
        ]

    def test_a_network_file_system_is_known_by_its_mount(self, tmp_path: Path) -> None:
        mounts = tmp_path / "mountinfo"
        mounts.write_text(
            "22 1 0:20 / / rw - ext4 /dev/sda rw\n"
            "30 22 0:31 / /home/me\\040too rw,nosuid shared:1 - nfs4 server:/home rw\n"
        )
        where = str(mounts)
        assert _diagnosis.file_system_of("/home/me too/.config", where) == "nfs4"
        assert _diagnosis.file_system_of("/home/metoo", where) == "ext4"
        assert _diagnosis.file_system_of("/", "/nowhere") == ""

    def test_an_abandoned_answer_is_mentioned(self, path: Path) -> None:
        session = a_session()
        with open_store(f"sqlite:{path}") as store:
            store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        database = apsw.Connection(str(path))
        database.execute("UPDATE messages SET owner = NULL")
        database.close()
        texts = [finding.text for finding in care(path).diagnose()]
        assert any(session.id[-8:] in text for text in texts)

    def test_a_clock_that_ran_backwards_is_found(self, path: Path) -> None:
        from datetime import UTC, datetime

        with open_store(f"sqlite:{path}") as store:
            store.create_session(a_session(updated=datetime(2999, 1, 1, tzinfo=UTC)))
        [found] = [finding for finding in care(path).diagnose() if not finding.ok]
        assert found.subject == "clock"
        assert to_text(datetime(2999, 1, 1, tzinfo=UTC)) in found.text

    def test_counts_and_sizes_are_told(self, path: Path) -> None:
        ids = fill(path, 4)
        with open_store(f"sqlite:{path}") as store:
            store.trash_session(ids[0])
        info = care(path).info()
        assert (info.sessions, info.trashed, info.messages) == (3, 1, 8)
        assert info.size >= path.stat().st_size
        assert info.engine.startswith("SQLite 3.")

    def test_a_vacuum_gives_room_back(self, path: Path) -> None:
        ids = fill(path, 100)
        with open_store(f"sqlite:{path}") as store:
            for id in ids[:90]:
                store.delete_session(id)
        before = care(path).info()
        care(path).vacuum()
        after = care(path).info()
        assert before.free > 0 == after.free
        assert after.size < before.size
        assert set(contents(path)) == set(ids[90:])
        assert care(path).check() == []


def test_care_is_chosen_by_the_url(path: Path) -> None:
    assert open_inspection(f"sqlite:{path}").location == str(path)
    with pytest.raises(ConfigError):
        open_inspection("mssql://host/db")
