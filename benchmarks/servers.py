"""What servers cost beside SQLite, and beside psql and mariadb that send the same statements.

    python benchmarks/servers.py [MESSAGES] [--at URL]

By default 30,000 messages, thrown away, on servers of the benchmark's own, from the packages that
the tests use; MariaDB if `scripts/mariadb` has made one. With `--at`, only searches and lists, in a
PostgreSQL database that is there: `server_archive.make` writes one of three million messages in
some minutes, and its indexes take as long again.

Instructions are millions of the whole process (valgrind's callgrind), of the client alone. Times in
PostgreSQL are what EXPLAIN (ANALYZE) says of each statement, the least of five, added up over all
statements of a search for the twenty newest hits; in MariaDB, those that the client waits. Of a
turn, messages to the server are counted. Eight writers append messages for a few seconds.
"""

from __future__ import annotations

import command_line

# isort: split
import os
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
import server_writers

from synapse.app.copying import Copying
from synapse.domain import Role, Session, Status, StoredMessage
from synapse.search_query import SearchQuery
from synapse.stores import open_store, set_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_A_SESSION = 20
_LIMIT = 20
_REPEATED = 5
_CHECKPOINTS = 3


def main() -> None:
    """Build, measure, print the tables."""
    url = search.option("--at", "the URL of a database")
    messages = command_line.number(1, 30_000, "messages", least=5000)
    print(f"{measure.machine()}\n")
    with tempfile.TemporaryDirectory(prefix="synapse-benchmark-") as folder:
        sqlite = f"sqlite:{folder}/sessions.db"
        search.make(f"{folder}/sessions.db", 5000 if url else messages)
        with open_store(sqlite) as store:
            store.catch_up_search(everything=True)
        if url:
            _searches(url, None)
            _lists({"SQLite": sqlite, "PostgreSQL": url}, [])
            return
        for cluster in _postgres():
            database = cluster.url("synapse", "synapse")
            superuser = cluster.url("synapse")
            server_archive.make(database, messages, _A_SESSION, superuser=superuser, heard=_told)
            _searches(database, sqlite)
            places = {"SQLite": sqlite, "PostgreSQL, socket": database}
            tcp = cluster.url("synapse", "synapse", tcp=True)
            psql = [str(cluster.programs / "psql"), "-X", "-q", "-c", _newest(database)]
            _lists({**places, "PostgreSQL, TCP with SCRAM": tcp}, psql)
            _turn(database)
            server_writers.on_postgres(cluster, Path(folder))
        for server in _mariadb():
            database = server.url("test_archive")
            set_up(database)
            _fill(sqlite, database)
            _searches(database, sqlite)
            tcp = server.url("test_archive", tcp=True)
            _lists({"SQLite": sqlite, "MariaDB, socket": database, "MariaDB, TCP": tcp}, [])
            _turn(database)
            server_writers.on_mariadb(server, Path(folder))


def _told(written: int) -> None:
    print(f"{written:,} messages written", file=sys.stderr)


def _postgres() -> Iterator[Any]:
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


