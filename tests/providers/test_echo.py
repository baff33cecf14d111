"""The provider that needs nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse.config.providers import open_provider
from synapse.domain import Role, Usage
from synapse.errors import UsageError
from synapse.ports import (
    Cancellation,
    ChatMessage,
    ChatRequest,
    Finished,
    ModelReport,
    TextDelta,
    UsageReport,
)


def ask(text: str, **more: Any) -> ChatRequest:
    return ChatRequest(model="echo", messages=(ChatMessage(role=Role.USER, content=text),), **more)


def test_echo_repeats_the_prompt_word_by_word_and_counts_words() -> None:
    events = list(open_provider("echo").stream(ask("one two  three"), Cancellation()))
    assert events == [
        ModelReport(model="echo"),
        TextDelta("one"),
        TextDelta(" two"),
        TextDelta("  three"),
        UsageReport(usage=Usage(input_tokens=3, output_tokens=3)),
        Finished(reason="stop"),
    ]


@given(st.text())
def test_echo_gives_back_every_text_unchanged(text: str) -> None:
    events = open_provider("echo").stream(ask(text), Cancellation())
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text


def test_echo_stops_at_max_tokens_and_says_so() -> None:
    events = list(open_provider("echo").stream(ask("a b c", max_tokens=2), Cancellation()))
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["a", " b"]
    assert events[-1] == Finished(reason="length")


def test_echo_stops_when_nobody_waits_any_more() -> None:
    cancellation = Cancellation()
    events = open_provider("echo").stream(ask("a b c"), cancellation)
    assert next(events) == ModelReport(model="echo")
    assert next(events) == TextDelta("a")
    cancellation.cancel()
    assert list(events) == []


def test_echo_refuses_parameters_that_it_could_only_ignore() -> None:
    with pytest.raises(UsageError, match="temperature"):
        list(
            open_provider("echo").stream(ask("a", parameters=(("temperature", 1),)), Cancellation())
        )
