"""Small sessions are written together; each is there whole or not at all, as if it were alone."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_finished_turn, a_session

from synapse.app.exporting import archives
from synapse.app.importing import Tally, import_all
from synapse.archived import ArchivedSession, Remark
from synapse.errors import DatabaseFull, ImportFailed
from synapse.formats.jsonl import JsonlExporter
from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from synapse.archived import ArchivedMessage, Merged

MANY = 400


@pytest.fixture
def there(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(f"sqlite:{tmp_path}/there.db") as store:
        yield store


@pytest.fixture
def here(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(f"sqlite:{tmp_path}/here.db") as store:
        yield store


def ids_of(store: SqliteStore) -> list[str]:
    return sorted(summary.session.id for summary in store.list_sessions())


def filled(store: SqliteStore, count: int = MANY) -> list[str]:
    """The ids of so many sessions."""
    made = []
    for number in range(count):
        session = a_session(name=f"n {number}" if number % 3 == 0 else None)
        a_finished_turn(store, session, f"question {number}", "x" * number, create=True)
        made.append(session.id)
    return made


def exported(store: SqliteStore, ids: list[str]) -> bytes:
    file = io.BytesIO()
    JsonlExporter().write(archives(store, ids), file)
    return file.getvalue()


def calls(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many sessions each transaction is given."""
    told: list[int] = []
    together = store.merge_sessions

    def noted(sessions: Sequence[ArchivedSession]) -> list[Merged]:
        told.append(len(sessions))
        return together(sessions)

    monkeypatch.setattr(store, "merge_sessions", noted)
    return told


def test_they_are_what_they_were_and_nothing_changes_the_second_time(
    there: SqliteStore, here: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = filled(there)
    told = calls(here, monkeypatch)
    tally = Tally()
    import_all(here, archives(there, ids), tally)
    assert tally.new_ids == ids
    assert (tally.messages, tally.failed) == (2 * MANY, 0)
    assert exported(here, ids) == exported(there, ids)
    assert 2 <= len(told) < 10
    again = Tally()
    import_all(here, archives(there, ids), again)
    assert (again.unchanged, again.updated, again.new_ids) == (MANY, 0, [])


def test_one_that_fails_takes_no_other_with_it(there: SqliteStore, here: SqliteStore) -> None:
    ids = filled(there, 9)
    read = [*archives(there, ids)]

    def broken() -> Iterator[ArchivedMessage]:
        yield half[0]
        raise ImportFailed("line 88: no JSON")

    half = [*read[4].messages]
    twice = [*read[1].messages]
    read[1] = read[1].replace(messages=[*twice, twice[0]], message_count=None)
    read[4] = read[4].replace(messages=broken())
    read[6] = read[6].replace(message_count=17)
    tally = Tally()
    heard: list[int] = []
    import_all(
        here, [Remark(text="old"), *read], tally,
        after_each=lambda tally: heard.append(tally.sessions + tally.failed),
    )  # fmt: skip
    assert ids_of(here) == sorted(set(ids) - {ids[1], ids[4], ids[6]})
    assert (tally.sessions, tally.failed, tally.messages, tally.remarks) == (6, 3, 12, ["old"])
    assert "is in the same session already" in " ".join(tally.failures)
    assert "line 88: no JSON" in tally.failures
    assert "2 of the 17 messages" in " ".join(tally.failures)
    assert heard == sorted(heard)
    assert heard[-1] == 9


def test_a_message_of_another_session_is_told_as_such(
    there: SqliteStore, here: SqliteStore
) -> None:
    ids = filled(there, 3)
    read = [*archives(there, ids)]
    foreign = [*read[0].messages]
    own = [*read[2].messages]
    read[0] = read[0].replace(messages=foreign)
    read[2] = read[2].replace(messages=[own[0], foreign[1], own[1]], message_count=None)
    tally = Tally()
    import_all(here, read, tally)
    assert tally.sessions == 2
    [failure] = tally.failures
    assert foreign[1].message.id in failure
    assert ids[0][-8:] in failure


def test_what_comes_before_the_end_of_a_broken_file_stays(
    there: SqliteStore, here: SqliteStore
) -> None:
    ids = filled(there, 5)

    def read() -> Iterator[ArchivedSession]:
        yield from archives(there, ids)
        raise ImportFailed("it ends too early")

    tally = Tally()
    import_all(here, read(), tally)
    assert (tally.sessions, tally.failures) == (5, ["it ends too early"])
    assert ids_of(here) == sorted(ids)


def test_a_store_that_takes_nothing_any_more_ends_it(
    there: SqliteStore, here: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = filled(there, 5)

    def full(_: Any) -> Any:
        raise DatabaseFull("the disk is full")

    monkeypatch.setattr(here, "merge_sessions", full)
    tally = Tally()
    with pytest.raises(DatabaseFull):
        import_all(here, archives(there, ids), tally)
    assert (tally.sessions, tally.failed, ids_of(here)) == (0, 0, [])


_KILLED = """
import os, sys
from synapse.app.exporting import all_sessions, archives
from synapse.app.importing import Tally, import_all
from synapse.stores import open_store

def die(tally):
    if tally.sessions >= 60:
        os.kill(os.getpid(), 9)

with open_store(sys.argv[1], read_only=True) as there, open_store(sys.argv[2]) as here:
    ids = [summary.session.id for summary in all_sessions(there, None, deleted=False)]
    import_all(here, archives(there, ids), Tally(), after_each=die)
"""


def test_a_crash_leaves_whole_sessions_and_the_next_import_brings_the_rest(
    there: SqliteStore, here: SqliteStore, tmp_path: Path
) -> None:
    ids = filled(there)
    urls = [f"sqlite:{tmp_path}/{name}.db" for name in ("there", "here")]
    ended = subprocess.run([sys.executable, "-c", _KILLED, *urls], check=False)
    assert ended.returncode == -9
    some = ids_of(here)
    assert 60 <= len(some) < MANY
    assert exported(here, some) == exported(there, some)
    import_all(here, archives(there, ids), Tally())
    assert exported(here, sorted(ids)) == exported(there, sorted(ids))


def test_a_long_session_is_written_alone(
    there: SqliteStore, here: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = filled(there, 6)
    long = a_session()
    for number in range(400):
        a_finished_turn(there, long, f"{number}", "y" * 4000, create=number == 0)
    ids.insert(3, long.id)
    told = calls(here, monkeypatch)
    tally = Tally()
    import_all(here, archives(there, ids), tally)
    assert told == [3, 3]
    assert tally.new_ids == ids
    assert exported(here, ids) == exported(there, ids)
