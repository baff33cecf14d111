"""What size costs: the same operations on a thousand to a million sessions.

    python benchmarks/scale.py [SESSIONS …]       default: 1000 10000 100000

Each figure is milliseconds inside one process, median of many, and its ratio to the sqlite3
shell's engine doing the bare statement on the same file (`×`). A million sessions of 20 messages
take some 14 GB and ten minutes to write.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import archive
import measure

from synapse.app import sessions as archive_of
from synapse.domain import Retention, Role, Session, Status, StoredMessage
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from synapse.ports import SessionStore

_LIST = (
    "SELECT id, name, provider, model, updated_at, message_count, preview FROM sessions "
    "WHERE deleted_at IS NULL ORDER BY updated_at DESC LIMIT 20"
)
_SHOW = "SELECT role, content, timestamp FROM messages WHERE session_id = ? ORDER BY seq"


def main() -> None:
    """Build each archive, measure, print the table."""
    sizes = [int(word) for word in sys.argv[1:]] or [1000, 10_000, 100_000]
    columns = []
    with tempfile.TemporaryDirectory(prefix="synapse-benchmark-") as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.db"
            start = time.monotonic()
            archive.make(str(path), size)
            print(f"{size:,} sessions written in {time.monotonic() - start:.0f} s", file=sys.stderr)
            columns.append(measured(path, size))
            path.unlink()
    print(f"{measure.machine()}\n")
    rows = [[name, *(column[name] for column in columns)] for name in columns[0]]
    print(measure.table(["operation", *(f"{size:,}" for size in sizes)], rows))


def measured(path: Path, size: int) -> dict[str, str]:
    """Every operation on one archive: name → figure."""
    url = f"sqlite:{path}"
    bare = apsw.Connection(str(path))
    figures = {"size on disk": f"{os.path.getsize(path) / size / 1000:.1f} kB a session"}
    figures["open and close"] = versus(
        lambda: open_store(url).close(), lambda: bare_open(str(path)), 50
    )
    with open_store(url) as store:
        some = [store.list_sessions(limit=1, offset=size * k // 50)[0].session for k in range(50)]
        figures["list, newest 20"] = versus(
            lambda: store.list_sessions(limit=20), lambda: bare.execute(_LIST).fetchall()
        )
        figures["list, trash"] = alone(lambda: store.list_sessions(limit=20, deleted=True))
        figures["show, 20 messages"] = versus(
            each(some, lambda session: store.get_messages(session.id)),
            each(some, lambda session: bare.execute(_SHOW, (session.id,)).fetchall()),
        )
        figures["REF: handle"] = alone(
            each(some, lambda session: archive_of.resolve(store, session.id[-8:]))
        )
        figures["REF: name"] = alone(lambda: archive_of.resolve(store, "name-50"))
        figures["clean-up, nothing due"] = alone(
            lambda: store.cleanup(Retention(retention_days=0, max_sessions=size))
        )
        figures["turn, new session"] = alone(lambda: turn(store), 50)
        bare.execute("CREATE TABLE floor (id TEXT PRIMARY KEY, content TEXT)")
        bare.pragma("synchronous", "FULL")
        figures["insert, durable"] = versus(
            lambda: insert(store, some[0]), lambda: bare_insert(bare), 50
        )
        figures["delete and restore"] = alone(lambda: delete_and_restore(store, some[1]), 20)
        figures["clean-up, 50 sessions"] = alone(
            lambda: store.cleanup(Retention(retention_days=0, max_sessions=10), at_most=50), 5
        )
    bare.close()
    return figures


def each(items: Sequence[Session], work: Callable[[Session], object]) -> Callable[[], object]:
    """A function that works on the next of the items at each call."""
    position = iter(range(1 << 30))
    return lambda: work(items[next(position) % len(items)])


def alone(work: Callable[[], object], times: int = 200) -> str:
    """Median milliseconds."""
    return f"{median(work, times):.2f} ms"


def versus(work: Callable[[], object], floor: Callable[[], object], times: int = 200) -> str:
    """Median milliseconds, and the ratio to the floor's."""
    ours = median(work, times)
    return f"{ours:.2f} ms ({ours / median(floor, times):.1f} ×)"


def median(work: Callable[[], object], times: int) -> float:
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def turn(store: SessionStore) -> None:
    session = Session.new("bench", "bench")
    prompt = StoredMessage.new(session.id, Role.USER, "What is the time?")
    answer = StoredMessage.new(session.id, Role.ASSISTANT, "").replace(status=Status.STREAMING)
    _, answer = store.begin_turn(session, prompt, answer, create=True)
    store.finish_turn(answer.replace(content="Late. " * 50, status=Status.COMPLETE))


def insert(store: SessionStore, session: Session) -> None:
    store.add_message(StoredMessage.new(session.id, Role.USER, "x" * 300))


def bare_insert(bare: apsw.Connection) -> None:
    bare.execute("BEGIN IMMEDIATE")
    bare.execute("INSERT INTO floor VALUES (hex(randomblob(16)), ?)", ("x" * 300,))
    bare.execute("COMMIT")


def bare_open(path: str) -> None:
    connection = apsw.Connection(path)
    connection.execute("SELECT 1 FROM sqlite_schema").fetchall()
    connection.close()


def delete_and_restore(store: SessionStore, session: Session) -> None:
    store.trash_session(session.id)
    store.restore_session(session.id)


if __name__ == "__main__":
    main()
