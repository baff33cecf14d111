"""The connection to MySQL and MariaDB: what ends a wait, what is tried again, what is said."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import pytest
import trustme
from contract.builders import a_finished_turn, a_session
from mariadb_cluster import ACCOUNT
from mariadb_server import fresh_database, own_server, server
from postgres_cluster import PASSWORD
from program import wait_until

from synapse.errors import (
    ConfigError,
    DatabaseError,
    DatabaseLocked,
    DatabaseMissing,
    DatabaseReadOnly,
    InvalidDataError,
    StoreUnreachable,
)
from synapse.stores.mysql import connection as mysql_connection
from synapse.stores.mysql.connection import Connection
from synapse.stores.mysql.store import MysqlStore, set_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.stores.servers.dialect import Raw


@contextmanager
def connected(url: str, **more: Any) -> Iterator[Connection]:
    with closing(Connection(url, **{"busy_timeout": 5.0, **more})) as connection:
        yield connection


@contextmanager
def silent_host() -> Iterator[int]:
    """The port of somebody who takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def statements(word: str) -> list[Any]:
    rows = server().execute("SELECT id, info FROM information_schema.processlist")
    return [number for number, info in rows if info and word in info and "processlist" not in info]


def strike_when(condition: Any) -> threading.Thread:
    """Ctrl-C as soon as it holds."""

    def run() -> None:
        wait_until(condition)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.fixture
def url() -> str:
    return fresh_database()


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
@pytest.mark.parametrize("tcp", [False, True])
def test_what_is_set_does_not_depend_on_the_server(scheme: str, tcp: bool) -> None:
    url = fresh_database(tcp=tcp, scheme=scheme)
    with connected(url) as connection:
        assert connection.read(
            "SELECT @@time_zone, @@collation_connection, 'a' || 'b',"
            " timestampdiff(SECOND, now(6), utc_timestamp(6)), @@innodb_lock_wait_timeout"
        ) == [("+00:00", "utf8mb4_bin", "ab", 0, 5)]
        connection.run("CREATE TABLE t (n integer, said varchar(3)) CHARACTER SET utf8mb4")
        with pytest.raises(InvalidDataError):
            connection.run("INSERT INTO t VALUES (1, 'four')")
        assert connection.location.startswith(f"{scheme}://{ACCOUNT}@")
        assert PASSWORD not in connection.location


def test_values_come_back_as_they_were_given(url: str) -> None:
    values: dict[str, Any] = {
        "text": 'it\'s \\ "quoted" % 🦀 数据\n',
        "replaced": "\0 and \ud800",
        "number": -(1 << 62),
        "fraction": 0.25,
        "truth": True,
        "nothing": None,
    }
    sql = ", ".join(f"%({name})s" for name in values)
    with connected(url) as connection:
        [row] = connection.read(f"SELECT {sql}, %(data)s AS data", values | {"data": b"\0'\\\xff"})
    assert row[0] == values["text"]
    assert row[1] == "\ufffd and \ufffd"
    assert row[2:] == (-(1 << 62), 0.25, 1, None, b"\0'\\\xff")


def test_ctrl_c_ends_a_wait_and_the_statement(url: str) -> None:
    with connected(url) as connection:
        thread = strike_when(lambda: statements("SLEEP(101)"))
        with pytest.raises(KeyboardInterrupt):
            connection.read("SELECT SLEEP(101)")
        thread.join()
        wait_until(lambda: not statements("SLEEP(101)"))
        assert connection.read("SELECT 1") == [(1,)]


