"""Files of conversations that models are trained with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from imported import Imported, messages, recognizes, told, written

if TYPE_CHECKING:
    from pathlib import Path

DOT = "data:image/png;base64,iVBORw0KGgo="


def said(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"from": who, "value": words} for who, words in pairs]


SHARED = {
    "id": "abc_0",
    "conversations": said(
        ("system", "Be brief."),
        ("human", "Q"),
        ("gpt", "A"),
        ("function_call", '{"name": "f"}'),
        ("observation", "42"),
        ("chatgpt", "B"),
        ("alien", "?"),
        ("gpt", None),
    ),
    "source": "web",
    "tools": "[]",
}


@pytest.mark.parametrize("name", ["x.json", "x.jsonl"])
def test_sharegpt_in_both_forms(tmp_path: Path, name: str) -> None:
    values = [SHARED, SHARED] if name.endswith("l") else [[SHARED, SHARED]]
    path = written(tmp_path, name, *values)
    assert recognizes("sharegpt", path)
    first, second = Imported("sharegpt", path).sessions
    assert first.session.id == second.session.id
    assert told(first) == [
        ("user", "Q"),
        ("assistant", "A"),
        ("tool", '**function_call**\n\n```\n{"name": "f"}\n```'),
        ("tool", "**observation**\n\n```\n42\n```"),
        ("assistant", "B"),
        ("user", "?"),
    ]
    assert first.session.system_prompt == "Be brief."
    assert first.extra == {"source": "web", "tools": "[]"}
    assert list(first.messages)[5].extra == {"from": "alien"}


def test_ids_of_sharegpt_are_no_names(tmp_path: Path) -> None:
    one, two = ({"id": "abc", "conversations": said(("human", words))} for words in "ab")
    found = Imported("sharegpt", written(tmp_path, "x.jsonl", one, two))
    assert len({archived.session.id for archived in found.sessions}) == 2


@pytest.mark.parametrize(
    "bad", [b'{"conversations": ', b"5", b'{"conversations": null}', b'{"other": 1}']
)
@pytest.mark.parametrize("program", ["sharegpt", "openai"])
def test_a_bad_line_costs_no_other_one(tmp_path: Path, bad: bytes, program: str) -> None:
    good: dict[str, Any] = (
        SHARED if program == "sharegpt" else {"messages": [{"role": "user", "content": "Q"}]}
    )
    path = written(tmp_path, "x.jsonl", good, bad, good)
    found = Imported(program, path)
    assert len(found.sessions) == 2
    assert [fault.place for fault in found.faults] == ["line 2"]


CALL = {
    "id": "c1",
    "type": "function",
    "function": {"name": "lookup", "arguments": '{"word": "rye"}'},
}
TALK: dict[str, Any] = {
    "messages": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "What is it?"},
                                     {"type": "image_url", "image_url": {"url": DOT}},
                                     {"type": "image_url", "image_url": {"url": "https://a/b"}}]},
        {"role": "assistant", "content": None, "reasoning_content": "Hm.", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "A grain"},
        {"role": "assistant", "content": "Rye.", "weight": 1},
        {"role": "system", "content": "Later."},
        {"role": "assistant", "content": None, "refusal": "No."},
    ],
    "tools": [{"type": "function"}],
}  # fmt: skip


def test_openai_lines(tmp_path: Path) -> None:
    path = written(tmp_path, "x.jsonl", TALK)
    assert recognizes("openai", path)
    archived = Imported("openai", path).only
    assert told(archived) == [
        ("user", "What is it?\n\n[Image: https://a/b]"),
        ("tool", "**lookup** (word)\n\n```\nrye\n```"),
        ("tool", "**lookup**: result\n\n```\nA grain\n```"),
        ("assistant", "Rye."),
        ("system", "Later."),
        ("assistant", "No."),
    ]
    assert archived.session.system_prompt == "Be brief."
    assert archived.extra == {"tools": [{"type": "function"}]}
    assert messages(archived)[1].reasoning == "Hm."
    (picture,) = messages(archived)[0].attachments
    assert (picture.media_type, picture.data) == ("image/png", b"\x89PNG\r\n\x1a\n")
    extras = [message.extra for message in archived.messages]
    assert extras[1]["tool_call"] == CALL
    assert extras[3] == {"weight": 1}


def test_the_answer_that_was_not_preferred_is_a_fork(tmp_path: Path) -> None:
    value = {
        "input": {"messages": [{"role": "user", "content": "Q"}]},
        "preferred_output": [{"role": "assistant", "content": "Good"}],
        "non_preferred_output": [{"role": "assistant", "content": "Bad"}],
    }
    path = written(tmp_path, "x.jsonl", value)
    assert recognizes("openai", path)
    good, bad = Imported("openai", path).sessions
    assert told(good) == [("user", "Q"), ("assistant", "Good")]
    assert told(bad) == [("user", "Q"), ("assistant", "Bad")]
    assert (bad.session.forked_from, bad.session.forked_at) == (good.session.id, 1)


def test_the_words_are_the_identity(tmp_path: Path) -> None:
    turned = {"messages": [dict(reversed(each.items())) for each in TALK["messages"]]}
    path = written(tmp_path, "x.jsonl", TALK, turned, {"messages": TALK["messages"][:4]})
    first, same, other = Imported("openai", path).sessions
    assert first.session.id == same.session.id != other.session.id


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"role": None, "content": 5},
        {"role": "user", "content": [None, 5, {}, {"type": "image_url", "image_url": None}]},
        {"role": "assistant", "tool_calls": [None, {}, {"function": 5}]},
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{"}},
        {"role": "tool", "content": None},
        {"role": "robot", "content": "x", "name": "R2"},
    ],
)
def test_nothing_in_a_message_is_taken_for_granted(tmp_path: Path, odd: Any) -> None:
    value = {"messages": [{"role": "user", "content": "Q"}, odd, {"role": "user", "content": "E"}]}
    archived = Imported("openai", written(tmp_path, "x.jsonl", value)).only
    assert (told(archived)[0], told(archived)[-1]) == (("user", "Q"), ("user", "E"))


@pytest.mark.parametrize(
    "value", [{"messages": []}, {"messages": [{"id": "1", "role": "x"}]}, [], [{}], {"a": 1}, 5]
)
def test_other_files_are_not_taken(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(value))
    assert not recognizes("openai", path)
    assert not recognizes("sharegpt", path)
