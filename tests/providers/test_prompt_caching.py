"""What a provider is told of its cache: which turns belong together, and what to keep of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bodies import OVER_HTTP, body_for, row_of
from loopback import Loopback, anthropic, openai, responses
from loopback.asking import Outcome, opened, request

from synapse import errors
from synapse.domain import Attachment, Role
from synapse.ports import Adapted, Cancellation, ChatMessage, ChatRequest

if TYPE_CHECKING:
    from loopback.server import Exchange, Received

SESSION = "01978c40-7d3a-7b52-9f0e-3f6a4c3834c9"
KEY, HEADER, MARK = "prompt_cache_key", "x-grok-conv-id", {"type": "ephemeral"}
_IMAGE = Attachment(name="dot.png", media_type="image/png", data=b"\x00\x01")
_WIRES = [
    *((name, row_of(name).kind) for name in OVER_HTTP),
    *((name, "openai") for name in OVER_HTTP if row_of(name).chat),
]
_WITH_A_KEY = {
    ("openai", "responses"),
    ("openai", "openai"),
    ("azure", "responses"),
    ("azure", "openai"),
    ("mistral", "openai"),
    ("xai", "responses"),
}


def second_turn(model: str = "some-model", **more: Any) -> ChatRequest:
    sent = request("What?", "That.", "Why?", model=model)
    return sent.replace(conversation=SESSION, continues=True, **more)


def answers(exchange: Exchange) -> None:
    """As the format wants it that was asked for."""
    path = exchange.request.path
    kind = responses if "responses" in path else anthropic if "messages" in path else openai
    kind.answer("Yes.")(exchange)


def received(name: str, sent: ChatRequest, **options: Any) -> Received:
    """What arrives at a server with these options."""
    with Loopback(answers) as server:
        provider = opened(f"{server.url}/v1", name, **options)
        assert Outcome(provider.stream(sent, Cancellation())).text == "Yes."
        return server.requests[0]


@pytest.mark.parametrize(("name", "kind"), _WIRES)
def test_only_who_documents_it_is_told_of_its_cache(name: str, kind: str) -> None:
    body = body_for(name, second_turn(), kind)
    key = {KEY: SESSION} if (name, kind) in _WITH_A_KEY else {}
    mark = {"cache_control": MARK} if name == "anthropic" else {}
    told = {field: body[field] for field in (KEY, "cache_control") if field in body}
    assert told == {**key, **mark}
    header = row_of(name, kind).dialect.cache_header
    assert header == (HEADER if (name, kind) == ("xai", "openai") else "")
    assert KEY not in body_for(name, request(), kind)


def test_the_header_goes_out_with_chat_completions_alone() -> None:
    chat = received("xai", second_turn())
    assert (chat.path, chat.headers[HEADER], KEY in chat.json()) == (
        "/v1/chat/completions",
        SESSION,
        False,
    )
    other = received("xai", second_turn(), kind="responses")
    assert (HEADER in other.headers, other.json()[KEY]) == (False, SESSION)
    assert HEADER not in received("xai", request()).headers
    own = received("xai", second_turn(), headers={"X-Grok-Conv-Id": "mine"})
    assert own.headers[HEADER] == "mine"
    hostile = second_turn().replace(conversation="a\r\nX-Evil: 1")
    assert not {HEADER, "x-evil"} & received("xai", hostile).headers.keys()


def test_openrouter_passes_the_mark_on_for_models_of_anthropic() -> None:
    for model, told in (
        ("anthropic/claude-sonnet-5.5", True),
        ("~anthropic/claude-sonnet-latest", True),
        ("openai/gpt-6-luna", False),
        ("openrouter/auto", False),
    ):
        body = body_for("openrouter", second_turn(model))
        assert ("cache_control" in body) is told
        assert KEY not in body


def test_a_conversation_that_does_not_go_on_is_not_put_into_a_cache() -> None:
    sent = second_turn().replace(continues=False)
    assert "cache_control" not in body_for("anthropic", sent)
    assert "cache_control" not in body_for("openrouter", sent.replace(model="anthropic/claude"))


@pytest.mark.parametrize("images", [(), (_IMAGE,)])
def test_a_marked_message_is_marked_at_its_end_where_marks_count(
    images: tuple[Attachment, ...],
) -> None:
    notes = ChatMessage(role=Role.USER, content="Notes.", images=images, cache_mark=True)
    sent = second_turn("anthropic/claude-x").replace(
        messages=(
            notes,
            ChatMessage(role=Role.ASSISTANT, content="Good."),
            ChatMessage(role=Role.USER, content="Go on."),
        )
    )
    block = {"type": "text", "text": "Notes.", "cache_control": MARK}
    for name in ("anthropic", "openrouter"):
        messages = body_for(name, sent)["messages"]
        assert messages[0]["content"][-1] == block
        assert [message["content"] for message in messages[1:]] == ["Good.", "Go on."]
        assert len(messages[0]["content"]) == 1 + len(images)
    for name, kind in _WIRES:
        if name not in ("anthropic", "openrouter"):
            plain = sent.replace(messages=(notes.replace(cache_mark=False), *sent.messages[1:]))
            assert body_for(name, sent, kind) == body_for(name, plain, kind)


def test_a_server_of_the_users_own_is_told_nothing_unless_it_is_like_one_that_is() -> None:
    for options in ({}, {"kind": "responses"}, {"kind": "anthropic"}, {"like": "groq"}):
        sent = received("mine", second_turn(), **options)
        assert SESSION not in f"{sent.headers}{sent.body!r}"
        assert "cache_control" not in sent.json()
    assert received("mine", second_turn(), like="openai").json()[KEY] == SESSION
    assert received("mine", second_turn(), like="anthropic").json()["cache_control"] == MARK


@pytest.mark.parametrize(("name", "kind"), _WIRES)
def test_it_can_be_switched_off_for_every_provider(name: str, kind: str) -> None:
    sent = received(name, second_turn("anthropic/claude-x"), kind=kind, cache=False)
    assert SESSION not in f"{sent.headers}{sent.body!r}"
    assert "cache_control" not in sent.json()


def test_it_can_be_switched_on_for_a_server_of_the_users_own() -> None:
    assert received("mine", second_turn(), cache=True).json()[KEY] == SESSION
    assert received("mine", second_turn(), kind="responses", cache=True).json()[KEY] == SESSION
    claude = received("mine", second_turn(), kind="anthropic", cache=True).json()
    assert (claude["cache_control"], KEY in claude) == (MARK, False)
    assert received("xai", second_turn(), cache=True).headers[HEADER] == SESSION


def test_what_the_user_says_of_it_stands() -> None:
    options = {"like": "openai", "extra_body": {KEY: "mine"}}
    assert received("mine", second_turn(), **options).json()[KEY] == "mine"


@pytest.mark.parametrize(
    ("like", "field", "words"),
    [
        ("openai", KEY, "Unrecognized request argument supplied: {}"),
        ("mistral", KEY, '[{{"type": "extra_forbidden", "loc": ["body", "{}"]}}]'),
        ("anthropic", "cache_control", "{}: Extra inputs are not permitted"),
        ("anthropic", "cache_control", "messages.0.content.0.text.{}: Extra inputs; max_tokens: 9"),
    ],
)
def test_a_server_that_refuses_it_is_asked_again_without_it(
    like: str, field: str, words: str
) -> None:
    def run(exchange: Exchange) -> None:
        if field in exchange.request.body.decode():
            openai.error(400, words.format(field))(exchange)
        else:
            answers(exchange)

    sent = second_turn()
    notes = sent.messages[0].replace(cache_mark=True)
    sent = sent.replace(messages=(notes, *sent.messages[1:]), max_tokens=9)
    with Loopback(run) as server:
        for _ in range(2):  # and it is remembered
            provider = opened(f"{server.url}/v1", "mine", like=like)
            outcome = Outcome(provider.stream(sent, Cancellation()))
            assert (outcome.text, outcome.error) == ("Yes.", None)
            assert Adapted(fields=(field,)) in outcome.events
        first, *others = [received.json() for received in server.requests]
    assert len(others) == 2
    for body in others:
        assert body.keys() == first.keys() - {field}
        assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
        assert "What?" in str(body["messages"][0])


def test_the_bound_of_anthropics_format_is_never_left_out() -> None:
    """Not even where chat completions at the same address are asked without one."""
    with Loopback(openai.error(400, "max_tokens: Extra inputs are not permitted")) as server:
        provider = opened(server.url, "mine", like="anthropic")
        outcome = Outcome(provider.stream(second_turn(), Cancellation()))
        assert isinstance(outcome.error, errors.BadRequest)
        assert len(server.requests) == 1
