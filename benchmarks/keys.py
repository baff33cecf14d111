"""How long a key takes to show: at the prompt of the REPL, and in the picker.

    python benchmarks/keys.py PROGRAM [SESSIONS]

Milliseconds from the write into the pseudo-terminal to the first output that answers it, with
100,000 sessions in the store unless told otherwise. The limit is 20.
"""

from __future__ import annotations

import command_line

# isort: split
import os
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import termios
import time

from archive import make
from measure import run as run_once

_CURSOR_ASKED, _CURSOR_AT = b"\x1b[6n", b"\x1b[5;1R"
_CHILD = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
_TYPED = "docker volumes and python"
_QUIET_SECONDS = 0.3


class Keyboard:
    """A program in a pseudo-terminal."""

    def __init__(self, command: list[str], home: str) -> None:
        self.master, slave = os.openpty()
        termios.tcsetwinsize(slave, (30, 100))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={
                "PATH": os.environ["PATH"],
                "HOME": home,
                "TMPDIR": home,
                "TERM": "xterm-256color",
            },
        )
        os.close(slave)

    def wait_until_quiet(self) -> None:
        """Read until nothing comes for a while; say where the cursor is if asked."""
        wait = 10.0
        while select.select([self.master], [], [], wait)[0]:
            wait = _QUIET_SECONDS
            if _CURSOR_ASKED in os.read(self.master, 65536):
                os.write(self.master, _CURSOR_AT)

    def press(self, key: str) -> float:
        """Press a key; the milliseconds until something comes."""
        began = time.perf_counter()
        os.write(self.master, key.encode())
        select.select([self.master], [], [], 10)
        taken = (time.perf_counter() - began) * 1000
        self.wait_until_quiet()
        return taken

    def close(self) -> None:
        """End the program."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        os.close(self.master)


def measure(command: list[str], home: str, keys: list[str]) -> str:
    """A line of figures for these keys."""
    keyboard = Keyboard(command, home)
    keyboard.wait_until_quiet()
    taken = sorted(keyboard.press(key) for key in keys)
    keyboard.close()
    most = taken[int(len(taken) * 0.95)]
    return f"median {statistics.median(taken):6.1f}   p95 {most:6.1f}   worst {taken[-1]:6.1f}"


def main(program: str, sessions: int) -> None:
    """Print the figures."""
    run_once([program, "--version"], os.environ)
    with tempfile.TemporaryDirectory() as home:
        path = os.path.join(home, "big.db")
        make(path, sessions, 4)
        repl = [program, "--db", path, "-p", "echo", "-r"]
        print(f"{sessions:,} sessions; milliseconds until a key shows")
        print("typing     ", measure(repl, home, [*_TYPED]))
        print("history up ", measure(repl, home, ["\x1b[A"] * 60))
        print("by prefix  ", measure(repl, home, [*"docker", *["\x1b[A"] * 20]))
        print("search     ", measure(repl, home, ["\x12", *"python shell"]))
        print("completion ", measure([*repl], home, [*"/open docker", "\t"]))
        picker = [program, "--db", path, "sessions", "show"]
        print("picker     ", measure(picker, home, [*_TYPED, "\x1b[B", "\x1b[B"]))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        command_line.wrong("which program is to be measured?")
    main(sys.argv[1], command_line.number(2, 100_000, "sessions"))
