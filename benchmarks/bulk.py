"""How long another writer waits while very many sessions are deleted, restored and destroyed.

    python benchmarks/bulk.py [SESSIONS] [MESSAGES A SESSION]

The other writer stores a small turn every ten milliseconds, durably, as a conversation in another
terminal would. Its waits beside the work are set against those of a time of peace before.
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
from typing import TYPE_CHECKING

import measure

from synapse import ids, timestamps
from synapse.app import bulk_actions as bulk
from synapse.domain import SessionFilter
from synapse.stores import open_store

if TYPE_CHECKING:
    from synapse.ports import SessionStore

PEACE = 3.0
"""Seconds without any work beside."""
_WRITER = """
import json, select, sys, time
from synapse.domain import Role, Session, StoredMessage
from synapse.stores import open_store

store = open_store(sys.argv[1])
session = Session.new("writer", "writer")
store.create_session(session)
print("ready", flush=True)
waits = []
while not waits or not select.select([sys.stdin], [], [], 0.01)[0]:
    start = time.monotonic()
    store.add_message(StoredMessage.new(session.id, Role.USER, "And then?"))
    waits.append(time.monotonic() - start)
print(json.dumps(waits))
"""


class Writer:
    """The other writer, a process of its own."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def waits(self) -> list[float]:
        """End it; the milliseconds that each of its writes took."""
        return sorted(wait * 1000 for wait in json.loads(self.process.communicate("end\n")[0]))


def fill(store: SessionStore, sessions: int, messages: int) -> None:
    """Sessions with messages of 500 characters."""
    moment = timestamps.to_text(timestamps.now())
    text = "It is late, and later than you think. " * 13
    with store._connection.write() as raw:  # type: ignore[attr-defined]
        for number in range(sessions):
            id = ids.new_id()
            raw.execute(
                "INSERT INTO sessions (id, provider, model, created_at, updated_at)"
                " VALUES (?, 'bench', 'bench', ?, ?)",
                (id, moment, moment),
            )
            raw.executemany(
                "INSERT INTO messages (id, session_id, role, content, timestamp, seq)"
                " VALUES (?, ?, 'user', ?, ?, ?)",
                ((ids.new_id(), id, f"{number} {text}", moment, n + 1) for n in range(messages)),
            )
    store._connection.truncate_wal()  # type: ignore[attr-defined]


def row(label: str, seconds: float, done: int, waits: list[float]) -> tuple[str, ...]:
    """A line of the table."""
    return (
        label,
        f"{seconds:.1f}",
        f"{done / seconds:,.0f}" if done else "",
        f"{len(waits)}",
        f"{statistics.median(waits):.1f}",
        f"{waits[int(len(waits) * 0.99)]:.1f}",
        f"{waits[-1]:.1f}",
    )


def main() -> None:
    """Peace, then each kind of work."""
    sessions = command_line.number(1, 10_000, "sessions")
    messages = command_line.number(2, 20, "messages a session")
    rows = []
    with tempfile.TemporaryDirectory(prefix="synapse-benchmark-") as folder:
        url = f"sqlite:{Path(folder)}/bulk.db"
        with open_store(url) as store:
            fill(store, sessions, messages)
            writer = Writer(url)
            time.sleep(PEACE)
            rows.append(row("nothing", PEACE, 0, writer.waits()))
            for name, deleted in (("trash", False), ("restore", True), ("delete", False)):
                act = getattr(store, f"{name}_sessions")
                which = SessionFilter(provider="bench", model="bench", pinned=False)
                writer = Writer(url)
                start = time.monotonic()
                *_, done = bulk.act_on_each_page(store, which, act, deleted=deleted)
                rows.append(row(name, time.monotonic() - start, done.sessions, writer.waits()))
    print(f"{measure.machine()}; {sessions:,} sessions of {messages} messages\n")
    headings = ("work beside", "s", "sessions/s", "writes", "wait p50 ms", "p99", "longest")
    print(measure.table(headings, rows))


if __name__ == "__main__":
    main()
