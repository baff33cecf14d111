"""Thoughts that a model writes at the beginning of its answer are told from it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Loopback, anthropic, openai, scripts
from loopback.asking import ask

from synapse.providers._thoughts import ThoughtSplitter

CASES = {
    "<think>\nHm. 1 < 2 </ thi\n</think>\n\nParis": ("Hm. 1 < 2 </ thi", "Paris"),
    "<think>Hm.</think>Paris": ("Hm.", "Paris"),
    "<thought>Hm.</thought> Paris": ("Hm.", "Paris"),
    " \n\t<think>Hm.</think>\r\nParis\n": ("Hm.", "Paris\n"),
    "<think>\n\n</think>\n\nParis": ("", "Paris"),
    "<think></think>": ("", ""),
    "<think>Hm.</think>Write </think> and <think>x</think>": (
        "Hm.",
        "Write </think> and <think>x</think>",
    ),
    "<think>`</think>` ends it</think>": ("`", "` ends it</think>"),
    "<think>a</thought>b</think>c": ("a</thought>b", "c"),
    "<think>never ended": ("never ended", ""),
    "<think>cut off in </thi": ("cut off in </thi", ""),
    "<think>": ("", ""),
    "<thinking>x</thinking>": ("", "<thinking>x</thinking>"),
    "<THINK>x</THINK>": ("", "<THINK>x</THINK>"),
    "<think >x": ("", "<think >x"),
    "Say <think>x</think>": ("", "Say <think>x</think>"),
    "```\n<think>x</think>\n```": ("", "```\n<think>x</think>\n```"),
    "  indented": ("", "  indented"),
    "<th": ("", "<th"),
    " ": ("", " "),
    "</think>Paris": ("", "</think>Paris"),
}
"""What a model writes, and its reasoning and its answer."""


def split(pieces: list[str]) -> tuple[str, str]:
    splitter = ThoughtSplitter()
    found = []
    for piece in pieces:
        found += [(piece, False)] if splitter.is_over else splitter.feed(piece)
    found += splitter.close() if not splitter.is_over else []
    return (
        "".join(text for text, is_thought in found if is_thought),
        "".join(text for text, is_thought in found if not is_thought),
    )


@pytest.mark.parametrize("text", CASES)
def test_they_are_told_apart_however_they_are_split(text: str) -> None:
    assert split([text]) == CASES[text]
    assert split(list(text)) == CASES[text]
    for first, second in itertools.combinations(range(len(text) + 1), 2):
        assert split([text[:first], text[first:second], text[second:]]) == CASES[text]


MARKS = st.sampled_from(
    ["<think>", "</think>", "<thought>", "</thought>", "<", "</", " ", "\n", "é"]
)


@given(st.lists(MARKS | st.text(max_size=3), max_size=12))
def test_whatever_comes_the_split_makes_no_difference(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert split(pieces) == split([text]) == split(list(text))
    if not text.lstrip().startswith(("<think>", "<thought>")):
        assert split(pieces) == ("", text)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 1000])
@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_on_the_wire_at_any_byte(name: str, size: int) -> None:
    text = "<think>\nÜberlegen…\n</think>\n\nPäris"
    vendor = anthropic if name == "anthropic" else openai
    tokens = [text[at : at + 3] for at in range(0, len(text), 3)]
    with Loopback(vendor.answer(*tokens, split=scripts.pieces_of(size))) as server:
        outcome = ask(server.url + ("" if vendor is anthropic else "/v1"), name)
    assert (outcome.reasoning, outcome.text) == ("Überlegen…", "Päris")
    assert outcome.error is None


def test_of_an_answer_in_one_piece() -> None:
    with Loopback(openai.answer("<think>Hm.</think>", "Paris")) as server:
        outcome = ask(server.url, stream=False)
    assert (outcome.reasoning, outcome.text) == ("Hm.", "Paris")


def test_where_reasoning_comes_by_itself_the_marks_are_text() -> None:
    with Loopback(openai.answer("<think>x</think>", reasoning=["Hm."])) as server:
        outcome = ask(server.url)
    assert (outcome.reasoning, outcome.text) == ("Hm.", "<think>x</think>")


def test_what_is_held_back_is_not_lost_when_the_stream_breaks() -> None:
    with Loopback(scripts.cut_chunks(openai.chunk({"content": " <thi"}))) as server:
        outcome = ask(server.url)
    assert outcome.text == " <thi"
    assert outcome.error is not None
    fault = openai.event({"error": {"message": "died"}})
    with Loopback(scripts.stream(openai.chunk({"content": "<think>a  </"}), fault)) as server:
        outcome = ask(server.url)
    assert (outcome.reasoning, outcome.text) == ("a  </", "")