def _mariadb() -> Iterator[Any]:
    """The same, if there is one on this machine."""
    script = [str(measure.ROOT / "scripts" / "mariadb"), "--no-fetch"]
    found = subprocess.run(script, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        print(found.stderr.strip(), file=sys.stderr)
        return
    os.environ["SYNAPSE_TEST_MARIADB"] = found.stdout.strip()
    import mariadb_cluster  # of the tests; where the programs are is read when it is imported
    import postgres_cluster

    settings = {
        "innodb-buffer-pool-size": "512M",
        "innodb-log-file-size": "256M",
        "innodb-flush-log-at-trx-commit": "1",
    }
    folder = postgres_cluster.new_folder("synapse-db-") / "server"
    with mariadb_cluster.MariadbServer(folder, settings) as server:
        server.start()
        server.execute("CREATE DATABASE test_archive", "CREATE DATABASE test_writers")
        yield server


def _fill(source: str, target: str) -> None:
    """Copy a file to a server as `synapse db copy` does, and index it."""
    with open_store(source) as first, open_store(target) as second:
        start, busy = time.perf_counter(), time.process_time()
        copying = Copying(first, second)
        copying.run()
        taken, busy = time.perf_counter() - start, time.process_time() - busy
        count = copying.copied.messages
        print(f"copied: {count:,} messages, {count / taken:,.0f} a second, {busy:.1f} s of ours\n")
        second.catch_up_search(everything=True)


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
    """The statements that a store sends, each timed."""

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
        timed = in_the_server if self._connection.location.startswith("postgresql") else waited
        taken = min(timed(self._read, sql, values) for _ in range(_REPEATED))
        self.spent += taken
        self.slowest = max(self.slowest, taken)
        self.statements += 1
        return rows


def in_the_server(read: Callable[..., Any], sql: str, values: Any) -> float:
    """Milliseconds for which PostgreSQL executes a statement that reads."""
    plan = read(f"EXPLAIN (ANALYZE, TIMING OFF) {sql}", values)
    found = re.search(r"Execution Time: ([\d.]+)", plan[-1][0])
    assert found, plan
    return float(found[1])


def waited(read: Callable[..., Any], sql: str, values: Any) -> float:
    """Milliseconds until a statement's rows are there."""
    start = time.perf_counter()
    read(sql, values)
    return (time.perf_counter() - start) * 1000


# lists


def _lists(places: dict[str, str], psql: list[str]) -> None:
    """How many instructions a list takes at each URL, and psql where it is given."""
    command_line.need("valgrind")
    rows = []
    for installed in measure.installation(extras="postgres,mysql"):
        floor = 0.0
        for name, url in places.items():
            command = [installed.synapse, "sessions", "list"]
            # no clean-up: it would put into the trash what is listed
            environ = {**installed.environ, "DATABASE_URL": url, "SYNAPSE_AUTO_CLEANUP": "false"}
            ours = measure.instructions(command, environ)
            floor = floor or ours
            bare = "-"
            if psql and url.startswith("postgresql"):
                bare = f"{measure.instructions([*psql, url], installed.environ):.1f}"
            rows.append([f"sessions list, {name}", f"{ours:.1f}", f"{ours / floor:.2f}", bare])
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


# a turn


def _turn(url: str) -> None:
    """How many messages a turn sends to the server, beside the statements that it needs."""
    store: Any
    with open_store(url) as store:
        counted = _Counted(store._connection)
        session = Session.new("bench", "bench")
        rows = []
        for name, create in (("in a new session", True), ("in a session that is there", False)):
            prompt = StoredMessage.new(session.id, Role.USER, "What is the time?")
            answer = StoredMessage.new(session.id, Role.ASSISTANT, "")
            answer = answer.replace(status=Status.STREAMING)
            counted.begin()
            _, answer = store.begin_turn(session, prompt, answer, create=create)
            for _ in range(_CHECKPOINTS):
                store.checkpoint(answer.id, "Late. ")
            store.finish_turn(answer.replace(content="Late. " * 50, status=Status.COMPLETE))
            rows.append([f"a turn {name}", f"{counted.statements}", f"{counted.sent}"])
    headings = [f"with {_CHECKPOINTS} checkpoints", "statements", "messages to the server"]
    print(measure.table(headings, rows), "\n")


class _Counted:
    """What goes over a connection: statements, and messages, of which COMMIT is one."""

    def __init__(self, connection: Any) -> None:
        self.statements = self.sent = 0
        name = "_sent" if hasattr(connection, "_sent") else "sent"
        send = getattr(connection, name)

        def counted(sql: str, *values: Any) -> Any:
            self.sent += 1
            self.statements += sql != "COMMIT"
            return send(sql, *values)

        setattr(connection, name, counted)

    def begin(self) -> None:
        self.statements = self.sent = 0


if __name__ == "__main__":
    main()
