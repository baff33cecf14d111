"""Many processes doing turns on one database file: throughput, waits, errors.

    python benchmarks/contention.py [SECONDS A ROUND]

A turn is what a turn of the program stores: a durable commit with session, prompt and empty
answer, four checkpoints, a durable commit with the whole answer.
"""

from __future__ import annotations

import command_line

# isort: split
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measure

import synapse  # noqa: F401 - what the workers import, missed here and not in each of them

PROCESSES = (1, 2, 8, 32, 64)
_WORKER = """
import json, sys, time
from synapse.domain import Role, Session, Status, StoredMessage
from synapse.errors import StorageError
from synapse.stores import open_store

store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
until = time.monotonic() + float(sys.argv[2])
waits, checkpoint_waits, errors, skipped = [], [], [], 0
while time.monotonic() < until:
    session = Session.new("bench", "bench")
    prompt = StoredMessage.new(session.id, Role.USER, "What is the time?")
    answer = StoredMessage.new(session.id, Role.ASSISTANT, "").replace(status=Status.STREAMING)
    try:
        start = time.monotonic()
        _, answer = store.begin_turn(session, prompt, answer, create=True)
        waits.append(time.monotonic() - start)
        for _ in range(4):
            start = time.monotonic()
            try:
                store.checkpoint(answer.id, "It is late, and later than you think. " * 5)
            except StorageError:
                skipped += 1
            checkpoint_waits.append(time.monotonic() - start)
        start = time.monotonic()
        store.finish_turn(answer.replace(content="It is late. " * 60, status=Status.COMPLETE))
        waits.append(time.monotonic() - start)
    except StorageError as error:
        errors.append(str(error))
store.close()
print(json.dumps([waits, checkpoint_waits, skipped, errors]))
"""


def round_of(count: int, seconds: float, path: Path) -> tuple[str, ...]:
    """One round; the row of the table."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKER, f"sqlite:{path}", str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    start = time.monotonic()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    results = [json.loads(child.communicate()[0]) for child in children]
    elapsed = time.monotonic() - start
    waits = sorted(wait * 1000 for result in results for wait in result[0])
    checkpoints = sorted(wait * 1000 for result in results for wait in result[1])
    turns = len(waits) / 2
    return (
        str(count),
        f"{turns / elapsed:,.0f}",
        f"{statistics.median(waits):.1f}",
        f"{waits[int(len(waits) * 0.99)]:.1f}",
        f"{waits[-1]:.0f}",
        f"{statistics.median(checkpoints):.2f}",
        f"{checkpoints[int(len(checkpoints) * 0.99)]:.1f}",
        f"{sum(int(result[2]) for result in results) / len(checkpoints):.1%}",
        f"{sum(len(result[3]) for result in results)}",
    )


def main() -> None:
    """Every number of processes, each on a fresh file."""
    seconds = command_line.number(1, 5, "seconds a round")
    rows = []
    with tempfile.TemporaryDirectory(prefix="synapse-benchmark-") as folder:
        for count in PROCESSES:
            rows.append(round_of(count, seconds, Path(folder) / f"{count}.db"))
    print(f"{measure.machine()}; {seconds:g} s a round\n")
    headings = (
        "processes",
        "turns/s",
        "commit p50 ms",
        "p99",
        "max",
        "checkpoint p50 ms",
        "p99",
        "put off",
        "errors",
    )
    print(measure.table(headings, rows))


if __name__ == "__main__":
    main()
