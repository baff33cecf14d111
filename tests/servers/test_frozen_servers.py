"""A server that stands still holds no call for ever; its client says so in a line."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg2
import pytest
from postgres_proxy import Fault, PostgresProxy
from postgres_server import fresh_archive, own_server, server
from torture.campaign import LONG, report, times
from torture.talk import Talker, answer

from synapse.app import saving, spill
from synapse.app.conversation import reply, start_session
from synapse.errors import AnswerSpilled, StoreUnreachable
from synapse.stores import open_store, set_up
from synapse.stores.postgres import connection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres_cluster import Cluster

LIMIT = 0.4
"""Seconds that a statement may take in these tests."""
GRACE = 0.2
"""Seconds after which the watchdog bites beyond that."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_GRACE_SECONDS", GRACE)
    monkeypatch.setattr(saving, "_UNREACHABLE_SECONDS", 0.0)


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    with own_server(18) as cluster:
        cluster.make_roles(["synapse"])
        cluster.execute("CREATE DATABASE archive OWNER synapse")
        set_up(cluster.url("archive", "synapse"))
        yield cluster


def impatient(url: str) -> str:
    more = f"statement_timeout={LIMIT}&connect_timeout={LIMIT}"
    return f"{url}{'&' if '?' in url else '?'}{more}"


def backend(cluster: Cluster) -> int:
    """The process that serves the client."""
    query = "SELECT pid FROM pg_stat_activity WHERE usename = 'synapse'"
    ((pid,),) = cluster.execute(query)
    return int(pid)


@pytest.mark.timeout(0 if LONG else 120)
def test_a_frozen_backend_ends_a_call_and_costs_no_answer(own: Cluster, tmp_path: Path) -> None:
    longest = 0.0
    count = times(2, 20, "FROZEN")
    for number in range(count):
        url = own.url("archive", "synapse")
        with open_store(impatient(url), busy_timeout=0.1) as store:
            session = start_session(store, "talker", "talker")
            store.create_session(session)
            frozen = backend(own)
            os.kill(frozen, signal.SIGSTOP)
            try:
                began = time.monotonic()
                with pytest.raises(
                    StoreUnreachable, match=r"has not answered for 0\.6 s"
                ) as raised:
                    store.get_messages(session.id)
                longest = max(longest, time.monotonic() - began)
                assert "\n" not in raised.value.message
                # on a new connection, which another process serves
                reply(store, Talker(), session, f"prompt {number}", create=False)
                assert store.get_messages(session.id)[1].content == answer(f"prompt {number}")
            finally:
                os.kill(frozen, signal.SIGCONT)
    report("frozen backends", count=count, a_call_took_at_most=f"{longest:.2f} s")


@pytest.mark.timeout(0 if LONG else 120)
def test_a_server_that_freezes_in_the_middle_of_a_turn(tmp_path: Path) -> None:
    """At any message: the turn is refused, or its answer is kept in a file."""
    archive = fresh_archive()
    seen = {"not sent": 0, "kept in a file": 0}
    longest = 0.0
    with PostgresProxy(server(18)) as proxy:
        url = impatient(proxy.url(urlsplit(archive).path[1:]))
        for number in range(1, 60, 1 if LONG else 9):
            proxy.fail_after(0)
            with open_store(url, busy_timeout=0.05) as store:
                session = start_session(store, "talker", "talker")
                store.create_session(session)
                proxy.fail_after(number, Fault.FREEZE)
                talker = Talker()
                began = time.monotonic()
                try:
                    reply(
                        store, talker, session, "a prompt", create=False, spill_folder=str(tmp_path)
                    )
                except AnswerSpilled:
                    seen["kept in a file"] += 1
                except StoreUnreachable:
                    seen["not sent"] += 1
                    assert not talker.asked
                longest = max(longest, time.monotonic() - began)
            proxy.fail_after(0)
            with open_store(archive) as direct, open_store(url) as store:
                spill.recover(store, str(tmp_path))
                if talker.asked:
                    messages = direct.get_messages(session.id)
                    assert [m.content for m in messages] == ["a prompt", answer("a prompt")]
    report("turns that froze", **seen, a_turn_took_at_most=f"{longest:.2f} s")
    assert seen["not sent"]


def test_a_frozen_server_is_not_waited_for(own: Cluster, tmp_path: Path) -> None:
    assert own.process is not None
    os.kill(own.process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(StoreUnreachable, match=r"has not answered for 0\.4 s"):
            open_store(impatient(own.url("archive", "synapse")))
    finally:
        os.kill(own.process.pid, signal.SIGCONT)
    open_store(own.url("archive", "synapse")).close()


def test_the_next_host_is_tried_when_the_first_stands_still(own: Cluster) -> None:
    """Its machine is gone, and nobody says so: libpq alone would wait for it and for no other."""
    with own_server(18) as gone:
        assert gone.process is not None
        hosts = f"host={gone.folder},{own.folder}&port={gone.port},{own.port}"
        url = f"postgresql://synapse@/archive?{hosts}"
        os.kill(gone.process.pid, signal.SIGSTOP)
        try:
            with open_store(impatient(url)) as store:
                assert store.count_sessions() >= 0
        finally:
            os.kill(gone.process.pid, signal.SIGCONT)
    psycopg2.connect(own.url("archive")).close()
