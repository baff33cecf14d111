"""One file, two programs: what the Rust program does to it costs nothing that was said."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer, days_ago
from stores.sqlite import rust

import synapse
from synapse.domain import Retention, Status
from synapse.stores import open_store
from synapse.stores.sqlite import _bulk, _cleanup, _migrations
from synapse.stores.sqlite.care import backup as _backup
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance
from synapse.stores.sqlite.connection import Connection
from synapse.stores.sqlite.store import SqliteStore
from synapse.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = pytest.mark.parametrize("version", [rust.SY9, rust.NEWEST], ids=["SY-9", "newest"])
EVERYTHING_LONG_AGO = Retention(retention_days=10**6, max_sessions=10**6, trash_days=30)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(str(path)) as store:
        yield store


def check(path: Path) -> None:
    assert SqliteMaintenance(f"sqlite:{path}").check() == []


def trashed_long_ago(path: Path, session: str, days: float = 56) -> None:
    """As if it had been deleted, and used last, so many days ago."""
    then = to_text(days_ago(days))
    with rust.connect(path) as database:
        database.execute(
            "UPDATE sessions SET deleted_at = ?, updated_at = ? WHERE id = ?", (then, then, session)
        )
    database.close()


# ---------------------------------------------------------------- written into: out of the trash


@VERSIONS
def test_a_session_that_it_goes_on_using_leaves_the_trash(
    path: Path, store: SqliteStore, version: int
) -> None:
    session = a_session()
    a_finished_turn(store, session, "question", "answer", create=True)
    store.trash_session(session.id)
    trashed_long_ago(path, session.id)
    with rust.Rust(path, version) as program:
        program.ask("and then?", "so", session.id)
    live = store.get_session(session.id)
    assert live is not None
    assert live.deleted_at is None
    cleaned = store.cleanup(EVERYTHING_LONG_AGO.replace(retention_days=1, max_sessions=1))
    assert (cleaned.purged, cleaned.by_retention) == (0, 0)
    assert [m.content for m in store.get_messages(session.id)] == [
        "question", "answer", "and then?", "so",
    ]  # fmt: skip
    check(path)


@VERSIONS
def test_one_message_is_enough_if_it_dies_behind_it(
    path: Path, store: SqliteStore, version: int
) -> None:
    session = a_session()
    a_finished_turn(store, session, create=True)
    store.trash_session(session.id)
    trashed_long_ago(path, session.id)
    with rust.Rust(path, version) as program:
        program.add_message(session.id, "user", "still here", dies_before_touch=True)
    assert store.cleanup(EVERYTHING_LONG_AGO.replace(retention_days=1)).purged == 0
    assert [s.session.id for s in store.list_sessions()] == [session.id]


def test_one_that_it_only_touches_is_not_purged(path: Path, store: SqliteStore) -> None:
    session = a_session()
    a_finished_turn(store, session, create=True)
    store.trash_session(session.id)
    trashed_long_ago(path, session.id)
    with rust.Rust(path) as program:
        program.touch(session.id)
    assert store.cleanup(EVERYTHING_LONG_AGO).purged == 0
    trashed_long_ago(path, session.id)
    assert store.cleanup(EVERYTHING_LONG_AGO).purged == 1


def test_one_that_it_writes_into_while_we_empty_the_trash_stays(
    path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the moment in which it was found to be due and the one in which it would go."""
    due = [a_session() for _ in range(3)]
    for session in due:
        a_finished_turn(store, session, create=True)
        store.trash_session(session.id)
        trashed_long_ago(path, session.id)
    purge = _bulk.purge

    def after_a_message(*named: Any, **how: Any) -> list[str]:
        with rust.Rust(path) as program:
            program.add_message(due[1].id, "user", "still here", dies_before_touch=True)
        return purge(*named, **how)

    monkeypatch.setattr(_cleanup, "purge", after_a_message)
    assert store.cleanup(EVERYTHING_LONG_AGO).purged == 2
    assert [s.session.id for s in store.list_sessions()] == [due[1].id]
    assert len(store.get_messages(due[1].id)) == 3


@pytest.mark.parametrize("write", ["turn", "again", "message"])
def test_what_we_write_ourselves_takes_it_out_of_the_trash(store: SqliteStore, write: str) -> None:
    session = a_session(name="plans")
    a_finished_turn(store, session, create=True)
    store.trash_session(session.id)
    if write == "message":
        store.add_message(a_prompt(session, "more"))
    elif write == "turn":
        a_finished_turn(store, session, create=False)
    else:
        store.begin_turn(session, None, an_answer(session), create=False)
    [summary] = store.list_sessions()
    assert (summary.session.id, summary.session.name) == (session.id, "plans")
    # spared by the clean-up, as whatever is restored
    assert store.cleanup(Retention(max_sessions=0, retention_days=1)).total == 0


