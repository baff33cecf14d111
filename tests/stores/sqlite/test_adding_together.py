"""Sessions that are added together, without triggers, are what the triggers would have made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer, days_ago
from contract.engines import index_all

from synapse.app.exporting import archives
from synapse.app.importing import _Messages
from synapse.domain import Role, Status, Usage
from synapse.errors import InvalidDataError
from synapse.formats import importer
from synapse.formats.jsonl import JsonlExporter
from synapse.formats.reading.sources import FileSource
from synapse.search_query import SearchQuery, Word
from synapse.stores.sqlite.archive import adding
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance
from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.archived import ArchivedSession


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """An export of sessions of every kind that is simple, and of some that aren't."""
    path = tmp_path / "all.jsonl"
    with SqliteStore(f"sqlite:{tmp_path}/there.db") as store:
        ids: list[str] = []
        for text in ("plain", "  Ünï\r\nzwei\tdrei " * 20, "", "\n \t", "東京 " * 80, "x" * 900):
            session = a_session(title=f"T {text[:5]}", updated=days_ago(len(ids)))
            store.create_session(session)
            store.add_message(a_prompt(session, text, role=Role.SYSTEM))
            store.add_message(a_prompt(session, ""))
            for number in range(30):
                store.add_message(a_prompt(session, f"{text} {number}"))
                answer = an_answer(session, content=f"answer {number}", status=Status.COMPLETE)
                usage = Usage(input_tokens=number or None, output_tokens=10**12)
                if number % 7 == 3:
                    usage = usage.replace(cached_tokens=1, cost=number, cost_source="config")
                store.add_message(answer.replace(usage=usage, reasoning=text))
            ids.append(session.id)
        empty, named, tagged, trashed, half = (a_session() for _ in range(5))
        store.create_session(empty)
        for session in (named, tagged, trashed, half):
            a_finished_turn(store, session, create=True)
        store.rename_session(named.id, "a name")
        store.tag_sessions([tagged.id], ["work"])
        store.rename_session(trashed.id, "gone")
        store.pin_session(trashed.id)
        store.trash_session(trashed.id)
        answer = an_answer(half, content="half", status=Status.INTERRUPTED)
        store.add_message(answer)
        fork = a_session(forked_from=ids[0])
        store.fork_session(ids[0], fork, at=3)
        ids += [each.id for each in (empty, named, tagged, trashed, half, fork)]
        with path.open("wb") as file:
            JsonlExporter().write(archives(store, ids), file)
    return path


def read(lines: Path) -> list[ArchivedSession]:
    """Its sessions, each with its messages in memory."""
    found: list[Any] = []
    for one in importer("synapse").read(FileSource(lines)):
        found.append(one.replace(messages=held_in_memory(one.messages)))  # type: ignore[union-attr]
    return found


def held_in_memory(messages: Any) -> Any:
    held = _Messages(messages, messages._session_id)
    held.read_ahead(1 << 40)
    return held


TABLES = {
    "sessions": "id, name, provider, model, system_prompt, created_at, updated_at, name_key,"
    " pinned, forked_from, forked_at, deleted_at, restored_at, message_count, preview, last_status,"
    " input_tokens, output_tokens, title, instructions, use_order, tags, tag_keys, title_key,"
    " model_key, preview_key, imported_at IS NULL",
    "messages": "*",
    "session_changes": "*",
    "imports": "*",
    "message_extras": "*",
    "search_stale": "*",
}  # fmt: skip


def contents(path: Path) -> dict[str, list[Any]]:
    database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = {
        table: sorted(map(repr, database.execute(f"SELECT {columns} FROM {table}")))
        for table, columns in TABLES.items()
    }
    database.close()
    return found


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[SqliteStore, SqliteStore]]:
    with (
        SqliteStore(f"sqlite:{tmp_path}/one.db") as one,
        SqliteStore(f"sqlite:{tmp_path}/other.db") as other,
    ):
        yield one, other


def added_without_triggers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of those that are, as they come."""
    told: list[str] = []
    real = adding._add

    def noted(raw: Any, archived: ArchivedSession, messages: Any) -> Any:
        told.append(archived.session.id)
        return real(raw, archived, messages)

    monkeypatch.setattr(adding, "_add", noted)
    return told


def test_the_rows_are_the_same(
    two: tuple[SqliteStore, SqliteStore],
    lines: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together, alone = two
    told = added_without_triggers(monkeypatch)
    merged = together.merge_sessions(read(lines))
    assert len(told) == 8
    assert merged == [alone.merge_session(archived) for archived in read(lines)]
    one, other = contents(tmp_path / "one.db"), contents(tmp_path / "other.db")
    assert one == other
    assert SqliteMaintenance(f"sqlite:{tmp_path}/one.db").check() == []
    again = together.merge_sessions(read(lines))
    assert not any(outcome.changed for outcome in again)
    assert contents(tmp_path / "one.db") == one
    assert len([*together.search(SearchQuery(expression=Word(text="answer")))]) == 6 * 30


def test_triggers_work_afterwards_and_after_a_failure(
    two: tuple[SqliteStore, SqliteStore], lines: Path, tmp_path: Path
) -> None:
    store, _ = two
    sessions = read(lines)
    broken = sessions[3].replace(message_count=1)
    with pytest.raises(InvalidDataError, match="of the 1 messages"):
        store.merge_sessions([*sessions[:3], broken])
    assert store.list_sessions() == []
    for archived in (sessions[0], None):
        if archived is not None:
            store.merge_sessions([archived])
        session = a_session()
        a_finished_turn(store, session, "counted", create=True)
        summary = store.get_summary(session.id)
        assert summary is not None
        assert (summary.message_count, summary.preview) == (2, "counted")


def test_one_that_stands_there_twice_is_merged(
    two: tuple[SqliteStore, SqliteStore], lines: Path
) -> None:
    store, _ = two
    first, second = read(lines)[0], read(lines)[0]
    merged = store.merge_sessions([first, second])
    assert [(one.is_new, one.changed) for one in merged] == [(True, True), (False, False)]


def test_places_that_an_index_has_known_are_left_to_the_triggers(
    two: tuple[SqliteStore, SqliteStore], lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = two
    for number in range(3):
        session = a_session()
        a_finished_turn(store, session, f"needle {number}", create=True)
    index_all(store)
    store.delete_session(session.id)
    told = added_without_triggers(monkeypatch)
    store.merge_sessions(read(lines))
    assert told == []
    assert len([*store.search(SearchQuery(expression=Word(text="needle")))]) == 2
    assert len([*store.search(SearchQuery(expression=Word(text="answer")))]) == 6 * 30
