"""What only the SQLite store promises: durability, private bytes, plans, many processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest
from contract.builders import NOON, a_finished_turn, a_prompt, a_session, an_answer

from synapse import timestamps
from synapse.domain import Retention, SessionFilter, Status
from synapse.errors import DatabaseLocked, SessionBusy
from synapse.stores import open_store
from synapse.stores.sqlite import _externally_deleted, _schema, _selection, _statements, connection
from synapse.stores.sqlite import store as sqlite_store
from synapse.stores.sqlite._migrations import migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.domain import SessionSummary
    from synapse.stores.sqlite.store import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with sqlite_store.SqliteStore(f"sqlite:{path}") as opened:
        yield opened


def run_python(script: str, *arguments: object) -> subprocess.Popen[str]:
    prelude = f"import sys; sys.path[:0] = {sys.path!r}\n"
    return subprocess.Popen(
        [sys.executable, "-c", prelude + script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    )


class TestMigrations:
    def test_their_numbers_are_contiguous_and_known(self) -> None:
        numbers = [number for number, _ in migrations()]
        assert numbers == list(range(1, _schema.SCHEMA + 1))

    def test_every_one_opens_with_its_reason(self) -> None:
        for _, file in migrations():
            assert Path(file).read_text().startswith("-- "), file

    def test_many_processes_may_open_a_new_database_at_once(self, path: Path) -> None:
        script = """
from contract.builders import a_finished_turn, a_session
from synapse.stores import open_store
with open_store(sys.argv[1], busy_timeout=100) as store:
    session = a_session()
    a_finished_turn(store, session, create=True)
print(session.id)
"""
        children = [run_python(script, f"sqlite:{path}") for _ in range(8)]
        ids = {child.communicate()[0].strip() for child in children}
        assert [child.returncode for child in children] == [0] * 8
        with open_store(f"sqlite:{path}") as opened:
            assert {summary.session.id for summary in opened.list_sessions()} == ids

    def test_a_healthy_database_is_opened_without_writing(self, path: Path) -> None:
        open_store(f"sqlite:{path}").close()
        before = path.stat().st_mtime_ns
        with open_store(f"sqlite:{path}") as opened:
            opened.list_sessions()
        assert path.stat().st_mtime_ns == before


class TestManyProcesses:
    def test_thirty_two_processes_write_one_file(self, path: Path) -> None:
        open_store(f"sqlite:{path}").close()
        # how long a turn takes to come is the machine's affair, whether it comes is ours
        script = """
from contract.builders import a_finished_turn, a_session
from synapse.stores import open_store
with open_store(sys.argv[1], busy_timeout=100) as store:
    session = a_session()
    for turn in range(5):
        a_finished_turn(store, session, create=turn == 0)
