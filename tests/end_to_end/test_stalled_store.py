"""A store that another process keeps busy: neither the screen nor Ctrl-C waits with it."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback
from program import Terminal, messages, run, sessions, wait_until
from speaker import Speaker, use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HOLD = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.set_busy_timeout(30_000)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


class Held:
    """Another process that has the write lock for the length of a block."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Held:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(self._path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "held\n"
        return self

    @property
    def still(self) -> bool:
        return self._process.poll() is None

    def __exit__(self, *_: object) -> None:
        self._process.communicate("")


@pytest.fixture
def speaker(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Speaker]:
    monkeypatch.setenv("HERE_KEY", "sk-test")
    speaker = Speaker()
    with Loopback(speaker) as server:
        use(server, home)
        yield speaker


@pytest.fixture
def database(home: Path) -> Path:
    assert run("db", "init").status == 0
    return home / ".config" / "synapse" / "sessions.db"


def answering(program: Path, *options: str) -> Terminal:
    return Terminal([str(program), "--render", "raw", *options, "A question"], columns=1000)


@pytest.mark.usefixtures("database")
def test_what_comes_is_shown_while_the_lock_is_held_and_saved_when_it_is_free(
    program: Path, speaker: Speaker, database: Path
) -> None:
    with answering(program) as terminal:
        speaker.say("before ")
        terminal.expect("before")
        with Held(database) as held:
            for number in range(40):  # two seconds of checkpoints that are due
                speaker.say(f"word{number:02} ")
                terminal.expect(f"word{number:02}")
                subprocess.run(["sleep", "0.05"], check=True)
            assert held.still
        speaker.say("after")
        speaker.end()
        assert terminal.end() == 0, terminal.text
    told = messages()[1]
    words = " ".join(f"word{number:02}" for number in range(40))
    assert (told["content"], told["status"]) == (f"before {words} after", "complete")


def test_ctrl_c_ends_it_while_the_lock_is_held_and_nothing_is_lost(
    program: Path, speaker: Speaker, database: Path
) -> None:
    with answering(program) as terminal:
        speaker.say("before ")
        terminal.expect("before")
        with Held(database) as held:
            speaker.say("and while it is held")
            terminal.expect("while it is held")
            terminal.type("\x03")
            assert terminal.end() == -2, terminal.text
            assert held.still
        assert "in time" in terminal.text
        assert "It is kept in" in terminal.text
        assert "Traceback" not in terminal.text
    told = messages()[1]  # the next start has brought it in
    assert (told["content"], told["status"]) == ("before and while it is held", "interrupted")


def test_ctrl_c_is_heard_before_anything_is_stored(
    program: Path, speaker: Speaker, database: Path
) -> None:
    with Held(database) as held, answering(program) as terminal:
        # the program is there once its handler is
        wait_until(lambda: _catches_interrupts(terminal.process.pid))
        terminal.type("\x03")
        assert terminal.end() == -2, terminal.text
        assert held.still
        assert "Nothing was sent" in terminal.text
    assert not speaker.is_heard
    assert sessions() == []


def _catches_interrupts(pid: int) -> bool:
    """Whether a turn has set its handlers: the one of ALRM is the last of them."""
    with open(f"/proc/{pid}/status") as file:
        [line] = [line for line in file if line.startswith("SigCgt")]
    return bool(int(line.split()[1], 16) & 1 << (signal.SIGALRM - 1))
