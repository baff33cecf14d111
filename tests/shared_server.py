"""A server that all processes of a run of the tests share: each joins it when it needs it.

It is started by whoever needs it first, and ends with the last process that uses it, however that
ended: server_keeper.py.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUN = Path(os.environ["SYNAPSE_TEST_RUN"])
"""The folder that all processes of this run of the tests know: conftest.py."""

_open_pipes: dict[str, int] = {}
"""Open as long as this process lives: the keepers wait for their end."""


@contextlib.contextmanager
def alone(name: str) -> Iterator[None]:
    """No other process of this run does the same at the same time."""
    with (_RUN / f"{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def join(name: str, keeper: str, *words: str) -> dict[str, Any]:
    """Where the server is, as its keeper says. `keeper` is a file beside this one, which is started
    with the words, and with the folder of the run.
    """
    pipe = _RUN / f"{name}.pipe"
    address = _RUN / f"{name}.json"
    with alone(name):
        if not address.exists():
            _start_keeper(name, pipe, [str(Path(__file__).with_name(keeper)), *words])
        if name not in _open_pipes:
            _open_pipes[name] = os.open(pipe, os.O_WRONLY)
        where: dict[str, Any] = json.loads(address.read_text())
    return where


def _start_keeper(name: str, pipe: Path, command: list[str]) -> None:
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe, 0o600)
    # Open here from the beginning: if this process dies now, the keeper still sees that.
    here = os.open(pipe, os.O_RDWR)
    keeper = subprocess.Popen(
        [sys.executable, *command, _RUN],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert keeper.stdout is not None
    with keeper.stdout:
        said = keeper.stdout.read(6)
    assert said == b"ready\n", f"{name} did not start: see above"
    _open_pipes[name] = os.open(pipe, os.O_WRONLY)
    os.close(here)
    keeper.returncode = 0  # it outlives this process on purpose


def is_any() -> bool:
    """Whether a server was started in this run, by whatever process."""
    return any(_RUN.glob("*.lock"))


def leave() -> None:
    """Use no server any more, and wait until none is left; for the process that ends last."""
    while _open_pipes:
        os.close(_open_pipes.popitem()[1])
    addresses = [lock.with_suffix(".json") for lock in _RUN.glob("*.lock")]
    deadline = time.monotonic() + 30
    while any(address.exists() for address in addresses) and time.monotonic() < deadline:
        time.sleep(0.01)
