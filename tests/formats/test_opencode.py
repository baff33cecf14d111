"""Sessions of opencode: what version 1.18 wrote into its database and exported, and older files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from imported import Imported, database, messages, recognizes, sample, told, written

from synapse.domain import Status, Usage
from synapse.formats.agents import opencode

if TYPE_CHECKING:
    from pathlib import Path

STATEMENTS = sample("opencode", ".sql")
EXPORT = sample("opencode", ".json")


@pytest.fixture
def real(tmp_path: Path) -> Path:
    return database(tmp_path / "opencode.db", STATEMENTS.read_text())


def made(tmp_path: Path, session: dict[str, Any], *rows: tuple[dict[str, Any], Any]) -> Path:
    """A database of only the columns that every version has."""
    statements = [
        "CREATE TABLE session (id, title, revert, time_created, time_updated)",
        "CREATE TABLE message (id, session_id, time_created, data)",
        "CREATE TABLE part (id, message_id, session_id, time_created, data)",
        f"INSERT INTO session VALUES ('ses_1', 'Ferns', {sql(session.get('revert'))}, 1000, 2000)",
    ]
    for number, (message, parts) in enumerate(rows):
        at = message.pop("at", 1735700000000 + number)
        id = message.pop("id", f"msg_{number}")
        statements.append(f"INSERT INTO message VALUES ('{id}', 'ses_1', {at}, {sql(message)})")
        statements += [
            f"INSERT INTO part VALUES ('prt_{number}_{place}', '{id}', 'ses_1', {at}, {sql(part)})"
            for place, part in enumerate(parts)
        ]
    return database(tmp_path / "made.db", statements)


def sql(value: Any) -> str:
    if value is None:
        return "NULL"
    text = value if isinstance(value, str) else json.dumps(value)
    return "'" + text.replace("'", "''") + "'"


def words(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


USER, ASSISTANT = {"role": "user"}, {"role": "assistant", "modelID": "m", "providerID": "google"}


def test_what_the_real_program_wrote(real: Path) -> None:
    assert recognizes("opencode", real)
    archived = Imported("opencode", real).only
    assert [role for role, _ in told(archived)] == ["user", "assistant", "tool", "assistant"] * 2
    _, looking, tool, answer = messages(archived)[:4]
    assert looking.reasoning == "The user wants a list. I look first."
    assert "**bash**" in tool.content
    assert "notes.txt" in tool.content
    assert (answer.model, answer.usage) == (
        "loopback-1",
        Usage(
            input_tokens=7,
            output_tokens=3,
            cached_tokens=0,
            cache_write_tokens=0,
            reasoning_tokens=0,
        ),
    )
    assert archived.session.title == "Files in a folder"
    assert archived.session.provider == "loopback"


def test_its_export_is_the_same_session(real: Path) -> None:
    assert recognizes("opencode", EXPORT)
    stored, exported = Imported("opencode", real).only, Imported("opencode", EXPORT).only
    assert exported.session.id == stored.session.id
    assert messages(exported) == messages(stored)


def test_nothing_is_changed_or_left_beside_it(real: Path) -> None:
    before = real.read_bytes()
    Imported("opencode", real)
    assert real.read_bytes() == before
    assert [path.name for path in real.parent.glob("opencode*")] == ["opencode.db"]


def test_order_is_by_time_then_id_never_by_id_alone(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        {},
        ({**USER, "id": "msg_9", "at": 1735700000001}, [words("1")]),
        ({**USER, "id": "msg_b", "at": 1735700000002}, [words("3")]),
        ({**USER, "id": "msg_a", "at": 1735700000002}, [words("2")]),
        ({**USER, "id": "msg_0", "at": 1735700000003}, [words("4")]),
    )
    assert [text for _, text in told(Imported("opencode", path).only)] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("revert", "standing"),
    [
        ({"messageID": "msg_2"}, ["1", "one"]),
        ({"messageID": "msg_2", "partID": "prt_2_1"}, ["1", "one", "2"]),
        ({"messageID": "gone"}, ["1", "one", "2", "two"]),
    ],
)
def test_what_was_undone_is_superseded(
    tmp_path: Path, revert: dict[str, str], standing: list[str]
) -> None:
    path = made(
        tmp_path,
        {"revert": revert},
        *((dict(USER), [words("1")]), (dict(ASSISTANT), [words("one")])),
        *((dict(USER), [words("2")]), (dict(ASSISTANT), [words("two")])),
    )
    archived = Imported("opencode", path).only
    assert [each.content for each in messages(archived) if not each.superseded] == standing
    assert len(messages(archived)) == 4


def test_words_that_nobody_typed_are_context(tmp_path: Path) -> None:
    parts = [words("Hello"), words("Called the Read tool", synthetic=True)]
    (only,) = Imported("opencode", made(tmp_path, {}, (dict(USER), parts))).only.messages
    assert only.message.content == "Hello"
    assert only.extra["context"] == ["Called the Read tool"]


def test_ends_of_answers(tmp_path: Path) -> None:
    aborted = {**ASSISTANT, "error": {"name": "MessageAbortedError", "data": {"message": "x"}}}
    failed = {**ASSISTANT, "error": {"name": "APIError", "data": {"message": "overloaded"}}}
    path = made(tmp_path, {}, (aborted, [words("Well,")]), (failed, []))
    first, second = messages(Imported("opencode", path).only)
    assert (first.status, first.content, first.provider) == (Status.INTERRUPTED, "Well,", "gemini")
    assert (second.status, second.error) == (Status.FAILED, "APIError: overloaded")


def test_parts_of_all_kinds(tmp_path: Path) -> None:
    url = "data:image/png;base64,iVBORw=="
    state = {"status": "error", "input": {"path": "x"}, "error": "not found"}
    error = {"type": "tool", "tool": "read", "callID": "c", "state": state}
    path = made(
        tmp_path,
        {},
        (dict(USER), [words("?"), {"type": "file", "mime": "image/png", "url": url}]),
        (dict(ASSISTANT), [{"type": "step-start"}, error, {"type": "new", "x": 1}, words("No")]),
    )
    question, tool, answer = Imported("opencode", path).only.messages
    assert [each.media_type for each in question.message.attachments] == ["image/png"]
    assert tool.message.content.endswith("error\n\n```\nnot found\n```")
    assert answer.extra["parts"] == [{"id": "prt_1_2", "type": "new", "x": 1}]


def test_rows_that_are_no_json_are_told_and_the_others_come(tmp_path: Path) -> None:
    path = made(tmp_path, {}, (dict(USER), [words("1"), "{broken"]), (dict(USER), [words("2")]))
    imported = Imported("opencode", path)
    assert [fault.place for fault in imported.faults] == ["session ses_1, part prt_0_1"]
    assert [text for _, text in told(imported.sessions[0])] == ["1", "2"]


def test_sessions_in_files_of_versions_before_1_2(tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    time = {"created": 1735700000000, "updated": 1735700009000}
    info = {"id": "ses_1", "projectID": "p", "title": "Ferns", "version": "1", "time": time}
    session = written(storage, "session/p/ses_1.json", info)
    for id, role, at in (("msg_b", "user", 1), ("msg_a", "assistant", 2)):
        message = {"id": id, "sessionID": "ses_1", "role": role, "time": {"created": at + 10**12}}
        written(storage, f"message/ses_1/{id}.json", message)
        written(storage, f"part/{id}/prt_1.json", {"id": "prt_1", **words(f"text of {id}")})
    written(storage, "part/msg_a/prt_2.json", "{")
    assert recognizes("opencode", session)
    assert not recognizes("opencode", storage / "message" / "ses_1" / "msg_a.json")
    imported = Imported("opencode", session)
    assert [text for _, text in told(imported.sessions[0])] == ["text of msg_b", "text of msg_a"]
    assert len(imported.faults) == 1


def test_its_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert opencode.places() == []
    folder = tmp_path / "opencode"
    (folder / "storage").mkdir(parents=True)
    (folder / "opencode.db").touch()
    assert opencode.places() == [folder / "opencode.db", folder / "storage"]
