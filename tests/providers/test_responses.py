"""The Responses format: what is sent, and what its events become. Pure, but for the last part."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import Loopback, openai, responses, scripts
from loopback.asking import KEY, Outcome, ask, opened, request

from synapse import errors
from synapse.domain import Attachment, Role, Usage
from synapse.errors import ConfigError, UsageError
from synapse.ports import (
    ChatMessage,
    Finished,
    ModelReport,
    ProviderOptions,
    TextDelta,
    UsageReport,
)
from synapse.providers import PROVIDERS, find
from synapse.providers._dialects import COMPATIBLE_RESPONSES
from synapse.providers._endpoint import Endpoint
from synapse.providers._provider_rows import ProviderRow
from synapse.providers._wire import Malformed
from synapse.providers.responses import ResponseReader, body_of

if TYPE_CHECKING:
    from synapse.ports import ChatRequest

_USAGE = Usage(
    input_tokens=7, output_tokens=3, cached_tokens=3, cache_write_tokens=0, reasoning_tokens=1
)
HERE = Endpoint(provider="some", base_url="https://api.example.invalid/v1", key="sk-secret-123456")
CONVERSATION = request("Hi", "Hello", "Bye", model="gpt-6-luna", system_prompt="Be brief.")


def message(role: str, content: object) -> dict[str, object]:
    return {"type": "message", "role": role, "content": content}


def body_for(name: str, sent: ChatRequest) -> dict[str, Any]:
    return body_of(sent, PROVIDERS[name].dialect, name)


def read(*pieces: bytes) -> list[Any]:
    """What a reader makes of these pieces, as if each came in one read of the network."""
    reader = ResponseReader(HERE, "m")
    events: list[Any] = []
    for piece in pieces:
        if not reader.done:
            reader.feed(piece)
        events += reader.collector.take()
    if not reader.done:
        reader.close()
        events += reader.collector.take()
    return events


# ------------------------------------------------------------------------------ what is sent


def test_openai_is_sent_the_conversation_as_items_and_keeps_none_of_it() -> None:
    assert body_for("openai", CONVERSATION) == {
        "model": "gpt-6-luna",
        "input": [message("user", "Hi"), message("assistant", "Hello"), message("user", "Bye")],
        "instructions": "Be brief.",
        "store": False,
        "stream": True,
        "stream_options": {"include_obfuscation": False},
        "reasoning": {"summary": "auto"},
    }


def test_xai_is_sent_its_system_prompt_as_a_message() -> None:
    assert body_for("xai", CONVERSATION) == {
        "model": "gpt-6-luna",
        "input": [
            message("system", "Be brief."),
            message("user", "Hi"),
            message("assistant", "Hello"),
            message("user", "Bye"),
        ],
        "store": False,
        "stream": True,
    }


def test_a_server_of_ones_own_is_asked_for_no_more_than_the_format_needs() -> None:
    body = body_of(CONVERSATION.replace(stream=False), COMPATIBLE_RESPONSES, "mine")
    assert body.keys() == {"model", "input", "instructions", "store"}


@pytest.mark.parametrize("name", ["openai", "xai"])
def test_parameters_go_where_the_format_has_them(name: str) -> None:
    chosen = (("temperature", 0.2), ("top_p", 1), ("reasoning", "low"))
    body = body_for(name, CONVERSATION.replace(parameters=chosen, max_tokens=77))
    assert (body["max_output_tokens"], body["temperature"], body["top_p"]) == (77, 0.2, 1.0)
    assert body["reasoning"]["effort"] == "low"
    assert ("summary" in body["reasoning"]) is (name == "openai")
    assert not body.keys() & {"max_tokens", "max_completion_tokens", "reasoning_effort"}


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-4o-mini", "gpt-3.5-turbo", "gpt-5-chat-latest"])
def test_a_model_that_does_not_think_is_asked_for_no_summary(model: str) -> None:
    assert "reasoning" not in body_for("openai", CONVERSATION.replace(model=model))


@pytest.mark.parametrize("parameter", ["stop", "seed", "frequency_penalty", "top_k"])
def test_what_the_format_has_no_field_for_is_refused(parameter: str) -> None:
    with pytest.raises(UsageError, match=f'takes no parameter "{parameter}"'):
        body_for("openai", CONVERSATION.replace(parameters=((parameter, 1),)))


def test_images_come_before_the_text_and_empty_answers_not_at_all() -> None:
    image = Attachment(name="dot.png", media_type="image/png", data=b"\x00\x01")
    sent = CONVERSATION.replace(
        messages=(
            ChatMessage(role=Role.USER, content="What is it?", images=(image,)),
            ChatMessage(role=Role.ASSISTANT, content=""),
            ChatMessage(role=Role.SYSTEM, content="Be kind."),
            ChatMessage(role=Role.TOOL, content="42"),
            ChatMessage(role=Role.USER, content="", images=(image,)),
        )
    )
    part = {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,AAE="}
    assert body_for("openai", sent)["input"] == [
        message("user", [part, {"type": "input_text", "text": "What is it?"}]),
        message("developer", "Be kind."),
        message("user", "42"),
        message("user", [part]),
    ]


# ------------------------------------------------------------------------- what is understood


def test_a_stream_gives_model_reasoning_text_usage_and_reason() -> None:
    assert read(*responses.stream_of(["a", "b"], thoughts=["hm"])) == [
        ModelReport(model="loopback-1"),
        TextDelta("hm", reasoning=True),
        TextDelta("a"),
        TextDelta("b"),
        UsageReport(usage=_USAGE),
        Finished(reason="completed"),
    ]


def test_parts_of_a_summary_and_messages_stand_apart() -> None:
    stream = responses.stream_of([], summaries=[["One", " thing"], ["Another"]])
    assert Outcome(iter(read(*stream))).reasoning == "One thing\n\nAnother"
    second = responses.text("And yes.", output_index=2, item_id="msg_2")
    outcome = Outcome(iter(read(responses.text("Let me"), responses.text(" see."), second)))
    assert outcome.text == "Let me see.\n\nAnd yes."


TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=8)


@settings(max_examples=60)
@given(TEXTS, TEXTS, st.integers(1, 40))
def test_any_text_arrives_whole_however_the_bytes_are_split(
    texts: list[str], thoughts: list[str], size: int
) -> None:
    stream = b"".join(responses.stream_of(texts, thoughts=thoughts))
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    outcome = Outcome(iter(read(*pieces)))
    assert (outcome.text, outcome.reasoning) == ("".join(texts), "".join(thoughts))
    assert (outcome.finish, outcome.usage) == ("completed", (7, 3))


def test_events_that_are_counted_are_recognised_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Parsing each of them would cost four times as much."""
    tokens = [f" word{number}" for number in range(500)]
    parsed: list[bytes] = []
    read_one = ResponseReader.read

    def watched(reader: ResponseReader, name: bytes, data: bytes) -> None:
        parsed.append(data)
        read_one(reader, name, data)

    monkeypatch.setattr(ResponseReader, "read", watched)
    for stream in (responses.stream_of(tokens), [b"".join(responses.stream_of(tokens))]):
        parsed.clear()
        assert Outcome(iter(read(*stream))).text == "".join(tokens)
        assert len(parsed) < 20


