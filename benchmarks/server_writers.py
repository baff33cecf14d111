"""Eight writers that append messages on servers, and the servers' own clients beside them."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import measure

from synapse.domain import Role, Session, StoredMessage
from synapse.ids import new_id
from synapse.stores import open_store, set_up
from synapse.stores.servers import _values

_WRITERS = 8
_SECONDS = 4.0
_APPENDED = 500
"""By each of mariadb's clients."""
_HEADINGS = ["durable messages", "a second", "p50 ms", "p99 ms", "sessions with gaps or doubles"]
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


def on_postgres(cluster: Any, folder: Path) -> None:
    """Print the table for PostgreSQL, with SQLite beside it."""
    cluster.execute("CREATE DATABASE writers OWNER synapse TEMPLATE template0")
    url = cluster.url("writers", "synapse")
    set_up(url)
    sqlite = f"sqlite:{folder}/writers.db"
    rows = [*_of_stores({"SQLite": sqlite, "PostgreSQL": url})]
    for sessions in (1, _WRITERS):
        rows.append([f"pgbench with the same statement, sessions: {sessions}"])
        rows[-1] += [_pgbench(cluster, url, folder, sessions), "", "", ""]
    print(measure.table(_HEADINGS, rows), "\n")


def on_mariadb(server: Any, folder: Path) -> None:
    """Print the table for MariaDB."""
    url = server.url("test_writers")
    set_up(url)
    rows = [*_of_stores({"MariaDB": url})]
    for sessions in (1, _WRITERS):
        rows.append([f"mariadb with the same statements, sessions: {sessions}"])
        rows[-1] += [_clients(server, url, folder, sessions), "", "", ""]
    print(measure.table(_HEADINGS, rows), "\n")


def _of_stores(urls: dict[str, str]) -> list[list[str]]:
    return [
        [f"{name}, {_WRITERS} writers, sessions: {sessions}", *_appended(url, sessions)]
        for name, url in urls.items()
        for sessions in (1, _WRITERS)
    ]


def _new_sessions(url: str, count: int) -> list[str]:
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
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    taken = sorted(seconds for child in children for seconds in json.loads(child.communicate()[0]))
    wrong = stored = 0
    with open_store(url) as store:
        for id in ids:
            places = [message.index for message in store.get_messages(id)]
            wrong += places != list(range(1, len(places) + 1))
            stored += len(places)
    assert stored == len(taken), (stored, len(taken))
    p50, p99 = statistics.median(taken) * 1000, taken[int(len(taken) * 0.99)] * 1000
    return [f"{len(taken) / _SECONDS:,.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{wrong}"]


def _message(session_id: str) -> dict[str, str]:
    """The values of a message's statement, as SQL says them."""
    values = _values.message(StoredMessage.new(session_id, Role.USER, "What is the time?"))
    return {name: _quoted(value) for name, value in values.items()}


def _pgbench(cluster: Any, url: str, folder: Path, sessions: int) -> str:
    """Appended a second by pgbench, which sends the statement of the store and nothing else."""
    ids = _new_sessions(url, sessions)
    store: Any
    with open_store(url) as store:
        sql = store._connection.dialect.statements("queries")["append_message"]
    quoted = _message(ids[0])
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


def _clients(server: Any, url: str, folder: Path, sessions: int) -> str:
    """Appended a second by as many clients of MariaDB, each of which reads its statements."""
    import mariadb_cluster  # of the tests
    import postgres_cluster

    ids = _new_sessions(url, sessions)
    usr = f"{mariadb_cluster.PROGRAMS}/usr"
    scripts = [folder / f"append{number}.sql" for number in range(_WRITERS)]
    for number, script in enumerate(scripts):
        script.write_text("".join(_transactions(url, ids[number % sessions])))
    command = [f"{usr}/bin/mariadb", "--no-defaults", "-u", mariadb_cluster.ACCOUNT]
    command += [f"--socket={server.socket}", "test_writers"]
    libraries = ":".join(map(str, (Path(usr) / "lib").glob("*-linux-gnu*")))
    environ = {"LD_LIBRARY_PATH": libraries, "MYSQL_PWD": postgres_cluster.PASSWORD}
    start = time.perf_counter()
    children = [
        subprocess.Popen(command, env=environ, stdin=script.open(), stdout=subprocess.DEVNULL)
        for script in scripts
    ]
    assert [child.wait() for child in children] == [0] * _WRITERS
    return f"{_WRITERS * _APPENDED / (time.perf_counter() - start):,.0f}"


def _transactions(url: str, session_id: str) -> list[str]:
    store: Any
    with open_store(url) as store:
        statements = store._connection.dialect.statements("queries")
    count, append = statements["count_message"], statements["append_message"]
    written = ["SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;\n"]
    for _ in range(_APPENDED):
        values = {**_message(session_id), "id": f"'{new_id()}'", "seq": "@seq"}
        lines = ["BEGIN", count % values, "SET @seq = LAST_INSERT_ID()", append % values, "COMMIT"]
        written.append(";\n".join([*lines, ""]))
    return written


def _quoted(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int)):
        return str(value)
    text = str(value).replace("'", "''").replace("+00:00", "")
    return f"'{text}'"
