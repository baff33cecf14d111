"""What size costs: the same operations on a thousand to a million sessions.

    python benchmarks/scale.py [SESSIONS …]       default: 1000 10000 100000
    python benchmarks/scale.py --llm PYTHON       whole processes against the `llm` package, which
                                                  that Python has installed, on 100,000 sessions

Each figure is milliseconds inside one process, median of many, and its ratio to the sqlite3
shell's engine doing the bare statement on the same file (`×`). A million sessions of 20 messages
take some 14 GB and ten minutes to write.
"""

from __future__ import annotations

import command_line

# isort: split
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import archive
import measure

from synapse.app.references import resolve
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
    if sys.argv[1:2] == ["--llm"]:
        if len(sys.argv) < 3:
            command_line.wrong("--llm needs the Python that has it")
        against_llm(Path(sys.argv[2]), 100_000)
        return
    given = range(1, len(sys.argv))
    sizes = [command_line.number(at, 0, "sessions", least=100) for at in given]
    sizes = sizes or [1000, 10_000, 100_000]
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
        spread = (store.nth_session(size * k // 50 + 1) for k in range(50))
        some = [summary.session for summary in spread if summary]
        figures["list, newest 20"] = versus(
            lambda: store.list_sessions(limit=20), lambda: bare.execute(_LIST).fetchall()
        )
        figures["list, trash"] = alone(lambda: store.list_sessions(limit=20, deleted=True))
        figures["show, 20 messages"] = versus(
            each(some, lambda session: store.get_messages(session.id)),
            each(some, lambda session: bare.execute(_SHOW, (session.id,)).fetchall()),
        )
        figures["REF: handle"] = alone(each(some, lambda session: resolve(store, session.id[-8:])))
        figures["REF: name"] = alone(lambda: resolve(store, "name-50"))
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


FILL_LLM = """
import sys, sqlite_utils, llm.migrations
database = sqlite_utils.Database(sys.argv[1])
llm.migrations.migrate(database)
count, turns = int(sys.argv[2]), int(sys.argv[3])
rows = ((f"c{n:09}", f"question {n}", "gpt-6-luna") for n in range(count))
with database.conn:
    database.conn.executemany("INSERT INTO conversations (id, name, model) VALUES (?, ?, ?)", rows)
    database.conn.executemany(
        "INSERT INTO responses (id, model, prompt, response, conversation_id, datetime_utc)"
        " VALUES (?, 'gpt-6-luna', ?, ?, ?, datetime(1600000000 + ?, 'unixepoch'))",
        ((f"{n:09}{k:02}", "words " * 50, "words " * 50, f"c{n:09}", n * 180 + k)
         for n in range(count) for k in range(turns)),
    )
"""


def against_llm(python: Path, sessions: int) -> None:
    """The newest 20 and one conversation, each tool on its own store, as whole processes."""
    for installed in measure.installation():
        installed.environ |= {
            "SYNAPSE_AUTO_CLEANUP": "false",
            "LLM_USER_PATH": str(installed.home / "llm"),
        }
        file = installed.home / "sessions.db"
        archive.make(str(file), sessions)
        (installed.home / "llm").mkdir()
        logs = str(installed.home / "llm" / "logs.db")
        words = [str(python), "-c", FILL_LLM, logs, str(sessions), "10"]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
        llm = python.with_name("llm")
        synapse = (installed.synapse, "--db", file, "sessions")
        comparisons = {
            "newest 20": ((*synapse, "list"), (llm, "logs", "list", "-n", "20", "--short")),
            "one conversation of 20 messages": (
                (*synapse, "show", "@5"),
                (llm, "logs", "list", "--cid", "c000050000", "-n", "0"),
            ),
        }
        rows = []
        for name, commands in comparisons.items():
            ours, theirs = (
                measure.cpu_milliseconds(command, installed.environ, 7) for command in commands
            )
            rows.append((name, f"{ours:.0f} ms", f"{theirs:.0f} ms", f"{theirs / ours:.0f} ×"))
        print(measure.table([f"{sessions:,} sessions, CPU", "synapse", "llm", "ratio"], rows))


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