def _waits_for_greeting() -> bool:
    """Whether the main thread reads what the server says first."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    names = set()
    while frame is not None:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
    return {"_get_server_information", "readinto"} <= names


def test_ctrl_c_is_heard_while_connecting() -> None:
    with silent_host() as port:
        thread = strike_when(_waits_for_greeting)
        with pytest.raises(KeyboardInterrupt):
            Connection(f"mysql://me@127.0.0.1:{port}/db?connect_timeout=100", busy_timeout=5.0)
        thread.join()


def test_a_host_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with silent_host() as port, pytest.raises(StoreUnreachable, match="not answered"):
        Connection(f"mysql://me:secret@127.0.0.1:{port}/db?connect_timeout=0.3", busy_timeout=5.0)


def test_a_frozen_server_holds_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mysql_connection, "_GRACE_SECONDS", 0.2)
    with own_server() as own:
        own.execute("CREATE DATABASE test_frozen")
        url = f"{own.url('test_frozen')}&statement_timeout=0.5&connect_timeout=0.5"
        with connected(url) as connection:
            assert own.process is not None
            own.process.send_signal(signal.SIGSTOP)
            with pytest.raises(StoreUnreachable, match="not answered"):
                connection.read("SELECT 1")
            own.process.send_signal(signal.SIGCONT)
            assert connection.read("SELECT 1") == [(1,)]


def test_a_statement_that_takes_too_long_is_ended_by_the_server(url: str) -> None:
    with (
        connected(f"{url}&statement_timeout=0.2") as connection,
        pytest.raises(DatabaseError, match=r"took longer than 0\.2 s"),
    ):
        connection.read(
            "SELECT count(*) FROM information_schema.columns AS a, "
            "information_schema.columns AS b, information_schema.columns AS c"
        )


def test_a_broken_connection_is_made_again(url: str) -> None:
    with connected(url) as connection:
        connection.run("CREATE TABLE t (n integer PRIMARY KEY)")
        for way in (_read, _write):
            [(number,)] = connection.read("SELECT connection_id()")
            server().execute(f"KILL {number}")
            way(connection)
        assert connection.read("SELECT n FROM t") == [(1,)]


def _read(connection: Connection) -> None:
    assert connection.read("SELECT n FROM t") == []


def _write(connection: Connection) -> None:
    connection.transaction(lambda raw: raw.execute("INSERT INTO t VALUES (1)"))


def test_a_deadlock_is_resolved_by_doing_it_again(url: str) -> None:
    with connected(url) as one, connected(url) as other:
        one.run("CREATE TABLE t (n integer PRIMARY KEY, said integer) ENGINE = InnoDB")
        one.run("INSERT INTO t VALUES (1, 0), (2, 0)")
        both = threading.Barrier(2)
        runs = {id(one): 0, id(other): 0}

        def work(raw: Raw, connection: Connection, order: tuple[int, int]) -> None:
            runs[id(connection)] += 1
            raw.execute(f"UPDATE t SET said = said + 1 WHERE n = {order[0]}")
            if runs[id(connection)] == 1:
                both.wait()
            raw.execute(f"UPDATE t SET said = said + 1 WHERE n = {order[1]}")

        thread = threading.Thread(
            target=lambda: other.transaction(lambda raw: work(raw, other, (2, 1)))
        )
        thread.start()
        one.transaction(lambda raw: work(raw, one, (1, 2)))
        thread.join()
        assert one.read("SELECT said FROM t") == [(2,), (2,)]
        assert sorted(runs.values()) == [1, 2]


@contextmanager
def held(name: str) -> Iterator[None]:
    """A lock that statements wait for, until this block ends."""
    with closing(Connection(fresh_database(), busy_timeout=5.0)) as holder:
        holder.run(f"DO get_lock('{name}', 60)")
        yield
        holder.run(f"DO release_lock('{name}')")


_SORTED = """SELECT (SELECT group_concat(content ORDER BY n SEPARATOR '') FROM t WHERE n <= o.n
    AND get_lock('temporary', 60)) FROM t AS o WHERE n = 1"""
"""Makes a table of its own in a file, and waits."""


def test_a_temporary_table_that_vanishes_costs_no_statement(url: str) -> None:
    """Another server with the same folder for them has been started, and has cleared it."""
    with connected(url) as connection:
        connection.run("CREATE TABLE t (n integer, content longtext)")
        connection.run("INSERT INTO t VALUES (1, 'found')")
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.extend(connection.read(_SORTED)))
        with held("temporary"):
            thread.start()
            wait_until(lambda: statements("get_lock('temporary'"))
            files = list(server().folder.glob("#sql-temptable-*"))
            assert files
            for file in files:
                file.unlink()
        thread.join()
        assert found == [("found",)]


@pytest.mark.parametrize("what", ["QUERY", "CONNECTION"])
def test_what_an_administrator_ends_is_begun_again(url: str, what: str) -> None:
    with connected(url) as holder, connected(url) as connection:
        holder.run("CREATE TABLE t (n integer PRIMARY KEY) ENGINE = InnoDB")
        holder.run("INSERT INTO t VALUES (1)")
        thread = threading.Thread(
            target=lambda: connection.transaction(lambda raw: raw.execute("UPDATE t SET n = n + 1"))
        )
        holder.run("BEGIN")
        holder.run("SELECT n FROM t FOR UPDATE")
        thread.start()
        wait_until(lambda: statements("UPDATE t SET"))
        [number] = statements("UPDATE t SET")
        server().execute(f"KILL {what} {number}")
        wait_until(lambda: set(statements("UPDATE t SET")) - {number})
        holder.run("COMMIT")
        thread.join()
        assert holder.read("SELECT n FROM t") == [(2,)]


def test_a_statement_that_the_server_ends_too_early_is_begun_again(url: str) -> None:
    """As when the clock of its machine is set: long before what the connection has asked for."""
    early = "SELECT variable_value > 0 FROM information_schema.global_status WHERE variable_name ="
    early += " 'Max_statement_time_exceeded'"
    with connected(url) as holder, connected(url) as connection:
        holder.run("CREATE TABLE t (n integer PRIMARY KEY) ENGINE = InnoDB")
        holder.run("INSERT INTO t VALUES (1)")
        update = "SET STATEMENT max_statement_time = 0.05 FOR UPDATE t SET n = n + 1"
        thread = threading.Thread(
            target=lambda: connection.transaction(lambda raw: raw.execute(update))
        )
        holder.run("BEGIN")
        holder.run("SELECT n FROM t FOR UPDATE")
        thread.start()
        wait_until(lambda: server().execute(early) == [(1,)])
        holder.run("COMMIT")
        thread.join()
        assert holder.read("SELECT n FROM t") == [(2,)]


def test_a_lock_is_waited_for_as_long_as_the_patience_lasts(url: str) -> None:
    with connected(url) as one, connected(url, busy_timeout=1.0) as other:
        one.run("CREATE TABLE t (n integer PRIMARY KEY) ENGINE = InnoDB")
        one.run("INSERT INTO t VALUES (1)")

        def locked(raw: Raw) -> None:
            raw.execute("SELECT n FROM t FOR UPDATE")
            with pytest.raises(DatabaseLocked):
                other.transaction(lambda raw: raw.execute("DELETE FROM t"))

        one.transaction(locked)
        other.transaction(lambda raw: raw.execute("DELETE FROM t"))
        assert one.read("SELECT n FROM t") == []


def test_what_fails_is_taken_back_and_what_is_read_only_is_refused(url: str) -> None:
    with connected(url) as connection:
        connection.run("CREATE TABLE t (n integer PRIMARY KEY) ENGINE = InnoDB")

        def work(raw: Raw) -> None:
            raw.execute("INSERT INTO t VALUES (1)")
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            connection.transaction(work)
        assert connection.read("SELECT n FROM t") == []
    with connected(url, read_only=True) as connection, pytest.raises(DatabaseReadOnly):
        connection.transaction(lambda raw: raw.execute("INSERT INTO t VALUES (1)"))


def test_a_server_that_takes_no_changes_says_so() -> None:
    with own_server() as own:
        own.execute("CREATE DATABASE test_replica")
        own.execute("CREATE TABLE t (n integer)", database="test_replica")
        own.execute("SET GLOBAL read_only = 1")
        with (
            connected(own.url("test_replica")) as connection,
            pytest.raises(DatabaseReadOnly, match="takes no changes"),
        ):
            connection.transaction(lambda raw: raw.execute("INSERT INTO t VALUES (1)"))


def test_who_is_not_let_in_is_told_why_without_the_password(url: str) -> None:
    wrong = url.replace("p%40ss", "hunter2")
    with pytest.raises(DatabaseError, match="did not let us in") as caught:
        Connection(wrong, busy_timeout=5.0)
    assert "hunter2" not in f"{caught.value} {caught.value.hints}"
    with pytest.raises(DatabaseMissing, match="no such database"):
        Connection(url.replace("/test_", "/test_other_"), busy_timeout=5.0)
    with pytest.raises(DatabaseError, match="did not let us in"):
        Connection(url.replace("/test_", "/mysql_"), busy_timeout=5.0)


def test_the_first_server_that_answers_is_used(url: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = nobody.getsockname()[1]
        place = f"@127.0.0.1:{dead},127.0.0.1:{server().port}/"
        tcp = url.partition("?")[0].replace("@localhost/", place)
        with connected(tcp) as connection:
            assert connection.read("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("mysql://me@host", "names no database"),
        ("mysql://me@host/db?sslmode=require", "no parameter is called 'sslmode'"),
        ("mysql://me@host/db?ssl-mode=perhaps", "no ssl-mode is called 'perhaps'"),
        ("mysql://me@host:abc/db", "'abc' is no port"),
        ("mysql://me@host/db?connect_timeout=soon", "'soon' is no number of seconds"),
    ],
)
def test_a_url_that_is_none_is_refused(given: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Connection(given, busy_timeout=5.0)


def test_what_the_url_does_not_say_comes_from_option_files(url: str, home: Path) -> None:
    included = home / "more.cnf"
    included.write_text(f"[client]\npassword = '{PASSWORD}'\n")
    (home / ".my.cnf").write_text(
        "[mysqld]\nuser = nobody\n"
        f'[client]\nuser={ACCOUNT}  # me\nsocket = "{server().socket}"\n!include {included}\n'
    )
    database = url.partition("?")[0].rpartition("/")[2]
    with connected(f"mysql:///{database}") as connection:
        assert connection.read("SELECT user()") == [(f"{ACCOUNT}@localhost",)]
        assert connection.location == (
            f"mysql://{ACCOUNT}@localhost/{database}?socket={server().socket}"
        )
    with pytest.raises(DatabaseError, match="did not let us in"):
        Connection(f"mysql://somebody_else@/{database}", busy_timeout=5.0)


def _old_server(listener: socket.socket, version: bytes) -> None:
    """As much of a server as says its version, lets everybody in and agrees to everything."""
    peer, _ = listener.accept()
    with peer, suppress(ConnectionError):
        salt = b"12345678"
        hello = b"\x0a" + version + b"\0" + b"\1\0\0\0" + salt + b"\0" + b"\xff\xf7" + b"\x2d"
        hello += b"\2\0" + b"\xff\x81" + b"\x15" + b"\0" * 10 + salt + b"1234" + b"\0"
        hello += b"mysql_native_password\0"
        peer.sendall(len(hello).to_bytes(3, "little") + b"\0" + hello)
        while heard := peer.recv(65536):
            number = (heard[3] + 1) % 256
            peer.sendall(b"\7\0\0" + bytes([number]) + b"\0\0\0\2\0\0\0")


@pytest.mark.parametrize(
    ("version", "name"), [(b"5.7.44", "MySQL 5.7"), (b"5.5.5-10.6.2-MariaDB-log", "MariaDB 10.6")]
)
def test_an_old_server_is_refused(version: bytes, name: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=_old_server, args=(listener, version))
        thread.start()
        with pytest.raises(DatabaseError, match=rf"is {name}; .* MySQL 8\.0 or MariaDB 10\.11"):
            Connection(
                f"mysql://me@127.0.0.1:{listener.getsockname()[1]}/db?ssl-mode=disabled",
                busy_timeout=5.0,
            )
        thread.join()


def test_tls_is_asked_for_by_name_and_authority(tmp_path: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    with own_server() as shared_programs:
        folder = shared_programs.folder
        key, chain, trusted = folder / "key.pem", folder / "cert.pem", tmp_path / "ca.pem"
        certificate.private_key_pem.write_to_path(str(key))
        certificate.cert_chain_pems[0].write_to_path(str(chain))
        authority.cert_pem.write_to_path(str(trusted))
        other.cert_pem.write_to_path(str(tmp_path / "other.pem"))
        for path in (key, chain):
            path.chmod(0o644)
        shared_programs.stop(signal.SIGTERM)
        shared_programs.settings = {"ssl-cert": str(chain), "ssl-key": str(key)}
        shared_programs.start()
        shared_programs.execute("CREATE DATABASE test_tls")
        url = shared_programs.url("test_tls", tcp=True)
        for query in (f"ssl-mode=verify_identity&ssl-ca={trusted}", "ssl-mode=required", ""):
            with connected(f"{url}?{query}" if query else url) as connection:
                [(_, cipher)] = connection.read("SHOW STATUS LIKE 'Ssl_cipher'")
                assert cipher
        wrong = f"{url}?ssl-mode=verify_ca&ssl-ca={tmp_path}/other.pem"
        with pytest.raises(DatabaseError, match="no encrypted connection"):
            Connection(wrong, busy_timeout=5.0)
    with pytest.raises(DatabaseError, match="no encrypted connection"):
        Connection(f"{fresh_database(tcp=True)}?ssl-mode=required", busy_timeout=5.0)


def test_reading_messages_makes_no_temporary_table(url: str) -> None:
    """Which would be a file, and cost as much as the rest; nobody is answering."""
    set_up(url)
    session = a_session()
    made = "SELECT variable_value FROM information_schema.session_status"
    made += " WHERE variable_name = 'Created_tmp_disk_tables'"
    with MysqlStore(url) as store:
        a_finished_turn(store, session, create=True)
        connection = cast("Connection", store._connection)
        before = connection.read(made)
        assert connection.read(made) == before
        assert [m.content for m in store.get_messages(session.id)] == ["hello", "hi"]
        assert connection.read(made) == before
