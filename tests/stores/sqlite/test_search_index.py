"""The index in the file: what others may do to it, what a purge leaves, what damage costs."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer
from contract.engines import index_all
from stores.sqlite.another_program import secret, traces

from synapse.domain import Attachment, Session, Status
from synapse.search_query import Phrase, SearchQuery, Word
from synapse.stores import open_store
from synapse.stores.sqlite.care import search_checks
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance
from synapse.stores.sqlite.search import catching_up, index, times, writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _even_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "FEW", -1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[Any]:
    with open_store(path) as opened:
        yield opened


@pytest.fixture
def other(path: Path, store: Any) -> Iterator[apsw.Connection]:
    """Another program, whose SQLite has no FTS5."""
    connection = apsw.Connection(str(path))
    connection.drop_modules([])
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.close()


def say(store: Any, *texts: str, **fields: Any) -> Session:
    session = a_session()
    store.create_session(session)
    for text in texts:
        store.add_message(a_prompt(session, text, **fields))
    return session


def contents(store: Any, word: str, **which: Any) -> list[str]:
    query = SearchQuery(expression=Word(text=word), **which)
    return [hit.message.content for hit in store.search(query)]


def problems(store: Any) -> list[str]:
    found: list[str] = store._connection.read_within(
        lambda raw: [finding.text for finding in search_checks.problems(raw)]
    )
    return found


def is_indexed(store: Any) -> bool:
    state = index.index_state(store._connection)
    return state.is_usable and bool(state.shards) and state.indexed_to == state.last


class TestOtherPrograms:
    def test_one_without_fts5_may_write_read_and_vacuum(
        self, store: Any, other: apsw.Connection
    ) -> None:
        session = say(store, "first words", "second words")
        index_all(store)
        with pytest.raises(apsw.SQLError, match="no such module"):
            other.execute("SELECT * FROM search_0('words')").fetchall()
        insert = "INSERT INTO messages (id, session_id, role, content, timestamp)"
        values = (session.id, "2026-11-23T12:00:00Z")
        other.execute(f"{insert} VALUES ('a', ?, 'user', 'third words', ?)", values)
        other.execute("UPDATE messages SET content = 'changed words' WHERE content LIKE 'first%'")
        other.execute("DELETE FROM messages WHERE content LIKE 'second%'")
        other.execute(
            insert.replace("INSERT", "INSERT OR REPLACE")
            + " VALUES ('a', ?, 'user', 'x words', ?)",
            values,
        )
        assert other.execute("PRAGMA integrity_check(1)").fetchall()
        other.execute("VACUUM")
        for _ in range(2):
            assert sorted(contents(store, "words")) == ["changed words", "x words"]
            assert contents(store, "first") == contents(store, "second") == []
            index_all(store)
        assert problems(store) == []

    def test_no_trigger_and_no_view_names_the_index(
        self, store: Any, other: apsw.Connection
    ) -> None:
        say(store, "words")
        index_all(store)
        assert problems(store) == []
        other.execute("CREATE VIEW theirs AS SELECT rowid FROM search_0")
        assert problems(store) == ["is named by the view theirs, which other programs can't run"]

    def test_what_it_deletes_is_found_in_the_trash(
        self, store: Any, other: apsw.Connection
    ) -> None:
        session = say(store, "some words")
        store.tag_sessions([session.id], ["Work"])
        index_all(store)
        other.execute("DELETE FROM sessions WHERE id = ?", (session.id,))
        for _ in range(2):
            assert contents(store, "words") == []
            assert contents(store, "words", deleted=True) == ["some words"]
            assert contents(store, "words", deleted=True, tags=("work",)) == ["some words"]
            index_all(store)
        [summary] = store.list_sessions(deleted=True)
        assert summary.tags == ("Work",)
        store.restore_session(session.id)
        assert contents(store, "words", tags=("work",)) == ["some words"]

    def test_attachments_that_come_and_go_by_themselves_are_seen(
        self, store: Any, other: apsw.Connection
    ) -> None:
        notes = Attachment(name="n", media_type="text/plain", data=b"whisky")
        say(store, "words", attachments=(notes,))
        index_all(store)
        for sql, found, gone in (
            ("UPDATE attachments SET data = CAST('tango' AS BLOB)", "tango", "whisky"),
            (
                "INSERT INTO attachments SELECT message_id, 2, 'b', media_type, source, 'foxtrot'"
                " FROM attachments",
                "foxtrot",
                "whisky",
            ),
            ("DELETE FROM attachments WHERE n = 2", "tango", "foxtrot"),
        ):
            other.execute(sql)
            for _ in range(2):
                assert contents(store, found) == ["words"]
                assert contents(store, gone) == []
                index_all(store)
            assert problems(store) == []

    def test_row_numbers_that_have_moved_are_noticed(
        self, store: Any, other: apsw.Connection
    ) -> None:
        say(store, "one words", "two words", "three words")
        other.execute("DELETE FROM messages WHERE content LIKE 'one%'")
        index_all(store)
        other.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)  # as while a dump is read in
        other.execute("UPDATE messages SET rowid = rowid - 1")
        assert problems(store) == ["knows the messages by row numbers that they no longer have"]
        assert contents(store, "words") == ["three words", "two words"]
        index_all(store)
        assert problems(store) == []
        assert contents(store, "two") == ["two words"]


SECRETS = 60


class TestPurge:
    def test_no_byte_is_left_tokens_included(self, path: Path) -> None:
        words = [secret(number) for number in range(SECRETS)]
        with open_store(path) as store:
            for number in range(40):
                say(store, *(f"ordinary {secret(1000 + number * 10 + n)} é" for n in range(8)))
            session = say(store, *(f"{word} Straße {word}" for word in words[:20]))
            for word in words[20:30]:
                file = Attachment(name="f", media_type="text/plain", data=f"é {word}".encode())
                store.add_message(a_prompt(session, "with a file", attachments=(file,)))
            for word in words[30:40]:
                thinking = a_prompt(session, "thinking", reasoning=f"a thought of {word}")
                store.add_message(thinking)
            index_all(store)
            for word in words[40:]:
                store.add_message(a_prompt(session, word))
            index_all(store)
            for number in range(40, 50):  # so that pieces of the index are merged
                say(store, *(f"ordinary {secret(1000 + number * 10 + n)} é" for n in range(8)))
                index_all(store)
            assert len(traces(path, words)) == SECRETS
            indexed: Any = apsw.Connection(str(path)).execute("SELECT block FROM search_0_data")
            blocks = b"".join(block for (block,) in indexed)
            assert sum(word[4:].encode() in blocks for word in words) > SECRETS // 2
            assert store.delete_session(session.id)
            assert not store.erasure_pending()
            assert traces(path, words) == []
            assert problems(store) == []

    def test_texts_that_others_have_changed_or_deleted_are_gone_too(self, path: Path) -> None:
        changed, replaced, deleted = (secret(number) for number in range(3))
        with open_store(path) as store:
            say(store, *(f"ordinary {secret(100 + n)}" for n in range(50)))
            session = say(store, f"old {changed}", f"other {replaced}")
            kept = say(store, deleted)
            index_all(store)
            other = apsw.Connection(str(path))
            other.execute("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON").fetchall()
            other.execute("UPDATE messages SET content = 'new' WHERE content LIKE 'old%'")
            other.execute(
                "INSERT OR REPLACE INTO messages (id, session_id, role, content, timestamp)"
                " SELECT id, session_id, role, 'newer', timestamp FROM messages"
                " WHERE content LIKE 'other%'"
            )
            other.execute("DELETE FROM sessions WHERE id = ?", (kept.id,))
            other.close()
            assert len(traces(path, [changed, replaced, deleted])) == 3
            assert store.delete_sessions([session.id, kept.id]) == [session.id, kept.id]
            assert not store.erasure_pending()
            assert traces(path, [changed, replaced, deleted]) == []

    def test_one_that_is_cut_short_is_finished_by_the_next(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        words = [secret(number) for number in range(10)]
        with open_store(path) as store:
            say(store, *(f"ordinary {secret(100 + n)}" for n in range(50)))
            session = say(store, *words)
            index_all(store)
        script = (
            "import sys, os\n"
            "from synapse.stores import open_store\n"
            "from synapse.stores.sqlite.search import writing\n"
            "writing.Writer.take_out = lambda *_: os._exit(9)\n"
            f"open_store({str(path)!r}).delete_session({session.id!r})\n"
        )
        ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
        assert ended.returncode == 9
        with open_store(path) as store:
            assert store.erasure_pending()
            assert store.get_session(session.id) is None
        assert traces(path, words) == []
        with open_store(path) as store:
            assert not store.erasure_pending()
            assert problems(store) == []

    @pytest.mark.parametrize("harm", ["data", "config", "idx"])
    def test_a_damaged_index_goes_as_a_whole(self, path: Path, harm: str) -> None:
        word = secret(1)
        with open_store(path) as store:
            say(store, *(f"ordinary {secret(100 + n)}" for n in range(50)))
            session = say(store, word)
            index_all(store)
            raw = apsw.Connection(str(path))
            raw.execute("PRAGMA secure_delete = ON").fetchall()
            raw.execute(HARM[harm])
            raw.close()
            assert store.delete_session(session.id)
            assert traces(path, [word]) == []
            assert not store.erasure_pending()
            assert len(contents(store, "ordinary")) == 50


HARM = {
    "data": "UPDATE search_0_data SET block = zeroblob(length(block)) WHERE id > 10",
    "structure": "UPDATE search_0_data SET block = x'ffff' WHERE id = 10",
    "config": "DROP TABLE search_0_config",
    "idx": "DROP TABLE search_0_idx",
    "rows": "DELETE FROM search_0_data WHERE id > 10",
    "state": "DELETE FROM search_state",
    "recipe": "UPDATE search_state SET recipe = 999",
    "times": "DELETE FROM search_times",
    "secure": "UPDATE search_0_config SET v = 0 WHERE k = 'secure-delete'",
}
HIDES = {"structure", "rows", "times"}
"""Of which a search can't know: the index only says less."""


