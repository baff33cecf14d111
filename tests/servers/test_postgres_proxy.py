"""The proxy breaks where it is told to, and nowhere else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg2
import pytest
from postgres_cluster import execute
from postgres_proxy import Fault, PostgresProxy
from postgres_server import fresh_database, server
from program import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def database() -> str:
    url = fresh_database()
    execute(url, "CREATE TABLE kept (number int)")
    return urlsplit(url).path[1:]


@pytest.fixture
def proxy() -> Iterator[PostgresProxy]:
    with PostgresProxy(server(18)) as started:
        yield started


def rows(database: str) -> int:
    ((count,),) = execute(server(18).url(database), "SELECT count(*) FROM kept")
    return int(count)


INSERT = "INSERT INTO kept VALUES (1) RETURNING number"


def test_it_lets_everything_pass(proxy: PostgresProxy, database: str) -> None:
    assert execute(proxy.url(database), INSERT) == [(1,)]
    passed = proxy.passed
    assert execute(proxy.url(database), INSERT) == [(1,)]
    assert proxy.passed == 2 * passed  # every run is the same
    assert not proxy.failed


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.HALF, Fault.RESET])
def test_for_every_message_there_is_a_connection_that_breaks_at_it(
    fault: Fault, proxy: PostgresProxy, database: str
) -> None:
    last = []
    for number in range(1, 1000):
        proxy.fail_after(number, fault)
        before = rows(database)
        try:
            execute(proxy.url(database), INSERT)
        except psycopg2.Error:
            wait_until(lambda: proxy.failed)
        if not proxy.failed:
            proxy.fail_after(0)
            break
        last.append(proxy.last)
        if fault is Fault.CUT and b"Q" in last:
            assert rows(database) == before + 1  # done, whether the client knows it or not
        if b"Q" not in last:
            assert rows(database) == before
    # a request to encrypt, its answer, the start; then the query, its row and its end
    assert last[0] == b""
    assert last[last.index(b"Q") :] == [b"Q", b"T", b"D", b"C", b"Z"]
    assert last.count(b"S") > 5
    assert execute(proxy.url(database), "SELECT 1") == [(1,)]


def test_a_frozen_connection_says_nothing_until_it_is_cut(
    proxy: PostgresProxy, database: str
) -> None:
    connection = psycopg2.connect(proxy.url(database))
    proxy.fail_after(1, Fault.FREEZE)
    came: list[object] = []

    def ask() -> None:
        try:
            connection.cursor().execute("SELECT 1")
        except psycopg2.OperationalError as error:
            came.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: proxy.failed)
    asking.join(0.2)
    assert asking.is_alive()
    assert execute(proxy.url(database), "SELECT 1") == [(1,)]  # others pass
    proxy.cut_all()
    asking.join(30)
    assert len(came) == 1
    connection.close()


def test_it_can_say_another_version(proxy: PostgresProxy, database: str) -> None:
    proxy.pretend_version("13.21")
    connection = psycopg2.connect(proxy.url(database))
    assert connection.info.server_version == 130021
    connection.close()