@pytest.mark.parametrize("number", ["null", " null ", '"7"', "7.5", "-1", "[]", "7e3", " 7 ", "{}"])
def test_a_counter_may_be_anything(number: str) -> None:
    event = responses.text("Rome.").replace(b'"sequence_number": 0', b"")
    counted = event.replace(b", ,", b', "sequence_number":%b,' % number.encode())
    assert counted != event
    assert read(counted, counted) == [TextDelta("Rome."), TextDelta("Rome.")]


def test_a_text_that_speaks_of_the_counter_is_not_changed() -> None:
    text = 'It is {"sequence_number": 12, "sequence_number":0}, "sequence_number":7'
    stream = responses.stream_of([text, text], thoughts=[text])
    for pieces in (stream, [b"".join(stream)]):
        outcome = Outcome(iter(read(*pieces)))
        assert (outcome.text, outcome.reasoning) == (text * 2, text)


def test_a_text_that_comes_only_as_a_whole_is_taken_once() -> None:
    done = responses.event(
        "response.output_text.done", item_id="m", output_index=0, content_index=0, text="Whole."
    )
    part = responses.event(
        "response.content_part.done", item_id="m", output_index=0, content_index=0,
        part={"type": "output_text", "text": "Whole."},
    )  # fmt: skip
    assert Outcome(iter(read(*responses.begun(), part, responses.ended()))).text == "Whole."
    whole = responses.ended("completed", responses.thought("Hm."), responses.said("Whole."))
    for stream in ([done, whole], [done, done, whole], [whole], [part, whole], [done, part, whole]):
        assert Outcome(iter(read(*responses.begun(), *stream))).text == "Whole."


def test_a_text_that_comes_only_in_its_item_is_taken_once() -> None:
    items = [responses.thought("Hm."), responses.said("Who"), responses.said("le.")]
    done = [
        responses.event("response.output_item.done", output_index=place, item=item)
        for place, item in enumerate(items)
    ]
    for last in (responses.ended(), responses.ended("completed", *items)):
        outcome = Outcome(iter(read(*responses.begun(), *done, last)))
        assert (outcome.text, outcome.reasoning) == ("Who\n\nle.", "Hm.")
    plain = responses.ended("completed", {"type": "message", "content": "Whole."})
    assert Outcome(iter(read(plain))).text == "Whole."


