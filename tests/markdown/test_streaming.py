"""An answer that was streamed looks like one that was rendered at once.

SYNAPSE_TEST_FUZZ sets how many random documents are tried (default 150), SYNAPSE_TEST_FUZZ_SEED
where to begin.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from markdown import documents
from markdown.screens import Played, shown

from synapse.markdown import render
from synapse.terminal import style as sgr

_DOCUMENTS = int(os.environ.get("SYNAPSE_TEST_FUZZ", "150"))
_SEED = int(os.environ.get("SYNAPSE_TEST_FUZZ_SEED", "0"))
_PARTS = 10
_SIZES = [(20, 5), (30, 6), (40, 10), (60, 12), (80, 24), (100, 30), (140, 12)]


def _assert_same(text: str, rng: random.Random) -> None:
    columns, rows = rng.choice(_SIZES)
    chunks = documents.chunks(rng, text)
    interval = rng.choice((1.0, 0.01))
    options: dict[str, Any] = {"ascii_only": rng.random() < 0.1, "accessible": rng.random() < 0.1}
    options |= {"links": rng.random() < 0.3, "strikes": rng.random() < 0.5}
    # As text, with every style,
    appended = Played(columns, rows, mode="blocks", interval=interval, **options).feed(chunks)
    whole = render(text, min(columns, 100), screen=columns, **options)
    assert appended.close() == whole
    # and on a screen, where it was painted over and over.
    joining = rng.random() < 0.5
    painted = Played(columns, rows, interval=interval, **options).feed(chunks).close()
    assert shown(painted, columns, rows, joining=joining) == shown(
        whole, columns, rows, joining=joining
    )


@pytest.mark.parametrize("part", range(_PARTS))
def test_streamed_is_rendered_at_once(part: int) -> None:
    for seed in range(_SEED + part, _SEED + _DOCUMENTS, _PARTS):
        rng = random.Random(seed)
        text = documents.nasty(rng)
        try:
            _assert_same(text, rng)
        except Exception as error:
            raise AssertionError(f"seed {seed}, {text!r}") from error


@pytest.mark.parametrize(("columns", "rows"), [(20, 6), (60, 12), (80, 24), (100, 30), (300, 90)])
def test_a_typical_answer_is_the_same_on_every_size_of_screen(columns: int, rows: int) -> None:
    text = documents.answer()
    painted = Played(columns, rows, interval=0.01).feed(documents.tokens(text)).close()
    whole = render(text, min(columns, 100), screen=columns)
    assert shown(painted, columns, rows) == shown(whole, columns, rows)


@pytest.mark.parametrize(
    "text",
    [
        "para\n***\nbold** more***\n",  # a rule, or so it seems
        "para\n- - - x\n",
        "head | er\n--|--\n",
        "para\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "1. one\n| a\n    -- | b\n",
        "1. one\n| a | b |\n    -- | --\n",
        "- a | b\n- c | d\n--|--\n",
        "-    far\n   - not nested\n",
        "1. a\n1. b\n7. c\n\n1. d\n",
        "  ```py\n\tdef f():\n \t  x\n   ``` \nafter\n",
        "````\n```\n`````\nafter",
        "```\nlast line\n   ",
        "```",
        "text\r\n\r\n- a\r\n- b\r\r- c",
        "- a\n\n\n- b\n\n      code\n\n- c\n",
        "- a\n- b\n***\n- c\n",
        "> a\nlazy\n\n> b\n> - c\n\nd",
        "<div>\n\n*a*\n</div>\n",
    ],
)
def test_what_a_line_means_may_be_told_by_the_next(text: str) -> None:
    character_by_character = Played(mode="blocks", level=sgr.PLAIN).feed(text).close()
    assert character_by_character == render(text, 80, level=sgr.PLAIN)
    for seed in range(20):
        _assert_same(text, random.Random(seed))


def test_a_later_definition_leaves_a_link_as_it_was_written() -> None:
    text = "see [a]\n\n[b]\n\n[a]: http://a.example\n[b]: http://b.example\n\n[a] [b]\n"
    streamed = Played(mode="blocks", level=sgr.PLAIN).feed(text).close()
    assert (
        streamed == "see [a]\n\nb (http://b.example)\n\na (http://a.example) b (http://b.example)\n"
    )


def test_a_definition_is_not_believed_before_its_line_has_ended() -> None:
    text = "a\n\n[a]: http://a.example/path\n\n[a]\n"
    streamed = Played(mode="blocks", level=sgr.PLAIN).feed(text).close()
    assert streamed == "a\n\na (http://a.example/path)\n"


def test_blocks_mode_only_ever_appends() -> None:
    played = Played(mode="blocks").feed(documents.tokens(documents.answer()))
    output = played.close()
    assert set(_controls(output)) == {"m"}
    assert all(frame.endswith("\n") for frame in played.frames)


def test_finished_pieces_appear_while_the_answer_goes_on() -> None:
    played = Played(mode="blocks", level=sgr.PLAIN)
    assert played.feed("para\n").output == ""
    assert played.feed("\n1. a\n").output == "para\n"
    assert played.feed("2. b\n").output == "para\n\n1. a\n"
    assert played.feed("```\n").output == "para\n\n1. a\n2. b\n\n```\n"
    assert played.feed("code\nmore").output == "para\n\n1. a\n2. b\n\n```\ncode\n"
    assert played.close() == "para\n\n1. a\n2. b\n\n```\ncode\nmore\n```\n"


def test_an_answer_of_nothing_writes_nothing() -> None:
    assert Played().feed(["", "\n", " "]).close() == ""


def test_closing_twice_writes_nothing_more() -> None:
    played = Played().feed("text")
    assert played.close() == played.close() == "text\n"


def _controls(output: str) -> list[str]:
    return [part.lstrip("0123456789;?")[0] for part in output.split("\x1b[")[1:]]
