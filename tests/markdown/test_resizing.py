"""Windows that change their size while an answer comes in: no finished word is ever lost.

In all kinds of terminals, whether or not it is known which it is. SYNAPSE_TEST_FUZZ and
SYNAPSE_TEST_FUZZ_SEED are as in `test_streaming`.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter

import pytest
from markdown import documents
from markdown.screens import Played
from markdown.terminals import Terminal, with_stars

from synapse.markdown import render
from synapse.terminal import reflow

_DOCUMENTS = int(os.environ.get("SYNAPSE_TEST_FUZZ", "150")) // 150
_SEED = int(os.environ.get("SYNAPSE_TEST_FUZZ_SEED", "0"))
_BEFORE = "before0x it\nprompt0x\n"
_WORD = re.compile(r"\bw\d+x|\w+0x")
_THROTTLE = 0.25
"""Seconds between two changes that tmux tells of."""


class Window:
    """An answer in a window that somebody drags about."""

    def __init__(self, terminal: Terminal, rewraps: int) -> None:
        self.terminal = terminal
        self.terminal.feed(_BEFORE)
        self.played = Played(terminal.columns, terminal.lines, rewraps=rewraps)
        self._shown = 0
        self._told = 0.0

    def change(self, columns: int, rows: int) -> None:
        """Another size: the terminal knows at once, the program hears of it by and by."""
        self.terminal.change(columns, rows)
        if self.played.now - self._told >= _THROTTLE:
            self._tell()

    def _tell(self) -> None:
        self._told = self.played.now
        self.played.size = (self.terminal.columns, self.terminal.lines)
        self.played.stream.resize()

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.played.now += seconds
        if self.played.now - self._told >= _THROTTLE:
            size = (self.terminal.columns, self.terminal.lines)
            if size != self.played.size:
                self._tell()
        self.played.stream.tick()
        self.show()

    def show(self) -> None:
        """Put onto the terminal what was painted."""
        self.terminal.feed("".join(self.played.frames[self._shown :]))
        self._shown = len(self.played.frames)

    def words(self) -> Counter[str]:
        """How often each word stands on it, above or on the screen."""
        return Counter(_WORD.findall(" ".join(self.terminal.logical_lines())))


def _play(
    seed: int,
    kind: int,
    believed: int,
    *,
    narrow_emoji: bool = False,
    heights: tuple[int, ...] = (),
    rows: int = 24,
    pauses: tuple[float, ...] = (0.02, 0.07, 0.3),
    wide: bool = True,
) -> tuple[list[str], Counter[str]]:
    """The words of a random document, and how often each is there in the end."""
    rng = random.Random(seed)
    text, words = documents.countable(rng, emoji=narrow_emoji, wide=wide)
    columns = rng.choice((60, 80, 100))
    terminal = Terminal(columns, rows, rewraps=kind, narrow_emoji=narrow_emoji)
    window = Window(terminal, believed)
    for chunk in documents.chunks(rng, text):
        window.wait(rng.choice(pauses))
        window.played.stream.feed(chunk)
        window.show()
        if rng.random() < 0.1:
            columns = rng.choice((40, 46, 47, 60, 80, 81, 100, 120))
            rows = rng.choice(heights) if heights else rows
            window.change(columns, rows)
    window.wait(1.0)
    window.wait(1.0)
    window.played.stream.close()
    window.show()
    return ["before0x", "prompt0x", *words], window.words()


_KINDS = [
    (reflow.ALL, reflow.ALL),
    (reflow.ALL_BUT_THE_CURSORS, reflow.ALL_BUT_THE_CURSORS),
    (reflow.NEVER, reflow.NEVER),
    # A terminal that does not say what it is.
    (reflow.ALL, reflow.NEVER),
    (reflow.ALL_BUT_THE_CURSORS, reflow.NEVER),
]


@pytest.mark.parametrize("narrow_emoji", [False, True])
@pytest.mark.parametrize(("kind", "believed"), _KINDS)
def test_no_word_is_lost_while_the_window_changes(
    kind: int, believed: int, narrow_emoji: bool
) -> None:
    for seed in range(_SEED, _SEED + _DOCUMENTS):
        heights = (5, 12, 24, 40) if seed % 2 else ()
        words, found = _play(seed, kind, believed, narrow_emoji=narrow_emoji, heights=heights)
        lost = [word for word in words if not found[word]]
        assert not lost, f"seed {seed}: {lost}"


@pytest.mark.parametrize("kind", [reflow.ALL, reflow.ALL_BUT_THE_CURSORS, reflow.NEVER])
def test_no_word_is_doubled_where_the_terminal_is_known_and_the_rows_fit(kind: int) -> None:
    for seed in range(_SEED, _SEED + _DOCUMENTS):
        # Wide characters are not wrapped alike everywhere, so that they are counted at the least.
        words, found = _play(seed, kind, kind, rows=120, pauses=(0.4,), wide=False)
        wrong = {word: found[word] for word in words if found[word] != 1}
        assert not wrong, f"seed {seed}: {wrong}"


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (60, 12), (80, 24)])
def test_nothing_stale_stays_where_an_emoji_takes_one_column(size: tuple[int, int]) -> None:
    columns, rows = size
    for seed in range(_SEED, _SEED + _DOCUMENTS):
        rng = random.Random(seed)
        text = documents.countable(rng, emoji=True)[0] if seed % 3 else documents.nasty(rng)
        painted = Terminal(columns, rows, narrow_emoji=True)
        chunks = documents.chunks(rng, text)
        interval = rng.choice((1.0, 0.01))
        painted.feed(Played(columns, rows, interval=interval).feed(chunks).close())
        whole = Terminal(columns, rows, narrow_emoji=True)
        whole.feed(render(text, columns))
        assert painted.rows() == whole.rows(), f"seed {seed}, {text!r}"


def test_narrowing_while_a_paragraph_streams_leaves_the_finished_ones_alone() -> None:
    """In a terminal that cuts its rows off, taken for one that says nothing of itself."""
    paragraphs = [" ".join(f"p{n}w{number}x" for number in range(30)) for n in range(9)]
    terminal = Terminal(80, 24, rewraps=reflow.NEVER)
    window = Window(terminal, reflow.NEVER)
    for paragraph in paragraphs[:-1]:
        window.played.stream.feed(f"{paragraph}\n\n")
        window.wait(1.0)
    for word in paragraphs[-1].split():
        window.played.stream.feed(f"{word} ")
        window.wait(0.5)
        if word.endswith(("w9x", "w19x")):
            window.change(46, 24)
    window.played.stream.close()
    window.show()
    text = " ".join(terminal.logical_lines())
    for paragraph in paragraphs:
        for word in paragraph.split():
            assert text.count(f"{word}") >= 1
    assert text.count("p8w3x") == 1


def test_the_terminals_of_these_tests_differ_as_real_ones_do() -> None:
    text = "0123456789 and more"
    ends = {}
    for kind in (reflow.NEVER, reflow.ALL_BUT_THE_CURSORS, reflow.ALL):
        terminal = Terminal(20, 5, rewraps=kind)
        terminal.feed(f"{text}\n{text}")
        terminal.change(10, 5)
        ends[kind] = terminal.cursor.y
        assert terminal.logical_lines() == [text, text]
    assert ends == {reflow.NEVER: 1, reflow.ALL_BUT_THE_CURSORS: 2, reflow.ALL: 3}
    stars = Terminal(20, 5, narrow_emoji=True)
    stars.feed("a🚀b")
    assert stars.logical_lines() == [with_stars("a🚀b")]
    assert stars.cursor.x == 3
