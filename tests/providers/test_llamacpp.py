"""The formats against a server that nobody of us wrote: llama.cpp's, with a real model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from llamacpp import LlamaCpp
from loopback.asking import Outcome, opened, request

from synapse.app.conversation import reply
from synapse.domain import Session
from synapse.errors import ContextTooLong
from synapse.ports import Cancellation
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BRIEF = "You are a helpful assistant. Answer briefly and factually."
SENT = request(
    "What is the capital of France?",
    "Paris.",
    "And of Italy?",
    system_prompt=BRIEF,
    max_tokens=20,
    parameters=(("temperature", 0),),
)


@pytest.fixture(scope="module")
def url(weights: Path) -> Iterator[str]:
    """Where the server is."""
    with LlamaCpp(weights, context=1024) as server:
        yield server.load().url


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("kind", ["openai", "responses"])
def test_a_conversation_goes_on_in_every_format(url: str, kind: str, stream: bool) -> None:
    provider = opened(url, "mine", kind=kind)
    outcome = Outcome(provider.stream(SENT.replace(stream=stream), Cancellation()))
    assert outcome.error is None
    assert "Rome" in outcome.text
    assert outcome.finish == ("stop" if kind == "openai" else "completed")
    sent, received = outcome.usage
    assert sent is not None
    assert received is not None
    assert sent > 20
    assert 0 < received <= 20


@pytest.mark.parametrize(
    "options", [{}, {"usage": False}, {"kind": "responses"}, {"kind": "anthropic"}]
)
def test_a_turn_is_read_from_where_the_one_before_ended(
    url: str, options: dict[str, Any], tmp_path: Path
) -> None:
    """What the server had in its memory: all that was sent before, and the answer."""
    provider = opened(url, "mine", **options)
    session = Session.new("mine", "m").with_system_prompt(f"{BRIEF} ({options})")
    used = []
    with open_store(f"sqlite:{tmp_path / 'sessions.db'}") as store:
        for number, question in enumerate(("What is the capital of France?", "And of Italy?")):
            answer = reply(store, provider, session, question, create=not number, max_tokens=9)
            used.append(answer.usage)
    first, second = used
    assert first.input_tokens is not None
    assert second.input_tokens is not None
    assert second.cached_tokens is not None
    assert first.input_tokens <= second.cached_tokens < second.input_tokens


def test_its_models_are_listed(url: str) -> None:
    [info] = opened(url, "mine", kind="responses").list_models()
    assert "SmolLM2" in info.id


@pytest.mark.parametrize("kind", ["openai", "responses"])
def test_a_conversation_that_is_too_long_is_told_so(url: str, kind: str) -> None:
    provider = opened(url, "mine", kind=kind)
    outcome = Outcome(provider.stream(request("word " * 3000), Cancellation()))
    assert isinstance(outcome.error, ContextTooLong)
    assert "1,024 tokens are allowed" in outcome.said or "where 1,024" in outcome.said
