"""Conversations of LM Studio."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from imported import Imported, Memory, messages, recognizes, sample, told

from synapse.domain import Status, Usage
from synapse.formats.apps import lm_studio

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SAMPLE = sample("lm-studio")


def test_a_conversation() -> None:
    assert recognizes("lm-studio", SAMPLE)
    archived = Imported("lm-studio", SAMPLE).only
    assert told(archived) == [
        ("user", "What are ferns?"),
        ("assistant", "Plants."),
        ("tool", "**look** (at)\n\n```\nfern\n```"),
        ("tool", "**look**: result\n\n```\ngreen\n```"),
        ("assistant", "Ancient plants."),
    ]
    question, other, call, _, answer = archived.messages
    assert question.extra["files"][0]["fileIdentifier"] == "1.txt"
    assert other.message.superseded
    assert not answer.message.superseded
    assert call.message.reasoning == "Hm."
    assert answer.message.usage == Usage(input_tokens=11, output_tokens=4)
    assert answer.message.status is Status.INTERRUPTED
    session = archived.session
    assert (session.provider, session.model, session.pinned) == ("lmstudio", "qwen3-8b", True)
    assert session.system_prompt == "Be brief."
    assert session.created_at.isoformat() == "2025-01-01T02:53:20.123000+00:00"
    assert session.updated_at.isoformat() == "2025-01-01T02:56:40+00:00"


def test_a_selection_that_is_none_means_the_last_version() -> None:
    value = json.loads(SAMPLE.read_text())
    for wrong in (None, 7, -1, "x", True):
        value["messages"][1]["currentlySelected"] = wrong
        archived = Imported("lm-studio", Memory(json.dumps(value).encode())).only
        assert [each.superseded for each in messages(archived)].count(True) == 1
        assert told(archived)[-1] == ("assistant", "Ancient plants.")


def test_a_text_and_the_prompt_of_the_settings() -> None:
    fields = [{"key": "llm.prediction.systemPrompt", "value": "Be kind."}]
    version: dict[str, Any] = {"role": "assistant", "content": "<think>Hm.</think>Yes"}
    value = {
        "messages": [{"versions": [version], "currentlySelected": 0}],
        "perChatPredictionConfig": {"fields": fields},
    }
    archived = Imported("lm-studio", Memory(json.dumps(value).encode())).only
    (answer,) = messages(archived)
    assert (answer.reasoning, answer.content) == ("Hm.", "Yes")
    assert archived.session.system_prompt == "Be kind."


def test_its_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert lm_studio.places() == []
    (tmp_path / ".lmstudio" / "conversations").mkdir(parents=True)
    assert lm_studio.places() == [tmp_path / ".lmstudio" / "conversations"]
