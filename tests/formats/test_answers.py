"""Answers of several parts, and tools as text."""

from __future__ import annotations

from datetime import UTC, datetime

from markdown_it import MarkdownIt

from synapse.domain import Role, Status, Usage
from synapse.formats._answers import Answer, call_text, fenced, result_text
from synapse.formats._building import SessionBuilder

MOMENT = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)


def told(builder: SessionBuilder) -> list[tuple[Role, str, str]]:
    messages = [archived.message for archived in builder.finished().messages]
    return [(message.role, message.reasoning, message.content) for message in messages]


def test_parts_become_messages_in_their_order() -> None:
    builder = SessionBuilder("codex", "x", started=MOMENT)
    answer = Answer(builder, "m1", model="m")
    answer.think("Hm.")
    answer.say("Let me look.")
    answer.tool("**ls**")
    answer.think("Two files.")
    answer.say("There are")
    answer.say("two files.")
    answer.finish()
    assert told(builder) == [
        (Role.ASSISTANT, "Hm.", "Let me look."),
        (Role.TOOL, "", "**ls**"),
        (Role.ASSISTANT, "Two files.", "There are\n\ntwo files."),
    ]


def test_what_was_thought_before_a_call_goes_with_it() -> None:
    builder = SessionBuilder("codex", "x", started=MOMENT)
    answer = Answer(builder, "m1", model="m", provider="openai")
    answer.usage = Usage(output_tokens=4)
    answer.think("Hm.")
    answer.tool("**ls**")
    answer.tool("**pwd**")
    answer.finish()
    assert told(builder) == [(Role.TOOL, "Hm.", "**ls**"), (Role.TOOL, "", "**pwd**")]
    first, second = [archived.message for archived in builder.finished().messages]
    assert (first.usage, first.model, first.provider) == (Usage(output_tokens=4), "m", "openai")
    assert (second.usage, second.model) == (Usage(), None)


def test_tokens_are_counted_once_and_with_the_first_words() -> None:
    builder = SessionBuilder("codex", "x", started=MOMENT)
    answer = Answer(builder, "m1")
    answer.usage = Usage(input_tokens=3, output_tokens=4)
    answer.say("One")
    answer.tool("**ls**")
    answer.say("Two")
    answer.finish()
    usages = [archived.message.usage for archived in builder.finished().messages]
    assert usages == [Usage(input_tokens=3, output_tokens=4), Usage(), Usage()]


def test_an_answer_that_only_failed_is_a_message() -> None:
    builder = SessionBuilder("codex", "x", started=MOMENT)
    Answer(builder, "m1").finish(Status.FAILED, "server_error: no")
    (archived,) = builder.finished().messages
    assert (archived.message.status, archived.message.error) == (Status.FAILED, "server_error: no")


def test_an_answer_without_parts_is_none() -> None:
    builder = SessionBuilder("codex", "x", started=MOMENT)
    Answer(builder, "m1").finish()
    assert told(builder) == []


def code_in(markdown: str) -> list[str]:
    return [each.content for each in MarkdownIt().parse(markdown) if each.type == "fence"]


def test_no_output_can_close_its_fence() -> None:
    for content in ("```\n# Heading\n```", "`````", "a ``` b", "~~~\n```", "x\n"):
        assert code_in(result_text("ls", content)) == [content.rstrip("\n") + "\n"]
    assert code_in(fenced("")) == ["\n"]


def test_a_call_shows_what_it_was_given() -> None:
    assert call_text("bash", '{"command": "ls -l"}') == "**bash** (command)\n\n```\nls -l\n```"
    assert code_in(call_text("f", {"a": 1, "b": [2]})) == [
        '{\n  "a": 1,\n  "b": [\n    2\n  ]\n}\n'
    ]
    assert call_text("f", "not JSON") == "**f**\n\n```\nnot JSON\n```"
    assert call_text("f", "{}") == call_text("f", None) == call_text("f", "") == "**f**"
    assert call_text("", None) == "**tool**"
    assert call_text("*x*\n`y`", None) == "**x y**"


def test_a_result_says_whether_it_failed_and_whether_there_was_any() -> None:
    assert result_text("ls", "", failed=True) == "**ls**: error (empty)"
    assert result_text("", "a") == "result\n\n```\na\n```"
    assert code_in(result_text("ls", {"a": 1})) == ['{\n  "a": 1\n}\n']


def test_arguments_bring_no_half_of_a_pair_and_no_nul_along() -> None:
    assert call_text("f", '{"a": "x\\ud83d\\u0000"}') == "**f** (a)\n\n```\nx\ufffd\ufffd\n```"


def test_arguments_nested_too_deep_for_json_are_shown_as_they_are() -> None:
    deep = "[" * 100_000
    assert code_in(call_text("f", deep)) == [deep + "\n"]
