"""MariaDB is killed in the middle of an answer; and what else may be wrong with a server."""

from __future__ import annotations

import gc
import signal
from typing import TYPE_CHECKING

import pytest
from mariadb_cluster import ACCOUNT
from mariadb_server import fresh_database, own_server, prepared_database, server
from postgres_cluster import PASSWORD
from program import Ran, run
from servers import deaths

from synapse.app import saving
from synapse.app.conversation import start_session
from synapse.stores import open_store, set_up
from synapse.stores.mysql import connection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mariadb_cluster import MariadbServer

_DURABLE = {"innodb-flush-log-at-trx-commit": "1"}


# The driver leaves a socket that could not be connected to the collector of garbage, which tells.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Here, and not in the test that comes next."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def own() -> Iterator[MariadbServer]:
    with own_server(_DURABLE) as started:
        started.execute("CREATE DATABASE test_own")
        set_up(started.url("test_own"))
        yield started


def told(url: str, *command: str) -> Ran:
    """A command ends with one message about the database, and shows no password."""
    ran = run(*command, environ={"SYNAPSE_DATABASE_URL": url})
    assert (ran.status, ran.out) == (6, b""), ran
    lines = ran.err.splitlines()
    assert sum(line.startswith("error: ") for line in lines) == 1, ran
    assert not {"Traceback", PASSWORD, "hunter2"} & set(ran.err.split())
    return ran


ASK = ("-p", "echo", "a question")
LIST = ("sessions", "list")


def test_an_answer_survives_the_server(
    own: MariadbServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = own.url("test_own")

    def kill() -> None:
        own.stop(signal.SIGKILL)

    monkeypatch.setattr(saving, "_UNREACHABLE_SECONDS", 60.0)
    deaths.die_and_come_back(url, kill, own.start)
    monkeypatch.setattr(saving, "_UNREACHABLE_SECONDS", 0.1)
    deaths.die_for_good(url, kill, own.start)


def test_a_server_that_freezes_is_given_up(
    own: MariadbServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_GRACE_SECONDS", 0.1)
    url = own.url("test_own") + "&statement_timeout=0.3&connect_timeout=0.3"
    assert own.process is not None
    own.process.send_signal(signal.SIGSTOP)
    try:
        for command in (ASK, LIST):
            assert "has not answered for 0.3 s" in told(url, *command).err
    finally:
        own.process.send_signal(signal.SIGCONT)
    monkeypatch.setattr(saving, "_UNREACHABLE_SECONDS", 0.0)
    send = own.process.send_signal
    deaths.die_for_good(url, lambda: send(signal.SIGSTOP), lambda: send(signal.SIGCONT))


def test_a_server_that_is_read_only_is_read_and_takes_no_turn(
    own: MariadbServer, home: Path
) -> None:
    url = own.url("test_own")
    with open_store(url) as store:
        store.create_session(start_session(store, "talker", "talker").with_name("read"))
    own.execute("SET GLOBAL read_only = 1")
    try:
        listed = run(*LIST, environ={"SYNAPSE_DATABASE_URL": url})
        assert (listed.status, "read" in listed.text) == (0, True)
        assert "it takes no changes" in told(url, *ASK).err
    finally:
        own.execute("SET GLOBAL read_only = 0")


def test_an_account_without_rights_is_told_so(home: Path) -> None:
    url = prepared_database(set_up)
    name = url.partition("?")[0].rpartition("/")[2]
    reader = f"reader_{name}"
    server().execute(
        f"CREATE USER {reader}@localhost IDENTIFIED BY 'hunter2'",
        f"GRANT SELECT ON {name}.* TO {reader}@localhost",
    )
    limited = url.replace(f"//{ACCOUNT}:", f"//{reader}:").replace(
        "p%40ss%3Aw%2Frd%3F%23%2541", "hunter2"
    )
    try:
        assert run(*LIST, environ={"SYNAPSE_DATABASE_URL": limited}).status == 0
        assert "the account may not do this" in told(limited, *ASK).err
        server().execute(f"REVOKE ALL ON {name}.* FROM {reader}@localhost")
        assert "did not let us in" in told(limited, *LIST).err
    finally:
        server().execute(f"DROP USER {reader}@localhost")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("p%40ss", "hunter2"), "did not let us in"),
        (("/test_", "/test_nowhere_"), "no such database"),
        (("?socket=", "?socket=/nowhere"), "can't reach"),
    ],
)
def test_a_url_that_leads_nowhere_is_told(change: tuple[str, str], said: str, home: Path) -> None:
    url = prepared_database(set_up)
    for command in (ASK, LIST):
        assert said in told(url.replace(*change), *command).err


def test_a_server_without_encryption_is_refused_if_the_url_asks_for_it(home: Path) -> None:
    url = fresh_database(tcp=True) + "?ssl-mode=required"
    assert "no encrypted connection" in told(url, *LIST).err
