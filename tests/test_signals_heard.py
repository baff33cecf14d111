"""However the tests are started, the programs that they start hear Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

_IGNORING = """
import signal, sys
signal.signal(int(sys.argv[1]), signal.SIG_IGN)
import conftest, subprocess
child = "import signal, sys; print(signal.getsignal(int(sys.argv[1])) is signal.SIG_IGN)"
print(subprocess.run([sys.executable, "-c", child, sys.argv[1]], capture_output=True).stdout)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_a_signal_that_is_ignored_in_the_background_reaches_what_tests_start(number: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _IGNORING, str(int(number))],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "b'False\\n'\n"
