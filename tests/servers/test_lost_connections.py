"""A connection that breaks at any message of any change: what was asked for is done once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg2
import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer
from contract.engines import fresh_url
from postgres_cluster import execute
from postgres_proxy import Fault, PostgresProxy
from postgres_server import fresh_database, own_server, server
from program import wait_until
from torture.campaign import LONG

from synapse.domain import Attachment, Role, Status
from synapse.errors import (
    ConfigError,
    DatabaseError,
    DatabaseMissing,
    DatabaseReadOnly,
    StoreUnreachable,
)
from synapse.stores import open_store, set_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from synapse.domain import Session
    from synapse.ports import SessionStore

    Change = Callable[[SessionStore, Session], object]


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The URL of one that has been set up."""
    return fresh_url("postgres", tmp_path)


@pytest.fixture
def proxy() -> Iterator[PostgresProxy]:
    with PostgresProxy(server(18)) as started:
        yield started


def through(proxy: PostgresProxy, url: str) -> str:
    return proxy.url(urlsplit(url).path[1:])


def begin(store: SessionStore, session: Session) -> object:
    new = a_session()
    prompt, answer = store.begin_turn(new, a_prompt(new), an_answer(new), create=True)
    assert prompt is not None
    assert (prompt.index, answer.index) == (1, 2)
    messages = store.get_messages(new.id)
    assert [m.id for m in messages] == [prompt.id, answer.id]
    return messages


def begin_again(store: SessionStore, session: Session) -> object:
    prompt, answer = store.begin_turn(
        session, a_prompt(session, "more"), an_answer(session), create=False
    )
    assert prompt is not None
    assert (prompt.index, answer.index) == (3, 4)
    store.checkpoint(answer.id, "one ")
    store.checkpoint(answer.id, "two ")
    assert store.renew_lease(answer.id)
    assert store.get_messages(session.id)[3].content == "one two "
    store.finish_turn(answer.replace(content="one two three", status=Status.COMPLETE))
    return store.get_messages(session.id)


def fork(store: SessionStore, session: Session) -> object:
    new = a_session()
    assert store.fork_session(session.id, new) == 2
    return [m.content for m in store.get_messages(new.id)]


def add(store: SessionStore, session: Session) -> object:
    files = (Attachment(name="a", media_type="text/plain", data=b"\0\xff"),)
    store.add_message(a_prompt(session, "plain"))
    store.add_message(a_prompt(session, "with a file", attachments=files))
    return [(m.content, m.index, m.attachments) for m in store.get_messages(session.id)]


def create(store: SessionStore, session: Session) -> object:
    store.create_session(a_session(name="new"))
    return store.find_by_name("new")


def change(store: SessionStore, session: Session) -> object:
    store.rename_session(session.id, "one")
    store.retitle_session(session.id, "two")
    assert store.pin_session(session.id)
    assert not store.pin_session(session.id)
    assert store.supersede_messages(session.id, 1) == 2
    return store.get_session(session.id)


CHANGES: list[Change] = [begin, begin_again, fork, add, create, change]
STEP = 1 if LONG else 3
"""Messages from one break to the next."""


def shape(result: object) -> str:
    """What came of a change, without what is new each time."""
    found = result if isinstance(result, list) else [result]
    return repr(
        [
            entry
            if isinstance(entry, str | tuple)
            else {
                name: value
                for name, value in getattr(entry, "__dict__", {}).items()
                if name in ("content", "status", "index", "name", "title", "message_count")
            }
            for entry in found
        ]
    )


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_made_once_at_whatever_message_the_connection_breaks(
    change: Change, proxy: PostgresProxy, database: str
) -> None:
    def run(count: int) -> str:
        with open_store(through(proxy, database), busy_timeout=30) as store:
            for summary in (*store.find_by_name("new"), *store.find_by_name("one")):
                store.rename_session(summary.session.id, None)
            session = a_session()
            a_finished_turn(store, session, create=True)
            proxy.fail_after(count, Fault.CUT)
            try:
                return shape(change(store, session))
            finally:
                broke.append(proxy.failed)
                proxy.fail_after(0)

    broke: list[bool] = []
    undisturbed = run(0)
    for count in range(1, 1000, STEP):
        assert run(count) == undisturbed, count
        if not broke[-1]:
            break
    assert len(broke) * STEP > 10


