"""What the Rust program deletes is kept: out of its sight, and a part of our trash."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from app.test_closing import Meanwhile
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer, days_ago
from stores.sqlite import rust
from stores.sqlite.test_rust_program import VERSIONS, check

from synapse.app.conversation import reply
from synapse.app.references import resolve
from synapse.domain import Attachment, Retention, SessionFilter, SessionOrder, Status, Usage
from synapse.errors import InvalidDataError, NotFoundError, RateLimited, SessionBusy
from synapse.stores import open_store, sessions_for_completion
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance
from synapse.stores.sqlite.store import SqliteStore
from synapse.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.domain import Session

KEEP_ALL = Retention(retention_days=0, max_sessions=0, trash_days=30)
KEPT_TABLES = ("kept_sessions", "kept_messages", "kept_attachments")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(str(path)) as store:
        yield store


def kept_rows(path: Path) -> int:
    database = rust.connect(path)
    counts = [
        database.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in KEPT_TABLES
    ]
    database.close()
    return sum(int(count or 0) for count in counts)


def everything(store: SqliteStore, session: Session) -> tuple[Any, ...]:
    summary = store.get_summary(session.id)
    assert summary is not None
    return summary.replace(session=summary.session.replace(deleted_at=None)), store.get_messages(
        session.id
    )


def a_rich_session(store: SqliteStore, **fields: Any) -> Session:
    session = a_session(
        name="plans", title="On plans", system_prompt="Be brief.", pinned=True, **fields
    )
    picture = Attachment(name="a.png", media_type="image/png", data=b"\x89\0\xff", source="/a")
    prompt = a_prompt(session, "What is this?", attachments=(picture,))
    _, begun = store.begin_turn(session, prompt, an_answer(session), create=True)
    store.finish_turn(
        begun.replace(
            content="A picture. \u2028é", reasoning="hm", status=Status.COMPLETE, elapsed_ms=7,
            finish_reason="stop", usage=Usage(input_tokens=3, output_tokens=4),
        )
    )  # fmt: skip
    store.begin_turn(session, None, an_answer(session), create=False)  # one is superseded
    return session


def test_it_comes_back_as_it_was(path: Path, store: SqliteStore) -> None:
    session = a_rich_session(store)
    store.finish_turn(store.get_messages(session.id)[-1].replace(status=Status.FAILED, error="x"))
    before = everything(store, session)
    with rust.Rust(path) as program:
        program.delete(session.id)
        assert program.list() == []
        with pytest.raises(rust.Failed):
            program.delete(session.id)
    assert store.list_sessions() == []
    # read where it is
    assert everything(store, session) == before
    [listed] = store.list_sessions(deleted=True)
    assert listed.session.deleted_at is not None
    assert store.restore_session(session.id)
    assert everything(store, session) == before
    assert kept_rows(path) == 0
    check(path)
    with rust.Rust(path) as program:
        program.ask("more", "and more", session.id)
        assert len(program.history(session.id)) == 5
    check(path)


@VERSIONS
@pytest.mark.parametrize("limits", [(0, 90), (100, 0), (0, 0), (2, 90)])
def test_its_clean_up_destroys_nothing(
    path: Path, store: SqliteStore, version: int, limits: tuple[int, int]
) -> None:
    sessions = [a_session() for _ in range(5)]
    for session in sessions:
        a_finished_turn(store, session, create=True)
    with rust.Rust(path, version) as program:
        program.clean_up(*limits)
        left = {id for id, _ in program.list()}
    assert len(left) == (2 if limits == (2, 90) else 0)
    assert {s.session.id for s in store.list_sessions()} == left
    trash = {s.session.id for s in store.list_sessions(deleted=True)}
    assert trash == {s.id for s in sessions} - left
    assert set(store.restore_sessions(sorted(trash))) == trash
    assert [s.message_count for s in store.list_sessions()] == [2] * 5
    check(path)


def test_the_oldest_live_session_that_goes_for_our_trash_is_kept(
    path: Path, store: SqliteStore
) -> None:
    sessions = [a_session() for _ in range(6)]
    for session in sessions:
        a_finished_turn(store, session, create=True)
    store.trash_sessions([sessions[4].id, sessions[5].id])
    with rust.Rust(path) as program:
        for question in "ab":
            program.clean_up(max_sessions=6)
            program.ask(question, "so")
    assert sessions[0].id not in {s.session.id for s in store.list_sessions()}
    assert store.restore_session(sessions[0].id)


def test_it_dies_between_its_two_deletions(path: Path, store: SqliteStore) -> None:
    old, new = a_session(updated=days_ago(100)), a_session()
    store.create_session(old)
    store.add_message(a_prompt(old, timestamp=days_ago(100)))
    a_finished_turn(store, new, create=True)
    with rust.Rust(path) as program:
        program.clean_up(max_sessions=0, dies_after_retention=True)
    assert [s.session.id for s in store.list_sessions()] == [new.id]
    assert [s.session.id for s in store.list_sessions(deleted=True)] == [old.id]


def test_what_it_only_knows_itself_comes_back_too(path: Path, store: SqliteStore) -> None:
    with rust.Rust(path) as program:
        id = program.ask("question", "answer")
    database = rust.connect(path)
    database.execute("UPDATE messages SET tool_calls = '[1]', tool_results = '' WHERE seq = 1")
    query = "SELECT role, tool_calls, tool_results FROM messages ORDER BY seq"
    before = database.execute(query).fetchall()
    with rust.Rust(path) as program:
        program.delete(id)
    assert store.restore_session(id)
    assert database.execute(query).fetchall() == before
    database.close()
    check(path)


# ----------------------------------------------------------------------------- as any trash


@pytest.fixture
def deleted(path: Path, store: SqliteStore) -> Session:
    """One that it deleted, beside one that we did and one that is live."""
    a_finished_turn(store, a_session(name="live"), create=True)
    ours = a_session(name="ours")
    a_finished_turn(store, ours, create=True)
    store.trash_session(ours.id)
    session = a_session(name="Theirs", title="Their title")
    a_finished_turn(store, session, "What about Docker?", create=True)
    with rust.Rust(path) as program:
        program.delete(session.id)
    return session


def test_it_is_found_in_every_way(store: SqliteStore, deleted: Session, path: Path) -> None:
    for reference in ("theirs", "@1", deleted.id, deleted.id[-8:], f"id:{deleted.id[:-2]}"):
        assert resolve(store, reference, deleted=True).session.id == deleted.id
    assert store.find_by_name("Theirs") == []
    assert store.find_by_prefix(deleted.id[-8:]) == []
    assert [s.session.name for s in store.list_sessions(deleted=True)] == ["Theirs", "ours"]
    for order in SessionOrder:
        for reverse in (False, True):
            found = store.list_sessions(deleted=True, order=order, reverse=reverse)
            assert {s.session.name for s in found} == {"Theirs", "ours"}
    second = store.nth_session(2, deleted=True)
    assert second is not None
    assert second.session.name == "ours"
    docker = SessionFilter(text="docker")
    assert [s.session.name for s in store.list_sessions(deleted=True, which=docker)] == ["Theirs"]
    assert store.count_sessions(deleted=True) == 2
    assert store.total_sessions(docker, deleted=True).messages == 2
    assert store.count_sessions() == 1
    info = SqliteMaintenance(str(path)).info()
    assert (info.sessions, info.trashed, info.kept, info.messages) == (1, 2, 1, 6)
    for word in ("Docker", deleted.id[-8:], "Their t"):
        [row] = sessions_for_completion(f"sqlite:{path}", word, deleted=True, limit=9)
        assert row[:3] == (deleted.id, "Theirs", "Their title")
        assert sessions_for_completion(f"sqlite:{path}", word, deleted=False, limit=9) == []


@pytest.mark.parametrize(
    ("write", "live"),
    [
        (lambda store, s: a_finished_turn(store, s, create=False), True),
        (lambda store, s: store.add_message(a_prompt(s)), True),
        (lambda store, s: store.begin_turn(s, None, an_answer(s), create=False), True),
        (lambda store, s: store.rename_session(s.id, "other"), False),
        (lambda store, s: store.retitle_session(s.id, "other"), False),
        (lambda store, s: store.touch_session(s.id), False),
        (lambda store, s: store.pin_session(s.id), False),
        (lambda store, s: store.fork_session(s.id, a_session()), False),
    ],
    ids=["turn", "message", "retry", "rename", "title", "touch", "pin", "fork"],
)
def test_who_writes_to_it_brings_it_back(
    path: Path,
    store: SqliteStore,
    deleted: Session,
    write: Callable[[SqliteStore, Session], object],
    live: bool,
) -> None:
    write(store, deleted)
    summary = store.get_summary(deleted.id)
    assert summary is not None
    assert (summary.session.deleted_at is None) == live
    assert store.get_messages(deleted.id)[0].content == "What about Docker?"
    assert kept_rows(path) == 0
    check(path)


def test_one_that_goes_on_is_spared_by_the_next_clean_up(
    store: SqliteStore, deleted: Session
) -> None:
    a_finished_turn(store, deleted, create=False)
    for _ in range(3):
        a_finished_turn(store, a_session(), create=True)
    store.cleanup(Retention(retention_days=0, max_sessions=1, trash_days=30))
    assert store.count_sessions() == 2  # the newest, and the one that is spared
    summary = store.get_summary(deleted.id)
    assert summary is not None
    assert summary.session.deleted_at is None


def test_a_message_that_it_has_already_is_not_added_twice(
    store: SqliteStore, deleted: Session
) -> None:
    store.add_message(store.get_messages(deleted.id)[0])
    assert len(store.get_messages(deleted.id)) == 2


def test_a_new_session_can_t_have_its_id(store: SqliteStore, deleted: Session) -> None:
    with pytest.raises(InvalidDataError):
        store.create_session(deleted)


def test_a_name_that_was_given_meanwhile_is_not_taken_away(
    store: SqliteStore, deleted: Session
) -> None:
    store.create_session(a_session(name="theirs"))
    store.restore_session(deleted.id)
    restored = store.get_session(deleted.id)
    assert restored is not None
    assert restored.name == "Theirs-2"


def test_it_ends_with_the_trash(path: Path, store: SqliteStore, deleted: Session) -> None:
    assert store.cleanup(KEEP_ALL).purged == 0
    for days, gone in ((29, 0), (31, 1)):
        database = rust.connect(path)
        database.execute("UPDATE kept_sessions SET deleted_at = ?", (to_text(days_ago(days)),))
        database.close()
        assert store.cleanup(KEEP_ALL).purged == gone
    assert kept_rows(path) == 0
    assert store.get_session(deleted.id) is None
    assert store.get_messages(deleted.id) == []
    assert store.cleanup(KEEP_ALL.replace(trash_days=0)).purged == 1  # ours


def test_a_purge_reaches_it(path: Path, store: SqliteStore, deleted: Session) -> None:
    assert store.delete_sessions([deleted.id, deleted.id]) == [deleted.id]
    assert not store.delete_session(deleted.id)
    assert kept_rows(path) == 0


def test_what_we_destroy_is_not_kept(path: Path, store: SqliteStore) -> None:
    for number in range(30):
        session = a_rich_session(store, id=a_session().id) if number == 0 else a_session()
        if number:
            a_finished_turn(store, session, f"{number}canary", create=True)
        if number % 2:
            store.trash_session(session.id)
    everyone = [s.session.id for s in [*store.list_sessions(), *store.list_sessions(deleted=True)]]
    assert len(store.delete_sessions(everyone)) == 30
    assert kept_rows(path) == 0
    assert b"canary" not in path.read_bytes()
    assert b"canary" not in path.with_name("sessions.db-wal").read_bytes()
    a_finished_turn(store, session, create=True)
    store.trash_session(session.id)
    assert store.cleanup(KEEP_ALL.replace(trash_days=0)).purged == 1
    assert kept_rows(path) == 0


def test_one_that_is_there_again_is_no_trash(path: Path, store: SqliteStore) -> None:
    """As a merge of two files by other means leaves it: what the copy alone has is brought back."""
    session = a_session()
    a_finished_turn(store, session, "old", create=True)
    database = rust.connect(path)
    database.execute("DELETE FROM sessions")
    rust.add_session(database, session.id, "2026-01-01T00:00:00+00:00")
    rust.add_message(database, "new", session.id, "new", "2026-01-01T00:00:00+00:00")
    database.close()
    assert store.list_sessions(deleted=True) == []
    assert store.count_sessions(deleted=True) == 0
    assert [m.content for m in store.get_messages(session.id)] == ["new"]
    database = rust.connect(path)
    database.execute("UPDATE kept_sessions SET deleted_at = '2001-01-01T00:00:00+00:00'")
    database.close()
    assert store.cleanup(KEEP_ALL).purged == 0, "the live one would go with it"
    care = SqliteMaintenance(str(path))
    assert [f.subject for f in care.check()] == ["deleted sessions that are there"]
    care.repair()
    check(path)
    assert [m.content for m in store.get_messages(session.id)] == ["new", "old", "hi"]


def test_what_a_program_without_foreign_keys_leaves_is_brought_back(
    path: Path, store: SqliteStore
) -> None:
    session = a_rich_session(store)
    store.finish_turn(store.get_messages(session.id)[-1].replace(status=Status.FAILED))
    before = everything(store, session)
    database = apsw.Connection(str(path))
    database.execute("DELETE FROM sessions")
    database.close()
    care = SqliteMaintenance(str(path))
    assert "messages without a session" in {f.subject for f in care.check()}
    care.repair()
    check(path)
    assert everything(store, session) == before
    assert len(store.list_sessions()) == 1


def test_salvage_takes_it_along(path: Path, store: SqliteStore, deleted: Session) -> None:
    target = path.with_name("saved.db")
    saved = SqliteMaintenance(str(path)).salvage(str(target))
    assert (saved.sessions, saved.messages, saved.adopted) == (3, 6, 0)
    with open_store(str(target)) as other:
        assert everything(other, deleted) == everything(store, deleted)  # type: ignore[arg-type]
        assert {s.session.name for s in other.list_sessions(deleted=True)} == {"Theirs", "ours"}
    check(target)


def test_messages_whose_deleted_session_is_gone_get_one(path: Path, deleted: Session) -> None:
    database = rust.connect(path)
    database.execute("DELETE FROM kept_sessions")
    database.close()
    care = SqliteMaintenance(str(path))
    assert [f.subject for f in care.check()] == ["deleted messages without a session"]
    care.repair()
    check(path)
    with open_store(str(path)) as store:
        assert store.restore_session(deleted.id)
        assert len(store.get_messages(deleted.id)) == 2
    check(path)


# -------------------------------------------------------------------- while an answer comes in


def test_an_answer_whose_session_is_deleted_meanwhile_is_kept_whole(
    path: Path, store: SqliteStore
) -> None:
    session = a_session()
    _, begun = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    store.checkpoint(begun.id, "half ", "thought ")
    with rust.Rust(path) as program:
        program.clean_up(max_sessions=0)
    half = store.get_messages(session.id)[-1]
    assert (half.content, half.reasoning, half.status) == ("half ", "thought ", Status.INCOMPLETE)
    whole = begun.replace(content="half of it", status=Status.COMPLETE, finish_reason="stop")
    store.finish_turn(whole)
    assert store.get_messages(session.id)[-1] == whole
    [summary] = store.list_sessions(deleted=True)
    assert summary.last_status is Status.COMPLETE
    # a complete one stays, as anywhere
    store.finish_turn(whole.replace(content="late"))
    assert store.get_messages(session.id)[-1] == whole
    a_finished_turn(store, session, "and on", create=False)
    assert [m.content for m in store.get_messages(session.id)][1] == "half of it"
    check(path)


def test_what_is_shown_after_the_deletion_is_saved_too(path: Path, store: SqliteStore) -> None:
    """The whole turn, as the command line runs it."""

    def meanwhile() -> None:
        with rust.Rust(path) as program:
            program.clean_up(max_sessions=0)

    session = a_session()
    closed = reply(store, Meanwhile(meanwhile), session, "And?", create=True)
    assert closed.content == "What was shown."
    assert [m.content for m in store.get_messages(session.id)] == ["And?", "What was shown."]
    assert store.restore_session(session.id)
    assert store.get_messages(session.id)[-1] == closed
    check(path)


def test_an_answer_that_fails_after_the_deletion_is_kept_with_its_error(
    path: Path, store: SqliteStore
) -> None:
    def meanwhile() -> None:
        with rust.Rust(path, rust.SY9) as program:
            program.delete(program.list()[0][0])

    session = a_session()
    with pytest.raises(RateLimited):
        reply(store, Meanwhile(meanwhile, RateLimited("slow down")), session, "?", create=True)
    kept = store.get_messages(session.id)[-1]
    assert (kept.content, kept.status) == ("What was shown.", Status.FAILED)
    assert kept.error == "rate_limited: slow down"


def test_an_answer_of_which_nothing_is_left_is_not_taken_for_saved(
    path: Path, store: SqliteStore
) -> None:
    session = a_session()
    _, begun = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    with open_store(str(path)) as other:
        other.delete_session(session.id)
    with pytest.raises(NotFoundError):
        store.finish_turn(begun.replace(content="shown", status=Status.COMPLETE))


def test_a_session_that_is_answered_elsewhere_stays_busy(store: SqliteStore) -> None:
    session = a_session()
    store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    with pytest.raises(SessionBusy):
        store.begin_turn(session, a_prompt(session), an_answer(session), create=False)


# --------------------------------------------------------------------------------- crash points

KILLED = """
import sys; sys.path[:0] = sys.argv[2:]
from pathlib import Path
from stores.sqlite import rust
program = rust.Rust(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
program.clean_up(0, 0)
print("done", flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.004, 0.012])
def test_a_clean_up_that_is_killed_loses_nothing(tmp_path: Path, delay: float) -> None:
    path = tmp_path / "sessions.db"
    with open_store(str(path)) as store:
        sessions = [a_session() for _ in range(200)]
        for session in sessions:
            a_finished_turn(store, session, answer="x" * 2000, create=True)
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), str(Path(__file__).parents[2])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    child.stdin.write("go\n")
    child.stdin.flush()
    threading.Event().wait(delay)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    with open_store(str(path)) as store:
        found = [*store.list_sessions(), *store.list_sessions(deleted=True)]
        assert {s.session.id for s in found} == {s.id for s in sessions}
        assert all(len(store.get_messages(s.id)) == 2 for s in sessions)
    check(path)


