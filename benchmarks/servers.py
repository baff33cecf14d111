"""What PostgreSQL costs beside SQLite, and beside a bare psql that sends the same statements.

    python benchmarks/servers.py [MESSAGES] [--at URL]

By default 30,000 messages, thrown away, on a server of the benchmark's own, from the packages that
the tests use. With `--at`, a database that `benchmarks/server_archive.py` has written before.

Instructions are millions of the whole process (valgrind's callgrind), of the client alone. Times in
the server are what EXPLAIN (ANALYZE) says of each statement, the least of five, added up over all
statements of a search for the twenty newest hits. Eight writers append messages for a few seconds.
"""

from __future__ import annotations

import command_line

# isort: split
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import measure
import search
import server_archive

from synapse.search_query import SearchQuery
from synapse.stores import open_store, set_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_A_SESSION = 20
_LIMIT = 20
_WRITERS = 8
_SECONDS = 4.0
_REPEATED = 5
_WRITER = """
import json, sys, time
from synapse.domain import Role, StoredMessage
from synapse.stores import open_store
url, session_id, seconds = sys.argv[1:]
with open_store(url) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    taken, until = [], time.monotonic() + float(seconds)
    while time.monotonic() < until:
        start = time.monotonic()
        store.add_message(StoredMessage.new(session_id, Role.USER, "What is the time?"))
        taken.append(time.monotonic() - start)
print(json.dumps(taken))
"""


def main() -> None:
    """Build, measure, print the tables."""
    url = search.option("--at", "the URL of a database")
    messages = command_line.number(1, 30_000, "messages", least=5000)
    print(f"{measure.machine()}\n")
    with tempfile.TemporaryDirectory(prefix="synapse-benchmark-") as folder:
        if url:
            _searches(url, None)
            return
        sqlite = f"{folder}/sessions.db"
        search.make(sqlite, messages)
        with open_store(f"sqlite:{sqlite}") as store:
            store.catch_up_search(everything=True)
        for cluster in _server(Path(folder)):
            database = cluster.url("synapse", "synapse")
            superuser = cluster.url("synapse")
            server_archive.make(database, messages, _A_SESSION, superuser=superuser, heard=_told)
            _searches(database, f"sqlite:{sqlite}")
            _lists(cluster, sqlite)
            _writers(cluster, Path(folder))


def _told(written: int) -> None:
    print(f"{written:,} messages written", file=sys.stderr)


def _server(folder: Path) -> Iterator[Any]:
    """A server with an empty database that belongs to an ordinary role."""
    import postgres_cluster  # of the tests, which `measure` puts on the path

    place = postgres_cluster.new_folder("synapse-db-")
    programs = postgres_cluster.programs(18, place)
    settings = {"fsync": "on", "shared_buffers": "512MB"}
    with postgres_cluster.Cluster(programs, place / "server", settings) as cluster:
        cluster.initialize()
        cluster.start()
        cluster.make_roles(["synapse"])
        cluster.execute("CREATE DATABASE synapse OWNER synapse TEMPLATE template0")
        yield cluster


# searches


def _searches(url: str, sqlite: str | None) -> None:
    rows = []
    texts = search.Texts()
    store: Any
    with open_store(url) as store:
        watched = _Watched(store._connection)
        for name, part in search.questions(texts):
            query = SearchQuery(expression=part)
            hits = watched.explained(partial(_found, store, query))
            wall = _milliseconds(partial(_found, store, query))
            beside = "-"
            if sqlite:
                with open_store(sqlite) as other:
                    beside = f"{_milliseconds(partial(_found, other, query)):.1f}"
            rows.append([name, f"{hits}", f"{watched.spent:.1f}", f"{watched.slowest:.1f}"])
            rows[-1] += [f"{watched.statements}", f"{wall:.1f}", beside]
    headings = ["the newest 20", "hits", "in the server, ms", "slowest statement", "statements"]
    print(measure.table([*headings, "whole, ms of wall", "SQLite, ms of wall"], rows), "\n")


def _found(store: Any, query: SearchQuery) -> int:
    return len(list(store.search(query, limit=_LIMIT)))


def _milliseconds(act: Callable[[], Any]) -> float:
    taken = []
    for _ in range(_REPEATED):
        start = time.monotonic()
        act()
        taken.append((time.monotonic() - start) * 1000)
    return statistics.median(taken)


