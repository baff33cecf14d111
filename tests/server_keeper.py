"""What a process does that keeps a server of the tests as long as somebody uses it.

It is started by whoever needs the server first, and ends when nobody has its pipe open any more:
however the users ended, nothing of the server is left. See shared_server.py.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from postgres_cluster import new_folder

if TYPE_CHECKING:
    from collections.abc import Callable


def keep(name: str, run: Path, start: Callable[[Path], dict[str, Any]]) -> None:
    """Start a server in a folder of its own, say in `run`/NAME.json what `start` returns, and keep
    it.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the users' end is this one's
    pipe = run / f"{name}.pipe"
    address = run / f"{name}.json"
    folder = new_folder("synapse-db-")
    try:
        users = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        address.with_suffix(".new").write_text(json.dumps(start(folder)))
        address.with_suffix(".new").rename(address)
        print("ready", flush=True)
        _wait_for_last(users, run / f"{name}.lock", address)
    finally:
        kill_all_in(folder)
        shutil.rmtree(folder, ignore_errors=True)
        address.unlink(missing_ok=True)


def _wait_for_last(users: int, lock: Path, address: Path) -> None:
    """Return when nobody has the pipe open and nobody can be about to open it."""
    poll = select.poll()
    poll.register(users, select.POLLIN)
    while True:
        poll.poll()
        with contextlib.suppress(FileNotFoundError), lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                if os.read(users, 1) == b"":
                    address.unlink(missing_ok=True)
                    return
            except BlockingIOError:
                pass  # somebody came meanwhile
            continue
        return  # the folder of the run is gone, and with it everybody


def kill_all_in(folder: Path) -> None:
    """End every server that works in `folder`: in order first, so that it frees shared memory."""
    processes = _processes_in(folder)
    for number in (signal.SIGCONT, signal.SIGQUIT, signal.SIGKILL):
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        deadline = time.monotonic() + (10 if number is signal.SIGQUIT else 0)
        while (processes := _processes_in(folder)) and time.monotonic() < deadline:
            time.sleep(0.01)


def _processes_in(folder: Path) -> list[int]:
    """Processes whose working folder is in `folder`: a server goes to its data."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if Path(os.readlink(entry / "cwd")).is_relative_to(folder):
                found.append(int(entry.name))
    return found