def test_a_server_that_is_started_again_is_found_again() -> None:
    with own_server() as own:
        url = own.url("postgres")
        set_up(url)
        with open_store(url) as store:
            store.create_session(a_session())
            own.stop(signal.SIGQUIT)
            own.start()
            assert len(store.list_sessions()) == 1
            own.stop(signal.SIGQUIT)
            own.start()
            store.create_session(a_session())
            assert len(store.list_sessions()) == 2


def test_a_statement_that_an_administrator_ends_is_begun_again(database: str) -> None:
    session, name = a_session(), urlsplit(database).path[1:]

    def waiting() -> list[tuple[object, ...]]:
        """Transactions that wait for another's lock."""
        return server(18).execute(
            "SELECT pid, xact_start FROM pg_stat_activity"
            " WHERE datname = %s AND wait_event_type = 'Lock'",
            name,
        )

    with open_store(database) as store, closing(psycopg2.connect(database)) as holder:
        store.create_session(session)
        holder.cursor().execute("SELECT id FROM synapse.sessions FOR UPDATE")
        thread = threading.Thread(target=store.retitle_session, args=(session.id, "new"))
        thread.start()
        wait_until(waiting)
        first = waiting()
        server(18).execute("SELECT pg_cancel_backend(%s)", first[0][0])
        wait_until(lambda: waiting() not in ([], first))
        holder.rollback()
        thread.join()
        [summary] = store.list_sessions()
        assert summary.session.title == "new"


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_a_statement_may_take(
    proxy: PostgresProxy, database: str
) -> None:
    session = a_session()
    url = f"{through(proxy, database)}?statement_timeout=0.2"
    with open_store(url) as store:
        store.create_session(session)
        proxy.fail_after(1, Fault.FREEZE)
        with pytest.raises(StoreUnreachable, match="has not answered for 2"):
            store.list_sessions()
        proxy.cut_all()
        assert len(store.list_sessions()) == 1


CHILD = """
import sys
from synapse.stores.postgres.connection import Connection
try:
    Connection(sys.argv[1], busy_timeout=5).read("SELECT pg_sleep(3600)")
except KeyboardInterrupt:
    sys.exit(77)
"""


def interrupted(url: str, ready: Callable[[], object]) -> int:
    child = subprocess.Popen([sys.executable, "-c", CHILD, url])
    try:
        wait_until(ready)
        child.send_signal(signal.SIGINT)
        return child.wait(60)
    finally:
        child.kill()
        child.wait()


def test_a_query_is_interrupted_by_ctrl_c_and_ends_on_the_server(database: str) -> None:
    url = f"{database}&statement_timeout=4000"
    asleep = (
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND query LIKE %s"
        " AND state = 'active' AND pid <> pg_backend_pid()"
    )
    name = urlsplit(url).path[1:]

    def sleeping() -> list[tuple[object, ...]]:
        return server(18).execute(asleep, name, "%pg_sleep%")

    assert interrupted(url, sleeping) == 77
    wait_until(lambda: not sleeping())


def test_an_attempt_to_connect_is_interrupted_by_ctrl_c() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"postgresql://x@127.0.0.1:{listener.getsockname()[1]}/x?connect_timeout=3600"
        accepted: list[socket.socket] = []

        def asked() -> bool:
            if not accepted:
                accepted.append(listener.accept()[0])
            return bool(accepted[0].recv(8, socket.MSG_PEEK))

        assert interrupted(url, asked) == 77
        accepted[0].close()


