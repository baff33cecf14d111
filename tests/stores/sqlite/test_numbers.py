"""Numbers that no count can be, whoever wrote them: read, and mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import a_finished_turn, a_session
from program import messages, run, sessions

from synapse.domain import Usage
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.domain import Session

LARGEST_INTEGER = 2**63 - 1
VALUES = [LARGEST_INTEGER, -1, -(2**63), 10**12 + 1, 7.5, float("inf"), "many", b"\xff"]
COLUMNS = ["input_tokens", "output_tokens", "elapsed_ms"]


@pytest.fixture
def path(home: Path) -> Path:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    return folder / "sessions.db"


@pytest.fixture
def session(path: Path) -> Session:
    session = a_session()
    with open_store(f"sqlite:{path}") as store:
        for number in range(3):
            a_finished_turn(store, session, create=number == 0)
        for message in store.get_messages(session.id)[1::2]:
            assert message.usage == Usage()
    return session


def set_numbers(path: Path, sql: str, *values: Any) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql, values)
    connection.close()


def assert_readable() -> None:
    for words in (
        ["sessions", "list"],
        ["sessions", "list", "--json"],
        ["sessions", "list", "--json", "--sort", "messages"],
        ["sessions", "show", "@1"],
        ["sessions", "show", "@1", "--json"],
        ["sessions", "stats"],
        ["sessions", "stats", "--json"],
        *(["sessions", "stats", "--by", by] for by in ("day", "week", "month", "model", "role")),
        ["db", "info"],
    ):
        ran = run(*words)
        assert ran.status == 0, (words, ran)
    assert [message["content"] for message in messages()] == ["hello", "hi"] * 3


def assert_mended() -> None:
    assert run("db", "check").status != 0
    repaired = run("db", "check", "--repair")
    assert repaired.status == 0, repaired
    assert run("db", "check").status == 0
    assert_readable()


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.usefixtures("session")
def test_a_number_that_is_no_count_is_read_and_mended(
    path: Path, column: str, value: object
) -> None:
    set_numbers(path, f"UPDATE messages SET {column} = ? WHERE role = 'assistant'", value)
    assert_readable()
    shown = messages()[1]
    usage, elapsed = shown["usage"], shown["elapsed_ms"]
    assert [usage["input_tokens"], usage["output_tokens"], elapsed] == [None, None, None]
    assert_mended()


@pytest.mark.usefixtures("session")
def test_sums_can_not_overflow(path: Path) -> None:
    set_numbers(path, "UPDATE messages SET input_tokens = ?", LARGEST_INTEGER)
    set_numbers(path, "UPDATE messages SET input_tokens = 5 WHERE role = 'user'")
    [row] = run("sessions", "stats", "--by", "day", "--json").json()["rows"]
    assert row["input_tokens"] == 15
    assert_mended()
    [row] = run("sessions", "stats", "--by", "day", "--json").json()["rows"]
    assert row["input_tokens"] == 15


@pytest.mark.parametrize("value", [LARGEST_INTEGER, -(2**63), -1, 10**13])
def test_a_count_of_messages_that_is_none(path: Path, session: Session, value: int) -> None:
    with open_store(f"sqlite:{path}") as store:
        a_finished_turn(store, a_session(), create=True)
    set_numbers(path, "UPDATE sessions SET message_count = ?", value)
    for words in (["sessions", "list"], ["sessions", "list", "--json"], ["sessions", "show", "@1"]):
        assert run(*words).status == 0
    assert run("db", "check", "--repair").status == 0
    assert sorted(row["message_count"] for row in sessions()) == [2, 6]
    assert session.id in [row["id"] for row in sessions()]


@pytest.mark.parametrize("value", [LARGEST_INTEGER, -(2**63), -3, 0])
@pytest.mark.usefixtures("session")
def test_a_place_in_the_session_that_is_none(path: Path, value: int) -> None:
    last = value > 0
    where = "SELECT max(rowid) FROM messages" if last else "SELECT min(rowid) FROM messages"
    set_numbers(path, f"UPDATE messages SET seq = ? WHERE rowid = ({where})", value)
    assert_readable()
    assert_mended()
    assert [message["index"] for message in messages()] == [1, 2, 3, 4, 5, 6]
    assert run("-c", "-p", "echo", "more").status == 0
    assert [message["content"] for message in messages()][6:] == ["more", "more"]


def test_a_store_keeps_no_number_that_is_no_count(path: Path) -> None:
    with open_store(f"sqlite:{path}") as store:
        session = a_session()
        answer = a_finished_turn(store, session, create=True)
        wild = answer.replace(
            id="another", usage=Usage(input_tokens=2**64, output_tokens=-1), elapsed_ms=2**70
        )
        store.add_message(wild)
        kept = store.get_messages(session.id)[2]
    assert (kept.content, kept.usage, kept.elapsed_ms) == (answer.content, Usage(), None)
