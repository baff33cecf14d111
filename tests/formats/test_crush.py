"""Databases of crush."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from imported import Imported, database, messages, recognizes, told

from synapse.domain import Status
from synapse.formats.agents import crush

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TABLES = (
    "CREATE TABLE sessions (id TEXT PRIMARY KEY, parent_session_id TEXT, title TEXT NOT NULL,"
    " message_count INTEGER, cost REAL, updated_at INTEGER, created_at INTEGER)",
    "CREATE TABLE messages (id TEXT PRIMARY KEY, session_id TEXT, role TEXT, parts BLOB,"
    " model TEXT, provider TEXT, created_at INTEGER, updated_at INTEGER, finished_at INTEGER)",
)


def made(tmp_path: Path, *rows: tuple[str, Any]) -> Path:
    statements = [
        *TABLES,
        "INSERT INTO sessions VALUES ('s-1', NULL, 'Ferns', 4, 0.5, 1735700100, 1735700000)",
    ]
    for number, (role, parts) in enumerate(rows):
        if not isinstance(parts, str):
            parts = json.dumps([{"type": kind, "data": data} for kind, data in parts])
        blob = parts.encode().hex()
        statements.append(
            f"INSERT INTO messages VALUES ('m{number}', 's-1', '{role}', X'{blob}', 'gpt-4o',"
            f" 'openai', {1735700000 + number // 2}, 0, NULL)"
        )
    return database(tmp_path / ".crush" / "crush.db", statements)


def test_a_session(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        ("user", [("text", {"text": "Which files?"}), ("text", {"text": "x", "hidden": True})]),
        (
            "assistant",
            [
                ("reasoning", {"thinking": "Hm.", "signature": "s"}),
                ("text", {"text": "Let me look."}),
                ("tool_call", {"id": "c", "name": "bash", "input": '{"command":"ls"}'}),
                ("finish", {"reason": "tool_use", "time": 1}),
            ],
        ),
        ("tool", [("tool_result", {"tool_call_id": "c", "name": "bash", "content": "a.txt"})]),
        ("assistant", [("text", {"text": "One."}), ("finish", {"reason": "end_turn"})]),
    )
    assert recognizes("crush", path)
    assert not recognizes("opencode", path)
    archived = Imported("crush", path).only
    assert told(archived) == [
        ("user", "Which files?"),
        ("assistant", "Let me look."),
        ("tool", "**bash** (command)\n\n```\nls\n```"),
        ("tool", "**bash**: result\n\n```\na.txt\n```"),
        ("assistant", "One."),
    ]
    assert messages(archived)[1].reasoning == "Hm."
    assert messages(archived)[4].finish_reason == "end_turn"
    assert (archived.session.provider, archived.session.model) == ("openai", "gpt-4o")
    assert archived.session.title == "Ferns"
    assert archived.extra["cost"] == 0.5


def test_how_answers_end(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        ("assistant", [("text", {"text": "Well,"}), ("finish", {"reason": "canceled"})]),
        ("assistant", [("finish", {"reason": "error", "message": "No", "details": "quota"})]),
    )
    first, second = messages(Imported("crush", path).only)
    assert first.status is Status.INTERRUPTED
    assert (second.status, second.error) == (Status.FAILED, "No: quota")


def test_pictures_are_attached(tmp_path: Path) -> None:
    data = base64.b64encode(b"\x89PNG").decode()
    binary = {"Path": "/home/ada/fern.png", "MIMEType": "image/png", "Data": data}
    path = made(tmp_path, ("user", [("text", {"text": "?"}), ("binary", binary)]))
    (message,) = messages(Imported("crush", path).only)
    assert [(each.name, each.data) for each in message.attachments] == [("fern.png", b"\x89PNG")]


def test_rows_that_are_no_json_are_told(tmp_path: Path) -> None:
    path = made(tmp_path, ("user", "[broken"), ("user", [("text", {"text": "Hi"})]))
    imported = Imported("crush", path)
    assert [fault.place for fault in imported.faults] == ["session s-1, message m0"]
    assert told(imported.sessions[0]) == [("user", "Hi")]


def test_its_places_are_those_of_the_projects_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    assert crush.places() == []
    path = made(tmp_path / "project")
    listed = {"projects": [{"path": str(path.parent.parent)}, {"path": 7}, {"path": "relative"}]}
    (tmp_path / "data" / "crush").mkdir(parents=True)
    (tmp_path / "data" / "crush" / "projects.json").write_text(json.dumps(listed))
    assert crush.places() == [path]
