"""What is sent, and what the tests send back, judged by the types of the vendors' own SDKs.

Of vendors without one here, the types are OpenAI's; what a row has beside them is named below.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest
from anthropic.types import message_create_params as of_anthropic
from bodies import OVER_HTTP, row_of
from loopback import Loopback, anthropic, openai, responses
from loopback.asking import Outcome, opened, request
from mistralai.client.models import ChatCompletionRequest, ChatCompletionStreamRequest
from openai.types.chat import completion_create_params as of_chat
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses import response_create_params as of_responses
from pydantic import TypeAdapter, ValidationError

from synapse.domain import Attachment, Role
from synapse.ports import Cancellation, ChatMessage, ChatRequest

if TYPE_CHECKING:
    from loopback import Script

_ANSWERS: dict[str, Script] = {
    "openai": openai.answer("Yes."),
    "anthropic": anthropic.answer("Yes."),
    "responses": responses.answer("Yes."),
}
_TYPES: dict[str, tuple[Any, Any]] = {
    "openai": (
        of_chat.CompletionCreateParamsStreaming,
        of_chat.CompletionCreateParamsNonStreaming,
    ),
    "anthropic": (
        of_anthropic.MessageCreateParamsStreaming,
        of_anthropic.MessageCreateParamsNonStreaming,
    ),
    "responses": (
        of_responses.ResponseCreateParamsStreaming,
        of_responses.ResponseCreateParamsNonStreaming,
    ),
}
_SAMPLERS = {"top_k", "min_p", "repetition_penalty"}
_MORE = {
    "deepseek": {"thinking"},
    "openrouter": {"reasoning", *_SAMPLERS},
    "llamacpp": {"repeat_penalty", *_SAMPLERS},
    "lmstudio": {"repeat_penalty", *_SAMPLERS},
    "perplexity": {"top_k"},
    "dashscope": {"top_k"},
    **dict.fromkeys(("vllm", "litellm", "together", "fireworks", "deepinfra"), _SAMPLERS),
}
"""Fields that a vendor documents and OpenAI has not."""
_WIRES = [
    *((name, row_of(name).kind) for name in OVER_HTTP),
    *((name, "openai") for name in OVER_HTTP if row_of(name).chat),
]
_VALUES: dict[str, object] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "stop": ["END"],
    "seed": 7,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.1,
    "top_k": 40,
    "min_p": 0.05,
    "repetition_penalty": 1.1,
}
_IMAGE = Attachment(name="dot.png", media_type="image/png", data=b"\x00\x01")


def conversation(*parameters: tuple[str, object], stream: bool = True) -> ChatRequest:
    """One with all that a conversation can have."""
    return request(
        model="some-model",
        system_prompt="Be brief.",
        max_tokens=77,
        parameters=parameters,
        stream=stream,
    ).replace(
        conversation="01978c40-7d3a-7b52-9f0e-3f6a4c3834c9",
        continues=True,
        messages=(
            ChatMessage(role=Role.USER, content="What is it?", images=(_IMAGE,), cache_mark=True),
            ChatMessage(role=Role.ASSISTANT, content="A dot.", reasoning="Hm."),
            ChatMessage(role=Role.SYSTEM, content="Be kind."),
            ChatMessage(role=Role.TOOL, content="42"),
            ChatMessage(role=Role.ASSISTANT, content=""),
            ChatMessage(role=Role.USER, content="Thanks."),
        ),
    )


def captured(name: str, kind: str, *sent: ChatRequest) -> list[dict[str, Any]]:
    """The bodies that reach a server."""
    with Loopback(_ANSWERS[kind]) as server:
        for one in sent:
            provider = opened(f"{server.url}/v1", name, kind=kind)
            assert Outcome(provider.stream(one, Cancellation())).text == "Yes."
        return [received.json() for received in server.requests]


@cache
def adapter(type: Any) -> TypeAdapter[Any]:
    """Building one takes a second."""
    return TypeAdapter(type)


def judge(name: str, kind: str, body: dict[str, Any]) -> None:
    """Raise if the vendor's types don't allow the body."""
    if name == "mistral":
        model = ChatCompletionStreamRequest if body.get("stream") else ChatCompletionRequest
        known = {field.alias or key for key, field in model.model_fields.items()}
        assert not body.keys() - known
        model.model_validate(body)
        return
    streamed, whole = _TYPES[kind]
    type = streamed if body.get("stream") else whole
    assert not body.keys() - get_type_hints(type).keys() - _MORE.get(name, set())
    exhaust(adapter(type).validate_python(body))


def exhaust(value: object) -> None:
    """Iterables are validated while they are read."""
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for inner in value:
            exhaust(inner)


@pytest.mark.parametrize(("name", "kind"), _WIRES)
def test_the_body_of_every_row_is_one_that_the_vendors_types_allow(name: str, kind: str) -> None:
    dialect = row_of(name, kind).dialect
    taken = dict(dialect.parameters)
    all_of_them = tuple((key, value) for key, value in _VALUES.items() if key in taken)
    efforts = dialect.efforts if "reasoning" in taken else ()
    bodies = captured(
        name,
        kind,
        conversation(),
        conversation(stream=False),
        conversation(*all_of_them),
        *(conversation(("reasoning", effort)) for effort in efforts),
    )
    assert len(bodies) == 3 + len(efforts)
    for body in bodies:
        judge(name, kind, body)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("openai", {"max_output_tokens": 7}),
        ("openai", {"messages": [{"role": "user", "content": [{"type": "input_text"}]}]}),
        ("openai", {"reasoning_effort": "much"}),
        ("anthropic", {"messages": [{"role": "tool", "content": "x"}]}),
        ("anthropic", {"stream_options": {}}),
        ("responses", {"messages": []}),
        ("responses", {"input": [{"role": "tool", "content": "x"}]}),
    ],
)
def test_the_judge_sees_what_is_wrong(kind: str, wrong: dict[str, Any]) -> None:
    [body] = captured("mine", kind, request())
    judge("mine", kind, body)
    with pytest.raises((AssertionError, ValidationError)):
        judge("mine", kind, {**body, **wrong})


@pytest.mark.parametrize(
    "stream",
    [
        responses.stream_of(["a", "b"], thoughts=["hm"], summaries=[["x", "y"], ["z"]]),
        [*responses.begun(), responses.refusal("No."), responses.ended()],
        [responses.incomplete("max_output_tokens", responses.said("Once"))],
        [responses.incomplete("content_filter")],
        [responses.failed("server_error", "It broke.")],
        [responses.event("error", code="server_error", message="Oh.", param=None)],
    ],
)
def test_the_events_of_the_tests_are_those_of_the_format(stream: list[bytes]) -> None:
    for event in stream:
        data = event.partition(b"data: ")[2]
        adapter(ResponseStreamEvent).validate_json(data, strict=True)


def test_the_whole_response_of_the_tests_is_one_of_the_format() -> None:
    item = responses.thought("Hm.", text="Well.")
    Response.model_validate(responses.response(item, responses.said("Yes.")), strict=True)