def test_an_answer_that_ends_after_its_session_was_deleted_leaves_it_deleted(
    store: SqliteStore,
) -> None:
    session = a_session()
    _, begun = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    store.trash_session(session.id)
    store.finish_turn(begun.replace(content="late", status=Status.COMPLETE))
    assert [s.session.id for s in store.list_sessions(deleted=True)] == [session.id]


# --------------------------------------------------------------------------- names after a restore


def test_a_restored_name_stays_where_nobody_took_it(store: SqliteStore) -> None:
    for name in ("plans", "tg:5", "Straße", "tg:", "a-2"):
        session = a_session(name=name)
        store.create_session(session)
        store.trash_session(session.id)
        store.restore_session(session.id)
        restored = store.get_session(session.id)
        assert restored is not None
        assert restored.name == name


def test_a_chat_of_the_bot_keeps_its_name_beside_a_newer_one(
    path: Path, store: SqliteStore
) -> None:
    with rust.Rust(path) as bot:
        first = bot.new_session(name="tg:5")
        bot.add_message(first, "user", "hello")
        store.trash_session(first)
        second = bot.new_session(name="tg:5")
    assert store.restore_session(first)
    assert {s.session.id for s in store.find_by_name("tg:5")} == {first, second}


# ------------------------------------------------------------------------------- system prompts


def test_a_prompt_outlives_the_migration_that_drops_its_column(path: Path) -> None:
    session = a_session(system_prompt="Be brief.\nÄ\u200b")
    with open_store(str(path)) as store:
        a_finished_turn(store, session, create=True)
        rust.Rust(path, rust.SY9).close()
        with rust.Rust(path, rust.SY9) as old:
            told = old.new_session(prompt="Be kind.")
        rust.Rust(path, rust.NEWEST).close()
        # the store that was open all the time goes on
        a_finished_turn(store, session, create=False)
        store.create_session(other := a_session(system_prompt="Other."))
    with open_store(str(path)) as store:
        prompts = {s.session.id: s.session.system_prompt for s in store.list_sessions()}
    assert prompts == {session.id: "Be brief.\nÄ\u200b", told: "Be kind.", other.id: "Other."}
    database = rust.connect(path)
    database.execute("SELECT system_prompt FROM sessions").fetchall()
    database.execute("UPDATE sessions SET system_prompt = 'Newer.' WHERE id = ?", (told,))
    database.execute("UPDATE sessions SET system_prompt = NULL WHERE id = ?", (session.id,))
    database.close()
    with open_store(str(path)) as store, rust.Rust(path) as program:
        assert len(program.list()) == 3
        prompts = {s.session.id: s.session.system_prompt for s in store.list_sessions()}
    assert prompts == {session.id: "Be brief.\nÄ\u200b", told: "Newer.", other.id: "Other."}
    check(path)


def test_the_column_is_put_back_by_one_statement(path: Path) -> None:
    """No index is made anew and no row derived, which would be written to the WAL."""
    with open_store(str(path)) as store:
        for _ in range(100):
            a_finished_turn(store, a_session(), create=True)
    rust.Rust(path).close()
    database = rust.connect(path)
    database.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    with open_store(str(path)) as store:
        assert path.with_name("sessions.db-wal").stat().st_size < 5 * 4120
        assert store.count_sessions() == 100
    database.execute("SELECT system_prompt FROM sessions").fetchall()
    database.close()


@VERSIONS
def test_a_file_of_ours_can_be_opened_by_both_versions(path: Path, version: int) -> None:
    session = a_session(system_prompt="Be brief.")
    with open_store(str(path)) as store:
        a_finished_turn(store, session, create=True)
    for _ in range(2):
        with rust.Rust(path, version) as program:
            program.ask("more", "and more", session.id)
            new = program.ask("new", "answer")
        with open_store(str(path)) as store:
            kept = store.get_session(session.id)
            assert kept is not None
            assert kept.system_prompt == "Be brief."
            assert len(store.get_messages(new)) == 2
    with rust.Rust(path, version) as program:
        assert len(program.history(session.id)) == 6
    check(path)