class _Watched:
    """The statements that a store sends, each explained."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._read = connection.read
        self.spent = self.slowest = 0.0
        self.statements = 0

    def explained(self, act: Callable[[], int]) -> int:
        self.spent = self.slowest = 0.0
        self.statements = 0
        self._connection.read = self._both
        try:
            return act()
        finally:
            self._connection.read = self._read

    def _both(self, sql: str, values: Any = None) -> Any:
        rows = self._read(sql, values)
        taken = min(in_the_server(self._read, sql, values) for _ in range(_REPEATED))
        self.spent += taken
        self.slowest = max(self.slowest, taken)
        self.statements += 1
        return rows


def in_the_server(read: Callable[..., Any], sql: str, values: Any) -> float:
    """Milliseconds for which the server executes a statement that reads."""
    plan = read(f"EXPLAIN (ANALYZE, TIMING OFF) {sql}", values)
    found = re.search(r"Execution Time: ([\d.]+)", plan[-1][0])
    assert found, plan
    return float(found[1])


# lists


def _lists(cluster: Any, sqlite: str) -> None:
    command_line.need("valgrind")
    rows = []
    unix, tcp = cluster.url("synapse", "synapse"), cluster.url("synapse", "synapse", tcp=True)
    statement = _newest(unix)
    for installed in measure.installation():
        subprocess.run(
            [installed.python, "-m", "pip", "install", "--quiet", "psycopg2-binary"], check=True
        )
        floor = 0.0
        for name, url in (("SQLite", f"sqlite:{sqlite}"), ("unix socket", unix), ("TCP", tcp)):
            command = [installed.synapse, "sessions", "list"]
            environ = {**installed.environ, "DATABASE_URL": url}
            ours = measure.instructions(command, environ)
            floor = floor or ours
            bare = "-"
            if url.startswith("postgresql"):
                psql = [cluster.programs / "psql", "-X", "-q", "-c", statement, url]
                bare = f"{measure.instructions(psql, installed.environ):.0f}"
            rows.append([f"sessions list, {name}", f"{ours:.0f}", f"{ours / floor:.2f}", bare])
    print(measure.table(["M instructions", "ours", "to SQLite", "psql"], rows), "\n")


def _newest(url: str) -> str:
    """The statement of the list as psql takes it; says how long the server is at it."""
    store: Any
    with open_store(url) as store:
        connection = store._connection
        sql = connection.dialect.statements("queries")["list_live"]
        values = {"limit": _LIMIT, "passed": 0}
        taken = min(in_the_server(connection.read, sql, values) for _ in range(20))
        print(f"the newest {_LIMIT} sessions: {taken:.2f} ms in the server\n")
    text = sql % {name: str(value) for name, value in values.items()}
    return f"SET search_path = synapse; {text}"


# writers


def _writers(cluster: Any, folder: Path) -> None:
    cluster.execute("CREATE DATABASE writers OWNER synapse TEMPLATE template0")
    url = cluster.url("writers", "synapse")
    set_up(url)
    open_store(f"sqlite:{folder}/writers.db").close()
    rows = []
    for name, where in (("SQLite", f"sqlite:{folder}/writers.db"), ("PostgreSQL", url)):
        for sessions in (1, _WRITERS):
            rows.append([f"{name}, {_WRITERS} writers, sessions: {sessions}"])
            rows[-1] += _appended(where, sessions)
    for sessions in (1, _WRITERS):
        rows.append([f"pgbench with the same statement, sessions: {sessions}"])
        rows[-1] += [_bare(cluster, url, folder, sessions), "", "", ""]
    headings = ["durable messages", "a second", "p50 ms", "p99 ms", "gaps and doubles"]
    print(measure.table(headings, rows))


def _new_sessions(url: str, count: int) -> list[str]:
    from synapse.domain import Session

    made = [Session.new("bench", "bench") for _ in range(count)]
    with open_store(url) as store:
        for session in made:
            store.create_session(session)
    return [session.id for session in made]


def _appended(url: str, sessions: int) -> list[str]:
    ids = _new_sessions(url, sessions)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, url, ids[n % sessions], str(_SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(_WRITERS)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    taken = []
    results = []
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        results.append(json.loads(child.communicate()[0]))
        taken += results[-1]
    taken.sort()
    wrong = 0
    with open_store(url) as store:
        for id in ids:
            places = [message.index for message in store.get_messages(id)]
            wrong += places != list(range(1, len(places) + 1))
    p50, p99 = statistics.median(taken) * 1000, taken[int(len(taken) * 0.99)] * 1000
    return [f"{len(taken) / _SECONDS:,.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{wrong}"]


def _bare(cluster: Any, url: str, folder: Path, sessions: int) -> str:
    """Appended a second by pgbench, which sends the statement of the store and nothing else."""
    ids = _new_sessions(url, sessions)
    store: Any
    with open_store(url) as store:
        sql = store._connection.dialect.statements("queries")["append_message"]
    from synapse.domain import Role, StoredMessage
    from synapse.stores.servers import _values

    values = _values.message(StoredMessage.new(ids[0], Role.USER, "What is the time?"))
    quoted = {name: _quoted(value) for name, value in values.items()}
    listed = ",".join(f"'{id}'" for id in ids)
    quoted["session_id"] = f"CAST((ARRAY[{listed}])[1 + :client_id % {sessions}] AS uuid)"
    quoted["id"] = "gen_random_uuid()"
    script = folder / "append.sql"
    script.write_text((sql % quoted).replace("\n", " ") + ";\n")
    script.chmod(0o644)
    how = ["-n", "-c", f"{_WRITERS}", "-j", "2", "-T", f"{_SECONDS:.0f}", "-f", str(script)]
    done = subprocess.run(
        [cluster.programs / "pgbench", *how, f"{url}&options=-csearch_path%3Dsynapse"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return f"{float(found[1]):,.0f}"


def _quoted(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int)):
        return str(value)
    text = str(value).replace("'", "''")
    return f"'{text}'"


if __name__ == "__main__":
    main()
