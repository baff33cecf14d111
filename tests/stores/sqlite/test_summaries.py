"""Summaries in a database file: erased, kept from other programs, checked, mended and salvaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest
from contract.builders import NOON, a_finished_turn, a_session, a_summary
from stores.sqlite import rust

from synapse.archived import ArchivedMessage
from synapse.domain import Session, Usage
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance
from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "Scheherazade-1001"
USAGE = Usage(input_tokens=5, cached_tokens=4, cost=3, cost_source="config")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(str(path)) as store:
        yield store


def a_talk(store: SqliteStore, turns: int = 3) -> Session:
    session = a_session()
    for turn in range(turns):
        a_finished_turn(store, session, create=turn == 0)
    return session


def summarised(store: SqliteStore) -> Session:
    """Three turns; one summary stands for the first, one for two of them."""
    session = a_talk(store)
    first = a_summary(session, 2, usage=USAGE, created_at=NOON, tokens_before=9)
    assert store.add_summary(first)
    assert store.add_summary(a_summary(session, 4, parent=first.id))
    return session


def care(path: Path) -> SqliteMaintenance:
    return SqliteMaintenance(f"sqlite:{path}")


def traces(path: Path) -> int:
    return sum(
        file.read_bytes().count(SECRET.encode())
        for file in path.parent.iterdir()
        if file.name in ("sessions.db", "sessions.db-wal")
    )


@pytest.mark.parametrize("how", ["with its session", "before its session", "superseded before"])
def test_its_text_is_gone_from_the_files_with_its_session(
    store: SqliteStore, path: Path, how: str
) -> None:
    session = a_talk(store)
    a_talk(store)
    long = f"{SECRET} " * 3000
    summary = a_summary(session, 4, content=long, focus=SECRET)
    assert store.add_summary(summary)
    store._connection.truncate_wal()
    assert traces(path) > 2500  # some stand across two pages
    if how == "before its session":
        assert store.remove_summary(summary.id)
    elif how == "superseded before":
        store.supersede_messages(session.id, 3)
    assert store.delete_session(session.id)
    assert not store.erasure_pending()
    assert traces(path) == 0


def test_what_another_program_deletes_keeps_its_summaries(store: SqliteStore, path: Path) -> None:
    session = summarised(store)
    before = store.summaries(session.id)
    database = rust.connect(path)
    database.execute("DELETE FROM sessions WHERE id = ?", (session.id,))
    database.close()
    assert store.summaries(session.id) == before
    archived = store.archived_session(session.id)
    assert archived
    assert [*archived.summaries] == before
    assert care(path).check() == []
    assert store.restore_session(session.id)
    assert store.summaries(session.id) == before
    assert care(path).check() == []
    rust.connect(path).execute("DELETE FROM sessions WHERE id = ?", (session.id,))
    assert store.delete_session(session.id)
    assert store.summaries(session.id) == []


def test_costs_of_what_another_program_deletes_are_kept(store: SqliteStore, path: Path) -> None:
    session = a_talk(store, 1)
    archived = store.archived_session(session.id)
    assert archived
    messages = [one.message.replace(usage=USAGE) for one in archived.messages]
    store.delete_session(session.id)
    store.merge_session(
        archived.replace(messages=[ArchivedMessage(message=each) for each in messages])
    )
    database = rust.connect(path)
    database.execute("DELETE FROM sessions WHERE id = ?", (session.id,))
    database.close()
    assert [m.usage for m in store.get_messages(session.id)] == [USAGE, USAGE]
    assert store.restore_session(session.id)
    assert [m.usage for m in store.get_messages(session.id)] == [USAGE, USAGE]
    assert [row.cost for row in store.statistics("session")] == [6]


def test_what_stands_for_a_message_that_another_program_deletes_goes(
    store: SqliteStore, path: Path
) -> None:
    session = summarised(store)
    [first, _] = store.summaries(session.id)
    database = rust.connect(path)
    database.execute("DELETE FROM messages WHERE session_id = ? AND seq = 6", (session.id,))
    assert len(store.summaries(session.id)) == 2
    database.execute("DELETE FROM messages WHERE session_id = ? AND seq = 4", (session.id,))
    assert store.summaries(session.id) == [first]
    database.execute("DELETE FROM messages WHERE session_id = ?", (session.id,))
    database.close()
    assert store.summaries(session.id) == []


@pytest.mark.parametrize(
    ("damage", "subject", "left"),
    [
        ("UPDATE summaries SET message_count = 3 WHERE generation = 1", "leftover summaries", 0),
        ("UPDATE messages SET superseded = 1 WHERE seq = 3", "leftover summaries", 1),
        ("UPDATE summaries SET last_index = 'x' WHERE parent IS NULL", "leftover summaries", 1),
        ("UPDATE summaries SET session_id = 'gone'", "leftover summaries", 0),
        ("UPDATE summaries SET cost = -1, tokens_after = 'x'", "summaries", 2),
        ("UPDATE summaries SET created_at = 'noon'", "summaries", 2),
        ("UPDATE summaries SET created_at = '2026-11-23 12:00:00'", "summaries", 2),
        ("UPDATE summaries SET content = CAST(content AS BLOB)", "texts", 2),
        ("UPDATE summaries SET content = CAST(x'61ff' AS TEXT)", "texts", 2),
        ("UPDATE summaries SET focus = x'61ff', model = CAST(x'ff' AS TEXT)", "texts", 2),
        ("UPDATE messages SET cost = 1.5, cached_tokens = -1", "numbers", 2),
        ("UPDATE messages SET reasoning_tokens = 'x', cache_write_tokens = 1e99", "numbers", 2),
        ("UPDATE messages SET cost_source = CAST(x'ff' AS TEXT)", "texts", 2),
        ("DROP INDEX idx_summaries_session", "schema", 2),
    ],
)
def test_what_is_wrong_is_read_all_the_same_found_and_mended(
    store: SqliteStore, path: Path, damage: str, subject: str, left: int
) -> None:
    session = summarised(store)
    database = apsw.Connection(str(path))
    database.execute(damage)
    for one in store.summaries(session.id):
        assert isinstance(one.content, str)
    store.get_messages(session.id)
    store.standing_summary(session.id)
    store.statistics("session")
    assert subject in {finding.subject for finding in care(path).check()}
    assert care(path).repair()
    assert care(path).check() == []
    assert len(store.summaries(session.id)) == left
    if "x'61ff'" in damage and "content" in damage:
        assert store.summaries(session.id)[0].content == "a\ufffd"
        kept = "SELECT bytes, session_id FROM original_texts WHERE place = 'summaries.content'"
        assert database.execute(kept).fetchall() == [(b"a\xff", session.id)] * 2
    database.close()


def test_summaries_and_costs_are_salvaged(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    session = summarised(store)
    target = tmp_path / "saved.db"
    assert care(path).salvage(str(target)).unreadable == 0
    with SqliteStore(str(target)) as saved:
        assert saved.summaries(session.id) == store.summaries(session.id)
    assert care(target).check() == []


def test_those_of_lost_messages_are_not_salvaged(
    store: SqliteStore, path: Path, tmp_path: Path
) -> None:
    session = summarised(store)
    database = rust.connect(path)
    database.execute("DROP TRIGGER message_removed")
    database.execute("DELETE FROM messages WHERE seq = 3")
    database.close()
    target = tmp_path / "saved.db"
    care(path).salvage(str(target))
    with SqliteStore(str(target)) as saved:
        assert [one.last_index for one in saved.summaries(session.id)] == [2]
    assert care(target).check() == []


def test_the_standing_one_is_found_along_an_index(store: SqliteStore) -> None:
    from synapse.stores.sqlite._statements import QUERIES

    plan = store._connection.read(
        f"EXPLAIN QUERY PLAN {QUERIES['standing_summary']}", {"session_id": "x"}
    )
    assert [row[3] for row in plan] == [
        "SEARCH summaries USING INDEX idx_summaries_session (session_id=?)"
    ]
