"""How answers end, and where their text may be: what real servers do beside the rules."""

from __future__ import annotations

import json

import pytest
from loopback import Loopback, anthropic, openai, scripts
from loopback.asking import Outcome, ask

from synapse import errors

TEXT = openai.chunk({"content": "Paris."})
STOP = openai.chunk(finish="stop")
JSON = {"Content-Type": "application/json"}
PLAIN = {"Content-Type": "text/plain"}


def said(script: object, name: str = "openai", **options: object) -> Outcome:
    """What comes of a question that is answered so."""
    with Loopback(script) as server:  # type: ignore[arg-type]
        return ask(server.url, name, attempts=1, **options)  # type: ignore[arg-type]


# -------------------------------------------------------------------------------- the end


@pytest.mark.parametrize("ends", [scripts.stream, scripts.unended])
def test_a_reason_and_a_clean_end_are_the_end_marker_or_not(ends: object) -> None:
    outcome = said(ends(TEXT, STOP))  # type: ignore[operator]
    assert (outcome.text, outcome.finish, outcome.error) == ("Paris.", "stop", None)
    events = anthropic.stream_of(["Paris."])
    outcome = said(ends(*events[:-1]), "anthropic")  # type: ignore[operator]
    assert (outcome.text, outcome.finish, outcome.error) == ("Paris.", "end_turn", None)


def test_figures_that_come_behind_the_reason_are_taken() -> None:
    outcome = said(scripts.stream(TEXT, STOP, openai.usage_chunk(9, 4)))
    assert (outcome.usage, outcome.error) == ((9, 4), None)


def test_an_end_marker_without_a_reason_is_enough() -> None:
    assert said(scripts.stream(TEXT, openai.DONE)).error is None


def test_without_either_it_was_cut_short() -> None:
    for script in (scripts.stream(TEXT), scripts.unended(TEXT)):
        assert isinstance(said(script).error, errors.AnswerCutShort)
    events = anthropic.stream_of(["Paris."])
    assert isinstance(said(scripts.stream(*events[:-2]), "anthropic").error, errors.AnswerCutShort)


def test_a_connection_that_breaks_behind_the_reason_is_no_clean_end() -> None:
    assert isinstance(said(scripts.cut_chunks(TEXT, STOP)).error, errors.AnswerCutShort)


def test_a_server_that_says_nothing_more_behind_the_reason_has_answered() -> None:
    outcome = said(scripts.stall_after(TEXT, STOP), timeout=2)
    assert (outcome.text, outcome.finish, outcome.error) == ("Paris.", "stop", None)


