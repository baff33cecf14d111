"""A signal at a random write, in pipes and on terminals: the screen and the store agree."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai
from program import SIGNALS, run
from speaker import use
from struck import WORDS, check_agreement, struck
from torture.campaign import LONG, randomness, report, times
from window import Window

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(0 if LONG else 120)
def test_what_is_shown_and_what_is_stored_agree(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = times(6, 400, "SIGNALS")
    random = randomness("signals in writes")
    monkeypatch.setenv("HERE_KEY", "sk-test")
    cut_off = 0
    with Loopback(openai.counted(WORDS, seconds_apart=0.002)) as server:
        use(server, home)
        for _ in range(runs):
            name, when = random.choice(list(SIGNALS)), random.choice(["before", "middle", "after"])
            nth, render = random.randint(1, 40), random.choice(["pipe", "live", "blocks", "raw"])
            command = struck(name, nth, when, "A question")
            if render == "pipe":
                ended = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                )
                check_agreement(name, ended.returncode, ended.stdout, ended.stderr)
                status = ended.returncode
            else:
                columns = 1000 if render == "raw" else 60  # raw text is cut anywhere
                command[-1:] = ["--render", render, "A question"]
                with Window(command, columns=columns, rows=40) as window:
                    status = window.end()
                    screen = "\n".join(window.lines)
                check_agreement(name, status, screen, screen)
            cut_off += status != 0
            run("sessions", "delete", "--yes", "--all")
    assert cut_off
    report("signals in writes", runs=runs, that_ended_it=cut_off)