def at_schema_5(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file as the release before made it."""
    until_5 = [step for step in _migrations.migrations() if step[0] <= 5]
    with monkeypatch.context() as patched:  # the steps as they were
        patched.setattr(_migrations, "migrations", lambda: until_5)
        path.touch(mode=0o600)
        connection = Connection(str(path), str(path), busy_timeout=5.0)
        _migrations.migrate(connection, 5)
        connection.close()


def put_session(path: Path, id: str, prompt: str | None, created: str = "2026-01-01") -> None:
    time = f"{created}T00:00:00.000000+00:00"
    with rust.connect(path) as database:
        rust.add_session(database, id, time)
        if prompt is not None:
            database.execute("UPDATE sessions SET system_prompt = ? WHERE id = ?", (prompt, id))
    database.close()


def prompts_of(path: Path) -> dict[str, str | None]:
    with open_store(str(path)) as store:
        return {s.session.id: s.session.system_prompt for s in store.list_sessions()}


def test_stored_prompts_are_taken_over_from_the_release_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_schema_5(path, monkeypatch)
    put_session(path, "s-1", "Be brief.")
    put_session(path, "s-2", None)
    assert prompts_of(path) == {"s-1": "Be brief.", "s-2": None}
    check(path)


@pytest.mark.parametrize("put_back", [False, True], ids=["dropped", "put back empty"])
def test_prompts_that_are_gone_come_back_from_a_backup(
    path: Path, monkeypatch: pytest.MonkeyPatch, put_back: bool
) -> None:
    at_schema_5(path, monkeypatch)
    put_session(path, "s-1", "Be brief.")
    put_session(path, "s-2", "Old.")
    _backup.copy(str(path), f"{path}.bak-3")
    with rust.connect(path) as database:
        database.execute("UPDATE sessions SET system_prompt = 'Newer.' WHERE id = 's-2'")
        database.execute("UPDATE sessions SET system_prompt = NULL WHERE id = 's-1'")
    database.close()
    _backup.copy(str(path), f"{path}.bak-4")
    Path(f"{path}.bak-5").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    rust.Rust(path).close()
    with rust.connect(path) as database:
        if put_back:
            database.execute("ALTER TABLE sessions ADD COLUMN system_prompt TEXT")
            database.execute("UPDATE sessions SET system_prompt = 'Since.' WHERE id = 's-2'")
    database.close()
    put_session(path, "s-4", None)
    assert prompts_of(path) == {
        "s-1": "Be brief.",
        "s-2": "Since." if put_back else "Newer.",
        "s-4": None,
    }
    check(path)


def test_a_backup_gives_nothing_to_a_session_that_never_lost_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_schema_5(path, monkeypatch)
    put_session(path, "s-1", "Be brief.")
    _backup.copy(str(path), f"{path}.bak-3")
    with rust.connect(path) as database:
        database.execute("UPDATE sessions SET system_prompt = NULL")
    database.close()
    assert prompts_of(path) == {"s-1": None}
    # nor to another one that has its id
    other = path.with_name("other.db")
    at_schema_5(other, monkeypatch)
    put_session(other, "s-1", None, created="2026-05-05")
    rust.Rust(other).close()
    Path(f"{path}.bak-3").rename(f"{other}.bak-3")
    assert prompts_of(other) == {"s-1": None}


def test_a_prompt_that_only_the_other_column_has_is_found_and_taken_over(path: Path) -> None:
    with open_store(str(path)):
        put_session(path, "s-1", "Be brief.")
    with rust.connect(path) as database:
        database.execute("UPDATE sessions SET instructions = NULL")
    database.close()
    care = SqliteMaintenance(f"sqlite:{path}")
    assert [finding.subject for finding in care.check()] == ["prompts"]
    care.repair()
    assert prompts_of(path) == {"s-1": "Be brief."}


def test_no_statement_names_the_column_that_the_program_drops() -> None:
    """Outside the scope in which its name has a fallback."""
    folder = Path(synapse.__file__).parent / "stores" / "sqlite"
    scope = re.compile(r"SELECT system_prompt FROM sessions [^()]*\)\s*FROM \(SELECT NULL AS sys")
    for file in [*folder.glob("*.sql"), folder / "migrations" / "0006_neighbours.sql"]:
        sql = re.sub(r"--.*", "", file.read_text()).replace("UPDATE OF system_prompt", "")
        rest = re.sub(r"NULL AS system_prompt", "NULL AS sys", sql)
        assert "system_prompt" not in scope.sub("", rest), file


def test_repair_leaves_a_schema_that_the_newest_version_can_migrate(path: Path) -> None:
    with open_store(str(path)) as store:
        a_finished_turn(store, a_session(system_prompt="Be brief."), create=True)
    database = apsw.Connection(str(path))
    database.execute("DROP TRIGGER session_instructed; DROP TRIGGER message_untrashes")
    database.close()
    care = SqliteMaintenance(f"sqlite:{path}")
    care.repair()
    assert care.check() == []
    rust.Rust(path).close()
    assert list(prompts_of(path).values()) == ["Be brief."]


def test_the_clock_of_a_restore_is_ours(path: Path, store: SqliteStore) -> None:
    """What it writes into is spared for thirty days from now, as of the engine's own clock."""
    session = a_session()
    a_finished_turn(store, session, create=True)
    store.trash_session(session.id)
    with rust.Rust(path) as program:
        program.ask("q", "a", session.id)
    with rust.connect(path) as database:
        [(restored,)] = database.execute("SELECT restored_at FROM sessions")
    database.close()
    assert str(restored) > to_text(days_ago(0) - timedelta(minutes=1))


# ------------------------------------------------------------------- the order by time, and room


def by_time(path: Path, session: str) -> list[str]:
    with rust.Rust(path) as program:
        return [content for _, content in program.history(session)]


@pytest.mark.parametrize(
    "clock",
    [(0, 0, 0, 0), (5, 4, 3, 2), (0, 0, -1, -1), (10, 0, -3000, -3000), (0, -10, 1, -10)],
    ids=["stands still", "runs backwards", "is set back", "is set back far", "leaps"],
)
def test_who_sorts_by_time_sees_questions_before_answers(
    path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch, clock: tuple[int, ...]
) -> None:
    start = days_ago(1)
    moments = iter([start + timedelta(seconds=seconds) for seconds in clock])
    session = a_session()
    for number in range(2):
        prompt = a_prompt(session, f"question {number}", timestamp=next(moments))
        _, begun = store.begin_turn(
            session, prompt, an_answer(session, timestamp=next(moments)), create=not number
        )
        store.finish_turn(begun.replace(content=f"answer {number}", status=Status.COMPLETE))
    order = ["question 0", "answer 0", "question 1", "answer 1"]
    assert by_time(path, session.id) == order
    assert [m.content for m in store.get_messages(session.id)] == order
    times = [m.timestamp for m in store.get_messages(session.id)]
    assert len(set(times)) == 4


def test_an_answer_comes_behind_its_question_however_wrong_the_clock_was(
    path: Path, store: SqliteStore
) -> None:
    session = a_session()
    ahead = days_ago(-400)
    store.create_session(session)
    store.add_message(a_prompt(session, "q", timestamp=ahead))
    _, answer = store.begin_turn(session, None, an_answer(session), create=False)
    assert answer.timestamp > ahead
    store.finish_turn(answer.replace(content="a", status=Status.COMPLETE))
    # asked again when the clock is right: still behind its question
    _, again = store.begin_turn(session, None, an_answer(session), create=False)
    assert again.timestamp > ahead
    store.finish_turn(again.replace(content="a2", status=Status.COMPLETE))
    assert by_time(path, session.id) == ["q", "a", "a2"]
    # but what is asked now keeps the true time
    prompt, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=False)
    assert prompt is not None
    assert prompt.timestamp < answer.timestamp < days_ago(-1)