"""
        children = [run_python(script, f"sqlite:{path}") for _ in range(32)]
        for child in children:
            child.communicate()
        assert [child.returncode for child in children] == [0] * 32
        with open_store(f"sqlite:{path}") as opened:
            assert [s.message_count for s in opened.list_sessions()] == [10] * 32


class ItsOwnTime:
    """A clock that only sleeping moves, for a module's `time`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class TestPatience:
    def test_a_checkpoint_waits_for_a_twentieth_of_a_second_and_a_turn_for_five(
        self, path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = a_session()
        prompt, answer = a_prompt(session), an_answer(session)
        store.begin_turn(session, prompt, answer, create=True)
        closed = answer.replace(content="all", status=Status.COMPLETE)
        time = ItsOwnTime()
        monkeypatch.setattr(connection, "time", time)
        writes: list[tuple[Callable[[], object], float]] = [
            (lambda: store.checkpoint(answer.id, "text"), 0.05),
            (lambda: store.finish_turn(closed), 5.0),
        ]
        with sqlite_store.SqliteStore(f"sqlite:{path}") as other:

            def hold(_: apsw.Connection) -> None:
                for write, seconds in writes:
                    began = time.now
                    with pytest.raises(DatabaseLocked):
                        write()
                    assert seconds <= time.now - began < seconds + 0.03

            other._connection.transaction(hold)
            store.checkpoint(answer.id, "text")


class TestAbandonedAnswers:
    SCRIPT = """
from contract.builders import a_prompt, a_session, an_answer
from synapse.stores import open_store
store = open_store(sys.argv[1])
session = a_session()
_, answer = store.begin_turn(session, a_prompt(session, "why?"), an_answer(session), create=True)
store.checkpoint(answer.id, "Because ", "hm")
store.checkpoint(answer.id, "it")
print(session.id, flush=True)
sys.stdin.read()
"""

    @pytest.mark.parametrize(
        ("ago", "told"),
        [(0.0, "0 s"), (12.3, "12 s"), (119.0, "119 s"), (300.0, "5 min"), (-3600.0, "0 s")],
    )
    def test_a_busy_session_tells_who_answers_and_for_how_long(
        self, ago: float, told: str, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = timestamps.now()
        monkeypatch.setattr(timestamps, "now", lambda: now)
        session = a_session()
        answer = an_answer(session, timestamp=now - timedelta(seconds=ago))
        store.begin_turn(session, a_prompt(session), answer, create=True)
        store.checkpoint(answer.id, "a sign of life does not begin it anew")
        with pytest.raises(SessionBusy) as busy:
            store.begin_turn(session, a_prompt(session), an_answer(session), create=False)
        assert busy.value.message == (
            f"{session.id[-8:]} is answering in another terminal (pid {os.getpid()}, {told})"
        )

    def test_the_answer_of_a_killed_process_is_incomplete_but_there(self, path: Path) -> None:
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import sys; sys.path[:0] = {sys.path!r}\n{self.SCRIPT}",
                f"sqlite:{path}",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        session_id = child.stdout.readline().strip()
        with open_store(f"sqlite:{path}") as opened:
            assert opened.get_messages(session_id)[1].status is Status.STREAMING
            assert opened.close_abandoned(session_id) == 0
            os.kill(child.pid, signal.SIGKILL)
            child.communicate()
            shown = opened.get_messages(session_id)[1]
            assert (shown.content, shown.reasoning) == ("Because it", "hm")
            assert shown.status is Status.INCOMPLETE
            session = opened.get_session(session_id)
            assert session is not None
            a_finished_turn(opened, session, create=False)
            closed = opened.get_messages(session_id)
            assert [m.status for m in closed[1::2]] == [Status.INCOMPLETE, Status.COMPLETE]
            assert closed[1].content == "Because it"
            assert opened._connection.read("SELECT count(*) FROM answer_chunks") == [(0,)]  # type: ignore[attr-defined]

    def test_an_abandoned_answer_can_be_closed_by_itself(self, store: SqliteStore) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        store.checkpoint(answer.id, "text")
        store._connection.transaction(
            lambda raw: raw.execute("UPDATE messages SET owner = 'elsewhere|boot|ns|1|1'")
        )
        assert store.close_abandoned(session.id) == 0
        store._connection.transaction(
            lambda raw: raw.execute("UPDATE messages SET leased_until = unixepoch() - 1")
        )
        assert store.close_abandoned(session.id) == 1
        assert store.get_messages(session.id)[1].status is Status.INCOMPLETE


class TestPurging:
    def test_no_byte_of_the_text_stays(self, path: Path, store: SqliteStore) -> None:
        secret = "correct horse battery staple"
        doomed, kept = a_session(title=f"{secret} titled"), a_session()
        a_finished_turn(store, kept, "kept", create=True)
        _, answer = store.begin_turn(
            doomed, a_prompt(doomed, f"{secret} asked"), an_answer(doomed), create=True
        )
        for _ in range(300):
            store.checkpoint(answer.id, f"{secret} answered " * 20, f"{secret} thought")
        store.finish_turn(
            answer.replace(content=f"{secret} closed " * 6000, status=Status.COMPLETE)
        )
        a_finished_turn(store, doomed, f"{secret} again", secret * 2000, create=False)
        store.retitle_session(doomed.id, "Another title")
        assert self.hits(path, secret) > 0
        assert store.delete_session(doomed.id)
        assert self.hits(path, secret) == 0
        assert len(store.get_messages(kept.id)) == 2

    @staticmethod
    def hits(path: Path, text: str) -> int:
        files = path.parent.glob("sessions.db*")
        return sum(file.read_bytes().count(text.encode()) for file in files)


INDEX_WALKS = {
    "get_summary": "SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)",
    "list_live": "SEARCH sessions USING INDEX idx_sessions_live (deleted_at=?)",
    "list_trash": "SEARCH sessions USING INDEX idx_sessions_trash (deleted_at>?)",
    "nth_live": "SEARCH sessions USING INDEX idx_sessions_live (deleted_at=?)",
    "nth_trash": "SEARCH sessions USING INDEX idx_sessions_trash (deleted_at>?)",
    "get_messages": (
        "SEARCH messages USING INDEX idx_messages_seq (session_id=? AND seq>? AND seq<?)"
    ),
    "get_attachments": (
        "SEARCH attachments USING INDEX sqlite_autoindex_attachments_1 (message_id=?)"
    ),
    "recent_prompts": "SEARCH messages USING INTEGER PRIMARY KEY (rowid<?)",
    "streaming_answers": "SEARCH messages USING INDEX idx_messages_streaming (session_id=?)",
    "expired_exists": (
        "SEARCH sessions USING COVERING INDEX idx_sessions_cleaned"
        " (deleted_at=? AND imported_at=? AND updated_at<?)"
    ),
    "excess_exists": (
        "SEARCH sessions USING COVERING INDEX idx_sessions_cleaned (deleted_at=? AND imported_at=?)"
    ),
    "outdated_trash": (
        "SEARCH sessions USING INDEX idx_sessions_trash (deleted_at>? AND deleted_at<?)"
    ),
    "outdated_kept": "SEARCH kept_sessions USING COVERING INDEX idx_kept_sessions (deleted_at<?)",
}


NEWEST_TRASH = _selection.QUERIES["newest_trash"]


class TestPruning:
    @pytest.mark.parametrize("rule", [{"empty": True}, {"max_size": 1}])
    def test_what_is_used_or_pinned_meanwhile_stays(
        self, rule: dict[str, int], store: SqliteStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sessions = [a_session() for _ in range(60)]
        for session in sessions:
            store.create_session(session)
            if "max_size" in rule:
                store.add_message(a_prompt(session))

        def between_batches(seconds: float) -> None:
            if store.count_sessions(deleted=True) == 50:
                store.add_message(a_prompt(sessions[55]))
                store.pin_session(sessions[57].id)

        monkeypatch.setattr("synapse.stores.sqlite._cleanup.time.sleep", between_batches)
        rules = Retention(retention_days=0, max_sessions=0).replace(**rule)
        assert store.cleanup(rules).total == 58
        left = {summary.session.id for summary in store.list_sessions()}
        assert left == {sessions[55].id, sessions[57].id}


class TestPlans:
    """Which index a statement walks: what keeps it as fast with a million sessions."""

    @pytest.mark.parametrize("query", INDEX_WALKS)
    def test_a_hot_statement_walks_its_index_without_sorting(
        self, store: SqliteStore, query: str
    ) -> None:
        plan = self.plan(store, query)
        assert plan[0] == INDEX_WALKS[query]
        assert not any("ORDER BY" in step and "concat" not in step for step in plan), plan

    @pytest.mark.parametrize(
        ("query", "walk"),
        [
            ("newest_live", "idx_sessions_live (deleted_at=? AND updated_at>? AND updated_at<?)"),
            ("newest_trash", "idx_sessions_trash (deleted_at>? AND deleted_at<?)"),
        ],
    )
    def test_a_filtered_list_walks_the_index_without_sorting(
        self, store: SqliteStore, query: str, walk: str
    ) -> None:
        store.total_sessions(SessionFilter())  # makes folded() known
        sql = _selection.QUERIES[query]
        values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
        rows = store._connection.read(f"EXPLAIN QUERY PLAN {sql}", values)
        assert rows[0][3] == f"SEARCH sessions USING INDEX {walk}"
        assert not any("ORDER BY" in row[3] or "SCAN sessions" in row[3] for row in rows)

    @pytest.mark.parametrize("query", [_statements.QUERIES["list_trash"], NEWEST_TRASH])
    def test_a_list_of_the_trash_merges_both_parts_along_their_indexes(
        self, store: SqliteStore, query: str
    ) -> None:
        store.total_sessions(SessionFilter())
        sql = _externally_deleted.listed(query)
        values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
        plan = [row[3] for row in store._connection.read(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert plan[0] == "MERGE (UNION ALL)"
        steps = [step for step in plan if "json_each" not in step]  # which reads a few tags
        assert not any("SCAN" in step or "ORDER BY" in step for step in steps), plan

    def test_a_name_is_looked_up_and_so_is_what_is_not_folded_yet(self, store: SqliteStore) -> None:
        plan = self.plan(store, "find_by_name")
        assert "SEARCH sessions USING INDEX idx_sessions_name (name_key=?)" in plan
        scans = [step for step in plan if step.startswith("SCAN")]
        assert scans == ["SCAN sessions USING INDEX idx_sessions_unfolded"]

    def test_a_prefix_is_looked_up_in_two_ranges(self, store: SqliteStore) -> None:
        plan = self.plan(store, "find_by_prefix")
        searched = " ".join(plan)
        assert "idx_sessions_handle (<expr>>? AND <expr><?)" in searched
        assert "sqlite_autoindex_sessions_1 (id>? AND id<?)" in searched
        assert "SCAN sessions" not in searched

    @staticmethod
    def plan(store: SqliteStore, query: str) -> list[str]:
        sql = _statements.QUERIES[query]
        names = {"limit": 1, "offset": 0}
        values = {name: names.get(name, "x") for name in re.findall(r":(\w+)", sql)}
        return [row[3] for row in store._connection.read(f"EXPLAIN QUERY PLAN {sql}", values)]


def test_a_transaction_that_the_engine_takes_back_is_run_again(store: SqliteStore) -> None:
    tries = []

    def work(raw: apsw.Connection) -> int:
        tries.append(raw.execute("SELECT count(*) FROM sessions").fetchall())
        session = a_session()
        _statements.insert_session(raw, session)
        if len(tries) < 3:
            raise apsw.BusyError("BusyError: database is locked")
        return len(tries)

    assert store._connection.transaction(work) == 3
    assert tries == [[(0,)]] * 3
    assert store.count_sessions() == 1


def test_a_transaction_is_not_run_again_for_ever(store: SqliteStore) -> None:
    tries = []

    def work(raw: apsw.Connection) -> None:
        tries.append(1)
        raise apsw.BusyError("BusyError: database is locked")

    with pytest.raises(DatabaseLocked):
        store._connection.transaction(work, patience=0.05)
    assert tries


@pytest.mark.parametrize("deleted", [False, True])
def test_a_late_page_costs_no_more_than_the_first(store: SqliteStore, deleted: bool) -> None:
    def fill(raw: apsw.Connection) -> None:
        for number in range(4000):
            moment = NOON + timedelta(seconds=number)
            session = a_session(updated=moment, deleted_at=moment if deleted else None)
            _statements.insert_session(raw, session)

    store._connection.transaction(fill)
    steps = 0

    def count() -> bool:
        nonlocal steps
        steps += 1
        return False

    def cost_of(after: SessionSummary | None) -> int:
        nonlocal steps
        steps = 0
        assert len(store.list_sessions(limit=5, after=after, deleted=deleted)) == 5
        return steps

    last = store.list_sessions(limit=3900, deleted=deleted)[-1]
    store._connection.raw.set_progress_handler(count, 10)
    first, late = cost_of(None), cost_of(last)
    store._connection.raw.set_progress_handler(None)
    assert 0 < late < 3 * first