class TestDamage:
    @pytest.mark.parametrize("harm", HARM)
    def test_it_costs_no_conversation_and_is_mended(self, path: Path, harm: str) -> None:
        with open_store(path) as store:
            session = say(store, *(f"common word{n} é" for n in range(300)))
            index_all(store)
            raw = apsw.Connection(str(path))
            raw.execute(HARM[harm])
            raw.close()
            found = contents(store, "common")
            assert len(found) == 300 or harm in HIDES
            turn = a_session()
            a_finished_turn(store, turn, "what", "more of common", create=True)
            assert len(store.list_sessions()) == 2
            assert len(store.get_messages(session.id)) == 300
        care = SqliteMaintenance(f"sqlite:{path}")
        found_wrong = care.check()
        assert found_wrong
        assert all(finding.repairable for finding in found_wrong), found_wrong
        care.repair()
        assert care.check() == []
        with open_store(path) as store:
            assert len(contents(store, "common")) == 301
            assert contents(store, "word7") == ["common word7 é"]
            assert is_indexed(store)

    @pytest.mark.parametrize("harm", ["config", "idx", "state", "recipe"])
    def test_the_next_indexing_begins_anew(self, path: Path, harm: str) -> None:
        with open_store(path) as store:
            say(store, *(f"common word{n}" for n in range(50)))
            index_all(store)
            raw = apsw.Connection(str(path))
            raw.execute(HARM[harm])
            raw.close()
            contents(store, "common")
            store.catch_up_search(everything=True)
            index_all(store)
            assert problems(store) == []
            assert is_indexed(store)
            assert len(contents(store, "common")) == 50

    def test_a_trigger_that_was_missing_makes_the_index_anew(
        self, path: Path, store: Any, other: apsw.Connection
    ) -> None:
        say(store, "one words", "two words")
        index_all(store)
        other.execute("DROP TRIGGER search_changed")
        other.execute("UPDATE messages SET content = 'unseen' WHERE content LIKE 'one%'")
        assert contents(store, "unseen") == []
        SqliteMaintenance(f"sqlite:{path}").repair()
        assert contents(store, "unseen") == ["unseen"]
        assert problems(store) == []

    def test_a_salvage_leaves_the_index_behind(self, path: Path, tmp_path: Path) -> None:
        with open_store(path) as store:
            session = say(store, "some words")
            store.tag_sessions([session.id], ["Work"])
            index_all(store)
        saved = tmp_path / "saved.db"
        report = SqliteMaintenance(f"sqlite:{path}").salvage(str(saved))
        assert (report.sessions, report.messages, report.unreadable) == (1, 1, 0)
        with open_store(saved) as store:
            assert contents(store, "words", tags=("work",)) == ["some words"]
            assert not is_indexed(store)

    def test_a_backup_has_the_index_and_comes_back_with_it(
        self, path: Path, tmp_path: Path
    ) -> None:
        care = SqliteMaintenance(f"sqlite:{path}")
        with open_store(path) as store:
            say(store, "some words")
            index_all(store)
        care.back_up(str(tmp_path / "backup.db"))
        with open_store(path) as store:
            say(store, "later words")
            index_all(store)
        care.restore(str(tmp_path / "backup.db"))
        with open_store(path) as store:
            assert contents(store, "words") == ["some words"]
            assert is_indexed(store)
        assert care.check() == []


