"""The program as a test starts it that must not depend on how fast the machine is: with bars that
are shown at once, stopped where one is shown, with another constant.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence
    from pathlib import Path

_PROGRAM = """
import os, signal, sys
from synapse.cli.listing import finding
from synapse.cli.showing import progress

progress._PATIENCE = progress._EVERY = finding._NO_BAR_SECONDS = 0.0
label, log = sys.argv[1:3]
real, shown = progress.ProgressBar.update, []

def update(self, done, *more, **named):
    real(self, done, *more, **named)
    if self._label == label:
        if not shown:
            os.kill(os.getpid(), signal.SIGSTOP)
        shown.append(done)
        with open(log, "a") as file:
            file.write(f"{done}\\n")

progress.ProgressBar.update = update
sys.argv[1:] = sys.argv[3:]
from synapse.cli.app import main
main()
"""


_CHANGED = """
import importlib, sys
module, _, name = sys.argv[1].rpartition(".")
vars(importlib.import_module(module))[name] = float(sys.argv[2])
sys.argv[1:] = sys.argv[3:]
from synapse.cli.app import main
main()
"""


def with_constant(name: str, value: float, *argv: str) -> list[str]:
    """A command line of the program in which the constant `name`, its module's before it, is
    `value`: for seconds that would pass on a machine that has other things to do.
    """
    return [sys.executable, "-c", _CHANGED, name, str(value), *argv]


def with_bars_at_once(*argv: str) -> list[str]:
    """A command line of the program that shows every bar as soon as there is one."""
    return [sys.executable, "-c", _PROGRAM, "", os.devnull, *argv]


def stopping_at(label: str, log: Path, argv: Sequence[str]) -> list[str]:
    """A command line of the program that stops itself once it has told for the first time how far
    the bar `label` is, and writes how far that was, and is afterwards, into `log`.
    """
    return [sys.executable, "-c", _PROGRAM, label, str(log), *argv]


def go_on(process: subprocess.Popen[bytes]) -> None:
    """Once it stands still: a signal to go on that comes before is lost."""
    wait_until_it_stands(process)
    os.kill(process.pid, signal.SIGCONT)


def wait_until_it_stands(process: subprocess.Popen[bytes]) -> None:
    """Wait until the process is stopped; it must not have ended."""
    found = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert found is not None
    assert found.si_code != os.CLD_EXITED, "it ended before there was a bar"