def test_all_at_once_nothing_is_lost_and_nothing_is_twice(path: Path) -> None:
    rounds = 25
    open_store(str(path)).close()
    rust.Rust(path).close()
    asked: list[str] = []
    failed: list[BaseException] = []

    def theirs() -> None:
        for number in range(rounds):
            with rust.Rust(path) as program:
                program.clean_up(max_sessions=5)
                try:
                    asked.append(program.ask(f"q{number}", "a"))
                except apsw.ConstraintError:
                    pass  # its other process has deleted the session before the message came

    def ours() -> None:
        with open_store(str(path)) as store:
            for _ in range(rounds):
                session = a_session()
                a_finished_turn(store, session, create=True)
                asked.append(session.id)
                store.trash_session(session.id)

    def restorer() -> None:
        with open_store(str(path)) as store:
            for _ in range(rounds):
                for summary in store.list_sessions(deleted=True, limit=3):
                    store.restore_session(summary.session.id)

    def guarded(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                failed.append(error)

        return run

    threads = [threading.Thread(target=guarded(work)) for work in (theirs, theirs, ours, restorer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with open_store(str(path)) as store:
        live = [s.session.id for s in store.list_sessions()]
        trash = [s.session.id for s in store.list_sessions(deleted=True)]
        assert len(live + trash) == len({*live, *trash})
        assert {*live, *trash} >= set(asked)
        assert all(len(store.get_messages(id)) == 2 for id in asked)
    check(path)
