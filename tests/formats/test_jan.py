"""Threads of Jan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imported import Imported, messages, recognizes, sample, told, written

from synapse.domain import Status, Usage
from synapse.formats.apps import jan

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SAMPLE = sample("jan", ".jsonl")


def said(id: str, role: str, text: str, **more: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": {"value": text}}]
    return {"id": id, "thread_id": "t", "object": "thread.message", "role": role} | {
        "content": content,
        "created_at": 1735700000,
        **more,
    }


def test_a_thread() -> None:
    assert recognizes("jan", SAMPLE)
    assert not recognizes("jan", sample("jan", "thread.json"))
    archived = Imported("jan", SAMPLE).only
    assert told(archived) == [
        ("user", "What are ferns?"),
        ("assistant", "Plants."),
        ("tool", "**look** (at)\n\n```\nfern\n```\n\nresult\n\n```\ngreen\n```"),
        ("user", "Thanks"),
    ]
    question, answer, _, thanks = messages(archived)
    assert [each.media_type for each in question.attachments] == ["image/png"]
    assert (answer.reasoning, answer.status) == ("Hm.", Status.COMPLETE)
    assert answer.usage == Usage(input_tokens=4, output_tokens=5)
    session = archived.session
    assert (session.title, session.provider, session.model) == ("Ferns", "openai", "gpt-4o")
    assert session.system_prompt == "Be brief."
    assert (thanks.timestamp - question.timestamp).total_seconds() == 2


def test_how_answers_end(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "messages.jsonl",
        said("1", "assistant", "Well,", status="stopped"),
        said("2", "assistant", "", status="error", error_code="no_credit"),
        said("3", "assistant", "So", status="pending"),
    )
    first, second, third = messages(Imported("jan", path).only)
    assert first.status is Status.INTERRUPTED
    assert (second.status, second.error) == (Status.FAILED, "no_credit")
    assert third.status is Status.INCOMPLETE


def test_a_thread_whose_description_is_damaged_still_comes(tmp_path: Path) -> None:
    written(tmp_path, "thread.json", '{"id": ')
    path = written(tmp_path, "messages.jsonl", said("1", "user", "Hi"))
    archived = Imported("jan", path).only
    assert told(archived) == [("user", "Hi")]
    assert archived.origin is not None
    assert archived.origin.id == "t"


def test_calls_of_newer_versions_are_beside_the_content(tmp_path: Path) -> None:
    function = {"name": "look", "arguments": '{"at": "fern"}'}
    response = {"content": [{"type": "text", "text": "green"}]}
    calls = [{"tool": {"id": "c", "function": function}, "response": response}]
    path = written(
        tmp_path, "messages.jsonl", said("1", "assistant", "Yes", metadata={"tool_calls": calls})
    )
    assert told(Imported("jan", path).only)[1] == (
        "tool",
        "**look** (at)\n\n```\nfern\n```\n\nresult\n\n```\ngreen\n```",
    )


def test_its_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert jan.places() == []
    (tmp_path / "jan" / "threads").mkdir(parents=True)
    assert jan.places() == [tmp_path / "jan" / "threads"]
