"""What rendering may cost: bytes to the terminal, and work, counted in calls of functions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from markdown import documents
from markdown.screens import Played

from synapse.markdown import render

if TYPE_CHECKING:
    from collections.abc import Callable

# Three times what was counted: these catch what grows out of bounds.
_TOKEN = 1_000
_FRAME = 1_500_000


def calls(action: Callable[[], object]) -> int:
    """How many functions are called, Python's and C's, until `action` returns."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("rate", [30, 100, 400])
def test_a_typical_answer_takes_at_most_three_bytes_per_byte(rate: int) -> None:
    text = documents.answer()
    output = Played(100, 30, interval=1 / rate).feed(documents.tokens(text)).close()
    assert len(output.encode()) <= 3 * len(text.encode())


def _sentence(n: int) -> str:
    return f"Sentence {n} has **bold words**, `code` and a [link](http://e.example/{n}) in it. "


LONG: dict[str, Callable[[int], str]] = {
    "paragraph": lambda size: "".join(map(_sentence, range(size // 75))),
    "paragraph of many lines": lambda size: "\n".join(map(_sentence, range(size // 75))),
    "table": lambda size: (
        "| a | b |\n|---|---|\n"
        + documents.numbered("| {n} | some **words** and more of `them` here |\n", size // 48)
    ),
    "code block": lambda size: (
        "```python\n" + documents.numbered("x{n} = f({n})  # a comment\n", size // 26)
    ),
    "list": lambda size: documents.numbered("{n}. an item with **bold** words\n", size // 34),
    "nested item": lambda size: (
        "- top\n" + documents.numbered("  - inner {n} `code`\n", size // 20)
    ),
    "code in an item": lambda size: (
        "- top\n\n  ```python\n" + documents.numbered("  x{n} = f({n})  # a comment\n", size // 28)
    ),
    "quote": lambda size: documents.numbered("> line {n} of a quote\n", size // 22),
    "html": lambda size: "<div>\n" + documents.numbered("<p>line {n}</p>\n", size // 16),
    "line of code": lambda size: "```python\n" + "x = 1; " * (size // 7),
    "word": lambda size: "x" * size,
    "ideographs": lambda size: "日本語の文章。" * (size // 7),
    "emoji": lambda size: "👩\u200d💻❤\ufe0f🇯🇵" * (size // 7),
    "blank lines": lambda size: "\n" * size,
    "brackets": lambda size: "[" * size,
    "quote marks": lambda size: ">" * min(size, 300) + " x",
}


@pytest.mark.parametrize("kind", LONG)
def test_no_frame_of_a_long_block_is_much_work(kind: str) -> None:
    text = LONG[kind](20_000 if kind != "brackets" else 3_000)
    played = Played(100, 30, interval=1 / 15)
    frames = [
        calls(lambda piece=text[start : start + 400]: played.feed([piece]))  # type: ignore[misc]
        for start in range(0, len(text), 400)
    ]
    assert max([*frames, calls(played.close)]) < _FRAME


@pytest.mark.parametrize(
    "kind", ["paragraph", "table", "code block", "list", "nested item", "word"]
)
def test_work_grows_with_the_length_and_not_its_square(kind: str) -> None:
    def work(size: int) -> int:
        text = LONG[kind](size)
        played = Played(100, 30, interval=1.0)
        pieces = [text[start : start + 800] for start in range(0, len(text), 800)]
        return calls(lambda: played.feed(pieces).close())

    work(1_000)  # imports
    assert work(48_000) < 8 * 2 * work(6_000)


def test_a_megabyte_of_answer_is_linear_work() -> None:
    text = documents.answer()
    played = Played(100, 30, interval=1 / 15)
    tokens = [text[start : start + 200] for start in range(0, len(text), 200)]
    played.feed(tokens)
    first = calls(lambda: played.feed(tokens))
    for _ in range(1_000_000 // len(text)):
        played.feed(tokens)
    assert calls(lambda: played.feed(tokens)) < 2 * first
    played.close()


def test_a_token_is_little_work() -> None:
    text = documents.answer()
    tokens = documents.tokens(text)
    played = Played(100, 30, interval=1 / 100).feed(tokens[:200])
    assert calls(lambda: played.feed(tokens[200:]).close()) / len(tokens) < _TOKEN


@pytest.mark.parametrize(
    "nested",
    ["> " * 600 + "x", "- " * 600 + "x", "".join(f"{'  ' * n}- x\n" for n in range(150))],
    ids=["quotes", "items of one line", "items"],
)
def test_nesting_without_end_loses_no_text(nested: str) -> None:
    text = f"{nested}\n\nlast words"
    whole = render(text, 80)
    assert whole.count("x") == text.count("x")
    assert whole.endswith("last words\n")
    streamed = Played(mode="blocks").feed([text[:50], text[50:]]).close()
    assert streamed.count("x") == text.count("x")