def test_what_holds_no_text_that_is_known_is_told_with_what_was_seen() -> None:
    item = {"type": "message", "content": [{"type": "surprise", "words": "Paris."}]}
    with pytest.raises(errors.NotAnApi, match=r"Paris\."):
        read(responses.ended("completed", item))


def test_a_lone_marker_is_an_empty_answer() -> None:
    with Loopback(scripts.stream(b"data: [DONE]\n\n")) as server:
        outcome = ask(f"{server.url}/v1", "mine", kind="responses", attempts=1)
    assert (outcome.text, outcome.error) == ("", None)


def test_llamacpp_counts_no_items_and_gateways_change_their_ids() -> None:
    plain = {"output_index": None, "content_index": None}
    one = [responses.text(piece, **plain) for piece in ("Ro", "me", ".")]
    assert Outcome(iter(read(*one))).text == "Rome."
    changing = [responses.text(piece, item_id=f"m{piece}") for piece in ("Ro", "me", ".")]
    assert Outcome(iter(read(*changing))).text == "Rome."


@pytest.mark.parametrize(
    "event",
    [
        b": keep-alive\n\n",
        b"event: surprise\ndata: {}\n\n",
        responses.event("keepalive"),
        responses.event("response.queued", response=responses.response(status="queued")),
        responses.event("response.something.new", delta="not a text"),
        responses.event("response.function_call_arguments.delta", item_id="f", delta="{}"),
        responses.event("response.output_text.delta", delta=None),
        responses.event("response.output_text.delta", delta=""),
        responses.event("response.output_text.annotation.added", annotation=None),
        responses.event("codex.rate_limits", error=None),
        responses.event("response.created", response=None),
        responses.event("response.created", response=[7]),
        b"data: [DONE]\n\n",
    ],
)
def test_events_that_say_nothing_change_nothing(event: bytes) -> None:
    stream = responses.stream_of(["a", "b"])
    expected = read(*stream)
    assert read(*stream[:8], event, *stream[8:]) == expected
    assert read(*stream[:8], event.replace(b"\n", b"\r\n"), *stream[8:]) == expected


def test_an_event_is_known_by_its_name_where_its_data_has_no_type() -> None:
    named = b'event: response.output_text.delta\ndata: {"delta": "a"}\n\n'
    assert read(named) == [TextDelta("a")]


def verdict(*events: bytes) -> tuple[Outcome, errors.SynapseError | None]:
    reader = ResponseReader(HERE, "m")
    for event in events:
        reader.feed(event)
    return Outcome(iter(reader.collector.take())), reader.verdict


def test_a_refusal_is_shown_and_is_a_failure() -> None:
    outcome, error = verdict(responses.refusal("I can't"), responses.refusal(" help."), END)
    assert (outcome.text, outcome.finish) == ("I can't help.", "refusal")
    assert isinstance(error, errors.AnswerRefused)
    item = {**responses.said(""), "content": [{"type": "refusal", "refusal": "No."}]}
    outcome, error = verdict(responses.ended("completed", item))
    assert (outcome.text, outcome.finish) == ("No.", "refusal")
    assert isinstance(error, errors.AnswerRefused)


END = responses.ended()


def test_an_answer_that_was_broken_off_says_why() -> None:
    outcome, error = verdict(responses.text("Once"), responses.incomplete("max_output_tokens"))
    assert (outcome.text, outcome.finish, error) == ("Once", "max_output_tokens", None)
    outcome, error = verdict(responses.text("Once"), responses.incomplete("content_filter"))
    assert (outcome.text, outcome.finish) == ("Once", "content_filter")
    assert isinstance(error, errors.AnswerRefused)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (responses.failed("server_error", "It broke."), errors.ServerError),
        (responses.failed("rate_limit_exceeded", "Slow down."), errors.RateLimited),
        (responses.event("error", code="server_error", message="Oh."), errors.ServerError),
        (
            responses.event("error", error={"type": "tokens", "code": "rate_limit_exceeded"}),
            errors.RateLimited,
        ),
        (responses.event("error", message="Oh.", code=None, param=None), errors.ServerError),
        (responses.event("error", error="Oh."), errors.ServerError),
        (
            responses.failed(
                "context_length_exceeded", "Your input exceeds the context window of this model."
            ),
            errors.ContextTooLong,
        ),
        (responses.ended("cancelled", usage=None), errors.ServerError),
    ],
)
def test_a_failure_in_the_stream_is_one(event: bytes, kind: type[Exception]) -> None:
    reader = ResponseReader(HERE, "m")
    reader.feed(responses.text("Half"))
    with pytest.raises(kind):
        reader.feed(event)
    assert reader.collector.take()[:1] == [TextDelta("Half")]


