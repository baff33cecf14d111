"""`synapse db copy` between files and PostgreSQL: refused, cut, killed, and the same in the end."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import postgres_server
import pytest
from contract.full_archive import digests
from large_archive import write_large_archive
from postgres_cluster import execute
from postgres_proxy import PostgresProxy
from program import Installed, run, wait_until

from synapse.app.copying import Copying, total_of
from synapse.errors import SynapseError
from synapse.stores import open_store, set_up

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def server() -> str:
    url = postgres_server.fresh_database(18)
    set_up(url)
    return url


def test_a_server_is_copied_to_only_when_it_was_set_up(home: Path) -> None:
    assert run("-p", "echo", "hello").status == 0
    url = postgres_server.fresh_database(18, tcp=True)
    ran = run("db", "copy", url)
    assert ran.status == 6
    assert "holds no conversations of Synapse" in ran.err
    assert "Set it up, then copy:  synapse --db " in ran.err
    assert "p%40ss" not in ran.err
    assert ran.err.count("can see the password in the command") == 1
    assert execute(url, "SELECT count(*) FROM pg_namespace WHERE nspname = 'synapse'") == [(0,)]
    assert run("--db", url, "db", "init").status == 0
    assert run("db", "copy", url).status == 0
    assert run("--db", url, "sessions", "list", "-F", "id").text


def test_there_and_back_is_the_same(home: Path, tmp_path: Path, server: str) -> None:
    for prompt in ("one", "two", "three"):
        assert run("-p", "echo", prompt).status == 0
    assert run("sessions", "tag", "@1", "work").status == 0
    assert run("sessions", "fork", "@2", "--name", "branch").status == 0
    assert run("sessions", "delete", "@3").status == 0
    there = run("db", "copy", server)
    assert there.status == 0
    assert "Verified: 4 sessions and 8 messages have the same hashes on both sides." in there.err
    back = run("--db", server, "db", "copy", str(tmp_path / "back.db"))
    assert back.status == 0
    source = home / ".config" / "synapse" / "sessions.db"
    with open_store(f"sqlite:{source}") as first, open_store(f"sqlite:{tmp_path}/back.db") as last:
        assert digests(first) == digests(last)
    again = run("--db", server, "db", "copy", str(source))
    assert "Copied 0 sessions to" in again.err
    assert ", 4 already there (0 messages)." in again.err


def test_the_server_itself_is_no_target(home: Path, server: str) -> None:
    ran = run("--db", server, "db", "copy", server)
    assert ran.status == 2
    assert "is the database in use itself" in ran.err


@pytest.mark.parametrize("direction", ["there", "back"])
def test_killed_anywhere_the_next_run_completes_it(
    home: Path, program: Path, tmp_path: Path, server: str, direction: str
) -> None:
    installed = Installed(program)
    file = tmp_path / "source.db"
    write_large_archive(file, 2_000)
    target = f"sqlite:{tmp_path}/back.db"
    if direction == "there":
        words, seen = ("--db", str(file), "db", "copy", server), server
    else:
        with open_store(f"sqlite:{file}") as source, open_store(server) as there:
            Copying(source, there).run()
        words, seen = ("--db", server, "db", "copy", target), target
    running = installed.start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def has_begun() -> bool:
        if running.poll() is not None:
            return True
        try:
            with open_store(seen, read_only=True) as store:
                return bool(store.list_sessions(limit=1))
        except SynapseError:
            return False  # it is being made

    wait_until(has_begun)
    running.send_signal(signal.SIGKILL)
    running.wait(60)
    ran = run(*words)
    assert ran.status == 0
    assert "Verified: 100 sessions and 2,000 messages" in ran.err
    with open_store(f"sqlite:{file}") as source, open_store(seen) as copy:
        assert digests(copy) == digests(source)


@pytest.mark.parametrize("after", [20, 90, 250])
def test_a_connection_that_breaks_is_made_again(tmp_path: Path, server: str, after: int) -> None:
    """In whichever statement: nothing is doubled, nothing is missing."""
    file = tmp_path / "source.db"
    write_large_archive(file, 400)
    database = server.partition("?")[0].rpartition("/")[2]
    with (
        PostgresProxy(postgres_server.server(18)) as proxy,
        open_store(f"sqlite:{file}") as source,
        open_store(proxy.url(database)) as target,
    ):
        proxy.fail_after(after)
        copying = Copying(source, target, patience=0)
        copying.run()
        assert proxy.failed
        assert copying.copied.left == []
        assert copying.copied.equal == 20
    with open_store(f"sqlite:{file}") as source, open_store(server) as target:
        assert digests(target) == digests(source)
        assert total_of(target).messages == 400
