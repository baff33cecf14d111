"""Conversations that LibreChat exported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from imported import Imported, Memory, messages, recognizes, sample, told

from synapse.domain import Status, Usage

FLAT, TREE, RECURSIVE = (
    sample("librechat", f"{name}.json") for name in ("flat", "tree", "recursive")
)
ROOT = "00000000-0000-0000-0000-000000000000"


def said(id: str, parent: Any, text: str, *, user: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "messageId": id,
        "parentMessageId": parent,
        "text": text,
        "isCreatedByUser": user,
        **more,
    }


def imported(*messages: Any, **more: Any) -> Imported:
    value = {"conversationId": "c", "title": "T", "messages": list(messages), **more}
    return Imported("librechat", Memory(json.dumps(value).encode()))


@pytest.mark.parametrize("path", [FLAT, TREE, RECURSIVE], ids=lambda path: path.stem)
def test_all_three_forms_are_the_same(path: Any) -> None:
    assert recognizes("librechat", path)
    found = Imported("librechat", path)
    main, branch = found.sessions
    assert found.faults == []
    assert [role for role, _ in told(main)] == ["user", "assistant", "tool", "user"]
    _, answer, tool, _ = messages(main)
    assert (answer.content, answer.reasoning, answer.model) == ("Ancient plants.", "Hm.", "gpt-4o")
    assert answer.usage == Usage(output_tokens=3)
    assert tool.content == "**look** (at)\n\n```\nfern\n```\n\nresult\n\n```\ngreen\n```"
    assert told(branch)[-1] == ("assistant", "Plants.")
    assert (branch.session.forked_from, branch.session.forked_at) == (main.session.id, 1)
    assert main.session.system_prompt == "Be brief."
    assert main.session.provider == "openai"
    first = Imported("librechat", FLAT).sessions
    assert [each.session for each in found.sessions] == [each.session for each in first]


def test_several_first_questions_are_branches() -> None:
    main, other = imported(said("a", ROOT, "1"), said("b", ROOT, "2")).sessions
    assert [told(main), told(other)] == [[("user", "2")], [("user", "1")]]
    assert other.session.forked_from == main.session.id


def test_a_parent_that_was_left_out_does_not_cut_the_conversation() -> None:
    archived = imported(
        said("a", ROOT, "1"), said("c", "gone", "2", user=False), said("d", "c", "3")
    ).only
    assert [text for _, text in told(archived)] == ["1", "2", "3"]


def test_order_is_that_of_the_tree_and_not_of_the_times() -> None:
    archived = imported(
        said("a", ROOT, "1", createdAt="2025-03-04T05:06:09Z"),
        said("b", "a", "2", user=False, createdAt="2025-03-04T05:06:01Z"),
    ).only
    assert [text for _, text in told(archived)] == ["1", "2"]
    assert messages(archived)[1].timestamp < messages(archived)[0].timestamp


def test_how_answers_end() -> None:
    first, second, third = messages(
        imported(
            said("a", ROOT, "No credit", user=False, error=True),
            said("b", "a", "Well,", user=False, unfinished=True),
            said("c", "b", "", user=False, content=[{"type": "error", "error": "broke off"}]),
        ).only
    )
    assert (first.status, first.error) == (Status.FAILED, "No credit")
    assert second.status is Status.INTERRUPTED
    assert (third.status, third.error) == (Status.FAILED, "broke off")


@pytest.mark.parametrize(
    "text", [":::thinking\nHm.\n:::\nYes", "<think>Hm.</think>\nYes"], ids=["colons", "tags"]
)
def test_thoughts_in_the_text_of_old_answers(text: str) -> None:
    (answer,) = messages(imported(said("a", ROOT, text, user=False)).only)
    assert (answer.reasoning, answer.content) == ("Hm.", "Yes")


def test_deep_nesting_is_no_recursion() -> None:
    message: dict[str, Any] = said("m0", None, "0")
    for number in range(1, 180):
        message = {**said(f"m{number}", None, str(number)), "children": [message]}
    archived = imported(message).only
    assert len(messages(archived)) == 180


@pytest.mark.parametrize("endpoint", ["agents", "custom", "assistants", ""])
def test_a_model_names_its_vendor_where_the_endpoint_does_not(endpoint: str) -> None:
    options = {"model": "claude-sonnet-4-6"}
    archived = imported(said("a", ROOT, "1"), endpoint=endpoint, options=options).only
    assert archived.session.provider == "anthropic"


def test_without_messages_it_is_told() -> None:
    found = Imported("librechat", Memory(b'{"conversationId": "c", "messages": 7}'))
    assert [fault.reason for fault in found.faults] == ['no "messages"']


def test_no_key_comes_along() -> None:
    canary = "sk-canary-0123456789"
    archived = imported(
        said("a", ROOT, "1", metadata={"apiKey": canary}),
        options={"model": "m", "key": 1, "api_key": canary, "headers": {"authorization": canary}},
    ).only
    assert canary not in repr((archived.extra, [each.extra for each in archived.messages]))
