"""Sessions of Claude Code: what version 2.1 wrote, and what else is known to stand in its files."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from imported import Imported, messages, recognizes, sample, told, written

from synapse.domain import Status, Usage
from synapse.formats.agents import claude_code

if TYPE_CHECKING:
    from pathlib import Path

ORIGINAL = sample("claude-code", "89d9cbe1.jsonl")
FORK = sample("claude-code", "42f9e8a.jsonl")
ID = "3a214cf6-0000-4000-8000-000000000001"


def line(type: str, uuid: str, parent: str | None, **more: Any) -> dict[str, Any]:
    clock = f"2025-10-01T08:00:{len(uuid) % 60:02}.000Z"
    base = {"type": type, "uuid": uuid, "parentUuid": parent, "sessionId": ID}
    return {**base, "timestamp": clock, "isSidechain": False, **more}


def asked(uuid: str, parent: str | None, content: Any, **more: Any) -> dict[str, Any]:
    return line("user", uuid, parent, message={"role": "user", "content": content}, **more)


def answered(uuid: str, parent: str | None, *blocks: Any, id: str = "", **more: Any) -> Any:
    content = [{"type": "text", "text": each} if isinstance(each, str) else each for each in blocks]
    usage = {"input_tokens": 1, "cache_read_input_tokens": 2, "output_tokens": 3}
    message = {"id": id or f"msg_{uuid}", "model": "claude-x", "content": content, "usage": usage}
    return line("assistant", uuid, parent, message=message, **more)


def call(id: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": "Bash", "input": {"command": id}}


def result(id: str, **more: Any) -> list[dict[str, Any]]:
    return [{"type": "tool_result", "tool_use_id": id, "content": f"out {id}", **more}]


def imported(tmp_path: Path, *lines: Any) -> Imported:
    return Imported("claude-code", written(tmp_path, f"{ID}.jsonl", *lines))


def texts(archived: Any) -> list[str]:
    return [content for _, content in told(archived)]


def test_what_the_real_program_wrote() -> None:
    assert recognizes("claude-code", ORIGINAL)
    archived = Imported("claude-code", ORIGINAL).only
    turn = ["user", "assistant", "tool", "tool", "assistant"]
    assert [role for role, _ in told(archived)] == [*turn, *turn]
    question, answer, tool, output, _ = messages(archived)[:5]
    assert question.content == "Which files are here?"
    assert (answer.content, answer.reasoning) == (
        "Let me look.",
        "The user wants a list. I look first.",
    )
    assert answer.usage == Usage(
        input_tokens=9, output_tokens=3, cached_tokens=2, cache_write_tokens=0
    )
    assert answer.model == "claude-loopback-1"
    assert '"command": "ls"' in tool.content
    assert output.content == "**Bash**: result\n\n```\nnotes.txt\n```"
    assert archived.session.provider == "anthropic"
    assert archived.extra["cwd"] == "/home/ada/project"
    times = [message.timestamp for message in messages(archived)]
    assert times == sorted(times)
    assert answer.timestamp.isoformat() == "2026-11-27T03:15:15.438000+00:00"


def test_a_fork_that_the_real_program_made_is_one() -> None:
    original, fork = Imported("claude-code", ORIGINAL).only, Imported("claude-code", FORK).only
    assert original.session.forked_from is None
    assert fork.session.forked_from == original.session.id
    assert fork.session.forked_at == 10
    assert fork.forked_after == messages(original)[-1].id
    assert texts(fork)[:10] == texts(original)
    assert texts(fork)[10] == "Which is the largest?"


def test_lines_of_one_answer_are_one_and_its_tokens_count_once(tmp_path: Path) -> None:
    archived = imported(
        tmp_path,
        asked("u", None, "Hello"),
        answered("a1", "u", {"type": "thinking", "thinking": "Hm."}, id="m"),
        answered("a22", "a1", "One", id="m"),
        answered("a333", "a22", "Two", id="m"),
    ).only
    _, answer = messages(archived)
    assert (answer.content, answer.reasoning) == ("One\n\nTwo", "Hm.")
    assert answer.usage == Usage(input_tokens=3, output_tokens=3, cached_tokens=2)


def test_tools_that_ran_at_once_do_not_branch(tmp_path: Path) -> None:
    archived = imported(
        tmp_path,
        asked("u", None, "Go"),
        answered("a1", "u", call("A"), id="m"),
        answered("a22", "a1", call("B"), id="m"),
        asked("r1", "a1", result("A")),
        asked("r22", "a22", result("B")),
        answered("b", "r22", "Done"),
    ).only
    assert texts(archived) == [
        "Go",
        "**Bash** (command)\n\n```\nA\n```",
        "**Bash** (command)\n\n```\nB\n```",
        "**Bash**: result\n\n```\nout A\n```",
        "**Bash**: result\n\n```\nout B\n```",
        "Done",
    ]


def test_a_question_that_was_asked_anew_branches(tmp_path: Path) -> None:
    main, branch = imported(
        tmp_path,
        asked("u", None, "1"),
        answered("a", "u", "one"),
        asked("v", "a", "2"),
        answered("b", "v", "two"),
        asked("w", "a", "3"),
        answered("c", "w", "three"),
    ).sessions
    assert texts(main) == ["1", "one", "3", "three"]
    assert texts(branch) == ["1", "one", "2", "two"]
    assert (branch.session.forked_from, branch.session.forked_at) == (main.session.id, 2)


def test_a_first_question_that_was_asked_anew_branches(tmp_path: Path) -> None:
    main, branch = imported(
        tmp_path, asked("u", None, "1"), answered("a", "u", "one"), asked("v", None, "2")
    ).sessions
    assert (texts(main), texts(branch)) == (["2"], ["1", "one"])
    assert (branch.session.forked_from, branch.session.forked_at) == (main.session.id, 0)


def test_a_line_that_was_cut_does_not_cut_the_conversation(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        asked("u", None, "1"),
        b'{"type":"assistant","uuid":"a","parentUu',
        b"\x00" * 5000,
        asked("v", "a", "2"),
        answered("b", "v", "two"),
    )
    assert [texts(each) for each in found.sessions] == [["1", "2", "two"]]
    assert [(fault.place, "no JSON" in fault.reason) for fault in found.faults] == [
        ("line 2", True)
    ]


def test_the_history_goes_on_behind_a_summary(tmp_path: Path) -> None:
    archived = imported(
        tmp_path,
        asked("u", None, "1"),
        answered("a", "u", "one"),
        line("system", "s", None, subtype="compact_boundary", logicalParentUuid="a"),
        asked("v", "s", "This session is being continued …", isCompactSummary=True),
        asked("w", "v", "2"),
    ).only
    assert [role for role, _ in told(archived)] == ["user", "assistant", "tool", "user"]
    assert "compaction" in texts(archived)[2]


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ("<command-name>/model</command-name>", {}),
        ("<local-command-stdout>Set model</local-command-stdout>", {}),
        ("Caveat: The messages below were generated by the user", {}),
        ("Anything", {"isMeta": True}),
        ([{"type": "text", "text": "<system-reminder>Mind it</system-reminder>"}], {}),
        ("[Request interrupted by user for tool use]", {}),
    ],
)
def test_what_nobody_typed_is_no_question(
    tmp_path: Path, content: Any, more: dict[str, Any]
) -> None:
    archived = imported(tmp_path, asked("u", None, content, **more), asked("v", "u", "Hi")).only
    assert told(archived) == [("user", "Hi")]
    (only,) = archived.messages
    assert len(only.extra["context"]) == 1


def test_a_reminder_beside_a_question_is_taken_out_of_it(tmp_path: Path) -> None:
    words = "Hi\n<system-reminder>\nMind it\n</system-reminder>"
    (only,) = imported(tmp_path, asked("u", None, words)).only.messages
    assert only.message.content == "Hi"
    assert "Mind it" in only.extra["context"][0]


def test_an_answer_that_was_stopped_says_so(tmp_path: Path) -> None:
    archived = imported(
        tmp_path,
        asked("u", None, "1"),
        answered("a", "u", "Well,"),
        asked("v", "a", [{"type": "text", "text": "[Request interrupted by user]"}]),
        asked("w", "v", "2"),
    ).only
    assert [message.status for message in messages(archived)] == [
        Status.COMPLETE,
        Status.INTERRUPTED,
        Status.COMPLETE,
    ]


def test_an_error_of_the_api_is_an_answer_that_failed(tmp_path: Path) -> None:
    archived = imported(
        tmp_path,
        asked("u", None, "1"),
        answered("a", "u", "API Error: 529", isApiErrorMessage=True, error="overloaded"),
    ).only
    answer = messages(archived)[-1]
    assert (answer.status, answer.error) == (Status.FAILED, "overloaded")


def test_lines_of_another_session_become_that_session(tmp_path: Path) -> None:
    other = {"sessionId": "b-session"}
    first, second = imported(
        tmp_path,
        asked("u", None, "1"),
        {**asked("x", None, "Elsewhere"), **other},
        answered("a", "u", "one"),
    ).sessions
    assert (texts(first), texts(second)) == (["1", "one"], ["Elsewhere"])
    assert [each.origin and each.origin.id for each in (first, second)] == [ID, "b-session"]


def test_a_sub_agent_is_a_session_of_its_own(tmp_path: Path) -> None:
    side: dict[str, Any] = {"isSidechain": True}
    main, agent = imported(
        tmp_path,
        asked("u", None, "1"),
        answered("a", "u", call("T")),
        asked("x", None, "Search for ferns", **side),
        answered("y", "x", "Found", **side),
        asked("r", "a", result("T")),
        answered("b", "r", "Done"),
    ).sessions
    assert texts(agent) == ["Search for ferns", "Found"]
    assert texts(main)[-1] == "Done"
    assert agent.extra["agent_of"] == ID
    assert agent.session.id != main.session.id


def test_a_file_of_a_sub_agent_does_not_take_the_place_of_the_session(tmp_path: Path) -> None:
    agent = {"isSidechain": True, "agentId": "a7"}
    path = written(
        tmp_path,
        "agent-a7.jsonl",
        asked("x", None, "Look", **agent),
        asked("y", "x", "On", **agent),
    )
    archived = Imported("claude-code", path).only
    assert archived.origin is not None
    assert archived.origin.id == f"{ID}/a7"
    assert texts(archived) == ["Look", "On"]


def test_titles_are_the_persons_then_the_programs(tmp_path: Path) -> None:
    summary = {"type": "summary", "summary": "Ferns", "leafUuid": "a"}
    foreign = {"type": "summary", "summary": "Other", "leafUuid": "elsewhere"}
    lines = [asked("u", None, "1"), answered("a", "u", "one"), foreign]
    assert imported(tmp_path, *lines).only.session.title is None
    assert imported(tmp_path, summary, *lines).only.session.title == "Ferns"
    custom = {"type": "custom-title", "customTitle": "Mosses", "sessionId": ID}
    assert imported(tmp_path, summary, *lines, custom).only.session.title == "Mosses"


def test_pictures_are_attached_and_results_with_blocks_are_read(tmp_path: Path) -> None:
    data = base64.b64encode(b"\x89PNG").decode()
    picture = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": data},
    }
    answer = result("A", content=[{"type": "text", "text": "two"}, picture], is_error=True)
    archived = imported(
        tmp_path,
        asked("u", None, [{"type": "text", "text": "What?"}, picture]),
        answered("a", "u", call("A")),
        asked("r", "a", answer),
    ).only
    question, _, output = messages(archived)
    assert [each.data for each in question.attachments] == [b"\x89PNG"]
    assert output.content == "**Bash**: error\n\n```\ntwo\n```"
    assert [each.data for each in output.attachments] == [b"\x89PNG"]


def test_a_result_whose_call_is_gone_still_comes(tmp_path: Path) -> None:
    archived = imported(tmp_path, asked("r", None, result("gone")), asked("u", "r", "Hi")).only
    assert told(archived) == [("tool", "result\n\n```\nout gone\n```"), ("user", "Hi")]


def test_lines_may_stand_before_those_that_they_belong_below(tmp_path: Path) -> None:
    archived = imported(
        tmp_path,
        asked("u", None, "1"),
        asked("v", "a", "2"),
        answered("a", "u", "one"),
        answered("b", "v", "two"),
    ).only
    assert texts(archived) == ["1", "one", "2", "two"]


def test_a_circle_of_parents_ends(tmp_path: Path) -> None:
    lines = [asked("u", "w", "1"), asked("v", "u", "2"), asked("w", "v", "3")]
    lines[0]["parentUuid"] = "w"
    (archived,) = imported(tmp_path, *lines).sessions
    assert sorted(texts(archived)) == ["1", "2", "3"]


def test_a_line_that_was_written_twice_counts_once(tmp_path: Path) -> None:
    first = asked("u", None, "1")
    assert texts(imported(tmp_path, first, first).only) == ["1"]


def test_a_session_of_the_browser_has_its_lines_in_a_list(tmp_path: Path) -> None:
    lines = [asked("u", None, "1"), answered("a", "u", "one")]
    path = written(tmp_path, "web.json", {"loglines": lines})
    assert recognizes("claude-code", path)
    assert texts(Imported("claude-code", path).only) == ["1", "one"]


def test_lines_of_other_kinds_are_kept(tmp_path: Path) -> None:
    new = {"type": "new-kind", "field": 1}
    archived = imported(tmp_path, asked("u", None, "1"), new).only
    assert archived.extra["other_lines"] == [new]


def test_a_file_without_questions_is_no_session(tmp_path: Path) -> None:
    found = imported(tmp_path, {"type": "summary", "summary": "x", "leafUuid": "y"})
    assert (found.sessions, found.faults) == ([], [])


def test_its_places_are_those_that_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "c"))
    assert claude_code.places() == []
    (tmp_path / "c" / "projects").mkdir(parents=True)
    assert claude_code.places() == [tmp_path / "c" / "projects"]
    monkeypatch.delenv("CLAUDE_CONFIG_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".claude" / "projects").mkdir(parents=True)
    assert claude_code.places() == [tmp_path / ".claude" / "projects"]
