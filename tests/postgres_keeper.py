"""The process that keeps a PostgreSQL server as long as somebody uses it.

It is started by whoever needs the server first, and ends when nobody has its pipe open any more:
however the users ended, nothing of the server is left. See postgres_server.py.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path

import postgres_cluster
from postgres_cluster import Cluster

ROLES = ("synapse", "by_name")
"""Roles that every shared server has; `by_name` is known by the name of whoever runs the tests."""


def keep(version: int, run: Path) -> None:
    """Start the server, say where it is in `run`/postgres-VERSION.json, and keep it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the users' end is this one's
    pipe = run / f"postgres-{version}.pipe"
    address = run / f"postgres-{version}.json"
    folder = postgres_cluster.new_folder("synapse-pg-")
    try:
        users = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        cluster = _start(version, folder)
        where = {"folder": str(folder), "programs": str(cluster.programs), "port": cluster.port}
        address.with_suffix(".new").write_text(json.dumps(where))
        address.with_suffix(".new").rename(address)
        print("ready", flush=True)
        _wait_for_last(users, run / f"postgres-{version}.lock", address)
    finally:
        _kill_all_in(folder)
        shutil.rmtree(folder, ignore_errors=True)
        address.unlink(missing_ok=True)


def _start(version: int, folder: Path) -> Cluster:
    cluster = Cluster(postgres_cluster.programs(version, folder), folder / "shared")
    cluster.initialize()
    cluster.copy_to(folder / "pristine")  # servers that a test has for itself begin with it
    cluster.start()
    cluster.make_roles(ROLES)
    return cluster


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


def _kill_all_in(folder: Path) -> None:
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


if __name__ == "__main__":
    keep(int(sys.argv[1]), Path(sys.argv[2]))