def test_without_its_last_event_a_stream_is_cut_short() -> None:
    events = responses.stream_of(["a", "b"])[:-1]
    for ending in ([], [b"data: [DONE]\n\n"]):
        with Loopback(scripts.stream(*events, *ending)) as server:
            outcome = ask(f"{server.url}/v1", "mine", kind="responses", attempts=1)
        assert outcome.text == "ab"
        assert isinstance(outcome.error, errors.AnswerCutShort)


@pytest.mark.parametrize(
    "value",
    [{}, [], 7, None, {"output": None}, {"choices": []}, {"output": {}}],
)
def test_a_body_that_is_no_response_is_malformed(value: object) -> None:
    with pytest.raises(Malformed):
        ResponseReader(HERE, "m").read_whole(value)


def test_a_whole_response_is_read_as_a_stream_is() -> None:
    reader = ResponseReader(HERE, "m")
    item = responses.thought("Hm.", text="Well.")
    reader.read_whole(responses.response(item, responses.said("Rome.")))
    assert reader.collector.take() == [
        ModelReport(model="loopback-1"),
        TextDelta("Hm.\n\nWell.", reasoning=True),
        TextDelta("Rome."),
        UsageReport(usage=_USAGE),
        Finished(reason="completed"),
    ]


# -------------------------------------------------------------------------- who is asked so


def kind_of(name: str, **options: Any) -> str:
    row = find(name, ProviderOptions(**options))
    assert isinstance(row, ProviderRow)
    return row.kind


@pytest.mark.parametrize(
    ("name", "options", "kind"),
    [
        ("openai", {}, "responses"),
        ("xai", {}, "responses"),
        ("openai", {"base_url": "https://api.openai.com/v1"}, "responses"),
        ("openai", {"base_url": "https://eu.api.openai.com/v1/"}, "responses"),
        ("openai", {"base_url": "https://api.openai.com.evil.example/v1"}, "openai"),
        ("openai", {"base_url": "http://localhost:4000/v1"}, "openai"),
        ("openai", {"base_url": "http://localhost:4000/v1", "kind": "responses"}, "responses"),
        ("openai", {"kind": "openai"}, "openai"),
        ("xai", {"kind": "openai"}, "openai"),
        ("mine", {"base_url": "http://localhost/v1", "kind": "responses"}, "responses"),
    ],
)
def test_the_vendors_own_servers_are_asked_for_responses(
    name: str, options: dict[str, Any], kind: str
) -> None:
    assert kind_of(name, **options) == kind


@pytest.mark.parametrize("name", ["deepseek", "groq", "anthropic", "ollama", "echo"])
def test_a_vendor_without_the_format_is_not_asked_for_it(name: str) -> None:
    with pytest.raises(ConfigError, match="can't be changed"):
        kind_of(name, kind="responses")


@pytest.mark.parametrize("stream", [True, False])
def test_a_server_is_asked_and_answers(stream: bool) -> None:
    with Loopback(responses.answer("Ro", "me.", thoughts=["Hm."])) as server:
        outcome = ask(f"{server.url}/v1", kind="responses", stream=stream)
        names = [info.id for info in opened(f"{server.url}/v1", kind="responses").list_models()]
        [sent, _] = server.requests
    assert (outcome.text, outcome.finish, outcome.usage) == ("Rome.", "completed", (7, 3))
    assert (sent.path, sent.headers["authorization"]) == ("/v1/responses", f"Bearer {KEY}")
    assert sent.json().get("stream", False) is stream
    assert names == ["loopback-1", "loopback-2"]


def test_the_bytes_may_be_split_anywhere_and_compressed() -> None:
    script = responses.answer("Grüße", " 👋", split=scripts.pieces_of(3))
    with Loopback(script) as server:
        assert ask(f"{server.url}/v1", kind="responses").text == "Grüße 👋"


def test_an_error_before_the_answer_is_one_of_the_other_formats() -> None:
    with Loopback(
        openai.error(401, "Incorrect API key provided", name="invalid_api_key")
    ) as server:
        outcome = ask(f"{server.url}/v1", kind="responses")
    assert isinstance(outcome.error, errors.CredentialsError)
    body = json.dumps(responses.response(status="failed", error={"code": "server_error"}))
    with Loopback(scripts.status(200, body)) as server:
        outcome = ask(f"{server.url}/v1", kind="responses", stream=False)
    assert isinstance(outcome.error, errors.ServerError)