@pytest.mark.parametrize(
    "reason",
    [
        "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "SAFETY", "sensitive",
        "content_filter: RECITATION", "content_filter_jailbreak", "guardrail_intervened",
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_that_was_stopped_for_what_it_says_is_refused(reason: str, stream: bool) -> None:
    outcome = said(openai.answer("Par", finish=reason), stream=stream)
    assert isinstance(outcome.error, errors.AnswerRefused)
    assert f"({reason})" in outcome.error.message
    assert (outcome.text, outcome.finish) == ("Par", reason)


@pytest.mark.parametrize("reason", ["abort", "OTHER", "MALFORMED_FUNCTION_CALL", "new\none", "0"])
@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_an_end_that_nobody_knows_is_never_a_complete_answer(name: str, reason: str) -> None:
    if name == "openai":
        outcome = said(openai.answer("Par", finish=reason))
    else:
        outcome = said(anthropic.answer("Par", stop_reason=reason), name)
    assert isinstance(outcome.error, errors.AnswerCutShort)
    assert outcome.error.message.endswith(f"for the reason {' '.join(reason.split())}")
    assert outcome.text == "Par"


# ---------------------------------------------------------------------------------- tools


@pytest.mark.parametrize("finish", ["tool_calls", "stop"])
def test_a_call_of_a_tool_is_told_by_its_name(finish: str) -> None:
    pieces = [
        {"index": 0, "id": "c1", "function": {"name": "get_weather", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"city": '}},
        {"index": 0, "function": {"arguments": '"Paris"}'}},
        {"index": 1, "id": "c2", "function": {"name": "now", "arguments": {}}},
    ]
    events = [openai.chunk({"tool_calls": [piece]}) for piece in pieces]
    outcome = said(scripts.stream(*events, openai.chunk(finish=finish), openai.DONE))
    assert isinstance(outcome.error, errors.ToolCalled)
    assert outcome.error.message == (
        'openai called the tool get_weather({"city": "Paris"}), now({}); it was offered none'
    )


def test_in_the_other_shapes_too() -> None:
    function = {"name": "get_weather", "arguments": "{}"}
    old = scripts.stream(
        openai.chunk({"function_call": function}), openai.chunk(finish="function_call")
    )
    whole = openai.completion("", finish="tool_calls")
    whole["choices"][0]["message"]["tool_calls"] = [{"id": "c", "function": function}]  # type: ignore[index]
    start = {"type": "tool_use", "id": "t", "name": "get_weather", "input": {}}
    delta = {"type": "input_json_delta", "partial_json": "{}"}
    claude = scripts.stream(
        anthropic.message_start(),
        anthropic.event("content_block_start", index=0, content_block=start),
        anthropic.event("content_block_delta", index=0, delta=delta),
        *anthropic.message_end("tool_use"),
    )
    message = {"type": "message", "model": "m", "stop_reason": "tool_use", "content": [start]}
    for script, name, stream in (
        (old, "openai", True),
        (scripts.status(200, whole), "openai", False),
        (claude, "anthropic", True),
        (scripts.status(200, message), "anthropic", False),
    ):
        error = said(script, name, stream=stream).error
        assert isinstance(error, errors.ToolCalled)
        assert "called the tool get_weather(" in error.message


def test_what_the_server_calls_itself_is_no_call_of_ours() -> None:
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    delta = {"type": "input_json_delta", "partial_json": '{"query": "Paris"}'}
    call = {"type": "tool_use", "id": "t", "name": "now", "input": {}}
    searched = [
        anthropic.message_start(),
        anthropic.event("content_block_start", index=0, content_block=search),
        anthropic.event("content_block_delta", index=0, delta=delta),
    ]
    called = anthropic.event("content_block_start", index=1, content_block=call)
    answered = scripts.stream(
        *searched, *anthropic.block(1, "text", ["Paris."]), *anthropic.message_end()
    )
    outcome = said(answered, "anthropic")
    assert (outcome.text, outcome.error) == ("Paris.", None)
    error = said(
        scripts.stream(*searched, called, *anthropic.message_end("tool_use")), "anthropic"
    ).error
    assert error is not None
    assert "called the tool now(); it" in error.message


def test_arguments_that_are_repeated_as_a_whole_are_said_once() -> None:
    piece = {"index": 0, "function": {"name": "now", "arguments": "{}"}}
    events = [openai.chunk({"tool_calls": [piece]})] * 2
    error = said(scripts.stream(*events, openai.chunk(finish="tool_calls"))).error
    assert error is not None
    assert "called the tool now({}); it" in error.message


def test_an_answer_beside_a_call_that_the_server_did_itself_is_an_answer() -> None:
    call = openai.chunk({"tool_calls": [{"index": 0, "function": {"name": "search"}}]})
    assert said(scripts.stream(call, TEXT, STOP, openai.DONE)).error is None


# --------------------------------------------------------------------------------- shapes


def choice(**fields: object) -> bytes:
    return openai.event({"choices": [{"index": 0, **fields}]})


@pytest.mark.parametrize(
    "events",
    [
        [choice(message={"role": "assistant", "content": "Paris."}, finish_reason="stop")],
        [choice(message={"content": "Par"}), choice(message={"content": "is."}), STOP],
        [choice(message={"content": "Par"}), choice(message={"content": "Paris."}), STOP],
        [choice(text="Par"), choice(text="is.", finish_reason="stop")],
        [choice(text="Par", delta=None), choice(text="is."), openai.DONE],
        [choice(text="Par", delta={}), choice(text="is.", delta={}), openai.DONE],
        [choice(message={"content": "Paris."}, delta={"role": "assistant"}), STOP],
        [choice(delta={"text": "Par"}), choice(delta={"text": "is."}), STOP],
        [
            choice(delta={"content": "Par"}, message={"content": "Par"}),
            choice(delta={"content": "is."}, message={"content": "Paris."}),
            choice(delta={"content": ""}, message={"content": "Paris."}, finish_reason="stop"),
        ],
    ],
)
def test_text_is_found_where_a_chunk_has_it(events: list[bytes]) -> None:
    outcome = said(scripts.stream(*events))
    assert (outcome.text, outcome.error) == ("Paris.", None)


@pytest.mark.parametrize(
    "found",
    [
        {"message": {"content": "Paris."}}, {"text": "Paris."}, {"delta": {"content": "Paris."}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [True, False])
def test_and_in_an_answer_of_one_piece(found: dict[str, object], stream: bool) -> None:
    body = {"choices": [{**found, "finish_reason": "stop"}]}
    assert said(scripts.status(200, body, JSON), stream=stream).text == "Paris."
    assert said(scripts.status(200, json.dumps(body), PLAIN), stream=stream).text == "Paris."


def test_a_stream_that_was_not_asked_for_is_read() -> None:
    outcome = said(scripts.stream(TEXT, STOP, openai.DONE), stream=False)
    assert (outcome.text, outcome.error) == ("Paris.", None)


@pytest.mark.parametrize(
    "script",
    [
        scripts.stream(openai.event({"response": "Paris."}), openai.DONE),
        scripts.stream(openai.event({"response": "Paris."})),
        scripts.stream(choice(delta={"output": "Paris."}, finish_reason="stop"), openai.DONE),
        scripts.stream(b'{"response": "Paris."}\n'),
        scripts.stream(b"Paris.\n", headers=PLAIN),
        scripts.status(200, {"response": "Paris."}),
        scripts.status(200, {"choices": [], "response": "Paris."}),
    ],
)
def test_what_holds_no_text_is_told_with_what_was_seen(script: object) -> None:
    outcome = said(script)
    assert isinstance(outcome.error, errors.NotAnApi)
    assert outcome.error.exit_status == 5
    assert "Paris." in outcome.error.message


@pytest.mark.parametrize("beginning", [b":", b": ping\n\n", b"dat", b"event: x\n", b'data: {"cho'])
def test_a_stream_that_ends_before_it_has_begun_was_cut_short(beginning: bytes) -> None:
    for name in ("openai", "anthropic"):
        assert isinstance(said(scripts.unended(beginning), name).error, errors.AnswerCutShort)


@pytest.mark.parametrize(
    "events",
    [
        [openai.DONE],
        [b": ping\n\n", openai.DONE],
        [openai.chunk({"role": "assistant", "content": ""}), STOP, openai.DONE],
        [openai.chunk({"role": "assistant"}), STOP],
    ],
)
def test_an_empty_answer_is_an_empty_answer(events: list[bytes]) -> None:
    outcome = said(scripts.stream(*events))
    assert (outcome.text, outcome.finish, outcome.error) == ("", "stop", None)
