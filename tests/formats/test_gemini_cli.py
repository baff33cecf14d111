"""Recordings of gemini-cli: what version 0.61 wrote, and the rules of its lines."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from imported import Imported, messages, recognizes, sample, told, written

from synapse.domain import Status, Usage
from synapse.formats.agents import gemini_cli

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SAMPLE = sample("gemini-cli", "0c4e7b71.jsonl")
CHECKPOINT = sample("gemini-cli", "checkpoint-my%20tag.json")
FIRST = {
    "sessionId": "s-1",
    "projectHash": "p",
    "startTime": "2025-10-01T08:00:00.000Z",
    "lastUpdated": "2025-10-01T08:00:00.000Z",
}


def said(id: str, type: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"id": id, "timestamp": "2025-10-01T08:00:01Z", "type": type, "content": content, **more}


def imported(tmp_path: Path, *lines: Any) -> Imported:
    return Imported("gemini-cli", written(tmp_path, "session-1.jsonl", FIRST, *lines))


def test_what_the_real_program_wrote_and_went_on_with() -> None:
    assert recognizes("gemini-cli", SAMPLE)
    archived = Imported("gemini-cli", SAMPLE).only
    assert [role for role, _ in told(archived)] == [
        *("user", "assistant", "tool", "assistant"),
        *("user", "assistant", "tool", "assistant"),
    ]
    question, looking, call, answer = messages(archived)[:4]
    assert question.content == "Which files are here?"
    assert looking.content == "Let me look."
    assert looking.reasoning == "Looking: The user wants a list. I look first."
    assert call.content.startswith("**list_directory** (dir_path)")
    assert "notes.txt (5 bytes)" in call.content
    assert answer.content == "I see one file: `notes.txt`."
    assert (answer.model, answer.usage) == (
        "gemini-2.5-flash",
        Usage(input_tokens=7, output_tokens=3, cached_tokens=0, reasoning_tokens=0),
    )
    assert archived.session.provider == "gemini"


def test_times_are_those_of_the_first_writing() -> None:
    archived = Imported("gemini-cli", SAMPLE).only
    assert archived.session.created_at.isoformat() == "2026-11-27T03:07:44.799000+00:00"
    assert messages(archived)[0].timestamp.isoformat() == "2026-11-27T03:07:44.864000+00:00"


def test_the_surroundings_are_no_question() -> None:
    first = next(iter(Imported("gemini-cli", SAMPLE).only.messages))
    assert first.extra["context"][0].startswith("<session_context>")


def test_what_was_rewound_is_gone(tmp_path: Path) -> None:
    lines = [said("1", "user", "1"), said("2", "gemini", "one"), said("3", "user", "2")]
    archived = imported(tmp_path, *lines, {"$rewindTo": "2"}, said("4", "user", "3")).only
    assert [content for _, content in told(archived)] == ["1", "3"]


def test_a_rewind_to_nothing_known_drops_everything(tmp_path: Path) -> None:
    archived = imported(
        tmp_path, said("1", "user", "1"), {"$rewindTo": "9"}, said("2", "user", "2")
    ).only
    assert [content for _, content in told(archived)] == ["2"]


def test_the_same_id_again_replaces_in_its_place(tmp_path: Path) -> None:
    archived = imported(
        tmp_path, said("1", "user", "a"), said("2", "user", "b"), said("1", "user", "c")
    ).only
    assert [content for _, content in told(archived)] == ["c", "b"]


def test_set_replaces_all_messages_and_sets_the_summary(tmp_path: Path) -> None:
    change = {"messages": [said("5", "user", "new")], "summary": "Ferns"}
    archived = imported(tmp_path, said("1", "user", "old"), {"$set": change}).only
    assert [content for _, content in told(archived)] == ["new"]
    assert archived.session.title == "Ferns"


def test_a_call_that_has_its_result_is_not_told_twice(tmp_path: Path) -> None:
    response = {"functionResponse": {"id": "c", "name": "ls", "response": {"output": "a.txt"}}}
    call = {"id": "c", "name": "ls", "args": {"path": "."}, "result": [response]}
    tokens = {"input": 1, "output": 2, "thoughts": 3, "tool": 4, "cached": 1, "total": 10}
    thoughts = [{"subject": "Plan", "description": "Look."}]
    archived = imported(
        tmp_path,
        said("1", "user", [{"text": "Go"}]),
        said("2", "gemini", "", toolCalls=[call], tokens=tokens, thoughts=thoughts, model="g"),
        said("3", "user", [response]),
        said("4", "gemini", "Done", model="g"),
    ).only
    assert told(archived) == [
        ("user", "Go"),
        ("tool", "**ls** (path)\n\n```\n.\n```\n\nresult\n\n```\na.txt\n```"),
        ("assistant", "Done"),
    ]
    tool = messages(archived)[1]
    assert (tool.reasoning, tool.usage) == (
        "Plan: Look.",
        Usage(input_tokens=5, output_tokens=5, cached_tokens=1, reasoning_tokens=3),
    )


def test_errors_and_notices(tmp_path: Path) -> None:
    archived = imported(
        tmp_path,
        said("1", "user", "1"),
        said("2", "error", "quota exceeded"),
        said("3", "info", "Request cancelled."),
        said("4", "user", "2"),
    ).only
    _, failed, question = archived.messages
    assert (failed.message.status, failed.message.error) == (Status.FAILED, "quota exceeded")
    assert question.extra["context"] == [{"type": "info", "text": "Request cancelled."}]


def test_what_the_person_typed_is_shown_instead_of_what_was_made_of_it(tmp_path: Path) -> None:
    message = said("1", "user", [{"text": "long content of a.py"}], displayContent="@a.py why?")
    (only,) = imported(tmp_path, message).only.messages
    assert only.message.content == "@a.py why?"
    assert only.extra["content"] == [{"text": "long content of a.py"}]


def test_pictures_are_attached(tmp_path: Path) -> None:
    data = base64.b64encode(b"\x89PNG").decode()
    part = {"inlineData": {"mimeType": "image/png", "data": data}}
    (message,) = messages(imported(tmp_path, said("1", "user", [{"text": "?"}, part])).only)
    assert [(each.media_type, each.data) for each in message.attachments] == [
        ("image/png", b"\x89PNG")
    ]


def test_a_whole_recording_as_one_object(tmp_path: Path) -> None:
    record = {**FIRST, "messages": [said("1", "user", "Hello")], "summary": "Greeting"}
    path = written(tmp_path, "session-1.json", record)
    assert recognizes("gemini-cli", path)
    archived = Imported("gemini-cli", path).only
    assert told(archived) == [("user", "Hello")]
    lines = written(tmp_path, "session-1.jsonl", FIRST, said("1", "user", "Hello"))
    assert Imported("gemini-cli", lines).only.session.id == archived.session.id


def test_a_checkpoint() -> None:
    assert recognizes("gemini-cli", CHECKPOINT)
    archived = Imported("gemini-cli", CHECKPOINT).only
    assert archived.session.title == "my tag"
    assert [role for role, _ in told(archived)] == [
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
    ]


def test_a_checkpoint_of_older_versions_is_a_list(tmp_path: Path) -> None:
    contents = [{"role": "user", "parts": [{"text": "Hello"}]}]
    path = written(tmp_path, "checkpoint--.json", contents)
    assert recognizes("gemini-cli", path)
    assert told(Imported("gemini-cli", path).only) == [("user", "Hello")]


def test_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_CLI_HOME", str(tmp_path))
    assert gemini_cli.places() == []
    (tmp_path / ".gemini" / "tmp").mkdir(parents=True)
    assert gemini_cli.places() == [tmp_path / ".gemini" / "tmp"]
