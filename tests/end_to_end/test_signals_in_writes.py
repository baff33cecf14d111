"""A signal at the moment of any write: what is on the screen and what is stored agree."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai
from program import SIGNALS, Terminal, bytes_in, messages, wait_until
from prompt import Prompt
from speaker import use
from struck import STATUSES, WORDS, check_agreement, stored, struck, told, words_in
from window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The real program, which TERM reaches at the Nth call of a function since the prompt is set up.
SET_UP = """
import os, signal, sys
nth, number = int(sys.argv[1]), int(sys.argv[2])
import synapse.cli.repl.line_editor as editor
real, count = editor.Editor.read, 0
def strike(frame, event, argument):
    global count
    count += 1
    if count == nth:
        sys.setprofile(None)
        os.kill(os.getpid(), number)
def read(self, *words, **named):
    sys.setprofile(strike)
    return real(self, *words, **named)
editor.Editor.read = read
sys.argv[:] = ["synapse", *sys.argv[3:]]
from synapse.cli.app import main
main()
"""

_PIPE = 65_536
"""Bytes that fit into a pipe."""


@pytest.fixture(autouse=True)
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Says 96 words in pieces, at the pace of a model."""
    monkeypatch.setenv("HERE_KEY", "sk-test")
    with Loopback(openai.counted(WORDS, seconds_apart=0.002)) as server:
        use(server, home)
        yield server


@pytest.mark.parametrize("when", ["before", "middle", "after"])
@pytest.mark.parametrize("name", SIGNALS)
def test_in_a_pipe(name: str, when: str) -> None:
    for nth in (1, 3, 20):
        ended = subprocess.run(
            struck(name, nth, when, "A question"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        check_agreement(name, ended.returncode, ended.stdout, ended.stderr)
        content = stored()
        assert content is None or ended.stdout.rstrip("\n") == content


@pytest.mark.parametrize("render", ["live", "blocks", "raw"])
@pytest.mark.parametrize("name", SIGNALS)
def test_on_a_terminal_at_every_frame(name: str, render: str) -> None:
    for nth, when in ((1, "before"), (2, "middle"), (5, "after"), (13, "before")):
        command = struck(name, nth, when, "--render", render, "A question")
        columns = 1000 if render == "raw" else 60  # raw text is cut anywhere
        with Window(command, columns=columns, rows=40) as window:
            status = window.end()
            screen = "\n".join(window.lines)
            assert window.cursor_is_visible
        check_agreement(name, status, screen, screen)


PLACES = {
    "live": [(1, "before"), (2, "middle"), (3, "after")],
    "raw": [(2, "before"), (5, "middle"), (9, "after"), (14, "before")],
}


@pytest.mark.parametrize("render", PLACES)
@pytest.mark.parametrize("name", ["TERM", "HUP"])
def test_at_the_prompt_of_the_repl(name: str, render: str) -> None:
    for nth, when in PLACES[render]:
        command = struck(name, nth, when, "--quiet", "--render", render)
        with Prompt(command, columns=1000, rows=40) as window:
            window.enter("A question")
            status = window.end()
            screen = "\n".join(window.lines)
        assert status in STATUSES[name], screen
        assert "internal error" not in screen
        assert words_in(screen) == words_in(messages()[1]["content"])


@pytest.mark.parametrize("name", ["TERM", "HUP"])
@pytest.mark.parametrize("nth", [1, 100, 700, 3000])
def test_while_the_prompt_is_set_up(name: str, nth: int) -> None:
    number = str(int(SIGNALS[name]))
    command = [sys.executable, "-c", SET_UP, str(nth), number, "-p", "echo"]
    with Terminal(command) as terminal:
        assert terminal.end() in STATUSES[name]


def test_a_reader_that_pauses_gets_everything(program: Path) -> None:
    """A pipe that is full when TERM comes, and from which somebody reads on a little later."""
    process = _into_a_full_pipe(program)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 143
    assert out.rstrip(b"\n").decode() == stored()


def test_a_write_that_nobody_reads_is_abandoned_and_the_count_is_what_is_stored(
    program: Path,
) -> None:
    process = _into_a_full_pipe(program)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 143
    assert process.stderr is not None
    said = process.stderr.read().decode()
    assert told(said) == len(stored() or "")
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def _into_a_full_pipe(program: Path) -> subprocess.Popen[bytes]:
    """A program whose answer is larger than the pipe that it goes into, once it is blocked."""
    words = ["-p", "echo", "x" * 100_000]
    process = subprocess.Popen(
        [str(program), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    wait_until(lambda: bytes_in(process.stdout) >= _PIPE)
    return process