class TestOnce:
    """Of what is read and what the index names, nothing is shown twice."""

    @pytest.mark.parametrize("prefix", [False, True])
    @pytest.mark.parametrize("indexed", [5, 513])
    def test_where_the_index_ends_in_the_midst(
        self, store: Any, indexed: int, prefix: bool
    ) -> None:
        session = say(store, *(f"words {n}" for n in range(indexed)))
        index_all(store)
        for n in range(indexed, indexed + 5):
            store.add_message(a_prompt(session, f"words {n}"))
        word = Word(text="wor" if prefix else "words", prefix=prefix)
        found = [hit.message.content for hit in store.search(SearchQuery(expression=word))]
        assert found == [f"words {n}" for n in range(indexed + 4, -1, -1)]

    @pytest.mark.parametrize("prefix", [False, True])
    @pytest.mark.parametrize("few", [3, 600])
    def test_where_another_process_indexes_meanwhile(
        self, path: Path, store: Any, few: int, prefix: bool
    ) -> None:
        session = say(store, *(f"words {n}" for n in range(few)))
        index_all(store)
        for n in range(few, few + 5):
            store.add_message(a_prompt(session, f"words {n}"))
        word = Word(text="wor" if prefix else "words", prefix=prefix)
        hits = store.search(SearchQuery(expression=word))
        found = [next(hits).message.content]
        with open_store(path) as another:
            index_all(another)
        found += [hit.message.content for hit in hits]
        assert found == [f"words {n}" for n in range(few + 4, -1, -1)]


