"""The formats against a server that nobody of us wrote: llama.cpp's, with a real model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from llamacpp import LlamaCpp
from loopback.asking import Outcome, opened, request

from synapse.errors import ContextTooLong
from synapse.ports import Cancellation

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


def test_its_models_are_listed(url: str) -> None:
    [info] = opened(url, "mine", kind="responses").list_models()
    assert "SmolLM2" in info.id


@pytest.mark.parametrize("kind", ["openai", "responses"])
def test_a_conversation_that_is_too_long_is_told_so(url: str, kind: str) -> None:
    provider = opened(url, "mine", kind=kind)
    outcome = Outcome(provider.stream(request("word " * 3000), Cancellation()))
    assert isinstance(outcome.error, ContextTooLong)
    assert "1,024 tokens are allowed" in outcome.said or "where 1,024" in outcome.said