def test_two_programs_in_one_millisecond_agree_on_the_order(path: Path, store: SqliteStore) -> None:
    session = a_session()
    a_finished_turn(store, session, "0", "1", create=True)
    with rust.Rust(path) as program:
        for number in range(2, 30, 4):
            asked = a_prompt(session, f"{number + 2}")
            begun = an_answer(session)  # before the other program's, and stored behind them
            program.ask(f"{number}", f"{number + 1}", session.id)
            _, answer = store.begin_turn(session, asked, begun, create=False)
            store.finish_turn(answer.replace(content=f"{number + 3}", status=Status.COMPLETE))
    expected = [f"{number}" for number in range(30)]
    assert [m.content for m in store.get_messages(session.id)] == expected
    assert by_time(path, session.id) == expected


DOUBLED = """
SELECT name FROM sqlite_schema
WHERE name IN ('idx_messages_session', 'idx_messages_timestamp')"""


def test_indexes_that_it_makes_again_go_with_a_vacuum(path: Path, store: SqliteStore) -> None:
    session = a_session()
    a_finished_turn(store, session, create=True)
    rust.Rust(path).close()
    database = rust.connect(path)
    assert len(database.execute(DOUBLED).fetchall()) == 2
    SqliteMaintenance(str(path)).vacuum()
    assert database.execute(DOUBLED).fetchall() == []
    with rust.Rust(path) as program:
        assert len(program.history(session.id)) == 2
    assert database.execute(DOUBLED).fetchall() == [], "made once only"
    database.close()
    check(path)


@VERSIONS
def test_and_with_a_migration(path: Path, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    at_schema_5(path, monkeypatch)
    rust.Rust(path, version).close()
    open_store(str(path)).close()
    database = rust.connect(path)
    assert database.execute(DOUBLED).fetchall() == []
    database.close()