class TestIndexing:
    def test_a_small_archive_gets_no_index(
        self, store: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(index, "FEW", 10)
        session = say(store, *(f"words {n}" for n in range(10)))
        store.catch_up_search(everything=True)
        assert index.index_state(store._connection).shards == []
        store.add_message(a_prompt(session, "words 10"))
        assert store.catch_up_search(everything=True) == 0
        assert is_indexed(store)

    def test_it_goes_on_where_it_was_interrupted(
        self, store: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(catching_up, "_MOST", 8)
        say(store, *(f"words {n}" for n in range(100)))

        def interrupted(done: int, total: int) -> None:
            assert total >= 92
            if done >= 16:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            store.catch_up_search(everything=True, progress=interrupted)
        state = index.index_state(store._connection)
        assert 16 <= state.indexed_to < 100
        assert len(contents(store, "words")) == 100
        assert store.catch_up_search(everything=True) == 0
        assert is_indexed(store)

    def test_an_answer_that_comes_in_is_indexed_when_it_has_ended(self, store: Any) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        store.checkpoint(answer.id, "half of it")
        assert store.catch_up_search(everything=True) == 1
        store.finish_turn(answer.replace(content="whole of it", status=Status.COMPLETE))
        assert store.catch_up_search(everything=True) == 0
        assert contents(store, "whole") == ["whole of it"]
        assert problems(store) == []

    def test_a_file_that_cannot_be_written_is_searched_all_the_same(self, store: Any) -> None:
        say(store, "some words")
        store._connection.read("PRAGMA query_only = ON")
        assert store.catch_up_search(everything=True) == 1
        assert contents(store, "words") == ["some words"]

    def test_a_vacuum_indexes_everything(self, path: Path) -> None:
        with open_store(path) as store:
            say(store, *(f"words {n}" for n in range(300)))
        SqliteMaintenance(f"sqlite:{path}").vacuum()
        with open_store(path) as store:
            assert is_indexed(store)
            assert len(contents(store, "words")) == 300

    def test_no_query_reads_what_it_need_not(self, store: Any) -> None:
        """By the plans: the index, the row numbers, an index of the messages; never a table."""
        from synapse.stores.sqlite.search import QUERIES

        say(store, "some words")
        index_all(store)
        heads = {"rows_between", "rows_at", "rows_of_session", "newest_rows"}
        may_scan = {
            "times",
            "stale_places",
            "tables",
            "purged",
            "stale_bytes",
            "all_stale",
            "to_renew",
            "described",
            "is_large",
        }
        for name, sql in QUERIES.items():
            if name in may_scan | {"rows"} or not sql.split("\n")[-2:]:
                continue
            statement = QUERIES["rows"] + sql if name in heads else sql
            values = dict.fromkeys(_VALUES, 1) | {"ids": "[]", "places": "[]"}
            plan = store._connection.read(f"EXPLAIN QUERY PLAN {_first_of(statement)}", values)
            scans = [row[3] for row in plan if row[3].startswith("SCAN")]
            allowed = ("json_each", "p VIRTUAL", "search_state", "CONSTANT", "(subquery", "MIN")
            assert all(any(word in scan for word in allowed) for scan in scans), (name, scans)


_VALUES = (
    "reasoning first last limit session_id ids places deleted tagged indexed_to place chunk"
    " newest recipe shard few 1 2 3 4 5 6 7 8"
).split()


def _first_of(sql: str) -> str:
    return "\n".join(line for line in sql.splitlines() if not line.startswith("--"))


def test_a_phrase_over_shards_comes_in_the_order_of_time(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "SHARD_BITS", 5)
    say(store, *(f"to be {n}" for n in range(200)))
    index_all(store)
    assert len(index.index_state(store._connection).shards) == 7
    for block in (512, 4, 1):
        monkeypatch.setattr(times, "BLOCK", block)
        writing.abandon(store._connection)
        index_all(store)
        hits = store.search(SearchQuery(expression=Phrase(text="to be")))
        assert [hit.message.content for hit in hits] == [f"to be {n}" for n in range(199, -1, -1)]
    assert os.path.exists(store.location)
