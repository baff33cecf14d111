"""The real program with a signal at the moment of a write, and what must agree afterwards."""

from __future__ import annotations

import re
import sys

from program import SIGNALS, messages, sessions

# The real program, which a signal reaches before its Nth write to a stream, in the middle of it
# (the system has taken half of the bytes), or after it.
STRUCK = """
import os, sys
number, nth, when = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
real, count = os.write, 0
def write(descriptor, data):
    global count
    if descriptor not in (1, 2):
        return real(descriptor, data)
    count += 1
    if count != nth:
        return real(descriptor, data)
    if when == "before":
        os.kill(os.getpid(), number)
        return real(descriptor, data)
    done = real(descriptor, data if when == "after" else data[: -(-len(data) // 2)])
    os.kill(os.getpid(), number)
    return done
os.write = write
sys.argv[:] = ["synapse", *sys.argv[4:]]
from synapse.cli.app import main
main()
"""

STATUSES = {"TERM": (143, -15), "HUP": (129, -1), "INT": (130, -2)}
WORDS = 96


def struck(name: str, nth: int, when: str, *words: str) -> list[str]:
    """The command line of the program with a signal in its way."""
    number = str(int(SIGNALS[name]))
    return [sys.executable, "-c", STRUCK, number, str(nth), when, *words]


def stored() -> str | None:
    """The answer; None if nothing is stored."""
    return messages()[1]["content"] if sessions() else None


def told(text: str) -> int | None:
    """How many characters the message says are saved."""
    found = re.search(r"The partial answer\s+\(([\d,]+)\s+characters\)", text)
    return int(found[1].replace(",", "")) if found else None


def words_in(text: str) -> list[str]:
    return re.findall(r"word\d{4}", text)


def check_agreement(name: str, status: int, screen: str, said: str) -> None:
    assert "internal error" not in said
    assert status in (*STATUSES[name], 0), (status, said)
    content = stored()
    if content is None:
        assert words_in(screen) == []
        return
    assert words_in(screen) == words_in(content)
    if status != 0 and content and len(words_in(content)) < WORDS:
        assert told(said) == len(content), said
