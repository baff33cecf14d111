"""Logs of gptme."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from imported import Imported, messages, recognizes, sample, told, written

from synapse.domain import Status, Usage
from synapse.formats.agents import gptme

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = sample("gptme")


def said(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, "timestamp": "2025-03-04T05:06:07+00:00", **more}


def log(tmp_path: Path, *lines: Any, name: str = "conversation") -> Path:
    return written(tmp_path, f"2025-03-04-ferns/{name}.jsonl", *lines)


def test_a_log() -> None:
    assert recognizes("gptme", SAMPLE)
    archived = Imported("gptme", SAMPLE).only
    assert [role for role, _ in told(archived)] == ["user", "assistant", "tool", "assistant"]
    _, first, tool, second = messages(archived)
    assert (first.provider, first.model, first.reasoning) == (
        "anthropic",
        "claude-sonnet-4-6",
        "Hm.",
    )
    assert first.usage == Usage(input_tokens=7, output_tokens=6, cached_tokens=2)
    assert second.usage == Usage(input_tokens=7, output_tokens=3)
    assert tool.content.startswith("Ran command: `ls`")
    assert archived.extra["instructions"] == ["You are gptme."]


def test_a_time_without_a_zone_is_one_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        path = log(tmp_path, {**said("user", "Hi"), "timestamp": "2025-03-04T09:00:00.5"})
        (message,) = messages(Imported("gptme", path).only)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert message.timestamp == datetime(2025, 3, 4, 0, 0, 0, 500_000, tzinfo=UTC)


def test_without_times_that_of_the_file_stands(tmp_path: Path) -> None:
    path = log(tmp_path, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"})
    assert recognizes("gptme", path)
    first, second = messages(Imported("gptme", path).only)
    assert first.timestamp.timestamp() == pytest.approx(path.stat().st_mtime, abs=0.001)
    assert first.timestamp < second.timestamp


def test_branches_are_forks_and_views_are_left_alone(tmp_path: Path) -> None:
    shared = [said("user", "1"), said("assistant", "one")]
    main = log(tmp_path, *shared, said("user", "2"))
    branch = log(tmp_path, *shared, said("user", "3"), name="branches/other")
    view = log(tmp_path, *shared, name="views/short")
    assert [recognizes("gptme", each) for each in (main, branch, view)] == [True, False, False]
    first, second = Imported("gptme", main).sessions
    assert [text for _, text in told(second)] == ["1", "one", "3"]
    assert (second.session.forked_from, second.session.forked_at) == (first.session.id, 2)
    assert second.forked_after == messages(first)[1].id


def test_the_title_is_that_of_its_settings_then_the_folders(tmp_path: Path) -> None:
    path = log(tmp_path, said("user", "Hi"))
    archived = Imported("gptme", path).only
    assert archived.session.title == "ferns"
    assert archived.origin is not None
    assert archived.origin.id == "2025-03-04-ferns"
    written(path.parent, "config.toml", '[chat]\nname = "Ferns and mosses"\n')
    assert Imported("gptme", path).only.session.title == "Ferns and mosses"
    written(path.parent, "config.toml", "[chat\n")
    assert Imported("gptme", path).only.session.title == "ferns"


def test_an_answer_that_was_stopped_says_so(tmp_path: Path) -> None:
    path = log(
        tmp_path,
        said("user", "1"),
        said("assistant", "Well,\n^C Interrupted"),
        said("assistant", "So"),
        said("system", "^C Interrupted by user"),
    )
    statuses = [message.status for message in messages(Imported("gptme", path).only)]
    assert statuses[1:3] == [Status.INTERRUPTED, Status.INTERRUPTED]


def test_lines_that_are_no_messages_are_told(tmp_path: Path) -> None:
    path = log(tmp_path, said("user", "Hi"), {"role": "user"}, b'{"role": "us', said("user", "Ho"))
    imported = Imported("gptme", path)
    assert [fault.place for fault in imported.faults] == ["line 2", "line 3"]
    assert [text for _, text in told(imported.sessions[0])] == ["Hi", "Ho"]


def test_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert gptme.places() == []
    (tmp_path / "gptme" / "logs").mkdir(parents=True)
    assert gptme.places() == [tmp_path / "gptme" / "logs"]
