"""Attachments in a database file: destroyed, checked, mended and salvaged like the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest
from contract.builders import a_prompt, a_session, an_answer

from synapse.domain import Attachment, Status
from synapse.stores.sqlite.care.maintenance import SqliteMaintenance
from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"correct horse battery staple"
IMAGE = Attachment(name="dot.png", media_type="image/png", data=b"\xff\x00" + SECRET * 9000)
NOTES = Attachment(name="notes.txt", media_type="text/plain", data=b"notes")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder / "sessions.db"


def a_turn(path: Path, *attachments: Attachment) -> str:
    """A complete turn with attachments; the session's id."""
    session = a_session()
    with SqliteStore(f"sqlite:{path}") as store:
        prompt = a_prompt(session, attachments=attachments)
        _, answer = store.begin_turn(session, prompt, an_answer(session), create=True)
        store.finish_turn(answer.replace(status=Status.COMPLETE, content="seen"))
    return session.id


def attachments(path: Path, session_id: str) -> tuple[Attachment, ...]:
    with SqliteStore(f"sqlite:{path}") as store:
        return store.get_messages(session_id)[0].attachments


def hits(path: Path) -> int:
    files = path.parent.glob("sessions.db*")
    return sum(file.read_bytes().count(SECRET[:12]) for file in files)


def execute(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    try:
        connection.execute(f"PRAGMA foreign_keys = OFF; {sql}")
    finally:
        connection.close()


def test_no_byte_of_one_stays_after_a_purge(path: Path) -> None:
    kept, doomed = a_turn(path, NOTES), a_turn(path, IMAGE, NOTES)
    assert hits(path) > 1000
    with SqliteStore(f"sqlite:{path}") as store:
        store.delete_session(doomed)
    assert hits(path) == 0
    assert attachments(path, kept) == (NOTES,)


def test_a_check_finds_nothing_wrong_with_them(path: Path) -> None:
    a_turn(path, IMAGE, NOTES)
    assert SqliteMaintenance(f"sqlite:{path}").check() == []


@pytest.mark.parametrize(
    ("damage", "subject"),
    [
        ("UPDATE messages SET attachment_count = 0", "attachment counts"),
        ("UPDATE messages SET attachment_count = 7", "attachment counts"),
        (
            "DROP TRIGGER attachment_removed; DELETE FROM attachments WHERE n = 2",
            "attachment counts",
        ),
        (
            "INSERT INTO attachments VALUES ('nobody', 1, 'x', 'text/plain', 'file', x'00')",
            "leftover attachments",
        ),
    ],
)
def test_what_does_not_fit_together_is_found_and_mended(
    path: Path, damage: str, subject: str
) -> None:
    session_id = a_turn(path, IMAGE, NOTES)
    execute(path, damage)
    care = SqliteMaintenance(f"sqlite:{path}")
    assert subject in [finding.subject for finding in care.check()]
    care.repair()
    assert care.check() == []
    assert attachments(path, session_id)[0] == IMAGE


def test_they_are_salvaged_to_the_byte(path: Path) -> None:
    session_id = a_turn(path, IMAGE, NOTES)
    target = path.parent / "saved.db"
    assert SqliteMaintenance(f"sqlite:{path}").salvage(str(target)).unreadable == 0
    assert attachments(target, session_id) == (IMAGE, NOTES)
    assert SqliteMaintenance(f"sqlite:{target}").check() == []


def test_those_of_a_lost_message_are_not_salvaged(path: Path) -> None:
    session_id = a_turn(path, IMAGE)
    execute(path, "INSERT INTO attachments VALUES ('lost', 1, 'x', 'text/plain', 'file', x'00')")
    target = path.parent / "saved.db"
    SqliteMaintenance(f"sqlite:{path}").salvage(str(target))
    assert attachments(target, session_id) == (IMAGE,)
    assert SqliteMaintenance(f"sqlite:{target}").check() == []


def test_data_that_another_program_stored_as_text_is_read_as_bytes(path: Path) -> None:
    session_id = a_turn(path, NOTES)
    execute(path, "UPDATE attachments SET data = 'täxt'")
    assert attachments(path, session_id)[0].data == "täxt".encode()


def test_a_message_without_any_costs_no_further_query(path: Path) -> None:
    plain, rich = a_turn(path), a_turn(path, NOTES)
    asked: list[str] = []
    with SqliteStore(f"sqlite:{path}") as store:
        store._connection.raw.trace_v2(
            apsw.SQLITE_TRACE_STMT, lambda event: asked.append(event["sql"])
        )
        store.get_messages(plain)
        assert len(asked) == 1
        store.get_messages(rich)
        assert len(asked) == 3
