"""Rollouts of codex: what version 0.171 wrote, older ones, and what goes wrong in them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from imported import Imported, messages, recognizes, sample, told, written

from synapse.domain import Status, Usage
from synapse.formats.agents import codex

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = sample("codex")
ID = "01999999-0000-7000-8000-000000000001"


def meta(id: str = ID, **more: Any) -> dict[str, Any]:
    payload = {"id": id, "timestamp": "2025-10-01T08:00:00.000Z", "cwd": "/home/ada/project"}
    return line("session_meta", {**payload, "model_provider": "openai", **more}, "08:00:00.100")


def line(type: str, payload: Any, clock: str = "08:00:01.000") -> dict[str, Any]:
    return {"timestamp": f"2025-10-01T{clock}Z", "type": type, "payload": payload}


def said(role: str, *texts: str, **more: Any) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": each} for each in texts]
    return line("response_item", {"type": "message", "role": role, "content": content, **more})


def item(type: str, **more: Any) -> dict[str, Any]:
    return line("response_item", {"type": type, **more})


def event(type: str, **more: Any) -> dict[str, Any]:
    return line("event_msg", {"type": type, **more})


def rollout(tmp_path: Path, *lines: Any, name: str = f"rollout-2025-10-01T08-00-00-{ID}") -> Path:
    return written(tmp_path, f"sessions/2025/10/01/{name}.jsonl", *lines)


def test_what_the_real_program_wrote() -> None:
    assert recognizes("codex", SAMPLE)
    archived = Imported("codex", SAMPLE).only
    roles = ["user", "tool", "tool", "assistant"]
    assert [role for role, _ in told(archived)] == roles * 2
    question, call, result, answer = messages(archived)[:4]
    assert question.content == "Which files are here?"
    assert call.content == "**exec_command** (cmd)\n\n```\nls\n```"
    assert call.reasoning == "The user wants a list. I look first."
    assert result.content.endswith("Output:\nnotes.txt\n```")
    assert answer.content == "I see one file: `notes.txt`."
    assert (answer.model, answer.usage) == (
        "loopback-1",
        Usage(
            input_tokens=7,
            output_tokens=3,
            cached_tokens=3,
            cache_write_tokens=0,
            reasoning_tokens=1,
        ),
    )
    assert question.timestamp < call.timestamp < result.timestamp < answer.timestamp
    assert archived.session.provider == "loopback"
    assert archived.extra["cwd"] == "/home/ada/project"


def test_what_the_program_says_in_the_persons_name_is_no_question() -> None:
    first = next(iter(Imported("codex", SAMPLE).only.messages))
    context = first.extra["context"]
    assert [each.split(">")[0] for each in context] == [
        "<skills_instructions",
        "<permissions instructions",
        "<environment_context",
    ]


@pytest.mark.parametrize(
    "words",
    [
        "<environment_context>\n<cwd>/</cwd>\n</environment_context>",
        "<user_instructions>\nBe brief.\n</user_instructions>",
        "# AGENTS.md instructions for /home/ada\n\n<INSTRUCTIONS>\nBe brief.\n</INSTRUCTIONS>",
        "<turn_aborted>\nThe user interrupted.\n</turn_aborted>",
    ],
)
def test_injected_words_are_kept_as_context(tmp_path: Path, words: str) -> None:
    file = rollout(tmp_path, meta(), said("user", words), said("user", "Hello"))
    (message,) = Imported("codex", file).only.messages
    assert message.message.content == "Hello"
    assert message.extra["context"] == [words]


def test_what_a_person_typed_may_look_like_a_tag(tmp_path: Path) -> None:
    file = rollout(tmp_path, meta(), said("user", "<b>bold</b> is HTML?"))
    assert told(Imported("codex", file).only) == [("user", "<b>bold</b> is HTML?")]


def test_of_a_question_with_the_editors_context_the_request_counts(tmp_path: Path) -> None:
    words = (
        "# Context from my IDE setup:\n\n## Open tabs:\n- a.py\n\n## My request for Codex:\nWhy?\n"
    )
    (message,) = Imported("codex", rollout(tmp_path, meta(), said("user", words))).only.messages
    assert message.message.content == "Why?"
    assert "a.py" in message.extra["context"][0]


def test_the_same_text_in_an_event_is_not_taken_twice(tmp_path: Path) -> None:
    file = rollout(
        tmp_path,
        meta(),
        event("user_message", message="Hello"),
        said("user", "Hello"),
        event("agent_message", message="Hi"),
        said("assistant", "Hi"),
    )
    assert told(Imported("codex", file).only) == [("user", "Hello"), ("assistant", "Hi")]


def test_turns_that_were_rolled_back_are_superseded(tmp_path: Path) -> None:
    file = rollout(
        tmp_path,
        meta(),
        *(said(role, text) for role, text in [("user", "1"), ("assistant", "one")]),
        *(said(role, text) for role, text in [("user", "2"), ("assistant", "two")]),
        *(said(role, text) for role, text in [("user", "3"), ("assistant", "three")]),
        event("thread_rolled_back", num_turns=2),
        said("user", "4"),
        event("thread_rolled_back", num_turns=1),
        said("user", "5"),
    )
    standing = [
        message.content
        for message in messages(Imported("codex", file).only)
        if not message.superseded
    ]
    assert standing == ["1", "one", "5"]


def test_an_interrupted_answer_says_so(tmp_path: Path) -> None:
    file = rollout(
        tmp_path,
        meta(),
        said("user", "Hello"),
        said("assistant", "Well,"),
        event("turn_aborted", reason="interrupted"),
    )
    answer = messages(Imported("codex", file).only)[-1]
    assert (answer.status, answer.finish_reason) == (Status.INTERRUPTED, "interrupted")


def test_an_error_is_an_answer_that_failed(tmp_path: Path) -> None:
    file = rollout(tmp_path, meta(), said("user", "Hello"), event("error", message="no credit"))
    answer = messages(Imported("codex", file).only)[-1]
    assert (answer.status, answer.error) == (Status.FAILED, "no credit")


def test_a_summary_of_the_history_is_no_question(tmp_path: Path) -> None:
    history = [{"type": "message", "role": "user", "content": []}]
    compacted = line("compacted", {"message": "Long ago.", "replacement_history": history})
    file = rollout(tmp_path, meta(), said("user", "1"), compacted, said("user", "2"))
    assert told(Imported("codex", file).only) == [
        ("user", "1"),
        ("tool", "**compaction**: result\n\n```\nLong ago.\n```"),
        ("user", "2"),
    ]


def test_tools_of_every_kind_can_be_read(tmp_path: Path) -> None:
    png = base64.b64encode(b"\x89PNG").decode()
    file = rollout(
        tmp_path,
        meta(),
        said("user", "Go"),
        item("function_call", name="shell", arguments='{"command": "ls"}', call_id="c1"),
        item(
            "function_call_output",
            call_id="c1",
            output='{"output": "a\\nb\\n", "metadata": {"exit_code": 1}}',
        ),
        item("custom_tool_call", name="apply_patch", input="*** Begin", call_id="c2"),
        item("custom_tool_call_output", call_id="c2", output="Done"),
        item("local_shell_call", call_id="c3", action={"type": "exec", "command": ["ls", "-l"]}),
        item("web_search_call", action={"type": "search", "query": "ferns"}),
        item("image_generation_call", id="g", revised_prompt="A fern", result=png),
        item("function_call_output", call_id="c9", output={"content": "x", "success": False}),
        item("ghost_snapshot", ghost_commit={}),
        item("unheard_of", field=1),
    )
    archived = Imported("codex", file).only
    assert [content for _, content in told(archived)[1:]] == [
        "**shell** (command)\n\n```\nls\n```",
        "**shell**: error\n\n```\na\nb\n```",
        "**apply_patch**\n\n```\n*** Begin\n```",
        "**apply_patch**: result\n\n```\nDone\n```",
        "**local_shell** (command)\n\n```\nls -l\n```",
        "**web_search** (query)\n\n```\nferns\n```",
        "**image_generation**\n\n```\nA fern\n```",
        "**function**: error\n\n```\nx\n```",
    ]
    assert messages(archived)[7].attachments[0].data == b"\x89PNG"
    assert archived.extra["other_lines"] == [{"type": "unheard_of", "field": 1}]


def test_a_long_output_is_kept_whole(tmp_path: Path) -> None:
    output = "line\n" * 200_000
    file = rollout(tmp_path, meta(), item("function_call_output", call_id="c", output=output))
    ((_, content),) = told(Imported("codex", file).only)
    assert output in content


def test_pictures_of_a_question_are_attached(tmp_path: Path) -> None:
    url = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
    content = [
        {"type": "input_text", "text": '<image name="[Image #1]">'},
        {"type": "input_image", "image_url": url},
        {"type": "input_text", "text": "</image>"},
        {"type": "input_text", "text": "What is it?"},
    ]
    file = rollout(tmp_path, meta(), item("message", role="user", content=content))
    (message,) = messages(Imported("codex", file).only)
    assert message.content == "What is it?"
    assert [each.data for each in message.attachments] == [b"\x89PNG"]


def test_the_newest_name_of_the_programs_list_is_the_title(tmp_path: Path) -> None:
    written(
        tmp_path,
        "session_index.jsonl",
        {"id": ID, "thread_name": "Old", "updated_at": "2025-10-01T08:00:00Z"},
        {"id": ID, "thread_name": "Ferns", "updated_at": "2025-10-02T08:00:00Z"},
    )
    file = rollout(tmp_path, meta(), said("user", "Hello"))
    assert Imported("codex", file).only.session.title == "Ferns"
    file = rollout(
        tmp_path, meta(), said("user", "Hello"), event("thread_name_updated", thread_name="Mosses")
    )
    assert Imported("codex", file).only.session.title == "Mosses"


def test_a_fork_branches_off_where_its_history_ends(tmp_path: Path) -> None:
    history = [said("user", "1"), said("assistant", "one")]
    origin = rollout(tmp_path, meta(), *history, said("user", "2"))
    other = ID[:-1] + "2"
    fork = rollout(
        tmp_path,
        meta(other, forked_from_id=ID),
        meta(),
        *history,
        said("user", "3"),
        name=f"rollout-2025-10-02T08-00-00-{other}",
    )
    first, second = Imported("codex", origin).only, Imported("codex", fork).only
    assert second.session.forked_from == first.session.id
    assert second.session.forked_at == 2
    assert second.forked_after == messages(first)[1].id
    assert [content for _, content in told(second)] == ["1", "one", "3"]
    assert second.origin is not None
    assert second.origin.id == other


def test_a_fork_whose_origin_is_gone_still_comes(tmp_path: Path) -> None:
    file = rollout(tmp_path, meta(forked_from_id=ID[:-1] + "7"), said("user", "1"))
    archived = Imported("codex", file).only
    assert archived.session.forked_from is None
    assert archived.extra["forked_from_id"] == ID[:-1] + "7"


def test_the_oldest_files_have_no_wrapping(tmp_path: Path) -> None:
    first: dict[str, Any] = {
        "id": "a1",
        "timestamp": "2025-05-01T08:00:00.000Z",
        "instructions": None,
        "git": {},
    }
    file = written(
        tmp_path,
        "rollout-2025-05-01-a1.jsonl",
        first,
        {"record_type": "state"},
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Hello"}],
        },
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hi"}],
        },
    )
    assert recognizes("codex", file)
    archived = Imported("codex", file).only
    assert told(archived) == [("user", "Hello"), ("assistant", "Hi")]
    assert messages(archived)[1].reasoning == "Hm."
    assert archived.session.created_at == datetime(2025, 5, 1, 8, tzinfo=UTC)


def test_lines_that_were_cut_or_are_none_are_told_and_the_others_come(tmp_path: Path) -> None:
    file = rollout(
        tmp_path,
        meta(),
        said("user", "Hello"),
        b'{"timestamp": "2025-10-01T08:00',
        b"\x00" * 4096,
        [1],
        b"\x00\x00" + b'{"timestamp":"2025-10-01T08:00:02Z","type":"response_item","payload":'
        b'{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}}',
    )
    imported = Imported("codex", file)
    assert [fault.place for fault in imported.faults] == ["line 3", "line 5"]
    assert told(imported.sessions[0]) == [("user", "Hello"), ("assistant", "Hi")]


def test_tokens_are_those_of_the_last_request_and_counted_once(tmp_path: Path) -> None:
    last = {"input_tokens": 5, "output_tokens": 2}
    count = {"total_token_usage": {"total_tokens": 7}, "last_token_usage": last}
    file = rollout(
        tmp_path,
        meta(),
        said("user", "1"),
        said("assistant", "one"),
        event("token_count", info=count),
        said("user", "2"),
        event("token_count", info=None, rate_limits={}),
        said("assistant", "two"),
        event("token_count", info=count, rate_limits={}),
    )
    usages = [message.usage for message in messages(Imported("codex", file).only)]
    assert usages == [Usage(), Usage(input_tokens=5, output_tokens=2), Usage(), Usage()]


def test_a_password_in_the_address_of_a_repository_does_not_come_along(tmp_path: Path) -> None:
    git = {"repository_url": "https://ada:sk-canary@git.example/ferns.git", "branch": "main"}
    archived = Imported("codex", rollout(tmp_path, meta(git=git), said("user", "Hi"))).only
    expected = {"repository_url": "https://git.example/ferns.git", "branch": "main"}
    assert archived.extra["git"] == expected


def test_a_rollout_without_any_word_is_no_session(tmp_path: Path) -> None:
    file = rollout(tmp_path, meta(), said("user", "<environment_context></environment_context>"))
    imported = Imported("codex", file)
    assert (imported.sessions, imported.faults) == ([], [])


def test_the_same_file_gives_the_same(tmp_path: Path) -> None:
    assert Imported("codex", SAMPLE).only == Imported("codex", SAMPLE).only


def test_the_list_and_the_prompts_are_no_rollouts(tmp_path: Path) -> None:
    index = written(tmp_path, "session_index.jsonl", {"id": ID, "thread_name": "x"})
    history = written(tmp_path, "history.jsonl", {"session_id": ID, "ts": 1, "text": "Hello"})
    assert not recognizes("codex", index)
    assert not recognizes("codex", history)


def test_its_places_are_those_that_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path))
    assert codex.places() == []
    (tmp_path / "archived_sessions").mkdir()
    assert codex.places() == [tmp_path / "archived_sessions"]
    monkeypatch.delenv("CODEX_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".codex" / "sessions").mkdir(parents=True)
    assert codex.places() == [tmp_path / ".codex" / "sessions"]
