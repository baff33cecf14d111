"""For screen readers, and for terminals that know nothing but ASCII or no control sequence."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from program import Terminal, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DRAWN = re.compile("[─│┼▇█•❯…·→⚠]")
COMMANDS = (
    ["ask", "-p", "echo", "- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> said"],
    ["sessions", "list"],
    ["sessions", "list", "-n", "1"],
    ["sessions", "show", "notes"],
    ["sessions", "stats"],
    ["sessions", "delete", "--all", "-n"],
    ["models", "-p", "echo"],
    ["config", "show"],
    ["keys", "list"],
)


@pytest.fixture(autouse=True)
def two() -> None:
    run("-p", "echo", "--name", "notes", "Explain volumes. " * 20)
    run("-p", "echo", "Another")


def shown(program: Path, *words: str, **environ: str) -> tuple[str, bytes]:
    """The text and the bytes that a terminal of 110 columns got."""
    with Terminal([str(program), *words], environ=environ) as terminal:
        terminal.end()
        return terminal.text, terminal.seen


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_nothing_is_drawn_and_no_cursor_moved(program: Path, words: list[str]) -> None:
    text, seen = shown(program, *words, "--accessible")
    assert text
    assert not DRAWN.search(text), text
    assert re.sub(rb"\x1b\[[0-9;]*m", b"", seen).count(b"\x1b") == 0, seen


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_in_ascii_nothing_else_is_drawn(program: Path, words: list[str]) -> None:
    text, _ = shown(program, *words, SYNAPSE_ASCII="true")
    assert text.isascii(), text


def test_a_list_is_a_sentence_for_each_session(program: Path) -> None:
    text, _ = shown(program, "sessions", "list", SYNAPSE_ACCESSIBLE="1")
    second, first = text.splitlines()
    assert re.fullmatch(
        r"Id: [0-9a-f]{8}\. Updated: just now\. Provider: echo\. Model: echo\. Messages: 2\."
        r" Begins: Another\.",
        second,
    )
    assert "Messages: 2. Name: notes. Begins: Explain volumes." in first


def test_a_transcript_says_who_speaks(program: Path) -> None:
    text, _ = shown(program, "sessions", "show", "@1", "--accessible")
    assert re.search(r"^You: message 1, \d\d:\d\d\.$", text, re.M)
    assert re.search(r"^Answer: message 2, \d\d:\d\d\.$", text, re.M)


def test_an_answer_is_announced_and_its_end_told(program: Path) -> None:
    text, _ = shown(program, "-p", "echo", "hello", "--accessible")
    assert text.splitlines()[:3] == ["Waiting for the answer.", "hello", "Answer finished, 1 line."]


def test_statistics_and_models_are_sentences(program: Path) -> None:
    text, _ = shown(program, "sessions", "stats", "--by", "role", "--accessible")
    assert "Role: user. Sessions: 2. Messages: 2. Tokens in: 0." in text
    assert "Provider: echo. Model: echo." in shown(program, "models", "--accessible")[0]


def test_progress_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is turned forward; the terminal is real."""
    from synapse.cli.context import Context
    from synapse.cli.showing import progress
    from synapse.terminal.streams import Streams

    now = [0.0]
    monkeypatch.setattr("synapse.cli.showing.progress.time.monotonic", lambda: now[0])
    master, slave = os.openpty()
    context = Context(Streams(slave, slave, slave), {**os.environ, "SYNAPSE_ACCESSIBLE": "1"})
    with progress.ProgressBar(context, "Deleting", 2000, of="sessions") as bar:
        for second in range(25):
            now[0] = float(second)
            bar.update(second * 80)
    os.close(slave)
    written = b"".join(until_closed(master)).decode().splitlines()
    os.close(master)
    assert written == [
        "Deleting: 40 percent, 800 of 2,000 sessions",
        "Deleting: 80 percent, 1,600 of 2,000 sessions",
    ]


@pytest.mark.parametrize(
    ("variables", "of", "total", "painted"),
    [
        (
            {"SYNAPSE_ASCII": "0"},
            "sessions",
            2000,
            "Deleting ━━━━━━━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 800/2,000 sessions 0:00:03",
        ),
        (
            {"SYNAPSE_ASCII": "1", "COLUMNS": "50"},
            "sessions",
            2000,
            "Deleting ====------- 800/2,000 sessions 0:00:03",
        ),
        ({"COLUMNS": "30"}, "sessions", 2000, "Deleting 800/2,000 sessions"),
        ({"COLUMNS": "60"}, "bytes", 0, "Deleting 800 bytes"),
        (
            {"COLUMNS": "40", "SYNAPSE_ASCII": "1"},
            "bytes",
            2_500_000,
            "Deleting --------- 0.0/2.5 MB 1:44:08",
        ),
    ],
)
def test_a_bar_is_one_row_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    of: str,
    total: int,
    painted: str,
) -> None:
    """The clock is turned forward; the terminal is real."""
    from synapse.cli.context import Context
    from synapse.cli.showing import progress
    from synapse.terminal.streams import Streams

    now = [0.0]
    monkeypatch.setattr("synapse.cli.showing.progress.time.monotonic", lambda: now[0])
    master, slave = os.openpty()
    environ = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "100", **variables}
    context = Context(Streams(slave, slave, slave), environ)
    with progress.ProgressBar(context, "Deleting", total, of=of) as bar:
        bar.update(1)
        now[0] = 2.0
        bar.update(800)
        now[0] = 2.05
        bar.update(900)
    os.close(slave)
    written = b"".join(until_closed(master)).decode()
    os.close(master)
    assert written == f"\r\x1b[K{painted}\r\x1b[K"


def until_closed(master: int) -> Iterator[bytes]:
    """What a terminal whose other side is closed has still to give: it may come in pieces."""
    while True:
        try:
            yield os.read(master, 4096)
        except OSError:  # EIO: that was all
            return
