"""A text that is none, in any column: all is listed still, and the mend keeps its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest
from program import Ran, run, sessions

from synapse.domain import Attachment, Role, Session, Status, StoredMessage
from synapse.stores import open_file_care, open_inspection, open_store, sessions_for_completion

if TYPE_CHECKING:
    from pathlib import Path

NOT_UTF_8 = b"caf\xe9 \xff"
COLUMNS = {
    "sessions": (
        "id", "name", "provider", "model", "system_prompt", "created_at", "updated_at",
        "name_key", "forked_from", "deleted_at", "restored_at", "preview", "last_status", "title",
        "instructions", "title_key", "model_key", "preview_key", "tags", "tag_keys",
        "imported_at",
    ),
    "messages": (
        "id", "session_id", "role", "content", "timestamp", "status", "reasoning",
        "finish_reason", "error", "provider", "model", "owner", "refused", "cost_source",
    ),
    "answer_chunks": ("message_id", "content", "reasoning", "saved_at"),
    "attachments": ("message_id", "name", "media_type", "source"),
}  # fmt: skip
EVERY = [(table, column) for table, columns in COLUMNS.items() for column in columns]
STORED = {
    "no UTF-8": (NOT_UTF_8, "CAST(? AS TEXT)"),
    "a NUL": (b"a\0b", "CAST(? AS TEXT)"),
    "a BLOB of latin-1": (NOT_UTF_8, "?"),
    "a BLOB of UTF-8": ("caf\u00e9".encode(), "?"),
}


@pytest.fixture
def path(home: Path) -> Path:
    """A database with a session that is to be damaged, one like it, and one in the trash."""
    file = home / ".config" / "synapse" / "sessions.db"
    with open_store(file) as store:
        for name in ("victim", "other", "gone"):
            session = Session.new("echo", "echo-1").with_name(name).with_system_prompt("Be kind.")
            session = session.replace(title=f"about {name}")
            store.create_session(session)
            attached = (Attachment(name="a.txt", media_type="text/plain", data=b"\xff\0"),)
            prompt = StoredMessage.new(session.id, Role.USER, f"hello {name}")
            store.add_message(prompt.replace(attachments=attached))
            answer = StoredMessage.new(session.id, Role.ASSISTANT, "so far").replace(
                reasoning="hm", finish_reason="stop", provider="echo", model="echo-1"
            )
            if name == "victim":
                answer = answer.replace(status=Status.STREAMING, content="")
            store.add_message(answer)
            if name == "victim":
                store.checkpoint(answer.id, "so far", "hm")
        store.trash_session(store.find_by_name("gone")[0].session.id)
    return file


def damage(path: Path, table: str, column: str, how: str) -> None:
    """Put such a value into one row of the victim."""
    value, expression = STORED[how]
    raw = apsw.Connection(str(path))
    if column in ("created_at", "updated_at"):  # or it would be mended as it is written
        raw.execute("DROP TRIGGER session_times_changed")
    row = {"sessions": 1, "messages": 2, "attachments": 1}.get(table)
    which = "n = 1" if row is None else f"rowid = {row}"
    raw.execute(f"UPDATE {table} SET {column} = {expression} WHERE {which}", (value,))
    assert raw.changes() == 1
    raw.close()


def stored(path: Path, sql: str) -> list[tuple[object, ...]]:
    raw = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return raw.execute(sql).fetchall()
    finally:
        raw.close()


def read_everything(path: Path) -> list[Ran]:
    """What reads sessions, and must work whatever one of them holds."""
    ran = [
        run("sessions", "list"),
        run("sessions", "list", "-F", "table"),
        run("sessions", "list", "--sort", "name"),
        run("sessions", "list", "--json", "--all"),
        run("sessions", "list", "other"),
        run("sessions", "list", "--model", "echo"),
        run("sessions", "list", "--deleted"),
        run("sessions", "show", "other"),
        run("sessions", "show", "@1"),
        run("sessions", "show", "@2", "--json"),
        run("sessions", "stats"),
        run("sessions", "stats", "--by", "model"),
        run("sessions", "prune", "-n"),
        run("db", "info"),
    ]
    assert sessions_for_completion(f"sqlite:{path}", "other", deleted=False, limit=5)
    return ran


@pytest.mark.parametrize("how", STORED)
@pytest.mark.parametrize(("table", "column"), EVERY)
def test_one_bad_text_hides_nothing(path: Path, table: str, column: str, how: str) -> None:
    damage(path, table, column, how)
    expected = 3 if (table, column) == ("sessions", "deleted_at") else 2
    for ran in read_everything(path):
        if ran.status == 3:  # REFs, where the victim has gone into the trash
            assert (table, column) == ("sessions", "deleted_at")
            continue
        assert ran.status == 0, ran
        assert ran.err.count("are no UTF-8") <= 1
    listed = sessions()
    assert {row["name"] for row in listed} >= {"other"}
    assert len(listed) == (1 if expected == 3 else 2)


@pytest.mark.parametrize("how", STORED)
@pytest.mark.parametrize(("table", "column"), EVERY)
def test_a_bad_text_is_found_and_mended_and_its_bytes_are_kept(
    path: Path, table: str, column: str, how: str
) -> None:
    damage(path, table, column, how)
    place = f"{table}.{column}"
    checked = run("db", "check")
    assert checked.status == 1
    assert "texts: " in checked.text, checked
    assert "No text is affected" not in checked.err
    repaired = run("db", "check", "--repair")
    assert repaired.status == 0, repaired
    kept = stored(path, f"SELECT bytes FROM original_texts WHERE place = '{place}'")
    derived = column.endswith(("_key", "_keys")) or column in ("preview", "last_status")
    exact = how == "a BLOB of UTF-8" and column not in ("created_at", "updated_at", "timestamp")
    if derived or exact:
        assert kept == []
    else:
        assert kept == [(STORED[how][0],)]
        assert "Nothing was lost" not in repaired.err
        assert "original_texts" in repaired.err
    assert run("db", "check").err.startswith("Nothing is wrong")
    kinds = f"SELECT DISTINCT typeof({column}) FROM {table}"
    assert {kind for (kind,) in stored(path, kinds)} <= {"text", "null"}
    stored(path, f"SELECT {column} FROM {table}")  # apsw decodes what it gives
    again = read_everything(path)
    assert not any("UTF-8" in ran.err for ran in again)
    # what lost the way to its messages, or to its session, gets a stand-in
    apart = place in ("sessions.id", "messages.session_id")
    assert stored(path, "SELECT count(*) FROM sessions") == [(4 if apart else 3,)]
    assert stored(path, "SELECT count(*) FROM messages") == [(6,)]
    assert stored(path, "PRAGMA foreign_key_check") == []


def test_the_warning_comes_once_a_command_and_names_the_mend(path: Path) -> None:
    damage(path, "sessions", "name", "no UTF-8")
    ran = run("sessions", "list", "-F", "table", "--all")
    assert ran.err == (
        f"warning: some texts in {path} are no UTF-8; \ufffd stands for what can't be read."
        " Mend them, their bytes are kept:  synapse db check --repair\n"
    )
    assert "caf\ufffd \ufffd" in ran.text
    assert run("sessions", "list", "caf").rows
    assert run("sessions", "list", "--json").json()["sessions"][1]["name"] == "caf\ufffd \ufffd"


def test_a_session_with_a_bad_text_can_be_used_and_put_away(path: Path) -> None:
    for column in ("name", "title", "model", "provider", "instructions"):
        damage(path, "sessions", column, "no UTF-8")
    handle = stored(path, "SELECT substr(id, -8) FROM sessions WHERE rowid = 1")[0][0]
    with open_store(path) as store:
        store.close_abandoned(sessions()[1]["id"])
    assert run("-p", "echo", "-m", "echo", "-s", str(handle), "more").text == "more\n"
    assert run("-p", "echo", "-m", "echo", "-c", "again").text == "again\n"
    assert run("sessions", "fork", str(handle)).status == 0
    assert run("sessions", "delete", str(handle)).status == 0
    assert run("sessions", "restore", str(handle)).status == 0
    assert run("sessions", "rename", str(handle), "sound").status == 0
    assert run("sessions", "purge", "gone", "-y").status == 0
    assert run("sessions", "delete", str(handle), "--purge", "-y").status == 0


def test_all_of_them_at_once_are_mended_in_one_go(path: Path) -> None:
    for table, column in EVERY:
        if column not in ("deleted_at", "updated_at", "created_at"):
            damage(path, table, column, "a BLOB of latin-1")
    assert run("db", "check", "--repair").status == 0
    assert run("db", "check").status == 0
    # the third is a stand-in for what has lost the way to its session
    assert {row["name"] for row in sessions()} == {"other", "caf\ufffd \ufffd", None}
    assert stored(path, "SELECT count(*) FROM messages") == [(6,)]


def test_what_is_kept_goes_with_its_session(path: Path) -> None:
    damage(path, "sessions", "title", "no UTF-8")
    damage(path, "messages", "content", "no UTF-8")
    run("db", "check", "--repair")
    assert stored(path, "SELECT count(*) FROM original_texts") == [(2,)]
    handle = stored(path, "SELECT substr(id, -8) FROM sessions WHERE rowid = 1")[0][0]
    assert run("sessions", "delete", "--purge", "-y", str(handle)).status == 0
    assert stored(path, "SELECT count(*) FROM original_texts") == [(0,)]
    for file in path.parent.glob("sessions.db*"):
        assert NOT_UTF_8 not in file.read_bytes()


def test_what_recover_saves_keeps_its_bytes_too(path: Path, tmp_path: Path) -> None:
    damage(path, "messages", "content", "no UTF-8")
    damage(path, "sessions", "name", "no UTF-8")
    saved = tmp_path / "saved.db"
    open_file_care(f"sqlite:{path}").salvage(str(saved))
    kept = stored(saved, "SELECT place, bytes FROM original_texts ORDER BY place")
    assert kept == [("messages.content", NOT_UTF_8), ("sessions.name", NOT_UTF_8)]
    assert open_inspection(f"sqlite:{saved}").check() == []


def test_a_repair_that_takes_something_away_says_so(path: Path) -> None:
    raw = apsw.Connection(str(path))
    raw.execute("DELETE FROM messages WHERE rowid = 1")  # foreign keys are off
    raw.execute("UPDATE messages SET status = 'complete', content = 'so' WHERE rowid = 2")
    raw.execute("UPDATE messages SET timestamp = 'tomorrow' WHERE rowid = 3")
    raw.close()
    err = run("db", "check", "--repair").err
    assert "Nothing was lost" not in err
    assert "Attachments of messages that are gone were removed." in err
    kept = stored(path, "SELECT place, bytes FROM original_texts ORDER BY place")
    assert kept == [
        ("answer_chunks.content", b"so far"),
        ("messages.timestamp", b"tomorrow"),
    ]
    assert run("db", "check").status == 0


def test_columns_are_all_there_are(path: Path) -> None:
    """A new column of a text must be looked at, too."""
    for table, columns in COLUMNS.items():
        described = stored(path, f"PRAGMA table_info({table})")
        assert {row[1] for row in described if row[2] == "TEXT"} == set(columns)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("kept_sessions", "name"),
        ("kept_sessions", "id"),
        ("kept_messages", "content"),
        ("kept_messages", "session_id"),
        ("kept_messages", "id"),
        ("kept_attachments", "name"),
    ],
)
def test_what_another_program_deleted_is_mended_as_well(
    path: Path, table: str, column: str
) -> None:
    raw = apsw.Connection(str(path))
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("DELETE FROM sessions WHERE rowid = 1")
    raw.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE rowid = 1", (NOT_UTF_8,))
    assert raw.changes() == 1
    raw.close()
    assert run("sessions", "list", "--deleted").status == 0
    assert "texts: " in run("db", "check").text
    repaired = run("db", "check", "--repair")
    assert repaired.status == 0, repaired
    assert run("db", "check").status == 0
    if column in ("name", "content"):
        assert "original_texts" in repaired.err
        assert stored(path, "SELECT bytes FROM original_texts") == [(NOT_UTF_8,)]
    trash = run("sessions", "list", "--deleted", "--json").json()["sessions"]
    assert len(trash) >= 2
    assert run("sessions", "purge", "-y").status == 0
    assert stored(path, "SELECT count(*) FROM original_texts") == [(0,)]
