"""How a database of MySQL or MariaDB is set up, and what is left alone."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from contract.builders import a_session
from mariadb_server import fresh_database, server

from synapse.errors import DatabaseError, DatabaseMissing, MigrationError
from synapse.stores.mysql import _migrations
from synapse.stores.mysql._schema import SCHEMA
from synapse.stores.mysql.connection import Connection
from synapse.stores.mysql.store import MysqlStore, set_up


@pytest.fixture
def url() -> str:
    return fresh_database()


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def tables(url: str) -> list[str]:
    rows = server().execute(
        f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{name_of(url)}'"
    )
    return sorted(name for (name,) in rows)


def test_the_newest_step_is_the_one_that_is_known() -> None:
    numbers = [number for number, _ in _migrations.migrations()]
    assert numbers == list(range(1, SCHEMA + 1))


def test_a_database_that_was_not_set_up_is_left_alone(url: str) -> None:
    with pytest.raises(DatabaseMissing, match="holds no conversations") as caught:
        MysqlStore(url)
    assert any("SYNAPSE_DATABASE_URL" in str(hint) for hint in caught.value.hints)
    assert tables(url) == []


def test_a_database_with_another_programs_tables_is_never_touched(url: str) -> None:
    server().execute("CREATE TABLE sessions (id integer)", database=name_of(url))
    with pytest.raises(DatabaseError, match="tables of another program, such as sessions"):
        set_up(url)
    assert tables(url) == ["sessions"]


def test_setting_up_again_changes_nothing(url: str) -> None:
    set_up(url)
    session = a_session()
    with MysqlStore(url) as store:
        store.create_session(session)
    set_up(url)
    with MysqlStore(url) as store:
        assert store.get_session(session.id) == session


def test_several_may_set_it_up_at_once(url: str) -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            set_up(url)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    numbers = server().execute("SELECT number FROM synapse_schema", database=name_of(url))
    assert numbers == [(number,) for number in range(1, SCHEMA + 1)]


@pytest.mark.parametrize("done", range(0, 14, 3))
def test_what_was_ended_midway_is_gone_on_with(url: str, done: int) -> None:
    """As if the program had been killed after so many statements of the step."""
    [(_, path), *_] = _migrations.migrations()
    with open(path, encoding="utf-8") as file:
        statements = file.read().split(";\n\n")
    with closing(Connection(url, busy_timeout=5.0)) as connection:
        connection.run(_migrations._SET_UP)
        for statement in statements[:done]:
            if statement.strip():
                connection.run(statement.rstrip().rstrip(";"))
    with pytest.raises(DatabaseMissing):
        MysqlStore(url)
    set_up(url)
    with MysqlStore(url) as store:
        store.create_session(a_session())
    assert server().execute("SELECT count(*) FROM name_locks", database=name_of(url)) == [(256,)]


def test_a_newer_programs_database_is_refused(url: str) -> None:
    set_up(url)
    server().execute(
        f"INSERT INTO synapse_schema VALUES ({SCHEMA + 1}, now())", database=name_of(url)
    )
    for use in (MysqlStore, set_up):
        with pytest.raises(MigrationError, match="set up by a newer Synapse"):
            use(url)