def test_a_server_that_lets_nobody_in_is_given_up_after_the_connect_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"postgresql://x@127.0.0.1:{listener.getsockname()[1]}/x?connect_timeout=0.2"
        with pytest.raises(StoreUnreachable, match=r"has not answered for 0\.2 s"):
            open_store(url)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(StoreUnreachable, match="can't reach postgresql://x@127"):
        open_store(f"postgresql://x:sesame@127.0.0.1:{port}/x")


def test_a_server_of_version_13_is_refused(proxy: PostgresProxy, database: str) -> None:
    proxy.pretend_version("13.21")
    with pytest.raises(DatabaseError, match="is PostgreSQL 13; Synapse needs 14 or later"):
        open_store(through(proxy, database))


def test_a_wrong_password_is_said_and_not_shown(tmp_path: Path) -> None:
    url = server(18).url("postgres", "synapse", tcp=True)
    head, _, tail = url.partition("://synapse:")
    wrong = f"{head}://synapse:open-sesame@{tail.partition('@')[2]}"
    with pytest.raises(DatabaseError, match="did not let us in") as caught:
        open_store(wrong)
    assert not isinstance(caught.value, StoreUnreachable)
    assert "sesame" not in f"{caught.value}{caught.value.hints}"


def test_a_database_that_is_not_there_is_missing() -> None:
    with pytest.raises(DatabaseMissing, match="no such database"):
        open_store(server(18).url("nowhere", "synapse"))


def test_a_database_that_takes_no_changes_can_be_read(database: str) -> None:
    with open_store(database) as store:
        store.create_session(a_session())
    name = urlsplit(database).path[1:]
    server(18).execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with open_store(database) as store:
        [summary] = store.list_sessions()
        with pytest.raises(DatabaseReadOnly, match="standby"):
            store.create_session(a_session())
        with pytest.raises(DatabaseReadOnly, match="standby"):
            store.add_message(a_prompt(summary.session))


def test_a_role_without_rights_is_told_so(database: str) -> None:
    name = urlsplit(database).path[1:]
    stranger = f"stranger_{os.getpid()}"
    server(18).make_roles([stranger])
    url = server(18).url(name, stranger)
    try:
        with pytest.raises(DatabaseReadOnly, match=f"{stranger} may not use"):
            open_store(url)
        execute(database, f"GRANT USAGE ON SCHEMA synapse TO {stranger}")
        with pytest.raises(DatabaseReadOnly, match="permission denied"):
            open_store(url)
    finally:
        execute(database, f"REVOKE ALL ON SCHEMA synapse FROM {stranger}")
        server(18).execute(f"DROP ROLE {stranger}")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://host:port/x?password=sesame",
        "postgresql://host/x?nonsense=sesame",
        "postgresql://host/x?connect_timeout=sesame",
        "postgresql://[host/x",
        "postgresql://host/%zz",
    ],
)
def test_a_url_that_is_none_is_an_error_of_the_configuration(url: str) -> None:
    with pytest.raises(ConfigError):
        open_store(url)


def test_what_a_server_can_not_hold_is_replaced(database: str) -> None:
    with open_store(database) as store:
        session = a_session(name="a\0b", model="\ud800", system_prompt="\0")
        store.create_session(session)
        message = a_prompt(session, "\0 \udfff").replace(role=Role.TOOL, error="\0")
        store.add_message(message)
        [found] = store.get_messages(session.id)
        assert (found.content, found.error) == ("\ufffd \ufffd", "\ufffd")
        assert [s.session.id for s in store.find_by_name("A\0B")] == [session.id]


def test_an_empty_database_is_left_alone() -> None:
    url = fresh_database()
    with pytest.raises(DatabaseMissing, match="holds no conversations"):
        open_store(url)
    assert execute(url, "SELECT count(*) FROM pg_class WHERE relowner = 10") is not None
    assert execute(url, "SELECT nspname FROM pg_namespace WHERE nspname = 'synapse'") == []
